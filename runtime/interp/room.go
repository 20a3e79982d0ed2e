package interp

import "nomul/ir"

// room is memory that results of one clock take in turns, by element kind and size.
type room struct {
	reals map[int][][]float64
	ints  map[int][][]int64
}

// furnish gives memory to the results that are made and read in one clock. A result
// takes the place of another whose last reader has run: without that, a network that
// is unrolled over time would hold all values of all steps.
func (a *assembly) furnish() {
	for clock, cells := range a.m.clocks {
		free := room{map[int][][]float64{}, map[int][][]int64{}}
		over := a.lastReads(ir.Clock(clock))
		for _, c := range cells {
			if t := c.result; t.F == nil && t.I == nil {
				if _, here := over[t]; here {
					free.take(t)
				} else {
					*t = *ir.NewTensor(t.Type)
				}
			}
			for _, t := range append(a.reads(c.value), c.result) {
				if over[t] == c {
					free.give(t)
					delete(over, t) // which may be read twice
				}
			}
		}
	}
}

// lastReads returns the last reader of each result that is made in a clock and read in
// no other; of those that nothing reads, the cell itself.
func (a *assembly) lastReads(clock ir.Clock) map[*ir.Tensor]*cell {
	last := map[*ir.Tensor]*cell{}
	for _, c := range a.m.clocks[clock] {
		if c.passing && c.value.Op != ir.OpOutput {
			last[c.result] = c
		}
	}
	for _, cells := range a.m.clocks {
		for _, c := range cells {
			for _, t := range append(a.reads(c.value), c.result) { // its own may be that of an equal value
				if _, here := last[t]; !here {
					continue
				}
				if last[t] = c; c.value.Clock != clock {
					delete(last, t)
				}
			}
		}
	}
	return last
}

// reads returns the results that a value reads.
func (a *assembly) reads(v *ir.Value) []*ir.Tensor {
	var out []*ir.Tensor
	for _, arg := range v.Args {
		if arg != nil {
			out = append(out, a.cells[arg].result)
		}
	}
	return out
}

func (r room) take(t *ir.Tensor) {
	n := t.Type.Size()
	if t.Type.IsReal() {
		t.F = pop(r.reals, n)
	} else {
		t.I = pop(r.ints, n)
	}
}

func (r room) give(t *ir.Tensor) {
	if t.Type.IsReal() {
		r.reals[len(t.F)] = append(r.reals[len(t.F)], t.F)
	} else {
		r.ints[len(t.I)] = append(r.ints[len(t.I)], t.I)
	}
}

func pop[T number](free map[int][][]T, n int) []T {
	of := free[n]
	if len(of) == 0 {
		return make([]T, n)
	}
	free[n] = of[:len(of)-1]
	return of[len(of)-1]
}
