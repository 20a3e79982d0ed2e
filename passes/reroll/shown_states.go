package reroll

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// Where several states of a neuron begin at numbers other than 0, no constant of one alone makes step 0 come
// out. So the body is laid over step 0: wherever that has a constant, and the body a state, or a value that
// states alone make, the state begins so that it is this constant.

// shown are the constants of step 0, by the values of the body that are these there.
type shown struct {
	*firstStep
	u     *unrolled
	still map[*ir.Value]bool // values of the body that states and constants alone make in their step
	seen  map[[2]*ir.Value]bool
	known map[*ir.Value]bool // states whose initial value is known
	is    []equation
}

// equation says that a value of the body is a constant: of step 0, or where state says so, of the step before.
type equation struct {
	v     *ir.Value
	state bool
	k     *ir.Tensor
}

// tryShown looks for the initial values of all states that v shows in step 0.
func (f *firstStep) tryShown(u *unrolled, v *ir.Value) (bool, error) {
	s := &shown{f, u, map[*ir.Value]bool{}, map[[2]*ir.Value]bool{}, map[*ir.Value]bool{}, nil}
	old := maps.Clone(f.init)
	for state := range old {
		s.known[state] = true
	}
	s.lay(v, f.c.Became[u.at[0][v]])
	own := len(s.is)
	for _, w := range u.inOrder(func(w *ir.Value) bool { return own > 0 && u.at[0][w] != nil }) {
		s.lay(w, f.c.Became[u.at[0][w]])
	}
	for s.next(own) {
	}
	ok, err := f.agrees(u, v)
	if ok || err != nil || maps.Equal(old, f.init) {
		return ok, err
	}
	for state := range maps.Clone(f.init) {
		if old[state] != f.init[state] {
			f.begin(u, state, old[state])
		}
	}
	return false, nil
}

// next finds the initial value of one more state that some of its own equations, the first ones, say; false
// where none is left.
func (s *shown) next(own int) bool {
	for _, e := range s.is[:own] {
		state := s.unknown(e)
		if state == nil {
			continue
		}
		var all []equation
		first := 0
		for i, e := range s.is {
			if s.unknown(e) == state {
				all = append(all, e)
				if i < own {
					first = len(all)
				}
			}
		}
		if init := s.beginning(state, all, first); init != nil && !canonical.All(init, 0) {
			s.begin(s.u, state, init)
		}
		s.known[state] = true
		return true
	}
	return false
}

// unknown is the one state that an equation says something of; nil where there is none, or more. No spike
// precedes.
func (s *shown) unknown(e equation) *ir.Value {
	states := []*ir.Value{e.v}
	if !e.state {
		_, states = stepReads(s.u, e.v)
	}
	var out *ir.Value
	for _, state := range states {
		if s.known[state] || !state.Type.IsReal() || canonical.SpikeOf(state) != nil {
			continue
		}
		if out != nil {
			return nil
		}
		out = state
	}
	return out
}

// beginning is the initial value of a state for which, element by element, all equations hold, or the first of
// them alone; nil where there is none. Sums with greater numbers round much of a state away, which others show.
func (s *shown) beginning(state *ir.Value, all []equation, first int) *ir.Tensor {
	shape := state.Type.Shape
	zero, one := s.sides(state, rewrite.Uniform(shape, 0), all), s.sides(state, rewrite.Uniform(shape, 1), all)
	out, held := ir.NewTensor(state.Type), make([]int, shape.Size())
	for i, e := range all {
		k := filling(e.k, shape)
		if k == nil || zero[i] == nil || one[i] == nil {
			continue
		}
		for _, apart := range []int{0, 1, -1, 2, -2} {
			guess := ir.NewTensor(state.Type)
			for at := range guess.F {
				if over := one[i][at] - zero[i][at]; over != 0 {
					guess.F[at] = neighbour(float32((k.F[at]-zero[i][at])/over), apart)
				}
			}
			holding := s.holding(state, guess, all, first)
			for at, n := range holding {
				if n > held[at] {
					held[at], out.F[at] = n, guess.F[at]
				}
			}
		}
	}
	if slices.Contains(held, 0) {
		return nil
	}
	return out
}

// holding tells of each element whether the first equations hold, 1, or all, 2, or not even those.
func (s *shown) holding(state *ir.Value, init *ir.Tensor, all []equation, first int) []int {
	out := slices.Repeat([]int{2}, len(init.F))
	for i, got := range s.sides(state, init, all) {
		k := filling(all[i].k, state.Type.Shape)
		for at := range out {
			switch {
			case k != nil && got != nil && got[at] == k.F[at]:
			case i < first:
				out[at] = 0
			default:
				out[at] = min(out[at], 1)
			}
		}
	}
	return out
}

// sides are the numbers of which equations say the constants, for an initial value of a state.
func (s *shown) sides(state *ir.Value, init *ir.Tensor, all []equation) [][]float64 {
	values := make([]*ir.Value, 0, len(all))
	for _, e := range all {
		if !e.state {
			values = append(values, e.v)
		}
	}
	made := s.beginnings(s.u, state, init, values...)
	out := make([][]float64, len(all))
	for i, e := range all {
		if e.state {
			out[i] = init.F
		} else {
			out[i], made = made[0], made[1:]
		}
	}
	return out
}

