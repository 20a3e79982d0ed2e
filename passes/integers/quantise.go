package integers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/rounding"
	"nomul/passes/scales"
)

// Quantise rounds once, from float64, and leaves integers only. Weights are
// W_q = round(W/s) in the scale s of their layer. Thresholds are integers by
// the choice of s. Biases of fine layers (pixels) go in whole units into the
// layer; those of others travel on as a real number and go into the neurons,
// which have guard bits for them.
func Quantise(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	sizes := scales.RealSizes(n)
	widths, err := rounding.Widths(n, o)
	if err != nil {
		return nil, err
	}
	rounded, err := rounding.Round(n, o, widths)
	if err != nil {
		return nil, err
	}
	q := &quantiser{options: o, widths: widths, rounded: rounded, steps: n.Steps, readers: n.Readers(), offsets: map[*ir.Value]*ir.Tensor{},
		settledAs: map[*ir.Value]*ir.Value{}, off: map[*ir.Value]deviation{}, sizes: sizes,
		tolerances: tolerances(n, sizes), made: map[*ir.Value][]bringing{},
		realQuiet: quiet{known: map[*ir.Value]*ir.Tensor{}}, fixedQuiet: quiet{known: map[*ir.Value]*ir.Tensor{}}}
	return ir.Rebuild(n, ir.Fixed, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		q.r = r
		defer q.forget(v)
		return q.value(v)
	})
}

// forget drops the offsets and deviations of operands that nothing reads behind v.
func (q *quantiser) forget(v *ir.Value) {
	for _, a := range v.Args {
		if readers := q.readers[a]; a != nil && readers[len(readers)-1] == v {
			delete(q.offsets, a)
			delete(q.off, a)
		}
	}
}

type quantiser struct {
	options *rewrite.Options
	widths  map[*ir.Value]int
	rounded map[*ir.Value]*rounding.Layer // by calibration samples
	steps   int
	readers map[*ir.Value][]*ir.Value
	r       *ir.Rebuilder
	// offsets are to be added to scale·integer, by value of the old net; they broadcast to the
	// value.
	offsets   map[*ir.Value]*ir.Tensor
	settledAs map[*ir.Value]*ir.Value // values of the old net with their offset added
	off       map[*ir.Value]deviation
	sizes     map[*ir.Value]scales.RealSize
	// tolerances are how far values may be off, made the conversions at each.
	tolerances map[*ir.Value]float64
	made       map[*ir.Value][]bringing
	// realQuiet and fixedQuiet are the values without spikes, of the old net and the new.
	realQuiet, fixedQuiet quiet
}

// comparesNumbers is the error of a comparison that is no neuron's.
func comparesNumbers(v *ir.Value) *diag.Diagnostic {
	d := rewrite.Refuse(v, diag.NotExact, "compares numbers that are no membrane; only neurons compare, a membrane with its threshold")
	if v.Clock == ir.End {
		return d.WithHelp("if it is a parallel spiking neuron (PSN), which reads all time steps: it runs behind layers of its kind, and not behind neurons that work step by step")
	}
	if is := v.Attrs.(ir.CompareAttrs).Is; is == ir.EQ || is == ir.NE {
		return d.WithHelp("the time of a first spike is a count of the steps without one: done = torch.maximum(done, s); time = time + (1 - done)")
	}
	return d
}

