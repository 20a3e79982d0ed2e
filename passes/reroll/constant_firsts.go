package reroll

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// A layer that reads spikes of the step before, as behind a delay in an axon, reads none in the
// first step: its weights then give their biases, and an exporter computes that step. It leaves a
// constant in the second step, in the place of the others' operand from the step before. Where the
// layer makes just this constant of silence, from a state of zeros, the step is written out again,
// so that all layers have all steps.

// mostSilent bounds the steps that are written out.
const mostSilent = 4

// withConstantFirsts is a net with the steps that constants stand for written out.
func withConstantFirsts(n *ir.Net) *ir.Net {
	for {
		next := n
		for _, h := range timing.Chained(n, canonical.Comparisons(n)) {
			if len(h.Membranes) < 2 {
				continue
			}
			if next = withFirstOf(n, h.Membranes[0], h.Membranes[1]); next != n {
				break
			}
		}
		if next == n {
			return n
		}
		n = next
	}
}

// withFirstOf writes out the steps before the first membrane of a layer; second is the one after.
func withFirstOf(n *ir.Net, first, second *ir.Value) *ir.Net {
	s := &silentFirst{net: n, first: first, left: map[*ir.Value]*ir.Value{}, reads: map[operand]bool{}, swapped: map[*ir.Value]bool{}, met: map[[2]*ir.Value]bool{}}
	if !s.meet(first, second) || !slices.ContainsFunc(s.constants, func(c *ir.Value) bool { return !canonical.All(c.Const(), 0) }) {
		return n
	}
	state := map[*ir.Value]*ir.Value{}
	for i, c := range s.constants {
		t := s.left[c].Type
		state[c] = &ir.Value{Name: fmt.Sprintf("%s.zero%d", s.first.Name, i), Op: ir.OpConst, Attrs: ir.ConstAttrs{Data: ir.NewTensor(t)}, Type: t, Origin: c.Origin}
		s.made = append(s.made, state[c])
	}
	for range mostSilent {
		if state = s.step(state); state == nil {
			return n
		}
		if s.reached(state) {
			return s.written(state)
		}
	}
	return n
}

// silentFirst is a layer whose first steps an exporter may have computed.
type silentFirst struct {
	net       *ir.Net
	first     *ir.Value
	left      map[*ir.Value]*ir.Value // constants in the first step, and their counterparts in the second
	reads     map[operand]bool        // where these are read
	met       map[[2]*ir.Value]bool
	swapped   map[*ir.Value]bool // those whose operands stand the other way round in the second step
	constants []*ir.Value        // those of left, in order
	made      []*ir.Value        // the steps that are written out
	steps     int
}

// meet lines up the first membrane with the second, and notes constants in the place of values.
func (s *silentFirst) meet(v, w *ir.Value) bool {
	switch {
	case v == w || s.met[[2]*ir.Value{v, w}] || v != nil && v.Type.IsSpike():
		return true
	case v == nil || w == nil || !canonical.SameForm(v, w) || timing.Given(v):
		return false
	}
	s.met[[2]*ir.Value{v, w}] = true
	if v.Op.Commutes() && v.Args[1].Const() != nil && w.Args[1].Const() == nil {
		s.swapped[v] = s.follows(w.Args[0]) // a constant stands second, whatever it is
	}
	for i, a := range v.Args {
		b := w.Args[i]
		if s.swapped[v] {
			b = w.Args[1-i]
		}
		switch {
		case a != nil && b != nil && a != b && a.Const() != nil && b.Const() == nil && a.Type.IsReal() && (s.left[a] == nil || s.left[a] == b):
			if s.left[a] == nil {
				s.constants = append(s.constants, a)
			}
			s.left[a], s.reads[operand{v, i}] = b, true
		case !s.meet(a, b):
			return false
		}
	}
	return true
}

// follows reports whether a value is made of the first membrane.
func (s *silentFirst) follows(v *ir.Value) bool {
	seen := canonical.Cone{}
	for queue := []*ir.Value{v}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		switch {
		case v == s.first:
			return true
		case v == nil || seen[v] || v.Op.Class() != ir.Element:
			continue
		}
		seen[v] = true
		queue = append(queue, v.Args...)
	}
	return false
}

