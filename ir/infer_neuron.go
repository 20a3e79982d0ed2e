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
	NeuronLeak
	NeuronGain
	NeuronCurrent
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
	if in.err == nil && in.level == Fixed {
		in.state, in.current = in.membraneRange(a)
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

// goesWith tells whether a leak is a factor exactly where an operand gives it; above
// the fixed level one of N/2^K may have the factor that it stands for.
func (in *inference) goesWith(l Leak, factor *Value) bool {
	return (l.Kind == LeakFactor) == (factor != nil) || l.Kind == LeakCSD && in.level != Fixed
}

// membraneRange is that of the value's own operands, which must fit an integer.
func (in *inference) membraneRange(a NeuronAttrs) (all, current Range) {
	args := in.v.Args
	all, current = MembraneRange(a, in.steps, args[NeuronX].Range, MembraneConsts{
		Threshold: constRange(args[NeuronThreshold]), Bias: constRange(args[NeuronBias]),
		Reset: constRange(args[NeuronReset]), Init: constRange(args[NeuronInit])})
	if r := all.Union(current); r.Lo <= -update.Limit || r.Hi >= update.Limit {
		in.fail(diag.TooWide, "its membrane would go from %d to %d, or its current from %d to %d, which no integer holds", all.Lo, all.Hi, current.Lo, current.Hi)
	}
	return all, current
}

// MembraneConsts are the ranges of a fixed neuron's constants; zero where absent.
type MembraneConsts struct{ Threshold, Bias, Reset, Init Range }

// MembraneRange returns the ranges of a fixed neuron whose input has range x, for as many
// steps as the net has: of the stored membrane, before and after the reset, and of the
// current, before and after its leak.
func MembraneRange(a NeuronAttrs, steps int, x Range, c MembraneConsts) (membrane, current Range) {
	return MembraneRanges(a, steps)(x, c)
}

// MembraneRanges returns MembraneRange for neurons that differ in their operands alone.
func MembraneRanges(a NeuronAttrs, steps int) func(x Range, c MembraneConsts) (membrane, current Range) {
	p := a.update()
	at, driven := p.Var(MembraneVar), p.Var(CurrentVar)
	return func(x Range, c MembraneConsts) (membrane, current Range) {
		operands := [...]Range{NeuronX: x, NeuronThreshold: c.Threshold, NeuronBias: c.Bias, NeuronReset: c.Reset, NeuronInit: c.Init}
		r := p.Ranges(steps, func(slot int) Range { return operands[slot] })
		if driven >= 0 {
			current = r.Vars[driven]
		}
		return r.Vars[at], current
	}
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
