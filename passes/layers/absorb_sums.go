package layers

import (
	"nomul/ir"
)

// sum is x ± c, c + x, or the sum of two affine integers whose gains are multiples of one.
func (a *absorber) sum(v *ir.Value) (*ir.Value, bool, error) {
	sign := 1.0
	if v.Op == ir.OpSub {
		sign = -1
	}
	x, y := v.Args[0], v.Args[1]
	if RealConst(x) {
		return a.fromConstant(v, x.Const(), y, sign)
	}
	if x.Type.Shape != v.Type.Shape || y.Const() == nil && y.Type.Shape != v.Type.Shape {
		return nil, false, nil
	}
	f, ok := a.of(x)
	switch {
	case !ok:
		return nil, false, nil
	case RealConst(y):
		return a.note(v, affine{f.n, f.gain, Plus(f.shift, Times(Constant(sign, y.Type.Shape), y.Const()))})
	}
	g, ok := a.of(y)
	if !ok {
		return nil, false, nil
	}
	p, q := commonGain(f.gain, g.gain)
	if p == 0 {
		return nil, false, nil
	}
	left, err := a.multiple(f.n, p)
	if err != nil {
		return nil, false, err
	}
	right, err := a.multiple(g.n, q)
	if err != nil {
		return nil, false, err
	}
	n, err := a.r.Add(v.Op, a.r.Unique(v.Name+".n"), nil, left, right)
	if err != nil {
		return nil, false, err
	}
	gain := Times(f.gain, Constant(1/float64(p), ir.Shape{}))
	return a.note(v, affine{n, gain, Plus(f.shift, Times(Constant(sign, g.shift.Type.Shape), g.shift))})
}

// fromConstant is a constant plus or less an integer.
func (a *absorber) fromConstant(v *ir.Value, c *ir.Tensor, y *ir.Value, sign float64) (*ir.Value, bool, error) {
	f, ok := a.of(y)
	if !ok || y.Type.Shape != v.Type.Shape {
		return nil, false, nil
	}
	by := Constant(sign, v.Type.Shape)
	return a.note(v, affine{f.n, Times(f.gain, by), Plus(Times(f.shift, by), c)})
}

// maxMultiple bounds the multiples of gains that are added.
const maxMultiple = 1 << WeightBits

// commonGain is the least multiples p and q of one gain, f = p·gain and g = q·gain
// everywhere, up to maxMultiple; 0 when there are none.
func commonGain(f, g *ir.Tensor) (p, q int64) {
	ratio, one := Compact(Divide(f, g)).Uniform()
	if !one || !(ratio > 0) {
		return 0, 0
	}
	for q := int64(1); q <= maxMultiple; q++ {
		if p, whole := Snapped(ratio * float64(q)); whole && p >= 1 && p <= maxMultiple {
			return int64(p), q
		}
	}
	return 0, 0
}

// multiple is an integer times a small one.
func (a *absorber) multiple(n *ir.Value, by int64) (*ir.Value, error) {
	if by == 1 {
		return n, nil
	}
	c, err := a.r.Const(a.r.Unique(n.Name+".by"), ir.Ints(ir.Shape{}, []int64{by}))
	if err != nil {
		return nil, err
	}
	return a.r.Add(ir.OpMul, a.r.Unique(n.Name+".times"), nil, n, c)
}
