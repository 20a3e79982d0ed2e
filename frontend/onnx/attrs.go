package onnx

import (
	"slices"
	"strings"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/diag"
)

// checkAttrs demands attributes that the row knows, each once.
func (n *node) checkAttrs() error {
	seen := map[string]bool{}
	for _, a := range n.pb.Attribute {
		switch {
		case !slices.Contains(n.row.attrs, a.Name):
			return n.errorf(diag.UnsupportedAttribute, "attribute %q is not supported", a.Name)
		case seen[a.Name]:
			return n.errorf(diag.BadAttribute, "attribute %q is there twice", a.Name)
		case a.RefAttrName != "":
			return n.errorf(diag.BadAttribute, "attribute %q refers to a function's, but stands in none", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}

// attr is the attribute of a name and type, or nil. A wrong type is an error of the node.
func (n *node) attr(name string, t onnxpb.AttributeProto_AttributeType) *onnxpb.AttributeProto {
	for _, a := range n.pb.Attribute {
		if a.Name != name {
			continue
		}
		if a.Type != t {
			n.fail(n.errorf(diag.BadAttribute, "attribute %q has type %v, wanted %v", name, a.Type, t))
			return nil
		}
		return a
	}
	return nil
}

// fail keeps the first error.
func (n *node) fail(err error) {
	if n.err == nil {
		n.err = err
	}
}

// has reports whether the attribute is there.
func (n *node) has(name string) bool {
	return slices.ContainsFunc(n.pb.Attribute, func(a *onnxpb.AttributeProto) bool { return a.Name == name })
}

// intAttr is an attribute, or the value it has when it is absent.
func (n *node) intAttr(name string, absent int64) int64 {
	if a := n.attr(name, onnxpb.AttributeProto_INT); a != nil {
		return a.I
	}
	return absent
}

// floatAttr is an attribute, or the value it has when it is absent.
func (n *node) floatAttr(name string, absent float32) float64 {
	a := n.attr(name, onnxpb.AttributeProto_FLOAT)
	if a == nil {
		return float64(absent)
	}
	f := float64(a.F)
	if d := checkFinite([]float64{f}); d != nil {
		n.fail(n.errorf(diag.BadAttribute, "attribute %q is %v", name, f))
	}
	return f
}

// intsAttr is a list attribute; ok is false when it is absent.
func (n *node) intsAttr(name string) (list []int64, ok bool) {
	if a := n.attr(name, onnxpb.AttributeProto_INTS); a != nil {
		return a.Ints, true
	}
	return nil, false
}

// floatsAttr is a list attribute, empty when it is absent.
func (n *node) floatsAttr(name string) []float64 {
	var out []float64
	if a := n.attr(name, onnxpb.AttributeProto_FLOATS); a != nil {
		for _, f := range a.Floats {
			out = append(out, float64(f))
		}
	}
	if d := checkFinite(out); d != nil {
		n.fail(n.errorf(diag.BadAttribute, "attribute %q %s", name, d.Message))
	}
	return out
}

// graphAttr is a body in an attribute, or nil when it is absent.
func (n *node) graphAttr(name string) *onnxpb.GraphProto {
	a := n.attr(name, onnxpb.AttributeProto_GRAPH)
	if a == nil || a.G == nil {
		n.fail(n.errorf(diag.BadAttribute, "attribute %q is missing", name))
		return nil
	}
	return a.G
}

// stringAttr is an attribute, or the value it has when it is absent.
func (n *node) stringAttr(name, absent string) string {
	if a := n.attr(name, onnxpb.AttributeProto_STRING); a != nil {
		return string(a.S)
	}
	return absent
}

// tensorAttr is a constant in an attribute, or nil when it is absent. It is
// decoded once, however often its node is written out.
func (n *node) tensorAttr(name string) *tensor {
	a := n.attr(name, onnxpb.AttributeProto_TENSOR)
	switch {
	case a == nil:
		return nil
	case a.T == nil:
		n.fail(n.errorf(diag.BadConstant, "attribute %q has no data", name))
		return nil
	case n.imp.decoded[a.T] != nil:
		return n.imp.decoded[a.T]
	}
	t, d := n.imp.decodeTensor(a.T)
	if d != nil && d.Message == "" {
		return nil
	}
	if d != nil {
		d.Origin = n.at
		d.Message = "attribute \"" + name + "\" " + d.Message
		if len(a.T.Dims) == 0 && strings.HasSuffix(d.Message, "is +Inf") {
			d.Help = "if it is the threshold of a layer that never fires, build that layer without one, as by SpikingJelly's NonSpikingLIFNode"
		}
		n.fail(d)
		return nil
	}
	t.name, t.origin = n.name(""), n.at
	n.imp.decoded[a.T] = t
	return t
}

// axis counts an axis from 0; negative ones count from the end.
func (n *node) axis(a int64, rank int) int {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		n.fail(n.errorf(diag.BadAttribute, "axis %d does not exist: there are %d axes", a, rank))
		return 0
	}
	return int(a)
}

// axes counts a list of axes from 0, each once.
func (n *node) axes(list []int64, rank int) []int {
	var out []int
	for _, a := range list {
		i := n.axis(a, rank)
		if slices.Contains(out, i) {
			n.fail(n.errorf(diag.BadAttribute, "axis %d is listed twice", i))
			return nil
		}
		out = append(out, i)
	}
	return out
}

// axesList reads the axes of an operator that has them in an attribute and, from
// an opset on, in input 2. ok is false when none are given.
func (n *node) axesList(inputSince int) (list []int64, ok bool) {
	switch {
	case n.opset < inputSince && n.arg(1) != nil:
		n.fail(n.errorf(diag.BadNet, "has axes as an input, which opset %d does not know", n.opset))
	case n.opset < inputSince:
		return n.intsAttr("axes")
	case n.has("axes"):
		n.fail(n.errorf(diag.BadAttribute, "has axes as an attribute, which opset %d does not know", n.opset))
	case n.arg(1) != nil:
		list, err := n.list(1, "list of axes")
		if err != nil {
			n.fail(err)
		}
		return list, err == nil
	}
	return nil, false
}
