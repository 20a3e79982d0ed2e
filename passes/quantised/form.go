package quantised

import (
	"math/big"
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// form is a value as far as it is known exactly: shift + Σ gain·n over integers n of the new net, cut. A
// constant has no terms.
type form struct {
	terms []term
	shift numbers
	cut
	// rounded says that the value is this form rounded.
	rounded *rounded
	// curve is the form, in place of gain and shift, where it is no multiple of its only term: so real inputs
	// are, which float32 rounds, and functions of integers.
	curve *curve
	// weights are the integers of a constant, each times the gain, besides the shift.
	weights *ir.Tensor
	gain    numbers
}

// term is an integer of the new net with its factor.
type term struct {
	n    *ir.Value
	gain numbers
	// reach bounds n for each element more closely than its range; nil where it does not.
	reach *reach
	// input is a real input of the file in place of an integer: its rounding makes one of it, which moves then.
	input *ir.Value
	moves []*ir.Value
}

// reach bounds the integers of elements; it broadcasts to the value.
type reach struct {
	shape  ir.Shape
	lo, hi []int64
}

// rounded is round(form) + offset, cut to integers.
type rounded struct {
	fn     ir.Fn // round (halves to even), floor or ceil
	offset numbers
	cut
}

var nought = one(new(big.Rat))

// ofConst shows a constant: integers are weights, of the gain 1.
func ofConst(t *ir.Tensor) *form {
	if t.Type.IsReal() {
		return &form{shift: exactly(t)}
	}
	return &form{weights: t, gain: one(whole(1)), shift: nought}
}

func (f *form) constant() bool { return len(f.terms) == 0 }

// numbers are those of a constant, its integers times their gain with the shift; false of a form with terms.
func (f *form) numbers() (numbers, bool) {
	switch {
	case !f.constant():
		return numbers{}, false
	case f.weights == nil:
		return f.shift, true
	}
	return exactly(f.weights).times(f.gain).plus(f.shift), true
}

// plain reports whether the value is integers times numbers, and nothing else.
func (f *form) plain() bool {
	return f.rounded == nil && f.uncut() && f.curve == nil
}

// scaled is the form times numbers; nil where it is none.
func (f *form) scaled(by numbers) *form {
	if f.rounded != nil {
		return nil
	}
	out := *f
	var ok bool
	if out.cut, ok = f.cut.times(by); !ok {
		return nil
	}
	if f.curve != nil {
		out.curve = f.curve.times(by)
		return &out
	}
	out.shift = f.shift.times(by)
	if f.weights != nil {
		out.gain = f.gain.times(by)
	}
	out.terms = nil
	for _, t := range f.terms {
		t.gain = t.gain.times(by)
		out.terms = append(out.terms, t)
	}
	return &out
}

// shifted is the form plus numbers; nil where it is none.
func (f *form) shifted(by numbers) *form {
	if f.rounded != nil {
		return f.roundedShift(by)
	}
	out := *f
	var ok bool
	if out.cut, ok = f.cut.plus(by); !ok {
		return nil
	}
	if f.curve != nil {
		out.curve = f.curve.plus(by)
		return &out
	}
	if f.weights != nil { // a zero point goes into the integers
		if d, ok := by.over(f.gain).integers(); ok && f.shift.zero() {
			out.weights = plusIntegers(f.weights, by.over(f.gain).shape, d)
			return &out
		}
	}
	out.shift = f.shift.plus(by)
	return &out
}

func plusIntegers(t *ir.Tensor, shape ir.Shape, add []int64) *ir.Tensor {
	out := append([]int64(nil), t.I...)
	for i, d := range ir.Stretch(add, shape, t.Type.Shape) {
		out[i] += d
	}
	return ir.Ints(t.Type.Shape, out)
}

// roundedShift adds integers behind a rounding.
func (f *form) roundedShift(by numbers) *form {
	if _, ok := by.integers(); !ok {
		return nil
	}
	out, r := *f, *f.rounded
	r.offset = r.offset.plus(by)
	var ok bool
	if r.cut, ok = f.rounded.cut.plus(by); !ok {
		return nil
	}
	out.rounded = &r
	return &out
}

// clipped is the form cut to be at least, or at most, a number.
func (f *form) clipped(by *big.Rat, isLeast bool) *form {
	out := *f
	if f.rounded == nil {
		out.cut = f.cut.clipped(by, isLeast)
		return &out
	}
	if !by.IsInt() {
		return nil
	}
	r := *f.rounded
	r.cut = r.cut.clipped(by, isLeast)
	out.rounded = &r
	return &out
}

// sum adds two forms of one shape.
func sum(a, b *form) *form {
	if b.constant() {
		a, b = b, a
	}
	if a.constant() {
		by, _ := a.numbers()
		return b.shifted(by)
	}
	if !a.plain() || !b.plain() {
		return nil
	}
	out := &form{shift: a.shift.plus(b.shift), terms: append([]term(nil), a.terms...)}
next:
	for _, t := range b.terms {
		for i, have := range out.terms {
			if have.n == t.n && have.input == t.input {
				out.terms[i].gain = have.gain.plus(t.gain)
				continue next
			}
		}
		out.terms = append(out.terms, t)
	}
	return out
}

// moved is the form behind an op that only moves elements of one value.
func (f *form) moved(r *ir.Rebuilder, v *ir.Value) (*form, error) {
	x := v.Args[0].Type.Shape
	move := func(a numbers) (numbers, error) { return moved(v.Op, v.Attrs, []ir.Shape{x}, a) }
	out := *f
	var err error
	if out.shift, err = move(f.shift); err != nil {
		return nil, err
	}
	if f.weights != nil {
		all := ir.Ints(x, ir.Stretch(f.weights.I, f.weights.Type.Shape, x))
		if out.weights, err = rewrite.Compute(v.Op, v.Attrs, all); err != nil {
			return nil, err
		}
		if out.gain, err = move(f.gain); err != nil {
			return nil, err
		}
	}
	out.terms = nil
	for _, t := range f.terms {
		if t.gain, err = move(t.gain); err != nil {
			return nil, err
		}
		if t.input != nil {
			t.moves = append(slices.Clip(t.moves), v)
		} else if t.n, err = r.Add(v.Op, r.Unique(v.Name), v.Attrs, t.n); err != nil {
			return nil, err
		}
		if t.reach, err = t.reach.moved(v); err != nil {
			return nil, err
		}
		out.terms = append(out.terms, t)
	}
	if f.curve != nil {
		c := &curve{n: out.terms[0].n, at: f.curve.at, rising: f.curve.rising}
		for _, p := range f.curve.params {
			if p, err = move(p); err != nil {
				return nil, err
			}
			c.params = append(c.params, p)
		}
		out.curve = c
	}
	return &out, nil
}

// moved are the bounds of elements behind an op that only moves them.
func (b *reach) moved(v *ir.Value) (*reach, error) {
	if b == nil {
		return nil, nil
	}
	out := &reach{}
	for i, list := range [][]int64{b.lo, b.hi} {
		r := make([]*big.Rat, len(list))
		for j, n := range list {
			r[j] = whole(n)
		}
		at, err := moved(v.Op, v.Attrs, []ir.Shape{v.Args[0].Type.Shape}, numbers{b.shape, r})
		if err != nil {
			return nil, err
		}
		n := ir.Stretch(at.of, at.shape, v.Type.Shape)
		data := make([]int64, len(n))
		for j, x := range n {
			data[j] = x.Num().Int64()
		}
		if i == 0 {
			out.lo = data
		} else {
			out.hi = data
		}
	}
	out.shape = v.Type.Shape
	return out, nil
}
