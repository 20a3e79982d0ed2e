package cgen

import (
	"fmt"

	"nomul/backends/lower"
	"nomul/ir"
)

// conv prints the loops over what stands before the channels, over groups, and
// over places. Pointers move on from group to group.
func (b *printer) conv(v *ir.Value) {
	c := b.p.convs[v]
	b.function(v)
	b.line("\t@_level levels[%d];", c.levels())
	b.line("\t%s *y = (%s *)%s;", c.elem.c(), c.elem.c(), c.y.expr)
	if c.x.elem.packed {
		b.line("\tuint32_t bit = 0u;")
	} else {
		b.line("\tconst %s *x = %s;", c.x.elem.c(), c.x.expr)
	}
	b.WriteByte('\n')
	b.repeat("lead", c.leads, func() {
		b.line("\tconst %s *w = %s;", c.weights.elem.c(), c.weights.name)
		if c.start != nil {
			b.line("\tconst %s *start = %s;", c.elem.c(), c.start.name)
		}
		b.WriteByte('\n')
		b.repeat("group", c.groups, func() { b.group(c) })
	})
	b.line("}")
}

// repeat prints a loop around a body, or the body alone when it runs once.
func (b *printer) repeat(counter string, times int, body func()) {
	if times == 1 {
		body()
		return
	}
	b.line("\tfor (uint32_t %s = %du; %s != 0u; %s--) {", counter, times, counter, counter)
	b.depth++
	body()
	b.depth--
	b.line("\t}")
}

// group prints one group's sums, and moves on to the next.
func (b *printer) group(c *conv) {
	if c.x.elem.packed {
		for i := range c.chunks {
			b.chunk(c, i)
		}
	} else {
		b.words(c)
	}
	out := product(c.windows.Out)
	if c.leads*c.groups == 1 {
		return
	}
	b.skip("y", c.outs*out)
	b.skip(map[bool]string{true: "bit", false: "x"}[c.x.elem.packed], c.inputs*c.places)
	b.skip("w", c.groupSize())
	if c.start != nil && !c.mapped {
		b.skip("start", roundUp(c.outs, 4))
	}
}

// chunk prints the sums over some channels of spikes: to where they start for
// the first chunk, to what the earlier ones have left for the others.
func (b *printer) chunk(c *conv, i int) {
	k, inside := c.chunks[i], "0"
	if c.inside != nil {
		inside = c.inside.name
	}
	bit := "bit"
	if k.first > 0 {
		bit = fmt.Sprintf("bit + %du", k.first*c.places)
	}
	b.line("\t@_sort_places(st->place_ends, st->place_spikes, %s, %s, %du, %du, %s, %du);", c.x.expr, bit, k.channels, c.places, inside, product(c.padded))
	part := c.rowSum
	part.segments = k.segments
	row := k.segments[0].first
	b.overPlaces(c, func(at, out string) {
		if i > 0 {
			b.line("\t@_collect%d(%s, y + %s, %du, %du);", c.elem.bits, c.sums, out, c.outs, product(c.windows.Out))
		} else {
			b.startSums(&part, c.sums, c.startHere())
		}
		for _, g := range k.segments {
			b.line("\t@_list_window(levels, st->row_list, st->place_spikes, st->place_ends + %s, %s, %du, %du);", at,
				offset(c.taps.name, (g.first-row)/k.channels), g.rows/k.channels, 16*k.channels)
			b.rowSums(&part, c.sums, "w", c.digits[0], g)
		}
	}, c.mapped && i == 0)
}

// startHere is the array with the start values of the group or place.
func (c *conv) startHere() string {
	if c.start == nil {
		return ""
	}
	return "start"
}

// overPlaces prints the loop over the places of the output around what makes
// the sums of one. The body knows where its window begins, and its place.
func (b *printer) overPlaces(c *conv, body func(at, out string), mapped bool) {
	w := newWalk(c.windows.Out)
	strides := lower.Strides(c.padded)
	for i, s := range c.windows.Stride {
		strides[i] *= s
	}
	out, at := w.ordered(), w.along(0, strides)
	b.line("\t{")
	b.depth++
	b.indices(w)
	b.WriteByte('\n')
	b.loops(w, func() {
		body(at.name, out.name)
		b.line("\t@_spread%d(y + %s, %s, %du, %du);", c.elem.bits, out.name, c.sums, c.outs, product(c.windows.Out))
		if mapped {
			b.skip("start", roundUp(c.outs, 4))
		}
	})
	b.depth--
	b.line("\t}")
}

// words prints the sums over words: between their padding first, then window by window.
func (b *printer) words(c *conv) {
	x := "x"
	if c.margin != "" {
		x = c.margin
		b.pads(c)
	}
	e := c.x.elem
	b.overPlaces(c, func(at, _ string) {
		b.line("\t@_window_%s(%s, %s + %s, %s, %du, %du, %du);", e.suffix(), c.window, x, at, c.taps.name, c.windows.Taps(), c.inputs, product(c.padded))
		b.sums(&c.rowSum, c.sums, c.startHere(), "w", c.sorter(e, c.window))
	}, c.mapped)
}

// pads copies a group's words to between their padding.
func (b *printer) pads(c *conv) {
	e := c.x.elem
	b.line("\t@_fill%d((%s *)%s, 0u, %du);", e.bits, e.unsigned().c(), c.margin, c.inputs*product(c.padded))
	w := newWalk(append([]int{c.inputs}, c.windows.In...))
	from := w.ordered()
	to := w.along(c.offset(c.windows.Begin), append([]int{product(c.padded)}, lower.Strides(c.padded)...))
	b.line("\t{")
	b.depth++
	b.indices(w)
	b.WriteByte('\n')
	b.loops(w, func() { b.line("\t%s[%s] = x[%s];", c.margin, to.name, from.name) })
	b.depth--
	b.line("\t}")
}
