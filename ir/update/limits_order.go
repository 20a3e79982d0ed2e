package update

// Limits of one number may be in order although each has a range, as those of several elements: one is another
// plus constants that are not below 0. A number below a limit is below all that are higher.

// decider is an earlier comparison of the same number, and by how much at least its limit is lower than that of
// the one it decides; below 0 where it is that much higher or more.
type decider struct {
	by    Value
	lower int64
	equal bool // the two limits are one
}

// deciders lists for each comparison those before it of which limits are in order with its own.
func (p *Program) deciders(operand func(slot int) Range) [][]decider {
	out := make([][]decider, len(p.Code))
	for v, i := range p.Code {
		if !i.Compares() {
			continue
		}
		for u, j := range p.Code[:v] {
			if !j.Compares() || j.A != i.A {
				continue
			}
			if d, ok := p.above(i.B, j.B, operand); ok {
				out[v] = append(out[v], decider{Value(u), d, i.B == j.B})
			} else if d, ok := p.above(j.B, i.B, operand); ok {
				out[v] = append(out[v], decider{Value(u), -d, i.B == j.B})
			}
		}
	}
	return out
}

// above returns by how much at least one value is more than another, of which it is a sum with constants; false
// where it is none, or may be less.
func (p *Program) above(x, than Value, operand func(slot int) Range) (int64, bool) {
	sum := int64(0)
	for x != than {
		i := p.Code[x]
		if i.Kind != Add {
			return 0, false
		}
		x = i.A
		switch c := p.Code[i.B]; {
		case c.Kind == Const && c.At > 0:
			sum += c.At
		case (c.Kind == Param || c.Kind == Operand) && operand(int(c.At)).Lo > 0:
			sum += operand(int(c.At)).Lo
		default:
			return 0, false
		}
	}
	return sum, true
}

// decided returns the bit of a comparison that another one on the path decides.
func (w *walk) decided(v int) (bit int64, known bool) {
	strict := w.Code[v].Kind == Above
	for _, d := range w.decides[v] {
		also := w.Code[d.by].Kind == Above
		switch fired := w.env[d.by]; {
		case fired == Range{1, 1} && (d.lower < 0 || d.equal && (also || !strict)):
			return 1, true
		case fired == Range{} && (d.lower > 0 || d.equal && (strict || !also)):
			return 0, true
		}
	}
	return 0, false
}
