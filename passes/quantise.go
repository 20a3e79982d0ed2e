package passes

import (
	"math"
	"math/bits"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// runQuantise rounds once, from float64, and leaves integers only. Weights are
// W_q = round(W/s) in the scale s of their layer. Thresholds are integers by
// the choice of s. Biases of fine layers (pixels) go in whole units into the
// layer; those of others travel on as a real number and go into the neurons,
// which have guard bits for them.
func runQuantise(n *ir.Net, o *Options) (*ir.Net, error) {
	q := &quantiser{options: o, steps: n.Steps, readers: n.Readers(), offsets: map[*ir.Value]*ir.Tensor{}, whole: map[*ir.Value]*ir.Value{}}
	return ir.Rebuild(n, ir.Fixed, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		q.r = r
		return q.value(v)
	})
}

type quantiser struct {
	options *Options
	steps   int
	readers map[*ir.Value][]*ir.Value
	r       *ir.Rebuilder
	// offsets are what is still to be added to scale·integer, by value of the
	// old net; it broadcasts to the value.
	offsets map[*ir.Value]*ir.Tensor
	whole   map[*ir.Value]*ir.Value // values of the old net with their offset added
}

func (q *quantiser) value(v *ir.Value) (*ir.Value, error) {
	switch {
	case v.Op == ir.OpConst:
		return nil, nil
	case v.Op == ir.OpNeuron:
		return q.neuron(v)
	case !v.Type.IsReal() && !anyReal(v.Args):
		return q.integer(v)
	}
	rule := integerRules[v.Op]
	if rule == nil {
		return nil, refuse(v, diag.NotExact, "is real, and no rule runs it on integers")
	}
	if v.Scale == nil && v.Op != ir.OpOutput {
		return nil, refuse(v, diag.NotExact, "has no scale; run choose-scales first")
	}
	out, err := rule(q, v)
	if err == nil && out.Scale == nil && !q.isOperand(v, out) {
		out.Scale = v.Scale
	}
	return out, err
}

// isOperand tells whether a value stands for one of v's operands, unchanged.
func (q *quantiser) isOperand(v, out *ir.Value) bool {
	return slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return a.Const() == nil && q.r.Of(a) == out })
}

func anyReal(args []*ir.Value) bool {
	for _, a := range args {
		if a != nil && a.Type.IsReal() {
			return true
		}
	}
	return false
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
	return constant(1, ir.Shape{})
}

// weights rounds a layer's weights, and its bias if the layer keeps it.
func (q *quantiser) weights(v *ir.Value) (*ir.Value, error) {
	w, ok := asWeighted(v)
	x := q.r.Of(v.Args[0])
	if !ok || x.Type.IsReal() || v.Args[0].Type.IsReal() {
		return nil, refuse(v, diag.NotExact, "reads the real %%%s", v.Args[0].Name)
	}
	scale := w.perOutputData(v.Scale.Data)
	data := w.rounded(scale)
	weight, err := q.r.AddTyped(ir.OpConst, q.r.Unique(v.Args[1].Name), ir.ConstAttrs{Data: data}, ir.SintType(bits.Len64(uint64(q.options.weightLimit(v)))+1, data.Type.Shape))
	if err != nil {
		return nil, err
	}
	bias, err := q.bias(w, data, scale)
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
	x, c := factorOf(v)
	if v.Op == ir.OpDiv {
		c = divide(constant(1, c.Type.Shape), c)
	}
	if off := q.offsets[x]; off != nil {
		q.offset(v, times(off, c))
	}
	return q.convert(v, q.r.Of(x), x, divide(times(scaleOf(x), c), v.Scale.Data))
}

// offset adds to what is still to be added to a value.
func (q *quantiser) offset(v *ir.Value, off *ir.Tensor) {
	if old := q.offsets[v]; old != nil {
		off = plus(old, off)
	}
	q.offsets[v] = off
}

// sum adds or subtracts, each operand brought into the units of the result.
// Constants are part of the offset.
func (q *quantiser) sum(v *ir.Value) (*ir.Value, error) {
	sign := constant(1, ir.Shape{})
	var terms []*ir.Value
	negated := false
	for i, a := range v.Args {
		if i == 1 && v.Op == ir.OpSub {
			sign = constant(-1, ir.Shape{})
		}
		off := q.offsets[a]
		if realConst(a) {
			off = a.Const()
		} else {
			term, err := q.convert(v, q.r.Of(a), a, divide(scaleOf(a), v.Scale.Data))
			if err != nil {
				return nil, err
			}
			terms = append(terms, term)
			negated = sign.F[0] < 0
		}
		if off != nil {
			q.offset(v, times(off, sign))
		}
	}
	switch {
	case len(terms) == 2:
		return q.r.Add(v.Op, q.r.Unique(v.Name), nil, terms...)
	case negated:
		return q.r.Add(ir.OpNeg, q.r.Unique(v.Name), nil, terms[0])
	}
	return q.renamed(v, terms[0])
}

