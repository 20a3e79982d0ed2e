package goasm

import (
	"fmt"
	"strings"
)

func (s *convStage) fields(out *printer) {
	out.f("%s []int32", s.biasField)
	out.f("%s convolution", s.field)
}

func (s *convStage) prepare(out *printer) {
	g, t := s.geometry, s.tile
	channels := s.inputs / g.taps
	pixel := channels << t.unit()
	out.f("m.%s = int32s(w[%d:%d])", s.biasField, s.bias.from, s.bias.to)
	out.f("m.%s = convolution{", s.field)
	out.f("image: image{lines: int32s(w[%d:%d]), before: %d, width: %d, after: %d, channels: %d, unit: %d, margin: %d, low: %d},",
		s.linesAt.from, s.linesAt.to, g.before, g.width, g.after, channels, t.unit(), g.before*pixel, s.low)
	s.windowFields(out, pixel)
	out.f("}")
	switch s.method {
	case convSpikes:
		out.f("m.%s.sources = []int32{%s}", s.field, s.sourceList())
		return
	case convDigits:
		out.f("m.%s.even = evenStarts(%d, %d)", s.field, s.pixels(), channels)
	}
	out.f("m.%[1]s.lineWords, m.%[1]s.padBefore, m.%[1]s.padAfter, m.%[1]s.padLine = %d, %d, %d, %d", s.field,
		g.width*channels, g.before*channels, g.after*channels, g.line()*channels)
}

// windowFields prints the kernel.windows, and how they are run.
func (s *convStage) windowFields(out *printer, pixel int) {
	g, t := s.geometry, s.tile
	rows := fmt.Sprintf("w[%d:%d]", s.weights.from, s.weights.to)
	if t.table {
		rows = fmt.Sprintf("multiples(%s, %d)", rows, 1<<t.shift)
	}
	zero, written, back := s.inputs<<t.unit(), s.tiles*t.outputs, g.step*pixel
	stride := zero + 1<<t.unit()
	out.f("windows: windows{places: %d, parts: []part{%s}, step: %d, back: %d, tiles: %d, stride: %d, rewind: %d, zero: %d, dstSkip: %d},",
		g.places, s.partList(pixel), g.step, back, s.tiles, stride, s.tiles*stride+back, zero, s.outputs()-written)
	out.f("loop: k.%s, rows: %s, origins: int32s(w[%d:%d]), line: %d, biasSkip: %d, biasLine: %d,", t.loop, rows,
		s.startsAt.from, s.startsAt.to, g.places*s.outputs(), s.biasStep-written, g.places*s.biasStep)
}

// sourceList lists the planes, each as often as its spikes count.
func (s *convStage) sourceList() string {
	var list []string
	for plane := range max(1, s.x.planes) {
		for range 1 << plane {
			list = append(list, fmt.Sprint(plane*s.x.words()*8))
		}
	}
	return strings.Join(list, ", ")
}

// outputs are those of one place.
func (s *convStage) outputs() int { return s.dst.size / (len(s.starts) * s.places) }

func (s *convStage) partList(pixel int) string {
	var list []string
	for _, p := range s.parts {
		list = append(list, fmt.Sprintf("{first: %d, last: %d, rows: %d}", p[0], p[1], p[2]*pixel))
	}
	return strings.Join(list, ", ")
}

func (s *convStage) body(out *printer) {
	dst, bias, field := s.dst.name, s.biasField, s.field
	if s.method == convSpikes {
		out.f("m.listSpikes(&m.%s.image, m.%s)", field, s.x.name)
		out.f("m.convolve(m.%s, m.%s, &m.%s, 0)", dst, bias, field)
		return
	}
	f := map[convMethod]string{convDigits: "convolveDigits", convBits: "convolveBits"}[s.method]
	out.f("setImage(&m.engine, &m.%s.image, %s)", field, s.x.elements())
	out.f("m.%s(m.%s, m.%s, &m.%s, %d)", f, dst, bias, field, s.bits)
}
