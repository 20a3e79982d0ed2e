package kernel

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
// starts has, for each pixel, where its inputs begin in the list. The inputs of a
// window on a line are then one run of the list, and its rows are found by adding
// where the part's rows begin, and taking off where the window begins.

// windows describes the windows of one line of results.
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
	rows        int32 // where the rows of the first pixel begin, less the first of the run's offsets
	_           int32
}

// beyond is how many elements loops may write and read beyond lists.
const beyond = 32

// conv is an inner loop over the windows of a line:
//
//	dst = base + (Σ rows << shift)
//
// It writes whole tiles: words after the outputs in dst are overwritten, in part,
// with those after them in base; the next window is written later.
type conv func(dst, base []int32, rows []byte, list, starts []uint32, w *windows)

// rowLoop is a loop over the rows of a linear layer.
type rowLoop func(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

// over sums the rows of windows with a loop over so many outputs.
func over(outputs int, loop rowLoop) conv {
	return func(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
		w.each(dst, base, rows, list, starts, outputs, loop)
	}
}

// each runs a loop for every tile of every window.
func (w *windows) each(dst, base []int32, rows []byte, list, starts []uint32, outputs int, loop rowLoop) {
	passed, first, to, from := uint32(0), 0, 0, 0
	for range w.places {
		n, at := 0, starts[first:]
		for _, p := range w.parts {
			for _, offset := range list[at[p.first]:at[p.last]] {
				w.scratch[n] = offset + uint32(p.rows) - passed
				n++
			}
		}
		row := 0
		for range w.tiles {
			loop(dst[to:to+outputs], base[from:], rows[row:], 0, w.scratch[:n], w.shift)
			to, from, row = to+outputs, from+outputs, row+w.stride
		}
		to, from, passed = to+w.dstSkip, from+w.baseSkip, passed+uint32(w.back)
		first += w.step
	}
}
