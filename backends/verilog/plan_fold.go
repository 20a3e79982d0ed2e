package verilog

import (
	"slices"

	"nomul/backends/lower"
)

// fold is the hardware of a fold: a list of words is gone through for each tile of results, or
// once for each of the Repeat tiles of a pixel, with the rows moved on by Rows.
type fold struct {
	Monoid     lower.Monoid
	Lists      [][]entry
	Listed     bool // in memory; else they are all words of the operand, in order
	Repeat     int
	Rows       int // weight rows of a tile
	Depth      int // weight rows in all
	WeightBits int
	Bias       param

	weights *lower.Array
	row     func(n int) []int // the elements of a weight row; −1 for 0
}

// entry is a word of the operand, and the weight row of its first element.
type entry struct{ Tile, Row int }

// sight is a fold by pixels: under each tap of its window, a pixel of the result sees one of
// the operand, or padding. The channels of pixels are in the lanes.
type sight struct {
	lower.Pixels
	outputs int // of a pixel of the result
	block   int // pixels of the result that have weights in common
	place   func(pixel, output int) int
	weight  func(pixel, tap, channel, output int) int // −1 between groups
}

// layer is the sight of a fold with weights. Weights that are computed are stored as rows of
// memory, which are of one group each; constants of all groups share the rows of a pixel.
func layer(f *lower.Fold, r *lower.Rows) sight {
	taps, inside := lower.Size(r.Windows.Kernel), r.Groups
	if r.Bounded() {
		taps = r.Inputs
	}
	if !f.Weight.Array.Const() {
		inside = 1
	}
	each, n := r.Inputs/taps, r.Positions
	return sight{
		Pixels: lower.Pixels{Count: r.Groups / inside * n, Taps: taps, Channels: inside * each,
			X: func(p, tap, c int) int { return r.X(p%n, p/n+c/each, c%each*taps+tap) }},
		outputs: inside * r.Outputs, block: n,
		place: func(p, o int) int { return r.Place(p%n, p/n+o/r.Outputs, o%r.Outputs) },
		weight: func(p, tap, c, o int) int {
			if c/each != o/r.Outputs {
				return -1
			}
			return r.Weight(p/n+c/each, o%r.Outputs, c%each*taps+tap)
		},
	}
}

// join is the sight of a fold without weights: all places of a window are channels.
func join(r *lower.Rows) sight {
	p, pooled := r.Pixels()
	return sight{Pixels: p, outputs: p.Channels, block: p.Count, place: func(p, o int) int { return r.Place(pooled(p, o), 0, 0) }}
}

// pixels is a unit that keeps cells of an array, the tiles of each, and the channels in the
// lanes of these; −1 behind the last one.
func (p *plan) pixels(a *lower.Array, cells [][]int) (u *unit, tiles [][]int, channels []int) {
	var all []origin
	source, n := p.source(a), len(cells[0])
	for _, cell := range cells {
		for _, element := range cell {
			all = append(all, source(element))
		}
	}
	if u := p.maker(all[0]); u != nil {
		if tiles, channels := u.tilesOf(all, n); tiles != nil {
			return u, tiles, channels
		}
	}
	lanes := width(p.Lanes, len(cells), n)
	for len(all)%lanes != 0 {
		all = append(all, 0)
	}
	u = p.gather(a, all, lanes)
	for cell := range cells {
		var own []int
		for i := range (n + lanes - 1) / lanes {
			own = append(own, cell*n/lanes+i)
		}
		tiles = append(tiles, own)
	}
	_, channels = inOrder(n, lanes)
	return u, tiles, channels
}

// tilesOf finds the tiles that hold the n channels of each cell and nothing else, in one
// order of channels; nil when there are none.
func (u *unit) tilesOf(all []origin, n int) (tiles [][]int, channels []int) {
	for cell := range slices.Chunk(all, n) {
		held, own := map[int][]int{}, []int{} // channels by tile; −1 for none
		for c, o := range cell {
			at := u.place(o)
			if at < 0 {
				return nil, nil
			}
			tile := at / u.Lanes
			if held[tile] == nil {
				held[tile] = slices.Repeat([]int{-1}, u.Lanes)
				own = append(own, tile)
			}
			if held[tile][at%u.Lanes] >= 0 { // the same element again
				return nil, nil
			}
			held[tile][at%u.Lanes] = c
		}
		slices.Sort(own)
		var order []int
		for _, tile := range own {
			order = append(order, held[tile]...)
		}
		if channels == nil {
			channels = order
		}
		if !slices.Equal(order, channels) || !u.full(own, n) {
			return nil, nil
		}
		tiles = append(tiles, own)
	}
	return tiles, channels
}

// full reports whether tiles hold so many elements.
func (u *unit) full(tiles []int, n int) bool {
	for _, t := range tiles {
		n -= u.Lanes
		if t == u.Last() {
			n += u.Lanes - u.Tail()
		}
	}
	return n == 0
}

// fold plans the hardware of a fold: of joins lane by lane, or of rows of weights added up.
func (p *plan) fold(s *lower.Stage) {
	f, r := s.Fold, s.Fold.Rows()
	if f.Weight == nil {
		p.joined(s, join(r))
	} else {
		p.summed(s, layer(f, r))
	}
}

// joined keeps the order of its operand.
func (p *plan) joined(s *lower.Stage, by sight) {
	cells, seen := by.Cells()
	x, tiles, channels := p.pixels(s.Fold.X.Array, cells)
	h := fold{Monoid: s.Fold.Monoid, Listed: true}
	var order []int
	for pixel, row := range seen {
		for t := range len(channels) / x.Lanes {
			var list []entry
			for _, cell := range row {
				if cell >= 0 {
					list = append(list, entry{Tile: tiles[cell][t]})
				}
			}
			h.Lists = append(h.Lists, list)
		}
		for _, c := range channels {
			if c >= 0 {
				c = by.place(pixel, c)
			}
			order = append(order, c)
		}
	}
	p.add(&unit{Kind: kindPool, Array: s.To, Text: s.String(), Clock: s.Clock, Xs: []*unit{x}, fold: h, vector: newVector(s.To.Range, x.Lanes, order)})
}

