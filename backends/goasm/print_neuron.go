package goasm

import (
	"fmt"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

func (s *neuronStage) elem() string { return s.form.elem() }

func (s *neuronStage) vectors() []vectorPlan {
	return []vectorPlan{s.threshold, s.bias, s.resets, s.initial}
}

func (s *neuronStage) fields(p *printer) {
	if s.places != "" {
		p.f("%s []int32 // of the neurons in C order", s.places)
	}
	if !s.attrs.Silent {
		p.f("%s []%s // membranes", s.membrane, s.elem())
	}
	for _, v := range s.vectors() {
		v.declare(p)
	}
	p.f("%s %s", s.params, map[bool]string{true: "layer", false: "neuron"}[s.general()])
}

func (s *neuronStage) general() bool { return general(s.dst.value) }

func (s *neuronStage) prepare(p *printer) {
	if s.places != "" {
		p.f("m.%s = int32s(w[%d:%d])", s.places, s.table.from, s.table.to)
	}
	if !s.attrs.Silent {
		p.f("m.%s = make([]%s, %d)", s.membrane, s.elem(), padded(s.dst.size))
	}
	for _, v := range s.vectors() {
		v.prepare(p)
	}
	if s.general() {
		s.prepareLayer(p)
		return
	}
	p.f("m.%s = neuron{%s}", s.params, s.constants.print(s.form))
}

// prepareLayer prints a kernel.layer.
func (s *neuronStage) prepareLayer(p *printer) {
	a := s.attrs
	p.f("m.%s = layer{v: m.%s[:%d], threshold: m.%s, bias: m.%s, reset: m.%s}", s.params, s.membrane, s.dst.size,
		s.threshold.field, s.bias.field, s.resets.field)
	if a.Current.Kind != 0 {
		p.f("m.%s.i = make([]int32, %d)", s.params, s.dst.size)
	}
	var list []string
	flag := func(name string, on bool) {
		if on {
			list = append(list, name+": true")
		}
	}
	if a.Guard > 0 {
		list = append(list, fmt.Sprintf("guard: %d", a.Guard))
	}
	list = append(list, "leak: "+leakage(a.Leak, a.Round), "current: "+leakage(a.Current, a.Round))
	flag("next", a.When == ir.WhenNext)
	flag("both", a.When == ir.WhenBoth)
	flag("subtract", a.Reset == ir.ResetSubtract)
	flag("resets", a.Reset != ir.ResetNone)
	flag("masks", a.Masks)
	flag("masksCurrent", a.MasksCurrent)
	flag("drives", a.Current.Kind != 0)
	flag("after", a.Order == ir.OrderAfter)
	flag("late", a.Order == ir.OrderLate)
	p.f("m.%s.general = general{%s}", s.params, strings.Join(list, ", "))
}

// leakage prints a kernel.leakage: nothing of it is set when nothing stays.
func leakage(l ir.Leak, r ir.Round) string {
	var list []string
	if l.Kind == ir.LeakNone || l.Kind == ir.LeakDecay {
		list = append(list, "keep: true")
	}
	if l.Kind == ir.LeakDecay {
		list = append(list, "minus: true")
	}
	var digits []string
	switch l.Kind {
	case ir.LeakShift, ir.LeakDecay:
		digits = []string{"0"}
	case ir.LeakCSD:
		for _, d := range update.CSD(l.N) {
			digits = append(digits, fmt.Sprint(d.Shift<<1|(1-d.Sign)>>1))
		}
	}
	if digits != nil {
		up, upNegative := roundings(r, l.K)
		list = append(list, fmt.Sprintf("digits: []int32{%s}, shift: %d, up: %d, upNegative: %d", strings.Join(digits, ", "), l.K, up, upNegative))
	}
	return "leakage{" + strings.Join(list, ", ") + "}"
}

// print lists the fields of a kernel.neuron that are not 0.
func (c constants) print(f form) string {
	var list []string
	field := func(name string, value uint64) {
		switch {
		case value == ^uint64(0):
			list = append(list, name+": ^uint64(0)")
		case value != 0:
			list = append(list, fmt.Sprintf("%s: %#x", name, value))
		}
	}
	mask := func(name string, on bool) {
		if on {
			field(name, ^uint64(0))
		}
	}
	field("guard", uint64(c.guard))
	field("leak", uint64(c.leak))
	mask("keep", c.keep)
	mask("part", c.part)
	mask("flip", c.flip)
	field("up", repeat(c.up, f))
	field("upNegative", repeat(c.upNegative, f))
	mask("clear", c.clear)
	return strings.Join(list, ", ")
}

// repeat fills 64 bits with copies of a number.
func repeat(v int64, f form) uint64 {
	if f == narrow {
		return uint64(v) * 0x0001000100010001
	}
	return uint64(v) * 0x0000000100000001
}

func (s *neuronStage) reset(p *printer) {
	if s.initial.data == (section{}) {
		p.f("clear(m.%s)", s.membrane)
	} else {
		p.f("copy(m.%s, m.%s)", s.membrane, s.initial.field)
	}
	switch {
	case s.general():
		p.f("m.%s.armed = false", s.params)
		p.f("clear(m.%s.i)", s.params)
	case s.next():
		p.f("m.%s.armed = 0", s.params)
	}
}

// next tells whether the reset acts in the next step.
func (s *neuronStage) next() bool { return s.attrs.When == ir.WhenNext }

func (s *neuronStage) body(p *printer) {
	if s.general() {
		spikes := "m." + s.dst.name
		if s.attrs.Silent {
			spikes = "nil"
		}
		x := "m." + s.x.name
		p.f("m.%s.update(%s, %s)", s.params, x, spikes)
		return
	}
	s.fire(p)
	if s.next() {
		p.f("m.%s.armed = ^uint64(0)", s.params)
	}
}

// fire prints the update, block by block where the constants repeat.
func (s *neuronStage) fire(p *printer) {
	name := "fire"
	if s.next() {
		name = "next"
	}
	format := "m.%s%d(m.%s, m.%s, m.%s, m.%s, m.%s, m.%s, &m.%s)"
	all := padded(s.dst.size)
	if s.block < all {
		p.f("for at := 0; at < %d; at += %d {", all, s.block)
		to := "at+" + fmt.Sprint(s.block)
		if all%s.block != 0 {
			to = fmt.Sprintf("min(at+%d, %d)", s.block, all)
		}
		format = "m.%s%d(m.%s[at:" + to + "], m.%s[at:], m.%s, m.%s, m.%s, m.%s[at>>6:], &m.%s)"
	}
	p.f(format, name, s.form.bits(), s.membrane, s.x.name, s.threshold.field, s.bias.field, s.resets.field, s.dst.name, s.params)
	if s.block < all {
		p.f("}")
	}
}
