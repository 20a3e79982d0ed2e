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
			f.begin(u, state, init)
			if ok, err := f.agrees(u, v); ok || err != nil {
				return ok, err
			}
		}
		f.begin(u, state, nil)
	}
	return false, nil
}

// begin sets the initial value of a state, nil for zero.
func (f *firstStep) begin(u *unrolled, state *ir.Value, init *ir.Tensor) {
	delete(f.init, state)
	if init != nil {
		f.init[state] = init
	}
	f.forget(u, edge{fromPast, state})
	f.tried++
}

// forget drops the folded values that follow from a state, as an edge from the past, or from a value of the body.
func (f *firstStep) forget(u *unrolled, from edge) {
	if _, known := f.follow[from]; !known {
		f.follow[from] = u.following(from)
	}
	for _, v := range f.follow[from] {
		delete(f.folded, v)
	}
}

// following lists the values of the body that are made within their step from a state, or from a value of the body
// and with it.
func (u *unrolled) following(from edge) []*ir.Value {
	known := map[*ir.Value]bool{}
	if from.kind == fromStep {
		known[from.v] = true
	}
	var follows func(v *ir.Value) bool
	follows = func(v *ir.Value) bool {
		out, ok := known[v]
		if !ok {
			known[v] = false
			out = slices.ContainsFunc(u.body[v], func(e edge) bool { return e == from || e.kind == fromStep && e.v != nil && follows(e.v) })
			known[v] = out
		}
		return out
	}
	var out []*ir.Value
	for v := range u.body {
		if follows(v) {
			out = append(out, v)
		}
	}
	return out
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

// way is a value between a state and one that is sought, with the constants that it is where the state begins as 0
// and as 1.
type way struct {
	v         *ir.Value
	zero, one []float64
}

// constantWays are the values between a state and v that are constants in step 0
// and depend on where the state begins.
func (f *firstStep) constantWays(u *unrolled, v, state *ir.Value) []way {
	var within []*ir.Value
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
		within = append(within, v)
	}
	walk(v)
	zero := f.beginnings(u, state, rewrite.Uniform(state.Type.Shape, 0), within...)
	one := f.beginnings(u, state, rewrite.Uniform(state.Type.Shape, 1), within...)
	var out []way
	for i, v := range within {
		if zero[i] != nil && one[i] != nil && !slices.Equal(zero[i], one[i]) {
			out = append(out, way{v, zero[i], one[i]})
		}
	}
	return out
}

// beginnings are the constants that values of the body are in step 0 for an initial value of a state; nil for
// one that is no constant of the state's shape.
func (f *firstStep) beginnings(u *unrolled, state *ir.Value, init *ir.Tensor, values ...*ir.Value) [][]float64 {
	f.begin(u, state, init)
	defer f.begin(u, state, nil)
	out := make([][]float64, len(values))
	for i, v := range values {
		folded, err := f.fold(u, v)
		if err != nil || folded.Const() == nil {
			continue
		}
		if t := filling(folded.Const(), state.Type.Shape); t != nil {
			out[i] = t.F
		}
	}
	return out
}

// solve returns the initial value for which w, a constant then, is k: on the line
// through the values of w for 0 and for 1, or a neighbour of that in float32. Nil when
// there is none.
func (f *firstStep) solve(u *unrolled, state *ir.Value, w way, k *ir.Tensor) *ir.Tensor {
	out, found := ir.NewTensor(state.Type), make([]bool, len(k.F))
	for _, apart := range []int{0, 1, -1, 2, -2} {
		guess := ir.NewTensor(state.Type)
		for i := range guess.F {
			guess.F[i] = neighbour(float32((k.F[i]-w.zero[i])/(w.one[i]-w.zero[i])), apart)
		}
		got := f.beginnings(u, state, guess, w.v)[0]
		for i := range got {
			if got[i] == k.F[i] && !found[i] {
				out.F[i], found[i] = guess.F[i], true
			}
		}
		if !slices.Contains(found, false) {
			return out
		}
	}
	return nil
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
