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
			imp.list.Add(imp.at(), diag.BadNet, "graph output %q is listed twice; it is given once", o.Name).Severity = diag.Warning
			continue
		}
		if !made[o.Name] {
			imp.fail(diag.UnknownName, "graph output %q is made by no node", o.Name)
			s.tensors[o.Name] = &tensor{name: o.Name, broken: true}
		}
		imp.outputs[o.Name] = imp.unique(o.Name)
	}
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
	if !fitsDims(tt.Shape, t.shape) {
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
