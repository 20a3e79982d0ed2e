package cells

import (
	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/canonical"
)

// A state variable holds a delay, or a number that delays alone make: a membrane behind its reset is
// one, where a file keeps the membrane and the spike. The next step's is written of the operands that the
// delays store.

// membrane is the number of state that the first comparison from the target on reads: that of its first
// operand that has one.
func (w *writer) membrane() *ir.Value {
	of := []*ir.Value{w.target}
	if fires := w.fires(); fires != w.target || fires.Op == ir.OpCompare {
		of = fires.Args
	}
	return w.first(of, func(v *ir.Value) bool { return w.isKept(v) && w.analog[v] }, w.bits)
}

// isKept reports whether a state variable holds a value from the step before.
func (w *writer) isKept(v *ir.Value) bool { return v.Op == ir.OpDelay || w.joined[v] }

// chooses reports whether an operation is none of sums and products with constants.
func chooses(v *ir.Value) bool {
	switch v.Op {
	case ir.OpWhere, ir.OpMin, ir.OpMax, ir.OpMap:
		return true
	case ir.OpMul:
		return v.Args[0].Const() == nil && v.Args[1].Const() == nil
	}
	return false
}

// joints are values of some kind that old state alone makes, of so many delays, and of no other such; outer
// are those of which no other such are made.
func (w *writer) joints(kind func(v *ir.Value, made int) bool, outer bool) map[*ir.Value]bool {
	out, old := map[*ir.Value]bool{}, map[*ir.Value]map[*ir.Value]bool{}
	made := w.apart(w.target, w.stops, true).values
	for _, v := range w.net.Values {
		switch {
		case v.Const() != nil:
			old[v] = map[*ir.Value]bool{}
		case !made[v] || w.isOperand(v):
			continue
		case v.Op == ir.OpDelay:
			old[v] = map[*ir.Value]bool{v: true}
			continue
		default:
			old[v] = oldOf(v.Args, old)
		}
		if old[v] != nil && kind(v, len(old[v])) {
			if out[v] = true; !outer {
				old[v] = nil
			}
		}
	}
	if outer {
		for _, v := range w.net.Values {
			for inner := w.inner(v, out); out[v] && inner != nil; inner = w.inner(v, out) {
				delete(out, inner)
			}
		}
	}
	return out
}

// inner is another one of some values that v is made of in a step; nil where there is none.
func (w *writer) inner(v *ir.Value, some map[*ir.Value]bool) *ir.Value {
	return w.first(v.Args, func(a *ir.Value) bool { return some[a] }, nil)
}

// oldOf are the delays that values are made of, none of which is made of anything else; else nil.
func oldOf(values []*ir.Value, old map[*ir.Value]map[*ir.Value]bool) map[*ir.Value]bool {
	all := map[*ir.Value]bool{}
	for _, v := range values {
		if old[v] == nil {
			return nil
		}
		for d := range old[v] {
			all[d] = true
		}
	}
	return all
}

// load returns a state variable of the step before.
func (w *moment) load(of *ir.Value) update.Value {
	if w.now != nil {
		return w.now.number(w.latched[of])
	}
	i, ok := w.vars[of]
	if !ok {
		i = w.b.Var(w.variable(of))
		w.vars[of] = i
		w.kept = append(w.kept, of)
	}
	return w.b.Load(i)
}

// variable is a state variable with its initial value.
func (w *writer) variable(of *ir.Value) update.Var {
	known := map[*ir.Value]*ir.Tensor{}
	for _, d := range w.apart(of, nil, false).delays {
		init := d.Args[0].Const()
		if init == nil {
			w.limit("fires a neuron whose state, %s, starts from computed numbers, and state starts from constants", canonical.Where(d))
			return update.Var{Init: -1}
		}
		known[d] = init
		if f, same := init.Uniform(); same {
			known[d] = canonical.Filled(init.Type.WithShape(ir.Shape{}), f)
		}
	}
	init := reals((&canonical.Rewriter{Level: ir.Source}).Outcome(of, known))
	if f, same := init.Uniform(); same && whole(f) {
		return update.Var{Init: -1, Start: int64(f)}
	}
	return update.Var{Init: w.slotOf(slot{data: init})}
}
