package ir

import (
	"nomul/ir/diag"
	"nomul/ir/update"
)

// inference works out a value's type, clock, range and state by its row. The type
// written on the value comes in and is replaced by the inferred one.
type inference struct {
	v     *Value
	row   opInfo // of v.Op; rows are not looked up from row functions, which the table refers to
	level Level
	steps int

	typ     Type
	rng     Range
	state   Range
	current Range
	err     *diag.Diagnostic
}

// infer computes type, clock, range and state of a value from its operands,
// attributes and, for ops that cannot know it (input, cast, delay), the type written.
func infer(v *Value, level Level, steps int) (*inference, *diag.Diagnostic) {
	in := &inference{v: v, row: ops[v.Op], level: level, steps: steps}
	if d := checkOperands(v); d != nil {
		return nil, d
	}
	in.row.infer(in)
	if in.err != nil {
		return nil, in.err
	}
	return in, nil
}

// fail records the first error.
func (in *inference) fail(code diag.Code, format string, args ...any) {
	if in.err == nil {
		in.err = diag.Errorf(in.v.Origin, code, "%s %%%s: "+format, append([]any{in.row.name, in.v.Name}, args...)...)
	}
}

func checkOperands(v *Value) *diag.Diagnostic {
	slots := ops[v.Op].operands
	if len(slots) == 1 && slots[0].Variadic {
		return nil
	}
	if len(v.Args) != len(slots) {
		return diag.Errorf(v.Origin, diag.BadNet, "%s %%%s: has %d operands, wanted %d", v.Op, v.Name, len(v.Args), len(slots))
	}
	for i, s := range slots {
		if v.Args[i] == nil && !s.Optional {
			return diag.Errorf(v.Origin, diag.BadNet, "%s %%%s: operand %s is missing", v.Op, v.Name, s.Name)
		}
	}
	return nil
}

// clockOf is the clock law: the latest of the operands; an op with memory is at
// least step; a readout turns step into end.
func clockOf(v *Value) (Clock, *diag.Diagnostic) {
	clock := Once
	for _, a := range v.Args {
		if a != nil {
			clock = max(clock, a.Clock)
		}
	}
	if in, ok := v.Attrs.(InputAttrs); ok {
		clock = in.Per
	}
	if clock == End && v.Op.Temporal() {
		return 0, diag.Errorf(v.Origin, diag.BadNet, "%s %%%s: belongs to the time steps but reads a value from after them", v.Op, v.Name)
	}
	switch {
	case v.Op.Class() == OverTime:
		return End, nil
	case v.Op.Class() == State:
		return Step, nil
	}
	return clock, nil
}

// number sets an element-wise result: real if any operand is, else an integer of the range.
func (in *inference) number(s Shape, r Range) {
	for _, a := range in.v.Args {
		if a != nil && a.Type.IsReal() {
			in.typ = RealType(s)
			return
		}
	}
	in.integer(s, r)
}

// integer sets an integer result. At the source level integers are ONNX's int64.
func (in *inference) integer(s Shape, r Range) {
	in.rng = r
	in.typ = Holding(r, s)
	if in.level == Source {
		in.typ = SintType(64, s)
		return
	}
	if r.Lo <= -update.Limit || r.Hi >= update.Limit {
		in.fail(diag.TooWide, "its numbers would go from %d to %d, which no integer holds", r.Lo, r.Hi)
	}
}

// broadcast is the common shape of the operands from the given slot on.
func (in *inference) broadcast(args ...*Value) Shape {
	s := args[0].Type.Shape
	for _, a := range args[1:] {
		t, ok := Broadcast(s, a.Type.Shape)
		if !ok {
			in.fail(diag.ShapeMismatch, "cannot combine %%%s %v and %%%s %v",
				args[0].Name, args[0].Type, a.Name, a.Type)
			return s
		}
		s = t
	}
	return s
}

// fits demands that an operand stretches to a shape.
func (in *inference) fits(a *Value, s Shape, what string) {
	if a != nil && !a.Type.Shape.BroadcastsTo(s) {
		in.fail(diag.ShapeMismatch, "%s %%%s is %v, which does not stretch to %v", what, a.Name, a.Type, s)
	}
}

