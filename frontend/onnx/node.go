package onnx

import (
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// node is one node being converted.
type node struct {
	imp   *importer
	pb    *onnxpb.NodeProto
	row   *row
	at    diag.Origin
	opset int       // of ai.onnx
	in    []*tensor // nil where an optional input is absent
	// more are the results behind the first, for the few operators that have them.
	more []*tensor
	// err is the first error of an attribute accessor; emit and the end of the
	// conversion look at it, so that rows need not.
	err error
}

// readNode converts a node and enters its results.
func (imp *importer) readNode(pb *onnxpb.NodeProto) {
	if len(pb.Output) == 0 {
		return // reported by checkNames
	}
	n := imp.newNode(pb)
	results, err := n.convert()
	if err != nil {
		imp.report(n.at, err)
	}
	for i, name := range pb.Output {
		switch {
		case name == "":
		case i < len(results):
			imp.tensors[name] = results[i]
		default:
			imp.tensors[name] = &tensor{name: name, broken: true}
		}
	}
}

func (imp *importer) newNode(pb *onnxpb.NodeProto) *node {
	name := nodeName(pb)
	if imp.origins[name] {
		name = pb.Output[0]
	}
	imp.origins[name] = true
	n := &node{imp: imp, pb: pb, at: imp.originOf(pb, name), opset: imp.opsets[""]}
	for _, in := range pb.Input {
		n.in = append(n.in, imp.tensors[in])
	}
	return n
}

// convert makes the node's results. Nothing is made, and nothing said, behind an error.
func (n *node) convert() ([]*tensor, error) {
	for _, t := range n.in {
		if t != nil && t.broken {
			return nil, nil
		}
	}
	if reason := n.gap(); reason != "" {
		return n.unknown(reason)
	}
	if err := n.checkForm(); err != nil {
		return nil, err
	}
	first, err := n.row.build(n)
	if n.err != nil {
		err = n.err
	}
	if err != nil {
		return nil, err
	}
	return append([]*tensor{first}, n.more...), nil
}

// gap says why the node cannot be understood; empty when there is a row for it.
func (n *node) gap() string {
	dom := domain(n.pb.Domain)
	if dom == "" {
		n.row = n.imp.rows[n.pb.OpType]
	}
	switch {
	case n.imp.functions[dom+"::"+n.pb.OpType]:
		return "the file defines it as a function, and functions are not supported yet"
	case dom != "":
		return "operators of this domain are not known"
	case n.row == nil:
		return "operator is not supported"
	case n.opset < n.row.since:
		return "operator is not part of this opset"
	}
	for _, t := range n.in {
		if t != nil && t.untyped {
			return behindUnknown
		}
	}
	return ""
}

// checkForm compares the node with the row: inputs, outputs, attributes.
func (n *node) checkForm() error {
	if len(n.in) < n.row.min || n.row.max >= 0 && len(n.in) > n.row.max {
		return n.errorf(diag.BadNet, "has %d inputs, wanted %s", len(n.in), n.row.arity())
	}
	for i, t := range n.in {
		if t == nil && (i < n.row.min || n.row.max < 0) {
			return n.errorf(diag.BadNet, "input %d is missing", i+1)
		}
	}
	for i, name := range n.pb.Output {
		if name != "" && i >= max(1, n.row.outs) {
			return n.errorf(diag.UnsupportedAttribute, "has output %d (%q), which is not supported", i+1, name)
		}
	}
	return n.checkAttrs()
}

func (n *node) errorf(code diag.Code, format string, args ...any) *diag.Diagnostic {
	return diag.Errorf(n.at, code, format, args...)
}

// arg is input i, or nil when it is absent.
func (n *node) arg(i int) *tensor {
	if i < len(n.in) {
		return n.in[i]
	}
	return nil
}

// list is the contents of integer input i, which must be known.
func (n *node) list(i int, what string) ([]int64, error) {
	t := n.in[i]
	list, ok := t.ints()
	switch {
	case ok:
		return list, nil
	case !t.elem.isInt():
		return nil, n.errorf(diag.TypeMismatch, "%s %q is %v, wanted integers", what, t.name, t.elem)
	}
	return nil, n.errorf(diag.UnsupportedAttribute, "%s %q is computed at run time, wanted a constant", what, t.name)
}

// sameElem demands one element type of several inputs.
func (n *node) sameElem(first *tensor, others ...*tensor) error {
	for _, t := range others {
		if t.elem != first.elem {
			return n.errorf(diag.TypeMismatch, "inputs differ in element type: %q is %v, %q is %v", first.name, first.elem, t.name, t.elem)
		}
	}
	return nil
}

// floats demands inputs of element type float.
func (n *node) floats(inputs ...*tensor) error {
	for _, t := range inputs {
		if t != nil && t.elem != elemFloat {
			return n.errorf(diag.TypeMismatch, "input %q is %v, wanted float", t.name, t.elem)
		}
	}
	return nil
}

// name is the ONNX name for a result: of the node's first output when suffix is
// empty, of a value on the way there otherwise.
func (n *node) name(suffix string) string {
	if suffix == "" {
		return n.pb.Output[0]
	}
	return n.pb.Output[0] + "." + suffix
}

// emit applies an op of the IR. The result's contents are known when the
// operands' are and no real arithmetic is needed. e is the result's element type.
func (n *node) emit(suffix string, e elem, op ir.Op, attrs ir.Attrs, args ...*tensor) (*tensor, error) {
	if n.err != nil {
		return nil, n.err
	}
	if n.folds(e, args) {
		return n.fold(suffix, e, op, attrs, args)
	}
	values := make([]*ir.Value, len(args))
	for i, t := range args {
		if t == nil {
			continue
		}
		v, err := n.imp.value(t)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	n.imp.b.At(n.at)
	v, err := n.imp.b.AddTyped(op, n.imp.unique(n.name(suffix)), attrs, resultType(op, e, args), values...)
	if err != nil {
		return nil, err
	}
	if e == elemBool && !v.Type.IsSpike() {
		return nil, n.errorf(diag.UnsupportedType, "joins or selects bool values at run time, which is not supported")
	}
	return &tensor{name: n.name(suffix), elem: e, shape: v.Type.Shape, value: v, origin: n.at}, nil
}

// resultType is the type to write for ops that do not infer theirs.
func resultType(op ir.Op, e elem, args []*tensor) ir.Type {
	if op == ir.OpCast {
		return e.of(args[0].shape)
	}
	return ir.Type{}
}
