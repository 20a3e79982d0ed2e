package kernel

// engine runs the layers of a model with one kernel. Its buffers are shared by
// all layers.
type engine struct {
	*kernel
	list   []uint32 // rows to add
	words  words    // the operand of a linear over words
	sorted []digit  // its digits
	starts []uint32 // of an image: where in the list its pixels begin
	values []uint32 // of an image: words, with padding
	window []uint32 // rows of a window
	chosen []int32  // entries that the spikes of a product choose
	begins []int32  // and where those of each key begin
	positions
}

// digit is one digit of the words, with the rows sorted by it.
type digit struct {
	list, counts  []uint32
	shift, levels int
}

// needs are the sizes of an engine's buffers.
type needs struct {
	list   int // the most rows listed at once
	words  int // the most inputs of a linear over words
	digits int // and the most digits
	starts int // the most pixels of an image, and one
	values int // the most words of an image
	window int // the most rows of a window
	chosen int // the most elements of a side of a product
	begins int // and the most keys, and two
}

func newEngine(k *kernel, n needs) engine {
	e := engine{
		kernel: k, list: make([]uint32, n.list+beyond), window: make([]uint32, n.window+beyond), words: newWords(n.words),
		chosen: make([]int32, n.chosen), begins: make([]int32, n.begins),
		positions: newPositions(), starts: make([]uint32, n.starts), values: make([]uint32, n.values),
	}
	for range n.digits {
		e.sorted = append(e.sorted, digit{list: make([]uint32, n.words), counts: make([]uint32, 255)})
	}
	return e
}

// weights are the rows of one linear layer.
type weights struct {
	rows   []byte
	stride int  // bytes of a tile
	block  int  // the most rows whose sum surely fits 16 bits
	wide   bool // rows of 16-bit weights; block does not matter
}

// addSpikes16 sets dst = base + W·spikes, in 16 bits.
func (e *engine) addSpikes16(dst, base []int16, w *weights, spikes []uint64) {
	list := events(e.list, spikes)
	for len(list) > w.block {
		e.rows8x16(dst, base, w.rows, w.stride, list[:w.block])
		list, base = list[w.block:], dst
	}
	e.rows8x16(dst, base, w.rows, w.stride, list)
}

// addCounts sets dst = base + W·n, where the numbers n lie in bit planes.
func (e *engine) addCounts(dst, base []int32, w *weights, planes []uint64, length int) {
	for shift := 0; len(planes) > 0; shift++ {
		e.add32(dst, base, w, events(e.list, planes[:length]), shift)
		planes, base = planes[length:], dst
	}
}

// addDigits sets dst = base + W·words, where the words have so many bits and are
// cut into digits of so many bits. It takes all digits of a tile in turn, while
// the tile's rows are in the nearest cache.
func (e *engine) addDigits(dst, base []int32, w *weights, bits, digitBits int) {
	n := 0
	for shift := 0; shift < bits; shift += digitBits {
		d := &e.sorted[n]
		d.shift, d.levels = shift, 1<<uint(min(digitBits, bits-shift)&31)-1
		d.list = e.words.digits(d.list[:cap(d.list)], d.counts[:d.levels], uint(shift))
		n++
	}
	for rows := w.rows; len(dst) > 0; rows = rows[w.stride:] {
		from := base
		for i := range e.sorted[:n] {
			d := &e.sorted[i]
			e.levels8x32(dst[:64], from, rows, w.stride, d.list, d.counts[:d.levels], d.shift)
			from = dst
		}
		dst, base = dst[64:], base[64:]
	}
}

// add32 sets dst = base + (Σ rows << shift).
func (e *engine) add32(dst, base []int32, w *weights, list []uint32, shift int) {
	if w.wide {
		e.rows16x32(dst, base, w.rows, w.stride, list, shift)
		return
	}
	for len(list) > w.block {
		e.rows8x32(dst, base, w.rows, w.stride, list[:w.block], shift)
		list, base = list[w.block:], dst
	}
	e.rows8x32(dst, base, w.rows, w.stride, list, shift)
}
