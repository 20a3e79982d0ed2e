package goasm

import (
	"math/bits"
	"slices"

	"nomul/ir"
)

// convMethod is how the windows of a convolution are summed.
type convMethod uint8

const (
	convSpikes convMethod = iota // rows of spikes, or as often as small numbers say
	convDigits                   // rows of a table of multiples, one for each digit of a word
	convBits                     // rows of each bit of a word
)

// convStage is y = W·windows(x) + bias.
type convStage struct {
	common
	x         *view
	method    convMethod
	field     string // the kernel.convolution
	linesAt   section
	startsAt  section
	tapsAt    section // of words by digits
	weights   section
	table     int // of tables: which one of the model's
	bias      section
	biasField string
	low       int64
	bits      int
	tile      tile
	tiles     int
	inputs    int // rows of a window
	biasStep  int
	geometry
}

// tile is a kind of rows, and the loop that sums them.
type tile struct {
	loop    string
	outputs int // of a row
	bytes   int // of an output
	shift   int // the bytes of a row are 1 << shift
	places  int // of tables: the windows that are summed side by side
}

var (
	tile8x32 = tile{loop: "conv8x32", outputs: 32, bytes: 1, shift: 5}
	tile8x64 = tile{loop: "conv8x64", outputs: 64, bytes: 1, shift: 6}
	tables16 = tile{loop: "tables16", outputs: 16, bytes: 2, shift: 5, places: 8}
	tables32 = tile{loop: "tables32", outputs: 32, bytes: 2, shift: 6, places: 4}
	tileWide = tile{loop: "convWide", outputs: 32, bytes: 2, shift: 6}
)

// tableBits are the bits of a digit; a table has the multiples 0 to 15 of each row.
const tableBits = 4

// maxTable is the most bytes of tables that are read from the nearest caches.
const maxTable = 1 << 18

func (p *plan) conv(v *ir.Value) { p.convolve(v, convShape(v)) }

// convolve plans a convolution, or a linear at several positions.
func (p *plan) convolve(v *ir.Value, c convolved) {
	x, xs := p.at(v.Args[0]), v.Args[0].Type.Shape
	if v.Args[0].Type.IsSpike() {
		c = c.abreast(xs.Size() / c.channels)
	}
	s := &convStage{inputs: c.weights.inputs}
	in, out := orderOf(xs, c.axes()), orderOf(v.Type.Shape, c.axes())
	if c.pointwise && x.order.innermost(xs, c.channel) {
		in, out = x.order, x.order.stretch(xs, v.Type.Shape, c.channel)
	}
	s.geometry = c.geometry(xs.Size())
	s.choose(p, v, c.weights, in)
	s.common = p.stage(v, p.result(v, full, out))
	s.field = p.scope.claim(s.dst.name + "Conv")
	s.layRows(p, c)
	s.layBias(p, v, c.weights, out)
	s.linesAt = p.table(s.lines(c.channels))
	if s.method == convDigits {
		s.startsAt, s.tapsAt = p.table(scaled(s.starts, c.channels)), p.table(s.tapWords(c.channels))
	} else {
		s.startsAt = p.table(s.starts)
	}
	p.needs.starts = max(p.needs.starts, s.pixels()+1)
	p.add(v.Clock, s)
}

// choose takes the operand in the form it has, and the way to sum that suits it.
func (s *convStage) choose(p *plan, v *ir.Value, w matrix, in order) {
	arg := v.Args[0]
	s.x = p.at(arg)
	most := int64(1)
	switch {
	case s.x.form == packed || arg.Type.IsSpike():
		s.x = p.spikes(arg, in)
	case s.x.form == planes && arg.Range.Hi <= maxUnary:
		s.x, most = p.spikes(arg, in), arg.Range.Hi
	default:
		s.words(p, arg, w, in)
		if s.method == convDigits {
			return
		}
	}
	s.tile = tileWide
	if int8s.Contains(v.Args[1].Const().Range()) && w.fits(most) {
		s.tile = tile8x64
		if w.outputs <= tile8x32.outputs {
			s.tile = tile8x32
		}
	}
	p.needs.list = max(p.needs.list, int(most)*s.pixels()*s.channels()+1)
	p.needs.window = max(p.needs.window, int(most)*w.inputs)
}

// words takes the operand as words, and says whether they are summed by digits.
func (s *convStage) words(p *plan, arg *ir.Value, w matrix, in order) {
	if s.x = p.at(arg); s.x.form != array || s.x.moves(in) != nil {
		s.x = p.full(arg, in)
	}
	r := arg.Range.Union(ir.Range{}) // padding is 0
	s.low, s.bits = r.Lo, max(1, bits.Len64(uint64(r.Hi-r.Lo)))
	s.method, s.tile = convBits, tables32
	if w.outputs <= tables16.outputs {
		s.tile = tables16
	}
	s.tiles = (w.outputs + s.tile.outputs - 1) / s.tile.outputs
	if w.fits(1<<tableBits-1) && s.tiles*w.inputs<<(s.tile.shift+tableBits) <= maxTable && s.places >= s.tile.places {
		s.method = convDigits
	}
	words := s.pixels() * s.channels()
	p.needs.list = max(p.needs.list, s.digits()*words+1)
	p.needs.values = max(p.needs.values, words)
}

// digits are those of a word.
func (s *convStage) digits() int { return (s.bits + tableBits - 1) / tableBits }

// layRows lays the weights out in tiles, with a row of zeros in each but in tables.
func (s *convStage) layRows(p *plan, c convolved) {
	s.tiles = (c.weights.outputs + s.tile.outputs - 1) / s.tile.outputs
	s.weights.from = len(p.blob)
	switch {
	case s.method == convDigits:
		p.blob = c.weights.append16(p.blob, s.tile.outputs, s.tiles)
		s.table = len(p.tables)
		p.tables = append(p.tables, s)
	case s.tile.bytes == 1:
		p.blob = c.weights.spare().append8(p.blob, s.tile.outputs)
	default:
		p.blob = c.weights.spare().append16(p.blob, s.tile.outputs, s.tiles)
	}
	s.weights.to = len(p.blob)
	p.blob = append(p.blob, make([]byte, -len(p.blob)&63)...)
}

// layBias lays a bias out for each output, or for each place and output. Words
// are counted from low, which the bias makes up for.
func (s *convStage) layBias(p *plan, v *ir.Value, w matrix, out order) {
	s.biasField = p.scope.claim(s.dst.name + "Bias")
	bias, room := channelBias(v.Args[2], w.outputs), s.tiles*s.tile.outputs
	if bias == nil {
		bias = out.pick(spread(v.Args[2], v.Type.Shape))
		s.biasStep, room = w.outputs, len(bias)+64
	}
	bias = append(make([]int64, 0, room), bias...)
	if s.method != convSpikes && s.low != 0 {
		sums := w.sums()
		for i := range bias {
			bias[i] += s.low * sums[i%w.outputs]
		}
	}
	s.bias = p.table(ints(append(bias, make([]int64, room-len(bias))...)))
}

// channelBias is the bias of each output, also of several positions; nil when it is a map.
func channelBias(bias *ir.Value, outputs int) []int64 {
	switch {
	case bias == nil:
		return make([]int64, outputs)
	case bias.Type.Shape.Rank() == 1:
		return slices.Repeat(bias.Const().I, outputs/bias.Type.Size())
	}
	return nil
}
