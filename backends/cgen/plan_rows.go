package cgen

import (
	"math/bits"

	"nomul/ir"
)

// maxRows bounds the rows added in one go, and with it the list's RAM: a list
// entry is a row's byte offset in a tile of 16 outputs and must fit 16 bits.
const maxRows = 1024

// rowSum is a planned sum of weight rows for one place of the output: for each
// digit of the words, highest first, for each segment of the rows: list the
// rows, then add them tile by tile. Groups have inputs, outputs and rows of their own.
type rowSum struct {
	elem      elem // of the sums
	wide      bool // weights of 16 bits
	weights   *array
	groups    int
	outs      int   // of a group
	rows      int   // of a group
	order     []int // the column of the weights that is a row; nil: the same
	low       int64 // taken off every word, so that digits are not negative
	digitBits int   // 0: x is spikes
	digits    []digit
	segments  []segment
	tiles     []tile
	start     *array // added to every sum once; nil: startAll for every sum
	startAll  int64
	mapped    bool // start has every place, not only every output
}

// linear is a planned linear layer; its places are those of the axes before the last.
type linear struct {
	rowSum
	x, y   place
	places int
}

// digit is bits shift … of the words, with the values 0..levels.
type digit struct{ shift, levels int }

// segment is a run of rows whose sums cannot leave 16 bits.
type segment struct{ first, rows int }

// tile is a run of equal tiles: outputs from column on, outputs·rows weights
// each, from word (or element, when wide) at of the array on.
type tile struct{ outputs, count, column, at int }

func (p *plan) planLinear(v *ir.Value) {
	x, w := v.Arg(0), v.Arg(1)
	l := &linear{x: p.place[x], y: p.place[v], places: x.Type.Size() / w.Type.Shape.Dim(1)}
	p.linears[v] = l
	l.rowSum = newRowSum(l.y.elem, w, 1)
	l.planDigits(l.x.elem, x.Range)
	l.cut(w.Const().I, 0, l.rows)
	p.planWeights(&l.rowSum, v)
	bias := ir.Index(biasShape(v, 0), v.Type.Shape)
	p.planStart(&l.rowSum, v, l.places, func(n, at int) int64 { return biasAt(v, bias, at*l.outs+n) })
	if l.x.elem.packed && l.places > 1 {
		p.lend("row_bits", elem{32, false, true}, (l.rows+31)/32, "spikes of one place")
	}
}

// newRowSum has the sizes of weights[M, …].
func newRowSum(y elem, w *ir.Value, groups int) rowSum {
	outs := w.Type.Shape.Dim(0)
	return rowSum{elem: y.unsigned(), wide: !ir.SintType(8, ir.Shape{}).Full().Contains(w.Range),
		groups: groups, outs: outs / groups, rows: w.Type.Size() / outs}
}

// biasShape is the shape in which a bias is stretched over the output: one of a
// single axis counts channels, which have so many axes behind them.
func biasShape(v *ir.Value, behind int) ir.Shape {
	bias := v.Arg(2)
	if bias == nil {
		return ir.Shape{}
	}
	if bias.Type.Shape.Rank() != 1 {
		return bias.Type.Shape
	}
	dims := []int{bias.Type.Size()}
	for range behind {
		dims = append(dims, 1)
	}
	return ir.ShapeOf(dims...)
}

// biasAt is the bias of an element of the output, 0 without one.
func biasAt(v *ir.Value, index []int, at int) int64 {
	bias := v.Arg(2)
	switch {
	case bias == nil:
		return 0
	case index == nil:
		return bias.Const().I[at]
	}
	return bias.Const().I[index[at]]
}

// planWeights lays the weights out, and asks for the list of rows.
func (p *plan) planWeights(s *rowSum, v *ir.Value) {
	w := v.Arg(1)
	s.planTiles()
	if s.wide {
		s.weights = p.flash(v, "weight", elem{16, true, false}, s.layWide(w.Const().I), w.String())
	} else {
		s.weights = p.flash(v, "weight", elem{32, false, false}, s.layBytes(w.Const().I), w.String())
		s.weights.hex = true
	}
	for _, g := range s.segments {
		p.lend("row_list", elem{16, false, false}, roundUp(g.rows, 32), "rows to add, of the layer that runs")
	}
}

// planDigits cuts words of a range into digits of equal width.
func (s *rowSum) planDigits(x elem, r ir.Range) {
	if x.packed {
		s.digits = []digit{{0, 1}}
		return
	}
	s.low = min(0, r.Lo)
	top := max(0, r.Hi) - s.low
	s.digitBits = digitBits(bits.Len64(uint64(top)), s.rows)
	for shift := (max(1, bits.Len64(uint64(top))) - 1) / s.digitBits * s.digitBits; shift >= 0; shift -= s.digitBits {
		levels := min(int(top>>shift), 1<<s.digitBits-1)
		s.digits = append(s.digits, digit{shift, max(1, levels)})
	}
}

// digitBits is the digit width with the fewest instructions per output, for
// words of k bits all equally likely: a row addition costs about 5/4, and a
// level, which adds the running sum to the output, about 11/2.
func digitBits(k, rows int) int {
	best, least := 1, 0
	for b := 1; b <= 5; b++ {
		cost := 0
		for at := 0; at < max(1, k); at += b {
			levels := 1<<min(b, max(1, k)-at) - 1
			cost += levels*22 + rows*5*levels/(levels+1)
		}
		if b == 1 || cost < least {
			best, least = b, cost
		}
	}
	return best
}

