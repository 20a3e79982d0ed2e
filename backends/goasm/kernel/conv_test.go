package kernel

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"
)

// field is a convolution over two axes, computed by its definition.
type field struct {
	channels, outputs           int
	in, out, kernel, stride, at [2]int // at: padding before
	after                       [2]int
	x                           []int32 // [in, in, channels]
	w                           []int32 // [kernel, kernel, channels, outputs]
}

func drawField(t *rapid.T, outputs, lo, hi int) *field {
	f := &field{channels: rapid.SampledFrom([]int{1, 3, 8, 32, 48, 64, 70}).Draw(t, "channels"), outputs: outputs}
	for i := range 2 {
		f.in[i] = rapid.IntRange(1, 6).Draw(t, "in")
		f.at[i], f.after[i] = rapid.IntRange(0, 2).Draw(t, "before"), rapid.IntRange(0, 2).Draw(t, "after")
		f.kernel[i] = rapid.IntRange(1, min(3, f.in[i]+f.at[i]+f.after[i])).Draw(t, "kernel")
		f.stride[i] = rapid.IntRange(1, 2).Draw(t, "stride")
		f.out[i] = (f.in[i]+f.at[i]+f.after[i]-f.kernel[i])/f.stride[i] + 1
	}
	f.x = drawMatrix(t, 1, (f.in[0]*f.in[1]*f.channels+63)/64, int32(lo), int32(hi))[0][:f.in[0]*f.in[1]*f.channels]
	return f
}

func (f *field) drawWeights(t *rapid.T, limit int32) {
	n := f.kernel[0] * f.kernel[1] * f.channels * f.outputs
	f.w = drawMatrix(t, 1, (n+63)/64, -limit-1, limit)[0][:n]
}

// result is Σ w·x << shift for every place and output.
func (f *field) result() []int32 {
	var out []int32
	for oy := range f.out[0] {
		for ox := range f.out[1] {
			for m := range f.outputs {
				sum := int32(0)
				for ky := range f.kernel[0] {
					for kx := range f.kernel[1] {
						y, x := oy*f.stride[0]+ky-f.at[0], ox*f.stride[1]+kx-f.at[1]
						if y < 0 || y >= f.in[0] || x < 0 || x >= f.in[1] {
							continue
						}
						for c := range f.channels {
							sum += f.w[((ky*f.kernel[1]+kx)*f.channels+c)*f.outputs+m] * f.x[(y*f.in[1]+x)*f.channels+c]
						}
					}
				}
				out = append(out, sum)
			}
		}
	}
	return out
}

// layer sets the convolution up, with rows of so many weights and bytes.
func (f *field) layer(loop conv, tile, bytes, multiple int, low int32) *convolution {
	unit := uint(0)
	for 1<<unit < tile*bytes*multiple {
		unit++
	}
	pixel := f.channels << unit
	c := &convolution{
		image:   image{before: f.at[1], width: f.in[1], after: f.after[1], channels: f.channels, unit: unit, low: low},
		windows: windows{places: f.out[1], step: f.stride[1], back: f.stride[1] * pixel, tiles: (f.outputs + tile - 1) / tile},
		loop:    loop, line: f.out[1] * f.outputs,
	}
	// Behind the rows of a tile are those of one more input, of zeros.
	c.zero = f.kernel[0] * f.kernel[1] * pixel
	c.stride = c.zero + 1<<unit
	c.rewind = c.tiles*c.stride + c.back
	c.dstSkip, c.biasSkip = f.outputs-c.tiles*tile, -c.tiles*tile
	c.margin = uint32(f.at[1] * pixel)
	width := f.at[1] + f.in[1] + f.after[1]
	c.lineWords, c.padBefore, c.padAfter, c.padLine = f.in[1]*f.channels, f.at[1]*f.channels, f.after[1]*f.channels, width*f.channels
	for y := range f.at[0] + f.in[0] + f.after[0] {
		if y -= f.at[0]; y < 0 || y >= f.in[0] {
			c.lines = append(c.lines, -1)
		} else {
			c.lines = append(c.lines, int32(y*f.in[1]*f.channels))
		}
	}
	for y := range f.out[0] {
		c.origins = append(c.origins, int32(y*f.stride[0]*width))
	}
	for y := range f.kernel[0] {
		c.parts = append(c.parts, part{first: int32(y * width), last: int32(y*width + f.kernel[1]), rows: int32(y * f.kernel[1] * pixel)})
	}
	return c
}

