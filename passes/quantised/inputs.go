package quantised

import (
	"math/big"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// input makes an integer of a real input that the file rounds. Where it is said how pixels become
// real numbers, pixels it is, and their rounding is a table. Else it is the integer that the file
// rounds to, which pixels are already in a file whose scale is that of one pixel.
func (q *reader) input(v *ir.Value) (*form, error) {
	if !v.Type.IsReal() {
		return q.integerInput(v)
	}
	if !q.onlyRounded(v) {
		return nil, nil
	}
	elem := q.options.InputType
	if q.options.Pixels == nil && elem.Kind == 0 {
		return &form{terms: []term{{gain: one(whole(1)), input: v}}, shift: nought}, nil
	}
	if elem.Kind == 0 {
		elem = ir.UintType(8, ir.Shape{})
	}
	if elem.Bits > 12 {
		return nil, rewrite.Refuse(v, diag.NotExact, "is rounded, of %d bits; only up to 12 are looked at, integer by integer", elem.Bits)
	}
	attrs := v.Attrs.(ir.InputAttrs)
	if p := q.options.Pixels; p != nil {
		attrs.Scale, attrs.Mean, attrs.Std = p.Scale, p.Mean, p.Std
	}
	n, err := q.r.Input(v.Name, elem.WithShape(v.Type.Shape), attrs)
	if err != nil {
		return nil, err
	}
	return pixels(n).form(), nil
}

// integerInput takes an input of integers as it is.
func (q *reader) integerInput(v *ir.Value) (*form, error) {
	if v.Type.Bits > 16 || v.Type.IsSpike() {
		return nil, nil
	}
	n, err := q.r.Copy(v)
	if err != nil {
		return nil, err
	}
	return &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: nought}, nil
}

// pixels are the float32 numbers that each integer of an input stands for.
func pixels(n *ir.Value) *curve {
	g, s := normalisation(n)
	gain, shift := exactly(g), exactly(s)
	return &curve{n: n, params: []numbers{gain, shift}, rising: gain.every(func(r *big.Rat) bool { return r.Sign() >= 0 }),
		at: func(params []*big.Rat, n int64) *big.Rat {
			g, _ := params[0].Float64()
			s, _ := params[1].Float64()
			return rational(float64(float32(float64(float64(n)*g) + s)))
		}}
}

// normalisation is the factor and the shift of an input that still has its batch axis.
func normalisation(n *ir.Value) (gain, shift *ir.Tensor) {
	gain, shift = layers.Normalisation(n)
	if gain.Type.Shape.Size() == 1 || n.Type.Shape.Rank() < 2 {
		return layers.Constant(gain.F[0], ir.Shape{}), layers.Constant(shift.F[0], ir.Shape{})
	}
	dims := layers.Ones(n.Type.Shape.Rank() - 1).Dims()
	dims[0] = len(gain.F)
	s := ir.ShapeOf(dims...)
	return ir.Reals(s, gain.F), ir.Reals(s, shift.F)
}

// onlyRounded reports whether all that reads an input is one chain of constants and moves up to a rounding.
func (q *reader) onlyRounded(v *ir.Value) bool {
	for {
		readers := q.readers[v]
		if len(readers) != 1 {
			return false
		}
		r := readers[0]
		if a, ok := r.Attrs.(ir.MapAttrs); ok && rounds(a.Fn) {
			return clips(r, q.readers)
		}
		switch r.Op {
		case ir.OpTranspose, ir.OpReshape:
			v = r
			continue
		case ir.OpMul, ir.OpDiv, ir.OpAdd, ir.OpSub, ir.OpMax, ir.OpMin:
		default:
			return false
		}
		if r.Type.Shape != v.Type.Shape {
			return false
		}
		for i, a := range r.Args {
			if a != v && !constantAt(a) || a == v && r.Op == ir.OpDiv && i == 1 {
				return false
			}
		}
		v = r
	}
}

// constantAt reports whether constants alone make a value, by few ops.
func constantAt(v *ir.Value) bool {
	if v.Op == ir.OpConst {
		return true
	}
	if len(v.Args) == 0 {
		return false
	}
	for _, a := range v.Args {
		if a == nil || !constantAt(a) {
			return false
		}
	}
	return true
}

// ownInput makes an input of the integers that the file rounds it to.
func (q *reader) ownInput(v *ir.Value, f *form) (*form, error) {
	r, in := f.rounded, f.terms[0].input
	if r.least == nil || r.most == nil || !r.least.IsInt() || !r.most.IsInt() {
		return nil, rewrite.Refuse(v, diag.NotExact, "rounds the input %%%s without bounds", in.Name)
	}
	elem := ir.Holding(ir.Range{Lo: r.least.Num().Int64(), Hi: r.most.Num().Int64()}, in.Type.Shape)
	attrs := in.Attrs.(ir.InputAttrs)
	gain, one1 := f.terms[0].gain.uniform()
	shift, one2 := f.shift.plus(r.offset).uniform()
	if one1 && one2 && gain.Sign() > 0 {
		a, _ := new(big.Rat).Inv(gain).Float64()
		m, _ := new(big.Rat).Quo(shift, gain).Float64()
		attrs.Scale, attrs.Mean, attrs.Std = []float64{a}, []float64{m}, []float64{1}
	}
	n, err := q.r.Input(in.Name, elem, attrs)
	for _, m := range f.terms[0].moves {
		if err == nil {
			n, err = q.r.Add(m.Op, q.r.Unique(m.Name), m.Attrs, n)
		}
	}
	if err != nil {
		return nil, err
	}
	return &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: nought}, nil
}
