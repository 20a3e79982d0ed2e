package passes

import "nomul/ir"

// moves are the ops that put the elements of their operands elsewhere and change none.
var moves = map[ir.Op]bool{
	ir.OpReshape: true, ir.OpTranspose: true, ir.OpSlice: true, ir.OpConcat: true, ir.OpBroadcast: true,
}

// delaysOfSpikes are the delays that hold spikes: those of a neuron, of an earlier
// step's, or of several steps at once, as a ring buffer does. A delay that starts with
// 0 and 1 alone is taken for one until its stored value shows it to be none.
func (s *raising) delaysOfSpikes(n *ir.Net) map[*ir.Value]bool {
	spikes := map[*ir.Value]bool{}
	for _, v := range n.All(ir.OpDelay) {
		spikes[v] = isBits(v.Args[0].Const())
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
	case moves[v.Op]:
		for _, a := range v.Args {
			if !s.spiking(a, delays) {
				return false
			}
		}
		return true
	}
	return s.neurons[v] != nil || delays[v] || isBits(v.Const())
}

// isBits reports whether a constant is made of 0 and 1.
func isBits(t *ir.Tensor) bool {
	if t == nil {
		return false
	}
	for i := range t.Type.Size() {
		if f := t.At(i); f != 0 && f != 1 {
			return false
		}
	}
	return true
}
