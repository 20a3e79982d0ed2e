package goasm

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"nomul/backends/lower"
)

// convMethod is how the windows of a convolution are summed.
type convMethod uint8

const (
	convSpikes convMethod = iota // rows of spikes, or as often as small numbers say
	convDigits                   // rows of a table of multiples, one for each digit of a word
	convBits                     // rows of each bit of a word
)

// convolution is y = W·windows(x) + bias, at many positions.
type convolution struct {
	x        *buffer
	method   convMethod
	weights  matrix // from the inputs of a window, pixel by pixel
	channels int    // inputs of a pixel
	low      int64
	bits     int
	tile     tile
	tiles    int
	biasStep int
	geometry
}

// tile is a kind of rows, and the loop that sums them.
type tile struct {
	loop    string
	outputs int // of a row
	bytes   int // of an output
	shift   int // the bytes of a row are 1 << shift
}

var (
	tile8x32 = tile{loop: "conv8x32", outputs: 32, bytes: 1, shift: 5}
	tile8x64 = tile{loop: "conv8x64", outputs: 64, bytes: 1, shift: 6}
	tables16 = tile{loop: "tables16", outputs: 16, bytes: 2, shift: 5}
	tileWide = tile{loop: "convWide", outputs: 32, bytes: 2, shift: 6}
)

// tableBits are the bits of a digit; a table has the multiples 0 to 15 of each row.
const tableBits = 4

// tablePlaces are the windows that are summed side by side with tables.
const tablePlaces = 8

// maxTable is the most bytes of tables that are read from the nearest caches.
const maxTable = 1 << 18

// convolve plans a fold at several positions: windows, or positions that see inputs of their own.
func (p *plan) convolve(f *folded) {
	c, wanted, positions := p.windows(f)
	c.choose(p, f, wanted)
	var outputs order
	for i := range f.Positions {
		outputs = append(outputs, f.outputs(positions.element(i))...)
	}
	t := p.stage(p.result(f.To, full, outputs), f.Stage.String())
	c.tiles = (c.weights.outputs + c.tile.outputs - 1) / c.tile.outputs
	rows := c.layRows(p)
	bias := "m." + p.constant(t.dst.name+"Bias", table, c.base(f.starts(positions))).name
	p.needs.starts = max(p.needs.starts, c.pixels()+1)
	name := t.dst.name + "Conv"
	if c.method == convDigits {
		name = p.field(name, "tabled", c.tabled(p, rows))
	} else {
		name = p.field(name, "convolution", c.windowed(p, rows))
	}
	switch call := fmt.Sprintf("m.%s, %s, &m.%s", t.dst.name, bias, name); c.method {
	case convSpikes:
		t.do("m.listSpikes(&m.%s.image, m.%s)", name, c.x.name)
		t.do("m.convolve(%s, 0)", call)
	case convDigits:
		t.do("setImage(&m.engine, &m.%s.image, %s)", name, c.x.elements())
		t.do("m.convolveDigits(%s)", call)
	case convBits:
		t.do("setImage(&m.engine, &m.%s.image, %s)", name, c.x.elements())
		t.do("m.convolveBits(%s, %d)", call, c.bits)
	}
	p.add(t)
}

// windows finds how windows lie in an image, the elements of which are wanted in memory, and
// the order of the positions. Positions without windows are taken as they lie, if the inputs
// of each lie side by side.
func (p *plan) windows(f *folded) (c *convolution, wanted, positions order) {
	if image, ok := f.image(); ok {
		taps := f.Windows.Taps()
		c := &convolution{weights: f.matrix(taps), channels: f.Groups * f.Inputs / taps}
		c.geometry = f.geometry(image)
		return c, image, nil
	}
	c = &convolution{weights: f.matrix(1)}
	wanted, positions = f.aside(p.home(f.Fold.X.Array))
	if f.Fold.X.Array.Type.IsSpike() {
		c.weights = c.weights.repeated(abreast(f.Positions, c.weights))
	}
	c.channels = c.weights.inputs
	c.geometry = oneLine(f.Positions * f.Groups * f.Inputs / c.channels)
	return c, wanted, positions
}

