package verilog

import (
	"math/bits"

	"nomul/ir"
)

// vector is how N elements lie in hardware: Tiles words of Lanes elements of Bits bits each,
// the first element in the lowest bits of a tile.
type vector struct {
	N, Lanes, Tiles, Bits int
	Signed                bool
	// Order is, for each place of each tile, the element in C order that lies there; −1
	// behind the last one.
	Order []int
}

// newVector is the vector of elements of a range in an order, which fills whole tiles.
func newVector(r ir.Range, lanes int, order []int) vector {
	v := vector{Lanes: lanes, Tiles: len(order) / lanes, Bits: bitsOf(r), Signed: r.Lo < 0, Order: order}
	for _, element := range order {
		if element >= 0 {
			v.N++
		}
	}
	return v
}

// Word is the bits of a tile.
func (v vector) Word() int { return v.Lanes * v.Bits }

// Addr is the bits of a tile's number.
func (v vector) Addr() int { return indexBits(v.Tiles) }

// Last is the number of the last tile.
func (v vector) Last() int { return v.Tiles - 1 }

// Tail is the number of elements in the last tile, the only one with fewer than lanes.
func (v vector) Tail() int { return v.N - v.Last()*v.Lanes }

// InOrder reports whether the elements lie in C order.
func (v vector) InOrder() bool {
	for i, at := range v.Order {
		if at != i && at >= 0 {
			return false
		}
	}
	return true
}

// inOrder is C order over lanes, or over fewer when there are fewer elements.
func inOrder(n, lanes int) (int, []int) {
	lanes = min(lanes, n)
	order := make([]int, (n+lanes-1)/lanes*lanes)
	for i := range order {
		order[i] = i
		if i >= n {
			order[i] = -1
		}
	}
	return lanes, order
}

// width is the most lanes that fill the tiles of every pixel of so many channels; those of
// a single one need not be full.
func width(lanes, pixels, channels int) int {
	n := min(lanes, channels)
	for pixels > 1 && channels%n != 0 {
		n--
	}
	return n
}

// indexBits is the bits of a number below n, at least one.
func indexBits(n int) int { return max(1, bits.Len(uint(n-1))) }

// bitsOf is the fewest bits that hold a range: unsigned, or two's complement
// when it holds negative numbers.
func bitsOf(r ir.Range) int {
	if r.Lo >= 0 {
		return max(1, bits.Len64(uint64(r.Hi)))
	}
	return r.SignedBits()
}
