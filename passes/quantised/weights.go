package quantised

import (
	"math/big"
	"math/bits"
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// layer is a weighted layer on one integer, in its parts.
type layer struct {
	op      ir.Op
	attrs   ir.Attrs
	x       *form      // one integer of one gain
	weights *ir.Tensor // integers
	gain    numbers    // of the result
	out     ir.Shape
	axis    int // of the outputs
	bias    numbers
}

func (q *reader) linear(v *ir.Value) (*form, error) {
	return q.weighted(v, v.Args[1], v.Args[2], false)
}

func (q *reader) conv(v *ir.Value) (*form, error) { return q.weighted(v, v.Args[1], v.Args[2], false) }

// product is a matrix product with a constant, which is a linear layer.
func (q *reader) product(v *ir.Value) (*form, error) {
	if v.Args[1].Type.Shape.Rank() != 2 || v.Args[0].Type.Shape.Rank() < 1 {
		return nil, nil
	}
	return q.weighted(v, v.Args[1], nil, true)
}

// weighted keeps the integers of weights: W·x with x = g·n + c and W = k·s is g·s·(k·n) + s·k·c.
func (q *reader) weighted(v, weights, bias *ir.Value, transpose bool) (*form, error) {
	w := q.of(weights)
	if w == nil || !w.constant() {
		return nil, nil
	}
	x, err := q.ready(v.Args[0])
	if err != nil || x == nil {
		return nil, err
	}
	l := &layer{op: v.Op, attrs: v.Attrs, x: x, out: v.Type.Shape, axis: v.Type.Shape.Rank() - 1}
	if v.Op == ir.OpConv {
		l.axis -= len(v.Attrs.(ir.ConvAttrs).Strides)
	}
	if !l.takes(w, weights.Type.Shape, transpose) {
		q.realWeights(v)
		return nil, nil
	}
	l.bias = nought
	if bias != nil {
		b := q.of(bias)
		if b == nil || !b.constant() {
			return nil, nil
		}
		all, _ := b.numbers()
		l.bias = l.alongOutputs(numbers{bias.Type.Shape, all.stretched(bias.Type.Shape)})
	}
	if transpose {
		l.op, l.attrs = ir.OpLinear, ir.LinearAttrs{}
	}
	return q.layer(v, l)
}

// realWeights tells of a layer whose operand is known exactly, but not its weights.
func (q *reader) realWeights(v *ir.Value) {
	q.options.Remark(v, "its weights are no integers of one scale for each output, so they are rounded, and its results need not be those of the file")
}

// alongOutputs shapes a bias so that it broadcasts to the result: one number for each output, or a
// map over an output's places.
func (l *layer) alongOutputs(bias numbers) numbers {
	if bias.shape.Rank() != 1 {
		return bias
	}
	dims := layers.Ones(l.out.Rank() - l.axis).Dims()
	dims[0] = bias.shape.Dim(0)
	return numbers{ir.ShapeOf(dims...), bias.of}.compact()
}

// takes reads weights as integers, with a gain for each output at most.
func (l *layer) takes(w *form, shape ir.Shape, transpose bool) bool {
	if w.weights == nil {
		w = w.asWeights()
		if w.weights == nil {
			return false
		}
	}
	gain := w.gain
	if !gain.every(func(r *big.Rat) bool { return r.Sign() != 0 }) {
		return false
	}
	data := ir.Stretch(w.weights.I, w.weights.Type.Shape, shape)
	offset := w.shift.over(gain)
	if _, ok := offset.integers(); !ok { // −1 and 1 are 2·k + 1 of the gain
		offset, gain = offset.times(one(whole(2))), gain.times(one(big.NewRat(1, 2)))
		for i := range data {
			data[i] *= 2
		}
	}
	zero, ok := offset.integers()
	if !ok {
		return false
	}
	for i, z := range ir.Stretch(zero, offset.shape, shape) {
		data[i] += z
	}
	outputs := 0
	if transpose {
		outputs = 1
	}
	for i := range shape.Rank() {
		if at := i - shape.Rank() + gain.shape.Rank(); i != outputs && at >= 0 && gain.shape.Dim(at) != 1 {
			return false
		}
	}
	xGain, same := l.x.terms[0].gain.uniform()
	if !same || xGain.Sign() == 0 {
		return false
	}
	l.gain = one(gain.of[0])
	if len(gain.of) > 1 {
		l.gain = l.alongOutputs(numbers{ir.ShapeOf(len(gain.of)), gain.of})
	}
	l.gain = l.gain.times(one(xGain))
	l.weights = &ir.Tensor{Type: ir.SintType(64, shape), I: data}
	if transpose {
		t, err := rewrite.Compute(ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 0}}, l.weights)
		if err != nil {
			return false
		}
		l.weights = t
	}
	l.weights.Type = weightType(l.weights)
	return true
}

