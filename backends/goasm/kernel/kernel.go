package kernel

// Layout of weights.
//
// A linear layer y = W·x is run as a sum of rows: row k holds the weights that
// input k has to all outputs. Rows are cut into tiles, and the part of a row
// within a tile takes 64 bytes, one cache line:
//
//	8 bits:  64 outputs a tile, each byte holds weight + 128
//	16 bits: 32 outputs a tile, little-endian, in order
//
// A tile holds this part of all K rows; the next tile follows after stride =
// 64·K bytes. An event list names rows by their byte offset in a tile, 64·k, so
// that no address is ever multiplied.
//
// In 8-bit rows a 16-bit word holds two outputs that lie 16 apart (low byte:
// output i, high byte: output i+16 of each half tile). Sums of words then give
// both: all = Σ word, high = Σ (word >> 8), low = all − (high << 8), in three
// operations a vector, exact modulo 2^16, and in natural order. The 128s are
// subtracted at the end.

// kernel is one implementation of the inner loops. Vectors are padded to whole
// tiles of 64 elements; dst may be base itself.
type kernel struct {
	name string

	// rows8x16 sums 8-bit rows, whose sum must fit 16 bits, modulo 2^16:
	//	dst = base + Σ rows[list]
	rows8x16 func(dst, base []int16, rows []byte, stride int, list []uint32)

	// rows8x32 does so into 32 bits, shifted; the sum itself must fit 16 bits:
	//	dst = base + (Σ rows[list] << shift)
	rows8x32 func(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

	// rows16x32 sums 16-bit rows modulo 2^32:
	//	dst = base + (Σ rows[list] << shift)
	rows16x32 func(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

	// levels8x32 sums each row d times, where d is a digit of the input. The list
	// is sorted by falling digit; counts[i] rows have digit len(counts)−i, at most
	// 255 digits. It adds every row once to a running sum R, and R once per level
	// to the total, for Σ d·row = Σ_{d≥1} Σ_{digit ≥ d} row:
	//	dst = base + (Σ_levels R << shift)
	// R must fit 16 bits at every level.
	levels8x32 func(dst, base []int32, rows []byte, stride int, list, counts []uint32, shift int)

	// Loops over the windows of a convolution, for tiles of 32 or 64 outputs with
	// 8-bit rows, whose sums must fit 16 bits, and of 32 outputs with 16-bit rows,
	// summed modulo 2^32; and over those of words.
	conv8x32, conv8x64, convWide conv
	tables16                     tableLoop
	listLine                     func(list, starts []uint32, planes []uint64, at, n int, im *image, p *positions) int

	// max32 and sum32 combine pixels, each from one of the places in x on. They
	// may write up to eight elements beyond dst, which are of no account.
	max32, sum32 func(dst, x []int32, taps []int32)
}

// Kernels names the kernels this machine can run, the fastest first. The last
// is always "go".
func Kernels() []string {
	var names []string
	for _, k := range kernels() {
		names = append(names, k.name)
	}
	return names
}

func kernels() []*kernel { return append(assembly(), plain()) }

func plain() *kernel {
	return &kernel{
		name:       "go",
		rows8x16:   rows8x16,
		rows8x32:   rows8x32,
		rows16x32:  rows16x32,
		levels8x32: levels8x32,
		conv8x32:   over(32, half8x32),
		conv8x64:   over(64, rows8x32),
		tables16:   tables16,
		convWide:   over(32, rows16x32),
		listLine:   listLine,
		max32:      max32,
		sum32:      sum32,
	}
}
