package kernel

import "encoding/binary"

// Convolutions.
//
// An image lies in memory pixel by pixel, each with all its channels. A result
// is a sum of rows, as in a linear layer: the row of a tap and an input channel
// holds the weights to all output channels. Rows lie in the order tap by tap, in
// each of them channel by channel; so the rows of neighbouring taps of a line
// follow one another like the inputs of neighbouring pixels.
//
// The inputs of all pixels of the padded image are listed once, line by line:
// list has byte offsets of rows, counted from the first input of a line, and
// starts has, for each pixel, where its inputs begin in the list. What a window
// sees of a line is then one run of the list, and its rows are found by adding
// where the part's rows begin, and taking off where the window begins.

// windows is what the windows of one line of results have in common.
type windows struct {
	places   int    // windows in the line
	parts    []part // of a window
	step     int    // pixels from a window to the next
	back     int    // bytes of rows from a window to the next, taken off the offsets
	tiles    int
	stride   int // bytes of a tile
	rewind   int // bytes of rows from the end of a window's tiles back to the next window's first
	zero     int // offset of a row of zeros
	dstSkip  int // elements of dst from the end of a window's tiles to the next window
	baseSkip int // elements of base
	shift    int // of the sums
	// scratch has room for the rows of a window, and those that loops write beyond.
	scratch []uint32
}

// part is a run of neighbouring pixels in a window.
type part struct {
	first, last int32 // from and to which pixel, counted from the window's first
	rows        int32 // where the rows of the first pixel begin, less what the run's offsets begin with
	_           int32
}

// beyond is how many elements loops may write and read beyond lists.
const beyond = 32

// conv is an inner loop over the windows of a line:
//
//	dst = base + (Σ rows << shift)
//
// It writes whole tiles: what follows the outputs in dst is overwritten, in
// part, with what follows them in base; the next window is written later.
type conv func(dst, base []int32, rows []byte, list, starts []uint32, w *windows)

// conv8x32 has rows of 32 weights of 8 bits, as half a tile of rows8x32.
func conv8x32(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	w.each(dst, base, list, starts, 32, func(d, b []int32, at int, window []uint32) {
		w.sum8(d, b, rows, window, at)
	})
}

// conv8x64 has rows of 64 weights of 8 bits.
func conv8x64(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	w.each(dst, base, list, starts, 64, func(d, b []int32, at int, window []uint32) {
		w.sum8(d, b, rows, window, at)
		w.sum8(d[32:], b[32:], rows, window, at+32)
	})
}

// convWide has rows of 32 weights of 16 bits, summed modulo 2^32.
func convWide(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	w.each(dst, base, list, starts, 32, func(d, b []int32, at int, window []uint32) {
		w.sum16(d[:32], b, rows, window, at)
	})
}

// each runs sum for every tile of every window; the rows of the tile are at.
func (w *windows) each(dst, base []int32, list, starts []uint32, outputs int, sum func(d, b []int32, at int, window []uint32)) {
	passed, to, from := uint32(0), 0, 0
	for range w.places {
		n := 0
		for _, p := range w.parts {
			for _, offset := range list[starts[p.first]:starts[p.last]] {
				w.scratch[n] = offset + uint32(p.rows) - passed
				n++
			}
		}
		at := 0
		for range w.tiles {
			sum(dst[to:], base[from:], at, w.scratch[:n])
			to, from, at = to+outputs, from+outputs, at+w.stride
		}
		to, from, passed = to+w.dstSkip, from+w.baseSkip, passed+uint32(w.back)
		starts = starts[w.step:]
	}
}

// sum8 sums 32 bytes of each row.
func (w *windows) sum8(dst, base []int32, rows []byte, window []uint32, at int) {
	var s sums
	var t totals
	s.add(rows, window, at)
	t.fold(&s)
	t.store(dst, base, 1, uint(w.shift))
}

// sum16 sums as many 16-bit weights of each row as dst has elements.
func (w *windows) sum16(dst, base []int32, rows []byte, window []uint32, at int) {
	var memory [32]int32
	sum := memory[:len(dst)]
	for _, offset := range window {
		row := rows[int(offset)+at:]
		for i := range sum {
			sum[i] += int32(int16(binary.LittleEndian.Uint16(row)))
			row = row[2:]
		}
	}
	for i, s := range sum {
		dst[i] = base[i] + s<<(uint(w.shift)&31)
	}
}
