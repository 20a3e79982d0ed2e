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
	elem      elem    // of the sums
	wide      bool    // weights of 16 bits
	stored    int     // bits of weights that are not wide, where a tile's row is whole words of them: 8, 4 or 2
	w         []int64 // by group, output and row
	groups    int
	outs      int   // of a group
	rows      int   // of a group
	low       int64 // taken off every word, so that digits are not negative
	digitBits int   // 0: x is spikes
	digits    []digit
	segments  []segment
	tiles     []tile
	starts    []int64 // added to every sum once; nil: startAll for every sum
	startAll  int64
}

// digit is bits shift … of the words, with the values 0..levels.
type digit struct{ shift, levels int }

// segment is a run of rows whose sums cannot leave 16 bits.
type segment struct{ first, rows int }

// tile is a run of equal tiles: outputs from column on, outputs·rows weights
// of so many bits each, from word (or element, when wide) at of the array on.
type tile struct{ outputs, count, column, at, bits int }

// perRow is the array elements that a row takes in a tile.
func (t tile) perRow() int {
	if t.bits == wideWeights.bits {
		return t.outputs
	}
	return t.outputs * t.bits / 32
}

// packWorth is how many bytes of flash packed weights must save to be worth the time, and the code of another
// kernel.
const packWorth = 1024

// storedBits are those of weights in a range, of which there are so many.
func storedBits(r ir.Range, weights int) int {
	for _, bits := range []int{2, 4} {
		if (ir.Range{Lo: -1 << (bits - 1), Hi: 1<<(bits-1) - 1}).Contains(r) && weights*(8-bits)/8 >= packWorth {
			return bits
		}
	}
	return 8
}

// wideWeights is the element of weights beyond 8 bits.
var wideWeights = elem{16, true, false}

// planDigits cuts words of a range into digits of equal width.
func (s *rowSum) planDigits(spikes bool, r ir.Range) {
	if spikes {
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
// column's weights can sum beyond 16 bits, and reports whether it could. They begin at
// multiples of a step behind the first. 32 rows of 8-bit weights always fit. Sums of wide
// weights have 32 bits and only obey maxRows.
func (s *rowSum) cut(first, end, step int) bool {
	for first < end {
		last := min(first+step, end)
		if step > 32 && !s.fits(first, last) {
			return false
		}
		for last < end && s.fits(first, min(last+step, end)) {
			last = min(last+step, end)
		}
		s.segments = append(s.segments, segment{first, last - first})
		first = last
	}
	return true
}

// fits reports whether a run of rows is safe to be added in one go.
func (s *rowSum) fits(first, end int) bool {
	if end-first > maxRows {
		return false
	}
	for out := 0; out < s.groups*s.outs && !s.wide; out++ {
		var up, down int64
		for _, n := range s.w[out*s.rows+first : out*s.rows+end] {
			up, down = up+max(n, 0), down+min(n, 0)
		}
		if up > 1<<15-1 || down < -1<<15 {
			return false
		}
	}
	return true
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
			t := tile{4 * size, count, column, at, s.bitsOf(4 * size)}
			s.tiles = append(s.tiles, t)
			column += 4 * size * count
			at += t.perRow() * s.rows * count
			quads -= size * count
		}
	}
}

// bitsOf are the bits of weights in a tile of so many outputs: of a narrow one, a packed row would
// not be whole words.
func (s *rowSum) bitsOf(outputs int) int {
	switch {
	case s.wide:
		return wideWeights.bits
	case outputs*s.stored < 32:
		return 8
	}
	return s.stored
}

// groupSize is the array elements that the weights of a group take.
func (s *rowSum) groupSize() int {
	n := 0
	for _, t := range s.tiles {
		n += t.perRow() * s.rows * t.count
	}
	return n
}

// levels is the length of the array of levels; level 0 only stands in for the digit 0.
func (s *rowSum) levels() int { return 1 << max(1, s.digitBits) }

// laid is the storage of the weights: by tile, row by row; outputs beyond the last weigh 0.
func (s *rowSum) laid() []int64 {
	var out []int64
	for g := range s.groups {
		for _, t := range s.tiles {
			for i := range t.count * s.rows {
				first := t.column + i/s.rows*t.outputs
				for at := first; at < first+t.outputs; at += 32 / min(t.bits, 8) {
					out = append(out, s.word(g, at, i%s.rows, t.bits)...)
				}
			}
		}
	}
	return out
}

// word are the weights of some outputs in a row: as they are when wide, else in a word, each with a bias
// that makes it positive. Each byte has one of the first four outputs in its lowest bits, the first in
// the lowest byte; packed ones of the next four follow in the bits above.
func (s *rowSum) word(group, first, row, bits int) []int64 {
	wide, word := make([]int64, 4), int64(0)
	for i := range 32 / min(bits, 8) {
		weight := int64(0)
		if first+i < s.outs {
			weight = s.w[(group*s.outs+first+i)*s.rows+row]
		}
		if s.wide {
			wide[i] = weight
			continue
		}
		word |= (weight + 1<<(bits-1)) << (i%4*8 + i/4*bits)
	}
	if s.wide {
		return wide
	}
	return []int64{word}
}

// constants is the part of every output's start that the bias has no part in.
func (s *rowSum) constants() []int64 {
	out := make([]int64, s.groups*s.outs)
	for n := range out {
		for _, w := range s.w[n*s.rows : (n+1)*s.rows] {
			out[n] += s.low * w
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
