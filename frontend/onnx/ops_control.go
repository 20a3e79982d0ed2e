package onnx

import (
	"strconv"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// cond is If: the branch that a known condition takes, or both and a choice
// between their results.
func cond(n *node) ([]*tensor, error) {
	yes, no := n.graphAttr("then_branch"), n.graphAttr("else_branch")
	if n.err != nil {
		return nil, n.err
	}
	c := n.in[0]
	if c.elem != elemBool || c.shape.Size() != 1 {
		return nil, n.errorf(diag.TypeMismatch, "condition %q is %v%v, wanted one bool", c.name, c.elem, c.shape)
	}
	taken, err := n.known(c)
	switch {
	case err != nil:
		return nil, err
	case taken == nil:
		return n.either(c, yes, no)
	case taken.I[0] != 0:
		return n.branch(yes, "")
	}
	return n.branch(no, "")
}

// branch runs one branch, which must give a result for each output of the node.
func (n *node) branch(g *onnxpb.GraphProto, turn string) ([]*tensor, error) {
	if len(g.Output) < len(n.pb.Output) {
		return nil, n.errorf(diag.BadNet, "has %d outputs, but a branch gives %d %s", len(n.pb.Output), len(g.Output), pluralOf(len(g.Output), "result", "results"))
	}
	return n.runBody(g, nil, turn, true)
}

// either runs both branches and selects: neither can do harm.
func (n *node) either(c *tensor, yes, no *onnxpb.GraphProto) ([]*tensor, error) {
	a, err := n.branch(yes, ".then")
	if err != nil {
		return nil, err
	}
	b, err := n.branch(no, ".else")
	if err != nil {
		return nil, err
	}
	var out []*tensor
	if a == nil || b == nil { // reported already
		return nil, nil
	}
	for i := range n.pb.Output {
		if a[i].broken || b[i].broken {
			return nil, nil
		}
		if a[i].isSequence || b[i].isSequence {
			return nil, n.errorf(diag.UnsupportedAttribute, "result %q is a sequence of tensors, which a condition computed at run time would choose", n.pb.Output[i])
		}
		if a[i].elem != b[i].elem || a[i].shape != b[i].shape || a[i].empty || b[i].empty {
			return nil, n.errorf(diag.UnsupportedAttribute, "result %q is %v%v or %v%v, depending on a condition computed at run time",
				n.pb.Output[i], a[i].elem, a[i].shape, b[i].elem, b[i].shape)
		}
		y, err := n.choose(i, c, a[i], b[i])
		if err != nil {
			return nil, err
		}
		out = append(out, y)
	}
	return out, nil
}

func (n *node) choose(i int, c, a, b *tensor) (*tensor, error) {
	var err error
	if c.shape.Rank() > 0 {
		if c, err = n.emitAs(n.nameOf(i, "condition"), elemBool, ir.OpReshape, ir.ShapeAttrs{}, c); err != nil {
			return nil, err
		}
	}
	return n.emitAs(n.nameOf(i, ""), a.elem, ir.OpWhere, nil, c, a, b)
}

// runBody converts a graph in the node on given inputs and returns its results.
func (n *node) runBody(g *onnxpb.GraphProto, args []*tensor, turn string, first bool) ([]*tensor, error) {
	s := n.scope.body(g, turn)
	if s.depth > maxDepth {
		return nil, n.errorf(diag.BadNet, "stands in %d functions and bodies, more than are supported", n.scope.depth)
	}
	if err := n.imp.spend(n.at, len(g.Node)); err != nil {
		return nil, err
	}
	if len(g.Input) != len(args) {
		return nil, n.errorf(diag.BadNet, "its body takes %d inputs, wanted %d", len(g.Input), len(args))
	}
	for i, v := range g.Input {
		s.tensors[v.Name] = args[i]
	}
	if first {
		s.checkGraph(g)
	}
	s.readConstants(g)
	if !s.run(g.Node) {
		return nil, nil
	}
	var names []string
	for _, o := range g.Output {
		names = append(names, o.Name)
	}
	return n.results(s, names)
}

// loop is Loop, written out. The number of turns must be known.
func loop(n *node) ([]*tensor, error) {
	l := &turns{n: n, body: n.graphAttr("body"), states: n.in[min(2, len(n.in)):]}
	if n.err != nil {
		return nil, n.err
	}
	most, err := l.trips()
	if err != nil {
		return nil, err
	}
	going := true
	if n.arg(1) != nil {
		if going, err = l.goesOn(n.arg(1)); err != nil {
			return nil, err
		}
	}
	for i := int64(0); going && i < most; i++ {
		count := n.number("turn", elemInt64, 0)
		count.data.I[0], count.name = i, n.name("turn."+strconv.FormatInt(i, 10))
		on := &tensor{name: n.name("condition"), elem: elemBool, data: ir.Ints(ir.Shape{}, []int64{1}), origin: n.at}
		rest, err := l.turn(append([]*tensor{count, on}, l.states...), 1)
		if err != nil || rest == nil {
			return nil, err
		}
		if going, err = l.goesOn(rest[0]); err != nil {
			return nil, err
		}
	}
	return l.finish(nil, nil)
}

// turns is a body being written out turn after turn.
type turns struct {
	n       *node
	body    *onnxpb.GraphProto
	states  []*tensor   // of the next turn
	stacked [][]*tensor // by turn: the results that are stacked in the end
}

// trips is the most turns that a Loop makes.
func (l *turns) trips() (int64, error) {
	const endless = int64(1) << 62
	if l.n.arg(0) == nil {
		return endless, nil
	}
	list, err := l.n.list(0, "trip count")
	if err == nil {
		err = l.n.notCounted(l.n.in[0])
	}
	switch {
	case err != nil:
		return 0, err
	case len(list) != 1:
		return 0, l.n.errorf(diag.ShapeMismatch, "trip count %q has %d elements, wanted 1", l.n.in[0].name, len(list))
	}
	return list[0], nil
}

// goesOn is the value of a condition, which must be known.
func (l *turns) goesOn(c *tensor) (bool, error) {
	if c.elem != elemBool || c.shape.Size() != 1 {
		return false, l.n.errorf(diag.TypeMismatch, "condition %q is %v%v, wanted one bool", c.name, c.elem, c.shape)
	}
	data, err := l.n.known(c)
	if err != nil || data == nil {
		return false, l.n.notKnown("condition", c, err)
	}
	return data.I[0] != 0, l.n.notCounted(c)
}

// turn runs the body once. Its results are extra ones, which are returned, the
// new states, and those to stack. Nil results are reported already.
func (l *turns) turn(args []*tensor, extra int) ([]*tensor, error) {
	n, i := l.n, len(l.stacked)
	out, err := n.runBody(l.body, args, "."+strconv.Itoa(i), i == 0)
	if err != nil || out == nil {
		return nil, err
	}
	if len(out) < extra+len(l.states) {
		return nil, n.errorf(diag.BadNet, "its body gives %d results, wanted at least %d", len(out), extra+len(l.states))
	}
	for _, t := range out {
		if t.broken {
			return nil, nil
		}
	}
	stack := out[extra+len(l.states):]
	l.states = out[extra : extra+len(l.states)]
	l.stacked = append(l.stacked, stack)
	return out[:extra], nil
}

// finish returns the states behind the last turn, and the other results stacked
// along the axes and in the directions of two lists: of 0 where they end.
func (l *turns) finish(axes, directions []int64) ([]*tensor, error) {
	out := append([]*tensor{}, l.states...)
	for k := len(out); k < len(l.n.pb.Output); k++ {
		if l.n.pb.Output[k] == "" {
			out = append(out, nil)
			continue
		}
		i := k - len(l.states)
		y, err := l.stack(k, i, entryOf(axes, i), entryOf(directions, i) != 0)
		if err != nil {
			return nil, err
		}
		out = append(out, y)
	}
	return out, nil
}

// stack joins one result of all turns along a new axis.
func (l *turns) stack(output, k int, axis int64, backwards bool) (*tensor, error) {
	n := l.n
	if len(l.stacked) == 0 {
		return nil, n.errorf(diag.ShapeMismatch, "makes no turn, so its result %q has no elements", n.pb.Output[output])
	}
	parts := make([]*tensor, len(l.stacked))
	var at int
	for i, results := range l.stacked {
		if k >= len(results) {
			return nil, n.errorf(diag.BadNet, "has output %d, but its body gives %d results to stack", output+1, len(results))
		}
		t := results[k]
		at = n.axis(axis, t.shape.Rank()+1)
		if n.err != nil || t.empty || t.untyped || t.isSequence {
			return nil, n.errorf(diag.UnsupportedAttribute, "cannot stack %q", t.name)
		}
		dims := t.shape.Dims()
		dims = append(dims[:at:at], append([]int{1}, dims[at:]...)...)
		part, err := n.emitAs(n.nameOf(output, strconv.Itoa(i)), t.elem, ir.OpReshape, ir.ShapeAttrs{Shape: dims}, t)
		if err != nil {
			return nil, err
		}
		if backwards {
			parts[len(parts)-1-i] = part
		} else {
			parts[i] = part
		}
	}
	return n.emitAs(n.nameOf(output, ""), parts[0].elem, ir.OpConcat, ir.AxisAttrs{Axis: at}, parts...)
}
