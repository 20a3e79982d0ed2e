package onnx

import (
	"strconv"
	"strings"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// checkNames demands that every tensor is made once, and that what is read is made.
func (imp *importer) checkNames() {
	made := imp.namesMade()
	for _, pb := range imp.graph.Node {
		for _, name := range pb.Input {
			if name != "" && !made[name] {
				imp.list.Add(imp.originOf(pb, nodeName(pb)), diag.UnknownName, "reads %q, which no node, input or initializer makes", name)
				imp.tensors[name] = &tensor{name: name, broken: true}
			}
		}
	}
	if len(imp.graph.Output) == 0 {
		imp.fail(diag.BadNet, "the graph has no output")
	}
	for _, o := range imp.graph.Output {
		if _, twice := imp.outputs[o.Name]; twice {
			imp.fail(diag.BadNet, "graph output %q is listed twice", o.Name)
			continue
		}
		if !made[o.Name] {
			imp.fail(diag.UnknownName, "graph output %q is made by no node", o.Name)
			imp.tensors[o.Name] = &tensor{name: o.Name, broken: true}
		}
		imp.outputs[o.Name] = imp.unique(o.Name)
	}
}

// namesMade lists the tensors that something makes, and reports those made twice.
func (imp *importer) namesMade() map[string]bool {
	made := map[string]bool{}
	for _, t := range imp.graph.Initializer {
		if made[t.Name] {
			imp.fail(diag.BadNet, "initializer %q is there twice", t.Name)
		}
		made[t.Name] = true
	}
	inputs := map[string]bool{}
	for _, v := range imp.graph.Input {
		if inputs[v.Name] {
			imp.fail(diag.BadNet, "graph input %q is listed twice", v.Name)
		}
		// Files of IR version 3 list initializers as inputs too.
		inputs[v.Name] = true
	}
	for name := range inputs {
		made[name] = true
	}
	if made[""] {
		imp.fail(diag.BadNet, "an initializer or graph input has no name")
	}
	imp.checkMakers(made)
	return made
}

// checkMakers adds the outputs of nodes.
func (imp *importer) checkMakers(made map[string]bool) {
	for _, pb := range imp.graph.Node {
		any := false
		for _, name := range pb.Output {
			switch {
			case name == "":
				continue
			case made[name]:
				imp.list.Add(imp.originOf(pb, nodeName(pb)), diag.BadNet, "makes %q, which is made already", name)
			}
			made[name], any = true, true
		}
		if !any {
			imp.list.Add(imp.originOf(pb, nodeName(pb)), diag.BadNet, "has no output")
		}
	}
}

// nodeName is what a node is called in messages: its name or, without one, its first output.
func nodeName(pb *onnxpb.NodeProto) string {
	if pb.Name == "" && len(pb.Output) > 0 {
		return pb.Output[0]
	}
	return pb.Name
}

// originOf is the place of a node.
func (imp *importer) originOf(pb *onnxpb.NodeProto, name string) diag.Origin {
	dom := domain(pb.Domain)
	return diag.Origin{File: imp.file, Node: name, Op: pb.OpType, Domain: dom, Opset: imp.opsets[dom]}
}

// readConstants decodes the initializers.
func (imp *importer) readConstants() {
	for _, pb := range imp.graph.Initializer {
		t, d := decodeTensor(pb)
		if d != nil {
			t = &tensor{name: pb.Name, broken: true}
			d.Origin = imp.at()
			d.Message = "initializer " + strconv.Quote(pb.Name) + " " + d.Message
			imp.list = append(imp.list, d)
		}
		t.origin = imp.at()
		imp.tensors[pb.Name] = t
	}
	for _, pb := range imp.graph.SparseInitializer {
		imp.fail(diag.UnsupportedType, "initializer %q is sparse, which is not supported", pb.GetValues().GetName())
	}
}

// readInputs adds the graph's inputs, except those that initializers set.
func (imp *importer) readInputs() {
	for _, pb := range imp.graph.Input {
		if imp.tensors[pb.Name] != nil {
			continue
		}
		t, d := imp.readInput(pb)
		if d != nil {
			t = &tensor{broken: true}
			d.Origin = imp.at()
			d.Message = "graph input " + strconv.Quote(pb.Name) + " " + d.Message
			imp.list = append(imp.list, d)
		}
		t.name = pb.Name
		imp.tensors[pb.Name] = t
	}
}

func (imp *importer) readInput(pb *onnxpb.ValueInfoProto) (*tensor, *diag.Diagnostic) {
	e, shape, d := tensorType(pb.Type)
	if d != nil {
		return nil, d
	}
	dims, d := imp.inputDims(shape)
	if d != nil {
		return nil, d
	}
	s, d := shapeOf(dims)
	if d != nil {
		return nil, d
	}
	imp.b.At(imp.at())
	v, err := imp.b.Input(imp.unique(pb.Name), e.of(s), ir.InputAttrs{})
	if err != nil {
		return nil, diag.Errorf(diag.Origin{}, diag.BadNet, "%v", err)
	}
	return &tensor{elem: e, shape: s, value: v, origin: imp.at()}, nil
}

// tensorType is the element type and shape that a type gives.
func tensorType(t *onnxpb.TypeProto) (elem, *onnxpb.TensorShapeProto, *diag.Diagnostic) {
	tt := t.GetTensorType()
	switch {
	case t.GetValue() == nil:
		return 0, nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "has no type")
	case tt == nil:
		return 0, nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "is no dense tensor")
	case !elem(tt.ElemType).computes():
		return 0, nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "has element type %v, which is not supported", elem(tt.ElemType))
	case tt.Shape == nil:
		return 0, nil, diag.Errorf(diag.Origin{}, diag.ShapeMismatch, "has no shape")
	}
	return elem(tt.ElemType), tt.Shape, nil
}

