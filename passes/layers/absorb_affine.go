package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// affine says that a value is x = gain·n + shift of an integer n: pixels behind
// their normalisation (R11), means and pools of counts (R7, R8), a batch-norm
// of spikes (R17). gain and shift broadcast to the value.
type affine struct {
	n           *ir.Value // of the new net
	gain, shift *ir.Tensor
}

// absorber carries affine integers forward until something takes them in.
type absorber struct {
	r      *ir.Rebuilder
	steps  int
	stored map[*ir.Value]*ir.Value // the next value of each delay
	known  map[*ir.Value]affine    // by value of the old net
	spelt  map[*ir.Value]*ir.Value // the same, written out as mul and add
}

// AbsorbAffine moves factors and shifts of integers forward through ops that only move, add or
// multiply elements, into the weights and bias that read them: W·(g·n + c) = (W·diag(g))·n + W·c.
// Where padding of a convolution is 0 and c is not, W·c differs at the border, and the bias becomes
// a map. A neuron takes them as its input gain and bias. A value that neither reads is written out
// again.
func AbsorbAffine(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	n = storedFirst(n)
	a := &absorber{steps: n.Steps, stored: map[*ir.Value]*ir.Value{}, known: map[*ir.Value]affine{}, spelt: map[*ir.Value]*ir.Value{}}
	for _, v := range n.All(ir.OpLatch) {
		a.stored[v.Args[0]] = v.Args[1]
	}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		a.r = r
		if rule := affineRules[v.Op]; rule != nil && (v.Type.IsReal() || v.Op == ir.OpNeuron) {
			if out, done, err := rule(a, v); done || err != nil {
				return out, err
			}
		}
		return a.plain(v)
	})
}

// affineRules are the ops that affine integers pass, or end in. A rule returns the replacement of
// the old value, and whether it applies; it notes the affine function of the new value in known.
var affineRules = map[ir.Op]func(*absorber, *ir.Value) (*ir.Value, bool, error){
	ir.OpMul:       (*absorber).factor,
	ir.OpDiv:       (*absorber).factor,
	ir.OpAdd:       (*absorber).sum,
	ir.OpSub:       (*absorber).sum,
	ir.OpNeg:       (*absorber).negated,
	ir.OpWhere:     (*absorber).chosen,
	ir.OpReshape:   (*absorber).moved,
	ir.OpTranspose: (*absorber).moved,
	ir.OpConcat:    (*absorber).moved,
	ir.OpSlice:     (*absorber).moved,
	ir.OpBroadcast: (*absorber).moved,
	ir.OpPad:       (*absorber).padded,
	ir.OpReduceSum: (*absorber).added,
	ir.OpSumPool:   (*absorber).added,
	ir.OpReduceMax: (*absorber).greatest,
	ir.OpMax:       (*absorber).greater,
	ir.OpMin:       (*absorber).greater,
	ir.OpMaxPool:   (*absorber).greatest,
	ir.OpMap:       (*absorber).rectified,
	ir.OpSum:       (*absorber).overTime,
	ir.OpLinear:    (*absorber).weights,
	ir.OpConv:      (*absorber).weights,
	ir.OpMatmul:    (*absorber).product,
	ir.OpNeuron:    (*absorber).neuron,
	ir.OpDelay:     (*absorber).delayed,
	ir.OpLatch:     (*absorber).latched,
}

// of shows a value as an affine integer, if it is one.
func (a *absorber) of(v *ir.Value) (affine, bool) {
	if f, ok := a.known[v]; ok {
		return f, true
	}
	if v.Type.IsReal() || v.Op == ir.OpConst {
		return affine{}, false
	}
	return affine{a.r.Of(v), Constant(1, v.Type.Shape), Constant(0, v.Type.Shape)}, true
}

// note keeps the affine function of v, and returns its integer.
func (a *absorber) note(v *ir.Value, f affine) (*ir.Value, bool, error) {
	a.known[v] = affine{f.n, Compact(f.gain), Compact(f.shift)}
	return f.n, true, nil
}

// plain copies a value on operands that are written out.
func (a *absorber) plain(v *ir.Value) (*ir.Value, error) {
	if v.Op == ir.OpConst {
		return nil, nil
	}
	args := make([]*ir.Value, len(v.Args))
	for i, arg := range v.Args {
		var err error
		if args[i], err = a.spell(arg); err != nil {
			return nil, err
		}
	}
	return a.r.CopyWith(v, v.Attrs, args...)
}

