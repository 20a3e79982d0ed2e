package update

// Limits reports for each value whether it is a limit: a constant operand that only
// comparisons of one kind take, as their B. A limit that A cannot reach may be any other
// such number.
func (p *Program) Limits() []bool {
	limits, kinds := make([]bool, len(p.Code)), make([]Kind, len(p.Code))
	for v, i := range p.Code {
		limits[v] = i.Kind == Param
		for n, a := range i.Values() {
			compares := (i.Kind == AtLeast || i.Kind == Above) && n == 1
			if !compares || kinds[a] != 0 && kinds[a] != i.Kind {
				limits[a] = false
			}
			kinds[a] = i.Kind
		}
	}
	return limits
}

// Exact returns the range of all constants and all values that something but a sum, a shift to the
// left or a choice takes, which wrap in no engine.
func (p *Program) Exact(r Ranges) Range {
	var out Range
	for v, i := range p.Code {
		switch i.Kind {
		case Const:
			out = out.Union(r.Values[v])
		case AtLeast, Above, Shr, Leak, Scale, Lookup, Min, Max, Store, Result:
			for _, a := range i.Values() {
				out = out.Union(r.Values[a])
			}
		}
	}
	return out
}

// Fits reports whether a program without leaks can run in lanes that hold the integers of
// a range and wrap at its borders. Sums, differences, shifts to the left and choices may
// wrap; the operands of all else are exact, and so is the state. Limits are clipped to
// the lane as those of Above, one less where they are of AtLeast: the lowest integer of a
// lane stays free for a limit that everything is above.
func (p *Program) Fits(r Ranges, lane Range) bool {
	limits := p.Limits()
	for v, i := range p.Code {
		switch i.Kind {
		case Load:
			if !lane.Contains(r.Values[v]) {
				return false
			}
		case AtLeast, Above:
			if limits[i.B] && r.Values[i.A].Lo == lane.Lo {
				return false
			}
			fallthrough
		case Shr, Lookup, Min, Max, Store, Result:
			for _, a := range i.Values() {
				if !limits[a] && !lane.Contains(r.Values[a]) {
					return false
				}
			}
		}
	}
	return true
}
