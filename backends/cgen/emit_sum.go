package cgen

import (
	"fmt"

	"nomul/backends/lower"
)

// sumPrinter prints a sum, and the programs that run on the sums of each place.
type sumPrinter struct {
	*printer
	*sum
	of         *lower.Array
	w          *walk // the axes around the images, those of an image, and the outputs of a place
	x          place
	from, at   string  // where the operand of an image begins, and a window in it
	row, start string  // and its weights and start values; no start: startAll
	sums       string  // where the sums of a place are made
	one, y     operand // of them, and where the result has it, if it is elsewhere
	body       *bodyPrinter
}

// sum prints the loops over the axes around the places of an image, and in them over
// these; or over places whose inputs stand one after another.
func (b *printer) sum(sweep *lower.Sweep) {
	s := sweep.Stages[0]
	t := b.p.sums[s.To]
	w := newWalk(t.Places, t.around, t.over, t.fold.OutputAxes)
	p := &sumPrinter{printer: b, sum: t, of: s.To, w: w, x: b.p.at(t.X.Array)}
	p.from = w.along(t.base, on(t.around, t.X.Strides)).name
	if len(t.over) > 0 {
		p.at = w.along(0, t.windowStrides()).name
	}
	p.row = plus(b.p.layWeights(t, s.To), w.along(0, t.byWeight).name)
	if t.starts != nil {
		p.start = p.startOf(w)
	}
	b.p.levels = max(b.p.levels, t.levels())
	b.line("\t@_level levels[%d];", t.levels())
	p.results(len(sweep.Stages) > 1)
	if !p.x.elem.packed {
		b.line("\tconst %s *x = %s;", p.x.elem.c(), p.x.expr)
	}
	p.epilogue(sweep)
	b.indices(w)
	p.body.clear()
	b.loops(w, 0, func() {
		switch {
		case len(t.over) == 0:
			p.inRows(w.moves(0))
		case p.x.elem.packed:
			p.spikes()
		default:
			p.words()
		}
	})
	p.body.end(lower.Size(t.Places))
}

// results declares the sums of a place: in the result, or apart where programs run on them or
// the outputs of the result stand apart.
func (p *sumPrinter) results(read bool) {
	at, stored := p.p.place[p.of]
	if stored && !read && !p.spread() {
		p.line("\t%s *y = (%[1]s *)%s;", p.elem.c(), at.expr)
		p.sums = plus("y", p.w.along(0, on(p.around, lower.Strides(p.Places))).name)
		return
	}
	p.sums = p.p.lend("sums"+p.elem.kind()[1:], p.elem, roundUp(p.outs, 4), "sums of one place, of the layer that runs")
	if stored {
		p.y = p.pointer("", "y", at, p.w.elements())
	}
}

// epilogue declares the memory of the programs that run on the sums of a place.
func (p *sumPrinter) epilogue(sweep *lower.Sweep) {
	made := map[*lower.Array]operand{}
	if p.y.name != "" || len(sweep.Stages) > 1 {
		signed := elem{bits: p.elem.bits, signed: true}
		sums := place{fmt.Sprintf("(%s *)%s", signed.c(), p.sums), signed, p.outs}
		p.one = p.pointer("", "sums", sums, p.w.along(0, strides(p.Places, p.sum.fold.OutputAxes, 1)))
		made[p.of] = p.one
	}
	p.body = p.printer.body(sweep, p.w, made)
}

// done prints the code behind the sums of a place.
func (p *sumPrinter) done() {
	if p.one.name == "" {
		return
	}
	p.loops(p.w, 2, func() {
		if p.y.name != "" {
			p.write(p.y, p.one.read())
		}
		p.body.element()
	})
}

// collect prints the loop that takes the sums of a place from the result.
func (p *sumPrinter) collect() {
	p.loops(p.w, 2, func() { p.write(p.one, p.y.read()) })
	p.again(p.w, 2)
}