// aside are the elements that the positions see, in an order of positions: that in which they
// lie, where the inputs of each lie side by side, and wanted is nil.
func (f *folded) aside(x *home) (wanted, positions order) {
	n := f.Groups * f.Inputs
	first := slices.Repeat(order{-1}, x.size)
	for i := range f.Positions {
		inputs := f.inputs(i)
		wanted = append(wanted, inputs...)
		if inputs[0] >= 0 {
			first[inputs[0]] = int32(i)
		}
	}
	for at := 0; at < x.size && x.size == len(wanted); at += n {
		i := first[x.order.element(at)]
		for k := range n {
			if i < 0 || int(wanted[int(i)*n+k]) != x.order.element(at+k) {
				return wanted, nil
			}
		}
		positions = append(positions, i)
	}
	if len(positions) == f.Positions {
		return nil, positions
	}
	return wanted, nil
}

// mostAbreast is the most inputs of positions taken at once: their rows stay in the nearest cache.
const mostAbreast = 256

// abreast is how many of the positions are taken at once, to fill a row of sums, where a layer
// of few outputs sees them one by one: each has its own inputs and outputs, which lie side by
// side, and for those of the others a weight of 0.
func abreast(positions int, w matrix) int {
	most := 1
	for n := 2; n*w.outputs <= tile8x64.outputs && n*w.inputs <= mostAbreast; n++ {
		if positions%n == 0 {
			most = n
		}
	}
	return most
}

// choose takes the operand in the form it has, and the way to sum that suits it.
func (c *convolution) choose(p *plan, f *folded, wanted order) {
	a := f.Fold.X.Array
	x, most := p.home(a), int64(1)
	switch {
	case x.form == packed || a.Type.IsSpike():
		c.x = p.take(a, packed, wanted)
	case x.form == planes && a.Range.Hi <= maxUnary:
		c.x, most = p.take(a, packed, wanted), a.Range.Hi
	default:
		c.words(p, f, wanted)
		if c.method == convDigits {
			return
		}
	}
	c.tile = tileWide
	if int8s.Contains(f.Fold.Weight.Array.Range) && len(c.weights.blocks(most)) == 1 {
		c.tile = tile8x64
		if c.weights.outputs <= tile8x32.outputs {
			c.tile = tile8x32
		}
	}
	p.needs.list = max(p.needs.list, int(most)*c.pixels()*c.channels+1)
	p.needs.window = max(p.needs.window, int(most)*c.weights.inputs)
}

// words takes the operand as words, and says whether they are summed by digits.
func (c *convolution) words(p *plan, f *folded, wanted order) {
	a := f.Fold.X.Array
	if x := p.home(a); x.form == array && x.from(wanted) == nil {
		c.x = x.buffer
	} else {
		c.x = p.take(a, full, wanted)
	}
	lo, hi := min(a.Range.Lo, 0), max(a.Range.Hi, 0) // padding is 0
	c.low, c.bits = lo, max(1, bits.Len64(uint64(hi-lo)))
	c.method, c.tile = convBits, tables16
	tiles := (c.weights.outputs + c.tile.outputs - 1) / c.tile.outputs
	if len(c.weights.blocks(1<<tableBits-1)) == 1 && tiles*c.weights.inputs<<(c.tile.shift+tableBits) <= maxTable && c.places >= tablePlaces {
		c.method = convDigits
	}
	words := c.pixels() * c.channels
	p.needs.list = max(p.needs.list, c.digits()*words+1)
	p.needs.values = max(p.needs.values, words)
}

// digits are those of a word.
func (c *convolution) digits() int { return (c.bits + tableBits - 1) / tableBits }

// layRows lays the weights out in tiles, with a row of zeros in each but in tables, and gives
// their expression.
func (c *convolution) layRows(p *plan) string {
	switch {
	case c.method == convDigits:
		rows := p.lay(c.weights.append16(nil, c.tile.outputs, c.tiles))
		p.tables = append(p.tables, fmt.Sprintf("multiples(%s)", rows.bytes()))
		return fmt.Sprintf("loaded[%d]", len(p.tables)-1)
	case c.tile.bytes == 1:
		return p.lay(c.weights.spare().append8(nil, c.tile.outputs)).bytes()
	}
	return p.lay(c.weights.spare().append16(nil, c.tile.outputs, c.tiles)).bytes()
}

