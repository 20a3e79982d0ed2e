package cgen

import (
	"fmt"
	"slices"

	"nomul/backends"
	"nomul/ir"
)

// plan is everything decided about an artefact; emitting only prints it.
type plan struct {
	name  string // prefix of every C identifier
	net   *ir.Net
	ports backends.Ports
	ident map[*ir.Value]string // the C name of a value, unique
	place map[*ir.Value]place  // where a value's elements are

	arrays  []*array // weights.c
	fields  []*field // of the state struct
	slots   []*slot  // fields that several values may share
	linears map[*ir.Value]*linear
	neurons map[*ir.Value]*neuron
	list    int // entries of the row list
}

// place is where the elements of a value are in memory.
type place struct {
	expr string // C expression of the address of element 0
	elem elem
	n    int
}

// elem is a C element type. Packed elements are spikes, 32 in a word.
type elem struct {
	bits   int
	signed bool
	packed bool
}

// array is constant data in weights.c.
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

// neuron is a planned neuron layer.
type neuron struct {
	attrs                         ir.NeuronAttrs
	x                             place
	spikes, membrane              place
	threshold, bias, reset, start param
}

// param is a neuron's parameter: one number, or an array with one per neuron.
type param struct {
	value int64
	array *array
	given bool
}

func newPlan(net *ir.Net, name string) *plan {
	p := &plan{name: name, net: net, ports: backends.PortsOf(net), ident: map[*ir.Value]string{},
		place: map[*ir.Value]place{}, linears: map[*ir.Value]*linear{}, neurons: map[*ir.Value]*neuron{}}
	p.assignSlots()
	p.nameValues()
	for _, v := range net.Values {
		p.place[v] = p.placeOf(v)
		switch v.Op {
		case ir.OpLinear:
			p.linears[v] = p.planLinear(v)
		case ir.OpNeuron:
			p.neurons[v] = p.planNeuron(v)
		}
	}
	p.orderFields()
	return p
}

// placeOf gives a value its memory. Operands have theirs already.
func (p *plan) placeOf(v *ir.Value) place {
	n := v.Type.Size()
	switch v.Op {
	case ir.OpInput:
		p.fields = append(p.fields, &field{name: p.ident[v], elem: elemOf(v.Type), comment: "the caller's input, read until finish"})
		return place{"st->" + p.ident[v], elemOf(v.Type), n}
	case ir.OpReshape, ir.OpOutput:
		at := p.place[v.Arg(0)]
		return at
	case ir.OpConst:
		return p.constPlace(v)
	case ir.OpNeuron:
		return p.own(p.ident[v], elem{32, false, true}, n, "spikes of %"+v.Name)
	case ir.OpSum:
		return p.own(p.ident[v], elemOf(v.Type), n, "%"+v.Name)
	}
	return p.slotOf(v)
}

// own is a place that no other value shares.
func (p *plan) own(name string, e elem, n int, comment string) place {
	p.fields = append(p.fields, &field{name, e, e.length(n), comment})
	return place{"st->" + name, e, n}
}

// constPlace puts a constant in flash if something reads it as data; parameters
// and weights are laid out where they are used.
func (p *plan) constPlace(v *ir.Value) place {
	data := slices.ContainsFunc(p.net.Values, func(r *ir.Value) bool { return len(r.Args) > 0 && r.Args[0] == v })
	if !data {
		return place{}
	}
	e := elemOf(v.Type)
	items := v.Const().I
	if e.packed {
		items = pack(items)
	}
	a := p.flash(v, "data", e, items, v.String())
	return place{a.name, e, v.Type.Size()}
}

// flash adds an array of a value to weights.c.
func (p *plan) flash(v *ir.Value, what string, e elem, data []int64, comment string) *array {
	a := &array{name: p.global(v, what), comment: comment, elem: e, data: data, hex: e.packed}
	p.arrays = append(p.arrays, a)
	return a
}

func (p *plan) planNeuron(v *ir.Value) *neuron {
	membrane := p.own(p.ident[v]+"_v", rangeElem(v.State), v.Type.Size(), "membranes of %"+v.Name)
	return &neuron{
		attrs:     v.Attrs.(ir.NeuronAttrs),
		x:         p.place[v.Arg(ir.NeuronX)],
		spikes:    p.place[v],
		membrane:  membrane,
		threshold: p.param(v, ir.NeuronThreshold),
		bias:      p.param(v, ir.NeuronBias),
		reset:     p.param(v, ir.NeuronReset),
		start:     p.param(v, ir.NeuronInit),
	}
}

// param lays out a neuron's parameter: nothing for one number, else one element
// per neuron, so that running pointers suffice.
func (p *plan) param(v *ir.Value, slot int) param {
	arg := v.Arg(slot)
	if arg == nil {
		return param{}
	}
	data := arg.Const()
	if _, ok := data.Uniform(); ok {
		return param{value: data.I[0], given: true}
	}
	items := expand(data.I, ir.Index(arg.Type.Shape, v.Type.Shape))
	return param{array: p.flash(v, ir.OpNeuron.Operands()[slot].Name, rangeElem(arg.Range), items, arg.String()), given: true}
}

func expand(data []int64, index []int) []int64 {
	if index == nil {
		return data
	}
	out := make([]int64, len(index))
	for i, at := range index {
		out[i] = data[at]
	}
	return out
}

// pack puts 32 spikes in a word, the first in the lowest bit.
func pack(spikes []int64) []int64 {
	out := make([]int64, (len(spikes)+31)/32)
	for i, s := range spikes {
		out[i/32] |= s << (i % 32)
	}
	return out
}

// elemOf is the element a type is kept in.
func elemOf(t ir.Type) elem {
	switch {
	case t.IsSpike():
		return elem{32, false, true}
	case t.Bits <= 8:
		return elem{8, t.Kind == ir.Sint, false}
	case t.Bits <= 16:
		return elem{16, t.Kind == ir.Sint, false}
	}
	return elem{32, true, false}
}

// rangeElem is the narrowest signed element that holds a range.
func rangeElem(r ir.Range) elem {
	for _, bits := range []int{8, 16} {
		if ir.SintType(bits, ir.Shape{}).Full().Contains(r) {
			return elem{bits, true, false}
		}
	}
	return elem{32, true, false}
}

// c is the C type.
func (e elem) c() string {
	if e.signed {
		return fmt.Sprintf("int%d_t", e.bits)
	}
	return fmt.Sprintf("uint%d_t", e.bits)
}

// suffix names kernels after the element type: s16, u8.
func (e elem) suffix() string {
	if e.signed {
		return fmt.Sprintf("s%d", e.bits)
	}
	return fmt.Sprintf("u%d", e.bits)
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
