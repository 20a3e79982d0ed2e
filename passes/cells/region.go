package cells

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// region is a net of one step, with those of its values that are made of state element by element.
type region struct {
	net     *ir.Net
	latched map[*ir.Value]*ir.Value // operand stored by each delay
	state   map[*ir.Value]bool      // made of delays, element by element
	bits    map[*ir.Value]bool      // 0 or 1
	stairs  map[*ir.Value]*stairs   // numbers that thresholds decide
	analog  map[*ir.Value]bool      // numbers of state, of which spikes and thresholds alone do not decide
	looped  map[*ir.Value]bool      // state that they are made of stores them, or more made of them
	cones   map[*ir.Value]*cone     // of values with state, whole
}

func newRegion(n *ir.Net) *region {
	r := &region{net: n, latched: n.Latched(), state: map[*ir.Value]bool{}, stairs: map[*ir.Value]*stairs{}, analog: map[*ir.Value]bool{}, looped: map[*ir.Value]bool{}, cones: map[*ir.Value]*cone{}}
	for _, v := range n.Values {
		r.state[v] = v.Op == ir.OpDelay && r.latched[v] != nil && !isGated(r.latched[v]) || v.Op.Class() == ir.Element && slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return r.state[a] })
	}
	r.findBits()
	for _, v := range n.Values {
		of := func(a *ir.Value) bool { return r.analog[a] }
		if r.state[v] && !r.bits[v] {
			r.stairs[v] = stairsOf(v)
		}
		r.analog[v] = r.state[v] && !r.bits[v] && r.stairs[v] == nil && (v.Op == ir.OpDelay || slices.ContainsFunc(v.Args, of))
	}
	for _, v := range n.All(ir.OpDelay) {
		if !r.state[v] {
			continue
		}
		for x := range r.apart(r.latched[v], nil, false).values {
			r.looped[x] = r.looped[x] || r.state[x] && r.cone(x).values[v]
		}
	}
	return r
}

// isGated reports whether a gate that a layer's spikes make together lets these through in the same step: that is computed
// behind the layer, and comes in as other spikes do, of the step before.
func isGated(v *ir.Value) bool {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	return (v.Op == ir.OpAnd || v.Op == ir.OpAndNot) && (madeOf(v.Args[1], v.Args[0]) || madeOf(v.Args[0], v.Args[1]))
}

// madeOf reports whether a value is computed of another one in the same step, through an operation that is none of elements.
func madeOf(v, of *ir.Value) bool {
	type way struct {
		of    *ir.Value
		mixed bool
	}
	seen := map[way]bool{}
	for queue := []way{{v, false}}; len(queue) > 0; queue = queue[1:] {
		w := queue[0]
		if w.of == nil || seen[w] {
			continue
		}
		seen[w] = true
		if w.of == of && w.mixed {
			return true
		}
		for _, a := range w.of.Args {
			queue = append(queue, way{a, w.mixed || w.of.Op.Class() != ir.Element})
		}
	}
	return false
}

// findBits takes delays that start with 0 and 1 alone for bits until their stored values show them
// to be none.
func (r *region) findBits() {
	delays := map[*ir.Value]bool{}
	for _, v := range r.net.All(ir.OpDelay) {
		delays[v] = canonical.IsBits(v.Args[0].Const())
	}
	for changed := true; changed; {
		changed, r.bits = false, map[*ir.Value]bool{}
		for _, v := range r.net.Values {
			r.bits[v] = v.Type.IsSpike() || delays[v] || canonical.IsBits(v.Const()) || r.keepsBits(v)
		}
		for v, is := range delays {
			if is && !r.bits[r.latched[v]] {
				delays[v], changed = false, true
			}
		}
	}
}

