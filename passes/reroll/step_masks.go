package reroll

import (
	"slices"

	"nomul/ir"
)

// A mask is one spike that comes in some of the steps: an entry of a row of as many
// spikes as there are steps, which turns by one in each step. Masks that come in the
// same pattern, only later, are entries of one row.

// row is a row of spikes that turns, and the steps in which its first entry comes.
type row struct {
	v     *ir.Value
	steps []bool
}

// maskOf makes the mask of some of the steps.
func (r *roller) maskOf(v *ir.Value, steps []bool) (*ir.Value, error) {
	from, at, err := r.rowWith(v, steps)
	if err != nil {
		return nil, err
	}
	part, err := r.c.Make(&ir.Value{Name: "steps.part", Op: ir.OpSlice, Attrs: ir.SliceAttrs{Start: at, Count: 1, Step: 1}, Args: []*ir.Value{from}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return r.c.Make(&ir.Value{Name: "steps", Op: ir.OpReshape, Attrs: ir.ShapeAttrs{Shape: []int{}}, Args: []*ir.Value{part}, Origin: v.Origin})
}

// rowWith returns a row of which an entry comes in the steps, and the entry; a new one,
// of which it is the first, when there is none.
func (r *roller) rowWith(v *ir.Value, steps []bool) (*ir.Value, int, error) {
	for at := range steps {
		turned := slices.Concat(steps[len(steps)-at:], steps[:len(steps)-at])
		for _, old := range r.rows {
			if slices.Equal(old.steps, turned) {
				return old.v, at, nil
			}
		}
	}
	out, err := r.row(v, steps)
	r.rows = append(r.rows, row{out, steps})
	return out, 0, err
}

// row makes a row whose first entry comes in the steps.
func (r *roller) row(v *ir.Value, steps []bool) (*ir.Value, error) {
	init := ir.NewTensor(ir.SpikeType(ir.ShapeOf(len(steps))))
	for t, on := range steps {
		if on {
			init.I[t] = 1
		}
	}
	start, err := r.c.Constant("steps.init", init, v)
	if err != nil {
		return nil, err
	}
	row, err := r.c.Make(&ir.Value{Name: "steps.past", Op: ir.OpDelay, Type: start.Type, Args: []*ir.Value{start}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	var parts [2]*ir.Value
	for i, a := range []ir.SliceAttrs{{Count: 1, Step: 1}, {Start: 1, Count: start.Type.Size() - 1, Step: 1}} {
		if parts[i], err = r.c.Make(&ir.Value{Name: "steps.part", Op: ir.OpSlice, Attrs: a, Args: []*ir.Value{row}, Origin: v.Origin}); err != nil {
			return nil, err
		}
	}
	next, err := r.c.Make(&ir.Value{Name: "steps.next", Op: ir.OpConcat, Attrs: ir.AxisAttrs{}, Args: []*ir.Value{parts[1], parts[0]}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	_, err = r.c.Make(&ir.Value{Name: "steps.latch", Op: ir.OpLatch, Args: []*ir.Value{row, next}, Origin: v.Origin})
	return row, err
}

// masked is x in some of the steps, and 0 in the others.
func (r *roller) masked(v, x *ir.Value, steps []bool) (*ir.Value, error) {
	mask, err := r.maskOf(v, steps)
	if err != nil {
		return nil, err
	}
	real, err := r.c.Make(&ir.Value{Name: "steps.real", Op: ir.OpCast, Type: ir.RealType(ir.Shape{}), Args: []*ir.Value{mask}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return r.c.Make(&ir.Value{Name: x.Name + ".masked", Op: ir.OpMul, Args: []*ir.Value{x, real}, Origin: v.Origin})
}
