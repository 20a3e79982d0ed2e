package verilog

import (
	"bytes"
	"fmt"

	"nomul/backends"
	"nomul/ir"
)

// memories are the files that the model reads with $readmemh.
func memories(p *plan) []backends.File {
	var out []backends.File
	for _, u := range p.Units {
		switch u.V.Op {
		case ir.OpLinear:
			out = append(out, u.weights())
			out = append(out, u.params(u.Linear.Bias)...)
		case ir.OpNeuron:
			n := u.Neuron
			out = append(out, u.params(n.Threshold, n.Bias)...)
			if u.UsesReset() {
				out = append(out, u.params(n.Amount)...)
			}
			if n.KeepV {
				out = append(out, u.params(n.Init)...)
			}
		}
	}
	return out
}

// weights has a row for each tile and operand element: the weights from the
// element to the tile's lanes. Lanes behind the last result hold 0.
func (u *unit) weights() backends.File {
	w, rows := u.V.Args[1].Const().I, u.Linear.Rows
	var b bytes.Buffer
	for tile := range u.Tiles {
		for k := range rows {
			row := make([]int64, u.Lanes)
			for lane := range row {
				if n := tile*u.Lanes + lane; n < u.N {
					row[lane] = w[n*rows+k]
				}
			}
			writeRow(&b, u.Linear.WeightBits, row)
		}
	}
	return backends.File{Name: u.ID + ".weights.hex", Data: b.Bytes()}
}

// params has a row for each tile, for those parameters that need a memory.
func (u *unit) params(ps ...param) []backends.File {
	var out []backends.File
	for _, p := range ps {
		if !p.Stored() {
			continue
		}
		var b bytes.Buffer
		for tile := range u.Tiles {
			row := make([]int64, u.Lanes)
			copy(row, p.Data[tile*u.Lanes:])
			writeRow(&b, p.Bits, row)
		}
		out = append(out, backends.File{Name: u.ID + "." + p.Name + ".hex", Data: b.Bytes()})
	}
	return out
}

func writeRow(b *bytes.Buffer, bits int, row []int64) {
	digits := (bits*len(row) + 3) / 4
	fmt.Fprintf(b, "%0*x\n", digits, pack(bits, row...))
}

// makefile prints the Makefile.
func makefile(p *plan) []byte { return render("makefile", p) }
