package onnx

import (
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

func identity(n *node) (*tensor, error) { return n.in[0], nil }

// dropout passes its input on; its mask keeps everything, in bool since opset 10.
// Training is refused.
func dropout(n *node) ([]*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	if n.opset < 7 && n.intAttr("is_test", 0) == 0 {
		return nil, n.errorf(diag.UnsupportedAttribute, "drops at random (is_test=0), wanted an exported model in evaluation mode").
			WithHelp("call model.eval() before the export")
	}
	if t := n.arg(2); t != nil {
		if (t.data == nil || t.elem != elemBool || t.data.I[0] != 0) && !n.dropsNothing() {
			return nil, n.errorf(diag.UnsupportedAttribute, "drops at random (training_mode), wanted an exported model in evaluation mode").
				WithHelp("call model.eval() before the export")
		}
	}
	if len(n.pb.Output) < 2 || n.pb.Output[1] == "" {
		return []*tensor{x}, nil
	}
	if err := n.imp.charge(n.at, x.shape.Size()); err != nil {
		return nil, err
	}
	e := elemBool
	if n.opset < 10 {
		e = x.elem
	}
	mask := filled(n.number("one", e, 1).data, x.shape)
	return []*tensor{x, known(n.nameOf(1, ""), e, n.at, mask)}, nil
}

// dropsNothing reports whether the ratio of a Dropout is 0.
func (n *node) dropsNothing() bool {
	ratio := n.arg(1)
	return ratio != nil && ratio.data != nil && ratio.elem.isReal() && ratio.data.F[0] == 0
}

// constant reads the one attribute that is there.
func constant(n *node) (*tensor, error) {
	if len(n.pb.Attribute) != 1 {
		return nil, n.errorf(diag.BadAttribute, "has %d attributes, wanted one value", len(n.pb.Attribute))
	}
	a := n.pb.Attribute[0]
	switch a.Name {
	case "value":
		return n.tensorAttr(a.Name), nil
	case "value_int":
		return n.constantInts(ir.Shape{}, []int64{n.intAttr(a.Name, 0)}), nil
	case "value_float":
		return n.constantReals(ir.Shape{}, []float32{float32(n.floatAttr(a.Name, 0))})
	case "value_ints":
		list, _ := n.intsAttr(a.Name)
		return knownInts(n.name(""), n.at, list), nil
	case "value_floats":
		return n.constantFloats(a.Name)
	}
	return nil, n.errorf(diag.UnsupportedAttribute, "attribute %q is not supported", a.Name)
}

func (n *node) constantInts(s ir.Shape, list []int64) *tensor {
	return known(n.name(""), elemInt64, n.at, &ir.Tensor{Type: elemInt64.of(s), I: list})
}

func (n *node) constantFloats(name string) (*tensor, error) {
	a := n.attr(name, onnxpb.AttributeProto_FLOATS)
	if a == nil {
		return nil, n.err
	}
	s, d := shapeOf([]int64{int64(len(a.Floats))})
	if d != nil {
		d.Origin = n.at
		return nil, d
	}
	return n.constantReals(s, a.Floats)
}

func (n *node) constantReals(s ir.Shape, list []float32) (*tensor, error) {
	data := make([]float64, len(list))
	for i, f := range list {
		data[i] = float64(f)
	}
	if d := checkFinite(data); d != nil {
		d.Origin = n.at
		return nil, d
	}
	return known(n.name(""), elemFloat, n.at, ir.Reals(s, data)), nil
}

// constantOfShape fills a shape with one value, 0 of float unless given.
func constantOfShape(n *node) (*tensor, error) {
	dims, err := n.list(0, "shape")
	if err != nil {
		return nil, err
	}
	s, d := shapeOf(dims)
	if d != nil {
		d.Origin = n.at
		return nil, d
	}
	fill := known("", elemFloat, n.at, ir.NewTensor(ir.RealType(ir.Shape{})))
	if n.has("value") {
		fill = n.tensorAttr("value")
	}
	switch {
	case n.err != nil || fill == nil:
		return nil, n.err
	case fill.data == nil || fill.data.Type.Size() != 1:
		return nil, n.errorf(diag.BadAttribute, "attribute \"value\" has not one element")
	}
	if err := n.imp.charge(n.at, s.Size()); err != nil {
		return nil, err
	}
	return known(n.name(""), fill.elem, n.at, filled(fill.data, s)), nil
}

// filled repeats a tensor of one element.
func filled(one *ir.Tensor, s ir.Shape) *ir.Tensor {
	out := ir.NewTensor(one.Type.WithShape(s))
	for i := range out.F {
		out.F[i] = one.F[0]
	}
	for i := range out.I {
		out.I[i] = one.I[0]
	}
	return out
}
