package onnx

import (
	"maps"
	"slices"
	"strconv"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// maxDepth bounds how deep bodies and functions may stand in one another.
const maxDepth = 32

// maxName bounds the names that those of values in bodies are made of.
const maxName = 256

// scope is a graph under way: the model's, the body of a node at one of its
// turns, or a function at one of its calls.
type scope struct {
	imp      *importer
	outer    *scope // the graph around a body, which it may read; nil for the model's graph and for functions
	depth    int
	opsets   map[string]int                    // by domain; ai.onnx is ""
	tensors  map[string]*tensor                // by ONNX name; nil stands for an argument that a call leaves out
	declared map[string]*onnxpb.TypeProto      // types the file writes down for tensors between nodes
	refs     map[string]*onnxpb.AttributeProto // the attributes of a function's call
	call     string                            // stands before names here: the calls around, each with a slash
	turn     string                            // stands behind names here: the turns of the loops around, .0.2
}

// find looks a tensor up, here and then in the scopes around.
func (s *scope) find(name string) (*tensor, bool) {
	for ; s != nil; s = s.outer {
		if t, ok := s.tensors[name]; ok {
			return t, true
		}
	}
	return nil, false
}

// label is the name that values of a tensor get.
func (s *scope) label(name string) string {
	if s.outer == nil && s.call == "" {
		return name
	}
	return s.call + short(name) + s.turn
}

// short cuts a name that would grow with each body and call around it.
func short(name string) string { return name[:min(len(name), maxName)] }

func (s *scope) declare(lists ...[]*onnxpb.ValueInfoProto) {
	s.declared = map[string]*onnxpb.TypeProto{}
	for _, list := range lists {
		for _, v := range list {
			s.declared[v.Name] = v.Type
		}
	}
}

// body is the scope of a graph in a node of s, at one turn; empty when it has only one.
func (s *scope) body(g *onnxpb.GraphProto, turn string) *scope {
	b := &scope{
		imp: s.imp, outer: s, depth: s.depth + 1, opsets: s.opsets,
		tensors: map[string]*tensor{}, refs: s.refs, call: s.call, turn: s.turn + turn,
	}
	b.declare(g.ValueInfo, g.Output)
	return b
}

// run converts nodes, makers before readers. It is false when they form a circle.
func (s *scope) run(nodes []*onnxpb.NodeProto) bool {
	order, ok := s.order(nodes)
	if !ok {
		return false
	}
	for _, pb := range order {
		s.readNode(pb)
	}
	return true
}

// checkGraph demands that every tensor is made once, and that no node reads one that
// is not made. It returns the names of those made.
func (s *scope) checkGraph(g *onnxpb.GraphProto) map[string]bool {
	made := s.made(g)
	s.checkMakers(g)
	for _, pb := range g.Node {
		for _, name := range pb.Input {
			if name == "" || made[name] {
				continue
			}
			if _, outside := s.outer.find(name); outside {
				continue
			}
			s.imp.list.Add(s.originOf(pb), diag.UnknownName, "reads %q, which no node, input or initializer makes", name)
			s.tensors[name] = &tensor{name: name, broken: true}
		}
	}
	return made
}

// made lists the tensors that a graph makes or is given.
func (s *scope) made(g *onnxpb.GraphProto) map[string]bool {
	made := make(map[string]bool, len(g.Initializer)+len(g.Input)+len(g.Node))
	for _, t := range g.Initializer {
		made[t.Name] = true
	}
	for _, v := range g.Input {
		made[v.Name] = true
	}
	for _, pb := range g.Node {
		for _, name := range pb.Output {
			made[name] = name != ""
		}
	}
	return made
}

// checkMakers reports tensors that are made twice, or have no name.
func (s *scope) checkMakers(g *onnxpb.GraphProto) {
	made, inputs := map[string]bool{}, map[string]bool{}
	for _, t := range g.Initializer {
		if made[t.Name] {
			s.imp.fail(diag.BadNet, "initializer %q is there twice", t.Name)
		}
		made[t.Name] = true
	}
	for _, v := range g.Input {
		if inputs[v.Name] {
			s.imp.fail(diag.BadNet, "graph input %q is listed twice", v.Name)
		}
		// Files of IR version 3 list initializers as inputs too.
		inputs[v.Name] = true
	}
	maps.Copy(made, inputs)
	if made[""] {
		s.imp.fail(diag.BadNet, "an initializer or graph input has no name")
	}
	s.checkNodes(g.Node, made)
}

func (s *scope) checkNodes(nodes []*onnxpb.NodeProto, made map[string]bool) {
	for _, pb := range nodes {
		any := false
		for _, name := range pb.Output {
			switch {
			case name == "":
				continue
			case made[name]:
				s.imp.list.Add(s.originOf(pb), diag.BadNet, "makes %q, which is made already", name)
			}
			made[name], any = true, true
		}
		if !any {
			s.imp.list.Add(s.originOf(pb), diag.BadNet, "has no output")
		}
	}
}

// readConstants decodes the initializers, each once however many turns its graph has.
func (s *scope) readConstants(g *onnxpb.GraphProto) {
	for _, pb := range g.Initializer {
		t := s.imp.decoded[pb]
		if t == nil {
			t = s.imp.readConstant(pb)
			t.name = s.call + pb.Name
			s.imp.decoded[pb] = t
		}
		s.tensors[pb.Name] = t
	}
	for _, pb := range g.SparseInitializer {
		s.imp.fail(diag.UnsupportedType, "initializer %q is sparse, which is not supported", pb.GetValues().GetName())
	}
}

func (imp *importer) readConstant(pb *onnxpb.TensorProto) *tensor {
	t, d := imp.decodeTensor(pb)
	if d != nil {
		t = &tensor{broken: true}
		if d.Message != "" {
			d.Origin = imp.at()
			d.Message = "initializer " + strconv.Quote(pb.Name) + " " + d.Message
			imp.list = append(imp.list, d)
		}
	}
	t.origin = imp.at()
	return t
}

// nodeName is the name of a node in messages: its own or, without one, its first output.
func nodeName(pb *onnxpb.NodeProto) string {
	if pb.Name == "" && len(pb.Output) > 0 {
		return pb.Output[0]
	}
	return pb.Name
}

// named is who has a name: a node, which has it in all turns of its loop.
type named struct {
	pb   *onnxpb.NodeProto
	call string
}

// originOf is the place of a node. Of two nodes with one name, the second takes
// its first output's.
func (s *scope) originOf(pb *onnxpb.NodeProto) diag.Origin {
	name, me := s.call+short(nodeName(pb)), named{pb, s.call}
	if owner, met := s.imp.origins[name]; met && owner != me && len(pb.Output) > 0 {
		name = s.call + short(pb.Output[0])
	}
	if _, met := s.imp.origins[name]; !met {
		s.imp.origins[name] = me
	}
	dom := domain(pb.Domain)
	return diag.Origin{File: s.imp.file, Node: name, Op: pb.OpType, Domain: dom, Opset: s.opsets[dom]}
}

// writtenType is the type that the file writes down for a tensor, if it does so
// completely.
func (s *scope) writtenType(name string) (elem, ir.Shape, bool) {
	e, shape, d := tensorType(s.declared[name])
	if d != nil {
		return 0, ir.Shape{}, false
	}
	dims := make([]int64, len(shape.Dim))
	for i, dim := range shape.Dim {
		switch v := dim.GetValue().(type) {
		case *onnxpb.TensorShapeProto_Dimension_DimValue:
			dims[i] = v.DimValue
		case *onnxpb.TensorShapeProto_Dimension_DimParam:
			if !s.imp.batch[v.DimParam] {
				return 0, ir.Shape{}, false
			}
			dims[i] = 1
		default:
			return 0, ir.Shape{}, false
		}
	}
	shp, d := shapeOf(dims)
	return e, shp, d == nil
}

// captures lists the tensors that a graph reads from around it.
func (s *scope) captures(g *onnxpb.GraphProto) []string {
	if list, ok := s.imp.captured[g]; ok {
		return list
	}
	made, read := s.made(g), map[string]bool{}
	for _, v := range g.Output {
		read[v.Name] = true
	}
	for _, pb := range g.Node {
		for _, name := range s.reads(pb) {
			read[name] = true
		}
	}
	var out []string
	for name := range read {
		if name != "" && !made[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	s.imp.captured[g] = out
	return out
}

// reads lists the tensors that a node reads: its inputs, and the captures of its graphs.
func (s *scope) reads(pb *onnxpb.NodeProto) []string {
	out := pb.Input
	for _, a := range pb.Attribute {
		if a.G != nil {
			out = append(out[:len(out):len(out)], s.captures(a.G)...)
		}
	}
	return out
}
