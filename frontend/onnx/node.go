package onnx

import (
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/diag"
)

// node is one node being converted.
type node struct {
	imp   *importer
	scope *scope
	pb    *onnxpb.NodeProto // with the attributes of the function's call around it filled in
	row   *row
	at    diag.Origin
	opset int       // of ai.onnx
	in    []*tensor // nil where an optional input is absent
	// err is the first error of an attribute accessor; emit and the end of the
	// conversion look at it, so that rows need not.
	err error
}

// readNode converts a node and enters its results.
func (s *scope) readNode(pb *onnxpb.NodeProto) {
	if len(pb.Output) == 0 {
		return // reported by checkGraph
	}
	n := s.newNode(pb)
	results, err := n.convert()
	if err != nil {
		s.imp.report(n.at, err)
	}
	for i, name := range pb.Output {
		switch {
		case name == "":
		case i < len(results) && results[i] != nil:
			s.tensors[name] = results[i]
		default:
			s.tensors[name] = &tensor{name: name, broken: true}
		}
	}
}

func (s *scope) newNode(pb *onnxpb.NodeProto) *node {
	n := &node{imp: s.imp, scope: s, at: s.originOf(pb), opset: s.opsets[""]}
	n.pb = s.resolved(pb)
	for _, name := range pb.Input {
		t, _ := s.find(name)
		n.in = append(n.in, t)
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
	results, err := n.build()
	if n.err != nil {
		err = n.err
	}
	if err != nil {
		return nil, err
	}
	return results, n.checkResults(results)
}

// checkResults demands a result for each output that has a name; there is none at
// all behind an error.
func (n *node) checkResults(results []*tensor) error {
	for i, name := range n.pb.Output {
		if name != "" && len(results) > 0 && i >= len(results) {
			return n.errorf(diag.BadNet, "has output %d (%q), but makes %d %s", i+1, name, len(results), pluralOf(len(results), "result", "results"))
		}
	}
	return nil
}

// build makes the results of a node that fits its row.
func (n *node) build() ([]*tensor, error) {
	switch {
	case n.function() != nil:
		return n.expand(n.function())
	case n.row.many != nil:
		return n.row.many(n)
	}
	y, err := n.row.build(n)
	return []*tensor{y}, err
}

// gap says why the node cannot be understood; empty when there is a row for it.
func (n *node) gap() string {
	dom := domain(n.pb.Domain)
	n.row = n.imp.rowOf(dom, n.pb.OpType)
	switch {
	case n.function() != nil:
		n.row = nil
	case n.row == nil && dom != "" && domains[dom] == nil:
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
	if n.function() != nil {
		return n.checkMapped()
	}
	if len(n.in) < n.row.min || n.row.max >= 0 && len(n.in) > n.row.max {
		return n.errorf(diag.BadNet, "has %d inputs, wanted %s", len(n.in), n.row.arity())
	}
	for i, t := range n.in {
		if t == nil && (i < n.row.min || n.row.max < 0 && !n.row.holes) {
			return n.errorf(diag.BadNet, "input %d is missing", i+1)
		}
		if !n.row.lists {
			if err := n.plain(i); err != nil {
				return err
			}
		}
	}
	for i, name := range n.pb.Output {
		if name != "" && n.row.outs >= 0 && i >= max(1, n.row.outs) {
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
	if !t.elem.isInt() {
		return nil, n.errorf(diag.TypeMismatch, "%s %q is %v, wanted integers", what, t.name, t.elem)
	}
	if t.empty {
		return []int64{}, nil
	}
	data, err := n.known(t)
	if err != nil || data == nil {
		return nil, n.notKnown(what, t, err)
	}
	return data.I, nil
}

// notKnown refuses a tensor that must be constant.
func (n *node) notKnown(what string, t *tensor, err error) error {
	if err != nil {
		return err
	}
	return n.errorf(diag.UnsupportedAttribute, "%s %q is computed at run time, wanted a constant", what, t.name)
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

// floats demands inputs of one floating-point type.
func (n *node) floats(inputs ...*tensor) error {
	var first *tensor
	for _, t := range inputs {
		switch {
		case t == nil:
			continue
		case !t.elem.isReal():
			return n.errorf(diag.TypeMismatch, "input %q is %v, wanted float", t.name, t.elem)
		case first == nil:
			first = t
		}
		if err := n.sameElem(first, t); err != nil {
			return err
		}
	}
	return nil
}

// name is the name of a result: of the node's first output when suffix is empty,
// of a value on the way there otherwise.
func (n *node) name(suffix string) string { return n.nameOf(0, suffix) }

// nameOf is name for another output.
func (n *node) nameOf(output int, suffix string) string {
	name := n.scope.label(n.pb.Output[output])
	if suffix == "" {
		return name
	}
	return name + "." + suffix
}