// lay notes the constants of g, a value of step 0 that v of the body should be.
func (s *shown) lay(v, g *ir.Value) {
	if v == nil || g == nil || s.seen[[2]*ir.Value{v, g}] {
		return
	}
	s.seen[[2]*ir.Value{v, g}] = true
	if s.stands(v) {
		if k := g.Const(); k != nil && g.Type.IsReal() {
			s.is = append(s.is, equation{v, false, k})
		}
		return
	}
	edges := s.u.body[v]
	switch {
	case v.Op == ir.OpWhere && s.edgeStands(edges[1]) && s.edgeStands(edges[2]) && !s.edgeStands(edges[0]):
		s.chosen(edges, g)
	case v.Op == ir.OpSub && g.Op == ir.OpAdd:
		s.layEdge(edges[0], g.Args[0])
		s.taken(edges[1], g.Args[1])
	case v.Op == g.Op && len(v.Args) == len(g.Args):
		turned := v.Op.Commutes() && s.edgeStands(edges[0]) && !s.edgeStands(edges[1]) && g.Args[1].Const() != nil
		for i, e := range edges {
			at := i
			if turned {
				at = 1 - i
			}
			s.layEdge(e, g.Args[at])
		}
	case v.Op == ir.OpAdd || v.Op == ir.OpSub || v.Op == ir.OpMul:
		for i, e := range edges { // the other operand is neutral there
			if s.edgeStands(e) {
				s.layEdge(edges[1-i], g)
			}
		}
	}
}

// taken notes the constants of an operand that is taken off, where step 0 adds g in its place.
func (s *shown) taken(e edge, g *ir.Value) {
	opposite := func(k *ir.Tensor) *ir.Tensor {
		return rewrite.Zip(k, rewrite.Scalar(0), func(k, _ float64) float64 { return -k })
	}
	switch {
	case s.edgeStands(e) && g.Const() != nil:
		s.constant(e, opposite(g.Const()))
	case e.kind == fromStep && e.v.Op == ir.OpMul && g.Op == ir.OpMul && g.Args[1].Const() != nil:
		for _, factor := range s.u.body[e.v] {
			if s.edgeStands(factor) {
				s.constant(factor, opposite(g.Args[1].Const()))
			}
		}
	}
}

// chosen notes the constants of a choice by a spike: g is that choice, or written as a product with the spike.
func (s *shown) chosen(edges []edge, g *ir.Value) {
	low, amount := ir.NewTensor(ir.RealType(ir.Shape{})), (*ir.Tensor)(nil)
	switch {
	case g.Const() != nil:
		s.constant(edges[1], g.Const())
		s.constant(edges[2], g.Const())
		return
	case g.Op == ir.OpWhere:
		for i, e := range edges {
			s.layEdge(e, g.Args[i])
		}
		return
	case g.Op == ir.OpAdd && g.Args[1].Const() != nil:
		g, low = g.Args[0], g.Args[1].Const()
	}
	switch {
	case g.Op == ir.OpMul && g.Args[1].Const() != nil:
		amount = g.Args[1].Const()
	case g.Op == ir.OpCast:
		amount = rewrite.Scalar(1)
	default:
		return
	}
	s.constant(edges[2], low)
	s.constant(edges[1], rewrite.Zip(low, amount, func(l, a float64) float64 { return float64(float32(l + a)) }))
}

func (s *shown) layEdge(e edge, g *ir.Value) {
	switch {
	case e.v == nil || g == nil:
	case e.kind == fromStep:
		s.lay(e.v, g)
	case e.kind == fromPast && g.Const() != nil:
		s.constant(e, g.Const())
	}
}

// constant notes that an operand is a constant in step 0.
func (s *shown) constant(e edge, k *ir.Tensor) {
	switch {
	case e.kind == fromOnce || !k.Type.IsReal() || !e.v.Type.IsReal():
	case e.kind == fromStep:
		s.is = append(s.is, equation{e.v, false, k})
	default:
		if k = filling(k, e.v.Type.Shape); k != nil {
			s.is = append(s.is, equation{e.v, true, k})
		}
	}
}

func (s *shown) edgeStands(e edge) bool {
	switch {
	case e.v == nil:
		return true
	case e.kind == fromStep:
		return s.stands(e.v)
	case e.kind == fromOnce:
		return e.v.Const() != nil
	}
	return true
}

// stands reports whether states and constants alone make a value of the body in its step.
func (s *shown) stands(v *ir.Value) bool {
	out, known := s.still[v]
	if known {
		return out
	}
	s.still[v] = false
	out = true
	if _, framed := s.u.frames[v]; framed {
		out = false
	}
	for _, e := range s.u.body[v] {
		out = out && s.edgeStands(e)
	}
	s.still[v] = out
	return out
}
