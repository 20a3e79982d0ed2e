package passes

import "nomul/ir"

// chosen is one of two constants by a spike, where(s, h, l) = (h − l)·s + l.
func (a *absorber) chosen(v *ir.Value) (*ir.Value, bool, error) {
	spike, high, low := v.Args[0], v.Args[1], v.Args[2]
	if !realConst(high) || !realConst(low) || spike.Const() != nil || spike.Type.Shape != v.Type.Shape {
		return nil, false, nil
	}
	gain := zip(high.Const(), low.Const(), func(h, l float64) float64 { return h - l })
	return a.note(v, affine{a.r.Of(spike), gain, low.Const()})
}