// inputDims is an input's shape with the open batch axis set to 1. The symbol
// of the axis is remembered.
func (imp *importer) inputDims(s *onnxpb.TensorShapeProto) ([]int64, *diag.Diagnostic) {
	if len(s.Dim) == 0 {
		return nil, diag.Errorf(diag.Origin{}, diag.NoBatch, "is a scalar, wanted the batch as axis 0")
	}
	dims := make([]int64, len(s.Dim))
	for i, dim := range s.Dim {
		fixed, isFixed := dim.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue)
		switch {
		case isFixed:
			dims[i] = fixed.DimValue
		case i == 0:
			dims[i] = 1
			imp.batch[dim.GetDimParam()] = true
		default:
			return nil, diag.Errorf(diag.Origin{}, diag.NoBatch, "leaves axis %d open (%q), wanted a number: only the batch, axis 0, may be open", i, dim.GetDimParam())
		}
	}
	if dims[0] > 1 {
		return nil, diag.Errorf(diag.Origin{}, diag.NoBatch, "has axis 0 fixed to %d, wanted a batch of 1 or an open axis", dims[0]).
			WithHelp("export with a sample batch of 1, or with a dynamic batch axis")
	}
	return dims, nil
}

// writtenType is the type that the file writes down for a tensor, if it does so
// completely.
func (imp *importer) writtenType(name string) (elem, ir.Shape, bool) {
	e, shape, d := tensorType(imp.declared[name])
	if d != nil {
		return 0, ir.Shape{}, false
	}
	dims := make([]int64, len(shape.Dim))
	for i, dim := range shape.Dim {
		switch v := dim.GetValue().(type) {
		case *onnxpb.TensorShapeProto_Dimension_DimValue:
			dims[i] = v.DimValue
		case *onnxpb.TensorShapeProto_Dimension_DimParam:
			if !imp.batch[v.DimParam] {
				return 0, ir.Shape{}, false
			}
			dims[i] = 1
		default:
			return 0, ir.Shape{}, false
		}
	}
	s, d := shapeOf(dims)
	return e, s, d == nil
}

// writeOutputs adds the graph's outputs and compares them with their declared types.
func (imp *importer) writeOutputs() {
	done := map[string]bool{}
	for _, pb := range imp.graph.Output {
		t := imp.tensors[pb.Name]
		if t.broken || done[pb.Name] {
			continue
		}
		done[pb.Name] = true
		if d := checkOutput(pb, t); d != nil {
			d.Origin = imp.at()
			imp.list = append(imp.list, d)
			continue
		}
		v, err := imp.value(t)
		if err == nil {
			imp.b.At(t.origin)
			_, err = imp.b.Add(ir.OpOutput, imp.outputs[pb.Name], nil, v)
		}
		if err != nil {
			imp.report(t.origin, err)
		}
	}
}

// checkOutput compares a graph output with the type the file declares for it;
// open axes fit anything.
func checkOutput(pb *onnxpb.ValueInfoProto, t *tensor) *diag.Diagnostic {
	tt := pb.GetType().GetTensorType()
	if tt == nil || t.untyped || t.empty {
		return nil
	}
	if e := elem(tt.ElemType); e != 0 && e != t.elem {
		return diag.Errorf(diag.Origin{}, diag.TypeMismatch, "graph output %q is declared as %v, but is %v", pb.Name, e, t.elem)
	}
	if tt.Shape == nil {
		return nil
	}
	fits := len(tt.Shape.Dim) == t.shape.Rank()
	for i, dim := range tt.Shape.Dim {
		v, fixed := dim.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue)
		if fits && fixed && v.DimValue != int64(t.shape.Dim(i)) {
			fits = false
		}
	}
	if !fits {
		return diag.Errorf(diag.Origin{}, diag.ShapeMismatch, "graph output %q is declared with shape %s, but has %v", pb.Name, declaredShape(tt.Shape), t.shape)
	}
	return nil
}

func declaredShape(s *onnxpb.TensorShapeProto) string {
	var parts []string
	for _, dim := range s.Dim {
		switch v := dim.GetValue().(type) {
		case *onnxpb.TensorShapeProto_Dimension_DimValue:
			parts = append(parts, strconv.FormatInt(v.DimValue, 10))
		case *onnxpb.TensorShapeProto_Dimension_DimParam:
			parts = append(parts, v.DimParam)
		default:
			parts = append(parts, "?")
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// warnUnread warns of inputs that nothing reads: exporters drop a state that two
// inputs share, and the net then computes something else than was meant. Unknown
// operators may read inputs in their inner graphs, so with them nothing is said.
func (imp *importer) warnUnread(net *ir.Net) {
	if imp.unknowns > 0 {
		return
	}
	readers := net.Readers()
	for _, v := range net.All(ir.OpInput) {
		if len(readers[v]) == 0 {
			imp.list.Add(v.Origin, diag.BadNet, "graph input %q is read by nothing", v.Name).Severity = diag.Warning
		}
	}
}
