package verilog

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"

	"nomul/backends"
)

// memories are the files that the model reads with $readmemh.
func memories(p *plan) []backends.File {
	var out []backends.File
	for _, u := range p.Units {
		if files := unitFiles[u.Kind]; files != nil {
			out = append(out, files(u)...)
		}
	}
	return out
}

// unitFiles are the memories of each kind of unit.
var unitFiles = map[string]func(*unit) []backends.File{
	kindLinear: func(u *unit) []backends.File { return append(u.params(u.Linear.Bias), u.weights()) },
	kindConv:   (*unit).convFiles,
	kindPool:   func(u *unit) []backends.File { return []backends.File{u.tiles()} },
	kindGather: func(u *unit) []backends.File { return []backends.File{u.sources()} },
	kindMap:    func(u *unit) []backends.File { return u.params(u.Constants()...) },
	kindNeuron: (*unit).neuronParams,
}

// File is the name of the file of a memory of the unit: short, whatever the value's name is,
// and another one for each model.
func (u *unit) File(what string) string { return fmt.Sprintf("%s_%d_%s.hex", u.Top, u.number, what) }

// file is one of a memory, without the buffer's spare room, which may be as large again: the
// many memories of a large network would keep it.
func (u *unit) file(what string, b *bytes.Buffer) backends.File {
	return backends.File{Name: u.File(what), Data: bytes.Clone(b.Bytes())}
}

func (u *unit) neuronParams() []backends.File {
	return u.params(slices.Concat(u.Neuron.Charging, u.Neuron.Firing)...)
}

// weights has a row for each tile and operand element: the weights from the
// element to the tile's lanes. Lanes behind the last result hold 0.
func (u *unit) weights() backends.File {
	w, l := u.V.Args[1].Const().I, u.Linear
	var b bytes.Buffer
	for tile := range u.Tiles {
		for _, k := range l.From[:l.Rows] {
			row := make([]int64, u.Lanes)
			for lane := range row {
				if n := tile*u.Lanes + lane; n < u.N {
					row[lane] = w[n*l.Rows+k]
				}
			}
			writeRow(&b, l.WeightBits, row)
		}
	}
	return u.file("weights", &b)
}

func (u *unit) convFiles() []backends.File {
	if u.Rows != nil {
		return []backends.File{u.words()}
	}
	return append(u.params(u.Conv.Bias), u.convWeights(), u.words())
}

// convWeights has the rows of each tile of output channels: by tap, then by the
// input channel in each lane of a pixel's words.
func (u *unit) convWeights() backends.File {
	w, c := u.V.Args[1].Const().I, u.Conv
	var b bytes.Buffer
	for first := 0; first < c.outputs; first += u.Lanes {
		for tap := range c.taps {
			for _, in := range c.inputs {
				row := make([]int64, u.Lanes)
				for lane := range row {
					row[lane] = c.weight(w, first+lane, in, tap)
				}
				writeRow(&b, c.WeightBits, row)
			}
		}
	}
	return u.file("weights", &b)
}

// words are the lists of a conv: the last flag, the weight row and the word of each entry.
func (u *unit) words() backends.File {
	var b bytes.Buffer
	for _, list := range u.Conv.Lists {
		for i, e := range list {
			writeFields(&b, field{1, flag(i == len(list)-1)}, field{u.Conv.RowAddr(), int64(e.Row)}, field{u.X.Addr(), int64(e.Tile)})
		}
	}
	return u.file("list", &b)
}

// tiles are the lists of a pool: the last flag and the tile of each entry.
func (u *unit) tiles() backends.File {
	var b bytes.Buffer
	for _, list := range u.Pool.Lists {
		for i, t := range list {
			writeFields(&b, field{1, flag(i == len(list)-1)}, field{u.X.Addr(), int64(t)})
		}
	}
	return u.file("list", &b)
}

// sources are where the elements of a gather come from.
func (u *unit) sources() backends.File {
	var b bytes.Buffer
	picks, lanes, values := u.PickBits(), u.LaneBits(), u.ValueBits() // which looks at every element
	for _, o := range u.Gather.From {
		from, lane, value := u.source(o)
		writeFields(&b, field{picks, from}, field{lanes, lane}, field{values, value})
	}
	return u.file("list", &b)
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// field is a part of a memory's word.
type field struct {
	bits  int
	value int64
}

// writeFields writes a word, the first field in its highest bits.
func writeFields(b *bytes.Buffer, fields ...field) {
	word, bits := new(big.Int), 0
	for _, f := range fields {
		word.Lsh(word, uint(f.bits))
		word.Or(word, pack(f.bits, f.value))
		bits += f.bits
	}
	fmt.Fprintf(b, "%0*x\n", (bits+3)/4, word)
}

// params has a row for each tile, for those parameters that need a memory.
func (u *unit) params(ps ...param) []backends.File {
	var out []backends.File
	for _, p := range ps {
		if !p.Stored() {
			continue
		}
		var b bytes.Buffer
		for tile := range p.period(u.Lanes) {
			row := make([]int64, u.Lanes)
			copy(row, p.Data[tile*u.Lanes:])
			writeRow(&b, p.Bits, row)
		}
		out = append(out, u.file(p.Name, &b))
	}
	return out
}

func writeRow(b *bytes.Buffer, bits int, row []int64) {
	digits := (bits*len(row) + 3) / 4
	fmt.Fprintf(b, "%0*x\n", digits, pack(bits, row...))
}
