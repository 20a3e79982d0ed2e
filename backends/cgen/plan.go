package cgen

import (
	"fmt"
	"strings"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// plan is everything decided about an artefact, and the text of its functions: a table is
// laid out where the function is printed that reads it.
type plan struct {
	name    string            // prefix of every C identifier
	net     *ir.Net           // its inputs and outputs, and their meaning
	program *lower.Program    // computes them
	laid    *lower.Plan       // the order of the stages, and where arrays are
	ports   backends.Ports    // of the net
	names   backends.Names    // of the ports
	ident   map[string]string // the C name of an array or port by its own, unique
	taken   map[string]bool   // names in lower case

	place   map[*lower.Array]place // where an array's elements are
	held    map[*lower.Array]place // the next ones of a delay, apart from those that it shows
	states  map[*lower.Stage][]place
	numbers map[*lower.Array]bool // that are sums, or state variables but bits
	sums    map[*lower.Array]*sum
	copies  map[string]*lower.Array // by the view that they hold
	classes map[string]*classed     // by use, view and grid; nil where they save too little
	offsets map[string]string       // the tables of places' classes, by their text
	fields  []*field                // of the state struct
	scratch map[string]*field       // memory of the layer that runs
	arrays  []*array                // NAME_weights.c
	levels  int                     // the most of a layer
	body    string                  // the functions of NAME.c
}

// place is where the elements of an array are in memory.
type place struct {
	expr string // C expression of the address of element 0
	elem elem
	n    int
}

// array is constant data in NAME_weights.c.
type array struct {
	name    string
	comment string
	elem    elem
	data    []int64
	hex     bool
}

// field is a member of the state struct.
type field struct {
	name    string
	elem    elem
	n       int // elements of the C array; 0 for a pointer to an input
	comment string
}

// newPlan plans the artefact of a net.
func newPlan(net *ir.Net, name string) *plan { return planOf(lower.Of(net), net, name) }

// planOf plans the artefact of a program with the inputs and outputs of a net.
func planOf(program *lower.Program, net *ir.Net, name string) *plan {
	p := &plan{name: name, net: net, ports: backends.PortsOf(net), names: backends.PortNames(net),
		ident: map[string]string{}, taken: map[string]bool{}, place: map[*lower.Array]place{}, held: map[*lower.Array]place{},
		states: map[*lower.Stage][]place{}, numbers: map[*lower.Array]bool{}, sums: map[*lower.Array]*sum{}, copies: map[string]*lower.Array{}, classes: map[string]*classed{}, offsets: map[string]string{}, scratch: map[string]*field{}}
	p.ready(program)
	l := layout
	l.Fuse = p.fuses
	p.laid = lower.NewPlan(p.program, l)
	p.nameArrays()
	p.placeAll()
	p.body = p.functions()
	p.orderFields()
	return p
}

// own is a place that no other array shares.
func (p *plan) own(name string, e elem, n int, comment string) place {
	p.fields = append(p.fields, &field{name, e, e.length(n), comment})
	return place{"st->" + name, e, n}
}

// lend is scratch memory that every layer may use while it runs; it is as large as the largest needs.
func (p *plan) lend(name string, e elem, n int, comment string) string {
	f := p.scratch[name]
	if f == nil {
		f = &field{name: name, elem: e, comment: comment}
		p.scratch[name] = f
		p.fields = append(p.fields, f)
	}
	f.n = max(f.n, n)
	return "st->" + name
}

// at is where an array's elements are; a constant is put in flash when its first reader comes.
func (p *plan) at(a *lower.Array) place {
	if _, known := p.place[a]; a.Const() && !known {
		e, items := constantElem(a), a.Data.I
		if a.Type.IsSpike() {
			e, items = packedSpikes, pack(items)
		}
		p.place[a] = place{p.flash(a, "data", e, items, comment(a)).name, e, a.Type.Size()}
	}
	return p.place[a]
}

// constantElem is the element of a constant of numbers.
func constantElem(a *lower.Array) elem { return memoryElem(layout.Number(a.Data.Range())) }

// comment is the declaration of an array.
func comment(a *lower.Array) string { return strings.TrimPrefix(a.String(), "array ") }

// flash adds data that belongs to an array to NAME_weights.c.
func (p *plan) flash(of *lower.Array, what string, e elem, data []int64, comment string) *array {
	a := &array{name: p.global(of, what), comment: comment, elem: e, data: data, hex: e.packed}
	p.arrays = append(p.arrays, a)
	return a
}

// elem is a C element type. Packed elements are spikes, 32 in a word.
type elem struct {
	bits   int
	signed bool
	packed bool
}

var packedSpikes = elem{32, false, true}

// wordElems are the elements that words are kept in.
var wordElems = []elem{{8, false, false}, {8, true, false}, {16, false, false}, {16, true, false}, {32, true, false}}

// elemOf is the element a type is kept in.
func elemOf(t ir.Type) elem { return memoryElem(layout.Type(t)) }

// memoryElem is the element of an array or state variable.
func memoryElem(e lower.Elem) elem {
	if e.Bits == 1 {
		return packedSpikes
	}
	return elem{e.Bits, e.Signed, false}
}

// holds reports whether every number of a range is an element.
func (e elem) holds(r ir.Range) bool {
	if e.signed {
		return r.Lo >= -1<<(e.bits-1) && r.Hi < 1<<(e.bits-1)
	}
	return r.Lo >= 0 && r.Hi < 1<<e.bits
}

// pack puts 32 spikes in a word, the first in the lowest bit.
func pack(spikes []int64) []int64 {
	out := make([]int64, (len(spikes)+31)/32)
	for i, s := range spikes {
		out[i/32] |= s << (i % 32)
	}
	return out
}

// c is the C type.
func (e elem) c() string {
	if e.signed {
		return fmt.Sprintf("int%d_t", e.bits)
	}
	return fmt.Sprintf("uint%d_t", e.bits)
}

// kind names kernels after the elements that they read: s16, u8, spikes.
func (e elem) kind() string {
	switch {
	case e.packed:
		return "spikes"
	case e.signed:
		return fmt.Sprintf("s%d", e.bits)
	}
	return fmt.Sprintf("u%d", e.bits)
}

// unsigned is the element with the same bits that wraps without overflow.
func (e elem) unsigned() elem {
	e.signed = false
	return e
}

// length is the C array length for n elements.
func (e elem) length(n int) int {
	if e.packed {
		return (n + 31) / 32
	}
	return n
}

// bytes is the size of a C array of that length.
func (e elem) bytes(length int) int { return length * e.bits / 8 }

func roundUp(n, to int) int { return (n + to - 1) / to * to }
