package canonical

import "nomul/ir"

// eitherSpike: a neuron that fires for one of several reasons, as people write it in numbers: min(a + b, 1), or max(a, b).
func eitherSpike(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	spikes := alternatives(v)
	if len(spikes) < 2 {
		return nil, nil
	}
	either := spikes[0]
	for _, s := range spikes[1:] {
		var err error
		if either, err = c.Make(&ir.Value{Name: v.Name + ".either", Op: ir.OpOr, Args: []*ir.Value{either, s}, Origin: v.Origin}); err != nil {
			return nil, err
		}
	}
	return c.CastTo(v, either)
}

// alternatives are the spikes of which a number tells whether there is one; nil where it tells anything else.
func alternatives(v *ir.Value) (spikes []*ir.Value) {
	var parts []*ir.Value
	if v.Op == ir.OpMax {
		parts = v.Args
	} else if sum := atMostOne(v); sum != nil {
		if above := atLeastZero(sum); above != nil {
			sum = above
		}
		parts = summed(sum)
	}
	for _, x := range parts {
		s := asSpike(x)
		if s == nil || s.Type.Shape != v.Type.Shape || !v.Type.IsReal() {
			return nil
		}
		spikes = append(spikes, s)
	}
	return spikes
}

// summed are the terms of a sum; a number itself where it is none.
func summed(v *ir.Value) []*ir.Value {
	if v.Op == ir.OpAdd {
		return append(summed(v.Args[0]), summed(v.Args[1])...)
	}
	return []*ir.Value{v}
}
