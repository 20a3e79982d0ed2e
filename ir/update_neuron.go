package ir

import (
	"slices"

	"nomul/ir/update"
)

// The state variables of programs.
const (
	MembraneVar = "membrane"
	CurrentVar  = "current"
	FiredVar    = "fired"
	RestVar     = "rest"
	GrowthVar   = "growth"
	ReadoutVar  = "readout"
)

// TracedVars are the state variables of neurons in the order in which traces show them. The spike
// that a reset waits for is none of them, for it is the last result.
var TracedVars = []string{MembraneVar, CurrentVar, GrowthVar, RestVar}

// InTraceOrder returns the names of a neuron's state variables that traces show, in their order.
func InTraceOrder(p *update.Program) []string {
	var names []string
	for _, v := range p.Vars {
		if v.Traced && v.Name != ReadoutVar {
			names = append(names, v.Name)
		}
	}
	place := func(name string) int {
		if at := slices.Index(TracedVars, name); at >= 0 {
			return at
		}
		return len(TracedVars)
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}

// updateNeuron writes a neuron at the fixed level.
func updateNeuron(u *updating) update.Value {
	n := &neuronUpdate{Builder: &u.Builder, a: u.v.Attrs.(NeuronAttrs), given: func(slot int) bool { return u.v.Args[slot] != nil }}
	return n.result()
}

// update returns the program of one neuron at the fixed level, all of whose operands are given.
func (a NeuronAttrs) update() *update.Program {
	n := &neuronUpdate{Builder: &update.Builder{}, a: a, given: func(int) bool { return true }}
	n.Result(n.result())
	return n.Program()
}

// AsCell returns a neuron of real numbers as the program of a cell, and the slots of the neuron's operands
// that are the cell's, in their order; false where a leak has a form of integers already.
func (v *Value) AsCell() (cell CellAttrs, slots []int, ok bool) {
	a := v.Attrs.(NeuronAttrs)
	for _, l := range a.Leaks() {
		if k := l.Form.Kind; k == LeakShift || k == LeakDecay || k == LeakCSD {
			return CellAttrs{}, nil, false
		}
	}
	place := map[int]int{}
	for slot, x := range v.Args {
		if x != nil {
			place[slot], slots = len(slots), append(slots, slot)
		}
	}
	n := &neuronUpdate{Builder: &update.Builder{}, a: a, reals: true, given: func(slot int) bool { return v.Args[slot] != nil }}
	n.Result(n.result())
	p := n.Program()
	for at, i := range p.Code {
		if i.Kind == update.Operand || i.Kind == update.Param {
			p.Code[at].Kind, p.Code[at].At = update.Operand, int64(place[int(i.At)])
		}
	}
	for i, s := range p.Vars {
		if s.Init >= 0 {
			s.Init = place[s.Init]
		}
		p.Vars[i] = update.Var{Name: CellVar(i), Init: s.Init, Start: s.Start}
	}
	return CellAttrs{Do: Routine{p}}, slots, true
}

// neuronUpdate writes the equations of NeuronAttrs as a program. Operands that are not
// given are 0.
type neuronUpdate struct {
	*update.Builder
	a                        NeuronAttrs
	given                    func(slot int) bool
	reals                    bool         // the program is of real numbers, and keeps bits as numbers
	membrane, current, fired int          // state variables
	rest, growth             int          // the steps of rest that are left, and the threshold's growth
	grown                    update.Value // the threshold's growth, if it grows
	waits                    update.Value // the bit that a reset acts at the beginning of this step
	rests                    update.Value // the bit that the neuron rests in this step
}

// result writes the program, but for its result, which it returns.
func (n *neuronUpdate) result() update.Value {
	init := -1
	if n.given(NeuronInit) {
		init = NeuronInit
	}
	n.membrane = n.Var(update.Var{Name: MembraneVar, Traced: true, Init: init})
	if n.a.Adapt.Kind != 0 {
		n.growth = n.Var(update.Var{Name: GrowthVar, Traced: true, Init: -1})
		n.grown = n.Named(n.Load(n.growth), "grown")
	}
	kept := n.begin()
	h := n.Add(n.Add(kept, n.receive()), n.param(NeuronBias, "bias"))
	if n.a.Refractory.Kind != 0 {
		h = n.pause(h, kept)
	}
	switch {
	case n.a.Masks:
		h = n.Select(n.waits, n.Const(0), h)
	case n.a.Reset == ResetSubtract && n.a.When != WhenFire:
		h = n.lower(n.waits, h)
	}
	h = n.Version(n.membrane, n.Named(h, "h"))
	if !n.a.Fires() {
		n.Store(n.membrane, h)
		return h
	}
	spike := n.fires(h)
	if n.a.Refractory.Kind != 0 {
		spike = n.resume(spike)
	}
	n.Named(spike, "spike")
	v := n.Named(n.end(h, spike), "v")
	n.Store(n.membrane, v)
	if n.a.When == WhenNext {
		n.keep(n.fired, spike)
	}
	if n.a.Adapt.Kind != 0 {
		less := n.leak(n.a.Adapt, NeuronAdapt, n.grown, n.a.AdaptRound())
		n.Store(n.growth, n.Add(less, n.Select(spike, n.param(NeuronJump, "jump"), n.Const(0))))
	}
	if n.a.Silent {
		return v
	}
	return spike
}

// pause returns the membrane h of a neuron with a refractory period: where it rests, the old
// one, or kept, the old one after its leak.
func (n *neuronUpdate) pause(h, kept update.Value) update.Value {
	n.rest = n.Var(update.Var{Name: RestVar, Traced: true, Init: -1})
	n.rests = n.Named(n.Above(n.Load(n.rest), n.Const(0)), "resting")
	switch kind := n.a.Refractory.Kind; {
	case kind == RestHold:
		return n.Select(n.rests, n.Load(n.membrane), h)
	case kind.DropsDrive():
		return n.Select(n.rests, kept, h)
	}
	return h
}

// resume returns the spike of a neuron with a refractory period, and counts the steps that
// it rests.
func (n *neuronUpdate) resume(spike update.Value) update.Value {
	if n.a.Refractory.Kind.DropsSpike() {
		spike = n.AndNot(spike, n.rests)
	}
	left := n.Max(n.Sub(n.Load(n.rest), n.Const(1)), n.Const(0))
	n.Store(n.rest, n.Select(spike, n.Const(int64(n.a.Refractory.Steps)), left))
	return spike
}

// begin returns the part of the membrane that the leak leaves, after a reset to a value
// that acts in the step after the spike.
func (n *neuronUpdate) begin() update.Value {
	v := n.Named(n.Load(n.membrane), "old")
	if n.a.When == WhenNext && n.a.Fires() {
		n.fired = n.Var(update.Var{Name: FiredVar, Bit: !n.reals, Init: -1})
		n.waits = n.Named(n.kept(n.fired), "waits")
		if !n.a.Masks && n.a.Reset != ResetSubtract {
			v = n.Named(n.set(n.waits, v), "u")
		}
	}
	if n.a.When == WhenBoth {
		n.waits = n.Named(n.fires(v), "waits")
	}
	return n.Named(n.leak(n.a.Leak, NeuronLeak, v, n.a.Round), "kept")
}

// receive returns the drive, by way of the current if there is one.
func (n *neuronUpdate) receive() update.Value {
	x := n.Named(n.Shl(n.Operand(NeuronX), n.a.Guard), "drive")
	if n.a.Current.Kind == 0 {
		return x
	}
	n.current = n.Var(update.Var{Name: CurrentVar, Traced: true, Init: -1})
	arrived := n.Named(n.Load(n.current), "arrived")
	before := arrived
	if n.a.Order != OrderAfter {
		before = n.leak(n.a.Current, NeuronCurrent, before, n.a.Round)
	}
	d := n.Add(before, x)
	if n.a.MasksCurrent {
		d = n.Select(n.waits, n.Const(0), d)
	}
	d = n.Version(n.current, n.Named(d, "fed"))
	next := d
	if n.a.Order == OrderAfter {
		next = n.Named(n.leak(n.a.Current, NeuronCurrent, d, n.a.Round), "left")
	}
	n.Store(n.current, next)
	if n.a.Order == OrderLate {
		return arrived
	}
	return d
}

// end returns the membrane after the reset that acts on a spike. With when=both it is
// taken where only this step fires, and given back where only the last step left the
// membrane above the threshold.
func (n *neuronUpdate) end(h, spike update.Value) update.Value {
	switch {
	case n.a.When == WhenNext:
		return h
	case n.a.When == WhenBoth:
		amount := n.Select(n.Xor(spike, n.waits), n.param(NeuronReset, "reset"), n.Const(0))
		return n.Select(n.waits, n.Add(h, amount), n.Sub(h, amount))
	case n.a.Reset == ResetSubtract:
		return n.lower(spike, h)
	}
	return n.set(spike, h)
}

// set returns the membrane v, or its new value where a reset acts.
func (n *neuronUpdate) set(acts, v update.Value) update.Value {
	switch n.a.Reset {
	case ResetZero:
		return n.Select(acts, n.Const(0), v)
	case ResetValue:
		return n.Select(acts, n.param(NeuronReset, "reset"), v)
	}
	return v
}

// lower returns the membrane v, less the amount of the reset where it acts.
func (n *neuronUpdate) lower(acts, v update.Value) update.Value {
	amount := n.param(NeuronReset, "reset")
	if n.a.AdaptReset {
		amount = n.Named(n.Add(amount, n.grown), "amount")
	}
	return n.Sub(v, n.Select(acts, amount, n.Const(0)))
}

// fires returns the bit that a membrane has reached the threshold.
func (n *neuronUpdate) fires(h update.Value) update.Value {
	threshold := n.param(NeuronThreshold, "threshold")
	if n.a.Adapt.Kind != 0 {
		threshold = n.Add(threshold, n.grown)
	}
	if n.a.Compare == GT {
		return n.Above(h, threshold)
	}
	return n.AtLeast(h, threshold)
}

// param returns a constant operand, or 0 where it is not given.
func (n *neuronUpdate) param(slot int, name string) update.Value {
	if !n.given(slot) {
		return n.Const(0)
	}
	return n.Named(n.Param(slot), name)
}

// keep stores a bit.
func (n *neuronUpdate) keep(variable int, bit update.Value) {
	if n.reals {
		bit = n.Select(bit, n.Const(1), n.Const(0))
	}
	n.Store(variable, bit)
}

// kept loads a bit.
func (n *neuronUpdate) kept(variable int) update.Value {
	if n.reals {
		return n.AtLeast(n.Load(variable), n.Const(1))
	}
	return n.Load(variable)
}

// leak returns the part of a number that stays, by a form or by the factor in a slot.
func (n *neuronUpdate) leak(l Leak, slot int, v update.Value, r Round) update.Value {
	d := update.Decay{Shift: l.K, Digits: []update.Digit{{Shift: 0, Sign: 1}}, Rest: l.Kind == LeakDecay}
	switch l.Kind {
	case LeakAll:
		return n.Const(0)
	case LeakFactor:
		return n.Times(v, n.Param(slot))
	case LeakShift, LeakDecay:
	case LeakCSD:
		d.Digits = update.CSD(l.N)
	default:
		return v
	}
	return n.Leak(v, r.before(d))
}

// before returns a decay that rounds its shift like that.
func (r Round) before(d update.Decay) update.Decay {
	switch most := int64(1)<<d.Shift - 1; r {
	case RoundCeil:
		d.Up = most
	case RoundZero:
		d.UpNegative = most
	}
	return d
}
