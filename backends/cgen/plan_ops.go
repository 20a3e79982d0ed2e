package cgen

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// csd is how numbers are multiplied by constants: the signed digits of every
// constant, see digitsOf, and where they begin.
type csd struct {
	digits *array
	starts *array // by element of the factor; nil when there is one for all
	wide   bool   // the product, before the shift, needs 64 bits
}

// digitsOf is a number by its canonical signed digits, the highest first. A byte
// says how often to double what there is, and whether then to add (64) or to
// subtract (128) once; neither ends it.
func digitsOf(n int64) []int64 {
	digits, at, out := update.CSD(n), 0, []int64(nil)
	for i, d := range slices.Backward(digits) {
		if i == len(digits)-1 {
			at = d.Shift
		}
		sign := int64(64)
		if d.Sign < 0 {
			sign = 128
		}
		out, at = append(out, int64(at-d.Shift)|sign), d.Shift
	}
	return append(out, int64(at))
}

// planCSD lays out the digits of a csd's factors, equal ones once.
func (p *plan) planCSD(v *ir.Value) {
	x, f, a := v.Arg(0), v.Arg(1), v.Attrs.(ir.CSDAttrs)
	var digits, starts []int64
	known := map[int64]int64{}
	for _, n := range f.Const().I {
		if _, ok := known[n]; !ok {
			known[n] = int64(len(digits))
			digits = append(digits, digitsOf(n)...)
		}
		starts = append(starts, known[n])
	}
	c := csd{wide: a.Shift > 31 || !int32s.Contains(product64(x.Range, f.Range))}
	c.digits = p.flash(v, "digits", elem{8, false, false}, digits, f.String())
	if len(known) > 1 {
		c.starts = p.flash(v, "starts", unsignedFor(len(digits)), starts, "the first digit of each factor")
	}
	p.csds[v] = c
}

// product64 is the range of a product; neither range comes near 64 bits, by inference.
func product64(a, b ir.Range) ir.Range {
	ends := []int64{a.Lo * b.Lo, a.Lo * b.Hi, a.Hi * b.Lo, a.Hi * b.Hi}
	return ir.Range{Lo: slices.Min(ends), Hi: slices.Max(ends)}
}

// unsignedFor is the narrowest element that counts below n.
func unsignedFor(n int) elem {
	if n <= 1<<16 {
		return elem{16, false, false}
	}
	return elem{32, false, false}
}

// leakDigits are those of a leak's numerator, for a state of some range.
func (p *plan) leakDigits(v *ir.Value, what string, d update.Decay, r ir.Range) csd {
	n := d.Factor()
	return csd{
		digits: p.flash(v, what, elem{8, false, false}, digitsOf(n), fmt.Sprintf("digits of csd:%d/%d", n, int64(1)<<d.Shift)),
		wide:   !int32s.Contains(product64(r, ir.Range{Lo: 0, Hi: n})),
	}
}

// span is where the windows of a pool look along an axis, for each place of the
// output: from which offset on, and at how many elements.
type span struct{ first, count *array }

// planPool lists the spans of axes on which some windows look at padding.
func (p *plan) planPool(v *ir.Value) {
	w := ir.WindowsOf(v)
	strides := lower.Strides(w.In)
	for axis, name := range []string{"0", "1", "2"}[:len(w.In)] {
		var first, count []int64
		for o := range w.Out[axis] {
			lo, hi := w.Span(axis, o)
			first = append(first, int64((o*w.Stride[axis]+lo*w.Dilation[axis]-w.Begin[axis])*strides[axis]))
			count = append(count, int64(hi-lo))
		}
		s := span{}
		if slices.Min(count) < int64(w.Kernel[axis]) {
			s.first = p.flash(v, "first"+name, unsignedFor(product(w.In)), first, "where the windows of axis "+name+" begin")
			s.count = p.flash(v, "count"+name, unsignedFor(w.Kernel[axis]+1), count, "how many elements they see on it")
		}
		p.windows[v] = append(p.windows[v], s)
	}
}

// planDelay keeps what a delay shows next apart from what it shows, where the
// latch takes it from another delay, whose latch may run first.
func (p *plan) planDelay(v *ir.Value) {
	for _, latch := range p.net.All(ir.OpLatch) {
		if latch.Arg(0) != v {
			continue
		}
		x := latch.Arg(1)
		for x.Op == ir.OpReshape {
			x = x.Arg(0)
		}
		if x.Op == ir.OpDelay {
			p.held[v] = p.own(p.ident[v]+"_next", p.place[v].elem, v.Type.Size(), "what %"+v.Name+" is next")
		}
	}
}
