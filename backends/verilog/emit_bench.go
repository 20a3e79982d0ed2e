package verilog

import (
	"bytes"
	"fmt"
	"math/bits"

	"nomul/backends"
	"nomul/ir"
)

// Traces are the layers of neurons, in the order of the stream.
func (p *plan) Traces() []*unit { return p.units(ir.OpNeuron) }

// Scanned are the units that some linear scans.
func (p *plan) Scanned() []*unit {
	var out []*unit
	for _, u := range p.Units {
		for _, r := range u.Readers {
			if r.V.Op == ir.OpLinear {
				out = append(out, u)
				break
			}
		}
	}
	return out
}

// FirstBase is the latency's term of the first input.
func (p *plan) FirstBase() int { return p.Passes[0].Base }

// Later are the passes behind it.
func (p *plan) Later() []pass { return p.Passes[1:] }

// InCount is the number of elements of a sample.
func (p *plan) InCount() int { return sizes(p.Ports.Inputs) }

// OutCount is the number of elements that come out.
func (p *plan) OutCount() int { return sizes(p.Ports.Outputs) }

func sizes(vs []*ir.Value) int {
	n := 0
	for _, v := range vs {
		n += v.Type.Size()
	}
	return n
}

// TileStart is, in the bench, the first neuron of the tile that is stored.
func (u *unit) TileStart() string {
	if u.Tiles == 1 {
		return "0"
	}
	shift := bits.TrailingZeros(uint(u.Lanes))
	if shift == 0 {
		return fmt.Sprintf("{%d'd0, dut.u_%s.wr_tile}", 32-u.Addr(), u.ID)
	}
	return fmt.Sprintf("{%d'd0, dut.u_%s.wr_tile, %d'd0}", 32-u.Addr()-shift, u.ID, shift)
}

// Int32 is, in the bench, the lowest membrane as a 32-bit integer.
func (u *unit) Int32() string {
	n := u.Neuron
	name := "membranes_" + u.ID
	if n.VBits == 32 {
		return name + "[31:0]"
	}
	low := fmt.Sprintf("%s[%d:0]", name, n.VBits-1)
	if n.Signed {
		return fmt.Sprintf("{{%d{%s[%d]}}, %s}", 32-n.VBits, name, n.VBits-1, low)
	}
	return fmt.Sprintf("{%d'd0, %s}", 32-n.VBits, low)
}

// vectors are the samples: what goes in, and what the bench wants to see.
func vectors(p *plan, vs backends.Vectors) []backends.File {
	var in, want bytes.Buffer
	for _, s := range vs {
		for _, x := range s.Inputs {
			hexLines(&in, x)
		}
		for _, t := range s.Steps {
			for i := range t.Spikes {
				hexLines(&want, t.Spikes[i])
				hexLines(&want, t.Membranes[i])
			}
		}
		for _, y := range s.Outputs {
			hexLines(&want, y)
		}
		hexLines(&want, []int64{int64(p.cycles(s))})
	}
	return []backends.File{{Name: "inputs.hex", Data: in.Bytes()}, {Name: "vectors.hex", Data: want.Bytes()}}
}

func hexLines(b *bytes.Buffer, vs []int64) {
	for _, v := range vs {
		fmt.Fprintf(b, "%x\n", uint32(v))
	}
}
