package cgen

import "nomul/backends/lower"

// move prints the loops of a stage that copies: one for each piece. A latch that must not
// change its delay yet writes the next value.
func (b *printer) move(s *lower.Stage) {
	to, m := b.p.place[s.To], s.Move
	if held, apart := b.p.held[s.To]; apart && m.Late {
		to = held
	}
	copied := 0
	for _, piece := range m.Pieces {
		copied += lower.Size(piece.Dims)
	}
	if n, ok := uniform(m.Pieces[0].From.Array); ok && len(m.Pieces) == 1 && copied == to.n {
		b.set(to, n)
		return
	}
	if to.elem.packed || copied < to.n {
		b.set(to, m.Fill)
	}
	for i, piece := range m.Pieces {
		b.piece(piece, to, m.Fill, i == 0)
	}
}

// set prints the call that gives all elements one number; the bits behind the last spike are 0.
func (b *printer) set(to place, number int64) {
	e, n := to.elem.unsigned(), to.elem.length(to.n)
	value := number & (1<<e.bits - 1)
	if e.packed {
		value = -number & (1<<32 - 1)
	}
	b.line("\t@_fill%d((%s *)%s, %du, %du);", e.bits, e.c(), to.expr, value, n)
	if e.packed && number != 0 && to.n%32 != 0 {
		b.line("\t(%s)[%d] = %s;", to.expr, n-1, literal(1<<(to.n%32)-1, true))
	}
}

// piece prints the loop that copies a piece, or the call that copies whole words of spikes.
// Spikes on others than 0 take these back first.
func (b *printer) piece(piece lower.Piece, to place, below int64, first bool) {
	b.line("\t{")
	b.depth++
	w := over(piece.Dims)
	x := b.reads(w, "x", piece.From)
	y := b.pointer("", "y", to, w.along(piece.To.Start, piece.To.Strides))
	w.collapse()
	if n := lower.Size(piece.Dims); y.at.elem.packed && x.number == nil && x.at.elem.packed && neighbours(w) && aligned(x, n) && y.index.start%32 == 0 &&
		(n%32 == 0 || y.index.start+n == to.n || first && below == 0) {
		b.line("\n\t@_copy32(%s, %s, %du);", plus("y", y.index.start/32), plus("x", x.index.start/32), x.at.elem.length(n))
	} else {
		b.indices(w)
		b.loops(w, 0, func() {
			if y.at.elem.packed && below != 0 {
				b.line("\ty[%[1]s >> 5] &= ~(1u << (%[1]s & 31u));", y.index.name)
			}
			b.write(y, spread(w, x, y))
		})
	}
	b.depth--
	b.line("\t}")
}

// spread is an element that is copied. One that goes to several neighbours of less than a word is
// hidden: clang fills words with it by a multiplication.
func spread(w *walk, x, y operand) string {
	last := len(w.dims) - 1
	if x.number != nil || last < 0 || x.index.strides == nil || y.at.elem.packed || y.at.elem.bits >= 32 || x.index.strides[len(x.index.strides)-1] != 0 {
		return x.read()
	}
	return "@_hide((uint32_t)(" + x.read() + "))"
}

// neighbours reports whether all paths of a walk go from neighbour to neighbour.
func neighbours(w *walk) bool {
	for _, p := range w.paths {
		if len(w.dims) > 1 || len(w.dims) == 1 && p.strides[0] != 1 {
			return false
		}
	}
	return true
}

// aligned reports whether so many spikes fill words, or are all there are.
func aligned(x operand, n int) bool {
	return x.index.start%32 == 0 && n%32 == 0 || x.index.start == 0 && n == x.at.n
}