func (in *inference) axis(a, rank int) bool {
	if a < 0 || a >= rank {
		in.fail(diag.BadAttribute, "axis %d, but there are %d axes", a, rank)
		return false
	}
	return true
}

// shape sets a new shape from dimensions, or fails.
func (in *inference) shape(dims []int) Shape {
	s, err := NewShape(dims)
	if err != nil {
		in.fail(diag.ShapeMismatch, "%v", err)
	}
	return s
}

// like sets x's element type and range with another shape.
func (in *inference) like(x *Value, s Shape) {
	in.typ, in.rng = x.Type.WithShape(s), x.Range
}

func inferGiven(in *inference) {
	in.typ, in.rng = in.v.Type, in.v.Type.Full()
	if in.v.Range != (Range{}) && in.rng.Contains(in.v.Range) {
		in.rng = in.v.Range
	}
	if a, ok := in.v.Attrs.(InputAttrs); ok {
		in.checkPixels(a)
	}
}

func (in *inference) checkPixels(a InputAttrs) {
	if a.Per == End {
		in.fail(diag.BadAttribute, "per must be once or step")
	}
	for _, list := range [][]float64{a.Scale, a.Mean, a.Std} {
		if n := len(list); n > 1 && ChannelAxis(in.typ.Shape.Dims(), n) < 0 {
			in.fail(diag.BadAttribute, "normalisation has %d entries, and neither the first nor the last axis of %v", n, in.typ)
		}
	}
	for _, s := range append(append([]float64{}, a.Std...), a.Scale...) {
		if s <= 0 {
			in.fail(diag.BadAttribute, "normalisation scale and std must be positive, got %v", s)
		}
	}
}

func inferConst(in *inference) {
	data := in.v.Attrs.(ConstAttrs).Data
	if data == nil {
		in.fail(diag.BadConstant, "has no data")
		return
	}
	in.typ, in.rng = in.v.Type, data.Range()
	switch {
	case len(data.F)+len(data.I) != in.typ.Size() || data.Type.IsReal() != in.typ.IsReal():
		in.fail(diag.BadConstant, "data is %v of %d elements, wanted %v", data.Type, len(data.F)+len(data.I), in.typ)
	case !in.typ.IsReal() && !in.typ.Full().Contains(in.rng):
		in.fail(diag.BadConstant, "data range %v does not fit %v", in.rng, in.typ)
	}
	for i, f := range data.F {
		if f-f != 0 {
			in.fail(diag.BadConstant, "element %d is %v", i, f)
			return
		}
	}
}

func inferSame(in *inference) {
	x := in.v.Args[0]
	in.like(x, x.Type.Shape)
}

// inferDelay: the written type says how wide the memory is; its range is all of it.
func inferDelay(in *inference) {
	x := in.v.Args[0]
	in.typ = in.v.Type
	if in.typ.Kind == 0 {
		in.typ = x.Type
	}
	if in.typ.Shape != x.Type.Shape || in.typ.IsReal() != x.Type.IsReal() {
		in.fail(diag.TypeMismatch, "init %%%s is %v, wanted %v", x.Name, x.Type, in.typ)
	}
	in.rng = in.typ.Full()
	if !in.rng.Contains(x.Range) {
		in.fail(diag.TypeMismatch, "init %%%s with range %v does not fit %v", x.Name, x.Range, in.typ)
	}
}

func inferLatch(in *inference) {
	d, x := in.v.Args[0], in.v.Args[1]
	in.typ, in.rng = d.Type, d.Range
	switch {
	case d.Op != OpDelay:
		in.fail(diag.BadNet, "closes %%%s, which is no delay", d.Name)
	case d.Type.Shape != x.Type.Shape || d.Type.IsReal() != x.Type.IsReal() || !d.Type.Full().Contains(x.Range):
		in.fail(diag.TypeMismatch, "%%%s is %v, but the delay is %v", x.Name, x.Type, d.Type)
	}
}

func inferSum(in *inference) {
	x := in.v.Args[0]
	n := int64(in.steps)
	in.number(x.Type.Shape, Range{Lo: update.Product(x.Range.Lo, n), Hi: update.Product(x.Range.Hi, n)})
}
