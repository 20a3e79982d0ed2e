package verilog

import (
	"fmt"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// param is a constant with one integer per neuron or per result: one literal
// when all are equal, else a memory read by tile.
type param struct {
	Name string // file and signal
	Bits int
	Data []int64 // of every element; nil when the parameter is absent
	Keep bool    // in a memory even when all are equal, so that lanes behind the last element get 0
}

// newParam is a view of a constant, in the order of a vector.
func newParam(name string, v lower.View, dims []int, y vector) param {
	p := param{Name: name}
	index := lower.Elements[int](v.Start, dims, v.Strides)
	for _, at := range y.Order {
		if at >= 0 { // not behind the last element
			p.Data = append(p.Data, v.Array.Data.I[index[at]])
		}
	}
	return p
}

// Absent reports whether the value has no such parameter.
func (p param) Absent() bool { return p.Data == nil }

// Stored reports whether the elements differ, so that a memory holds them.
func (p param) Stored() bool {
	return p.Keep || !lower.Repeats(p.Data, 1)
}

// period is the number of tiles after which the rows repeat: a power of two, or
// the number of all tiles. Constants per channel repeat from pixel to pixel.
func (p param) period(lanes int) int {
	tiles := (len(p.Data) + lanes - 1) / lanes
	for n := 1; n < tiles && len(p.Data)%lanes == 0; n *= 2 {
		if tiles%n == 0 && lower.Repeats(p.Data, n*lanes) {
			return n
		}
	}
	return tiles
}

// classesWorth is how many bits of memory classes of tiles must save to be worth theirs, which is read
// in the same clock.
const classesWorth = 1024

// words are those of the memory, each of all lanes, and the number of each tile's: by its class, where so
// few tiles differ that this takes less memory, as beside padding; else class is nil.
func (p param) words(lanes int) (words [][]int64, class []int) {
	var tiles, distinct [][]int64
	number := map[string]int{}
	for tile := range p.period(lanes) {
		word := make([]int64, lanes)
		copy(word, p.Data[tile*lanes:])
		key := fmt.Sprint(word)
		if _, known := number[key]; !known {
			number[key], distinct = len(distinct), append(distinct, word)
		}
		tiles, class = append(tiles, word), append(class, number[key])
	}
	if saved := (len(tiles)-len(distinct))*lanes*p.Bits - len(tiles)*indexBits(len(distinct)); saved < classesWorth {
		return tiles, nil
	}
	return distinct, class
}

// Fixed is the literal that all elements equal; 0 for an absent parameter.
func (p param) Fixed() string {
	if p.Absent() {
		return literal(p.Bits, 0)
	}
	return literal(p.Bits, p.Data[0])
}

// Signal is the wire of all lanes: the memory's word, or the one literal.
func (p param) Signal() string { return p.Name + "_q" }

// at is where a lane's bits begin in the signal.
func (p param) at(lane int) int {
	if p.Stored() {
		return lane * p.Bits
	}
	return 0
}

// Lane is one lane's bits of the signal.
func (p param) Lane(lane int) string {
	return fmt.Sprintf("%s[%d:%d]", p.Signal(), p.at(lane)+p.Bits-1, p.at(lane))
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
	return p.sized()
}

// sized gives a parameter the fewest two's complement bits.
func (p param) sized() param {
	r := ir.Range{}
	if !p.Absent() {
		r = (&ir.Tensor{I: p.Data}).Range()
	}
	p.Bits = r.SignedBits()
	return p
}

// digits are the bits of a factor's canonical digits that are 1, and of those that are −1.
func (p param) digits() []param {
	plus, minus := param{Name: p.Name + "_plus"}, param{Name: p.Name + "_minus"}
	for _, f := range p.Data {
		var masks [2]int64
		for _, d := range update.CSD(f) {
			masks[(1-d.Sign)/2] |= 1 << d.Shift
			plus.Bits = max(plus.Bits, d.Shift+1)
		}
		plus.Data, minus.Data = append(plus.Data, masks[0]), append(minus.Data, masks[1])
	}
	plus.Bits = max(plus.Bits, 1)
	minus.Bits = plus.Bits
	return []param{plus, minus}
}
