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
	number := func(f float64) (*ir.Value, error) { return r.Const(r.Unique(v.Name+".at"), rewrite.Scalar(f)) }
	var out *ir.Value
	add := func(x *ir.Value, by float64) error {
		k, err := number(by)
		if err == nil && x == nil {
			x = k
		} else if err == nil && by != 1 {
			x, err = r.Add(ir.OpMul, r.Unique(v.Name+".climb"), nil, x, k)
		}
		if err == nil && out != nil {
			x, err = r.Add(ir.OpAdd, r.Unique(v.Name+".sum"), nil, out, x)
		}
		out = x
		return err
	}
	last := s.low
	for _, step := range s.steps {
		fires, err := s.reached(r, v, step)
		if err == nil {
			err = add(fires, step.number-last)
		}
		if err != nil {
			return nil, err
		}
		last = step.number
	}
	if s.low != 0 {
		if err := add(nil, s.low); err != nil {
			return nil, err
		}
	}
	if out.Type == v.Type {
		return out, nil
	}
	return r.AddTyped(ir.OpCast, r.Unique(v.Name), nil, v.Type, out)
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
