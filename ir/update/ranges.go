package update

import "slices"

// Ranges are those of a program's values and state variables over all time steps.
type Ranges struct {
	Values []Range // by value
	Vars   []Range // by state variable: of all its versions
}

// Ranges runs a program on intervals, for so many time steps or until nothing changes,
// with operands of the given ranges. A comparison parts its operand A: the part that
// is at least B goes on with the bit 1, the other with 0; and the ranges of the state are
// kept apart by the bits that are stored with them, so that a membrane that has fired is
// known to have been above its threshold. A comparison
// behind many others in a step parts nothing.
func (p *Program) Ranges(steps int, operand func(slot int) Range) Ranges {
	w := newWalk(p, operand)
	for w.step = range int64(steps) {
		w.partings = 0
		for i := range w.now {
			if w.now[i].reached {
				w.at = w.now[i]
				w.from(0)
			}
		}
		if !w.advance() && !w.Steps() {
			break
		}
	}
	return w.ranges()
}

// walk is an evaluation of a program on intervals.
type walk struct {
	*Program
	given     []Range // by value: of operands and numbers
	env       []Range // by value, on the path that is walked
	seen      []Range // by value, on all paths
	reached   []bool  // by value: on some path
	first     []Range // the state before the first step
	step      int64
	at        state   // from which the path starts
	now, next []state // by the bits stored
	partings  int     // of this step
}

// maxPartings bounds those of a step.
const maxPartings = 1 << 13

// state is the range of each state variable.
type state struct {
	reached bool
	vars    []Range
}

func newWalk(p *Program, operand func(slot int) Range) *walk {
	n := len(p.Code)
	ranges := make([]Range, 3*n)
	w := &walk{Program: p, given: ranges[:n], env: ranges[n : 2*n], seen: ranges[2*n:], reached: make([]bool, n)}
	for v, i := range p.Code {
		switch i.Kind {
		case Operand, Param:
			w.given[v] = operand(int(i.At))
		case Const:
			w.given[v] = Range{i.At, i.At}
		}
	}
	cases := 1
	for _, v := range p.Vars {
		if v.Bit {
			cases *= 2
		}
	}
	vars := make([]Range, 2*cases*len(p.Vars))
	for i := range 2 * cases {
		w.now = append(w.now, state{vars: vars[i*len(p.Vars):][:len(p.Vars)]})
	}
	w.now, w.next = w.now[:cases:cases], w.now[cases:]
	w.now[0].reached = true
	for v, variable := range p.Vars {
		w.first = append(w.first, Range{variable.Start, variable.Start})
		if variable.Init >= 0 {
			w.first[v] = operand(variable.Init)
		}
	}
	copy(w.now[0].vars, w.first)
	return w
}

// from walks all paths from an instruction to the end.
func (w *walk) from(v int) {
	for ; v < len(w.Code); v++ {
		i := &w.Code[v]
		if i.Kind == AtLeast || i.Kind == Above {
			if w.fork(v, i) {
				return
			}
		} else {
			w.env[v] = w.value(v, i)
		}
		w.see(v)
	}
	w.arrive()
}

func (w *walk) see(v int) {
	if !w.reached[v] {
		w.reached[v], w.seen[v] = true, w.env[v]
		return
	}
	w.seen[v] = w.seen[v].Union(w.env[v])
}

// fork walks both parts of a comparison's operand and reports that it did, or gives the
// bit its one possible value. The border itself is in both parts, for either comparison.
func (w *walk) fork(v int, i *Instr) bool {
	a, b := w.env[i.A], w.env[i.B]
	yes, no := Range{max(a.Lo, b.Lo), a.Hi}, Range{a.Lo, min(a.Hi, b.Hi)}
	switch {
	case yes.Lo > yes.Hi:
		w.env[v] = Range{}
		return false
	case no.Lo > no.Hi:
		w.env[v] = Range{1, 1}
		return false
	}
	if w.partings++; w.Code[i.A].Kind == Param || w.partings > maxPartings { // it says nothing of other values: one way with either bit
		w.env[v] = Range{0, 1}
		return false
	}
	for bit, part := range []Range{no, yes} {
		w.env[i.A], w.env[v] = part, Range{int64(bit), int64(bit)}
		w.see(v)
		w.from(v + 1)
	}
	w.env[i.A] = a
	return true
}

