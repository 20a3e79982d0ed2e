package ir

import (
	"nomul/ir/diag"
	"nomul/ir/update"
)

// The operand slots of a neuron.
const (
	NeuronX = iota
	NeuronThreshold
	NeuronBias
	NeuronReset
	NeuronInit
	NeuronJump
	NeuronLeak
	NeuronGain
	NeuronCurrent
	NeuronAdapt
)

func inferNeuron(in *inference) {
	v, a := in.v, in.v.Attrs.(NeuronAttrs)
	s := v.Args[NeuronX].Type.Shape
	for i, arg := range v.Args[NeuronThreshold:] {
		in.fits(arg, s, in.row.operands[i+1].Name)
		if arg != nil && arg.Const() == nil {
			in.fail(diag.BadNet, "%s %%%s must be a constant", in.row.operands[i+1].Name, arg.Name)
		}
	}
	in.checkNeuron(a)
	in.checkReset(a)
	in.checkCurrent(a)
	in.checkRest(a)
	in.checkAdapt(a)
	if in.err == nil && in.level == Fixed {
		r := in.ranges(a)
		in.state, in.current = r.Membrane, r.Current
	}
	in.typ, in.rng = SpikeType(s), Range{Lo: 0, Hi: 1}
	switch {
	case a.Silent && in.level == Fixed:
		// Signed even where the range is not, so that a membrane is one in every engine.
		in.rng, in.typ = in.state, Holding(in.state.Union(Range{Lo: -1, Hi: 0}), s)
	case a.Silent:
		in.rng, in.typ = Range{}, RealType(s)
	}
}

// checkNeuron demands that attributes and operands say the same thing.
func (in *inference) checkNeuron(a NeuronAttrs) {
	args := in.v.Args
	if a.Leak.Kind == 0 || a.Round == 0 || a.Reset == 0 || a.When == 0 {
		in.fail(diag.BadAttribute, "leak, round, compare, reset and when must be given")
	}
	if a.Compare != GE && a.Compare != GT {
		in.fail(diag.BadAttribute, "compare must be ge or gt, got %v", a.Compare)
	}
	if a.Fires() != (args[NeuronThreshold] != nil) {
		in.fail(diag.BadAttribute, "a neuron has a threshold, or is silent without a reset")
	}
	for _, l := range a.Leaks() {
		name := in.row.operands[l.Slot].Name
		switch {
		case !in.goesWith(*l.Form, args[l.Slot]):
			in.fail(diag.BadAttribute, "%s=factor and the operand %s go together", name, name)
		case !l.Form.valid():
			in.fail(diag.BadAttribute, "the numbers of %s=%v are out of bounds", name, l.Form)
		case in.level == Fixed && l.Form.Kind == LeakFactor:
			in.fail(diag.BadLevel, "a real leak has no place at the fixed level")
		}
	}
	if a.Guard < 0 || a.Guard > 24 || in.level != Fixed && a.Guard != 0 {
		in.fail(diag.BadAttribute, "guard=%d, wanted 0 to 24, at the fixed level only", a.Guard)
	}
	if in.level == Fixed && args[NeuronGain] != nil {
		in.fail(diag.BadLevel, "a gain has no place at the fixed level")
	}
}

func (in *inference) checkReset(a NeuronAttrs) {
	if needs := a.Reset == ResetValue || a.Reset == ResetSubtract; needs != (in.v.Args[NeuronReset] != nil) {
		in.fail(diag.BadAttribute, "reset=%v and the operand reset do not go together", a.Reset)
	}
	if a.Silent && a.Reset == ResetNone && a.When != WhenFire {
		in.fail(diag.BadAttribute, "a silent neuron without a reset has when=fire")
	}
	if a.When == WhenBoth && a.Reset != ResetSubtract {
		in.fail(diag.BadAttribute, "when=both is of reset=subtract; with another it is when=fire")
	}
	if a.Masks && (a.Reset != ResetZero || a.When != WhenNext) {
		in.fail(diag.BadAttribute, "masks is of reset=zero when=next")
	}
	if a.MasksCurrent && (!a.Masks || a.Current.Kind == 0) {
		in.fail(diag.BadAttribute, "masks-current is of a neuron that masks and has a current")
	}
}

func (in *inference) checkCurrent(a NeuronAttrs) {
	if a.Order != OrderBefore && a.Current.Kind == 0 {
		in.fail(diag.BadAttribute, "order=%v, but there is no current", a.Order)
	}
}

// checkRest demands that a neuron with a refractory period fires; a reset that is still to
// come would be lost on a membrane that is held.
func (in *inference) checkRest(a NeuronAttrs) {
	switch r := a.Refractory; {
	case r == Refractory{}:
	case r.Kind == 0 || r.Steps < 1 || r.Steps > MaxRest:
		in.fail(diag.BadAttribute, "refractory=%v, wanted 1 to %d steps", r, MaxRest)
	case !a.Fires():
		in.fail(diag.BadAttribute, "refractory is of a neuron that fires")
	case a.When == WhenBoth, a.When == WhenNext && r.Kind == RestHold:
		in.fail(diag.BadAttribute, "refractory=%v does not go with when=%v", r, a.When)
	}
}

