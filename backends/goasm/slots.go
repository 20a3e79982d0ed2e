package goasm

import (
	"fmt"

	"nomul/backends/lower"
)

// layout is the memory of the emitted package, in which arrays are narrower where kernels write
// them so. Traces look at spikes behind each step; whole samples are run group by group.
var layout = lower.Layout{Target: "go", Widths: []int{32}, Packed: 64, LeastSum: 32, Fuse: fuses, Overlay: true, Watched: true, LayerMajor: true}

// layOut gives arrays, and their copies in other forms, their memory.
func (p *plan) layOut() {
	var copies []lower.Copy
	for _, b := range p.copies {
		copies = append(copies, lower.Copy{Array: b.of, Read: b.read})
	}
	p.laid.Lay(func(a *lower.Array) (lower.Elem, int) {
		b := p.homes[a].buffer
		return b.kind(), b.room()
	}, copies)
	for i, s := range p.laid.Slots {
		for _, u := range s.Uses {
			b := p.homes[u.Array].buffer
			b.memory, b.copies = fmt.Sprint("memory", i), u.Copies
		}
	}
}

// kind is that of an element of the buffer.
func (b *buffer) kind() lower.Elem {
	switch b.form {
	case packed:
		return lower.Elem{Bits: 1}
	case planes:
		return lower.Elem{Bits: b.planes}
	}
	return lower.Elem{Bits: b.form.bits(), Signed: true}
}

// room is the number of elements that the buffer takes. Behind a vector of 32 bits there is room
// for a tile, which convolutions write beyond their results.
func (b *buffer) room() int {
	if b.form == full {
		return padded(b.size) + tileOutputs
	}
	return padded(b.size)
}

// memories prints the slots of the plan.
func (p *plan) memories(out *printer) {
	for i, s := range p.laid.Slots {
		b := p.homes[s.Uses[0].Array].buffer
		out.f("memory%d := make(%s, %d)", i, b.goType(), b.units(s.Size))
	}
}

// units is the number of elements of the slice that so many elements take.
func (b *buffer) units(n int) int {
	switch b.form {
	case packed:
		return n / 64
	case planes:
		return n / 64 * b.planes
	}
	return n
}
