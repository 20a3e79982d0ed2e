package ir

import "nomul/ir/diag"

// The operand slots of a neuron.
const (
	NeuronX = iota
	NeuronThreshold
	NeuronBias
	NeuronReset
	NeuronInit
	NeuronLeak
	NeuronGain
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
	in.typ, in.rng = SpikeType(s), Range{0, 1}
	if in.err == nil && in.level == Fixed {
		in.state = in.membraneRange(a)
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
	if needs := a.Reset == ResetValue || a.Reset == ResetSubtract; needs != (args[NeuronReset] != nil) {
		in.fail(diag.BadAttribute, "reset=%v and the operand reset do not go together", a.Reset)
	}
	if (a.Leak.Kind == LeakFactor) != (args[NeuronLeak] != nil) {
		in.fail(diag.BadAttribute, "leak=factor and the operand leak go together")
	}
	if a.Guard < 0 || a.Guard > 24 || in.level != Fixed && a.Guard != 0 {
		in.fail(diag.BadAttribute, "guard=%d, wanted 0 to 24, at the fixed level only", a.Guard)
	}
	if in.level == Fixed && args[NeuronGain] != nil {
		in.fail(diag.BadLevel, "a gain has no place at the fixed level")
	}
}

// membraneRange iterates the neuron's equation on intervals, for as many steps
// as the net has or until nothing changes.
func (in *inference) membraneRange(a NeuronAttrs) Range {
	args := in.v.Args
	x := args[NeuronX].Range
	drive := Range{mulSat(x.Lo, 1<<a.Guard), mulSat(x.Hi, 1<<a.Guard)}.Add(constRange(args[NeuronBias]))
	m := membrane{a, constRange(args[NeuronThreshold]), constRange(args[NeuronReset])}
	stored := constRange(args[NeuronInit])
	// The first step has no spike behind it, so no reset waits, wherever V starts.
	h := m.leak(stored).Add(drive)
	all := stored.Union(h).Union(m.stored(h))
	stored = m.stored(h)
	for range in.steps - 1 {
		h = m.leaked(stored).Add(drive)
		next := stored.Union(m.stored(h))
		all = all.Union(h).Union(next)
		if next == stored {
			break
		}
		stored = next
	}
	if all.Lo <= -rangeLimit || all.Hi >= rangeLimit {
		in.fail(diag.TooWide, "the membrane's range %v does not fit an integer", all)
	}
	return all
}

func constRange(v *Value) Range {
	if v == nil {
		return Range{}
	}
	return v.Range
}

type membrane struct {
	NeuronAttrs
	threshold, reset Range
}

// leaked is what of a stored membrane reaches the next step.
func (m membrane) leaked(v Range) Range {
	if m.When == WhenFire {
		return m.leak(v)
	}
	quiet, fired := m.split(v)
	if m.Reset == ResetSubtract {
		return join(quiet, m.leak(quiet), fired, m.leak(fired).Add(m.reset.Neg()))
	}
	return join(quiet, m.leak(quiet), fired, m.leak(m.afterReset(fired)))
}

// stored is the membrane kept after a step that reached h.
func (m membrane) stored(h Range) Range {
	if m.When == WhenNext {
		return h
	}
	quiet, fired := m.split(h)
	return join(quiet, quiet, fired, m.afterReset(fired))
}

// split parts an interval into what may stay quiet and what may fire; a part
// that cannot occur has Lo > Hi. The threshold itself is in both, for either compare.
func (m membrane) split(h Range) (quiet, fired Range) {
	return Range{h.Lo, min(h.Hi, m.threshold.Hi)}, Range{max(h.Lo, m.threshold.Lo), h.Hi}
}

// join unites the outcomes of the two parts, leaving out one that cannot occur.
func join(quiet, ifQuiet, fired, ifFired Range) Range {
	switch {
	case fired.Lo > fired.Hi:
		return ifQuiet
	case quiet.Lo > quiet.Hi:
		return ifFired
	}
	return ifQuiet.Union(ifFired)
}

func (m membrane) afterReset(h Range) Range {
	switch m.Reset {
	case ResetZero:
		return Range{}
	case ResetValue:
		return m.reset
	case ResetSubtract:
		return h.Add(m.reset.Neg())
	}
	return h
}

func (m membrane) leak(v Range) Range {
	lo, hi := LeakInt(m.Leak, m.Round, v.Lo), LeakInt(m.Leak, m.Round, v.Hi)
	return Range{min(lo, hi), max(lo, hi)}
}

// LeakInt is the integer leak of one membrane value: V; 0; V >> k; V − (V >> k),
// the shift rounded as told. It is monotone in V.
func LeakInt(l Leak, r Round, v int64) int64 {
	switch l.Kind {
	case LeakAll:
		return 0
	case LeakShift:
		return shiftRight(v, l.K, r)
	case LeakDecay:
		return v - shiftRight(v, l.K, r)
	}
	return v
}

func shiftRight(v int64, k int, r Round) int64 {
	if r == RoundCeil || r == RoundZero && v < 0 {
		v += 1<<k - 1
	}
	return v >> k
}
