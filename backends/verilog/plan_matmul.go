package verilog

import (
	"slices"

	"nomul/ir"
)

// matmul plans a product of two computed values: a convolution of one tap over
// the rows of the left one, whose weights are the rows of the right one, read
// from the memory of the unit that keeps them.
func (p *plan) matmul(v *ir.Value) {
	shape := v.Type.Shape.Dims()
	outer, m, n := shape[:len(shape)-2], shape[len(shape)-2], shape[len(shape)-1]
	k := v.Args[0].Type.Shape.Dim(v.Args[0].Type.Shape.Rank() - 1)
	batch := ir.ShapeOf(outer...).Size()
	left, right := ir.ShapeOf(append(slices.Clone(outer), m, k)...), ir.ShapeOf(append(slices.Clone(outer), k, n)...)
	a, b := v.Args[0], v.Args[1]
	x, y := grid{batch * m, k, 1}, grid{batch * m, n, 1}
	from, tiles, channels := p.pixels(a, p.view(a).spread(a.Type.Shape, left), x)
	lanes := y.width(p.Lanes)
	c := conv{x: x, lanes: from.Lanes, inputs: channels, outputs: n, taps: 1, groups: 1,
		Repeat: n / lanes, Rows: batch * k, Depth: batch * k * (n / lanes), stretch: ir.Index(a.Type.Shape, left)}
	for pixel, words := range tiles {
		var list []entry
		for w, tile := range words {
			list = append(list, entry{tile, pixel/m*k + w*from.Lanes})
		}
		c.Lists = append(c.Lists, list)
	}
	order := rowOrder(channels, batch, n, lanes)
	rows := p.arranged(b, p.view(b).spread(b.Type.Shape, right), lanes, order)
	if rows == from { // both are read at a time
		rows = p.copied(b, p.view(b).spread(b.Type.Shape, right), lanes, order)
	}
	u := &unit{Kind: kindConv, V: v, Clock: v.Clock, Xs: []*unit{from, rows}, Rows: rows, vector: newVector(v, lanes, y.order())}
	c.WeightBits = rows.Bits
	u.Conv = c
	p.add(u, true)
}

// rowOrder is that in which rows of weights lie: those of a tile of columns
// together, batch by batch, in the order of the left operand's lanes.
func rowOrder(channels []int, batch, n, lanes int) []int {
	var order []int
	for first := 0; first < n; first += lanes {
		for o := range batch {
			for _, k := range channels {
				for lane := range lanes {
					order = append(order, (o*len(channels)+k)*n+first+lane)
				}
			}
		}
	}
	return order
}
