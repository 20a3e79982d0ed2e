package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// emit applies an op of the IR. The result's contents are known when the
// operands' are and no real arithmetic is needed. e is the result's element type.
func (n *node) emit(suffix string, e elem, op ir.Op, attrs ir.Attrs, args ...*tensor) (*tensor, error) {
	return n.emitAs(n.name(suffix), e, op, attrs, args...)
}

// emitAs is emit with a name for the result. Integers that the IR computes wider
// than ONNX's type are cut to it, as ONNX's arithmetic wraps.
func (n *node) emitAs(name string, e elem, op ir.Op, attrs ir.Attrs, args ...*tensor) (*tensor, error) {
	if n.err != nil {
		return nil, n.err
	}
	if n.folds(e, args) {
		return n.fold(name, e, op, attrs, args)
	}
	if n.imp.values--; n.imp.values < 0 {
		return nil, n.errorf(diag.UnsupportedAttribute, "comes to more values than can be written out, with the nodes before it")
	}
	axes := openAxes(op, attrs, args)
	if err := n.checkOpen(op, attrs, axes, args); err != nil {
		return nil, err
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
	n.imp.noteRounded(e)
	v, err := n.add(name, e, op, attrs, resultType(op, e, args), values)
	if err != nil {
		return nil, err
	}
	y := &tensor{name: name, elem: e, shape: v.Type.Shape, value: v, origin: n.at}
	follow(y, axes, args)
	return y, nil
}

// add appends the value, and a cast behind it where the IR's type is another.
func (n *node) add(name string, e elem, op ir.Op, attrs ir.Attrs, t ir.Type, args []*ir.Value) (*ir.Value, error) {
	n.imp.b.At(n.at)
	wide := false
	if !e.isReal() && e != elemInt64 && op != ir.OpCast {
		probe, err := n.probe(name, op, attrs, args)
		if err != nil {
			return nil, err
		}
		wide = probe.Type != e.of(probe.Type.Shape)
	}
	if !wide {
		return n.imp.b.AddTyped(op, n.imp.unique(name), attrs, t, args...)
	}
	v, err := n.imp.b.Add(op, n.imp.unique(name+".wide"), attrs, args...)
	if err != nil {
		return nil, err
	}
	return n.imp.b.AddTyped(ir.OpCast, n.imp.unique(name), nil, e.of(v.Type.Shape), v)
}

// probe makes a value in a net of its own, to see its type.
func (n *node) probe(name string, op ir.Op, attrs ir.Attrs, args []*ir.Value) (*ir.Value, error) {
	b := ir.NewBuilder("probe", ir.Source, 1)
	b.At(n.at)
	return b.Add(op, ir.CleanName(name), attrs, args...)
}

// resultType is the type to write for ops that do not infer theirs.
func resultType(op ir.Op, e elem, args []*tensor) ir.Type {
	if op == ir.OpCast {
		return e.of(args[0].shape)
	}
	return ir.Type{}
}

// number is a known scalar of an element type.
func (n *node) number(suffix string, e elem, f float64) *tensor {
	t := &ir.Tensor{Type: e.of(ir.Shape{})}
	if e.isReal() {
		t.F = []float64{f}
	} else {
		t.I = []int64{int64(f)}
	}
	return known(n.name(suffix), e, n.at, t)
}

// chain applies ops one after another, the last of which makes the node's result.
type chain struct {
	n   *node
	y   *tensor
	err error
}

func (n *node) chain(x *tensor) *chain { return &chain{n: n, y: x} }

// then applies an op to the result so far and further operands. An empty
// suffix is for the last op.
func (c *chain) then(suffix string, e elem, op ir.Op, attrs ir.Attrs, more ...*tensor) *chain {
	if c.err == nil {
		c.y, c.err = c.n.emit(suffix, e, op, attrs, append([]*tensor{c.y}, more...)...)
	}
	return c
}

func (c *chain) end() (*tensor, error) { return c.y, c.err }
