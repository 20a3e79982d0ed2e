package onnx

import (
	"strconv"
	"strings"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// checkOutputs demands that the model's outputs are made, and takes their names.
func (imp *importer) checkOutputs(s *scope, g *onnxpb.GraphProto, made map[string]bool) {
	if len(g.Output) == 0 {
		imp.fail(diag.BadNet, "the graph has no output")
	}
	for _, o := range g.Output {
		if _, twice := imp.outputs[o.Name]; twice {
			imp.fail(diag.BadNet, "graph output %q is listed twice", o.Name)
			continue
		}
		if !made[o.Name] {
			imp.fail(diag.UnknownName, "graph output %q is made by no node", o.Name)
			s.tensors[o.Name] = &tensor{name: o.Name, broken: true}
		}
		imp.outputs[o.Name] = imp.unique(o.Name)
	}
}

// readInputs adds the graph's inputs, except those that initializers set.
func (imp *importer) readInputs(s *scope, g *onnxpb.GraphProto) {
	for _, pb := range g.Input {
		if s.tensors[pb.Name] != nil {
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
		s.tensors[pb.Name] = t
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
	imp.noteRounded(e)
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

// inputDims is an input's shape with the open batch axis set to 1. It is axis 0,
// or the only open axis of an input that has time or something else in front. The
// symbol of the axis is remembered, and may stand anywhere.
func (imp *importer) inputDims(s *onnxpb.TensorShapeProto) ([]int64, *diag.Diagnostic) {
	dims := make([]int64, len(s.Dim))
	batch, others := -1, 0
	for i, dim := range s.Dim {
		fixed, isFixed := dim.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue)
		switch {
		case isFixed:
			dims[i] = fixed.DimValue
		case dim.GetDimParam() != "" && imp.batch[dim.GetDimParam()]:
			dims[i] = 1
		case batch < 0:
			batch, dims[i] = i, 1
		default:
			others = i
		}
	}
	if others > 0 {
		return nil, diag.Errorf(diag.Origin{}, diag.NoBatch, "leaves axis %d open (%q), wanted a number: only the batch may be open", others, s.Dim[others].GetDimParam())
	}
	if batch >= 0 && s.Dim[batch].GetDimParam() != "" {
		imp.batch[s.Dim[batch].GetDimParam()] = true
	}
	return dims, nil
}

// writeOutputs adds the graph's outputs and compares them with their declared types.
func (imp *importer) writeOutputs(s *scope, g *onnxpb.GraphProto) {
	done := map[string]bool{}
	for _, pb := range g.Output {
		t := s.tensors[pb.Name]
		if t.broken || done[pb.Name] {
			continue
		}
		done[pb.Name] = true
		if t.isSequence {
			imp.list.Add(t.origin, diag.UnsupportedType, "graph output %q is a sequence of tensors, wanted a tensor", pb.Name)
			continue
		}
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