// value is the range of an instruction's value on the path.
func (w *walk) value(v int, i *Instr) Range {
	a, b := w.env[i.A], w.env[i.B]
	switch i.Kind {
	case Step:
		return Range{w.step, w.step}
	case Load:
		return w.at.vars[i.At]
	case Add:
		return a.Add(b)
	case Sub:
		return a.Add(b.Neg())
	case Shl:
		return a.Scaled(1 << i.At)
	case Shr:
		return Range{a.Lo >> i.At, a.Hi >> i.At}
	case Leak:
		return i.Decay.Range(a)
	case Scale:
		r := a.Scaled(b.Lo).Union(a.Scaled(b.Hi))
		return Range{i.Decay.rounded(r.Lo), i.Decay.rounded(r.Hi)}
	case Lookup:
		return i.reached(a)
	case And:
		return Range{a.Lo & b.Lo, a.Hi & b.Hi}
	case Or:
		return Range{a.Lo | b.Lo, a.Hi | b.Hi}
	case Xor:
		if a.Lo == a.Hi && b.Lo == b.Hi {
			return Range{a.Lo ^ b.Lo, a.Lo ^ b.Lo}
		}
		return Range{0, 1}
	case AndNot:
		return Range{a.Lo &^ b.Hi, a.Hi &^ b.Lo}
	case Select:
		return w.chosen(i)
	case Min:
		return Range{min(a.Lo, b.Lo), min(a.Hi, b.Hi)}
	case Max:
		return Range{max(a.Lo, b.Lo), max(a.Hi, b.Hi)}
	case Store, Result:
		return a
	}
	return w.given[v]
}

func (w *walk) chosen(i *Instr) Range {
	switch w.env[i.C] {
	case Range{1, 1}:
		return w.env[i.A]
	case Range{}:
		return w.env[i.B]
	}
	return w.env[i.A].Union(w.env[i.B])
}

// arrive adds the state at the end of a path to the next step's: to each with the bits
// that the path may have stored.
func (w *walk) arrive() {
	for c := range w.next {
		if !w.stores(c) {
			continue
		}
		to := &w.next[c]
		for _, i := range w.Code {
			if i.Kind != Store {
				continue
			}
			r := w.env[i.A]
			if w.Vars[i.At].Bit {
				r = w.bit(c, int(i.At))
			}
			if to.reached {
				r = r.Union(to.vars[i.At])
			}
			to.vars[i.At] = r
		}
		to.reached = true
	}
}

// stores reports whether the path may have stored the bits of a case.
func (w *walk) stores(c int) bool {
	for _, i := range w.Code {
		if i.Kind == Store && w.Vars[i.At].Bit && !w.env[i.A].Contains(w.bit(c, int(i.At))) {
			return false
		}
	}
	return true
}

// bit is a state variable's bit in a case.
func (w *walk) bit(c, variable int) Range {
	for _, v := range w.Vars[:variable] {
		if v.Bit {
			c >>= 1
		}
	}
	return Range{int64(c & 1), int64(c & 1)}
}

// advance goes to the next step, and reports whether its state differs from this one's.
func (w *walk) advance() bool {
	same := slices.EqualFunc(w.now, w.next, func(a, b state) bool {
		return a.reached == b.reached && (!a.reached || slices.Equal(a.vars, b.vars))
	})
	w.now, w.next = w.next, w.now
	for i := range w.next {
		w.next[i].reached = false
	}
	return !same
}

// ranges are those of all that was walked.
func (w *walk) ranges() Ranges {
	out := Ranges{Values: w.seen, Vars: make([]Range, len(w.Vars))}
	for v, variable := range w.Vars {
		r := w.seen[w.find(Store, v)].Union(w.first[v])
		if at := w.Loaded(v); at >= 0 {
			r = r.Union(w.seen[at])
		}
		for _, at := range variable.Versions {
			r = r.Union(w.seen[at])
		}
		out.Vars[v] = r
	}
	return out
}
