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
// sees of a line is then one run of the list, and its rows are found by taking
// off where the window begins. No list is made for a window.

// windows is what the windows of one line of results have in common.
type windows struct {
	places   int    // windows in the line
	parts    []part // of a window
	step     int    // pixels from a window to the next
	back     int    // bytes of rows from a window to the next, taken off the offsets
	dstStep  int    // elements of dst from a window to the next
	baseStep int    // elements of base: 0 when all windows share them
	shift    int    // of the sums
}

// part is a run of neighbouring pixels in a window.
type part struct {
	first, last int32 // from and to which pixel, counted from the window's first
	rows        int   // where the rows of the first pixel begin
}

// conv is an inner loop over the windows of a line, for one tile of outputs:
//
//	dst = base + (Σ rows << shift)
//
// It writes whole tiles: what follows the outputs in dst is overwritten, in
// part, with what follows them in base.
type conv func(dst, base []int32, rows []byte, list, starts []uint32, w *windows)

// conv8x32 has rows of 32 weights of 8 bits, as half a tile of rows8x32.
func conv8x32(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	conv8(dst, base, rows, list, starts, w, 32)
}

// conv8x64 has rows of 64 weights of 8 bits.
func conv8x64(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	conv8(dst, base, rows, list, starts, w, 64)
}

func conv8(dst, base []int32, rows []byte, list, starts []uint32, w *windows, outputs int) {
	passed := 0
	for place := range w.places {
		for half := 0; half < outputs; half += 32 {
			var s sums
			var t totals
			for _, p := range w.parts {
				s.add(rows, list[starts[p.first]:starts[p.last]], half+p.rows-passed)
			}
			t.fold(&s)
			t.store(dst[half:], base[half:], 1, uint(w.shift))
		}
		passed += w.back
		if place+1 < w.places {
			dst, base, starts = dst[w.dstStep:], base[w.baseStep:], starts[w.step:]
		}
	}
}

// conv16x16 has rows of 16 weights of 16 bits, whose sum fits 16 bits.
func conv16x16(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	conv16(dst, base, rows, list, starts, w, 16)
}

// conv16x32 has rows of 32 weights of 16 bits, whose sum fits 16 bits.
func conv16x32(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	conv16(dst, base, rows, list, starts, w, 32)
}

// convWide has rows of 32 weights of 16 bits, summed modulo 2^32.
func convWide(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	conv16(dst, base, rows, list, starts, w, 32)
}

func conv16(dst, base []int32, rows []byte, list, starts []uint32, w *windows, outputs int) {
	passed := 0
	for place := range w.places {
		var memory [32]int32
		sum := memory[:outputs]
		for _, p := range w.parts {
			for _, offset := range list[starts[p.first]:starts[p.last]] {
				row := rows[int(offset)+p.rows-passed:]
				for i := range sum {
					sum[i] += int32(int16(binary.LittleEndian.Uint16(row)))
					row = row[2:]
				}
			}
		}
		for i, s := range sum {
			dst[i] = base[i] + s<<(uint(w.shift)&31)
		}
		passed += w.back
		if place+1 < w.places {
			dst, base, starts = dst[w.dstStep:], base[w.baseStep:], starts[w.step:]
		}
	}
}
