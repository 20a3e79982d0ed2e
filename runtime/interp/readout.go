package interp

import (
	"nomul/ir"
	"nomul/ir/eval"
)

// readout registers a function that reads x at the end of each step.
func (a *assembly) readout(read func(step int)) { a.m.readouts = append(a.m.readouts, read) }

// sum adds up x at the end of each step. At the source level it is rounded once, after the last.
func (a *assembly) sum(v *ir.Value, args []*ir.Tensor, c *cell) {
	x := args[0]
	a.readout(func(step int) {
		if step == 0 {
			clear(c.result.F)
			clear(c.result.I)
		}
		addTo(c.result.F, x.F)
		addTo(c.result.I, x.I)
	})
	if a.m.net.Level == ir.Source {
		c.run = func(int) { eval.RoundFloat32(c.result) }
	}
}

// last takes x of every step; the last one stays.
func (a *assembly) last(_ *ir.Value, args []*ir.Tensor, c *cell) {
	x := args[0]
	a.readout(func(int) {
		copy(c.result.F, x.F)
		copy(c.result.I, x.I)
	})
}

// maxTime begins with the x of step 0.
func (a *assembly) maxTime(_ *ir.Value, args []*ir.Tensor, c *cell) {
	x := args[0]
	a.readout(func(step int) {
		if step == 0 {
			copy(c.result.F, x.F)
			copy(c.result.I, x.I)
		}
		raiseTo(c.result.F, x.F)
		raiseTo(c.result.I, x.I)
	})
}

func raiseTo[T number](acc, x []T) {
	for i, f := range x {
		acc[i] = max(acc[i], f)
	}
}

// first notes the step of the first spike.
func (a *assembly) first(_ *ir.Value, args []*ir.Tensor, c *cell) {
	x, never := args[0], int64(a.m.net.Steps)
	a.readout(func(step int) {
		for i, s := range x.I {
			switch {
			case step == 0 && s == 0:
				c.result.I[i] = never
			case s != 0 && (step == 0 || c.result.I[i] == never):
				c.result.I[i] = int64(step)
			}
		}
	})
}
