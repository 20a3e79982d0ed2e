package goasm

import (
	"fmt"
	"strings"
)

func (s *convStage) fields(out *printer) {
	out.f("%s []int32", s.biasField)
	out.f("%s %s", s.field, map[bool]string{true: "tabled", false: "convolution"}[s.method == convDigits])
}

func (s *convStage) prepare(out *printer) {
	out.f("m.%s = int32s(w[%d:%d])", s.biasField, s.bias.from, s.bias.to)
	if s.method == convDigits {
		s.prepareTables(out)
	} else {
		s.prepareWindows(out)
	}
	if s.method == convSpikes {
		out.f("m.%s.sources = []int32{%s}", s.field, s.sourceList())
		return
	}
	g, channels := s.geometry, s.channels()
	out.f("m.%[1]s.lineWords, m.%[1]s.padBefore, m.%[1]s.padAfter, m.%[1]s.padLine = %d, %d, %d, %d", s.field,
		g.width*channels, g.before*channels, g.after*channels, g.line()*channels)
}

// channels are the inputs of a pixel.
func (s *convStage) channels() int { return s.inputs / s.taps }

// image prints a kernel.image.
func (s *convStage) image(out *printer) {
	g, channels := s.geometry, s.channels()
	out.f("image: image{lines: int32s(w[%d:%d]), before: %d, width: %d, after: %d, channels: %d, unit: %d, margin: %d, low: %d},",
		s.linesAt.from, s.linesAt.to, g.before, g.width, g.after, channels, s.tile.shift, g.before*channels<<s.tile.shift, s.low)
}

// prepareWindows prints a kernel.convolution.
func (s *convStage) prepareWindows(out *printer) {
	g, t := s.geometry, s.tile
	pixel := s.channels() << t.shift
	zero, written, back := s.inputs<<t.shift, s.tiles*t.outputs, g.step*pixel
	stride := zero + 1<<t.shift
	out.f("m.%s = convolution{", s.field)
	s.image(out)
	out.f("windows: windows{places: %d, parts: []part{%s}, step: %d, back: %d, tiles: %d, stride: %d, rewind: %d, zero: %d, dstSkip: %d},",
		g.places, s.partList(pixel), g.step, back, s.tiles, stride, s.tiles*stride+back, zero, s.outputs()-written)
	out.f("loop: k.%s, rows: w[%d:%d], origins: int32s(w[%d:%d]), line: %d, biasSkip: %d, biasLine: %d,", t.loop, s.weights.from, s.weights.to,
		s.startsAt.from, s.startsAt.to, g.places*s.outputs(), s.biasStep-written, g.places*s.biasStep)
	out.f("}")
}

// prepareTables prints a kernel.tabled.
func (s *convStage) prepareTables(out *printer) {
	g, t := s.geometry, s.tile
	out.f("m.%s = tabled{", s.field)
	s.image(out)
	out.f("tables: tables{places: %d, taps: int32s(w[%d:%d]), step: %d, digits: %d, next: %d, shift: %d, dstStep: %d, baseStep: %d},",
		g.places, s.tapsAt.from, s.tapsAt.to, g.step*s.channels(), s.digits(), g.pixels()*s.channels(), tableBits*(s.digits()-1), s.outputs(), s.biasStep)
	out.f("loop: k.%s, rows: multiplied[%d], stride: %d, tile: %d, tiles: %d,", t.loop, s.table,
		s.inputs<<(t.shift+tableBits), t.outputs, s.tiles)
	out.f("origins: int32s(w[%d:%d]), line: %d, baseLine: %d,", s.startsAt.from, s.startsAt.to, g.places*s.outputs(), g.places*s.biasStep)
	out.f("}")
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
	out.f("setImage(&m.engine, &m.%s.image, %s)", field, s.x.elements())
	if s.method == convDigits {
		out.f("m.convolveDigits(m.%s, m.%s, &m.%s)", dst, bias, field)
		return
	}
	out.f("m.convolveBits(m.%s, m.%s, &m.%s, %d)", dst, bias, field, s.bits)
}