// cut adds segments for the rows first … end−1, such that in none a subset of a
// column's weights can sum beyond 16 bits. They begin at multiples of 32 behind
// the first. 32 rows of 8-bit weights always fit. Sums of wide weights have 32
// bits and only obey maxRows.
func (s *rowSum) cut(w []int64, first, end int) {
	for first < end {
		last := min(first+32, end)
		for last < end && min(last+32, end)-first <= maxRows && s.fits(w, first, min(last+32, end)) {
			last = min(last+32, end)
		}
		s.segments = append(s.segments, segment{first, last - first})
		first = last
	}
}

// fits tells whether a run of rows is safe to be added in one go.
func (s *rowSum) fits(w []int64, first, end int) bool {
	if end-first > maxRows {
		return false
	}
	for out := 0; out < s.groups*s.outs && !s.wide; out++ {
		var up, down int64
		for row := first; row < end; row++ {
			n := w[out*s.rows+s.column(row)]
			up, down = up+max(n, 0), down+min(n, 0)
		}
		if up > 1<<15-1 || down < -1<<15 {
			return false
		}
	}
	return true
}

// column is where a row stands in the weights of an output.
func (s *rowSum) column(row int) int {
	if s.order == nil {
		return row
	}
	return s.order[row]
}

// planTiles cuts the outputs into tiles of 16, then 8, then 4, the last one
// padded; wide weights only have tiles of 4.
func (s *rowSum) planTiles() {
	column, at := 0, 0
	quads := (s.outs + 3) / 4
	for _, size := range []int{4, 2, 1} {
		if s.wide && size > 1 {
			continue
		}
		if count := quads / size; count > 0 {
			s.tiles = append(s.tiles, tile{4 * size, count, column, at})
			column += 4 * size * count
			at += s.perRow(4*size) * s.rows * count
			quads -= size * count
		}
	}
}

// groupSize is the array elements that the weights of a group take.
func (s *rowSum) groupSize() int { return s.perRow(roundUp(s.outs, 4)) * s.rows }

// levels is the length of the array of levels; level 0 only stands in for the digit 0.
func (s *rowSum) levels() int { return 1 << max(1, s.digitBits) }

// perRow is the array elements one row takes in a tile.
func (s *rowSum) perRow(outputs int) int {
	if s.wide {
		return outputs
	}
	return outputs / 4
}

// eachQuad visits, in storage order, the first output of every four weights of a row.
func (s *rowSum) eachQuad(visit func(group, out, row int)) {
	for g := range s.groups {
		for _, t := range s.tiles {
			for i := range t.count {
				for row := range s.rows {
					for q := 0; q < t.outputs; q += 4 {
						visit(g, t.column+i*t.outputs+q, row)
					}
				}
			}
		}
	}
}

func (s *rowSum) weight(w []int64, group, out, row int) int64 {
	if out >= s.outs {
		return 0
	}
	return w[(group*s.outs+out)*s.rows+s.column(row)]
}

// layBytes is the storage of 8-bit weights: four outputs in a word, biased by
// 128, the first in the lowest byte; outputs beyond the last weigh 0.
func (s *rowSum) layBytes(w []int64) []int64 {
	out := make([]int64, 0, s.groups*s.groupSize())
	s.eachQuad(func(group, n, row int) {
		var word int64
		for b := range 4 {
			word |= (s.weight(w, group, n+b, row) + 128) << (8 * b)
		}
		out = append(out, word)
	})
	return out
}

func (s *rowSum) layWide(w []int64) []int64 {
	out := make([]int64, 0, s.groups*s.groupSize())
	s.eachQuad(func(group, n, row int) {
		for b := range 4 {
			out = append(out, s.weight(w, group, n+b, row))
		}
	})
	return out
}

// planStart is what every sum needs besides the rows: the bias, low·Σw for the
// offset of the words, less the 2^15 that each level's running sum of 8-bit
// weights carries. All modulo the width of the sum. It is stored by group, then
// by place if the bias is not the same in all of them, then by output.
func (p *plan) planStart(s *rowSum, v *ir.Value, places int, bias func(out, place int) int64) {
	channels := s.groups * s.outs
	base := s.constants(v.Arg(1).Const().I)
	uniform := true
	for at := range places {
		for n := range channels {
			s.mapped = s.mapped || bias(n, at) != bias(n, 0)
			uniform = uniform && base[n]+bias(n, at) == base[0]+bias(0, 0)
		}
	}
	if !s.mapped {
		places = 1
	}
	mask := int64(1)<<s.elem.bits - 1
	if uniform && len(s.digits) == 1 {
		s.startAll = (base[0] + bias(0, 0)) & mask
		return
	}
	var data []int64
	for g := range s.groups {
		for at := range places {
			for n := g * s.outs; n < (g+1)*s.outs; n++ {
				data = append(data, (base[n]+bias(n, at))&mask)
			}
			data = append(data, make([]int64, roundUp(s.outs, 4)-s.outs)...)
		}
	}
	comment := "start values of " + v.String()
	if bias := v.Arg(2); bias != nil {
		comment = bias.String()
	}
	s.start = p.flash(v, "start", s.elem, data, comment)
}

// constants is the part of every output's start that the bias has no part in.
func (s *rowSum) constants(w []int64) []int64 {
	out := make([]int64, s.groups*s.outs)
	for n := range out {
		for _, wi := range w[n*s.rows : (n+1)*s.rows] {
			out[n] += s.low * wi
		}
		out[n] -= s.carried()
	}
	return out
}

func (s *rowSum) carried() int64 {
	if s.wide {
		return 0
	}
	var sum int64
	for _, d := range s.digits {
		sum += int64(d.levels*len(s.segments)) << (15 + d.shift)
	}
	return sum
}
