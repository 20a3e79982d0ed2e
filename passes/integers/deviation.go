package integers

import (
	"maps"
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// deviation is how far scale·integer + offset may be from the real value that it
// stands for, by cause, where both are made from the same integers. Entries
// broadcast to the value; nil is exact.
type deviation map[ir.Cause]*ir.Tensor

// scaled multiplies by magnitudes.
func (d deviation) scaled(by *ir.Tensor) deviation {
	out := deviation{}
	for cause, t := range d {
		out[cause] = rewrite.Zip(t, by, func(e, f float64) float64 { return e * math.Abs(f) })
	}
	return out
}

// joined combines the parts of two deviations.
func (d deviation) joined(o deviation, f func(a, b float64) float64) deviation {
	out := deviation{}
	for cause, t := range d {
		out[cause] = t
	}
	for cause, t := range o {
		if old := out[cause]; old != nil {
			t = rewrite.Zip(old, t, f)
		}
		out[cause] = t
	}
	return out
}

func (d deviation) plus(o deviation) deviation {
	return d.joined(o, func(a, b float64) float64 { return a + b })
}

// total is the sum of all parts.
func (d deviation) total() *ir.Tensor {
	out := layers.Constant(0, ir.Shape{})
	for _, cause := range sortedCauses(d) {
		out = layers.Plus(out, d[cause])
	}
	return out
}

// loses adds a part to the deviation of a value.
func (q *quantiser) loses(v *ir.Value, cause ir.Cause, by *ir.Tensor) {
	if layers.AnyNonZero(by.F) {
		q.off[v] = q.off[v].plus(deviation{cause: layers.Magnitude(by)})
	}
}

// roundedOff returns the part of numbers that rounding them to whole units loses.
func roundedOff(units, scale *ir.Tensor) *ir.Tensor {
	return rewrite.Zip(units, scale, func(u, s float64) float64 { return (u - math.Round(u)) * s })
}

// inherit adds the deviations of a value's operands, as they reach the value.
func (q *quantiser) inherit(v *ir.Value) error {
	if rule := inheritRules[v.Op]; rule != nil {
		d, err := rule(q, v)
		if err != nil {
			return err
		}
		q.off[v] = q.off[v].plus(d)
	}
	return nil
}

var inheritRules = map[ir.Op]func(*quantiser, *ir.Value) (deviation, error){
	ir.OpMul:       (*quantiser).offByFactor,
	ir.OpDiv:       (*quantiser).offByFactor,
	ir.OpAdd:       (*quantiser).offInAll,
	ir.OpSub:       (*quantiser).offInAll,
	ir.OpMin:       (*quantiser).offInOne,
	ir.OpMax:       (*quantiser).offInOne,
	ir.OpWhere:     (*quantiser).offInOne,
	ir.OpMap:       (*quantiser).offInOne,
	ir.OpNeg:       (*quantiser).offInOne,
	ir.OpLast:      (*quantiser).offInOne,
	ir.OpMaxTime:   (*quantiser).offInOne,
	ir.OpOutput:    (*quantiser).offInOne,
	ir.OpReshape:   (*quantiser).offMoved,
	ir.OpTranspose: (*quantiser).offMoved,
	ir.OpConcat:    (*quantiser).offMoved,
	ir.OpSlice:     (*quantiser).offMoved,
	ir.OpBroadcast: (*quantiser).offMoved,
	ir.OpPad:       (*quantiser).offMoved,
	ir.OpReduceSum: (*quantiser).offMoved,
	ir.OpSumPool:   (*quantiser).offMoved,
	ir.OpReduceMax: (*quantiser).offMoved,
	ir.OpMaxPool:   (*quantiser).offMoved,
	ir.OpReduceMin: (*quantiser).offLargest,
	ir.OpMatmul:    (*quantiser).offChosen,
	ir.OpSum:       (*quantiser).offInEachStep,
}

func (q *quantiser) offByFactor(v *ir.Value) (deviation, error) {
	x, c := layers.FactorOf(v)
	if v.Op == ir.OpDiv {
		c = layers.Divide(layers.Constant(1, c.Type.Shape), c)
	}
	return q.off[x].scaled(c), nil
}

func (q *quantiser) offInAll(v *ir.Value) (deviation, error) {
	return q.off[v.Args[0]].plus(q.off[v.Args[1]]), nil
}

func (q *quantiser) offInOne(v *ir.Value) (deviation, error) {
	d := deviation{}
	for _, a := range v.Args {
		d = d.joined(q.off[a], math.Max)
	}
	return d, nil
}

// offMoved: elements are moved, added, or the largest is taken.
func (q *quantiser) offMoved(v *ir.Value) (deviation, error) { return q.offUnder(v, v.Op) }

func (q *quantiser) offLargest(v *ir.Value) (deviation, error) { return q.offUnder(v, ir.OpReduceMax) }

func (q *quantiser) offUnder(v *ir.Value, op ir.Op) (deviation, error) {
	out := deviation{}
	for _, cause := range q.causesIn(v) {
		args := make([]*ir.Tensor, 0, len(v.Args))
		for _, a := range v.Args {
			if v.Op == ir.OpPad && len(args) == 1 {
				break // padding is exact
			}
			args = append(args, q.offBy(a, cause))
		}
		t, err := rewrite.Compute(op, v.Attrs, args...)
		if err != nil {
			return nil, err
		}
		out[cause] = layers.Compact(t)
	}
	return out, nil
}

// offBy is one part of a value's deviation in the value's shape, zeros when there is none.
func (q *quantiser) offBy(a *ir.Value, cause ir.Cause) *ir.Tensor {
	if t := q.off[a][cause]; t != nil {
		return layers.SpreadTo(t, a.Type.Shape)
	}
	return ir.NewTensor(ir.RealType(a.Type.Shape))
}

func (q *quantiser) causesIn(v *ir.Value) []ir.Cause {
	all := deviation{}
	for _, a := range v.Args {
		for cause := range q.off[a] {
			all[cause] = nil
		}
	}
	return sortedCauses(all)
}

// offChosen: spikes choose at most all elements of an operand, so a result is off by the
// sum of their deviations at most.
func (q *quantiser) offChosen(v *ir.Value) (deviation, error) {
	out := deviation{}
	for _, cause := range q.causesIn(v) {
		var args [2]*ir.Tensor
		for i, a := range v.Args {
			if args[i] = q.offBy(a, cause); !a.Type.IsReal() {
				args[i] = layers.SpreadTo(layers.Constant(float64(scales.LargestMagnitude(q.r.Of(a).Range)), ir.Shape{}), a.Type.Shape)
			}
		}
		t, err := rewrite.Compute(v.Op, v.Attrs, args[:]...)
		if err != nil {
			return nil, err
		}
		out[cause] = layers.Compact(t)
	}
	return out, nil
}

func (q *quantiser) offInEachStep(v *ir.Value) (deviation, error) {
	return q.off[v.Args[0]].scaled(layers.Constant(float64(q.steps), ir.Shape{})), nil
}

// stateBound tells the bound of a value, if anyone listens.
func (q *quantiser) stateBound(v, out *ir.Value) {
	if q.options.Bound == nil || v.Op != ir.OpOutput && !v.Type.IsReal() || v.Op == ir.OpConst {
		return
	}
	b := &ir.Bound{Real: v.Name, Fixed: out.Name, Output: v.Op == ir.OpOutput, Unit: layers.Constant(1, ir.Shape{})}
	scale := v.Scale
	if b.Output {
		scale = out.Scale
	}
	if scale != nil {
		b.Unit = scale.Data
	}
	if b.Offset = q.offsets[v]; b.Offset == nil || b.Output {
		b.Offset = layers.Constant(0, ir.Shape{})
	}
	if b.Output {
		b.Against = float64(scales.LargestMagnitude(out.Range)) * b.Unit.F[0]
	}
	q.tellBound(b, q.off[v])
}

// sortedCauses lists causes by name, so that sums are the same every time.
func sortedCauses(d deviation) []ir.Cause { return slices.Sorted(maps.Keys(d)) }

// tellBound hands on a bound that has all but its sizes.
func (q *quantiser) tellBound(b *ir.Bound, d deviation) {
	b.Most, b.Parts = d.total(), map[ir.Cause]float64{}
	worst := 0
	for i, f := range b.Most.F {
		if f > b.Most.F[worst] {
			worst = i
		}
	}
	for cause, t := range d {
		b.Parts[cause] = rewrite.Stretched(t, b.Most.Type.Shape)[worst]
	}
	q.options.Bound(b)
}

// centreAll notes the losses of conversions of the operands of a linear op, each where
// it comes to stand, and adds the half units to the offsets of the operands.
func (q *quantiser) centreAll(v *ir.Value, got []conversion, offs []*ir.Tensor) error {
	all := map[ir.Cause][]*ir.Tensor{}
	for i, c := range got {
		shape := v.Args[i].Type.Shape
		lost, off := ir.NewTensor(ir.RealType(shape)), ir.NewTensor(ir.RealType(shape))
		if c.lost != nil {
			lost = layers.Times(layers.SpreadTo(c.lost, shape), layers.Constant(0.5, ir.Shape{}))
			offs[i] = layers.Plus(offs[i], lost)
		}
		if c.off != nil {
			off = layers.SpreadTo(c.off, shape)
		}
		all[ir.OfConversion], all[ir.OfFactor] = append(all[ir.OfConversion], lost), append(all[ir.OfFactor], off)
	}
	for cause, list := range all {
		if !slices.ContainsFunc(list, func(t *ir.Tensor) bool { return layers.AnyNonZero(t.F) }) {
			continue
		}
		sum, err := rewrite.Compute(v.Op, v.Attrs, list...)
		if err != nil {
			return err
		}
		q.loses(v, cause, layers.Compact(sum))
	}
	return nil
}
