package raise

import (
	"nomul/ir"
	"nomul/passes/canonical"
)

// atEnd is a neuron without reset and leak of which a file has the last spikes only:
// its membrane is a sum over all steps, compared once, behind the loop. Nil when v is
// no such comparison.
func atEnd(v *ir.Value) *neuronForm {
	sum := canonical.MembraneOf(v)
	if sum == nil || v.Clock != ir.End || sum.Op != ir.OpSum || sum.Args[0].Clock != ir.Step || v.Args[0] != sum {
		return nil
	}
	return &neuronForm{
		attrs:     ir.NeuronAttrs{Round: ir.RoundFloor, Compare: canonical.Comparison(v), Reset: ir.ResetNone, When: ir.WhenFire, Leak: ir.Leak{Kind: ir.LeakNone}},
		threshold: canonical.Squeezed(v.Args[1].Const()), inputs: []gained{{x: sum.Args[0]}},
	}
}

// lastSpikes makes the neuron fire in every step, and reads its last spikes.
func (s *raising) lastSpikes(r *ir.Rebuilder, fire *ir.Value) (*ir.Value, error) {
	neuron, err := s.neuron(r, fire)
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpLast, r.Unique(fire.Name+".last"), nil, neuron)
}