func (q *quantiser) value(v *ir.Value) (*ir.Value, error) {
	switch {
	case v.Op == ir.OpConst:
		return nil, nil
	case v.Op == ir.OpNeuron:
		return q.neuron(v)
	case v.Op == ir.OpCell:
		return q.cell(v)
	case v.Op == ir.OpLevels && ir.AnyReal(v.Args):
		return q.levels(v)
	case !v.Type.IsReal() && !ir.AnyReal(v.Args):
		return q.integer(v)
	}
	rule := integerRules[v.Op]
	switch {
	case rule == nil && v.Op == ir.OpCompare:
		return nil, comparesNumbers(v)
	case rule == nil:
		return nil, rewrite.Refuse(v, diag.NotExact, scales.NotOfIntegers)
	}
	if v.Scale == nil && v.Op != ir.OpOutput {
		return nil, rewrite.Refuse(v, diag.NotExact, "has no scale yet: choose-scales gives it one")
	}
	out, err := rule(q, v)
	if err != nil {
		return nil, err
	}
	if out.Scale == nil && !q.isOperand(v, out) {
		out.Scale = v.Scale
	}
	if err := q.inherit(v); err != nil {
		return nil, err
	}
	q.stateBound(v, out)
	if v.Op == ir.OpOutput {
		most := float64(scales.LargestMagnitude(out.Range)) * scaleOf(out).F[0]
		return out, q.precise(v, q.off[v], layers.Constant(most, ir.Shape{}), "it may be off by %.3g, and is at most %.3g")
	}
	return out, nil
}

// isOperand reports whether a value stands for one of v's operands, unchanged.
func (q *quantiser) isOperand(v, out *ir.Value) bool {
	return slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return a.Const() == nil && q.r.Of(a) == out })
}

// Quantises reports whether there is a rule that makes an op's result an integer, where it is real.
func Quantises(op ir.Op) bool {
	return op == ir.OpNeuron || op == ir.OpCell || op == ir.OpLevels || integerRules[op] != nil
}

// integerRules make an op's real result an integer in its scale.
var integerRules = map[ir.Op]func(*quantiser, *ir.Value) (*ir.Value, error){
	ir.OpLinear:    (*quantiser).weights,
	ir.OpConv:      (*quantiser).weights,
	ir.OpMul:       (*quantiser).factor,
	ir.OpDiv:       (*quantiser).factor,
	ir.OpAdd:       (*quantiser).sum,
	ir.OpSub:       (*quantiser).sum,
	ir.OpMin:       (*quantiser).choice,
	ir.OpMax:       (*quantiser).choice,
	ir.OpWhere:     (*quantiser).choice,
	ir.OpMap:       (*quantiser).choice,
	ir.OpNeg:       (*quantiser).linearOp,
	ir.OpReshape:   (*quantiser).linearOp,
	ir.OpTranspose: (*quantiser).linearOp,
	ir.OpConcat:    (*quantiser).linearOp,
	ir.OpSlice:     (*quantiser).linearOp,
	ir.OpBroadcast: (*quantiser).linearOp,
	ir.OpReduceSum: (*quantiser).linearOp,
	ir.OpSumPool:   (*quantiser).linearOp,
	ir.OpPad:       (*quantiser).padded,
	ir.OpReduceMax: (*quantiser).extreme,
	ir.OpReduceMin: (*quantiser).extreme,
	ir.OpMaxPool:   (*quantiser).extreme,
	ir.OpMatmul:    (*quantiser).product,
	ir.OpSum:       (*quantiser).overTime,
	ir.OpLast:      (*quantiser).overTime,
	ir.OpMaxTime:   (*quantiser).overTime,
	ir.OpOutput:    (*quantiser).output,
}

// scaleOf is the real number of one unit of an old value; integers are themselves.
func scaleOf(v *ir.Value) *ir.Tensor {
	if v.Type.IsReal() && v.Scale != nil {
		return v.Scale.Data
	}
	return layers.Constant(1, ir.Shape{})
}

