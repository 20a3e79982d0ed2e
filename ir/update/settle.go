package update

// Settled returns a program without the comparisons and choices that its ranges decide, and the
// ranges of the values that are left: a number of which there is one is a constant, a bit the
// comparison of two, and a choice with one outcome is that operand.
func (p *Program) Settled(r Ranges) (*Program, Ranges) {
	s := &settling{old: p, ranges: r, values: make([]Value, len(p.Code))}
	s.Vars = p.Clone().Vars
	for v, i := range p.Code {
		s.values[v] = s.value(Value(v), i)
	}
	for _, v := range s.Vars {
		for n, at := range v.Versions {
			v.Versions[n] = s.values[at]
		}
	}
	return s.trimmed(Ranges{s.kept, r.Vars})
}

// settling is a settled program in the making, and the ranges of its values.
type settling struct {
	Program
	kept   []Range
	old    *Program
	ranges Ranges
	values []Value // by value of the old program
}

func (s *settling) add(i Instr, r Range) Value {
	s.Code, s.kept = append(s.Code, i), append(s.kept, r)
	return Value(len(s.Code) - 1)
}

// known reports whether the ranges of an instruction's operands are; those that reach the limit may
// be any beyond.
func (s *settling) known(i Instr) bool {
	for _, v := range i.Values() {
		if s.ranges.Values[v].Magnitude() >= Limit {
			return false
		}
	}
	return true
}

// value writes an instruction, a constant, or nothing where it is an operand.
func (s *settling) value(v Value, i Instr) Value {
	r := s.ranges.Values[v]
	one, decided := s.decided(v, i)
	switch a := s.outcome(i, s.ranges.Values); {
	case decided && s.old.IsBit(v):
		zero := s.add(Instr{Kind: Const}, Range{})
		return s.add(Instr{Kind: map[int64]Kind{0: Above, 1: AtLeast}[one], Name: i.Name, A: zero, B: zero}, Range{one, one})
	case decided:
		return s.add(Instr{Kind: Const, Name: i.Name, At: one}, Range{one, one})
	case a >= 0 && s.old.IsBit(a) == s.old.IsBit(v):
		return s.values[a]
	}
	for _, at := range i.places() {
		*at = s.values[*at]
	}
	return s.add(i, r)
}

// decided reports whether a value that is computed is one number, and which.
func (s *settling) decided(v Value, i Instr) (one int64, ok bool) {
	r, same := s.ranges.Values[v], s.values[i.A] == s.values[i.B]
	switch {
	case i.Kind == Store, i.Kind == Result, len(i.places()) == 0:
		return 0, false
	case same && (i.Kind == Above || i.Kind == Sub || i.Kind == Xor || i.Kind == AndNot):
		return 0, true
	case same && i.Kind == AtLeast:
		return 1, true
	case !s.known(i):
		return 0, false
	case i.Kind == Above && s.ranges.Values[i.A].Hi <= s.ranges.Values[i.B].Lo: // a border, which ranges have on either way
		return 0, true
	case i.Kind == AtLeast && s.ranges.Values[i.A].Lo >= s.ranges.Values[i.B].Hi:
		return 1, true
	}
	return r.Lo, r.Lo == r.Hi
}

// outcome returns the operand that an instruction has the value of, or −1.
func (s *settling) outcome(i Instr, r []Range) Value {
	a, b, c := r[i.A], r[i.B], r[i.C]
	none, one, same := Range{}, Range{1, 1}, s.values[i.A] == s.values[i.B]
	switch {
	case same && (i.Kind == Min || i.Kind == Max || i.Kind == And || i.Kind == Or || i.Kind == Select):
		return i.A
	case !s.known(i):
		return -1
	case i.Kind == Min && a.Hi <= b.Lo, i.Kind == Max && a.Lo >= b.Hi, i.Kind == And && b == one,
		(i.Kind == Or || i.Kind == Xor || i.Kind == AndNot) && b == none, i.Kind == Select && c == one:
		return i.A
	case i.Kind == Min && b.Hi <= a.Lo, i.Kind == Max && b.Lo >= a.Hi, i.Kind == And && a == one,
		(i.Kind == Or || i.Kind == Xor) && a == none, i.Kind == Select && c == none:
		return i.B
	}
	return -1
}
