package kernel

import "encoding/binary"

// Words, such as pixels, are summed with tables: each input of a window has the
// multiples 0 to 15 of its row of weights, and each digit of a word says which
// one to add. All windows add as many rows, so several windows of a line are
// summed side by side.

const (
	digitBits    = 4  // of a digit
	tableOutputs = 16 // the weights of a row
	tableBytes   = 2 * tableOutputs
)

// tables describes the windows of one line of results.
type tables struct {
	places   int     // windows in the line, at least as many as are summed side by side
	taps     []int32 // for each input of a window, its word, counted from the window's first
	step     int     // words from a window to the next
	digits   int     // of a word
	next     int     // words of an image: from a digit to the next lower one
	shift    int     // of the highest digit
	dstStep  int     // elements of dst from a window to the next
	baseStep int     // elements of base
}

// tableLoop sums the windows of a line, eight side by side, for one tile of outputs:
//
//	dst = base + Σ_digits (Σ rows << shift of the digit)
//
// The digits, the highest first, are byte offsets of rows within a table. The
// sum of a digit's rows must fit 16 bits. It writes whole tiles, as conv does;
// base must not be dst.
type tableLoop func(dst, base []int32, rows []byte, digits []uint32, t *tables)

func tables16(dst, base []int32, rows []byte, digits []uint32, t *tables) {
	var memory [tableOutputs]int32
	sums := memory[:]
	to, from, first := 0, 0, 0
	for range t.places {
		copy(dst[to:to+tableOutputs], base[from:])
		at, shift := first, uint(t.shift)
		for range t.digits {
			t.window(sums, rows, digits[at:])
			for i, s := range sums {
				dst[to+i] += s << (shift & 31)
			}
			at, shift = at+t.next, shift-digitBits
		}
		to, from, first = to+t.dstStep, from+t.baseStep, first+t.step
	}
}

// window sums the rows that a digit of the window's words says.
func (t *tables) window(sums []int32, rows []byte, digits []uint32) {
	clear(sums)
	table := 0
	for _, tap := range t.taps {
		row := rows[table+int(digits[tap]):]
		for i := range sums {
			sums[i] += int32(int16(binary.LittleEndian.Uint16(row)))
			row = row[2:]
		}
		table += tableBytes << digitBits
	}
}

// tabled is a convolution of words with tables.
type tabled struct {
	image
	tables
	rows     []byte
	stride   int     // bytes of a tile
	tiles    int     // of which the last may reach beyond the outputs
	origins  []int32 // for each line of results, the word where its windows begin
	line     int     // elements of dst from a line to the next
	baseLine int     // and of base
}

// convolveDigits sets dst = base + W·image. The last tile is first, for it
// writes beyond the outputs of a window, over the first of the next.
func (e *engine) convolveDigits(dst, base []int32, c *tabled) {
	e.listDigits(&c.image, &c.tables)
	dst = dst[:cap(dst)]
	output, at := 0, 0
	for range c.tiles - 1 {
		output, at = output+tableOutputs, at+c.stride
	}
	for range c.tiles {
		d, b := dst[output:], base[output:]
		for i, origin := range c.origins {
			if i > 0 {
				d, b = d[c.line:], b[c.baseLine:]
			}
			e.tables16(d, b, c.rows[at:], e.list[origin:], &c.tables)
		}
		output, at = output-tableOutputs, at-c.stride
	}
}

// listDigits lists the digits of the words, the highest of all words first.
func (e *engine) listDigits(im *image, t *tables) {
	list, unit := e.list, im.unit&31
	for shift := t.shift; shift >= 0; shift -= digitBits {
		to := list[:t.next]
		for i, v := range e.values[:len(to)] {
			to[i] = v >> (uint(shift) & 31) & 15 << unit
		}
		list = list[t.next:]
	}
}

// multiples makes a table of 0 to 15 times each row of 16-bit weights.
func multiples(rows []byte) []byte {
	table := make([]byte, len(rows)<<digitBits)
	at := table
	for ; len(rows) > 0; rows = rows[tableBytes:] {
		at = at[tableBytes:] // 0 times
		for range 1<<digitBits - 1 {
			before := table[len(table)-len(at)-tableBytes:]
			for i := 0; i < tableBytes; i += 2 {
				w := binary.LittleEndian.Uint16(before[i:]) + binary.LittleEndian.Uint16(rows[i:])
				binary.LittleEndian.PutUint16(at[i:], w)
			}
			at = at[tableBytes:]
		}
	}
	return arena(string(table))
}
