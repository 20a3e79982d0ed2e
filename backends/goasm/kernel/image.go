package kernel

import (
	"encoding/binary"
	"math/bits"
)

// image says how the inputs of a convolution are listed; see conv.
type image struct {
	// lines has, for each line of the padded image, the element of x with which
	// it begins; −1 for a line of padding.
	lines                []int32
	before, width, after int  // pixels of a line: padding, image, padding
	channels             int  // elements of a pixel
	unit                 uint // an input's rows take 1 << unit bytes
	margin               uint32
	// low is what words are counted from; padding is 0 and counts as −low.
	low int32
}

// listSpikes lists spikes, or numbers that lie in bit planes of the given
// length, each as often as it says.
func (e *engine) listSpikes(im *image, planes []uint64, length int) {
	starts, n := e.starts, 0
	for _, line := range im.lines {
		if line < 0 {
			starts = fill(starts, im.before+im.width+im.after, n)
			continue
		}
		starts = fill(starts, im.before, n)
		at, row := uint(line), im.margin
		for i := range starts[:im.width] {
			starts[i] = uint32(n)
			repeat := 1
			for p := planes; len(p) > 0; p = p[length:] {
				for range repeat {
					n = e.listPixel(im, p, at, row, n)
				}
				repeat += repeat
			}
			at += uint(im.channels)
			row += uint32(im.channels) << (im.unit & 31)
		}
		starts = fill(starts[im.width:], im.after, n)
	}
	starts[0] = uint32(n)
}

// fill sets so many starts and returns the others.
func fill(starts []uint32, pixels, n int) []uint32 {
	for i := range starts[:pixels] {
		starts[i] = uint32(n)
	}
	return starts[pixels:]
}

// listPixel lists the spikes of a pixel, whose first bit is at.
func (e *engine) listPixel(im *image, spikes []uint64, at uint, row uint32, n int) int {
	list, shift := e.list, im.unit&31
	for left := uint(im.channels); left > 0; {
		take := min(left, 64-at&63)
		w := spikes[at>>6] >> (at & 63) & (^uint64(0) >> ((64 - take) & 63))
		for ; w != 0; w &= w - 1 {
			list[n] = row + uint32(bits.TrailingZeros64(w))<<shift
			n++
		}
		at += take
		left -= take
		row += uint32(take) << shift
	}
	return n
}

// setImage takes the words of an image, as distances from the lowest value.
func setImage[T integer](e *engine, im *image, x []T) {
	padding := uint32(-im.low)
	values := e.values
	skip := func(pixels int) {
		for range pixels {
			for i := range values[:im.channels] {
				values[i] = padding
			}
			values = values[im.channels:]
		}
	}
	for _, line := range im.lines {
		if line < 0 {
			skip(im.before + im.width + im.after)
			continue
		}
		skip(im.before)
		from := x[line:]
		for range im.width {
			for i, v := range from[:im.channels] {
				values[i] = uint32(int32(v) - im.low)
			}
			values, from = values[im.channels:], from[im.channels:]
		}
		skip(im.after)
	}
}

// tableShift turns the number of an input into that of its first row in a table
// of multiples.
const tableShift = 4

// listDigits lists one row for each word: the multiple that a digit of it says.
func (e *engine) listDigits(im *image, digit uint) {
	list, values, starts, n := e.list, e.values, e.starts, 0
	for range im.lines {
		row := uint32(0)
		for i := range starts[:im.before+im.width+im.after] {
			starts[i] = uint32(n)
			for j, v := range values[:im.channels] {
				list[j] = row + (v>>(digit&31)&15)<<((im.unit-tableShift)&31)
				row += 1 << (im.unit & 31)
			}
			list, values = list[im.channels:], values[im.channels:]
			n += im.channels
		}
		starts = starts[im.before+im.width+im.after:]
	}
	starts[0] = uint32(n)
}

// listBits lists the words with a bit that is set.
func (e *engine) listBits(im *image, bit uint) {
	list, values, starts, n := e.list, e.values, e.starts, 0
	for range im.lines {
		row := uint32(0)
		for i := range starts[:im.before+im.width+im.after] {
			starts[i] = uint32(n)
			for _, v := range values[:im.channels] {
				list[n] = row
				n += int(v >> (bit & 31) & 1)
				row += 1 << (im.unit & 31)
			}
			values = values[im.channels:]
		}
		starts = starts[im.before+im.width+im.after:]
	}
	starts[0] = uint32(n)
}

// multiples makes a table of 0 to 15 times each row of 16-bit weights.
func multiples(rows []byte, bytes int) []byte {
	table := make([]byte, len(rows)<<tableShift)
	at := table
	for ; len(rows) > 0; rows = rows[bytes:] {
		at = at[bytes:] // 0 times
		for range 1<<tableShift - 1 {
			before := table[len(table)-len(at)-bytes:]
			for i := 0; i < bytes; i += 2 {
				w := binary.LittleEndian.Uint16(before[i:]) + binary.LittleEndian.Uint16(rows[i:])
				binary.LittleEndian.PutUint16(at[i:], w)
			}
			at = at[bytes:]
		}
	}
	return arena(string(table))
}

// convolution is one layer.
type convolution struct {
	image
	windows
	loop     conv
	rows     []byte
	stride   int // bytes of a tile
	tile     int // outputs of a tile
	tiles    int
	origins  []int32 // for each line of results, the pixel where its windows begin
	line     int     // elements of dst from a line to the next
	biasStep int     // elements of the bias from a window to the next
	biasLine int     // and from a line to the next
}

// convolve sets dst = base + (Σ listed rows << shift); base is the bias or dst
// itself. The last tile is first, for it writes beyond the outputs of a window,
// over the first of the next.
func (e *engine) convolve(dst, base []int32, c *convolution, shift int) {
	dst, baseLine := dst[:cap(dst)], c.line
	c.shift, c.baseStep = shift, c.dstStep
	if &dst[0] == &base[0] {
		base = dst
	} else {
		c.baseStep, baseLine = c.biasStep, c.biasLine
	}
	output, at := 0, 0
	for range c.tiles - 1 {
		output, at = output+c.tile, at+c.stride
	}
	for range c.tiles {
		d, b := dst[output:], base[output:]
		for i, origin := range c.origins {
			if i > 0 {
				d, b = d[c.line:], b[baseLine:]
			}
			c.loop(d, b, c.rows[at:], e.list, e.starts[origin:], &c.windows)
		}
		output, at = output-c.tile, at-c.stride
	}
}

// convolveDigits adds the words of the image, four bits after another.
func (e *engine) convolveDigits(dst, base []int32, c *convolution, bits int) {
	for shift := 0; shift < bits; shift += tableShift {
		e.listDigits(&c.image, uint(shift))
		e.convolve(dst, base, c, shift)
		base = dst
	}
}

// convolveBits adds the words of the image, bit by bit.
func (e *engine) convolveBits(dst, base []int32, c *convolution, bits int) {
	for shift := range bits {
		e.listBits(&c.image, uint(shift))
		e.convolve(dst, base, c, shift)
		base = dst
	}
}
