package canonical

import "nomul/ir"

// gate is a spike that lets others through, or their opposite: one for all neurons of a layer, as a comparison of
// the sum of its spikes.
type gate struct {
	spike *ir.Value
	shuts bool // where it fires
}

// layerGate: a spike times a gate that several neurons share is a spike; so is a choice between it and 0. Any other
// number times the gate of a whole layer is a choice between it and 0.
func layerGate(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if !v.Type.IsReal() {
		return nil, nil
	}
	switch {
	case v.Op == ir.OpMul:
		for i, a := range v.Args {
			if out, err := c.gated(v, a, v.Args[1-i], false); out != nil || err != nil {
				return out, err
			}
		}
		for i, a := range v.Args {
			if out, err := c.letThrough(v, a, v.Args[1-i]); out != nil || err != nil {
				return out, err
			}
		}
	case v.Op == ir.OpWhere && Every(v.Args[2], 0):
		return c.gated(v, v.Args[1], v.Args[0], false)
	case v.Op == ir.OpWhere && Every(v.Args[1], 0):
		return c.gated(v, v.Args[2], v.Args[0], true)
	}
	return nil, nil
}

// letThrough makes the choice between a number and 0 that its product with the gate of a whole layer is; nil where by
// is none.
func (c *Rewriter) letThrough(v, x, by *ir.Value) (*ir.Value, error) {
	if by.Type.Shape.Size() > 1 || x.Type != v.Type || v.Type.Shape.Size() < 2 || asSpike(x) != nil || x.Const() != nil {
		return nil, nil
	}
	g, err := c.gateOf(by)
	if g.spike == nil || err != nil {
		return nil, err
	}
	zero, err := c.Constant(v.Name+".zero", ir.NewTensor(v.Type), v)
	if err != nil {
		return nil, err
	}
	if g.shuts {
		return c.As(v, ir.OpWhere, nil, g.spike, zero, x)
	}
	return c.As(v, ir.OpWhere, nil, g.spike, x, zero)
}

// gated makes the spike of which x is the number, as far as the gate lets it through; nil where by is none.
func (c *Rewriter) gated(v, x, by *ir.Value, shuts bool) (*ir.Value, error) {
	spike := asSpike(x)
	if spike == nil || spike.Type.Shape != v.Type.Shape || by.Type.Shape == v.Type.Shape {
		return nil, nil
	}
	g, err := c.gateOf(by)
	if g.spike == nil || err != nil {
		return nil, err
	}
	op := ir.OpAnd
	if g.shuts != shuts {
		op = ir.OpAndNot
	}
	both, err := c.Make(&ir.Value{Name: v.Name + ".both", Op: op, Args: []*ir.Value{spike, g.spike}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.CastTo(v, both)
}

// gateOf is the gate that a number, 0 or 1, or a reshaped one is; its spike is nil for others.
func (c *Rewriter) gateOf(v *ir.Value) (gate, error) {
	if spike := asSpike(v); spike != nil && !isStep(spike) {
		return gate{spike: spike}, nil
	}
	if v.Op == ir.OpSub && Every(v.Args[0], 1) && v.Args[1].Type.Shape == v.Type.Shape {
		return gate{spike: asSpike(v.Args[1]), shuts: true}, nil
	}
	if v.Op != ir.OpReshape {
		return gate{}, nil
	}
	g, err := c.gateOf(v.Args[0])
	if g.spike != nil && err == nil {
		g.spike, err = c.Make(&ir.Value{Name: v.Name + ".gate", Op: ir.OpReshape, Attrs: v.Attrs, Args: []*ir.Value{g.spike}, Origin: v.Origin})
	}
	return g, err
}

// isStep reports whether a spike tells the steps of which a readout takes something: it masks that, and is no gate.
func isStep(v *ir.Value) bool {
	return v.Op == ir.OpReshape && v.Args[0].Op == ir.OpSlice && v.Args[0].Args[0].Op == ir.OpDelay
}
