package cgen

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// csd is how numbers are multiplied by constants: the signed digits of every
// constant, see digitsOf.
type csd struct {
	digits string // C expression of where those of an element begin
	wide   bool   // the product, before the shift, needs 64 bits
}

// digitsOf is a number by its canonical signed digits, the highest first. A byte
// says how often to double the product so far, and whether then to add (64) or to
// subtract (128) once; neither ends it.
func digitsOf(n int64) []int64 {
	digits, at, out := update.CSD(n), 0, []int64(nil)
	for i, d := range slices.Backward(digits) {
		if i == len(digits)-1 {
			at = d.Shift
		}
		sign := int64(64)
		if d.Sign < 0 {
			sign = 128
		}
		out, at = append(out, int64(at-d.Shift)|sign), d.Shift
	}
	return append(out, int64(at))
}

// factor lays out the digits of a leak, or of the factors of a product, equal ones once. They are
// data: compilers would make a multiplication of shifts that they see.
func (p *bodyPrinter) factor(v int, i update.Instr) csd {
	n := i.Decay.Factor()
	view, factors, text := lower.View{}, []int64{n}, fmt.Sprintf("digits of csd:%d/%d", n, int64(1)<<i.Decay.Shift)
	if i.Kind == update.Scale {
		view = p.Views[p.code[i.B].At]
		factors, text = view.Array.Data.I, comment(view.Array)
	}
	var digits, starts []int64
	known, largest := map[int64]int64{}, ir.Range{}
	for _, n := range factors {
		if _, ok := known[n]; !ok {
			known[n] = int64(len(digits))
			digits = append(digits, digitsOf(n)...)
		}
		starts = append(starts, known[n])
		largest = largest.Union(ir.Range{Lo: n, Hi: n})
	}
	c := csd{p.p.flash(p.Stages[0].To, fmt.Sprint("digits", v), elem{bits: 8}, digits, text).name,
		i.Decay.Shift > 31 || rounding(i.Decay) == "" || !lower.Int32s.Contains(product64(p.Ranges.Values[i.A], largest))}
	if len(known) > 1 {
		c.digits += p.firstDigit(fmt.Sprint("starts", v), view, starts, unsignedFor(len(digits)))
	}
	return c
}

// firstDigit lays out where the digits of each factor begin, and returns the C expression of it.
func (p *bodyPrinter) firstDigit(name string, view lower.View, starts []int64, e elem) string {
	at, index := "", ""
	if c := p.p.byClass("digits", view, starts, e, p.w.grid); c != nil {
		at, index = c.at.expr, c.index(p.w)
	} else {
		at = p.p.flash(p.Stages[0].To, name, e, starts, "the first digit of each factor").name
		index = p.w.along(view.Start, view.Strides).name
	}
	p.line("\tconst %s *%s = %s;", e.c(), name, at)
	return fmt.Sprintf(" + %s[%s]", name, index)
}

// product64 is the range of a product; neither range comes near 64 bits, by inference.
func product64(a, b ir.Range) ir.Range {
	ends := []int64{a.Lo * b.Lo, a.Lo * b.Hi, a.Hi * b.Lo, a.Hi * b.Hi}
	return ir.Range{Lo: slices.Min(ends), Hi: slices.Max(ends)}
}

// lookup lays out a table of the narrowest elements.
func (p *bodyPrinter) lookup(v int, i update.Instr) string {
	r := ir.Range{Lo: slices.Min(i.Table), Hi: slices.Max(i.Table)}
	e := wordElems[slices.IndexFunc(wordElems, func(e elem) bool { return e.holds(r) })]
	return p.p.flash(p.Stages[0].To, fmt.Sprint("table", v), e, i.Table, "the results for each word").name
}

// unsignedFor is the narrowest element that counts below n.
func unsignedFor(n int) elem {
	for _, bits := range []int{8, 16} {
		if n <= 1<<bits {
			return elem{bits: bits}
		}
	}
	return elem{bits: 32}
}

// decayed is the C expression of a product with a factor, or of a leak.
func (p *bodyPrinter) decayed(v update.Value, i update.Instr, x string) string {
	d := i.Decay
	round, shifted := rounding(d), ""
	switch c, ok := p.factors[v]; {
	case ok && c.wide:
		shifted = fmt.Sprintf("@_times_wide(%s, %s, %d, %s, %s)", x, c.digits, d.Shift, wideNumber(d.Up), wideNumber(d.Up+d.UpNegative))
	case ok:
		shifted = fmt.Sprintf("@_times(%s, %s)", x, c.digits)
		if d.Shift > 0 {
			shifted = fmt.Sprintf("@_asr_%s(%s, %d)", round, shifted, d.Shift)
		}
	default:
		shifted = fmt.Sprintf("@_asr_%s(%s, %d)", round, x, d.Shift)
	}
	if d.Rest {
		return x + " - " + shifted
	}
	return shifted
}

// rounding is that of the shift of a decay: down, up or toward 0, or "" of any other.
func rounding(d update.Decay) string {
	switch most := int64(1)<<d.Shift - 1; {
	case d.Up == 0 && d.UpNegative == 0:
		return "floor"
	case d.Up == most && d.UpNegative == 0:
		return "ceil"
	case d.Up == 0 && d.UpNegative == most:
		return "zero"
	}
	return ""
}

// wideNumber is an addend of 64 bits.
func wideNumber(n int64) string {
	if n >= 1<<32 {
		return fmt.Sprintf("%duLL", n)
	}
	return fmt.Sprintf("%du", n)
}