// layWeights lays the weights out, and asks for the list of rows.
func (p *plan) layWeights(t *sum, of *lower.Array) string {
	e := elem{bits: 32}
	if t.wide {
		e = wideWeights
	}
	a := p.flash(of, "weight", e, t.laid(), comment(t.Weight.Array))
	a.hex = !t.wide
	for _, g := range t.segments {
		p.lend("row_list", counted, roundUp(g.rows, 32), "rows to add, of the layer that runs")
	}
	return a.name
}

// startOf lays the start values out, and returns the C expression of where those of a place are.
func (p *sumPrinter) startOf(w *walk) string {
	text := "start values of " + p.of.Name
	if p.Start != nil {
		text = comment(p.Start.Array)
	}
	start := plus(p.p.flash(p.of, "start", p.elem, p.starts, text).name, w.along(0, p.byStart).name)
	for _, at := range indices(w, p.p.layOffsets(p.of, "start", p.startOffsets)) {
		start = plus(start, at)
	}
	return start
}

// inRows prints the sums of a place whose inputs stand one after another; of the only one, spikes
// are listed where they are.
func (p *sumPrinter) inRows(many bool) {
	x := plus("x", p.from)
	list := p.sorter(p.x.elem, x)
	if p.x.elem.packed {
		x = p.x.expr
		if many || p.base > 0 || p.rows < p.x.n {
			x = p.p.lend("row_bits", packedSpikes, packedSpikes.length(p.rows), "spikes of one place")
			p.line("\t@_take_bits(%s, %s, %s, %du);", x, p.x.expr, p.from, p.rows)
		}
		list = func(_ digit, s segment) {
			p.line("\t@_list_spikes(levels, st->row_list, %s, %du);", plus(x, s.first/32), (s.rows+31)/32)
		}
	}
	p.all(list)
}

// spikes prints the sums over an image of spikes, some channels at a time: the first are added
// to the start values, the others to the sums before them.
func (p *sumPrinter) spikes() {
	inside := "0"
	if p.isPadded() {
		inside = p.table("inside", p.first(), p.windows.In, lower.Strides(p.padded), "places in the padded input")
	}
	taps := p.taps()
	p.p.lend("place_ends", counted, lower.Size(p.padded)+1, "ends of the places in place_spikes, of the layer that runs")
	for i, k := range p.chunks {
		p.p.lend("place_spikes", counted, k.channels*p.places, "spikes by place, of the layer that runs")
		p.line("\t@_sort_places(st->place_ends, st->place_spikes, %s, %s, %du, %du, %s, %du);", p.x.expr,
			plus(p.from, fmt.Sprintf("%du", k.first*p.places)), k.channels, p.places, inside, lower.Size(p.padded))
		if i > 0 {
			p.again(p.w, 1)
		}
		p.loops(p.w, 1, func() {
			if i > 0 {
				p.collect()
			} else {
				p.startSums()
			}
			for _, g := range k.segments {
				p.line("\t@_list_window(levels, st->row_list, st->place_spikes, st->place_ends + %s, %s, %du, %du);", p.at,
					plus(taps, (g.first-k.segments[0].first)/k.channels), g.rows/k.channels, 16*k.channels)
				p.rowSums(p.digits[0], g)
			}
			p.done()
		})
	}
}

// first is the place of the image's first element in the padded one.
func (t *sum) first() int {
	at := 0
	for i, s := range lower.Strides(t.padded) {
		at += t.windows.Begin[i] * s
	}
	return at
}

// taps lists the taps of a window, as offsets in the padded image.
func (p *sumPrinter) taps() string {
	strides := lower.Strides(p.padded)
	for i, d := range p.windows.Dilation {
		strides[i] *= d
	}
	return p.table("taps", 0, p.windows.Kernel, strides, "offsets of a window's taps")
}

// table lays out the elements of a grid, from the first on.
func (p *sumPrinter) table(what string, first int, dims, strides []int, comment string) string {
	return p.p.flash(p.of, what, counted, lower.Elements[int64](first, dims, strides), comment).name
}

