package ir

import (
	"math"

	"nomul/ir/diag"
)

// Verify checks a net against the IR's invariants. It runs before the first
// pass and after each:
//
//   - there is a name, a level, 1 to MaxSteps steps, and at least one output;
//   - every value is defined above its uses, under a unique, printable name;
//   - values are ordered by clock: once, step, end;
//   - the op has a row and the attributes are of the row's struct;
//   - every operand slot that is not optional is filled;
//   - type shape, clock, range, state and current equal those inferred by the row, and the
//     integer type holds the range;
//   - the net's level allows the op; at fixed, nothing real takes part;
//   - constants have data of their type, without NaN or infinity;
//   - every delay is closed by exactly one latch, and nothing reads a latch;
//   - a scale is of positive numbers, and stretches to its value's shape;
//   - an output belongs to once or end, nothing reads it, and at fixed it has one
//     scale, so that decoding is one factor.
func Verify(n *Net) error {
	v := &verifier{net: n, at: map[*Value]int{}, names: map[string]bool{}, latched: map[*Value]int{}}
	v.header()
	for i, val := range n.Values {
		v.value(i, val)
		v.at[val] = i
	}
	for _, d := range n.All(OpDelay) {
		if v.latched[d] != 1 {
			v.errs.Add(d.Origin, diag.BadNet, "delay %%%s is closed by %d latches, wanted 1", d.Name, v.latched[d])
		}
	}
	return v.errs.Err()
}

type verifier struct {
	net     *Net
	at      map[*Value]int // where each value met so far stands
	names   map[string]bool
	latched map[*Value]int
	errs    diag.List
}

func (v *verifier) header() {
	n := v.net
	if !validName(n.Name) || n.Level < Source || n.Level > Fixed || n.Steps < 1 || n.Steps > MaxSteps {
		v.errs.Add(diag.Origin{}, diag.BadNet, "bad head: net %q, %v, %d steps", n.Name, n.Level, n.Steps)
	}
	if len(n.All(OpOutput)) == 0 {
		v.errs.Add(diag.Origin{}, diag.BadNet, "net %s has no output", n.Name)
	}
}

func (v *verifier) value(i int, val *Value) {
	if val.Op == OpInvalid || val.Op >= numOps {
		v.bad(val, "has no op")
		return
	}
	if v.names[val.Name] || !validName(val.Name) {
		v.bad(val, "has a name that is taken or cannot be printed")
	}
	v.names[val.Name] = true
	if i > 0 && v.net.Values[i-1].Clock > val.Clock {
		v.bad(val, "stands behind values of clock %v", v.net.Values[i-1].Clock)
	}
	if !v.operands(val) {
		return
	}
	v.level(val)
	v.inferred(val)
	v.scale(val)
}

func (v *verifier) scale(val *Value) {
	if val.Scale == nil {
		return
	}
	for _, f := range val.Scale.Data.F {
		if !(f > 0) || math.IsInf(f, 0) {
			v.bad(val, "has the scale %v, wanted a positive number", f)
			return
		}
	}
	if !val.Scale.Data.Type.Shape.BroadcastsTo(val.Type.Shape) {
		v.bad(val, "has a scale of shape %v, which does not stretch to %v", val.Scale.Data.Type.Shape, val.Type)
	}
	if _, one := val.Scale.Data.Uniform(); val.Op == OpOutput && v.net.Level == Fixed && !one {
		v.bad(val, "is an output with several scales, wanted one")
	}
}

func (v *verifier) bad(val *Value, format string, args ...any) {
	v.errs.Add(val.Origin, diag.BadNet, "%s %%%s: "+format, append([]any{val.Op, val.Name}, args...)...)
}

// operands checks that operands stand above and may be read.
func (v *verifier) operands(val *Value) bool {
	for _, a := range val.Args {
		if a == nil {
			continue
		}
		if _, ok := v.at[a]; !ok {
			v.bad(val, "reads %%%s, which is not defined above", a.Name)
			return false
		}
		if a.Op == OpLatch || a.Op == OpOutput {
			v.bad(val, "reads the %s %%%s", a.Op, a.Name)
		}
	}
	if val.Op == OpLatch && len(val.Args) > 0 {
		v.latched[val.Args[0]]++
	}
	if val.Op == OpOutput && val.Clock == Step {
		v.bad(val, "is an output inside the time steps; read it out with sum")
	}
	return true
}

func (v *verifier) level(val *Value) {
	row := ops[val.Op]
	if v.net.Level < row.from || v.net.Level > row.to {
		v.errs.Add(val.Origin, diag.BadLevel, "%s %%%s: has no place at the %v level", val.Op, val.Name, v.net.Level)
	}
	if v.net.Level == Fixed && val.Type.IsReal() {
		v.errs.Add(val.Origin, diag.BadLevel, "%s %%%s: is real at the fixed level", val.Op, val.Name)
	}
}

func (v *verifier) inferred(val *Value) {
	if d := checkAttrs(val); d != nil {
		v.errs = append(v.errs, d)
		return
	}
	in, d := infer(val, v.net.Level, v.net.Steps)
	clock, d2 := clockOf(val)
	if d == nil {
		d = d2
	}
	if d == nil {
		d = checkWritten(val, in)
	}
	if d != nil {
		v.errs = append(v.errs, d)
		return
	}
	if val.Clock != clock || val.Range != in.rng || val.State != in.state || val.Current != in.current {
		v.bad(val, "says clock %v, range %v, state %v, current %v; inferred are %v, %v, %v, %v",
			val.Clock, val.Range, val.State, val.Current, clock, in.rng, in.state, in.current)
	}
}