// renamed is a value that stays the integer it was. Its shape may grow.
func (q *quantiser) renamed(v, x *ir.Value) (*ir.Value, error) {
	if x.Type.Shape != v.Type.Shape {
		return q.r.Add(ir.OpBroadcast, q.r.Unique(v.Name), ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, x)
	}
	return x, nil
}

// settled is an old value as an integer with its offset added, rounded.
func (q *quantiser) settled(v *ir.Value) (*ir.Value, error) {
	x, off := q.r.Of(v), q.offsets[v]
	if off == nil || !anyNonZero(off.F) {
		return x, nil
	}
	if out := q.whole[v]; out != nil {
		return out, nil
	}
	c, err := q.integers(v.Name+".offset", compact(spreadTo(divide(off, scaleOf(v)), v.Type.Shape)))
	if err != nil {
		return nil, err
	}
	out, err := q.r.Add(ir.OpAdd, q.r.Unique(v.Name+".whole"), nil, x, c)
	if err == nil {
		out.Scale = v.Scale
	}
	q.whole[v] = out
	return out, err
}

// linearOp is an op under which scale·integer + offset splits into the two.
func (q *quantiser) linearOp(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	offs := make([]*ir.Tensor, len(v.Args))
	shifted := false
	for i, a := range v.Args {
		args[i], offs[i] = q.r.Of(a), ir.NewTensor(ir.RealType(a.Type.Shape))
		if off := q.offsets[a]; off != nil {
			offs[i], shifted = spreadTo(off, a.Type.Shape), true
		}
		if v.Op == ir.OpConcat {
			var err error
			if args[i], err = q.convert(v, args[i], a, divide(scaleOf(a), partScale(v, i))); err != nil {
				return nil, err
			}
		}
	}
	if shifted {
		off, err := compute(v.Op, v.Attrs, offs...)
		if err != nil {
			return nil, err
		}
		q.offset(v, compact(off))
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, args...)
}

// partScale is the scale of operand i's part of a concat.
func partScale(v *ir.Value, i int) *ir.Tensor {
	axis, start := v.Attrs.(ir.AxisAttrs).Axis, 0
	for _, a := range v.Args[:i] {
		start += a.Type.Shape.Dim(axis)
	}
	part, err := compute(ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: v.Args[i].Type.Shape.Dim(axis), Step: 1},
		spreadTo(v.Scale.Data, v.Type.Shape))
	if err != nil {
		panic(err) // the part lies in the concat
	}
	return compact(part)
}

// padded pads with what makes 0 of the offset around it, and with the offset of the value.
func (q *quantiser) padded(v *ir.Value) (*ir.Value, error) {
	x, value := v.Args[0], v.Args[1]
	off := q.offsets[x]
	if off != nil || value != nil {
		if off == nil {
			off = constant(0, x.Type.Shape)
		}
		moved, err := compute(v.Op, v.Attrs, spreadTo(off, x.Type.Shape), value.Const())
		if err != nil {
			return nil, err
		}
		q.offset(v, compact(moved))
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, q.r.Of(x))
}

// extreme is the largest or smallest of several elements: their offsets must be equal to come after it.
func (q *quantiser) extreme(v *ir.Value) (*ir.Value, error) {
	a := v.Args[0]
	x, off := q.r.Of(a), q.offsets[a]
	if off != nil && flatOn(compact(spreadTo(off, a.Type.Shape)), a.Type.Shape, joinedAxes(v)) {
		after, err := compute(v.Op, v.Attrs, spreadTo(off, a.Type.Shape))
		if err != nil {
			return nil, err
		}
		q.offset(v, compact(after))
	} else if off != nil {
		q.options.note(v, "the biases of %s differ within a window, so they are rounded to its whole units", a.Name)
		var err error
		if x, err = q.settled(a); err != nil {
			return nil, err
		}
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, x)
}

// overTime reads a value out; the sum has its offset once per step.
func (q *quantiser) overTime(v *ir.Value) (*ir.Value, error) {
	if off := q.offsets[v.Args[0]]; off != nil {
		if v.Op == ir.OpSum {
			off = times(off, constant(float64(q.steps), off.Type.Shape))
		}
		q.offset(v, off)
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, q.r.Of(v.Args[0]))
}

// choice is an op that takes one of its operands, which are whole integers in its units.
func (q *quantiser) choice(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		switch {
		case realConst(a):
			args[i], err = q.integers(v.Name+".bound", compact(divide(spreadTo(a.Const(), v.Type.Shape), v.Scale.Data)))
		case !a.Type.IsReal():
			args[i] = q.r.Of(a)
			if v.Op != ir.OpWhere || i > 0 {
				args[i], err = q.convert(v, args[i], a, divide(scaleOf(a), v.Scale.Data))
			}
		default:
			if args[i], err = q.settled(a); err == nil {
				args[i], err = q.convert(v, args[i], a, divide(scaleOf(a), v.Scale.Data))
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, args...)
}

func (q *quantiser) output(v *ir.Value) (*ir.Value, error) {
	x, err := q.settled(v.Args[0])
	if err != nil {
		return nil, err
	}
	out, err := q.r.CopyWith(v, v.Attrs, x)
	if err == nil {
		out.Scale = v.Args[0].Scale
	}
	return out, err
}