// weights rounds a layer's weights, and its bias if the layer keeps it.
func (q *quantiser) weights(v *ir.Value) (*ir.Value, error) {
	w, ok := layers.AsWeighted(v)
	x := q.r.Of(v.Args[0])
	if !ok || x.Type.IsReal() || v.Args[0].Type.IsReal() {
		return nil, rewrite.Refuse(v, diag.NotExact, "reads the real %%%s", v.Args[0].Name)
	}
	scale := w.PerOutputData(v.Scale.Data)
	layer := q.rounded[v]
	if layer == nil {
		layer = &rounding.Layer{Weighted: w, Integers: rounding.Plain(w, scale, rounding.LimitOf(q.widths[v]))}
	}
	weight, err := q.r.AddTyped(ir.OpConst, q.r.Unique(v.Args[1].Name), ir.ConstAttrs{Data: layer.Integers}, ir.SintType(q.widths[v], w.Weights.Type.Shape))
	if err != nil {
		return nil, err
	}
	lost := w.Lost(layer.Integers, scale, x.Range, layers.ZeroPixels(v.Args[0]))
	if layer.Shift != nil {
		lost = layers.Plus(lost, layers.Magnitude(w.PerOutput(layer.Shift)))
	}
	q.loses(v, ir.OfWeights, lost)
	bias, err := q.bias(layer)
	if err != nil {
		return nil, err
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), slotted(v.Attrs, x), x, weight, bias)
}

// slotted says how the sum is run: over words as bit planes.
func slotted(attrs ir.Attrs, x *ir.Value) ir.Attrs {
	slots := ir.SlotsNone
	if x.Type.Bits > 1 {
		slots = ir.SlotsPlanes
	}
	switch a := attrs.(type) {
	case ir.LinearAttrs:
		a.Slots = slots
		return a
	case ir.ConvAttrs:
		a.Slots = slots
		return a
	}
	return attrs
}

// integers appends a constant, rounded to whole numbers.
func (q *quantiser) integers(name string, units *ir.Tensor) (*ir.Value, error) {
	data := make([]int64, len(units.F))
	for i, f := range units.F {
		data[i] = int64(math.Round(f))
	}
	return q.r.Const(q.r.Unique(name), ir.Ints(units.Type.Shape, data))
}

// factor is x times a constant, in the units of the result.
func (q *quantiser) factor(v *ir.Value) (*ir.Value, error) {
	x, c := layers.FactorOf(v)
	if v.Op == ir.OpDiv {
		c = layers.Divide(layers.Constant(1, c.Type.Shape), c)
	}
	if off := q.offsets[x]; off != nil {
		q.offset(v, layers.Times(off, c))
	}
	got, err := q.convert(v, q.r.Of(x), x, layers.Divide(layers.Times(scaleOf(x), c), v.Scale.Data), v.Scale.Data)
	if err != nil {
		return nil, err
	}
	q.centre(v, got, 1)
	if got.value.Type.Shape != v.Type.Shape { // the factor has more axes, and is one number
		return q.r.Add(ir.OpBroadcast, q.r.Unique(v.Name), ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, got.value)
	}
	return got.value, nil
}

// brought is an operand brought into the units of v, which adds it with a sign.
func (q *quantiser) brought(v, a *ir.Value, sign float64) (*ir.Value, error) {
	got, err := q.convert(v, q.r.Of(a), a, layers.Divide(scaleOf(a), v.Scale.Data), v.Scale.Data)
	if err != nil {
		return nil, err
	}
	q.centre(v, got, sign)
	return got.value, nil
}

// centre notes the loss of a conversion of an operand that is added with a sign: it is
// rounded down, by half a unit on average, which is added to the offset.
func (q *quantiser) centre(v *ir.Value, got conversion, sign float64) {
	if got.lost != nil {
		half := layers.Times(got.lost, layers.Constant(0.5, ir.Shape{}))
		q.offset(v, layers.Times(half, layers.Constant(sign, ir.Shape{})))
		q.loses(v, ir.OfConversion, half)
	}
	if got.off != nil {
		q.loses(v, ir.OfFactor, got.off)
	}
}

// offset adds to the offset of a value, the number that is still to be added to it.
func (q *quantiser) offset(v *ir.Value, off *ir.Tensor) {
	q.offsets[v] = layers.Plus(q.offsets[v], off)
}
