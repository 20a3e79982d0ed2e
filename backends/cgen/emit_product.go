package cgen

import (
	"fmt"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// planProduct asks for the list of spikes in a row of the right side.
func (p *plan) planProduct(v *ir.Value) {
	if right := v.Arg(1).Type; right.IsSpike() && !v.Type.IsSpike() {
		n := right.Shape.Dim(right.Shape.Rank() - 1)
		p.lend("row_bits", elem{32, false, true}, (n+31)/32, "spikes of one place")
		p.lend("row_list", elem{16, false, false}, roundUp(n, 32), "rows to add, of the layer that runs")
	}
}

// product prints a matrix product, matrix by matrix: spikes say what of the other
// side is added.
func (b *printer) product(v *ir.Value) {
	if v.Type.IsSpike() {
		b.coincidence(v)
		return
	}
	b.function(v)
	left, right, y := v.Arg(0), v.Arg(1), b.p.place[v]
	w := newWalk(stackOf(v.Type.Shape).Dims())
	a := b.reads("a", b.p.place[left], w.along(0, stackStrides(left.Type.Shape, v.Type.Shape)))
	x := b.reads("b", b.p.place[right], w.along(0, stackStrides(right.Type.Shape, v.Type.Shape)))
	to := w.along(0, stackStrides(v.Type.Shape, v.Type.Shape))
	b.line("\t%s *y = (%s *)%s;", y.elem.unsigned().c(), y.elem.unsigned().c(), y.expr)
	b.indices(w)
	b.WriteByte('\n')
	b.line("\t@_fill%d(y, 0u, %du);", y.elem.bits, y.n)
	rank := v.Type.Shape.Rank()
	sizes := fmt.Sprintf("%du, %du, %du", v.Type.Shape.Dim(rank-2), left.Type.Shape.Dim(left.Type.Shape.Rank()-1), v.Type.Shape.Dim(rank-1))
	b.loops(w, func() {
		if right.Type.IsSpike() {
			b.line("\t@_mix%d_%s(y + %s, %s, %s, st->row_bits, st->row_list, %s);", y.elem.bits, a.at.elem.kind(), to.name, a.from(), x.from(), sizes)
		} else {
			b.line("\t@_pick%d_%s(y + %s, %s, %s, %s);", y.elem.bits, x.at.elem.kind(), to.name, a.from(), x.from(), sizes)
		}
	})
	b.line("}")
}

// coincidence prints a product whose elements are 0 or 1: of one spike by one
// each, or nothing at all.
func (b *printer) coincidence(v *ir.Value) {
	if v.Range.Hi > 0 {
		b.function(v)
		var both update.Builder
		both.Result(both.And(both.Operand(0), both.Operand(1)))
		b.each(v, both.Program())
		return
	}
	b.function(v)
	b.cleared(b.writes(b.p.place[v], &path{}))
	b.line("}")
}

// kind names kernels after what they read.
func (e elem) kind() string {
	if e.packed {
		return "spikes"
	}
	return e.suffix()
}

// from are the arguments that say where a matrix begins.
func (o operand) from() string {
	if o.at.elem.packed {
		return o.name + ", " + o.index.name
	}
	return o.name + " + " + o.index.name
}

// stackOf is a shape without its last two axes.
func stackOf(s ir.Shape) ir.Shape { return ir.ShapeOf(s.Dims()[:s.Rank()-2]...) }

// stackStrides are the distances of an operand's matrices along the axes of the
// result's stack.
func stackStrides(operand, result ir.Shape) []int {
	own, out := lower.Strides(operand.Dims()), make([]int, result.Rank()-2)
	for i := range operand.Rank() - 2 {
		if operand.Dim(i) > 1 {
			out[result.Rank()-operand.Rank()+i] = own[i]
		}
	}
	return out
}

const listBits = `/* Lists which of the spikes in some words are 1, and gives the list's end. */
static uint16_t *@_list_bits(uint16_t *list, const uint32_t *s, uint32_t words)
{
	uint32_t at = 0u;

	do {
		uint32_t bits = *s++, n = at;
		for (; bits != 0u; bits >>= 1, n++) {
			if ((bits & 1u) != 0u) {
				*list++ = (uint16_t)n;
			}
		}
		at += 32u;
	} while (--words != 0u);
	return list;
}
`

// mixKernel adds to y[m][n] the elements a[m][k] where b[k][n] is a spike, for
// words a, or for spikes.
func mixKernel(bits int, a elem) kernel {
	params, start, read, next := "const TYPE *a", "const TYPE *from = a;", "*from", "from += inner;"
	step := "a++;"
	if a.packed {
		params, start, read, next = "const uint32_t *a, uint32_t first", "uint32_t from = first;", "@_spike(a, from)", "from += inner;"
		step = "first++;"
	}
	return typed("mix%d_"+a.kind(), `/* Adds a[m][k] to y[m][n] where b[k][n] is a spike. The spikes of a row of b are listed once for all rows of a. */
static void @_NAME(WORD *y, `+params+`, const uint32_t *b, uint32_t bit, uint32_t *bits, uint16_t *list, uint32_t rows, uint32_t inner, uint32_t cols)
{
	uint32_t k = inner, words = (cols + 31u) >> 5;

	do {
		const uint16_t *end;
		@_take_bits(bits, b, bit, cols);
		end = @_list_bits(list, bits, words);
		if (end != list) {
			WORD *row = y;
			`+start+`
			uint32_t m = rows;
			do {
				const WORD one = (WORD)`+read+`;
				if (one != 0u) {
					const uint16_t *at = list;
					do {
						row[*at] = (WORD)(row[*at] + one);
					} while (++at != end);
				}
				`+next+`
				row += cols;
			} while (--m != 0u);
		}
		`+step+`
		bit += cols;
	} while (--k != 0u);
}
`, bits, a)
}

// pickKernel adds to y[m] the rows b[k] of words where a[m][k] is a spike.
func pickKernel(bits int, b elem) kernel {
	return typed("pick%d_"+b.kind(), `/* Adds the rows b[k] to y[m] where a[m][k] is a spike. */
static void @_NAME(WORD *y, const uint32_t *a, uint32_t bit, const TYPE *b, uint32_t rows, uint32_t inner, uint32_t cols)
{
	do {
		const TYPE *from = b;
		uint32_t k = inner;
		do {
			if (@_spike(a, bit) != 0) {
				WORD *to = y;
				const TYPE *of = from;
				uint32_t n = cols;
				do {
					*to = (WORD)(*to + (WORD)*of++);
					to++;
				} while (--n != 0u);
			}
			bit++;
			from += cols;
		} while (--k != 0u);
		y += cols;
	} while (--rows != 0u);
}
`, bits, b)
}