// rows lays the weights out in tiles.
func (f *field) rows(tile int, put func(row []int32) []byte) []byte {
	var out []byte
	for from := 0; from < f.outputs; from += tile {
		for k := 0; k < len(f.w); k += f.outputs {
			row := make([]int32, tile)
			copy(row, f.w[k+from:k+min(from+tile, f.outputs)])
			out = append(out, put(row)...)
		}
		out = append(out, put(make([]int32, tile))...)
	}
	return arena(string(out))
}

func bytes8(row []int32) (out []byte) {
	for half := 0; half < len(row); half += 32 {
		for i := half; i < half+16; i++ {
			out = append(out, byte(row[i]+128), byte(row[i+16]+128))
		}
	}
	return out
}

func bytes16(row []int32) (out []byte) {
	for _, w := range row {
		out = binary.LittleEndian.AppendUint16(out, uint16(w))
	}
	return out
}

// machine is an engine with room for the field.
func (f *field) machine(k *kernel) *engine {
	pixels := (f.in[0] + 4) * (f.in[1] + 4)
	e := newEngine(k, needs{list: pixels*f.channels*15 + 1, starts: pixels + 1, values: pixels * f.channels, window: 9 * f.channels * 15})
	return &e
}

// check runs a convolution on a bias and compares.
func (f *field) check(t *rapid.T, e *engine, c *convolution, run func(dst, base []int32)) {
	want := f.result()
	bias := make([]int32, f.outputs+64)
	for i := range f.outputs {
		bias[i] = int32(i)*1000 - 20000
	}
	if rapid.Bool().Draw(t, "map") {
		bias = append(make([]int32, len(want)), bias...)
		for i := range want {
			bias[i] = int32(i) * 77
		}
		c.biasSkip, c.biasLine = c.dstSkip, c.line
	}
	for i := range want {
		if c.biasLine > 0 {
			want[i] += bias[i]
		} else {
			want[i] += bias[i%f.outputs]
		}
	}
	dst := make([]int32, len(want)+64)
	run(dst, bias)
	same(t, "results", dst, want)
}

func TestConvolutionOfSpikes(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		planes := rapid.IntRange(1, 3).Draw(t, "planes")
		f := drawField(t, rapid.SampledFrom([]int{1, 10, 16, 32, 48, 64, 65, 144}).Draw(t, "outputs"), 0, 1<<planes-1)
		f.drawWeights(t, 127>>(2*planes))
		length := (len(f.x) + 63) / 64
		packed := make([]uint64, planes*length)
		for i, v := range f.x {
			for p := range planes {
				packed[p*length+i/64] |= uint64(v>>p&1) << (i % 64)
			}
		}
		e := f.machine(k)
		loop, tile := k.conv8x64, 64
		if rapid.Bool().Draw(t, "narrow") {
			loop, tile = k.conv8x32, 32
		}
		c := f.layer(loop, tile, 1, 1, 0)
		c.rows = f.rows(tile, bytes8)
		f.check(t, e, c, func(dst, base []int32) {
			for p := range planes {
				for range 1 << p {
					c.sources = append(c.sources, int32(p*length*8))
				}
			}
			e.listSpikes(&c.image, packed)
			e.convolve(dst, base, c, 0)
		})
	})
}

