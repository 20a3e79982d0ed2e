package goasm

import (
	"encoding/binary"
	"slices"

	"nomul/ir"
)

// The layout of weights is told in package kernel.
const (
	tileOutputs     = 64 // vectors are padded to whole tiles
	wideTileOutputs = 32
	rowShift        = 6 // a row takes 64 bytes of a tile
)

var int8s = ir.Range{Lo: -128, Hi: 127}

func padded(n int) int { return (n + tileOutputs - 1) / tileOutputs * tileOutputs }

// matrix is the weights[N,K] of a linear, perhaps with more inputs, of zeros, than
// it has data for.
type matrix struct {
	data            []int64
	outputs, inputs int
	spares          int // of the inputs, the last
}

// columns has other inputs: those of these numbers.
func (m matrix) columns(inputs order) matrix {
	if inputs == nil {
		return m
	}
	out := matrix{outputs: m.outputs, inputs: len(inputs)}
	for n := range m.outputs {
		out.data = append(out.data, pick(inputs, m.data[n*m.inputs:][:m.inputs])...)
	}
	return out
}

// at is the weight from input k to output n; 0 for padding and spares.
func (m matrix) at(n, k int) int64 {
	kept := m.inputs - m.spares
	if n >= m.outputs || k >= kept {
		return 0
	}
	return m.data[n*kept+k]
}

// spare has one more input, of zeros.
func (m matrix) spare() matrix {
	m.inputs++
	m.spares++
	return m
}

// repeated is a matrix of so many copies along its diagonal.
func (m matrix) repeated(times int) matrix {
	if times == 1 {
		return m
	}
	out := matrix{outputs: times * m.outputs, inputs: times * m.inputs}
	for i := range out.outputs {
		row := make([]int64, out.inputs)
		copy(row[i/m.outputs*m.inputs:], m.data[i%m.outputs*m.inputs:][:m.inputs])
		out.data = append(out.data, row...)
	}
	return out
}

// append8 appends 8-bit rows in tiles of so many outputs.
func (m matrix) append8(out []byte, outputs int) []byte {
	out = slices.Grow(out, (m.outputs+outputs)*m.inputs)
	for tile := 0; tile < m.outputs; tile += outputs {
		for k := range m.inputs {
			for half := tile; half < tile+outputs; half += 32 {
				for n := half; n < half+16; n++ {
					out = append(out, byte(m.at(n, k)+128), byte(m.at(n+16, k)+128))
				}
			}
		}
	}
	return out
}

// append16 appends 16-bit rows in so many tiles of so many outputs.
func (m matrix) append16(out []byte, outputs, tiles int) []byte {
	out = slices.Grow(out, 2*tiles*outputs*m.inputs)
	for tile := range tiles {
		for k := range m.inputs {
			for n := range outputs {
				out = binary.LittleEndian.AppendUint16(out, uint16(m.at(tile*outputs+n, k)))
			}
		}
	}
	return out
}

// blocks cuts the inputs into the fewest runs such that, whichever rows of a run
// are added, no sum leaves 16 bits: neither the positive nor the negative
// weights to any output do, each row added up to so many times. The result is where each run ends.
func (m matrix) blocks(times int64) []int {
	var ends []int
	pos, neg := make([]int64, m.outputs), make([]int64, m.outputs)
	for k := range m.inputs {
		if !m.push(pos, neg, k, times) {
			ends = append(ends, k)
			clear(pos)
			clear(neg)
			m.push(pos, neg, k, times)
		}
	}
	return append(ends, m.inputs)
}

// push adds row k to the sums and tells whether they still fit 16 bits.
func (m matrix) push(pos, neg []int64, k int, times int64) bool {
	fits := true
	for n := range m.outputs {
		w := times * m.at(n, k)
		pos[n] += max(w, 0)
		neg[n] += min(w, 0)
		fits = fits && pos[n] <= int16s.Hi && neg[n] >= int16s.Lo
	}
	return fits
}

// sums are Σ_k weights[n,k].
func (m matrix) sums() []int64 {
	out := make([]int64, m.outputs)
	for n := range out {
		for k := range m.inputs {
			out[n] += m.at(n, k)
		}
	}
	return out
}
