package scales

import (
	"nomul/ir"
	"nomul/passes/layers"
)

// LostUnits bounds the loss of a membrane by rounding, in its units. A shift of the
// membrane loses nothing that a comparison sees; one of a current, which comes in
// again in each step, does. A bias is off by half a unit in each step, a membrane to
// begin with once.
func LostUnits(v *ir.Value, steps int) float64 {
	a := v.Attrs.(ir.NeuronAttrs)
	in := Impulses{Current: RoundsBy(a.Current)}
	if roundsOff(a.Leak) {
		in.Leak = RoundsBy(a.Leak)
	}
	if biased(v) {
		in.Input = 0.5
	}
	lost := ResponseOf(a, steps, in)
	if first := v.Args[ir.NeuronInit].Const(); first != nil && layers.AnyNonZero(first.F) {
		lost += 0.5
	}
	return lost + LostOfGrowth(a, layers.Remains(a.Adapt), steps)
}

// LostOfGrowth bounds the loss of a threshold's growth: half a unit in each spike, and the rounding
// of its leak in each step.
func LostOfGrowth(a ir.NeuronAttrs, rest float64, steps int) float64 {
	if a.Adapt.Kind == 0 {
		return 0
	}
	return (0.5 + RoundsBy(a.Adapt)) * ResponseTo(ir.NeuronAttrs{}, Leaks{Membrane: rest}, steps, Impulses{Bias: 1})
}

func roundsOff(l ir.Leak) bool { return l.Kind == ir.LeakDecay || l.Kind == ir.LeakCSD }