// spell returns the new operand, with its factor and shift written out.
func (a *absorber) spell(v *ir.Value) (*ir.Value, error) {
	f, ok := a.known[v]
	if !ok {
		return a.r.Of(v), nil
	}
	if out := a.spelt[v]; out != nil {
		return out, nil
	}
	var out *ir.Value
	var err error
	if v.Op == ir.OpWhere {
		out, err = a.plain(v) // a choice is as plain as its factor and shift
	} else {
		out, err = scaleAndShift(a.r, v.Name, f.n, f.gain, f.shift)
	}
	a.spelt[v] = out
	return out, err
}

// factor is x·c, c·x or x/c.
func (a *absorber) factor(v *ir.Value) (*ir.Value, bool, error) {
	x, c := FactorOf(v)
	if c == nil {
		return a.gated(v)
	}
	f, ok := a.of(x)
	if !ok || v.Type.Shape != x.Type.Shape {
		return nil, false, nil
	}
	if v.Op == ir.OpDiv {
		c = Divide(Constant(1, c.Type.Shape), c)
	}
	return a.note(v, affine{f.n, Times(f.gain, c), Times(f.shift, c)})
}

func (a *absorber) negated(v *ir.Value) (*ir.Value, bool, error) {
	f, ok := a.of(v.Args[0])
	if !ok {
		return nil, false, nil
	}
	minus := Constant(-1, v.Type.Shape)
	return a.note(v, affine{f.n, Times(f.gain, minus), Times(f.shift, minus)})
}

// moved is an op that only moves elements: gain and shift move alike. A constant
// that is joined to others is all shift, of an integer 0.
func (a *absorber) moved(v *ir.Value) (*ir.Value, bool, error) {
	n := make([]*ir.Value, len(v.Args))
	gains, shifts := make([]*ir.Tensor, len(v.Args)), make([]*ir.Tensor, len(v.Args))
	for i, x := range v.Args {
		f, ok := a.of(x)
		if RealConst(x) {
			f, ok = affine{nil, Constant(1, ir.Shape{}), x.Const()}, true
		}
		if !ok {
			return nil, false, nil
		}
		n[i], gains[i], shifts[i] = f.n, SpreadTo(f.gain, x.Type.Shape), SpreadTo(f.shift, x.Type.Shape)
	}
	some := slices.IndexFunc(n, func(x *ir.Value) bool { return x != nil })
	if some < 0 {
		return nil, false, nil
	}
	gain, one := oneGain(n, gains)
	for i, x := range v.Args {
		if n[i] != nil {
			continue
		}
		if one { // 0 times any gain; that of the others is one that weights can take
			gains[i] = SpreadTo(Constant(gain, ir.Shape{}), x.Type.Shape)
		}
		var err error
		if n[i], err = a.r.Const(a.r.Unique(x.Name+".n"), ir.NewTensor(n[some].Type.WithShape(x.Type.Shape))); err != nil {
			return nil, false, err
		}
	}
	return a.apply(v, n, gains, shifts)
}

// oneGain is the gain of all integers that there are, if they have one.
func oneGain(n []*ir.Value, gains []*ir.Tensor) (gain float64, one bool) {
	for i, x := range n {
		if x == nil {
			continue
		}
		g, same := gains[i].Uniform()
		if !same || one && g != gain {
			return 0, false
		}
		gain, one = g, true
	}
	return gain, one
}

// apply runs v's op on integers, gains and shifts alike.
func (a *absorber) apply(v *ir.Value, n []*ir.Value, gains, shifts []*ir.Tensor) (*ir.Value, bool, error) {
	gain, err := rewrite.Compute(v.Op, v.Attrs, gains...)
	if err != nil {
		return nil, false, err
	}
	shift, err := rewrite.Compute(v.Op, v.Attrs, shifts...)
	if err != nil {
		return nil, false, err
	}
	out, err := a.r.Add(v.Op, a.r.Unique(v.Name), v.Attrs, n...)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{out, gain, shift})
}

// padded pads the integer with 0; the real number of the padding is its shift.
func (a *absorber) padded(v *ir.Value) (*ir.Value, bool, error) {
	x := v.Args[0]
	f, ok := a.of(x)
	if !ok || v.Args[1] != nil && v.Args[1].Const() == nil {
		return nil, false, nil
	}
	shift, err := rewrite.Compute(v.Op, v.Attrs, SpreadTo(f.shift, x.Type.Shape), v.Args[1].Const())
	if err != nil {
		return nil, false, err
	}
	n, err := a.r.Add(v.Op, a.r.Unique(v.Name), v.Attrs, f.n)
	if err != nil {
		return nil, false, err
	}
	gain := f.gain
	if !FlatOn(gain, x.Type.Shape, PaddedAxes(v.Attrs.(ir.PadAttrs))) {
		// Padding is 0 times any gain; 1 is as good as another.
		if gain, err = rewrite.Compute(v.Op, v.Attrs, SpreadTo(gain, x.Type.Shape), ir.Reals(ir.Shape{}, []float64{1})); err != nil {
			return nil, false, err
		}
	}
	return a.note(v, affine{n, gain, shift})
}

