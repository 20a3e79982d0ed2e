package verilog

import (
	"fmt"

	"nomul/ir"
)

// param is a constant with one integer per neuron or per result: one literal
// when all are equal, else a memory read by tile.
type param struct {
	Name string // file and signal
	Bits int
	Data []int64 // of every element; nil when the parameter is absent
	Keep bool    // in a memory even when all are equal, so that lanes behind the last element get 0
}

// newParam spreads an operand over a shape, in the order of a vector.
func newParam(name string, v *ir.Value, s ir.Shape, bits int, y vector) param {
	p := param{Name: name, Bits: bits}
	if v == nil {
		return p
	}
	data, index := v.Const().I, ir.Index(v.Type.Shape, s)
	for _, at := range y.Order {
		if at < 0 {
			break // behind the last element
		}
		if index != nil {
			at = index[at]
		}
		p.Data = append(p.Data, data[at])
	}
	return p
}

// Absent tells whether the value has no such parameter.
func (p param) Absent() bool { return p.Data == nil }

// Stored tells whether the elements differ, so that a memory holds them.
func (p param) Stored() bool {
	if p.Keep {
		return true
	}
	for _, d := range p.Data {
		if d != p.Data[0] {
			return true
		}
	}
	return false
}

// period is the number of tiles after which the rows repeat: a power of two, or
// the number of all tiles. Constants per channel repeat from pixel to pixel.
func (p param) period(lanes int) int {
	tiles := (len(p.Data) + lanes - 1) / lanes
	for n := 1; n < tiles && len(p.Data)%lanes == 0; n *= 2 {
		if tiles%n == 0 && p.repeats(n*lanes) {
			return n
		}
	}
	return tiles
}

func (p param) repeats(after int) bool {
	for i := after; i < len(p.Data); i++ {
		if p.Data[i] != p.Data[i-after] {
			return false
		}
	}
	return true
}

// Fixed is the literal that all elements equal; 0 for an absent parameter.
func (p param) Fixed() string {
	if p.Absent() {
		return literal(p.Bits, 0)
	}
	return literal(p.Bits, p.Data[0])
}

// Signal is what the lanes are connected to: the memory's word, or the one literal.
func (p param) Signal() string { return p.Name + "_q" }

// at is where a lane's bits begin in the signal.
func (p param) at(lane int) int {
	if p.Stored() {
		return lane * p.Bits
	}
	return 0
}

// Lane is what one lane gets of the signal.
func (p param) Lane(lane int) string {
	return fmt.Sprintf("%s[%d:%d]", p.Signal(), p.at(lane)+p.Bits-1, p.at(lane))
}

// linear is what is particular to the hardware of a linear.
type linear struct {
	Rows       int // weight rows of one tile: the operand's elements
	Depth      int // weight rows in all
	WeightBits int
	Bias       param
	From       []int // the operand's element of each row
}

// planLinear keeps weights modulo 2^bits of the accumulator, as the sum itself is.
func planLinear(v *ir.Value, y, x vector, from []int) linear {
	l := linear{Rows: x.N, Depth: x.N * y.Tiles, From: from}
	l.WeightBits = min(bitsOf(v.Args[1].Const().Range()), y.Bits)
	l.Bias = newParam("bias", v.Args[2], v.Type.Shape, max(y.Bits, x.Bits), y)
	l.Bias.Keep = !l.Bias.Absent() && y.Tail() < y.Lanes // a scan of the result must find nothing there
	return l
}

// clip brings thresholds that no membrane reaches, or every one does, to the
// border of the membrane's range, which takes fewer bits and decides the same.
func clip(p param, h ir.Range, c ir.Compare) param {
	if c == ir.GE {
		h.Hi++
	} else {
		h.Lo--
	}
	for i, d := range p.Data {
		p.Data[i] = min(max(d, h.Lo), h.Hi)
	}
	return sized(p)
}

// sized gives a parameter the fewest two's complement bits.
func sized(p param) param {
	r := ir.Range{}
	if !p.Absent() {
		r = (&ir.Tensor{I: p.Data}).Range()
	}
	p.Bits = r.SignedBits()
	return p
}
