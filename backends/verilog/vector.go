package verilog

import (
	"math/bits"

	"nomul/ir"
)

// vector is how a value of N elements lies in hardware: Tiles words of Lanes
// elements of Bits bits each, the first element in the lowest bits of a tile.
type vector struct {
	N, Lanes, Tiles, Bits int
	Signed                bool
	// Order is, for each place of each tile, the value's element in C order that
	// lies there; −1 behind the last one.
	Order []int
}

// newVector is a value's vector in an order, which fills whole tiles.
func newVector(v *ir.Value, lanes int, order []int) vector {
	return vector{N: v.Type.Size(), Lanes: lanes, Tiles: len(order) / lanes, Bits: bitsOf(v.Range), Signed: v.Range.Lo < 0, Order: order}
}

// Word is the bits of a tile.
func (v vector) Word() int { return v.Lanes * v.Bits }

// Addr is the bits of a tile's number.
func (v vector) Addr() int { return indexBits(v.Tiles) }

// Last is the number of the last tile.
func (v vector) Last() int { return v.Tiles - 1 }

// Tail is the number of elements in the last tile; only a vector in C order has
// fewer there than lanes.
func (v vector) Tail() int { return v.N - v.Last()*v.Lanes }

// InOrder tells whether the elements lie in C order.
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

// grid is a value seen as [Outer, C, Inner]: Outer·Inner pixels of C channels.
type grid struct{ Outer, C, Inner int }

// index is the element of a channel of a pixel, in C order.
func (g grid) index(pixel, c int) int {
	return (pixel/g.Inner*g.C+c)*g.Inner + pixel%g.Inner
}

func (g grid) pixels() int { return g.Outer * g.Inner }

// order is that of whole pixels, channel by channel.
func (g grid) order() []int {
	order := make([]int, 0, g.pixels()*g.C)
	for p := range g.pixels() {
		for c := range g.C {
			order = append(order, g.index(p, c))
		}
	}
	return order
}

// width is the most lanes that fill the tiles of every pixel.
func (g grid) width(lanes int) int {
	for n := min(lanes, g.C); ; n-- {
		if g.C%n == 0 {
			return n
		}
	}
}

// pixelTiles finds the tiles that hold each pixel's channels, in one order of
// channels for all pixels; nil when the elements do not lie by pixels.
func (g grid) pixelTiles(lanes int, order []int) (tiles [][]int, channels []int) {
	if g.C%lanes != 0 || len(order) != g.pixels()*g.C {
		return nil, nil
	}
	pixel, channel := make([]int, len(order)), make([]int, len(order))
	for p := range g.pixels() {
		for c := range g.C {
			at := g.index(p, c)
			pixel[at], channel[at] = p, c
		}
	}
	tiles = make([][]int, g.pixels())
	for t := range len(order) / lanes {
		word := order[t*lanes : (t+1)*lanes]
		p := pixel[word[0]]
		w := len(tiles[p])
		for lane, at := range word {
			switch {
			case pixel[at] != p:
				return nil, nil
			case len(channels) <= w*lanes+lane:
				channels = append(channels, channel[at])
			case channels[w*lanes+lane] != channel[at]:
				return nil, nil
			}
		}
		tiles[p] = append(tiles[p], t)
	}
	return tiles, channels
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
