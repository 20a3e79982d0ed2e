package cgen

import (
	"fmt"
	"slices"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/update"
)

// plan is everything decided about an artefact; emitting only prints it.
type plan struct {
	name  string // prefix of every C identifier
	net   *ir.Net
	ports backends.Ports
	names backends.Names       // of the ports
	ident map[*ir.Value]string // the C name of a value, unique
	place map[*ir.Value]place  // where a value's elements are

	arrays  []*array // NAME_weights.c
	fields  []*field // of the state struct
	slots   []*slot  // fields that several values may share
	linears map[*ir.Value]*linear
	convs   map[*ir.Value]*conv
	neurons map[*ir.Value]*neuron
	csds    map[*ir.Value]csd
	windows map[*ir.Value][]span // of pools that look at padding
	held    map[*ir.Value]place  // what a delay shows in the next step, apart from what it shows now
	scratch map[string]*field    // memory of the layer that runs
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

// neuron is a planned neuron layer.
type neuron struct {
	program *update.Program
	ranges  update.Ranges
	x       *ir.Value
	vars    []place // by state variable
	spikes  place   // of the step, and until they are stored of the last one; none when it keeps none
	params  map[int64]param
	leaks   map[update.Value]csd // by the value that leaks, where the factor has digits
}

// param is a neuron's parameter: one number, or an array that is stretched over the neurons.
type param struct {
	value int64
	array *array
	shape ir.Shape
	given bool
}

func newPlan(net *ir.Net, name string) *plan {
	p := &plan{name: name, net: net, ports: backends.PortsOf(net), names: backends.PortNames(net), ident: map[*ir.Value]string{},
		place: map[*ir.Value]place{}, linears: map[*ir.Value]*linear{}, convs: map[*ir.Value]*conv{},
		neurons: map[*ir.Value]*neuron{}, csds: map[*ir.Value]csd{}, windows: map[*ir.Value][]span{},
		held: map[*ir.Value]place{}, scratch: map[string]*field{}}
	p.assignSlots()
	p.nameValues()
	for _, v := range net.Values {
		p.place[v] = p.placeOf(v)
		if plan := rowOf(v.Op).plan; plan != nil {
			plan(p, v)
		}
	}
	p.orderFields()
	return p
}

// placeOf gives a value its memory. Operands have theirs already.
func (p *plan) placeOf(v *ir.Value) place {
	n := v.Type.Size()
	switch rowOf(v.Op).keeps {
	case given:
		p.fields = append(p.fields, &field{name: p.ident[v], elem: elemOf(v.Type), comment: "the caller's input, read until finish"})
		return place{"st->" + p.ident[v], elemOf(v.Type), n}
	case operands:
		return p.place[v.Arg(0)]
	case flash:
		return p.constPlace(v)
	case state:
		return p.own(p.ident[v], elemOf(v.Type), n, "%"+v.Name)
	case membranes:
		return p.neuronPlace(v)
	}
	return p.slotOf(v)
}

// own is a place that no other value shares.
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

// constPlace puts a constant in flash if something reads it as data, element by
// element; parameters, weights and single numbers are laid out where they are used.
func (p *plan) constPlace(v *ir.Value) place {
	_, single := uniform(v)
	data := slices.ContainsFunc(p.net.Values, func(r *ir.Value) bool {
		if rowOf(r.Op).weighs {
			return r.Args[0] == v
		}
		return slices.Contains(r.Args, v) && (!single || rowOf(r.Op).single || rowOf(r.Op).run == nil)
	})
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

// flash adds an array of a value to NAME_weights.c.
func (p *plan) flash(v *ir.Value, what string, e elem, data []int64, comment string) *array {
	a := &array{name: p.global(v, what), comment: comment, elem: e, data: data, hex: e.packed}
	p.arrays = append(p.arrays, a)
	return a
}

// neuronPlace is where a neuron's result is: its spikes, or its membranes when it is silent.
func (p *plan) neuronPlace(v *ir.Value) place {
	n := &neuron{x: v.Arg(0), params: map[int64]param{}, leaks: map[update.Value]csd{}}
	n.program, n.ranges = v.Update(p.net.Steps)
	p.neurons[v] = n
	if n.spiking() {
		n.spikes = p.own(p.ident[v], elem{32, false, true}, v.Type.Size(), "spikes of %"+v.Name)
	}
	for i, variable := range n.program.Vars {
		at := n.spikes
		if !variable.Bit {
			at = p.own(p.ident[v]+endOf(variable), rangeElem(n.ranges.Vars[i]), v.Type.Size(), variable.Name+"s of %"+v.Name)
		}
		n.vars = append(n.vars, at)
	}
	if n.fires() {
		return n.spikes
	}
	return n.membrane()
}

// membrane is the place of the membranes.
func (n *neuron) membrane() place { return n.vars[n.program.Var(ir.MembraneVar)] }

// fires reports whether the result is spikes.
func (n *neuron) fires() bool { return n.program.IsBit(n.program.Result()) }

// spiking reports whether spikes are kept, as a result or for a reset that waits.
func (n *neuron) spiking() bool {
	return n.fires() || slices.ContainsFunc(n.program.Vars, func(v update.Var) bool { return v.Bit })
}

// endOf is the end of the C name of a state variable.
func endOf(v update.Var) string {
	switch v.Name {
	case ir.MembraneVar:
		return "_v"
	case ir.CurrentVar:
		return "_i"
	}
	return "_" + v.Name
}

func (p *plan) planNeuron(v *ir.Value) {
	n := p.neurons[v]
	for _, slot := range slices.Sorted(slices.Values(n.program.Params())) {
		n.params[int64(slot)] = p.param(v, slot)
	}
	for _, variable := range n.program.Vars {
		if variable.Init < 0 {
			continue
		}
		start := p.param(v, variable.Init)
		if start.array != nil {
			start.array.data = expand(start.array.data, ir.Index(start.shape, v.Type.Shape))
		}
		n.params[int64(variable.Init)] = start
	}
	for _, i := range n.program.Code {
		if i.Kind == update.Leak && i.Decay.Factor() != 1 {
			n.leaks[i.A] = p.leakDigits(v, fmt.Sprint("leak", len(n.leaks)+1), i.Decay, n.ranges.Values[i.A])
		}
	}
}

// param lays out a neuron's parameter: nothing for one number, else its own elements.
func (p *plan) param(v *ir.Value, slot int) param {
	arg := v.Arg(slot)
	if arg == nil {
		return param{}
	}
	if number, ok := uniform(arg); ok {
		return param{value: number, given: true}
	}
	a := p.flash(v, ir.OpNeuron.Operands()[slot].Name, rangeElem(arg.Range), arg.Const().I, arg.String())
	return param{array: a, shape: arg.Type.Shape, given: true}
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
