package cells

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// Thresholds is a net whose numbers that are rounded between bounds are sums of comparisons, each times the number by
// which it climbs: a count of one step without memory is as many thresholds. It is the net itself where there are none.
func Thresholds(n *ir.Net) (*ir.Net, error) {
	found := false
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Const() != nil || v.Op.Class() != ir.Element {
			return nil, nil
		}
		s := stairsOf(v)
		if s == nil || s.of.Const() != nil {
			return nil, nil
		}
		found = true
		return s.sum(r, v)
	})
	if err != nil || !found {
		return n, err
	}
	return ir.Prune(out), nil
}

// sum writes stairs as comparisons that are added up, for a value that they are.
func (s *stairs) sum(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	c := &climb{r: r, v: v}
	if err := s.climb(r, v, c.add); err != nil {
		return nil, err
	}
	if s.low != 0 {
		low, err := r.Const(r.Unique(v.Name+".at"), rewrite.Scalar(s.low))
		if err == nil {
			err = c.add(low, 1)
		}
		if err != nil {
			return nil, err
		}
	}
	out := c.out
	if out.Type == v.Type {
		return out, nil
	}
	return r.AddTyped(ir.OpCast, r.Unique(v.Name), nil, v.Type, out)
}

// climb calls add with 1 from each threshold of stairs on, else 0, and the number by which they climb there, for a value.
func (s *stairs) climb(r *ir.Rebuilder, v *ir.Value, add func(fires *ir.Value, by float64) error) error {
	last := s.low
	for _, step := range s.steps {
		fires, err := s.reached(r, v, step)
		if err == nil {
			err = add(fires, step.number-last)
		}
		if err != nil {
			return err
		}
		last = step.number
	}
	return nil
}

// climb is a sum that is written for a value.
type climb struct {
	r      *ir.Rebuilder
	v, out *ir.Value
}

// add adds a number times a constant.
func (c *climb) add(x *ir.Value, by float64) error {
	var err error
	if by != 1 {
		k, failed := c.r.Const(c.r.Unique(c.v.Name+".times"), rewrite.Scalar(by))
		if failed != nil {
			return failed
		}
		x, err = c.r.Add(ir.OpMul, c.r.Unique(c.v.Name+".climb"), nil, x, k)
	}
	if err == nil && c.out != nil {
		x, err = c.r.Add(ir.OpAdd, c.r.Unique(c.v.Name+".sum"), nil, c.out, x)
	}
	c.out = x
	return err
}

// reached is 1 from a threshold of stairs on, else 0, for a value.
func (s *stairs) reached(r *ir.Rebuilder, v *ir.Value, step stair) (*ir.Value, error) {
	at, err := r.Const(r.Unique(v.Name+".at"), rewrite.Scalar(step.at))
	if err != nil {
		return nil, err
	}
	is := ir.GE
	if step.strict {
		is = ir.GT
	}
	fires, err := r.Add(ir.OpCompare, r.Unique(v.Name+".reached"), ir.CompareAttrs{Is: is}, r.Of(s.of), at)
	if err != nil {
		return nil, err
	}
	return r.AddTyped(ir.OpCast, r.Unique(v.Name+".fires"), nil, ir.RealType(fires.Type.Shape), fires)
}