// keepsBits reports whether an operation makes 0 or 1 of operands that are 0 or 1.
func (r *region) keepsBits(v *ir.Value) bool {
	args := v.Args
	switch v.Op {
	case ir.OpMin:
		if of := BoundedSum(v); of != nil {
			args = of
		}
	case ir.OpCast, ir.OpMul, ir.OpMax:
	case ir.OpWhere:
		args = args[1:]
	case ir.OpSub:
		if !canonical.Every(args[0], 1) {
			return false
		}
	case ir.OpAdd:
		if !r.without(args[0], args[1]) && !r.without(args[1], args[0]) {
			return false
		}
	case ir.OpMap:
		if !canonical.IsFn(v, ir.FnRelu) && !canonical.IsFn(v, ir.FnAbs) && !canonical.IsFn(v, ir.FnSign) {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(args, func(a *ir.Value) bool { return !r.bits[a] })
}

// BoundedSum returns the terms of a sum that is 1 at most, as min(s + k, 1) of spikes, either of which makes it 1; nil for
// others.
func BoundedSum(v *ir.Value) []*ir.Value {
	if v.Op != ir.OpMin || !canonical.Every(v.Args[1], 1) {
		return nil
	}
	x := v.Args[0]
	if canonical.IsFn(x, ir.FnRelu) {
		x = x.Args[0]
	}
	if x.Op != ir.OpAdd {
		return nil
	}
	return summed(x)
}

// summed are the terms of a sum; a number itself where it is none.
func summed(v *ir.Value) []*ir.Value {
	if v.Op == ir.OpAdd {
		return append(summed(v.Args[0]), summed(v.Args[1])...)
	}
	return []*ir.Value{v}
}

// without reports whether v is seen to be 0 wherever s is 1: k·(1 − s), or both of the step before.
func (r *region) without(v, s *ir.Value) bool {
	if v.Op == ir.OpDelay && s.Op == ir.OpDelay && canonical.Every(v.Args[0], 0) {
		v, s = r.latched[v], r.latched[s]
	}
	return v != nil && v.Op == ir.OpMul && slices.ContainsFunc(v.Args, func(a *ir.Value) bool {
		return a.Op == ir.OpSub && canonical.Every(a.Args[0], 1) && a.Args[1] == s
	})
}

// cone has the values that one is made of element by element, up to those that come in from elsewhere.
type cone struct {
	values map[*ir.Value]bool
	delays []*ir.Value
}

// cone is that of a value with state, through the operands that its delays store.
func (r *region) cone(v *ir.Value) *cone {
	if r.cones[v] == nil {
		r.cones[v] = r.apart(v, nil, true)
	}
	return r.cones[v]
}

// apart is the cone of a value up to those where it stops, inclusive; through delays, or up to them.
func (r *region) apart(of *ir.Value, stops func(*ir.Value) bool, through bool) *cone {
	c := &cone{values: map[*ir.Value]bool{}}
	for queue := []*ir.Value{of}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if v == nil || c.values[v] {
			continue
		}
		c.values[v] = true
		switch {
		case !r.state[v] || stops != nil && stops(v):
		case v.Op != ir.OpDelay:
			queue = append(queue, v.Args...)
		default:
			c.delays = append(c.delays, v)
			if through {
				queue = append(queue, r.latched[v])
			}
		}
	}
	return c
}

// within reports whether the state of one value is a part of another's, and not all of it.
func (r *region) within(v, of *ir.Value) bool {
	part, all := r.cone(v), r.cone(of)
	return len(part.delays) < len(all.delays) && !slices.ContainsFunc(part.delays, func(d *ir.Value) bool { return !all.values[d] })
}

// disjoint reports whether no two of some values share state.
func (r *region) disjoint(values []*ir.Value) bool {
	seen := map[*ir.Value]bool{}
	for i, v := range values {
		if v == nil || !r.state[v] || slices.Contains(values[:i], v) {
			continue
		}
		for _, d := range r.cone(v).delays {
			if seen[d] {
				return false
			}
		}
		for _, d := range r.cone(v).delays {
			seen[d] = true
		}
	}
	return true
}
