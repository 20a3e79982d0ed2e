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
// each, from word (or element, when wide) at of the array on.
type tile struct{ outputs, count, column, at int }

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

// laid is the storage of the weights: by tile, row by row; outputs beyond the last weigh 0. Of
// 8-bit weights four are in a word, biased by 128, the first in the lowest byte.
func (s *rowSum) laid() []int64 {
	var out []int64
	for g := range s.groups {
		for _, t := range s.tiles {
			for i := range t.count * s.rows {
				first := t.column + i/s.rows*t.outputs
				for at := first; at < first+t.outputs; at += 4 {
					out = append(out, s.four(g, at, i%s.rows)...)
				}
			}
		}
	}
	return out
}

// four are the weights of four outputs in a row.
func (s *rowSum) four(group, first, row int) []int64 {
	weights, word := make([]int64, 4), int64(0)
	for b := range weights {
		if first+b < s.outs {
			weights[b] = s.w[(group*s.outs+first+b)*s.rows+row]
		}
		word |= (weights[b] + 128) << (8 * b)
	}
	if s.wide {
		return weights
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
