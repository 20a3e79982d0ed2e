package kernel

import (
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
	// low is the number that words are counted from; padding is 0 and counts as −low.
	low int32
	// sources are the planes of spikes: where each begins, in bytes, as often as
	// its spikes count.
	sources []int32
	// Of words: the elements of a line, of its padding before and after, and of a
	// padded line.
	lineWords, padBefore, padAfter, padLine int
}

// listSpikes lists spikes, or numbers that lie in bit planes, each as often as it says.
func (e *engine) listSpikes(im *image, planes []uint64) {
	loop := e.listLine
	if im.channels&7 != 0 {
		loop = listLine
	}
	starts, n := e.starts, 0
	for _, line := range im.lines {
		if line < 0 {
			starts = fill(starts, im.before+im.width+im.after, n)
			continue
		}
		starts = fill(starts, im.before, n)
		n = loop(e.list, starts, planes, int(line), n, im, &e.positions)
		starts = fill(starts[im.width:], im.after, n)
	}
	starts[0] = uint32(n)
}

// listLine lists the spikes of a line, whose first is the bit at, behind the n
// rows that the list has, and tells how many it has then. The list has room for
// more than there are. Loops in assembly take channels in whole bytes.
func listLine(list, starts []uint32, planes []uint64, at, n int, im *image, _ *positions) int {
	row := im.margin
	for i := range starts[:im.width] {
		starts[i] = uint32(n)
		for _, from := range im.sources {
			n = im.listPixel(list, planes[from>>3:], uint(at), row, n)
		}
		at += im.channels
		row += uint32(im.channels) << (im.unit & 31)
	}
	return n
}

// positions has, for each byte, the numbers of the bits that are set in it, in a
// byte each, the lowest first.
type positions [256]uint64

func newPositions() (p positions) {
	for b := range p {
		shift := uint(0)
		for w := b; w != 0; w &= w - 1 {
			p[b] |= uint64(bits.TrailingZeros64(uint64(w))) << shift
			shift += 8
		}
	}
	return p
}

// fill sets so many starts and returns the others.
func fill(starts []uint32, pixels, n int) []uint32 {
	for i := range starts[:pixels] {
		starts[i] = uint32(n)
	}
	return starts[pixels:]
}

// listPixel lists the spikes of a pixel, whose first bit is at.
func (im *image) listPixel(list []uint32, spikes []uint64, at uint, row uint32, n int) int {
	shift := im.unit & 31
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
	values, padding := e.values, uint32(-im.low)
	for _, line := range im.lines {
		before := im.padBefore
		if line < 0 {
			before = im.padLine
		}
		for i := range values[:before] {
			values[i] = padding
		}
		values = values[before:]
		if line < 0 {
			continue
		}
		from := x[line:][:im.lineWords]
		for i, v := range from {
			values[i] = uint32(int32(v) - im.low)
		}
		values = values[im.lineWords:]
		for i := range values[:im.padAfter] {
			values[i] = padding
		}
		values = values[im.padAfter:]
	}
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

// convolution is one layer.
type convolution struct {
	image
	windows
	loop     conv
	rows     []byte
	origins  []int32 // for each line of results, the pixel where its windows begin
	line     int     // elements of dst from a line to the next
	biasSkip int     // elements of the bias from the end of a window's tiles to the next window
	biasLine int     // and from a line to the next
}

// convolve sets dst = base + (Σ listed rows << shift); base is the bias or dst itself.
func (e *engine) convolve(dst, base []int32, c *convolution, shift int) {
	dst, baseLine := dst[:cap(dst)], c.line
	c.shift, c.baseSkip, c.scratch = shift, c.dstSkip, e.window
	if &dst[0] == &base[0] {
		base = dst
	} else {
		c.baseSkip, baseLine = c.biasSkip, c.biasLine
	}
	for i, origin := range c.origins {
		if i > 0 {
			dst, base = dst[c.line:], base[baseLine:]
		}
		c.loop(dst, base, c.rows, e.list, e.starts[origin:], &c.windows)
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
