package quantised

import (
	"errors"
	"math"
	"math/big"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

var errFraction = errors.New("a shift is no multiple of its gain")

// joinable is the form of an operand whose elements have one gain and one shift along the axes that
// an op joins.
func (q *reader) joinable(v *ir.Value) (*form, error) {
	x, err := q.ready(v.Args[0])
	if err != nil || x == nil {
		return nil, err
	}
	axes, full := layers.JoinedAxes(v), v.Args[0].Type.Shape
	if !x.terms[0].gain.flatOn(full, axes) || !x.shift.flatOn(full, axes) {
		return nil, nil
	}
	return x, nil
}

// greatest is a max-pool or a maximum over axes: of the integers, where the gain is not negative, or of the ranks
// of a function's numbers.
func (q *reader) greatest(v *ir.Value) (*form, error) {
	if f := q.of(v.Args[0]); f != nil && f.curve != nil && f.rounded == nil {
		return q.greatestRank(v, curveOf(f))
	}
	x, err := q.joinable(v)
	if err != nil || x == nil || !x.terms[0].gain.every(func(r *big.Rat) bool { return r.Sign() > 0 }) {
		return nil, err
	}
	n, err := q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, x.terms[0].n)
	if err != nil {
		return nil, err
	}
	return q.onKept(v, x, n, one(whole(1)), one(whole(1))), nil
}

// onKept is the form of a joined integer: gain and shift of the operand, times factors.
func (q *reader) onKept(v *ir.Value, x *form, n *ir.Value, gain, shift numbers) *form {
	keep := func(a numbers) numbers {
		red, ok := v.Attrs.(ir.ReduceAttrs)
		if !ok || red.Keep {
			return a
		}
		dims := layers.Ones(v.Args[0].Type.Shape.Rank()).Dims()
		for i, d := range a.shape.Dims() {
			dims[len(dims)-a.shape.Rank()+i] = d
		}
		out := []int{}
		for i, d := range dims {
			if !slices.Contains(red.Axes, i) {
				out = append(out, d)
			}
		}
		return numbers{ir.ShapeOf(out...), a.of}
	}
	return &form{terms: []term{{n: n, gain: keep(x.terms[0].gain).times(gain)}}, shift: keep(x.shift).times(shift)}
}

// summable is the form of an operand that is summed up. Numbers of a function are no multiples of one scale, so no
// integers have their sums.
func (q *reader) summable(v *ir.Value) (*form, error) {
	if f := q.of(v.Args[0]); f != nil && f.curve != nil && f.rounded == nil && f.curve.n.Op != ir.OpInput {
		return nil, rewrite.Refuse(v, diag.NotExact, "sums numbers of a function, %%%s, which are no steps of one scale", v.Args[0].Name).
			WithHelp("quantise the result of the function before it is summed or averaged")
	}
	return q.joinable(v)
}

// added is a sum or a mean over axes.
func (q *reader) added(v *ir.Value) (*form, error) {
	x, err := q.summable(v)
	if err != nil || x == nil {
		return nil, err
	}
	a := v.Attrs.(ir.ReduceAttrs)
	count := int64(1)
	for _, axis := range a.Axes {
		count *= int64(v.Args[0].Type.Shape.Dim(axis))
	}
	n, err := q.r.Add(ir.OpReduceSum, q.r.Unique(v.Name), a, x.terms[0].n)
	if err != nil {
		return nil, err
	}
	if v.Op == ir.OpReduceSum {
		return q.onKept(v, x, n, one(whole(1)), one(whole(count))), nil
	}
	return q.onKept(v, x, n, one(big.NewRat(1, count)), one(whole(1))), nil
}

// pooled is the sum or the mean of windows. The padding is the integer of 0, so all windows have as
// many elements; a mean that leaves padding out is divided by how many are none.
func (q *reader) pooled(v *ir.Value) (*form, error) {
	x, err := q.summable(v)
	if err != nil || x == nil {
		return nil, err
	}
	a, mean, countPad := ir.PoolAttrs{}, false, true
	switch p := v.Attrs.(type) {
	case ir.PoolAttrs:
		a = p
	case ir.AvgPoolAttrs:
		a, mean, countPad = p.Pool(), true, p.CountPad
	}
	size := int64(1)
	for _, k := range a.Kernel {
		size *= int64(k)
	}
	divisor := one(whole(1))
	if mean {
		divisor = one(whole(size))
	}
	if mean && !countPad {
		ones := layers.SpreadTo(layers.Constant(1, ir.Shape{}), v.Args[0].Type.Shape)
		seen, err := rewrite.Compute(ir.OpSumPool, a, ones)
		if err != nil {
			return nil, err
		}
		divisor = exactly(seen)
	}
	n, pads, err := q.aroundWindows(v, x, a.Pads)
	if err != nil || n == nil {
		return nil, err
	}
	a.Pads = pads
	if n, err = q.r.Add(ir.OpSumPool, q.r.Unique(v.Name), a, n); err != nil {
		return nil, err
	}
	return q.onKept(v, x, n, one(whole(1)).over(divisor), one(whole(size)).over(divisor)), nil
}

// aroundWindows pads an operand with the integer that stands for 0, and returns the padding that is left
// to the windows, none; nil where no integer does.
func (q *reader) aroundWindows(v *ir.Value, x *form, pads []int) (*ir.Value, []int, error) {
	n, spatial := x.terms[0].n, len(pads)/2
	if !slices.ContainsFunc(pads, func(p int) bool { return p > 0 }) {
		return n, pads, nil
	}
	zero, ok := integerFor(new(big.Rat), x)
	if !ok {
		return nil, nil, nil
	}
	rank := n.Type.Shape.Rank()
	around := ir.PadAttrs{Before: make([]int, rank), After: make([]int, rank)}
	for i := range spatial {
		around.Before[rank-spatial+i], around.After[rank-spatial+i] = pads[i], pads[spatial+i]
	}
	padded, err := q.pad(v, around, n, zero)
	return padded, make([]int, len(pads)), err
}

// normalised is a batch-norm: a factor and a shift for each channel, whose root is rounded to float64.
func (q *reader) normalised(v *ir.Value) (*form, error) {
	x := q.of(v.Args[0])
	if x == nil || x.constant() {
		return nil, nil
	}
	x, err := q.integral(v.Args[0], x)
	if err != nil || x.anyReal() {
		return nil, err
	}
	a := v.Attrs.(ir.BatchNormAttrs)
	var p [4][]*big.Rat // gamma, beta, mean, variance
	channels := ir.ShapeOf(v.Type.Shape.Dims()[a.Axis])
	for i := range p {
		c := q.of(v.Args[i+1])
		if c == nil || !c.constant() {
			return nil, nil
		}
		all, _ := c.numbers()
		p[i] = all.stretched(channels)
	}
	dims := layers.Ones(v.Type.Shape.Rank() - a.Axis).Dims()
	dims[0] = channels.Size()
	s := ir.ShapeOf(dims...)
	factor := make([]float64, channels.Size())
	for i := range factor {
		gamma, _ := p[0][i].Float64()
		variance, _ := p[3][i].Float64()
		factor[i] = gamma / math.Sqrt(variance+a.Eps)
		if math.IsNaN(factor[i]) || math.IsInf(factor[i], 0) {
			return nil, nil
		}
	}
	by := exactly(ir.Reals(s, factor))
	out := x.scaled(by)
	if out == nil {
		return nil, nil
	}
	mean, beta := numbers{s, p[2]}.compact(), numbers{s, p[1]}.compact()
	return out.shifted(beta.plus(mean.times(by).negated())), nil
}
