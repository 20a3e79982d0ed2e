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
	out.f("windows: windows{places: %d, parts: []part{%s}, step: %d, back: %d, dstStep: %d},",
		g.places, s.partList(pixel), g.step, g.step*pixel, s.outputs())
	rows := fmt.Sprintf("w[%d:%d]", s.weights.from, s.weights.to)
	if t.table {
		rows = fmt.Sprintf("multiples(%s, %d)", rows, 1<<t.shift)
	}
	out.f("loop: k.%s, rows: %s, stride: %d, tile: %d, tiles: %d,", t.loop, rows, s.inputs<<t.unit(), t.outputs, s.tiles)
	out.f("origins: int32s(w[%d:%d]), line: %d, biasStep: %d, biasLine: %d,", s.startsAt.from, s.startsAt.to,
		g.places*s.outputs(), s.biasStep, g.places*s.biasStep)
	out.f("}")
}

// outputs are those of one place.
func (s *convStage) outputs() int { return s.dst.size / (len(s.starts) * s.places) }

func (s *convStage) partList(pixel int) string {
	var list []string
	for _, p := range s.parts {
		list = append(list, fmt.Sprintf("{%d, %d, %d}", p[0], p[1], p[2]*pixel))
	}
	return strings.Join(list, ", ")
}

func (s *convStage) body(out *printer) {
	dst, bias, field := s.dst.name, s.biasField, s.field
	if s.method == convSpikes {
		out.f("m.listSpikes(&m.%s.image, m.%s, %d)", field, s.x.name, s.x.words())
		out.f("m.convolve(m.%s, m.%s, &m.%s, 0)", dst, bias, field)
		return
	}
	f := map[convMethod]string{convDigits: "convolveDigits", convBits: "convolveBits"}[s.method]
	out.f("setImage(&m.engine, &m.%s.image, %s)", field, s.x.elements())
	out.f("m.%s(m.%s, m.%s, &m.%s, %d)", f, dst, bias, field, s.bits)
}
