package ir

import "nomul/ir/update"

// maxWord bounds the integers that a cell hands on as such: greater ones are numbers with a unit, as a membrane.
const maxWord = 255

// IsWord reports whether a value is whole numbers that the spikes of a cell decide: counts, or spikes with a sign.
func (v *Value) IsWord() bool {
	a, ok := v.Attrs.(CellAttrs)
	if !ok || v.Type.IsSpike() {
		return false
	}
	_, is := wordOf(v, a.Do.Program)
	return is
}

// wordOf is the range of a program's result, and whether it is an integer at every level: one that bits
// choose among whole constants, or a sum of such, as a count of thresholds that are passed.
func wordOf(v *Value, p *update.Program) (Range, bool) {
	w := &wording{of: v, ranges: make([]Range, len(p.Code)), whole: make([]bool, len(p.Code))}
	for at, i := range p.Code {
		w.ranges[at], w.whole[at] = w.value(i)
	}
	r := w.ranges[p.Result()]
	return r, w.whole[p.Result()] && !p.IsBit(p.Result()) && r.Magnitude() <= maxWord && (r.Lo < 0 || r.Hi > 1)
}

// wording are the values of a program that bits decide among whole constants, and their ranges.
type wording struct {
	of     *Value
	ranges []Range
	whole  []bool
}

func (w *wording) value(i update.Instr) (r Range, whole bool) {
	a, b := w.ranges[i.A], w.ranges[i.B]
	both := w.whole[i.A] && w.whole[i.B]
	switch i.Kind {
	case update.Const:
		return Range{Lo: i.At, Hi: i.At}, true
	case update.Operand:
		return wholeOperand(w.of.Args[i.At])
	case update.Select:
		return a.Union(b), both
	case update.Add:
		return a.Add(b), both
	case update.Sub:
		return a.Add(b.Neg()), both
	case update.Min:
		return Range{Lo: min(a.Lo, b.Lo), Hi: min(a.Hi, b.Hi)}, both
	case update.Max:
		return Range{Lo: max(a.Lo, b.Lo), Hi: max(a.Hi, b.Hi)}, both
	case update.Times:
		return a.Scaled(b.Lo).Union(a.Scaled(b.Hi)), both
	case update.Shl:
		return a.Scaled(1 << i.At), w.whole[i.A]
	}
	return Range{}, false
}

// wholeOperand is the range of spikes, or of constants that are whole.
func wholeOperand(v *Value) (Range, bool) {
	c := v.Const()
	switch {
	case v.Type.IsSpike():
		return v.Range, true
	case c == nil:
		return Range{}, false
	case !c.Type.IsReal():
		return v.Range, true
	}
	out := Range{Lo: int64(c.At(0)), Hi: int64(c.At(0))}
	for _, f := range c.F {
		if n := int64(f); float64(n) != f {
			return Range{}, false
		} else {
			out = out.Union(Range{Lo: n, Hi: n})
		}
	}
	return out, true
}
