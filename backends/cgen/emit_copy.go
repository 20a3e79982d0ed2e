package cgen

import (
	"nomul/backends/lower"
	"nomul/ir"
)

// copy prints a loop that takes the elements of x, of some shape, to places of
// y: both go through paths of the walk.
func (b *printer) copy(w *walk, x, y operand) {
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() { b.write(y, x.read()) })
}

// move prints one loop per operand, each into its part of the result.
func (b *printer) move(v *ir.Value) {
	b.function(v)
	m, at := lower.MoveOf(v), b.p.place[v]
	b.line("\t%s *y = %s;\n", at.elem.c(), at.expr)
	y := operand{name: "y", at: at}
	switch {
	case v.Op == ir.OpPad:
		b.fill(v, m.Fill)
	default:
		b.cleared(y)
	}
	for i, piece := range m.Pieces {
		b.piece(v.Args[i], piece, y, m.Fill)
	}
	b.line("}")
}

// piece copies an operand to its places in y; whole words of spikes where it can. Spikes
// that stand on others than 0 are taken back first.
func (b *printer) piece(a *ir.Value, piece lower.Piece, y operand, below int64) {
	b.line("\t{")
	b.depth++
	w := newWalk(piece.Dims)
	x := operand{}
	if number, ok := uniform(a); ok {
		x.literal = "(" + literal(number, false) + ")"
	} else {
		x = b.reads("x", b.p.place[a], w.along(piece.From.Start, piece.From.Strides))
	}
	y.index = w.along(piece.To.Start, piece.To.Strides)
	w.collapse()
	start := piece.To.Start
	if inWords(w) && x.literal == "" && x.at.elem.packed && y.at.elem.packed && start%32 == 0 && len(w.paths) > 0 && whole(x, w) {
		b.line("\n\t@_copy32(%s, x, %du);", offset("y", start/32), x.at.elem.length(x.at.n))
	} else {
		b.indices(w)
		b.WriteByte('\n')
		b.loops(w, func() {
			if y.at.elem.packed && below != 0 {
				b.line("\ty[%[1]s >> 5] &= ~(1u << (%[1]s & 31u));", y.index.name)
			}
			b.write(y, x.read())
		})
	}
	b.depth--
	b.line("\t}")
}

// inWords reports whether all paths of a walk go from neighbour to neighbour.
func inWords(w *walk) bool {
	if len(w.dims) != 1 {
		return false
	}
	for _, p := range w.paths {
		if w.dims[0] > 1 && p.strides[0] != 1 {
			return false
		}
	}
	return true
}

// whole reports whether a walk goes through an operand from its beginning to its end.
func whole(x operand, w *walk) bool { return x.index.start == 0 && w.dims[0] == x.at.n }

// fill prints a loop that sets all elements to a number.
func (b *printer) fill(v *ir.Value, number int64) {
	at := b.p.place[v]
	w := newWalk(v.Type.Shape.Dims())
	y := operand{name: "y", at: at, index: w.ordered()}
	b.line("\t{")
	b.depth++
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() { b.write(y, literal(number, false)) })
	b.depth--
	b.line("\t}")
}
