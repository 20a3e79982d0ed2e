package cgen

import (
	"fmt"

	"nomul/ir"
)

// linear prints the rows of each place, one after another; a place is an entry
// of the axes before the last.
func (b *printer) linear(v *ir.Value) {
	l := b.p.linears[v]
	b.function(v)
	b.line("\t@_level levels[%d];", l.levels())
	c := l.y.elem.unsigned().c()
	b.line("\t%s *y = (%s *)%s;", c, c, l.y.expr)
	if l.places == 1 {
		b.WriteByte('\n')
		b.sums(&l.rowSum, "y", l.startName(), l.weights.name, l.lister(l.x.expr, l.rows))
		b.line("}")
		return
	}
	start, x := l.startName(), "x"
	if l.mapped {
		b.line("\tconst %s *start = %s;", c, start)
		start = "start"
	}
	if l.x.elem.packed {
		b.line("\tuint32_t bit = 0u;\n")
	} else {
		b.line("\tconst %s *x = %s;\n", l.x.elem.c(), l.x.expr)
	}
	b.line("\tfor (uint32_t n = %du; n != 0u; n--) {", l.places)
	b.depth++
	if l.x.elem.packed {
		b.line("\t@_take_bits(st->row_bits, %s, bit, %du);", l.x.expr, l.rows)
		x = "st->row_bits"
	}
	b.sums(&l.rowSum, "y", start, l.weights.name, l.lister(x, l.rows))
	b.skip("y", l.outs)
	if l.mapped {
		b.skip("start", roundUp(l.outs, 4))
	}
	b.skip(map[bool]string{true: "bit", false: "x"}[l.x.elem.packed], l.rows)
	b.depth--
	b.line("\t}\n}")
}

// startName is the array of start values; empty when there is none.
func (s *rowSum) startName() string {
	if s.start == nil {
		return ""
	}
	return s.start.name
}

// lister prints the list of a segment's rows, by one digit.
type lister func(b *printer, d digit, s segment)

// lister lists the rows of elements that stand one after another at x.
func (l *linear) lister(x string, n int) lister {
	if l.x.elem.packed {
		return func(b *printer, _ digit, s segment) {
			b.line("\t@_list_spikes(levels, st->row_list, %s, %du);", offset(x, s.first/32), (s.rows+31)/32)
		}
	}
	return l.sorter(l.x.elem, x)
}

// sorter lists the rows of words.
func (s *rowSum) sorter(e elem, x string) lister {
	return func(b *printer, d digit, g segment) {
		b.line("\t@_sort_%s(levels, st->row_list, %s, %du, %du, %du, %du);", e.suffix(), offset(x, g.first), g.rows,
			uint32(-s.low), d.shift, 1<<s.digitBits-1)
	}
}

// sums prints what makes the sums of one place at y.
func (b *printer) sums(s *rowSum, y, start, weights string, list lister) {
	b.startSums(s, y, start)
	for i, d := range s.digits {
		for _, g := range s.segments {
			list(b, d, g)
			b.rowSums(s, y, weights, d, g)
		}
		if i+1 < len(s.digits) {
			b.shiftSums(s, y, start, i)
		}
	}
}

// startSums sets every sum to where it starts. With several digits that is 0,
// and the start values come in with the last shift.
func (b *printer) startSums(s *rowSum, y, start string) {
	n := roundUp(s.outs, 4)
	if start != "" && len(s.digits) == 1 {
		b.line("\t@_copy%d(%s, %s, %du);", s.elem.bits, y, start, n)
		return
	}
	b.line("\t@_fill%d(%s, %du, %du);", s.elem.bits, y, s.startAll, n)
}

func (b *printer) shiftSums(s *rowSum, y, start string, i int) {
	n := roundUp(s.outs, 4)
	by := s.digits[i].shift - s.digits[i+1].shift
	if i+2 < len(s.digits) {
		b.line("\t@_shift%d(%s, %du, %du);", s.elem.bits, y, by, n)
		return
	}
	b.line("\t@_shift_add%d(%s, %du, %s, %du);", s.elem.bits, y, by, start, n)
}

// rowSums prints the calls that add the listed rows to every tile.
func (b *printer) rowSums(s *rowSum, y, weights string, d digit, g segment) {
	for _, t := range s.tiles {
		kernel := fmt.Sprintf("rows%d", t.outputs)
		if s.wide {
			kernel = "wide"
		}
		each := s.perRow(t.outputs)
		b.line("\t@_%s_%d(%s, %du, %s, %du, st->row_list, levels, %du);", kernel, s.elem.bits, offset(y, t.column), t.count,
			offset(weights, t.at+g.first*each), each*s.rows, d.levels)
	}
}

// offset is a C expression for the address of element i.
func offset(expr string, i int) string {
	if i == 0 {
		return expr
	}
	return fmt.Sprintf("%s + %d", expr, i)
}
