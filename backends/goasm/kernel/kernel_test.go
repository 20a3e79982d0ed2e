package kernel

import (
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// eachKernel runs a check with every kernel of this machine.
func eachKernel(t *testing.T, check func(t *rapid.T, k *kernel)) {
	t.Log("kernels:", Kernels())
	for _, k := range kernels() {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { check(t, k) })
		})
	}
}

// matrix is weights w[k][n] of n padded to a tile.
type matrix [][]int32

func drawMatrix(t *rapid.T, inputs, tiles int, lo, hi int32) matrix {
	seed := uint32(rapid.Uint32().Draw(t, "seed"))
	m := make(matrix, inputs)
	for k := range m {
		m[k] = make([]int32, 64*tiles)
		for n := range m[k] {
			seed = seed*1664525 + 1013904223
			m[k][n] = lo + int32(seed>>8)%(hi-lo+1)
		}
	}
	return m
}

// pack8 lays out 8-bit rows as the package comment says, pack16 16-bit rows.
func (m matrix) pack8() []byte {
	var out []byte
	for at := 0; at < len(m[0]); at += 64 {
		for _, row := range m {
			for half := at; half < at+64; half += 32 {
				for i := half; i < half+16; i++ {
					out = append(out, byte(row[i]+128), byte(row[i+16]+128))
				}
			}
		}
	}
	return arena(string(out))
}

func (m matrix) pack16() []byte {
	var out []byte
	for at := 0; at < len(m[0]); at += 32 {
		for _, row := range m {
			for _, w := range row[at : at+32] {
				out = binary.LittleEndian.AppendUint16(out, uint16(w))
			}
		}
	}
	return arena(string(out))
}

// times is Σ x[k]·w[k][n] shifted, on top of base.
func (m matrix) times(x []uint8, base []int32, shift int) []int32 {
	out := slices.Clone(base)
	for k, row := range m {
		for n, w := range row {
			out[n] += w * int32(x[k]) << uint(shift)
		}
	}
	return out
}

func drawBase(t *rapid.T, n int) []int32 {
	return rapid.SliceOfN(rapid.Int32Range(-30000, 30000), n, n).Draw(t, "base")
}

func drawSpikes(t *rapid.T, n int) (x []uint8, list []uint32) {
	x = rapid.SliceOfN(rapid.Uint8Range(0, 1), n, n).Draw(t, "x")
	packed := make([]uint64, (n+63)/64)
	for i, s := range x {
		packed[i/64] |= uint64(s) << (i % 64)
	}
	return x, events(make([]uint32, n), packed)
}

func same[T comparable](t *rapid.T, what string, got, want []T) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestRows(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		inputs, tiles := rapid.IntRange(1, 256).Draw(t, "inputs"), rapid.IntRange(1, 3).Draw(t, "tiles")
		shift := rapid.IntRange(0, 5).Draw(t, "shift")
		x, list := drawSpikes(t, inputs)
		base := drawBase(t, 64*tiles)
		dst := make([]int32, len(base))

		m := drawMatrix(t, inputs, tiles, -128, 127)
		k.rows8x32(dst, base, m.pack8(), inputs<<rowShift, list, shift)
		same(t, "rows8x32", dst, m.times(x, base, shift))

		base16, dst16, want16 := make([]int16, len(base)), make([]int16, len(base)), make([]int16, len(base))
		for i, v := range m.times(x, base, 0) {
			base16[i], want16[i] = int16(base[i]), int16(v)
		}
		k.rows8x16(dst16, base16, m.pack8(), inputs<<rowShift, list)
		same(t, "rows8x16", dst16, want16)

		m = drawMatrix(t, inputs, tiles, -32768, 32767)
		k.rows16x32(dst, base, m.pack16(), inputs<<rowShift, list, shift)
		same(t, "rows16x32", dst, m.times(x, base, shift))
	})
}

// TestManyRows sums more rows than biased bytes fit a 16-bit lane.
func TestManyRows(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		inputs := rapid.IntRange(250, 1100).Draw(t, "inputs")
		x, list := drawSpikes(t, inputs)
		m := drawMatrix(t, inputs, 1, -15, 15)
		base := make([]int32, 64)
		dst := make([]int32, 64)
		k.rows8x32(dst, base, m.pack8(), inputs<<rowShift, list, 0)
		same(t, "rows8x32", dst, m.times(x, base, 0))
	})
}

func TestLevels(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		inputs, tiles := rapid.IntRange(1, 255).Draw(t, "inputs"), rapid.IntRange(1, 3).Draw(t, "tiles")
		bits := rapid.IntRange(1, 8).Draw(t, "bits")
		extreme := rapid.Bool().Draw(t, "extreme")
		x := rapid.SliceOfN(rapid.Uint8Range(0, uint8(1<<bits-1)), inputs, inputs).Draw(t, "x")
		m := drawMatrix(t, inputs, tiles, -128, 127)
		if extreme {
			for k, row := range m {
				x[k] = uint8(1<<bits - 1)
				for n := range row {
					row[n] = -128 + int32(n&1)*255
				}
			}
		}
		base := drawBase(t, 64*tiles)
		dst := make([]int32, len(base))
		shift := rapid.IntRange(0, 5).Draw(t, "shift")
		counts := make([]uint32, 1<<bits-1)
		ready := newWords(inputs)
		set(&ready, x, 0, 0)
		list := ready.digits(make([]uint32, inputs), counts, 0)
		k.levels8x32(dst, base, m.pack8(), inputs<<rowShift, list, counts, shift)
		same(t, "levels8x32", dst, m.times(x, base, shift))
	})
}

func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.IntRange(1, 3).Draw(t, "words")
		steps := rapid.IntRange(1, 9).Draw(t, "steps")
		planes := make([]uint64, 4*words)
		want := make([]int32, 64*words)
		for range steps {
			spikes := rapid.SliceOfN(rapid.Uint64(), words, words).Draw(t, "spikes")
			count(planes, spikes, words)
			for i := range want {
				want[i] += int32(spikes[i/64] >> (i % 64) & 1)
			}
		}
		got := make([]int32, len(want))
		unpack(got, planes, words)
		same(t, "counts", got, want)
	})
}

// TestDigits checks the digits of a word with an offset.
func TestDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Int16Range(-500, 500), 1, 100).Draw(t, "x")
		low := int32(rapid.IntRange(-1000, -500).Draw(t, "low"))
		sum := make([]int32, len(x))
		list, counts := make([]uint32, len(x)), make([]uint32, 15)
		ready := newWords(len(x))
		set(&ready, x, low, 0)
		for shift := uint(0); shift < 12; shift += 4 {
			rest := ready.digits(list, counts, shift)
			for i, n := range counts {
				for _, offset := range rest[:n] {
					sum[offset>>rowShift] += int32(15-i) << shift
				}
				rest = rest[n:]
			}
		}
		for i, e := range x {
			if want := int32(e) - low; sum[i] != want {
				t.Fatalf("%d less %d is %d by digits", e, low, sum[i])
			}
		}
	})
}
