package quantised

import (
	"math/big"

	"nomul/ir"
)

// moved is an op that only moves elements.
func (q *reader) moved(v *ir.Value) (*form, error) {
	x := q.of(v.Args[0])
	if x == nil {
		return nil, nil
	}
	if !x.constant() {
		var err error
		if x, err = q.integral(v.Args[0], x); err != nil || x.anyReal() {
			return nil, err
		}
	}
	return x.moved(q.r, v)
}

// joined is a concat: each part keeps its gain and its shift.
func (q *reader) joined(v *ir.Value) (*form, error) {
	shapes, gains, shifts := make([]ir.Shape, len(v.Args)), make([]numbers, len(v.Args)), make([]numbers, len(v.Args))
	n := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		f, err := q.ready(a)
		if err != nil || f == nil {
			return nil, err
		}
		shapes[i], gains[i], shifts[i], n[i] = a.Type.Shape, f.terms[0].gain, f.shift, f.terms[0].n
	}
	gain, err := moved(v.Op, v.Attrs, shapes, gains...)
	if err != nil {
		return nil, err
	}
	shift, err := moved(v.Op, v.Attrs, shapes, shifts...)
	if err != nil {
		return nil, err
	}
	out, err := q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, n...)
	return &form{terms: []term{{n: out, gain: gain}}, shift: shift}, err
}

// padded pads with the integer of a number, where it is one; else with 0, in whose place the shift
// has the number.
func (q *reader) padded(v *ir.Value) (*form, error) {
	x, err := q.ready(v.Args[0])
	if err != nil || x == nil {
		return nil, err
	}
	with := new(big.Rat)
	if v.Args[1] != nil {
		f := q.of(v.Args[1])
		if f == nil || !f.constant() {
			return nil, nil
		}
		all, _ := f.numbers()
		with, _ = all.uniform()
	}
	t := x.terms[0]
	if at, ok := integerFor(with, x); ok {
		n, err := q.pad(v, v.Attrs.(ir.PadAttrs), t.n, at)
		return &form{terms: []term{{n: n, gain: t.gain}}, shift: x.shift}, err
	}
	gain, ok := t.gain.uniform()
	if !ok {
		return nil, nil
	}
	n, err := q.pad(v, v.Attrs.(ir.PadAttrs), t.n, 0)
	if err != nil {
		return nil, err
	}
	shift, err := moved(ir.OpPad, v.Attrs, []ir.Shape{v.Args[0].Type.Shape, {}}, x.shift, one(with))
	return &form{terms: []term{{n: n, gain: one(gain)}}, shift: shift}, err
}

// integerFor is the integer that stands for a number, the same in all elements.
func integerFor(number *big.Rat, x *form) (int64, bool) {
	at, same := one(number).plus(x.shift.negated()).over(x.terms[0].gain).uniform()
	if !same || !at.IsInt() || !at.Num().IsInt64() {
		return 0, false
	}
	return at.Num().Int64(), true
}

// pad appends a pad with an integer.
func (q *reader) pad(v *ir.Value, a ir.PadAttrs, n *ir.Value, with int64) (*ir.Value, error) {
	args := []*ir.Value{n}
	if with != 0 {
		c, err := q.r.Const(q.r.Unique(v.Name+".padding"), ir.Ints(ir.Shape{}, []int64{with}))
		if err != nil {
			return nil, err
		}
		args = append(args, c)
	}
	return q.r.Add(ir.OpPad, q.r.Unique(v.Name+".padded"), a, args...)
}
