package goasm

import (
	"bytes"
	"fmt"
	"go/format"
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

// makes is the expression that makes the buffer's slice. Behind a vector there is
// room for a tile, which convolutions write beyond their results.
func (b *buffer) makes() string {
	if b.form == full {
		return fmt.Sprintf("make(%s, %d, %d)", b.goType(), b.length(), b.length()+tileOutputs)
	}
	return fmt.Sprintf("make(%s, %d)", b.goType(), b.length())
}

// goType is the type of an array or slice.
func (b *buffer) goType() string {
	if b.form == array {
		return fmt.Sprintf("[%d]%s", b.size*max(1, b.steps), b.elem)
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
		p.f("m.%s = %ss(zeros[:%d])", v.field, v.elem(), v.size*v.bytes)
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
