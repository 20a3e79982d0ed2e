package goasm

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"
)

// printer collects a Go file.
type printer struct{ bytes.Buffer }

// f prints a line.
func (p *printer) f(line string, args ...any) { fmt.Fprintf(p, line+"\n", args...) }

// source is the file, formatted.
func (p *printer) source() []byte {
	out, err := format.Source(p.Bytes())
	if err != nil {
		panic(fmt.Sprintf("goasm: emitted code does not parse: %v\n%s", err, p.Bytes()))
	}
	return out
}

// elem is the element of a slice of the form.
func (f form) elem() string {
	switch f {
	case narrow:
		return "int16"
	case full:
		return "int32"
	}
	return "uint64"
}

// bits is the width of a vector's elements.
func (f form) bits() int {
	if f == narrow {
		return 16
	}
	return 32
}

// length is the number of elements of the buffer's slice.
func (b *buffer) length() int {
	switch b.form {
	case packed:
		return b.words()
	case planes:
		return b.words() * b.planes
	}
	return padded(b.size)
}

// goType is the type of an array or slice.
func (b *buffer) goType() string {
	if b.form == array {
		return fmt.Sprintf("[%d]%s", b.size, b.elem)
	}
	return "[]" + b.form.elem()
}

// elements is the expression of the value's elements, without padding.
func (b *buffer) elements() string {
	if b.form == array || b.size == b.length() {
		return "m." + b.name + map[bool]string{true: "[:]"}[b.form == array]
	}
	return fmt.Sprintf("m.%s[:%d]", b.name, b.size)
}

// declare prints a vector's field.
func (v vectorPlan) declare(p *printer) { p.f("%s []%s", v.field, v.elem()) }

func (v vectorPlan) elem() string { return map[int]string{2: "int16", 4: "int32"}[v.bytes] }

// prepare prints where New gets the vector from.
func (v vectorPlan) prepare(p *printer) {
	if v.data == (section{}) {
		p.f("m.%s = make([]%s, %d)", v.field, v.elem(), v.size)
		return
	}
	p.f("m.%s = %ss(w[%d:%d])", v.field, v.elem(), v.data.from, v.data.to)
}

func (s *linearStage) fields(p *printer) {
	if !s.w.shared {
		p.f("%s weights", s.w.field)
	}
	s.bias.declare(p)
}

func (s *linearStage) prepare(p *printer) {
	if !s.w.shared {
		p.f("m.%s = weights{rows: w[%d:%d], stride: %d, block: %d, wide: %t}",
			s.w.field, s.w.rows.from, s.w.rows.to, s.w.stride, s.w.block, s.w.wide)
	}
	s.bias.prepare(p)
}

func (s *linearStage) body(p *printer) {
	dst, base, w, x := s.dst.name, s.bias.field, s.w.field, s.x.name
	switch s.method {
	case bySpikes:
		p.f("m.addSpikes%d(m.%s, m.%s, &m.%s, m.%s)", s.dst.form.bits(), dst, base, w, x)
	case byCounts:
		p.f("m.addCounts(m.%s, m.%s, &m.%s, m.%s, %d)", dst, base, w, x, s.x.words())
	case byPlanes:
		p.f("set(&m.words, %s, %d, 0)", s.x.elements(), s.low)
		p.f("m.addPlanes(m.%s, m.%s, &m.%s, %d)", dst, base, w, s.bits)
	case byDigits:
		s.digits(p)
	}
}

// digits prints one addition for each run of inputs, the first on top of the bias.
func (s *linearStage) digits(p *printer) {
	base, from := s.bias.field, 0
	for _, to := range s.ends {
		x := s.x.elements()
		if len(s.ends) > 1 {
			x = fmt.Sprintf("m.%s[%d:%d]", s.x.name, from, to)
		}
		p.f("set(&m.words, %s, %d, %d)", x, s.low, from<<rowShift)
		p.f("m.addDigits(m.%s, m.%s, &m.%s, %d, %d)", s.dst.name, base, s.w.field, s.bits, s.cut.bits)
		base, from = s.dst.name, to
	}
}

func (s *neuronStage) elem() string { return s.form.elem() }

func (s *neuronStage) fields(p *printer) {
	p.f("%s []%s // membranes", s.membrane, s.elem())
	for _, v := range []vectorPlan{s.threshold, s.bias, s.resets, s.initial} {
		v.declare(p)
	}
	p.f("%s neuron", s.params)
}

func (s *neuronStage) prepare(p *printer) {
	p.f("m.%s = make([]%s, %d)", s.membrane, s.elem(), padded(s.dst.size))
	for _, v := range []vectorPlan{s.threshold, s.bias, s.resets, s.initial} {
		v.prepare(p)
	}
	p.f("m.%s = neuron{%s}", s.params, s.constants.print(s.form))
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
	p.f("copy(m.%s, m.%s)", s.membrane, s.initial.field)
	if s.next {
		p.f("m.%s.armed = 0", s.params)
	}
}

func (s *neuronStage) body(p *printer) {
	name := "fire"
	if s.next {
		name = "next"
	}
	p.f("m.%s%d(m.%s, m.%s, m.%s, m.%s, m.%s, m.%s, &m.%s)", name, s.form.bits(),
		s.membrane, s.x.name, s.threshold.field, s.bias.field, s.resets.field, s.dst.name, s.params)
	if s.next {
		p.f("m.%s.armed = ^uint64(0)", s.params)
	}
}

// sumStage adds a value to its sum over the steps.
type sumStage struct {
	common
	x *buffer
}

func (s *sumStage) reset(p *printer) { p.f("clear(m.%s)", s.dst.name) }

func (s *sumStage) body(p *printer) {
	if s.dst.form == planes {
		p.f("count(m.%s, m.%s)", s.dst.name, s.x.name)
		return
	}
	p.f("accumulate(m.%s, %s)", s.dst.name, s.x.elements())
}

// copyStage copies a value of any form to an array or a vector.
type copyStage struct {
	common
	x *buffer
}

func (s *copyStage) body(p *printer) {
	if s.x.form == packed || s.x.form == planes {
		p.f("unpack(%s, m.%s, %d)", s.dst.elements(), s.x.name, s.x.words())
		return
	}
	p.f("widen(%s, %s)", s.dst.elements(), s.x.elements())
}