// weightType is the type of weights: signed, of 8 bits or as many as they need.
func weightType(t *ir.Tensor) ir.Type {
	r := t.Range()
	need := bits.Len64(uint64(max(r.Hi, -r.Lo-1))) + 1
	return ir.SintType(max(need, layers.WeightBits), t.Type.Shape)
}

// layer appends the layer on integers. What the operand's shift and the bias come to goes into the
// bias as far as it is whole, and stays in the shift of the result else.
func (q *reader) layer(v *ir.Value, l *layer) (*form, error) {
	n, err := q.operand(v, l)
	if err != nil || n == nil {
		return nil, err
	}
	off, err := l.response(n)
	if err != nil {
		return nil, err
	}
	total := off.plus(l.bias.over(l.gain))
	rounded := zip(total, nought, func(x, _ *big.Rat) *big.Rat { return roundAs(ir.FnRound, x) })
	w, err := q.r.AddTyped(ir.OpConst, q.r.Unique(v.Args[1].Name), ir.ConstAttrs{Data: l.weights}, l.weights.Type)
	if err != nil {
		return nil, err
	}
	args := []*ir.Value{n, w}
	if !rounded.zero() {
		b, err := q.r.Const(q.r.Unique(v.Name+".bias"), l.biasOperand(rounded))
		if err != nil {
			return nil, err
		}
		args = append(args, b)
	}
	out, err := q.r.Add(l.op, q.r.Unique(v.Name), l.attrs, args...)
	if err != nil {
		return nil, err
	}
	rest := total.plus(rounded.negated()).times(l.gain)
	return &form{terms: []term{{n: out, gain: l.gain, reach: l.reach(n, rounded)}}, shift: rest}, nil
}

// operand is the integer that the layer reads. Where padding is not the integer 0, it is padded
// before with the integer that stands for the real number 0.
func (q *reader) operand(v *ir.Value, l *layer) (*ir.Value, error) {
	n := l.x.terms[0].n
	a, isConv := l.attrs.(ir.ConvAttrs)
	if !isConv || l.x.shift.zero() {
		return n, nil
	}
	padded, pads, err := q.aroundWindows(v, l.x, a.Pads)
	if err != nil || padded == nil {
		return n, err
	}
	a.Pads = pads
	l.attrs = a
	return padded, nil
}

// response is the layer's result on the shift of its operand, in units of the result's gain.
func (l *layer) response(n *ir.Value) (numbers, error) {
	gain, _ := l.x.terms[0].gain.uniform()
	shift := l.x.shift.over(one(gain))
	if shift.zero() {
		return nought, nil
	}
	factor, same := shift.uniform()
	x := layers.SpreadTo(layers.Constant(1, ir.Shape{}), n.Type.Shape)
	if !same {
		factor = whole(1)
		data, ok := shift.integers()
		if !ok {
			return numbers{}, errFraction
		}
		for i, z := range ir.Stretch(data, shift.shape, n.Type.Shape) {
			x.F[i] = float64(z)
		}
	}
	y, err := rewrite.Compute(l.op, l.attrs, x, rewrite.Reals(l.weights))
	if err != nil {
		return numbers{}, err
	}
	return exactly(y).times(one(factor)), nil
}

// biasOperand brings whole numbers into the shape that a bias has.
func (l *layer) biasOperand(bias numbers) *ir.Tensor {
	full := ir.ShapeOf(l.out.Dims()[l.axis:]...)
	data, _ := bias.integers()
	s := ir.ShapeOf(bias.shape.Dims()[max(0, bias.shape.Rank()-full.Rank()):]...)
	if (numbers{s, bias.of}).flatOn(full, rewrite.UpTo(full.Rank())[1:]) {
		dims := layers.Ones(full.Rank()).Dims()
		dims[0] = full.Dim(0)
		return ir.Ints(ir.ShapeOf(full.Dim(0)), ir.Stretch(data, s, ir.ShapeOf(dims...)))
	}
	return ir.Ints(s, data)
}

// reach bounds each output by its own weights; nil where the bias is a map.
func (l *layer) reach(n *ir.Value, bias numbers) *reach {
	dims := layers.Ones(l.out.Rank()).Dims()
	dims[l.axis] = l.out.Dim(l.axis)
	s := ir.ShapeOf(dims...)
	if !bias.shape.BroadcastsTo(s) {
		return nil
	}
	data, _ := bias.integers()
	lo, hi := ir.Stretch(data, bias.shape, s), ir.Stretch(data, bias.shape, s)
	row, x := len(l.weights.I)/len(lo), n.Range
	if a, isConv := l.attrs.(ir.ConvAttrs); isConv && slices.ContainsFunc(a.Pads, func(p int) bool { return p > 0 }) {
		x = x.Union(ir.Range{})
	}
	for i, w := range l.weights.I {
		lo[i/row] += min(w*x.Lo, w*x.Hi)
		hi[i/row] += max(w*x.Lo, w*x.Hi)
	}
	return &reach{s, lo, hi}
}
