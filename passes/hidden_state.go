package passes

import (
	"slices"

	"nomul/ir"
)

// A membrane need not be computed from the one before: snnTorch's Alpha makes it
// anew in each step, from two currents that nothing compares. Such membranes are
// linked by the spikes that reset them, or by what they are computed from. And
// the last step of a file lacks what nothing reads there, the currents after
// their reset; without it the loop cannot be closed where the neuron has it.

// cone is what a membrane is computed from, neuron by neuron, back to comparisons
// and to what mixes neurons, inclusive.
type cone map[*ir.Value]bool

func coneOf(v *ir.Value) cone {
	c := cone{}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if v == nil || c[v] || v.Op == ir.OpConst {
			return
		}
		c[v] = true
		if byElement[v.Op] {
			for _, a := range v.Args {
				walk(a)
			}
		}
	}
	walk(v)
	return c
}

// shared counts what two cones have in common.
func (c cone) shared(d cone) int {
	n := 0
	for v := range d {
		if c[v] {
			n++
		}
	}
	return n
}

// linkHidden adds to before the membranes of at least three steps that are linked
// otherwise than by their values.
func linkHidden(n *ir.Net, fires map[*ir.Value][]*ir.Value, before map[*ir.Value]*ir.Value) {
	followed := map[*ir.Value]bool{}
	for _, p := range before {
		followed[p] = true
	}
	links, length := map[*ir.Value]*ir.Value{}, map[*ir.Value]int{}
	a := newApart(n, fires, func(v *ir.Value) bool { return before[v] == nil && !followed[v] })
	for _, v := range a.membranes {
		length[v] = 1
		if p := a.earlier(v); p != nil {
			links[v], length[v] = p, length[p]+1
		}
	}
	for _, v := range a.membranes {
		if length[v] < 3 || links[v] == nil {
			continue
		}
		for m := v; links[m] != nil; m = links[m] {
			before[m] = links[m]
		}
	}
}

// apart are membranes that nothing links by their values, in net order.
type apart struct {
	membranes []*ir.Value
	place     map[*ir.Value]int
	fired     map[*ir.Value]int // of each value: the place of the last one whose spikes it is computed from, from 1
	cones     map[*ir.Value]cone
}

func newApart(n *ir.Net, fires map[*ir.Value][]*ir.Value, among func(v *ir.Value) bool) *apart {
	a := &apart{place: map[*ir.Value]int{}, fired: map[*ir.Value]int{}, cones: map[*ir.Value]cone{}}
	spikes := map[*ir.Value]int{}
	for _, v := range n.Values {
		if len(fires[v]) > 0 && among(v) {
			a.place[v] = len(a.membranes)
			a.membranes = append(a.membranes, v)
			for _, f := range fires[v] {
				spikes[f] = len(a.membranes)
			}
		}
		a.fired[v] = spikes[v]
		if byElement[v.Op] {
			for _, arg := range v.Args {
				a.fired[v] = max(a.fired[v], a.fired[arg])
			}
		}
	}
	return a
}

// earlier is the membrane whose spikes v, one of them, is computed from, the last one; or
// else the one that has most in common with v, and adds less to it.
func (a *apart) earlier(v *ir.Value) *ir.Value {
	if p := a.fired[v]; p > 0 {
		return a.membranes[p-1]
	}
	var best *ir.Value
	most := 0
	for _, p := range slices.Backward(a.membranes[:a.place[v]]) {
		if n := a.cone(v).shared(a.cone(p)); n > most && len(a.cone(p)) < len(a.cone(v)) {
			best, most = p, n
		}
	}
	return best
}

// cone is coneOf, once for each membrane.
func (a *apart) cone(v *ir.Value) cone {
	if a.cones[v] == nil {
		a.cones[v] = coneOf(v)
	}
	return a.cones[v]
}

