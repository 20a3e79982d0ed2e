package update

// Expand returns a program whose leaks are shifts and sums, and its ranges. A leak is
// monotone, its terms together are not, so their ranges are those of the leak's equation
// and not of a walk over the terms.
func (p *Program) Expand(r Ranges) (*Program, Ranges) {
	e := &expansion{values: make([]Value, len(p.Code))}
	for v, i := range p.Code {
		i.A, i.B, i.C = e.values[i.A], e.values[i.B], e.values[i.C]
		if i.Kind == Leak {
			e.values[v] = e.leak(i, r.Values[p.Code[v].A], r.Values[v])
		} else {
			e.values[v] = e.add(i, r.Values[v])
		}
	}
	for _, v := range p.Vars {
		versions := v.Versions
		v.Versions = nil
		for _, at := range versions {
			v.Versions = append(v.Versions, e.values[at])
		}
		e.p.Vars = append(e.p.Vars, v)
	}
	return &e.p, Ranges{e.ranges, r.Vars}
}

type expansion struct {
	p      Program
	ranges []Range
	values []Value // by value of the program that is expanded
}

func (e *expansion) add(i Instr, r Range) Value {
	e.p.Code, e.ranges = append(e.p.Code, i), append(e.ranges, r)
	return Value(len(e.p.Code) - 1)
}

// leak adds the terms of a leak of x, a number of some range.
func (e *expansion) leak(i Instr, x, kept Range) Value {
	d := i.Decay
	sum, r := e.digits(i.A, d, x)
	sum, r = e.round(i.A, sum, d, x, r)
	if !d.Rest {
		return e.add(Instr{Kind: Shr, Name: i.Name, A: sum, At: int64(d.Shift)}, kept)
	}
	part := e.add(Instr{Kind: Shr, A: sum, At: int64(d.Shift)}, Range{r.Lo >> d.Shift, r.Hi >> d.Shift})
	return e.add(Instr{Kind: Sub, Name: i.Name, A: i.A, B: part}, kept)
}

// digits adds the product of x and the leak's factor, the highest digit first: the digits
// so far are a factor of their own, so that no partial sum is negative beside x.
func (e *expansion) digits(x Value, d Decay, r Range) (Value, Range) {
	var sum Value
	n := int64(0)
	for k := len(d.Digits) - 1; k >= 0; k-- {
		digit := d.Digits[k]
		term := x
		if digit.Shift > 0 {
			term = e.add(Instr{Kind: Shl, A: x, At: int64(digit.Shift)}, r.Scaled(1<<digit.Shift))
		}
		n += int64(digit.Sign) << digit.Shift
		kind := Add
		switch {
		case k == len(d.Digits)-1:
			sum = term
			continue
		case digit.Sign < 0:
			kind = Sub
		}
		sum = e.add(Instr{Kind: kind, A: sum, B: term}, r.Scaled(n))
	}
	return sum, r.Scaled(n)
}

// round adds the addend that makes the shift of a sum round up, or toward 0.
func (e *expansion) round(x, sum Value, d Decay, of, r Range) (Value, Range) {
	up, most := d.Up, d.Up+d.UpNegative
	constant := func(n int64) Value { return e.add(Instr{Kind: Const, At: n}, Range{n, n}) }
	var addend Value
	switch {
	case d.UpNegative != 0 && of.Lo < 0:
		zero := constant(0)
		below := e.add(Instr{Kind: Above, A: zero, B: x}, Range{0, 1})
		least := zero
		if up != 0 {
			least = constant(up)
		}
		addend = e.add(Instr{Kind: Select, A: constant(most), B: least, C: below}, Range{up, most})
		negative := Range{r.Lo + most, min(r.Hi, -1) + most}
		if r.Hi >= 0 {
			negative = negative.Union(Range{up, r.Hi + up})
		}
		r = negative
	case up != 0:
		addend = constant(up)
		r = r.Add(Range{up, up})
	default:
		return sum, r
	}
	return e.add(Instr{Kind: Add, A: sum, B: addend}, r), r
}
