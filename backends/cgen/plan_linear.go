package cgen

import (
	"math/bits"

	"nomul/ir"
)

// maxRows bounds the rows added in one go, and with it the list's RAM: a list
// entry is a row's byte offset in a tile of 16 outputs and must fit 16 bits.
const maxRows = 1024

// linear is a planned linear layer: for each digit of the words, highest first,
// for each segment of the rows: list the rows, then add them tile by tile.
type linear struct {
	x, y      place
	wide      bool // weights of 16 bits
	weights   *array
	rows      int
	low       int64 // taken off every word, so that digits are not negative
	digitBits int   // 0: x is spikes
	digits    []digit
	segments  []segment
	tiles     []tile
	start     *array // added to every sum once; nil: startAll for every sum
	startAll  int64
}

// digit is bits shift … of the words, with the values 0..levels.
type digit struct{ shift, levels int }

// segment is a run of rows whose sums cannot leave 16 bits.
type segment struct{ first, rows int }

// tile is a run of equal tiles: outputs from column on, outputs·rows weights
// each, from word (or element, when wide) at of the array on.
type tile struct{ outputs, count, column, at int }

func (p *plan) planLinear(v *ir.Value) *linear {
	x, w := v.Arg(0), v.Arg(1)
	l := &linear{x: p.place[x], y: p.place[v], rows: w.Type.Shape.Dim(1)}
	l.wide = !ir.SintType(8, ir.Shape{}).Full().Contains(w.Range)
	l.planDigits(x)
	l.planSegments(w.Const().I)
	l.planTiles(w.Type.Shape.Dim(0))
	if l.wide {
		l.weights = p.flash(v, "weight", elem{16, true, false}, l.layWide(w.Const().I), w.String())
	} else {
		l.weights = p.flash(v, "weight", elem{32, false, false}, l.layBytes(w.Const().I), w.String())
		l.weights.hex = true
	}
	p.planStart(l, v)
	for _, s := range l.segments {
		p.list = max(p.list, roundUp(s.rows, 32))
	}
	return l
}

// planDigits cuts the words into digits of equal width.
func (l *linear) planDigits(x *ir.Value) {
	if l.x.elem.packed {
		l.digits = []digit{{0, 1}}
		return
	}
	l.low = min(0, x.Range.Lo)
	top := x.Range.Hi - l.low
	l.digitBits = digitBits(bits.Len64(uint64(top)), l.rows)
	for shift := (max(1, bits.Len64(uint64(top))) - 1) / l.digitBits * l.digitBits; shift >= 0; shift -= l.digitBits {
		levels := min(int(top>>shift), 1<<l.digitBits-1)
		l.digits = append(l.digits, digit{shift, max(1, levels)})
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

// planSegments cuts the rows so that in no segment a subset of a column's
// weights can sum beyond 16 bits, at multiples of 32 for packed spikes. 32 rows
// of 8-bit weights always fit. Sums of wide weights have 32 bits and only obey maxRows.
func (l *linear) planSegments(w []int64) {
	for first := 0; first < l.rows; {
		end := min(first+32, l.rows)
		for end < l.rows && min(end+32, l.rows)-first <= maxRows && (l.wide || l.fits(w, first, min(end+32, l.rows))) {
			end = min(end+32, l.rows)
		}
		l.segments = append(l.segments, segment{first, end - first})
		first = end
	}
}

func (l *linear) fits(w []int64, first, end int) bool {
	for column := 0; column < len(w); column += l.rows {
		var up, down int64
		for _, v := range w[column+first : column+end] {
			up, down = up+max(v, 0), down+min(v, 0)
		}
		if up > 1<<15-1 || down < -1<<15 {
			return false
		}
	}
	return true
}

// planTiles cuts the outputs into tiles of 16, then 8, then 4, the last one
// padded; wide weights only have tiles of 4.
func (l *linear) planTiles(n int) {
	column, at := 0, 0
	quads := (n + 3) / 4
	for _, size := range []int{4, 2, 1} {
		if l.wide && size > 1 {
			continue
		}
		if count := quads / size; count > 0 {
			l.tiles = append(l.tiles, tile{4 * size, count, column, at})
			column += 4 * size * count
			at += l.perRow(4*size) * l.rows * count
			quads -= size * count
		}
	}
}

// levels is the length of the array of levels; level 0 only stands in for the digit 0.
func (l *linear) levels() int { return 1 << max(1, l.digitBits) }

// perRow is the array elements one row takes in a tile.
func (l *linear) perRow(outputs int) int {
	if l.wide {
		return outputs
	}
	return outputs / 4
}

// eachQuad visits, in storage order, the first column of every four weights of a row.
func (l *linear) eachQuad(visit func(column, row int)) {
	for _, t := range l.tiles {
		for i := range t.count {
			for row := range l.rows {
				for q := 0; q < t.outputs; q += 4 {
					visit(t.column+i*t.outputs+q, row)
				}
			}
		}
	}
}

func (l *linear) weight(w []int64, column, row int) int64 {
	if at := column*l.rows + row; at < len(w) {
		return w[at]
	}
	return 0
}

// layBytes is the storage of 8-bit weights: four columns in a word, biased by
// 128, the first in the lowest byte; columns beyond the last weigh 0.
func (l *linear) layBytes(w []int64) []int64 {
	var out []int64
	l.eachQuad(func(column, row int) {
		var word int64
		for b := range 4 {
			word |= (l.weight(w, column+b, row) + 128) << (8 * b)
		}
		out = append(out, word)
	})
	return out
}

func (l *linear) layWide(w []int64) []int64 {
	var out []int64
	l.eachQuad(func(column, row int) {
		for b := range 4 {
			out = append(out, l.weight(w, column+b, row))
		}
	})
	return out
}

// planStart is what every sum needs besides the rows: the bias, low·Σw for the
// offset of the words, less the 2^15 that each level's running sum of 8-bit
// weights carries. All modulo the width of the sum.
func (p *plan) planStart(l *linear, v *ir.Value) {
	w := v.Arg(1).Const().I
	data := make([]int64, roundUp(v.Type.Size(), 4))
	for n := range v.Type.Size() {
		if bias := v.Arg(2); bias != nil {
			data[n] = bias.Const().I[n]
		}
		for _, wi := range w[n*l.rows : (n+1)*l.rows] {
			data[n] += l.low * wi
		}
		data[n] = (data[n] - l.carried()) & (1<<l.y.elem.bits - 1)
	}
	uniform := true
	for _, d := range data[:v.Type.Size()] {
		uniform = uniform && d == data[0]
	}
	if uniform && len(l.digits) == 1 {
		l.startAll = data[0]
		return
	}
	comment := "start values of " + v.String()
	if bias := v.Arg(2); bias != nil {
		comment = bias.String()
	}
	l.start = p.flash(v, "start", elem{l.y.elem.bits, false, false}, data, comment)
}

func (l *linear) carried() int64 {
	if l.wide {
		return 0
	}
	var sum int64
	for _, d := range l.digits {
		sum += int64(d.levels*len(l.segments)) << (15 + d.shift)
	}
	return sum
}