// secondMembranes are those that a spike of an earlier membrane resets, with which
// they share an input, in a net that links no more of them.
func secondMembranes(n *ir.Net, fires map[*ir.Value][]*ir.Value) []*ir.Value {
	var out []*ir.Value
	a := newApart(n, fires, func(*ir.Value) bool { return true })
	for _, v := range a.membranes {
		if p := a.fired[v]; p > 0 && a.cone(v).shared(a.cone(a.membranes[p-1])) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// completed is the net with what its last step lacks, and the pairs of it and
// what it is in the step before.
func completed(n *ir.Net, h []history) (*ir.Net, []seed) {
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	fires, spans := comparisons(n), spans(n, h, framesOf(n, len(h[0].membranes)))
	var ends []seed
	for i, layer := range h {
		steps := len(layer.membranes)
		if steps < 3 {
			continue
		}
		l := newLastStep(n, layer.membranes[steps-1], layer.membranes[steps-2], fires[layer.membranes[steps-3]])
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
	after   map[*ir.Value]*ir.Value // what a value is in the next step
	made    []*ir.Value             // what was not there
}

func newLastStep(n *ir.Net, last, past *ir.Value, spikes []*ir.Value) *lastStep {
	l := &lastStep{spikes: spikes, readers: map[*ir.Value][]*ir.Value{}, numbers: map[*ir.Value]bool{},
		fed: map[*ir.Value]bool{}, after: map[*ir.Value]*ir.Value{}}
	c := coneOf(last)
	if c[past] {
		return l // a membrane of the usual kind
	}
	for _, v := range n.Values {
		if !c[v] {
			continue
		}
		l.cone = append(l.cone, v)
		l.fed[v] = membraneOf(v) != nil
		l.numbers[v] = !byElement[v.Op] && !l.fed[v]
		for _, a := range v.Args {
			l.readers[a] = append(l.readers[a], v)
			l.numbers[v] = l.numbers[v] || byElement[v.Op] && l.numbers[a]
			l.fed[v] = l.fed[v] || byElement[v.Op] && l.fed[a]
		}
	}
	l.keep(last, past, map[[2]*ir.Value]bool{})
	l.pair(last, past)
	return l
}

// keep notes the values that the membranes of two steps, or their operands, have in
// common: an input that stays, which in the first step may be a state besides.
func (l *lastStep) keep(v, w *ir.Value, seen map[[2]*ir.Value]bool) {
	if v == nil || w == nil || seen[[2]*ir.Value{v, w}] || v != w && !sameForm(v, w) {
		return
	}
	seen[[2]*ir.Value{v, w}] = true
	if v == w {
		l.after[v] = v
		return
	}
	if byElement[v.Op] {
		for i := range v.Args {
			l.keep(v.Args[i], w.Args[i], seen)
		}
	}
}

// pair notes that w is v one step earlier, and what both are computed from.
func (l *lastStep) pair(v, w *ir.Value) {
	if v == nil || w == nil || l.after[w] != nil || v != w && !sameForm(v, w) {
		return
	}
	l.after[w] = v
	if v != w && byElement[v.Op] {
		for i := range v.Args {
			l.pair(v.Args[i], w.Args[i])
		}
	}
}

// states are what is left of numbers when the spikes of two steps before have
// changed them: each is computed from such spikes and numbers that nothing else
// in the cone reads.
func (l *lastStep) states() []*ir.Value {
	var out []*ir.Value
	for _, v := range l.cone {
		if l.after[v] != nil || !l.numbers[v] {
			continue
		}
		c := coneOf(v)
		has := func(some []*ir.Value) bool { return slices.ContainsFunc(some, func(s *ir.Value) bool { return c[s] }) }
		if has(l.spikes) && !has(out) && l.closed(v, c) {
			out = append(out, v)
		}
	}
	return out
}

// closed tells whether what v is computed from reaches the membrane through v only.
// Inputs and spikes may be read besides.
func (l *lastStep) closed(v *ir.Value, c cone) bool {
	for u := range c {
		if u == v || !byElement[u.Op] || !l.numbers[u] || l.input(u) {
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

// next makes what v is in the last step; nil when it reads what is not known there.
func (l *lastStep) next(v *ir.Value) *ir.Value {
	if after := l.after[v]; after != nil || v == nil {
		return after
	}
	if v.Op == ir.OpConst {
		return v
	}
	if !byElement[v.Op] {
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
