package reroll

import (
	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// framesOf finds the inputs that hold one entry for each time step on axis 0, all
// of which, and nothing else of them, are read one by one: their slices, with the
// step that each is of.
func framesOf(n *ir.Net, steps int) frames {
	out := frames{}
	readers := n.Readers()
	for _, x := range n.All(ir.OpInput) {
		at, read := map[*ir.Value]int{}, map[int]bool{}
		for _, v := range readers[x] {
			start, count, ok := timing.AxisOfBlocks(timing.FirstAxis).Rows(v)
			if v.Op != ir.OpSlice || !ok || count != 1 {
				read = nil
				break
			}
			at[v], read[start] = start, true
		}
		if s := x.Type.Shape; s.Rank() < 2 || s.Dim(0) != steps || len(read) != steps {
			continue
		}
		for v, t := range at {
			out[v] = t
		}
	}
	return out
}

// alike reports whether two values are the same op in all but their operands, or
// the entries of one input for two steps.
func (f frames) alike(v, w *ir.Value) bool {
	_, isFrame := f[v]
	_, other := f[w]
	if isFrame && other {
		return v.Args[0] == w.Args[0]
	}
	return !isFrame && !other && canonical.SameForm(v, w)
}

type frames map[*ir.Value]int

// of reports whether v may stand in a step: anything but the frame of another.
func (f frames) of(v *ir.Value, step int) bool {
	t, isFrame := f[v]
	return !isFrame || t == step
}

// Holds reports whether a value is the frame of a step.
func (f frames) Holds(v *ir.Value) bool {
	_, ok := f[v]
	return ok
}

// Alike is alike, for copies of values.
func (f frames) Alike(v, w *ir.Value) bool { return f.alike(v, w) }

// at is the frame of a step for that of any step; nil when v is no frame.
func (f frames) at(v *ir.Value, step int) *ir.Value {
	if _, ok := f[v]; !ok {
		return nil
	}
	for w, t := range f {
		if t == step && w.Args[0] == v.Args[0] {
			return w
		}
	}
	return nil
}

// frame makes the input of one step of the loop, and the slice that v was of it.
func (r *roller) frame(v *ir.Value) (*ir.Value, error) {
	x := v.Args[0]
	each := r.c.Became[x]
	if each == nil {
		a := x.Attrs.(ir.InputAttrs)
		a.Per = ir.Step
		var err error
		each, err = r.c.Make(&ir.Value{Name: x.Name, Op: ir.OpInput, Attrs: a, Type: x.Type.WithShape(ir.ShapeOf(x.Type.Shape.Dims()[1:]...)), Range: x.Range, Origin: x.Origin})
		if err != nil {
			return nil, err
		}
		r.c.Became[x] = each
	}
	return r.c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, each)
}

// isFramed reports whether an input is read step by step.
func (u *unrolled) isFramed(x *ir.Value) bool {
	for v := range u.frames {
		if v.Args[0] == x {
			return true
		}
	}
	return false
}
