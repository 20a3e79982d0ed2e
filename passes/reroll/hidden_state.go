package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// completed is the net with the missing values of its last step, and their pairs with values of the
// step before.
func completed(n *ir.Net, h []timing.History) (*ir.Net, []seed) {
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	fires, spans := canonical.Comparisons(n), spans(n, h, framesOf(n, len(h[0].Membranes)))
	var ends []seed
	for i, layer := range h {
		steps := len(layer.Membranes)
		if steps < 3 {
			continue
		}
		l := newLastStep(n, layer.Membranes[steps-1], layer.Membranes[steps-2], fires[layer.Membranes[steps-3]])
		l.spans = spans
		for _, v := range l.states() {
			if next := l.next(v); next != nil {
				ends = append(ends, seed{next, v, i})
			}
		}
		out.Values = append(out.Values, l.made...)
	}
	return out, ends
}

// lastStep is the end of one layer.
type lastStep struct {
	cone    []*ir.Value // of the last membrane, in net order
	spikes  []*ir.Value // of two steps before it
	readers map[*ir.Value][]*ir.Value
	numbers map[*ir.Value]bool // computed from more than spikes and constants
	fed     map[*ir.Value]bool // computed from spikes
	spans   map[*ir.Value]span
	after   map[*ir.Value]*ir.Value // a value's counterpart in the next step
	made    []*ir.Value             // added values
}

func newLastStep(n *ir.Net, last, past *ir.Value, spikes []*ir.Value) *lastStep {
	l := &lastStep{spikes: spikes, readers: map[*ir.Value][]*ir.Value{}, numbers: map[*ir.Value]bool{},
		fed: map[*ir.Value]bool{}, after: map[*ir.Value]*ir.Value{}}
	c := canonical.ConeOf(last)
	if c[past] {
		return l // a membrane of the usual kind
	}
	for _, v := range n.Values {
		if !c[v] {
			continue
		}
		l.cone = append(l.cone, v)
		l.fed[v] = canonical.MembraneOf(v) != nil
		l.numbers[v] = !canonical.ByElement(v.Op) && !l.fed[v]
		for _, a := range v.Args {
			l.readers[a] = append(l.readers[a], v)
			l.numbers[v] = l.numbers[v] || canonical.ByElement(v.Op) && l.numbers[a]
			l.fed[v] = l.fed[v] || canonical.ByElement(v.Op) && l.fed[a]
		}
	}
	l.keep(last, past, map[[2]*ir.Value]bool{})
	l.pair(last, past)
	return l
}

// keep notes the values that the membranes of two steps, or their operands, have in
// common: an input that stays, which in the first step may be a state besides.
func (l *lastStep) keep(v, w *ir.Value, seen map[[2]*ir.Value]bool) {
	if v == nil || w == nil || seen[[2]*ir.Value{v, w}] || v != w && !canonical.SameForm(v, w) {
		return
	}
	seen[[2]*ir.Value{v, w}] = true
	if v == w {
		l.after[v] = v
		return
	}
	if canonical.ByElement(v.Op) {
		for i := range v.Args {
			l.keep(v.Args[i], w.Args[i], seen)
		}
	}
}

// pair notes that w is v one step earlier, and pairs their operands.
func (l *lastStep) pair(v, w *ir.Value) {
	if v == nil || w == nil || l.after[w] != nil || v != w && !canonical.SameForm(v, w) {
		return
	}
	l.after[w] = v
	if v != w && canonical.ByElement(v.Op) {
		for i := range v.Args {
			l.pair(v.Args[i], w.Args[i])
		}
	}
}

// states are the remainders of numbers that the spikes of two steps before have changed: each is
// computed from such spikes and numbers that nothing else in the cone reads.
func (l *lastStep) states() []*ir.Value {
	var out []*ir.Value
	for _, v := range l.cone {
		if l.after[v] != nil || !l.numbers[v] {
			continue
		}
		c := canonical.ConeOf(v)
		has := func(some []*ir.Value) bool { return slices.ContainsFunc(some, func(s *ir.Value) bool { return c[s] }) }
		if has(l.spikes) && !has(out) && l.closed(v, c) {
			out = append(out, v)
		}
	}
	return out
}

// closed reports whether the cone under v reaches the membrane through v only. Inputs and spikes
// may be read besides.
func (l *lastStep) closed(v *ir.Value, c canonical.Cone) bool {
	for u := range c {
		if u == v || !canonical.ByElement(u.Op) || !l.numbers[u] || l.input(u) {
			continue
		}
		if slices.ContainsFunc(l.readers[u], func(r *ir.Value) bool { return !c[r] }) {
			return false
		}
	}
	return true
}

// input reports whether a value is the layer's input in a step, times a factor perhaps:
// it is the same in every step, or of one step and of no spike of this layer.
func (l *lastStep) input(v *ir.Value) bool {
	if l.after[v] == v {
		return true
	}
	_, single := l.spans[v].single()
	return single && !l.fed[v]
}

// next makes v's counterpart in the last step; nil when it reads values that are not known there.
func (l *lastStep) next(v *ir.Value) *ir.Value {
	if after := l.after[v]; after != nil || v == nil {
		return after
	}
	if v.Op == ir.OpConst {
		return v
	}
	if !canonical.ByElement(v.Op) {
		return nil
	}
	out := *v
	out.Name, out.Args = v.Name+".next", make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		if out.Args[i] = l.next(a); out.Args[i] == nil && a != nil {
			return nil
		}
	}
	l.after[v] = &out
	l.made = append(l.made, &out)
	return &out
}