// windowStrides are those of windows in the padded image, on the places.
func (t *sum) windowStrides() []int {
	out := make([]int, len(t.Places))
	for i, stride := range lower.Strides(t.padded) {
		out[t.over[i]] = stride * t.windows.Stride[i]
	}
	return out
}

// words prints the sums over an image of words: between their padding first, then window by window.
func (p *sumPrinter) words() {
	e, x := p.x.elem, plus("x", p.from)
	if p.isPadded() {
		margin := p.p.lend("padded_"+e.kind(), e, p.inputs*lower.Size(p.padded), "words with their padding, of the layer that runs")
		p.pad(margin, x)
		x = margin
	}
	taps, window := p.taps(), p.p.lend("window_"+e.kind(), e, p.rows, "words of one window, of the layer that runs")
	list := p.sorter(e, window)
	p.loops(p.w, 1, func() {
		p.line("\t@_window_%s(%s, %s, %s, %du, %du, %du);", e.kind(), window, plus(x, p.at), taps, p.windows.Taps(), p.inputs, lower.Size(p.padded))
		p.all(list)
	})
}

// pad copies words to between their padding.
func (p *sumPrinter) pad(margin, x string) {
	e, size := p.x.elem, lower.Size(p.padded)
	p.line("\t@_fill%d((%s *)%s, 0u, %du);", e.bits, e.unsigned().c(), margin, p.inputs*size)
	w := within(append([]int{p.inputs}, p.windows.In...))
	from, to := w.elements(), w.along(p.first(), append([]int{size}, lower.Strides(p.padded)...))
	p.block(func() {
		p.indices(w)
		p.loops(w, 0, func() { p.line("\t%s[%s] = (%s)[%s];", margin, to.name, x, from.name) })
	})
}

// lister prints the list of a segment's rows, by one digit.
type lister func(d digit, s segment)

// sorter lists the rows of words.
func (p *sumPrinter) sorter(e elem, x string) lister {
	return func(d digit, g segment) {
		p.line("\t@_sort_%s(levels, st->row_list, %s, %du, %du, %du, %du);", e.kind(), plus(x, g.first), g.rows,
			uint32(-p.low), d.shift, 1<<p.digitBits-1)
	}
}

// all prints the code of the sums of one place, and the code behind them.
func (p *sumPrinter) all(list lister) {
	p.startSums()
	for i, d := range p.digits {
		for _, g := range p.segments {
			list(d, g)
			p.rowSums(d, g)
		}
		if i+1 < len(p.digits) {
			p.shiftSums(i)
		}
	}
	p.done()
}

// startSums sets every sum to where it starts. With several digits that is 0,
// and the start values come in with the last shift.
func (p *sumPrinter) startSums() {
	n := roundUp(p.outs, 4)
	if p.start != "" && len(p.digits) == 1 {
		p.line("\t@_copy%d(%s, %s, %du);", p.elem.bits, p.sums, p.start, n)
		return
	}
	p.line("\t@_fill%d(%s, %du, %du);", p.elem.bits, p.sums, p.startAll, n)
}

func (p *sumPrinter) shiftSums(i int) {
	n := roundUp(p.outs, 4)
	by := p.digits[i].shift - p.digits[i+1].shift
	if i+2 < len(p.digits) {
		p.line("\t@_shift%d(%s, %du, %du);", p.elem.bits, p.sums, by, n)
		return
	}
	p.line("\t@_shift_add%d(%s, %du, %s, %du);", p.elem.bits, p.sums, by, p.start, n)
}

// rowSums prints the calls that add the listed rows to every tile.
func (p *sumPrinter) rowSums(d digit, g segment) {
	for _, t := range p.tiles {
		kernel := fmt.Sprint(packed[t.bits], t.outputs)
		if p.wide {
			kernel = "wide"
		}
		each := t.perRow()
		p.line("\t@_%s_%d(%s, %du, %s, %du, st->row_list, levels, %du);", kernel, p.elem.bits, plus(p.sums, t.column), t.count,
			plus(p.row, t.at+g.first*each), each*p.rows, d.levels)
	}
}
