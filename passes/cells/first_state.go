package cells

import (
	"cmp"
	"maps"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// mostGuesses bounds the first numbers that are tried for a state.
const mostGuesses = 60

// begins chooses the values before the first step of which a delay's first number is made, bit for bit: no spikes,
// and numbers as the delay begins, or one of them another that is sought. False where none were found.
func (r *retiming) begins(d *ir.Value, leaves []*ir.Value) bool {
	start := d.Args[0].Const()
	if start == nil {
		return false
	}
	var open []*ir.Value // that may begin with any number
	chosen := map[*ir.Value]*ir.Tensor{}
	for _, leaf := range leaves {
		switch {
		case r.begin[leaf] != nil:
			chosen[leaf] = r.begin[leaf]
		case leaf.Type == start.Type && leaf.Type.IsReal():
			chosen[leaf], open = start, append(open, leaf)
		default:
			chosen[leaf] = ir.NewTensor(leaf.Type)
		}
	}
	found := r.solve(d, chosen, nil)
	for i := 0; i < len(open) && !found; i++ {
		found = r.solve(d, chosen, open[i])
	}
	if found {
		for leaf, t := range chosen {
			r.begin[leaf] = t
		}
	}
	return found
}

// solve looks for the first number of one value, element by element: each guess is off by as much as what it makes,
// which comes closer wherever that grows with it.
func (r *retiming) solve(d *ir.Value, chosen map[*ir.Value]*ir.Tensor, of *ir.Value) bool {
	start := d.Args[0].Const()
	for range mostGuesses {
		made := r.first(r.latched[d], chosen)
		switch {
		case made == nil:
			return false
		case slices.Equal(made.F, start.F):
			return true
		case of == nil:
			return false
		}
		next := ir.NewTensor(start.Type)
		for i := range next.F {
			next.F[i] = float64(float32(chosen[of].F[i] + start.F[i] - made.F[i]))
		}
		chosen[of] = next
	}
	chosen[of] = start
	return false
}

// first is a value in the step before the first; nil where it is none of an operation that is evaluated.
func (r *retiming) first(v *ir.Value, known map[*ir.Value]*ir.Tensor) *ir.Tensor {
	made := maps.Clone(known)
	var make func(v *ir.Value) *ir.Tensor
	make = func(v *ir.Value) *ir.Tensor {
		if v == nil || v.Const() != nil || made[v] != nil {
			return cmp.Or(made[v], v.Const())
		}
		args := []*ir.Value{}
		for _, a := range v.Args {
			k := make(a)
			if k == nil && a != nil {
				return nil
			}
			args = append(args, canonical.ConstantOf(k))
		}
		made[v] = canonical.Folded(v, args, r.net.Level)
		return made[v]
	}
	return make(v)
}
