package dsl

import (
	"nomul/ir"
	"nomul/ir/diag"
)

func runFlatten(c *call) value {
	x := c.sig("x")
	return c.add(ir.OpReshape, c.label("flatten"), ir.ShapeAttrs{Shape: []int{x.Type.Size()}}, x)
}

// runReshape takes -1 once, for the extent that uses up the elements.
func runReshape(c *call) value {
	x := c.sig("x")
	dims := c.wholes("shape", -1, -1)
	open, size := -1, 1
	for i, d := range dims {
		switch {
		case d == -1 && open < 0:
			open = i
		case d < 1:
			c.fail(c.args["shape"].node, diag.BadAttribute, "%v is no shape; wanted positive numbers, and at most one -1", c.args["shape"].value)
			return bad
		default:
			size = min(size*d, ir.MaxSize+1)
		}
	}
	if open >= 0 {
		dims[open] = x.Type.Size() / size
		size *= dims[open]
	}
	if size != x.Type.Size() {
		d := c.fail(c.args["shape"].node, diag.ShapeMismatch, "cannot make %v of the %d elements of %v", c.args["shape"].value, x.Type.Size(), x.Type)
		d.Notes = append([]string{c.e.from(shownNode(c.args["x"].node), x)}, d.Notes...)
		return bad
	}
	return c.add(ir.OpReshape, c.label("reshape"), ir.ShapeAttrs{Shape: dims}, x)
}

func runTranspose(c *call) value {
	return c.add(ir.OpTranspose, c.label("transpose"), ir.PermAttrs{Perm: c.wholes("order", -1, 0)}, c.sig("x"))
}

// runConcat says which parts do not fit.
func runConcat(c *call) value {
	parts := c.args["parts"].list
	if len(parts) == 1 && parts[0].kind == isList {
		parts = parts[0].list
	}
	if len(parts) == 0 {
		c.fail(c.site.node, diag.BadCall, "concat needs values")
		return bad
	}
	var args []*ir.Value
	for _, p := range parts {
		if p.kind != isSignal {
			c.e.want(c.f, c.site.node, p, isSignal)
			return bad
		}
		args = append(args, p.sig)
	}
	first := args[0].Type.Shape
	axis := c.axis("axis", first.Rank())
	for _, a := range args[1:] {
		if !joins(first, a.Type.Shape, axis) || a.Type.IsReal() != args[0].Type.IsReal() {
			d := c.fail(c.site.node, diag.ShapeMismatch, "cannot join %v and %v along axis %d", args[0].Type, a.Type, axis)
			d.Notes = append([]string{c.e.from("the first part", args[0]), c.e.from("the other", a)}, d.Notes...)
			return bad
		}
	}
	return c.add(ir.OpConcat, c.label("concat"), ir.AxisAttrs{Axis: axis}, args...)
}

// joins reports whether two shapes are equal but along an axis.
func joins(a, b ir.Shape, axis int) bool {
	if a.Rank() != b.Rank() {
		return false
	}
	for i := range a.Rank() {
		if i != axis && a.Dim(i) != b.Dim(i) {
			return false
		}
	}
	return true
}

func runSlice(c *call) value {
	x := c.sig("x")
	axis := c.axis("axis", x.Type.Shape.Rank())
	if c.bad {
		return bad
	}
	extent := x.Type.Shape.Dim(axis)
	start, step, stop := c.whole("start", 0), c.whole("step", 1), extent
	if c.args["stop"].kind != isNothing {
		stop = c.whole("stop", 1)
	}
	if stop > extent || start >= stop {
		c.fail(c.site.node, diag.BadAttribute, "elements %d up to %d of axis %d, which has %d", start, stop, axis, extent)
		return bad
	}
	return c.add(ir.OpSlice, c.label("slice"), ir.SliceAttrs{Axis: axis, Start: start, Count: (stop - start + step - 1) / step, Step: step}, x)
}

// runPad pads the axes behind the channels.
func runPad(c *call) value {
	x := c.sig("x")
	rank := x.Type.Shape.Rank()
	if rank < 2 {
		c.fail(c.args["x"].node, diag.ShapeMismatch, "pad takes [channels, places…], this is %v", x.Type)
		return bad
	}
	ones := make([]int, rank-1)
	by := c.pads("by", ones, ones)
	before, after := append([]int{0}, by[:rank-1]...), append([]int{0}, by[rank-1:]...)
	name := c.label("pad")
	var fill *ir.Value
	if f := c.args["fill"]; f.num != 0 && !c.bad {
		fill = c.e.asSignal(c.f, f.node, name, f.value, signal(x))
	}
	return c.add(ir.OpPad, name, ir.PadAttrs{Before: before, After: after}, x, fill)
}

func runStretch(c *call) value {
	return c.add(ir.OpBroadcast, c.label("stretch"), ir.ShapeAttrs{Shape: c.wholes("shape", -1, 1)}, c.sig("x"))
}