// checkAdapt demands that a threshold that adapts is one: that there is a reset it could
// show in, too.
func (in *inference) checkAdapt(a NeuronAttrs) {
	adapts := a.Adapt.Kind != 0
	switch {
	case adapts != (in.v.Args[NeuronJump] != nil):
		in.fail(diag.BadAttribute, "adapt and the operand jump go together")
	case adapts && (!a.Fires() || a.When == WhenBoth):
		in.fail(diag.BadAttribute, "adapt is of a neuron that fires, and does not go with when=both")
	case a.AdaptReset && (!adapts || a.Reset != ResetSubtract):
		in.fail(diag.BadAttribute, "adapt-reset is of a neuron with adapt and reset=subtract")
	}
}

// goesWith reports whether a leak is a factor exactly where an operand gives it; above
// the fixed level one of N/2^K may have the factor that it stands for.
func (in *inference) goesWith(l Leak, factor *Value) bool {
	return (l.Kind == LeakFactor) == (factor != nil) || l.Kind == LeakCSD && in.level != Fixed
}

// ranges are those of the value's own operands, which must fit an integer.
func (in *inference) ranges(a NeuronAttrs) NeuronRanges {
	args := in.v.Args
	r := a.Ranges(in.steps)(args[NeuronX].Range, NeuronConsts{
		Threshold: constRange(args[NeuronThreshold]), Bias: constRange(args[NeuronBias]),
		Reset: constRange(args[NeuronReset]), Init: constRange(args[NeuronInit]), Jump: constRange(args[NeuronJump])})
	if all := r.Membrane.Union(r.Current).Union(r.Threshold); all.Lo <= -update.Limit || all.Hi >= update.Limit {
		in.fail(diag.TooWide, "its membrane would go from %d to %d, its current from %d to %d, or its threshold from %d to %d, which no integer holds",
			r.Membrane.Lo, r.Membrane.Hi, r.Current.Lo, r.Current.Hi, r.Threshold.Lo, r.Threshold.Hi)
	}
	return r
}

// NeuronConsts are the ranges of a fixed neuron's constants; zero where absent.
type NeuronConsts struct{ Threshold, Bias, Reset, Init, Jump Range }

// NeuronRanges are the ranges of a fixed neuron's state: the stored membrane, before and
// after the reset, the current, before and after its leak, and the threshold plus its growth.
type NeuronRanges struct{ Membrane, Current, Threshold Range }

// Ranges returns, of fixed neurons with these attributes, the ranges by those of the input and
// the constants, for as many steps as the net has.
func (a NeuronAttrs) Ranges(steps int) func(x Range, c NeuronConsts) NeuronRanges {
	p := a.update()
	return func(x Range, c NeuronConsts) NeuronRanges {
		operands := [...]Range{NeuronX: x, NeuronThreshold: c.Threshold, NeuronBias: c.Bias, NeuronReset: c.Reset, NeuronInit: c.Init, NeuronJump: c.Jump}
		r := p.Ranges(steps, func(slot int) Range { return operands[slot] })
		of := func(name string) Range {
			if at := p.Var(name); at >= 0 {
				return r.Vars[at]
			}
			return Range{}
		}
		return NeuronRanges{of(MembraneVar), of(CurrentVar), c.Threshold.Add(of(GrowthVar))}
	}
}

// GrownThreshold is the range of a neuron's threshold plus its growth in so many steps.
func (v *Value) GrownThreshold(steps int) Range {
	p, r := v.Update(steps)
	if at := p.Var(GrowthVar); at >= 0 {
		return v.Args[NeuronThreshold].Range.Add(r.Vars[at])
	}
	return Range{}
}

func constRange(v *Value) Range {
	if v == nil {
		return Range{}
	}
	return v.Range
}

// LeakInt is the integer leak of one number: V; 0; V >> k; V − (V >> k);
// (V·n) >> k, the shift rounded as told. It is monotone in V.
func LeakInt(l Leak, r Round, v int64) int64 {
	switch l.Kind {
	case LeakAll:
		return 0
	case LeakShift:
		return ShiftRight(v, l.K, r)
	case LeakDecay:
		return v - ShiftRight(v, l.K, r)
	case LeakCSD:
		// V = q·2^k + r, so that no product leaves 64 bits: n ≤ 2^k.
		q, rest := v>>l.K, v&(1<<l.K-1)
		if rest *= l.N; r == RoundCeil || r == RoundZero && v < 0 {
			rest += 1<<l.K - 1
		}
		return q*l.N + rest>>l.K
	}
	return v
}

// ShiftRight is v / 2^k, rounded as told. |v| is at most 2^61, k at most 62.
func ShiftRight(v int64, k int, r Round) int64 {
	if r == RoundCeil || r == RoundZero && v < 0 {
		v += 1<<k - 1
	}
	return v >> k
}
