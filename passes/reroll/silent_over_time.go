package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// silentOverTime finds leaky values that no comparison holds against a threshold: operands of
// outputs that are computed from their own value one step earlier in the same way. Sums and maxima
// over the steps are none; they are readouts.
func silentOverTime(n *ir.Net, h []timing.History) []timing.History {
	s := &silentSearch{span: spans(n, h, framesOf(n, len(h[0].Membranes))), steps: len(h[0].Membranes), seen: map[*ir.Value]bool{}}
	for _, out := range n.All(ir.OpOutput) {
		s.look(out.Args[0])
	}
	return s.found
}

type silentSearch struct {
	span  map[*ir.Value]span
	steps int
	seen  map[*ir.Value]bool
	found []timing.History
}

// look follows the operands of outputs back to values of several steps.
func (s *silentSearch) look(v *ir.Value) {
	at := s.span[v]
	_, single := at.single()
	if v == nil || s.seen[v] || single || at.once() {
		return
	}
	s.seen[v] = true
	if at.last == s.steps && !s.addsSteps(v) {
		if s.add(s.chain(v)) {
			return
		}
	}
	for _, a := range v.Args {
		s.look(a)
	}
}

// addsSteps reports whether v is a sum of values of single steps, in any brackets, or
// of a leaky value and its own of one step earlier, which is noted.
func (s *silentSearch) addsSteps(v *ir.Value) bool {
	if v.Op != ir.OpAdd || s.steps < 3 {
		return false
	}
	singles := true
	for i, a := range v.Args {
		_, single := s.span[a].single()
		if single || s.span[a].once() {
			continue
		}
		if s.span[a].last == s.steps {
			if chain := s.chain(a); chain != nil && chain[s.steps-2] == v.Args[1-i] {
				return s.add(chain)
			}
		}
		singles = s.addsSteps(a) && singles
	}
	return singles
}

// add notes a chain, when there is one, and that its values belong to one step each.
func (s *silentSearch) add(chain []*ir.Value) bool {
	for t, v := range chain {
		s.span[v] = span{t + 1, t + 1}
	}
	if chain != nil {
		s.found = append(s.found, timing.History{Membranes: chain})
	}
	return chain != nil
}

// chain lists v in every step, from step 0; nil when v is no such value.
func (s *silentSearch) chain(v *ir.Value) []*ir.Value {
	way := s.wayBack(v)
	if len(way) == 0 || s.accumulates(v, way) {
		return nil
	}
	chain := []*ir.Value{v}
	for t := s.steps - 2; t >= 0; t-- {
		past := timing.Follow(v, way)
		if past == nil || slices.Contains(chain, past) || otherSpikes(v, past, way) ||
			t > 0 && (s.span[past].last != t+1 || !timing.AlongWay(v, past, way, func(a *ir.Value) bool { return s.span[a].once() })) {
			return nil
		}
		v = past
		chain = append(chain, v)
	}
	slices.Reverse(chain)
	return chain
}

// otherSpikes reports whether spikes are read beside a way from one of two values, and
// none in their place from the other.
func otherSpikes(v, w *ir.Value, way []int) bool {
	for _, i := range way {
		if v.Op != w.Op || len(v.Args) != len(w.Args) {
			return false
		}
		for k, a := range v.Args {
			b := w.Args[k]
			if k != i && a != nil && b != nil && a.Const() == nil && b.Const() == nil && (timing.MembraneOfSpike(a) == nil) != (timing.MembraneOfSpike(b) == nil) {
				return true
			}
		}
		v, w = v.Args[i], w.Args[i]
	}
	return false
}

// accumulates reports a running sum or maximum: on the way there is that op alone, and its other
// operand belongs to one step, or is a leaky value itself, which does not depend on the accumulated
// one.
func (s *silentSearch) accumulates(v *ir.Value, way []int) bool {
	op := v.Op
	for _, i := range way {
		if v.Op != op || op != ir.OpAdd && op != ir.OpMax {
			return false
		}
		other := v.Args[1-i]
		if _, single := s.span[other].single(); !single && !s.span[other].once() &&
			(s.span[other].last != s.steps || reaches(other, v.Args[i]) || !s.add(s.chain(unweighed(other)))) {
			return false
		}
		v = v.Args[i]
	}
	return true
}

// unweighed is a value without the constant factors that it is added with.
func unweighed(v *ir.Value) *ir.Value {
	for v.Op == ir.OpMul && v.Args[1].Const() != nil {
		v = v.Args[0]
	}
	return v
}

// reaches reports whether v is computed from w.
func reaches(v, w *ir.Value) bool {
	seen := map[*ir.Value]bool{}
	var walk func(v *ir.Value) bool
	walk = func(v *ir.Value) bool {
		if v == nil || seen[v] {
			return false
		}
		seen[v] = true
		return v == w || slices.ContainsFunc(v.Args, walk)
	}
	return walk(v)
}

// wayBack is the shortest way from v to a value of the same form that ends one
// step earlier.
func (s *silentSearch) wayBack(v *ir.Value) []int {
	return timing.WayTo(v, func(a *ir.Value) bool { return s.span[a].last == s.span[v].last-1 && canonical.SameForm(a, v) },
		func(a *ir.Value) bool { return s.span[a].once() })
}
