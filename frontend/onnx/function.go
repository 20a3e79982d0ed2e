package onnx

import (
	"slices"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/diag"
)

// functionKey names an operator that the file defines.
type functionKey struct{ domain, name, overload string }

func (k functionKey) String() string {
	s := k.name
	if k.domain != "" {
		s = k.domain + "::" + s
	}
	if k.overload != "" {
		s += ":" + k.overload
	}
	return s
}

// function is the file's definition of the node's operator, or nil. It goes
// before an operator of the table.
func (n *node) function() *onnxpb.FunctionProto {
	return n.imp.functions[functionKey{domain(n.pb.Domain), n.pb.OpType, n.pb.Overload}]
}

// expand writes a function out in place of its call.
func (n *node) expand(f *onnxpb.FunctionProto) ([]*tensor, error) {
	s, err := n.callScope(f)
	if err != nil {
		return nil, err
	}
	if err := n.imp.spend(n.at, len(f.Node)); err != nil {
		return nil, err
	}
	g := &onnxpb.GraphProto{Node: f.Node}
	for i, name := range f.Input {
		g.Input = append(g.Input, &onnxpb.ValueInfoProto{Name: name})
		s.tensors[name] = n.arg(i)
	}
	s.checkGraph(g)
	if !s.run(f.Node) {
		return nil, nil
	}
	return n.results(s, f.Output)
}

// callScope is the scope of a function at this call.
func (n *node) callScope(f *onnxpb.FunctionProto) (*scope, error) {
	opsets, d := readOpsets(f.OpsetImport)
	if _, ok := opsets[""]; d == nil && ok {
		d = checkOpset(opsets)
	}
	switch {
	case d != nil:
		d.Origin = n.at
		d.Message = "the function " + d.Message
		return nil, d
	case len(n.in) > len(f.Input) || len(n.pb.Output) > len(f.Output):
		return nil, n.errorf(diag.BadNet, "has %d inputs and %d outputs, but the function only %d and %d", len(n.in), len(n.pb.Output), len(f.Input), len(f.Output))
	case n.scope.depth >= maxDepth:
		return nil, n.errorf(diag.BadNet, "stands in %d functions and bodies, more than are supported", n.scope.depth)
	}
	refs, err := n.callAttrs(f)
	s := &scope{
		imp: n.imp, depth: n.scope.depth + 1, opsets: opsets, tensors: map[string]*tensor{}, refs: refs,
		call: short(n.at.Node+n.scope.turn) + "/",
	}
	s.declare(f.ValueInfo)
	return s, err
}

// callAttrs are the values of the function's attributes at this call.
func (n *node) callAttrs(f *onnxpb.FunctionProto) (map[string]*onnxpb.AttributeProto, error) {
	out := map[string]*onnxpb.AttributeProto{}
	for _, name := range f.Attribute {
		out[name] = nil
	}
	for _, a := range f.AttributeProto {
		out[a.Name] = a
	}
	for _, a := range n.pb.Attribute {
		if _, known := out[a.Name]; !known {
			return nil, n.errorf(diag.BadAttribute, "attribute %q is none of the function's", a.Name)
		}
		out[a.Name] = a
	}
	return out, nil
}

// resolved is a node with the attributes that refer to a function's filled in,
// or left out where the call does not give them.
func (s *scope) resolved(pb *onnxpb.NodeProto) *onnxpb.NodeProto {
	refers := func(a *onnxpb.AttributeProto) bool { return a.RefAttrName != "" }
	if s.refs == nil || !slices.ContainsFunc(pb.Attribute, refers) {
		return pb
	}
	out := &onnxpb.NodeProto{Input: pb.Input, Output: pb.Output, Name: pb.Name, OpType: pb.OpType, Domain: pb.Domain, Overload: pb.Overload}
	for _, a := range pb.Attribute {
		given, known := s.refs[a.RefAttrName]
		switch {
		case !refers(a) || !known:
			out.Attribute = append(out.Attribute, a)
		case given != nil:
			filled := &onnxpb.AttributeProto{Name: a.Name}
			filled.Type, filled.F, filled.I, filled.S, filled.T, filled.G = given.Type, given.F, given.I, given.S, given.T, given.G
			filled.Floats, filled.Ints, filled.Strings = given.Floats, given.Ints, given.Strings
			out.Attribute = append(out.Attribute, filled)
		}
	}
	return out
}

// results are the tensors that a body or function makes under the names.
func (n *node) results(s *scope, names []string) ([]*tensor, error) {
	var out []*tensor
	for _, name := range names {
		t, ok := s.find(name)
		if !ok || t == nil {
			return nil, n.errorf(diag.UnknownName, "its body gives %q, which nothing there makes", name)
		}
		out = append(out, t)
	}
	return out, nil
}