// summed makes the results pixel by pixel.
func (p *plan) summed(s *lower.Stage, by sight) {
	f := s.Fold
	cells, seen := by.Cells()
	x, tiles, channels := p.pixels(f.X.Array, cells)
	lanes := width(p.Lanes, by.Count, by.outputs)
	u := &unit{Kind: kindLayer, Array: s.To, Text: s.String(), Clock: s.Clock, Xs: []*unit{x}, vector: newVector(s.To.Range, lanes, by.order(lanes))}
	h := &u.fold
	h.weights, h.Repeat, h.Rows = f.Weight.Array, u.Tiles/by.Count, by.Count/by.block*by.Taps*by.Channels
	h.Depth = h.Rows * h.Repeat
	h.row = by.rows(channels, h.Rows, lanes)
	for pixel, row := range seen {
		h.Lists = append(h.Lists, by.words(pixel, row, tiles, x.Lanes))
	}
	if f.Weight.Array.Const() {
		h.WeightBits = min(bitsOf(f.Weight.Array.Data.Range()), u.Bits)
	} else {
		p.rows(u, x)
	}
	if grouped := by.weight(0, 0, 0, by.outputs-1) < 0; grouped {
		h.part(x.Lanes)
	}
	if f.Start != nil {
		h.Bias = newParam("bias", *f.Start, f.Places, u.vector)
		h.Bias.Bits = max(u.Bits, x.Bits)
		h.Bias.Keep = u.Tail() < u.Lanes // a scan of the result must find nothing there
	}
	h.Listed = !h.scans(x)
	p.add(u)
}

// order is that of the results, pixel by pixel, in whole tiles.
func (s sight) order(lanes int) []int {
	var order []int
	for p := range s.Count {
		for o := range s.outputs {
			order = append(order, s.place(p, o))
		}
	}
	for len(order)%lanes != 0 {
		order = append(order, -1)
	}
	return order
}

// words are those that a pixel sees, with their rows in the first tile of outputs.
func (s sight) words(pixel int, row []int, tiles [][]int, lanes int) []entry {
	var out []entry
	for tap, cell := range row {
		if cell < 0 {
			continue
		}
		for w, tile := range tiles[cell] {
			out = append(out, entry{tile, (pixel/s.block*s.Taps+tap)*s.Channels + w*lanes})
		}
	}
	return out
}

// rows returns the weights of a row in memory: those of a tile of outputs together, by block,
// by tap, by channel in the order of the operand's lanes.
func (s sight) rows(channels []int, rows, lanes int) func(n int) []int {
	return func(n int) []int {
		row, first, c := slices.Repeat([]int{-1}, lanes), n/rows*lanes, channels[n%s.Channels]
		tap := n % rows / s.Channels
		for o := first; o < min(first+lanes, s.outputs); o++ {
			row[o-first] = s.weight(tap/s.Taps*s.block, tap%s.Taps, c, o)
		}
		return row
	}
}

// rows keeps the weights of a fold, which are computed, as rows of memory. Both memories are
// read at a time.
func (p *plan) rows(u, x *unit) {
	var places []origin
	source := p.source(u.weights)
	for n := range u.Depth {
		for _, element := range u.row(n) {
			o := origin(0)
			if element >= 0 {
				o = source(element)
			}
			places = append(places, o)
		}
	}
	u.Weights = p.arranged(u.weights, places, u.Lanes)
	if u.Weights == x {
		u.Weights = p.add(p.collector(u.weights, places, u.Lanes))
	}
	u.Xs, u.WeightBits = append(u.Xs, u.Weights), u.Weights.Bits
}

// part gives each tile of outputs a list of its own, of the words with weights to it.
func (h *fold) part(lanes int) {
	var lists [][]entry
	meets := map[int]bool{} // by the first row of a word
	for _, list := range h.Lists {
		for t := range h.Repeat {
			var own []entry
			for _, e := range list {
				e.Row += t * h.Rows
				if _, known := meets[e.Row]; !known {
					meets[e.Row] = h.meets(e.Row, lanes)
				}
				if meets[e.Row] {
					own = append(own, e)
				}
			}
			lists = append(lists, own)
		}
	}
	h.Lists, h.Repeat = lists, 1
}

func (h *fold) meets(row, lanes int) bool {
	for n := row; n < row+lanes; n++ {
		if slices.Max(h.row(n)) >= 0 {
			return true
		}
	}
	return false
}

// scans reports whether the only list is all words of an operand, with their rows in order.
func (h *fold) scans(x *unit) bool {
	if len(h.Lists) > 1 || len(h.Lists[0]) != x.Tiles {
		return false
	}
	for i, e := range h.Lists[0] {
		if e != (entry{i, i * x.Lanes}) {
			return false
		}
	}
	return true
}

// Entries is the words of all lists.
func (h *fold) Entries() int {
	n := 0
	for _, l := range h.Lists {
		n += len(l)
	}
	return n
}

// RowAddr is the bits of a weight row's number.
func (h *fold) RowAddr() int { return indexBits(h.Depth) }

// At is the bits of an entry's number.
func (h *fold) At() int { return indexBits(h.Entries()) }

// Entry is the bits of an entry: the last flag, the row, the tile.
func (u *unit) Entry() int { return 1 + u.RowAddr() + u.X.Addr() }
