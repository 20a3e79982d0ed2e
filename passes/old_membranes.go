package passes

import (
	"slices"

	"nomul/ir"
)

// A neuron may fire on the membrane that it has stored, before this step's input
// comes in. The compared number is the delay of its membrane, so its spikes are the
// delay of those that the membrane fires as soon as it is known, and the reset
// waits for the next step.

// firesLate writes each comparison of such a delay as the delay of the comparison.
func firesLate(n *ir.Net) (*ir.Net, error) {
	l := &lateSpikes{latched: map[*ir.Value]*ir.Value{}, late: map[*ir.Value][]*ir.Value{}, delays: map[*ir.Value]*ir.Value{}}
	for _, v := range n.All(ir.OpLatch) {
		l.latched[v.Args[0]] = v.Args[1]
	}
	fires := comparisons(n)
	for delay, next := range l.latched {
		if delay.Args[0].Const() != nil && len(fires[next]) == 0 && !slices.ContainsFunc(fires[delay], comparesTwo) && firesAlone(delay, next) {
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
	for v := range coneOf(next) {
		m := membraneOf(v)
		if m == nil || m == delay {
			continue
		}
		for w := range coneOf(m) {
			if w == delay || membraneOf(w) == delay {
				return false
			}
		}
	}
	return true
}

type lateSpikes struct {
	latched map[*ir.Value]*ir.Value
	late    map[*ir.Value][]*ir.Value // the comparisons of a delay
	delays  map[*ir.Value]*ir.Value   // what such a comparison became
}

func (l *lateSpikes) rewrite(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if len(l.late[membraneOf(v)]) > 0 {
		init, err := r.Const(r.Unique(v.Name+".init"), spikesAt(v))
		if err == nil {
			l.delays[v], err = r.Add(ir.OpDelay, r.Unique(v.Name+".past"), nil, init)
		}
		return l.delays[v], err
	}
	if v.Op == ir.OpLatch {
		for _, fire := range l.late[v.Args[0]] {
			if err := l.fire(r, fire, r.Of(v.Args[1])); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// fire compares the membrane itself, and keeps its spikes for the next step.
func (l *lateSpikes) fire(r *ir.Rebuilder, v, membrane *ir.Value) error {
	args := []*ir.Value{membrane, r.Of(v.Args[1])}
	if membraneOf(v) != v.Args[0] {
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
	fires := combine(initial(v.Args[0]), initial(v.Args[1]), func(a, b float64) float64 {
		if a > b || a == b && comparison(v) == ir.GE {
			return 1
		}
		return 0
	})
	out := ir.NewTensor(ir.SpikeType(v.Type.Shape))
	for i, f := range stretched(fires, v.Type.Shape) {
		out.I[i] = int64(f)
	}
	return out
}
