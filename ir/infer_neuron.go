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
	if in.err == nil && in.level == Fixed {
		in.state, in.current = in.membraneRange(a)
	}
	in.typ, in.rng = SpikeType(s), Range{0, 1}
	switch {
	case a.Silent && in.level == Fixed:
		// Signed even where the range is not, so that a membrane is one in every engine.
		in.rng, in.typ = in.state, in.state.Union(Range{-1, 0}).Holds(s)
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
	if !in.goesWith(a.Leak, args[NeuronLeak]) {
		in.fail(diag.BadAttribute, "leak=factor and the operand leak go together")
	}
	if !a.Leak.valid() || !a.Current.valid() {
		in.fail(diag.BadAttribute, "a leak's numbers are out of bounds: %v, %v", a.Leak, a.Current)
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
	if !in.goesWith(a.Current, in.v.Args[NeuronCurrent]) {
		in.fail(diag.BadAttribute, "current=factor and the operand current go together")
	}
	if a.Order != OrderBefore && a.Current.Kind == 0 {
		in.fail(diag.BadAttribute, "order=%v, but there is no current", a.Order)
	}
	if in.level == Fixed && (a.Leak.Kind == LeakFactor || a.Current.Kind == LeakFactor) {
		in.fail(diag.BadLevel, "a real leak has no place at the fixed level")
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
	if r := all.Union(current); r.Lo <= -rangeLimit || r.Hi >= rangeLimit {
		in.fail(diag.TooWide, "its membrane would go from %d to %d, or its current from %d to %d, which no integer holds", all.Lo, all.Hi, current.Lo, current.Hi)
	}
	return all, current
}

// MembraneConsts are the ranges of a fixed neuron's constants; zero where absent.
type MembraneConsts struct{ Threshold, Bias, Reset, Init Range }

// MembraneRange iterates the equations of a fixed neuron, whose input has range x,
// on intervals, for as many steps as the net has or until nothing changes. The
// ranges are those of the stored membrane, before and after the reset, and of the
// current, before and after its leak.
func MembraneRange(a NeuronAttrs, steps int, x Range, c MembraneConsts) (all, current Range) {
	m := membrane{a, c.Threshold, c.Reset}
	x = scaleRange(x, 1<<a.Guard)
	v := c.Init
	all = v
	var i Range
	for step := range steps {
		drive, next := m.drive(i, x, step > 0 && m.mayFire(v))
		h, stored := m.step(v, drive.Add(c.Bias), step > 0)
		all = all.Union(h).Union(stored)
		if a.Current.Kind != 0 {
			current = current.Union(drive).Union(next)
		}
		if step > 0 && stored == v && next == i {
			break
		}
		v, i = stored, next
	}
	return all, current
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

// drive is what reaches the membrane in a step, and the current kept for the next.
func (m membrane) drive(i, x Range, fired bool) (drive, next Range) {
	if m.Current.Kind == 0 {
		return x, i
	}
	old := i
	if m.Order != OrderAfter {
		i = leakRange(m.Current, m.Round, i)
	}
	next = i.Add(x)
	if m.MasksCurrent && fired {
		next = next.Union(Range{})
	}
	switch m.Order {
	case OrderAfter:
		return next, leakRange(m.Current, m.Round, next)
	case OrderLate:
		return old, next
	}
	return next, next
}

// mayFire tells whether a stored membrane may have fired.
func (m membrane) mayFire(v Range) bool { return v.Hi >= m.threshold.Lo }

// step is what a stored membrane becomes before and after this step's reset.
// The first step has no spike behind it, so no reset waits, wherever V starts;
// only when=both looks at the membrane itself.
func (m membrane) step(v, drive Range, later bool) (h, stored Range) {
	switch {
	case m.When == WhenBoth:
		return m.both(v, drive)
	case m.When == WhenFire:
		h = m.leak(v).Add(drive)
		quiet, fired := m.split(h)
		return h, join(quiet, quiet, fired, m.afterReset(fired))
	case !later:
		h = m.leak(v).Add(drive)
	default:
		quiet, fired := m.split(v)
		h = join(quiet, m.leak(quiet).Add(drive), fired, m.late(fired, drive))
	}
	return h, h
}

// late is the step of a membrane that has fired in the one before.
func (m membrane) late(fired, drive Range) Range {
	switch {
	case m.Masks:
		return Range{}
	case m.Reset == ResetSubtract:
		return m.leak(fired).Add(m.reset.Neg()).Add(drive)
	}
	return m.leak(m.afterReset(fired)).Add(drive)
}

// both unites the four cases of when=both: the stored membrane below or above
// the threshold, the new one too.
func (m membrane) both(v, drive Range) (h, stored Range) {
	low, high := m.split(v)
	fromLow, fromHigh := m.leak(low).Add(drive), m.leak(high).Add(drive).Add(m.reset.Neg())
	quiet, fired := m.split(fromLow)
	storedLow := join(quiet, quiet, fired, fired.Add(m.reset.Neg()))
	quiet, fired = m.split(fromHigh)
	storedHigh := join(quiet, quiet.Add(m.reset), fired, fired)
	return join(low, fromLow, high, fromHigh), join(low, storedLow, high, storedHigh)
}

// split parts an interval into what may stay quiet and what may fire; a part
// that cannot occur has Lo > Hi. The threshold itself is in both, for either compare.
func (m membrane) split(h Range) (quiet, fired Range) {
	if !m.Fires() {
		return h, Range{1, 0}
	}
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

func (m membrane) leak(v Range) Range { return leakRange(m.Leak, m.Round, v) }

func leakRange(l Leak, r Round, v Range) Range {
	lo, hi := LeakInt(l, r, v.Lo), LeakInt(l, r, v.Hi)
	return Range{min(lo, hi), max(lo, hi)}
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
