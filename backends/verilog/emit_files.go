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
		out = append(out, u.params(slices.Concat(u.Charging, u.Firing, []param{u.Bias})...)...)
		if u.row != nil && u.Weights == nil {
			out = append(out, u.weightRows())
		}
		for _, t := range u.tables() {
			var b bytes.Buffer
			for _, n := range t.Entries {
				writeRow(&b, t.Bits, []int64{n})
			}
			out = append(out, u.file(t.Name, &b))
		}
		if list := u.list(); list != nil {
			out = append(out, u.file("list", list))
		}
	}
	return out
}

// File is the name of the file of a memory of the unit: short, whatever the value's name is,
// and another one for each model.
func (u *unit) File(what string) string { return fmt.Sprintf("%s_%d_%s.hex", u.Top, u.number, what) }

// file is one of a memory, without the buffer's spare room, which may be as large again: the
// many memories of a large network would keep it.
func (u *unit) file(what string, b *bytes.Buffer) backends.File {
	return backends.File{Name: u.File(what), Data: bytes.Clone(b.Bytes())}
}

// weightRows are the weights from an element of the operand to a tile's lanes, row by row.
func (u *unit) weightRows() backends.File {
	var b bytes.Buffer
	data, row := u.weights.Data.I, make([]int64, u.Lanes)
	for n := range u.Depth {
		for lane, element := range u.row(n) {
			row[lane] = 0
			if element >= 0 {
				row[lane] = data[element]
			}
		}
		writeRow(&b, u.WeightBits, row)
	}
	return u.file("weights", &b)
}

// list has the words of a conv or pool: the last flag, the weight row and the word of each
// entry; of a gather it has where the elements come from. Other units have none.
func (u *unit) list() *bytes.Buffer {
	var b bytes.Buffer
	for _, list := range u.Lists {
		if !u.Listed {
			return nil
		}
		for i, e := range list {
			last, tile := field{1, flag(i == len(list)-1)}, field{u.X.Addr(), int64(e.Tile)}
			if u.Kind == kindPool {
				writeFields(&b, last, tile)
			} else {
				writeFields(&b, last, field{u.RowAddr(), int64(e.Row)}, tile)
			}
		}
	}
	if u.Kind == kindGather {
		picks, lanes, values := u.PickBits(), u.LaneBits(), u.ValueBits() // which looks at every element
		for _, o := range u.Sources {
			from, lane, value := u.source(o)
			writeFields(&b, field{picks, from}, field{lanes, lane}, field{values, value})
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return &b
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

// params are the memories of those parameters that need one.
func (u *unit) params(ps ...param) []backends.File {
	var out []backends.File
	for _, p := range ps {
		if !p.Stored() {
			continue
		}
		var b, classes bytes.Buffer
		words, class := p.words(u.Lanes)
		for _, word := range words {
			writeRow(&b, p.Bits, word)
		}
		out = append(out, u.file(p.Name, &b))
		for _, n := range class {
			writeRow(&classes, indexBits(len(words)), []int64{int64(n)})
		}
		if class != nil {
			out = append(out, u.file(p.Name+"_class", &classes))
		}
	}
	return out
}

func writeRow(b *bytes.Buffer, bits int, row []int64) {
	digits := (bits*len(row) + 3) / 4
	fmt.Fprintf(b, "%0*x\n", digits, pack(bits, row...))
}
