package cells

import (
	"slices"

	"nomul/ir"
)

// A target is a value of the region that is read from outside of it: a spike, or a number that a
// readout or another layer reads. Sums and products of several neurons' spikes stay outside, as do
// delays that a layer reads; their operands, and the values that these store, are targets.

type finder struct {
	*region
	targets []*ir.Value
	seen    map[*ir.Value]bool
}

// targets are those of the net as it is, and the spikes of neurons by which others are updated, each
// once.
func (r *region) targets() []*ir.Value {
	f := &finder{region: r, seen: map[*ir.Value]bool{}}
	for _, v := range ir.Prune(r.net).Values {
		if !r.state[v] && v.Op != ir.OpLatch {
			for _, a := range v.Args {
				f.demand(a)
			}
		}
	}
	read := map[*ir.Value]bool{}
	for _, t := range f.targets {
		read[t] = true
	}
	for i := 0; i < len(f.targets); i++ {
		t := f.targets[i]
		for v := range r.apart(t, func(x *ir.Value) bool { return r.parts(x, t, read) }, true).values {
			if r.state[v] && r.parts(v, t, read) && !f.seen[v] {
				f.seen[v] = true
				f.targets = append(f.targets, v)
			}
		}
	}
	place := map[*ir.Value]int{}
	for i, v := range r.net.Values {
		place[v] = i
	}
	slices.SortFunc(f.targets, func(a, b *ir.Value) int { return place[a] - place[b] })
	return f.targets
}

// parts reports whether a value of the cone of a target is the spike of another neuron.
func (r *region) parts(v, target *ir.Value, read map[*ir.Value]bool) bool {
	return v != target && r.state[v] && r.bits[v] && v.Op != ir.OpDelay && v.Op != ir.OpCast && (read[v] || r.looped[v]) && r.within(v, target)
}

// demand finds the targets that make a value which is read from outside.
func (f *finder) demand(v *ir.Value) {
	if v == nil || !f.state[v] || f.seen[v] {
		return
	}
	f.seen[v] = true
	switch {
	case v.Op == ir.OpDelay:
		f.demand(f.latched[v])
	case f.outside(v):
		for _, a := range v.Args {
			f.demand(a)
		}
	default:
		f.targets = append(f.targets, v)
	}
}

// outside reports whether a value that is read from outside is itself computed there.
func (r *region) outside(v *ir.Value) bool {
	var of []*ir.Value
	analog := false
	for _, a := range v.Args {
		if r.state[a] {
			of = append(of, a)
			analog = analog || r.analog[a]
		}
	}
	switch {
	case v.Op == ir.OpCast:
		return r.bits[v.Args[0]]
	case v.Op == ir.OpCompare && len(of) == 1 && (r.bits[of[0]] || r.looped[of[0]]):
		return false // of a flag or a state of few values, which no threshold of another layer tells
	case v.Op == ir.OpCompare || !r.bits[v] && !analog:
		return !analog && !r.countsAlone(v)
	case len(of) == 1 && of[0].Op == ir.OpDelay && r.bits[v]:
		return true
	}
	return !r.looped[v] && r.disjoint(of)
}
