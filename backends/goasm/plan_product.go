package goasm

import (
	"nomul/ir"
)

// product plans a matrix product of two values. Of spikes on both sides,
// coincidences are counted. Of spikes on one, every spike adds a row of the other
// side, which is laid out so that what it adds lies together; so does the result.
func (p *plan) product(v *ir.Value) {
	switch {
	case !v.Args[1].Type.IsSpike():
		p.chooseRows(v, 0)
	case !v.Args[0].Type.IsSpike():
		p.chooseRows(v, 1)
	default:
		p.meet(v)
	}
}

// side is an operand of a product, one matrix for each of the result's.
type side struct {
	*matrices
	name  string // the expression of its memory
	order order
}

// matrices is how a stack of matrices is counted: element e is in matrix
// e/(rows·cols), and there at row and column.
type matrices struct{ number, rows, cols int }

func matricesOf(s ir.Shape) *matrices {
	rows, cols := s.Dim(s.Rank()-2), s.Dim(s.Rank()-1)
	return &matrices{s.Size() / (rows * cols), rows, cols}
}

// at is the matrix, row and column of an element.
func (m *matrices) at(e int) (matrix, row, col int) {
	return e / (m.rows * m.cols), e / m.cols % m.rows, e % m.cols
}

// stacked is the shape of an operand with the stack of the result.
func stacked(operand, result ir.Shape) ir.Shape {
	dims := result.Dims()
	copy(dims[len(dims)-2:], operand.Dims()[operand.Rank()-2:])
	return ir.ShapeOf(dims...)
}

// spikeSide is operand i of a product, packed; broadcast where it has fewer matrices.
func (p *plan) spikeSide(s *callStage, v *ir.Value, i int) side {
	x := v.Args[i]
	shape := stacked(x.Type.Shape, v.Type.Shape)
	out := side{matrices: matricesOf(shape)}
	switch {
	case x.Const() != nil:
		out.name = "m." + s.spikes(p, upper(v.Op.Operands()[i].Name), spread(x, shape))
	case x.Type.Size() == shape.Size():
		view := p.spikes(x, p.at(x).order)
		out.name, out.order = "m."+view.name, view.order
	default:
		out.name = p.stretchedSpikes(v, x, shape, order{})
	}
	p.needs.chosen = max(p.needs.chosen, shape.Size())
	return out
}

// tables gives two numbers for each place of a side, from the matrix, row and
// column of its element.
func (s *callStage) sideTables(p *plan, x side, name string, numbers func(matrix, row, col int) (key, entry int)) (keys, entries string) {
	size := x.number * x.rows * x.cols
	key, entry := make([]int, size), make([]int, size)
	for place := range size {
		key[place], entry[place] = numbers(x.at(x.order.element(place)))
	}
	return "m." + s.table(p, name+"Keys", key), "m." + s.table(p, name+"Entries", entry)
}

// meet counts coincidences; the key is the matrix and what is summed.
func (p *plan) meet(v *ir.Value) {
	o := order{}
	if p.isChosenFrom(v) {
		o = swapped(v.Type.Shape)
	}
	s := p.call(v, p.result(v, full, o))
	a, b := p.spikeSide(s, v, 0), p.spikeSide(s, v, 1)
	inner := a.cols
	row, col := b.cols, 1
	if o.at != nil {
		row, col = 1, a.rows
	}
	keysA, rows := s.sideTables(p, a, "A", func(matrix, m, k int) (int, int) {
		return matrix*inner + k, matrix*a.rows*b.cols + m*row
	})
	keysB, columns := s.sideTables(p, b, "B", func(matrix, k, n int) (int, int) { return matrix*inner + k, n * col })
	p.needs.begins = max(p.needs.begins, a.number*inner+2)
	s.do("m.meet(m.%s, %s, %s, %s, %s, %s, %s, %d)", s.dst.name, a.name, b.name, keysA, rows, keysB, columns, a.number*inner)
	p.add(v.Clock, s)
}

// isChosenFrom tells whether a product reads the columns of v's matrices.
func (p *plan) isChosenFrom(v *ir.Value) bool {
	for _, r := range p.readers[v] {
		if r.Op == ir.OpMatmul && r.Args[0] == v && !v.Type.IsSpike() {
			return true
		}
	}
	return false
}

// swapped is the order in which columns lie together, not rows.
func swapped(s ir.Shape) order {
	axes := upTo(s.Rank())
	last := len(axes) - 1
	axes[last], axes[last-1] = axes[last-1], axes[last]
	return orderOf(s, axes)
}

// chooseRows adds what spikes choose: rows of the right side for each row of
// spikes, or columns of the left for each column. The key is where it is added.
func (p *plan) chooseRows(v *ir.Value, spikes int) {
	words := v.Args[1-spikes]
	o, ow := order{}, order{}
	if spikes == 1 {
		o, ow = swapped(v.Type.Shape), swapped(words.Type.Shape)
	}
	s := p.call(v, p.result(v, full, o))
	x, w := p.spikeSide(s, v, spikes), matricesOf(words.Type.Shape)
	length, inner, results := w.cols, w.rows, x.rows
	if spikes == 1 {
		length, inner, results = w.rows, w.cols, x.cols
	}
	from := ir.Index(stackOf(words.Type.Shape), stackOf(v.Type.Shape))
	keys, entries := s.sideTables(p, x, "Spike", func(matrix, row, col int) (int, int) {
		at := matrix
		if from != nil {
			at = from[matrix]
		}
		if spikes == 1 {
			row, col = col, row
		}
		return matrix*results + row, (at*inner + col) * length
	})
	p.needs.begins = max(p.needs.begins, x.number*results+2)
	s.do("m.chooseRows(m.%s, %s, %s, %s, %s, %d, %d)", s.dst.name, p.rowsOf(s, words, ow), x.name, keys, entries, x.number*results, length)
	p.add(v.Clock, s)
}

// stackOf is the shape without its last two axes.
func stackOf(s ir.Shape) ir.Shape { return ir.ShapeOf(s.Dims()[:s.Rank()-2]...) }

// rowsOf is the expression of words in an order, with a tile behind them that may
// be read.
func (p *plan) rowsOf(s *callStage, words *ir.Value, o order) string {
	if words.Const() == nil {
		return "m." + p.full(words, o).name
	}
	data := append(o.pick(spread(words, words.Type.Shape)), make([]int64, tileOutputs)...)
	return "m." + s.vector(p, "Rows", data)
}
