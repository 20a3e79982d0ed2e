package reroll

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A state that does not begin at zero shows in step 0: as a constant there, such as
// half a threshold, as that after a leak, or as a constant of the layer, such as its
// reset value. An exporter may have folded it so far that it is found only by asking
// for which state the body computes the constant that stands there. A state is
// right when step 0 comes out, operation by operation.

// mostTried bounds the beginnings that are tried for one value. Most are found among some hundred; the square of a
// state shows constants without end, of which none is one.
const mostTried = 4000

// tryInits looks for the initial value of one state that v reads.
func (f *firstStep) tryInits(u *unrolled, v *ir.Value) (bool, error) {
	numbers, states := stepReads(u, v)
	for _, state := range states {
		if f.init[state] != nil || f.tried > mostTried {
			continue
		}
		for _, init := range f.candidates(u, v, state, numbers) {
			f.begin(state, init)
			if ok, err := f.agrees(u, v); ok || err != nil {
				return ok, err
			}
		}
		f.begin(state, nil)
	}
	return false, nil
}

// begin sets the initial value of a state, nil for zero.
func (f *firstStep) begin(state *ir.Value, init *ir.Tensor) {
	delete(f.init, state)
	if init != nil {
		f.init[state] = init
	}
	f.folded = map[*ir.Value]*ir.Value{}
	f.tried++
}

// candidates are the initial values that a state may have: the layer's numbers, the
// constants that stand in step 0, and those that become these. No spike precedes, so that
// one which is inverted is 1.
func (f *firstStep) candidates(u *unrolled, v, state *ir.Value, numbers []float64) []*ir.Tensor {
	if !state.Type.IsReal() || state.Op == ir.OpCast {
		if u.anyState && canonical.SpikeOf(state) != nil {
			return nil // a placing in which a neuron fires before the first step begins too late
		}
		return []*ir.Tensor{canonical.Filled(state.Type, 1)}
	}
	var out []*ir.Tensor
	for _, number := range numbers {
		out = append(out, rewrite.Uniform(state.Type.Shape, number))
	}
	ways := f.constantWays(u, v, state)
	for _, k := range constantsIn(f.c.Became[u.at[0][v]]) {
		if k = filling(k, state.Type.Shape); k == nil {
			continue
		}
		out = append(out, k)
		for _, w := range ways {
			if f.tried > mostTried {
				return out
			}
			if init := f.solve(u, state, w, k); init != nil {
				out = append(out, init)
			}
		}
	}
	return out
}

// constantsIn lists the constants that v is computed from, neuron by neuron.
func constantsIn(v *ir.Value) []*ir.Tensor {
	var out []*ir.Tensor
	seen := map[*ir.Value]bool{}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if v == nil || seen[v] {
			return
		}
		seen[v] = true
		if c := v.Const(); c != nil && v.Type.IsReal() {
			out = append(out, c)
		}
		if v.Op.Class() == ir.Element {
			for _, a := range v.Args {
				walk(a)
			}
		}
	}
	walk(v)
	return out
}

// filling is a real constant broadcast to a shape; nil when it does not fit, as a spike does not.
func filling(t *ir.Tensor, s ir.Shape) *ir.Tensor {
	if got, ok := ir.Broadcast(t.Type.Shape, s); !ok || got != s || !t.Type.IsReal() {
		return nil
	}
	return ir.Reals(s, rewrite.Stretched(t, s))
}

// constantWays are the values between a state and v that are constants in step 0
// and depend on where the state begins.
func (f *firstStep) constantWays(u *unrolled, v, state *ir.Value) []*ir.Value {
	var out []*ir.Value
	zero, one := rewrite.Uniform(state.Type.Shape, 0), rewrite.Uniform(state.Type.Shape, 1)
	seen := map[*ir.Value]bool{}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if seen[v] || v.Op.Class() != ir.Element {
			return
		}
		seen[v] = true
		for _, e := range u.body[v] {
			if e.v != nil && e.kind == fromStep {
				walk(e.v)
			}
		}
		a, b := f.beginning(u, state, v, zero), f.beginning(u, state, v, one)
		if a != nil && b != nil && !slices.Equal(a, b) {
			out = append(out, v)
		}
	}
	walk(v)
	return out
}

// beginning returns the constant that a value of the body is in step 0 for an initial
// value of a state; nil when it is no constant of the state's shape.
func (f *firstStep) beginning(u *unrolled, state, v *ir.Value, init *ir.Tensor) []float64 {
	f.begin(state, init)
	out, err := f.fold(u, v)
	f.begin(state, nil)
	if err != nil || out.Const() == nil {
		return nil
	}
	if t := filling(out.Const(), state.Type.Shape); t != nil {
		return t.F
	}
	return nil
}

// solve returns the initial value for which w, a constant then, is k: on the line
// through the values of w for 0 and for 1, or a neighbour of that in float32. Nil when
// there is none.
func (f *firstStep) solve(u *unrolled, state, w *ir.Value, k *ir.Tensor) *ir.Tensor {
	a := f.beginning(u, state, w, rewrite.Uniform(state.Type.Shape, 0))
	b := f.beginning(u, state, w, rewrite.Uniform(state.Type.Shape, 1))
	out, found := ir.NewTensor(state.Type), make([]bool, len(k.F))
	for _, apart := range []int{0, 1, -1, 2, -2} {
		guess := ir.NewTensor(state.Type)
		for i := range guess.F {
			guess.F[i] = neighbour(float32((k.F[i]-a[i])/(b[i]-a[i])), apart)
		}
		got := f.beginning(u, state, w, guess)
		for i := range got {
			if got[i] == k.F[i] && !found[i] {
				out.F[i], found[i] = guess.F[i], true
			}
		}
	}
	if slices.Contains(found, false) {
		return nil
	}
	return out
}

// neighbour is the float32 so many places above f, or below it.
func neighbour(f float32, apart int) float64 {
	to := float32(math.Inf(1))
	if apart < 0 {
		to, apart = -to, -apart
	}
	for range apart {
		f = math.Nextafter32(f, to)
	}
	return float64(f)
}

// stepReads lists the uniform constants that v is computed from within its step,
// each once, and their negatives; and the values of the step before, v's own first.
func stepReads(u *unrolled, v *ir.Value) (numbers []float64, states []*ir.Value) {
	seen, listed := map[*ir.Value]bool{}, map[float64]bool{0: true}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if seen[v] {
			return
		}
		seen[v] = true
		for _, e := range u.body[v] {
			number, ok := canonical.UniformOf(e.v)
			switch {
			case e.v == nil:
			case e.kind == fromStep:
				walk(e.v)
			case e.kind == fromPast && !slices.Contains(states, e.v):
				states = append(states, e.v)
			case e.kind == fromOnce && ok && !listed[number]:
				listed[number], listed[-number] = true, true
				numbers = append(numbers, number, -number)
			}
		}
	}
	walk(v)
	if i := slices.Index(states, v); i > 0 {
		states[0], states[i] = states[i], states[0]
	}
	return numbers, states
}
