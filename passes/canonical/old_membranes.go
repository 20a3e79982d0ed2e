package canonical

import (
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// A neuron may fire on the membrane that it has stored, before this step's input
// comes in. The compared number is the delay of its membrane, so its spikes are the
// delay of those that the membrane fires as soon as it is known, and the reset
// waits for the next step. A neuron that fires on the membrane of this step may compare
// the stored one again, for its reset: where something reads the membrane besides, the
// spikes of the step before are written as a delay too, which can reset a silent neuron.

// FiresLate writes each comparison of such a delay as the delay of the comparison.
func FiresLate(n *ir.Net) (*ir.Net, error) {
	l := &lateSpikes{latched: n.Latched(), late: map[*ir.Value][]*ir.Value{}, delays: map[*ir.Value]*ir.Value{}}
	fires, readers := Comparisons(n), n.Readers()
	l.fires = fires
	for delay, next := range l.latched {
		switch {
		case delay.Args[0].Const() == nil || slices.ContainsFunc(fires[delay], comparesTwo):
		case len(fires[next]) == 0 && firesAlone(delay, next), l.comparedAgain(delay, next) && readBesides(next, readers[next]):
			l.late[delay] = fires[delay]
		}
	}
	if len(l.late) == 0 {
		return n, nil
	}
	return ir.Rebuild(n, n.Level, l.rewrite)
}

// comparesTwo reports whether neither side of a comparison is a constant: h − c ≥ 0 is one of
// h with c.
func comparesTwo(v *ir.Value) bool { return v.Args[0].Const() == nil && v.Args[1].Const() == nil }

// firesAlone reports whether no value that is computed from a delay, or held by its
// spikes, is compared on the way to the stored membrane, but the delay itself.
func firesAlone(delay, next *ir.Value) bool {
	for v := range ConeOf(next) {
		m := MembraneOf(v)
		if m == nil || m == delay {
			continue
		}
		for w := range ConeOf(m) {
			if w == delay || MembraneOf(w) == delay {
				return false
			}
		}
	}
	return true
}

type lateSpikes struct {
	latched map[*ir.Value]*ir.Value
	fires   map[*ir.Value][]*ir.Value // the comparisons of a value
	late    map[*ir.Value][]*ir.Value // the comparisons of a delay
	delays  map[*ir.Value]*ir.Value   // replacement of such a comparison
}

// comparedAgain reports whether all comparisons of a delay are those of the membrane that
// it stores, one step later, and nothing fires before the first.
func (l *lateSpikes) comparedAgain(delay, next *ir.Value) bool {
	return !slices.ContainsFunc(l.fires[delay], func(v *ir.Value) bool {
		return l.spikes(v, next) == nil || slices.Contains(spikesAt(v).I, 1)
	})
}

// spikes returns the comparison of a stored membrane that is like v, a comparison of its
// delay; nil when there is none.
func (l *lateSpikes) spikes(v, next *ir.Value) *ir.Value {
	for _, f := range l.fires[next] {
		if ComparedAlike(f, v) {
			return f
		}
	}
	return nil
}

// readBesides reports whether a membrane has readers besides its comparisons and its latch.
func readBesides(membrane *ir.Value, readers []*ir.Value) bool {
	return slices.ContainsFunc(readers, func(v *ir.Value) bool { return v.Op != ir.OpLatch && MembraneOf(v) != membrane })
}

func (l *lateSpikes) rewrite(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if len(l.late[MembraneOf(v)]) > 0 {
		init, err := r.Const(r.Unique(v.Name+".init"), spikesAt(v))
		if err == nil {
			l.delays[v], err = r.Add(ir.OpDelay, r.Unique(v.Name+".past"), nil, init)
		}
		return l.delays[v], err
	}
	if v.Op == ir.OpLatch {
		for _, fire := range l.late[v.Args[0]] {
			if err := l.fire(r, fire, v.Args[1]); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// fire compares the membrane itself, if nothing does, and keeps its spikes for the next step.
func (l *lateSpikes) fire(r *ir.Rebuilder, v, next *ir.Value) error {
	if same := l.spikes(v, next); same != nil {
		_, err := r.Add(ir.OpLatch, r.Unique(v.Name+".latch"), nil, l.delays[v], r.Of(same))
		return err
	}
	membrane := r.Of(next)
	args := []*ir.Value{membrane, r.Of(v.Args[1])}
	if MembraneOf(v) != v.Args[0] {
		args = []*ir.Value{r.Of(v.Args[0]), membrane}
	}
	spikes, err := r.CopyWith(v, v.Attrs, args...)
	if err == nil {
		_, err = r.Add(ir.OpLatch, r.Unique(v.Name+".latch"), nil, l.delays[v], spikes)
	}
	return err
}

// spikesAt returns the spikes of a comparison of a delay in the first step.
func spikesAt(v *ir.Value) *ir.Tensor {
	initial := func(a *ir.Value) *ir.Tensor {
		if a.Op == ir.OpDelay {
			a = a.Args[0]
		}
		return a.Const()
	}
	fires := Combine(initial(v.Args[0]), initial(v.Args[1]), func(a, b float64) float64 {
		if a > b || a == b && Comparison(v) == ir.GE {
			return 1
		}
		return 0
	})
	out := ir.NewTensor(ir.SpikeType(v.Type.Shape))
	for i, f := range rewrite.Stretched(fires, v.Type.Shape) {
		out.I[i] = int64(f)
	}
	return out
}