func TestConvolutionOfWords(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		low := rapid.SampledFrom([]int{0, -100}).Draw(t, "low")
		f := drawField(t, rapid.SampledFrom([]int{1, 16, 32, 48}).Draw(t, "outputs"), low, low+255)
		f.in[1], f.stride[1] = rapid.IntRange(10, 21).Draw(t, "width"), 1 // 8 windows or more
		f.out[1] = f.in[1] + f.at[1] + f.after[1] - f.kernel[1] + 1
		f.x = drawMatrix(t, 1, (f.in[0]*f.in[1]*f.channels+63)/64, int32(low), int32(low+255))[0][:f.in[0]*f.in[1]*f.channels]
		f.drawWeights(t, 2)
		e, c := f.machine(k), f.layer(nil, tableOutputs, 2, 16, int32(low))
		c.unit -= digitBits
		words := tabled{image: c.image, tiles: c.windows.tiles, line: c.line}
		words.rows, words.stride = multiples(f.rows(tableOutputs, bytes16)), c.stride
		words.tables = tables{places: f.out[1], step: f.stride[1] * f.channels, digits: 2, shift: 4, dstStep: f.outputs, next: len(c.lines) * c.padLine}
		for _, p := range c.parts {
			for i := int(p.first) * f.channels; i < int(p.last)*f.channels; i++ {
				words.taps = append(words.taps, int32(i))
			}
		}
		for _, o := range c.origins {
			words.origins = append(words.origins, o*int32(f.channels))
		}
		f.check(t, e, c, func(dst, base []int32) {
			if c.biasLine > 0 {
				words.baseStep, words.baseLine = f.outputs, c.line
			}
			setImage(e, &words.image, f.x)
			e.convolveDigits(dst, f.excess(base, low, c), &words)
		})
	})
}

func TestConvolutionByBits(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		low := rapid.SampledFrom([]int{0, -100}).Draw(t, "low")
		f := drawField(t, rapid.SampledFrom([]int{1, 32, 70}).Draw(t, "outputs"), low, low+255)
		wide := rapid.Bool().Draw(t, "wide")
		f.drawWeights(t, map[bool]int32{true: 3000, false: 15}[wide])
		e := f.machine(k)
		c := f.layer(k.conv8x64, 64, 1, 1, int32(low))
		c.rows = f.rows(64, bytes8)
		if wide {
			c = f.layer(k.convWide, 32, 2, 1, int32(low))
			c.rows = f.rows(32, bytes16)
		}
		f.check(t, e, c, func(dst, base []int32) {
			setImage(e, &c.image, f.x)
			e.convolveBits(dst, f.excess(base, low, c), c, 8)
		})
	})
}

// excess adds low·Σ w to the bias: words are counted from low, and padding too.
func (f *field) excess(bias []int32, low int, c *convolution) []int32 {
	out := append([]int32(nil), bias...)
	n := f.outputs
	if c.biasLine > 0 {
		n *= f.out[0] * f.out[1]
	}
	for i := range n {
		for k := i % f.outputs; k < len(f.w); k += f.outputs {
			out[i] += int32(low) * f.w[k]
		}
	}
	return out
}

// TestVectors compares operations on the pixels of a window with their definitions.
func TestVectors(t *testing.T) {
	eachKernel(t, func(t *rapid.T, k *kernel) {
		n := 64 * rapid.IntRange(1, 3).Draw(t, "words")
		m := drawMatrix(t, 3, n/64, -1000000, 1000000)
		dst, want := make([]int32, n), make([]int32, n)
		channels := rapid.IntRange(1, 20).Draw(t, "channels")
		taps := rapid.SliceOfN(rapid.Int32Range(0, int32(n-channels-8)), 1, 9).Draw(t, "taps")
		for c := range channels {
			want[c], dst[c] = m[2][int(taps[0])+c], 0
			for _, tap := range taps[1:] {
				want[c] = max(want[c], m[2][int(tap)+c])
			}
		}
		k.max32(dst[:channels], m[2], taps)
		same(t, "max32", dst, want[:channels])
		clear(want)
		for c := range channels {
			for _, tap := range taps {
				want[c] += m[2][int(tap)+c]
			}
		}
		k.sum32(dst[:channels], m[2], taps)
		same(t, "sum32", dst, want[:channels])
	})
}