// PaddedAxes returns the axes that a pad makes longer.
func PaddedAxes(p ir.PadAttrs) []int {
	var axes []int
	for i := range p.Before {
		if p.Before[i]+p.After[i] > 0 {
			axes = append(axes, i)
		}
	}
	return axes
}

// added is a sum of elements that have one gain.
func (a *absorber) added(v *ir.Value) (*ir.Value, bool, error) {
	x := v.Args[0]
	f, ok := a.of(x)
	if !ok || !FlatOn(f.gain, x.Type.Shape, JoinedAxes(v)) {
		return nil, false, nil
	}
	shift, err := rewrite.Compute(v.Op, v.Attrs, SpreadTo(f.shift, x.Type.Shape))
	if err != nil {
		return nil, false, err
	}
	return a.joined(v, f, shift)
}

// joined brings elements of one gain together, with a shift of the result.
func (a *absorber) joined(v *ir.Value, f affine, shift *ir.Tensor) (*ir.Value, bool, error) {
	n, err := a.r.Add(v.Op, a.r.Unique(v.Name), v.Attrs, f.n)
	if err != nil {
		return nil, false, err
	}
	gain, err := keptAxes(v, f.gain)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{n, gain, shift})
}

// JoinedAxes are the axes along which a reduction or pool brings elements together.
func JoinedAxes(v *ir.Value) []int {
	if red, ok := v.Attrs.(ir.ReduceAttrs); ok {
		return red.Axes
	}
	w := ir.WindowsOf(v)
	first := v.Args[0].Type.Shape.Rank() - len(w.Kernel)
	var axes []int
	for i, k := range w.Kernel {
		if k > 1 || w.Out[i] != w.In[i] { // a window of one place, in place, joins nothing
			axes = append(axes, first+i)
		}
	}
	return axes
}

// keptAxes gives a tensor that is flat on the joined axes of a reduction the
// axes of its result.
func keptAxes(v *ir.Value, t *ir.Tensor) (*ir.Tensor, error) {
	red, ok := v.Attrs.(ir.ReduceAttrs)
	if !ok || red.Keep {
		return t, nil
	}
	red.Keep = false
	full := Ones(v.Args[0].Type.Shape.Rank()).Dims()
	for i, d := range t.Type.Shape.Dims() {
		full[len(full)-t.Type.Shape.Rank()+i] = d
	}
	return rewrite.Compute(ir.OpReduceSum, red, ir.Reals(ir.ShapeOf(full...), t.F))
}

// overTime is the sum over the steps: the shift counts once in each.
func (a *absorber) overTime(v *ir.Value) (*ir.Value, bool, error) {
	f, ok := a.of(v.Args[0])
	if !ok {
		return nil, false, nil
	}
	n, err := a.r.Add(v.Op, a.r.Unique(v.Name), nil, f.n)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{n, f.gain, Times(f.shift, Constant(float64(a.steps), v.Type.Shape))})
}

// weights ends the way of an affine integer in a layer that reads it.
func (a *absorber) weights(v *ir.Value) (*ir.Value, bool, error) {
	f, known := a.known[v.Args[0]]
	w, ok := AsWeighted(v)
	if ok && !known && v.Args[0].Type.IsReal() {
		return a.weightsOnTerms(w)
	}
	if !known || !ok || !FlatOn(f.gain, v.Args[0].Type.Shape, w.others()) {
		return nil, false, nil
	}
	weights, bias, err := w.absorb(f.gain, f.shift)
	if err != nil {
		return nil, false, err
	}
	out, err := layers(a.r, w, f.n, weights, bias)
	return out, true, err
}

// absorb returns the weights and bias with which the layer gives the same result on n as before on
// gain·n + shift.
func (w Weighted) absorb(gain, shift *ir.Tensor) (weights, bias *ir.Tensor, err error) {
	bias = w.Bias()
	if AnyNonZero(shift.F) {
		change, err := w.Response(w.Weights, shift)
		if err != nil {
			return nil, nil, err
		}
		bias = Plus(bias, change)
	}
	if rewrite.Everywhere(gain, func(f float64) bool { return f == 1 }) {
		return w.Weights, bias, nil
	}
	weights = w.scaled(w.perInput(gain))
	if !rewrite.Everywhere(weights, func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }) {
		return nil, nil, rewrite.Refuse(w.Value, diag.NotExact, "its weights times the factor of its operand are not finite")
	}
	return weights, bias, nil
}
