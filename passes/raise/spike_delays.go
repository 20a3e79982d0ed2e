package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// delaysOfSpikes are the delays that hold spikes: those of a neuron, of an earlier
// step's, or of several steps at once, as a ring buffer does. A delay that starts with
// 0 and 1 alone is taken for one until its stored value shows it to be none.
func (s *raising) delaysOfSpikes(n *ir.Net) map[*ir.Value]bool {
	spikes := map[*ir.Value]bool{}
	for _, v := range n.All(ir.OpDelay) {
		spikes[v] = canonical.IsBits(v.Args[0].Const())
	}
	for changed := true; changed; {
		changed = false
		for v := range spikes {
			if spikes[v] && !s.spiking(s.latched[v], spikes) {
				spikes[v], changed = false, true
			}
		}
	}
	return spikes
}

// spiking reports whether a value is spikes, if the delays are.
func (s *raising) spiking(v *ir.Value, delays map[*ir.Value]bool) bool {
	switch {
	case v.Op == ir.OpCast:
		return s.spiking(v.Args[0], delays)
	case v.Op.Class() == ir.Move:
		for _, a := range v.Args {
			if !s.spiking(a, delays) {
				return false
			}
		}
		return true
	}
	return s.neurons[v] != nil || v.Op == ir.OpCell && v.Type.IsSpike() || delays[v] || canonical.IsBits(v.Const())
}

// spikeDelay is a delay of spikes, also where the delay was of their cast.
func spikeDelay(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	c, err := spikeConst(r, v.Name+".init", v.Args[0].Const())
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpDelay, r.Unique(v.Name), nil, c)
}

// spikeConst adds a constant of 0 and 1 as spikes.
func spikeConst(r *ir.Rebuilder, name string, t *ir.Tensor) (*ir.Value, error) {
	bits := ir.NewTensor(ir.SpikeType(t.Type.Shape))
	for i := range bits.I {
		bits.I[i] = int64(t.At(i))
	}
	return r.Const(r.Unique(name), bits)
}

// delayed reports whether a delay of spikes stores v, at most moved on the way.
func (s *raising) delayed(v *ir.Value) bool {
	for delay, stored := range s.latched {
		if s.delays[delay] && movedTo(stored, v) {
			return true
		}
	}
	return false
}

// movedTo reports whether moves and casts alone lead from v to a stored value.
func movedTo(stored, v *ir.Value) bool {
	return stored == v || (stored.Op.Class() == ir.Move || stored.Op == ir.OpCast) &&
		slices.ContainsFunc(stored.Args, func(a *ir.Value) bool { return movedTo(a, v) })
}

// spikeConcat joins spikes, and constants of 0 and 1 as such.
func spikeConcat(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = r.Of(a)
		if c := a.Const(); c != nil && !a.Type.IsSpike() {
			var err error
			if args[i], err = spikeConst(r, a.Name, c); err != nil {
				return nil, err
			}
		}
	}
	return r.CopyWith(v, v.Attrs, args...)
}