// base are the numbers that sums start from, for each output, or for each place and output, with room for
// the tiles that are read. Words are counted from low, which the base makes up for.
func (c *convolution) base(starts []int64) []int64 {
	room := c.tiles * c.tile.outputs
	if n := c.weights.outputs; lower.Repeats(starts, n) {
		starts = starts[:n]
	} else {
		c.biasStep, room = n, len(starts)+64
	}
	out := append(make([]int64, 0, room), starts...)
	if c.method != convSpikes && c.low != 0 {
		sums := c.weights.sums()
		for i := range out {
			out[i] += c.low * sums[i%len(sums)]
		}
	}
	return append(out, make([]int64, room-len(out))...)
}

// image prints a kernel.image.
func (c *convolution) image(p *plan) string {
	return fmt.Sprintf("image{lines: %s, before: %d, width: %d, after: %d, channels: %d, unit: %d, margin: %d, low: %d, %s}",
		p.words(c.rows.scaled(c.width*c.channels)), c.before, c.width, c.after, c.channels, c.tile.shift, c.before*c.channels<<c.tile.shift, c.low, c.source())
}

// source prints, of spikes, the planes, each as often as its spikes count; of words, how many
// a line has.
func (c *convolution) source() string {
	if c.method != convSpikes {
		return fmt.Sprintf("lineWords: %d, padBefore: %d, padAfter: %d, padLine: %d",
			c.width*c.channels, c.before*c.channels, c.after*c.channels, c.line()*c.channels)
	}
	var list []string
	for plane := range max(1, c.x.planes) {
		for range 1 << plane {
			list = append(list, fmt.Sprint(plane*c.x.words()*8))
		}
	}
	return "sources: []int32{" + strings.Join(list, ", ") + "}"
}

// windowed prints a kernel.convolution.
func (c *convolution) windowed(p *plan, rows string) string {
	pixel := c.channels << c.tile.shift
	zero, written, back := c.weights.inputs<<c.tile.shift, c.tiles*c.tile.outputs, c.step*pixel
	stride, outputs := zero+1<<c.tile.shift, c.weights.outputs
	var parts []string
	for _, part := range c.parts {
		parts = append(parts, fmt.Sprintf("{first: %d, last: %d, rows: %d}", part[0], part[1], part[2]*pixel))
	}
	return fmt.Sprintf(`convolution{
image: %s,
windows: windows{places: %d, parts: []part{%s}, step: %d, back: %d, tiles: %d, stride: %d, rewind: %d, zero: %d, dstSkip: %d},
loop: k.%s, rows: %s, origins: %s, line: %d, biasSkip: %d, biasLine: %d,
}`, c.image(p), c.places, strings.Join(parts, ", "), c.step, back, c.tiles, stride, c.tiles*stride+back, zero, outputs-written,
		c.tile.loop, rows, p.words(c.starts), c.places*outputs, c.biasStep-written, c.places*c.biasStep)
}

// tabled prints a kernel.tabled.
func (c *convolution) tabled(p *plan, rows string) string {
	outputs := c.weights.outputs
	return fmt.Sprintf(`tabled{
image: %s,
tables: tables{places: %d, taps: %s, step: %d, digits: %d, next: %d, shift: %d, dstStep: %d, baseStep: %d},
rows: %s, stride: %d, tiles: %d,
origins: %s, line: %d, baseLine: %d,
}`, c.image(p), c.places, p.words(c.tapWords(c.channels)), c.step*c.channels, c.digits(), c.pixels()*c.channels, tableBits*(c.digits()-1), outputs, c.biasStep,
		rows, c.weights.inputs<<(c.tile.shift+tableBits), c.tiles,
		p.words(c.starts.scaled(c.channels)), c.places*outputs, c.places*c.biasStep)
}
