package kernel

import "encoding/binary"

// The sums of four outputs lie in one uint64 as Σ sum[i]·2^16i modulo 2^64, so
// one addition adds four. A carry or borrow between lanes does no
// harm: the lanes are right again when their sums fit 16 bits.
const (
	lowBytes  = 0x00ff00ff00ff00ff
	lowHalves = 0x0000ffff0000ffff
	signs     = 0x8000800080008000 // added to four signed sums makes them unsigned
)

// sums are those of half a tile: the outputs 4i..4i+3 in lane word i.
type sums [8]uint64

// add adds 32 bytes of each listed row to the sums; at is added to the offsets.
func (s *sums) add(rows []byte, list []uint32, at int) {
	var all0, all1, all2, all3, high0, high1, high2, high3 uint64
	for _, offset := range list {
		row := rows[int(offset)+at:][:32]
		a := binary.LittleEndian.Uint64(row)
		b := binary.LittleEndian.Uint64(row[8:])
		c := binary.LittleEndian.Uint64(row[16:])
		d := binary.LittleEndian.Uint64(row[24:])
		all0 += a
		all1 += b
		all2 += c
		all3 += d
		high0 += a >> 8 & lowBytes
		high1 += b >> 8 & lowBytes
		high2 += c >> 8 & lowBytes
		high3 += d >> 8 & lowBytes
	}
	bias := uint64(len(list)) << 7 // 128 a row, in every lane
	bias += bias << 16
	bias += bias << 32
	s[0] += all0 - high0<<8 - bias
	s[1] += all1 - high1<<8 - bias
	s[2] += all2 - high2<<8 - bias
	s[3] += all3 - high3<<8 - bias
	s[4] += high0 - bias
	s[5] += high1 - bias
	s[6] += high2 - bias
	s[7] += high3 - bias
}

// totals are 32-bit sums of half a tile, each 2^15 too large for every fold: the
// even lanes of a lane word in the first element, the odd lanes in the second.
type totals [8][2]uint64

func (t *totals) fold(s *sums) {
	for i, w := range s {
		w += signs
		t[i][0] += w & lowHalves
		t[i][1] += w >> 16 & lowHalves
	}
}

// store writes base + (total << shift) after a number of folds.
func (t *totals) store(dst, base []int32, folds int, shift uint) {
	excess := int32(folds) << 15
	for i := range t {
		even, odd := t[i][0], t[i][1]
		d, b := dst[4*i:][:4], base[4*i:][:4]
		d[0] = b[0] + (int32(even)-excess)<<(shift&31)
		d[1] = b[1] + (int32(odd)-excess)<<(shift&31)
		d[2] = b[2] + (int32(even>>32)-excess)<<(shift&31)
		d[3] = b[3] + (int32(odd>>32)-excess)<<(shift&31)
	}
}

func rows8x16(dst, base []int16, rows []byte, stride int, list []uint32) {
	for len(dst) > 0 {
		for half := 0; half < 64; half += 32 {
			var s sums
			s.add(rows, list, half)
			for i, w := range s {
				w += signs
				d, b := dst[half+4*i:][:4], base[half+4*i:][:4]
				d[0] = b[0] + int16(w^signs)
				d[1] = b[1] + int16((w^signs)>>16)
				d[2] = b[2] + int16((w^signs)>>32)
				d[3] = b[3] + int16((w^signs)>>48)
			}
		}
		dst, base, rows = dst[64:], base[64:], rows[stride:]
	}
}

func rows8x32(dst, base []int32, rows []byte, stride int, list []uint32, shift int) {
	for len(dst) > 0 {
		half8x32(dst, base, rows, 0, list, shift)
		half8x32(dst[32:], base[32:], rows[32:], 0, list, shift)
		dst, base, rows = dst[64:], base[64:], rows[stride:]
	}
}

// half8x32 is rows8x32 for half a tile, or for tiles of that size.
func half8x32(dst, base []int32, rows []byte, _ int, list []uint32, shift int) {
	var s sums
	var t totals
	s.add(rows, list, 0)
	t.fold(&s)
	t.store(dst, base, 1, uint(shift))
}

func rows16x32(dst, base []int32, rows []byte, stride int, list []uint32, shift int) {
	for len(dst) > 0 {
		var sum [32]int32
		for _, offset := range list {
			row := rows[offset:][:64]
			for i := range sum {
				sum[i] += int32(int16(binary.LittleEndian.Uint16(row)))
				row = row[2:]
			}
		}
		for i, s := range sum {
			dst[i] = base[i] + s<<uint(shift)
		}
		dst, base, rows = dst[32:], base[32:], rows[stride:]
	}
}

func levels8x32(dst, base []int32, rows []byte, stride int, list, counts []uint32, shift int) {
	for len(dst) > 0 {
		for half := 0; half < 64; half += 32 {
			var running sums
			var t totals
			rest := list
			for _, n := range counts {
				running.add(rows, rest[:n], half)
				rest = rest[n:]
				t.fold(&running)
			}
			t.store(dst[half:], base[half:], len(counts), uint(shift))
		}
		dst, base, rows = dst[64:], base[64:], rows[stride:]
	}
}
