package goasm

import (
	"math/bits"

	"nomul/ir"
)

// delay shows what its latch took in the last step. Two buffers: others may read
// the delay after the latch.
func (p *plan) delay(v *ir.Value) {
	f := full
	if v.Type.IsSpike() {
		f = packed
	}
	s := p.call(v, p.result(v, f, order{}))
	next := s.dst.name + "Next"
	init := spread(v.Args[0], v.Type.Shape)
	from := ""
	if f == packed {
		from = s.spikes(p, "Init", init)
	} else {
		from = s.vector(p, "Init", init)
	}
	s.do("copy(m.%s, m.%s)", s.dst.name, next)
	s.onReset("copy(m.%s, m.%s)", next, from)
	p.add(ir.Step, s)
}

// latch keeps a value for the next step.
func (p *plan) latch(v *ir.Value) {
	d := p.at(v.Args[0])
	b := p.buffer(v, d.name+"Next", d.form)
	s := p.call(v, b)
	if d.form == packed {
		s.do("copy(m.%s, m.%s)", b.name, p.spikes(v.Args[1], order{}).name)
	} else {
		s.do("copy(m.%s, m.%s)", b.name, p.full(v.Args[1], order{}).name)
	}
	p.add(ir.Step, s)
}

// sum counts spikes in bit planes, which costs a few operations for 64 neurons,
// and adds up everything else in 32 bits.
func (p *plan) sum(v *ir.Value) {
	x := p.at(v.Args[0])
	b := p.result(v, full, x.order)
	s := p.call(v, b)
	s.onReset("clear(m.%s)", b.name)
	if x.form == packed || x.form == planes {
		b.form, b.planes = planes, bits.Len64(uint64(v.Range.Hi))
		s.count(x)
	} else {
		s.do("accumulate(m.%s, %s)", b.name, x.elements())
	}
	p.add(ir.Step, s)
}

// last copies every step; the last one stays.
func (p *plan) last(v *ir.Value) {
	x := p.vector(v.Args[0])
	s := p.call(v, p.result(v, full, x.order))
	s.do("widen(%s, %s)", s.dst.elements(), x.elements())
	p.add(ir.Step, s)
}

func (p *plan) maxTime(v *ir.Value) {
	x := p.vector(v.Args[0])
	s := p.call(v, p.result(v, full, x.order))
	s.onReset("fillWith(m.%s, %d)", s.dst.name, lowest)
	s.do("raise(%s, %s)", s.dst.elements(), x.elements())
	p.add(ir.Step, s)
}

// first notes the step of the first spike.
func (p *plan) first(v *ir.Value) {
	x := p.at(v.Args[0])
	x = p.spikes(v.Args[0], x.order)
	s := p.call(v, p.result(v, full, x.order))
	s.counter = s.dst.name + "Step"
	s.onReset("fillWith(m.%s, Steps)", s.dst.name)
	s.onReset("m.%s = 0", s.counter)
	s.do("note(m.%s, m.%s, m.%s)", s.dst.name, x.name, s.counter)
	s.do("m.%s++", s.counter)
	p.add(ir.Step, s)
}