// step writes one step out, in which no spike comes in, and returns its state; nil when the step
// needs anything else.
func (s *silentFirst) step(state map[*ir.Value]*ir.Value) map[*ir.Value]*ir.Value {
	s.steps++
	known := map[*ir.Value]*ir.Value{}
	if s.again(s.first, known, state) == nil {
		return nil
	}
	for _, f := range canonical.Comparisons(s.net)[s.first] {
		if s.again(f, known, nil) == nil {
			return nil
		}
	}
	left := map[*ir.Value]*ir.Value{}
	for _, c := range s.constants {
		if left[c] = s.again(s.left[c], known, nil); left[c] == nil {
			return nil
		}
	}
	return left
}

// again makes a value anew: on known values, and in silence where it reads spikes and none of its
// own layer's are known.
func (s *silentFirst) again(v *ir.Value, known, state map[*ir.Value]*ir.Value) *ir.Value {
	if out := known[v]; out != nil {
		return out
	}
	switch {
	case v.Const() != nil:
		return v
	case v.Op == ir.OpInput:
		return nil
	}
	out := *v
	out.Name, out.Args = fmt.Sprintf("%s.silent%d", v.Name, s.steps), make([]*ir.Value, len(v.Args))
	if v.Type.IsSpike() && state != nil {
		out.Op, out.Args, out.Attrs = ir.OpConst, nil, ir.ConstAttrs{Data: ir.NewTensor(v.Type)}
	}
	for i := range out.Args {
		a := v.Args[i]
		switch {
		case a == nil:
			continue
		case state != nil && s.reads[operand{v, i}]:
			out.Args[i] = state[a]
		default:
			out.Args[i] = s.again(a, known, state)
		}
		if out.Args[i] == nil {
			return nil
		}
	}
	if s.swapped[v] {
		slices.Reverse(out.Args)
	}
	known[v] = &out
	s.made = append(s.made, &out)
	return &out
}

// reached reports whether a state is the constants that the file has.
func (s *silentFirst) reached(state map[*ir.Value]*ir.Value) bool {
	c := canonical.NewRewriter(s.net)
	folded := func(v *ir.Value) *ir.Value {
		if c.Became[v] == nil {
			c.Became[v], _ = c.Constant(v.Name, v.Const(), v)
		}
		return c.Became[v]
	}
	for _, v := range s.made {
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			if a == nil {
				continue
			}
			if args[i] = c.Became[a]; args[i] == nil {
				args[i] = folded(a)
			}
		}
		out, err := c.Like(v, args...)
		if err != nil {
			return false
		}
		c.Became[v] = out
	}
	for k, v := range state {
		got := c.Became[v]
		if got == nil || got.Const() == nil {
			return false
		}
		want, is := filling(k.Const(), v.Type.Shape), filling(got.Const(), v.Type.Shape)
		if want == nil || is == nil || !slices.Equal(want.F, is.F) {
			return false
		}
	}
	return true
}

// written is the net with the steps, which read the state in the place of the constants.
func (s *silentFirst) written(state map[*ir.Value]*ir.Value) *ir.Net {
	out, became, written := s.net.Head(), map[*ir.Value]*ir.Value{}, false
	out.Values = s.net.All(ir.OpConst)
	for _, v := range s.net.Values {
		if v.Op == ir.OpConst {
			continue
		}
		copied := *v
		copied.Args = slices.Clone(v.Args)
		for i, a := range v.Args {
			switch {
			case s.reads[operand{v, i}]:
				if !written {
					written, out.Values = true, append(out.Values, s.made...)
				}
				copied.Args[i] = state[a]
			case became[a] != nil:
				copied.Args[i] = became[a]
			}
		}
		if s.swapped[v] {
			slices.Reverse(copied.Args)
		}
		became[v] = &copied
		out.Values = append(out.Values, &copied)
	}
	return ir.Prune(out)
}
