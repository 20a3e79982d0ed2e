package passes

import (
	"slices"

	"nomul/ir"
)

// A mask is one spike that comes in some of the steps: the first of a row of as
// many spikes as there are steps, which starts as they come and turns by one in
// each step.

// maskOf makes the mask of some of the steps.
func (r *roller) maskOf(v *ir.Value, steps []bool) (*ir.Value, error) {
	init := ir.NewTensor(ir.SpikeType(ir.ShapeOf(len(steps))))
	for t, on := range steps {
		if on {
			init.I[t] = 1
		}
	}
	start, err := r.c.constant("steps.init", init, v)
	if err != nil {
		return nil, err
	}
	if mask := r.masks[start]; mask != nil {
		return mask, nil
	}
	row, err := r.c.make(&ir.Value{Name: "steps.past", Op: ir.OpDelay, Type: init.Type, Args: []*ir.Value{start}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	var parts [2]*ir.Value
	for i, a := range []ir.SliceAttrs{{Count: 1, Step: 1}, {Start: 1, Count: len(steps) - 1, Step: 1}} {
		if parts[i], err = r.c.make(&ir.Value{Name: "steps.part", Op: ir.OpSlice, Attrs: a, Args: []*ir.Value{row}, Origin: v.Origin}); err != nil {
			return nil, err
		}
	}
	next, err := r.c.make(&ir.Value{Name: "steps.next", Op: ir.OpConcat, Attrs: ir.AxisAttrs{}, Args: []*ir.Value{parts[1], parts[0]}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	if _, err := r.c.make(&ir.Value{Name: "steps.latch", Op: ir.OpLatch, Args: []*ir.Value{row, next}, Origin: v.Origin}); err != nil {
		return nil, err
	}
	now, err := r.c.make(&ir.Value{Name: "steps", Op: ir.OpReshape, Attrs: ir.ShapeAttrs{Shape: []int{}}, Args: []*ir.Value{parts[0]}, Origin: v.Origin})
	r.masks[start] = now
	return now, err
}

// masked is x in some of the steps, and 0 in the others.
func (r *roller) masked(v, x *ir.Value, steps []bool) (*ir.Value, error) {
	mask, err := r.maskOf(v, steps)
	if err != nil {
		return nil, err
	}
	real, err := r.c.make(&ir.Value{Name: "steps.real", Op: ir.OpCast, Type: ir.RealType(ir.Shape{}), Args: []*ir.Value{mask}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return r.c.make(&ir.Value{Name: x.Name + ".masked", Op: ir.OpMul, Args: []*ir.Value{x, real}, Origin: v.Origin})
}

// maskedBy returns the operands of a product with a mask: the masked value and the
// mask; nil when v is none such.
func maskedBy(v *ir.Value) (x, mask *ir.Value) {
	if v.Op != ir.OpMul {
		return nil, nil
	}
	for i, a := range v.Args {
		if stepsOf(a) > 0 {
			return v.Args[1-i], a
		}
	}
	return nil, nil
}

// stepsOf counts the steps in which a mask comes; 0 when v is none.
func stepsOf(v *ir.Value) int {
	if v.Op != ir.OpReshape || v.Args[0].Op != ir.OpSlice || v.Args[0].Args[0].Op != ir.OpDelay || !v.Type.IsSpike() {
		return 0
	}
	row := v.Args[0].Args[0]
	start := row.Args[0].Const()
	if start == nil || v.Type.Size() != 1 || !slices.Equal(row.Type.Shape.Dims(), []int{len(start.I)}) {
		return 0
	}
	n := 0
	for _, s := range start.I {
		n += int(s)
	}
	return n
}
