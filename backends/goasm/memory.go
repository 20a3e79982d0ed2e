package goasm

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// form is how the elements of an array lie in memory.
type form uint8

const (
	array  form = iota // an input or output: an array as the user sees it
	narrow             // a vector of int16, padded to whole tiles
	full               // a vector of int32, padded to whole tiles, with room for one more
	packed             // spikes, 64 to a word
	planes             // numbers in bit planes, each like packed spikes
	table              // the parameters of a kernel, numbers of 32 bits without padding
	other              // no elements, such as the parameters of a kernel
)

// buffer is a field of the model: the memory of an array, a state variable or constants.
type buffer struct {
	name     string
	form     form
	size     int    // elements
	elem     string // the type of an input's or output's elements, or of a field without
	value    string // of a field without elements
	steps    int    // of an input that has a new value each step: how many; else 0
	planes   int
	text     string // the comment
	of       *lower.Array
	read     []lower.Moment // of a copy in another form, when it is made and read
	groups   []int          // of a time step, which write or read it
	memory   string         // that it shares
	copies   int            // for the time steps, if groups of layers hand it on
	constant *section       // of weights.bin, of constants
	loaded   string         // the expression of constants that repeat
}

func (b *buffer) bits() bool { return b.form == packed || b.form == planes }

// words is the length of packed spikes or of one bit plane.
func (b *buffer) words() int { return padded(b.size) / 64 }

// home is where an array lies: several share a buffer when they differ in the meaning of its
// elements only.
type home struct {
	*buffer
	order order
}

// conversion is the content of a buffer that is copied from another one at a clock: digest is
// that of the places it is copied from.
type conversion struct {
	of     *buffer
	form   form
	digest [32]byte
	clock  ir.Clock
}

func (p *plan) buffer(name string, f form, size int) *buffer {
	b := &buffer{name: p.scope.claim(name), form: f, size: size}
	p.buffers = append(p.buffers, b)
	return b
}

// result makes the buffer of an array, in an order.
func (p *plan) result(a *lower.Array, f form, o order) *buffer {
	b := p.buffer(a.Name, f, a.Type.Size())
	b.of, b.text = a, a.String()
	p.homes[a] = &home{b, o.plain()}
	p.touch(b)
	return b
}

// home is where an array lies. A constant that is read like any other array is laid out when
// it is first asked for; most are parameters and laid out with their reader.
func (p *plan) home(a *lower.Array) *home {
	switch {
	case p.homes[a] != nil:
	case a.Const():
		f := full
		if a.Type.IsSpike() {
			f = packed
		}
		p.homes[a] = &home{p.constant(a.Name, f, a.Data.I), nil}
	case a.Given:
		p.homes[a] = p.stepInput(a)
	}
	p.touch(p.homes[a].buffer)
	return p.homes[a]
}

// take returns elements of an array in a form, for each place one; those of nil are in the order
// of the array's memory, and −1 is 0. Numbers that lie in bit planes are taken as they are for
// spikes. It adds a stage where needed, which runs with the reader.
func (p *plan) take(a *lower.Array, f form, wanted order) *buffer {
	x, clock := p.home(a), p.clock
	if f == packed && x.form == planes {
		f = planes
	}
	from := x.from(wanted)
	if x.form == f && from == nil {
		return x.buffer
	}
	if p.clocks[a] == ir.Once {
		clock = ir.Once
	}
	key := conversion{x.buffer, f, sha256.Sum256(backends.AppendIntegers(nil, from, 4)), clock}
	if p.converted[key] == nil {
		p.converted[key] = p.convert(a, f, from, clock)
	}
	p.touch(p.converted[key])
	return p.converted[key]
}

// convert makes a copy of an array, among the stages that run once or now.
func (p *plan) convert(a *lower.Array, f form, from order, clock ir.Clock) *buffer {
	if clock != p.clock {
		defer func(c ir.Clock, m lower.Moment) { p.clock, p.now = c, m }(p.clock, p.now)
		p.clock, p.now = clock, p.laid.Loaded()
	}
	x := p.home(a)
	size := x.size
	if from != nil {
		size = len(from)
	}
	b := p.copy(a, a.Name+map[form]string{full: "Vector", packed: "Spikes", planes: "Counts"}[f], f, size)
	b.planes = x.planes
	p.add(p.conversion(a, b, from))
	return b
}

// copy makes the buffer of an array in another form, for those who read it from now on.
func (p *plan) copy(a *lower.Array, name string, f form, size int) *buffer {
	b := p.buffer(name, f, size)
	b.of, b.read, b.text = &lower.Array{Name: b.name, Type: a.Type.WithShape(ir.ShapeOf(size))}, []lower.Moment{p.now}, a.Name+" in another form"
	p.homes[b.of], p.copies = &home{b, nil}, append(p.copies, b)
	p.touch(b)
	return b
}

// touch says that a buffer is written or read now.
func (p *plan) touch(b *buffer) {
	if b.read != nil {
		b.read = append(b.read, p.now)
	}
	if p.clock == ir.Step && !slices.Contains(b.groups, p.group) {
		b.groups = append(b.groups, p.group)
	}
}

// from says where each place of wanted elements is copied from; nil if nothing moves.
func (x *home) from(wanted order) order {
	if wanted == nil {
		return nil
	}
	places, out := x.order.places(x.size), make(order, len(wanted))
	for i, e := range wanted {
		out[i] = -1
		if e >= 0 {
			out[i] = places[e]
		}
	}
	if len(out) != x.size {
		return out
	}
	return out.plain()
}

// conversion copies an array to b.
func (p *plan) conversion(a *lower.Array, b *buffer, from order) *stage {
	x := p.home(a).buffer
	to := from.places(x.size)
	once := from == nil || to.places(len(from)).same(from)
	if x.bits() && !b.bits() && !once {
		x = p.take(a, full, nil)
	}
	s := p.stage(b, a.Name+" in another form")
	switch vector := !b.bits(); {
	case vector && from == nil && x.bits():
		s.do("unpack(%s, m.%s, %d)", b.elements(), x.name, x.words())
	case vector && from == nil:
		s.do("widen(%s, %s)", b.elements(), x.elements())
	case vector && x.bits():
		s.do("unpackAt(%s, m.%s, %d, %s)", b.elements(), x.name, x.words(), p.table(b.name+"To", to))
	case vector:
		s.do("gather(%s, %s, %s)", b.elements(), x.elements(), p.table(b.name+"From", from))
	case x.bits():
		s.do("clear(m.%s)", b.name)
		if once {
			s.scatterBits(x, p.table(b.name+"To", to))
		} else {
			s.eachPlane("gatherBits", x, p.table(b.name+"From", from))
		}
	case from == nil:
		s.do("pack(m.%s, %s)", b.name, x.elements())
	default:
		s.do("packAt(m.%s, %s, %s)", b.name, x.elements(), p.table(b.name+"From", from))
	}
	return s
}

// scatterBits copies spikes or planes to places of the stage's result.
func (s *stage) scatterBits(x *buffer, to string) { s.eachPlane("scatterBits", x, to) }

// eachPlane calls a function for spikes, or each plane of x and the result.
func (s *stage) eachPlane(f string, x *buffer, args ...string) {
	for plane := range max(1, x.planes) {
		call := fmt.Sprintf("%s(m.%s[%d:], m.%s[%d:%d]", f, s.dst.name, plane*s.dst.words(), x.name, plane*x.words(), (plane+1)*x.words())
		for _, arg := range args {
			call += ", " + arg
		}
		s.do("%s)", call)
	}
}

// section is a part of weights.bin.
type section struct{ from, to int }

// bytes is the expression of a section.
func (s section) bytes() string { return fmt.Sprintf("w[%d:%d]", s.from, s.to) }

// lay appends data to weights.bin, unless it is there; the next data begin on a cache line.
func (p *plan) lay(data []byte) section {
	key, from := sha256.Sum256(data), len(p.blob)
	if s, ok := p.sections[key]; ok {
		return s
	}
	p.sections[key] = section{from, from + len(data)}
	p.blob = append(p.blob, data...)
	p.blob = append(p.blob, make([]byte, -len(p.blob)&63)...)
	return p.sections[key]
}

// words lays out numbers of 32 bits, and gives their expression.
func (p *plan) words(data order) string {
	return "int32s(" + p.lay(backends.AppendIntegers(nil, data.wide(), 4)).bytes() + ")"
}

func (o order) wide() []int64 {
	out := make([]int64, len(o))
	for i, e := range o {
		out[i] = int64(e)
	}
	return out
}

// constant makes a field of constants in a form.
func (p *plan) constant(name string, f form, data []int64) *buffer {
	b := p.buffer(name, f, len(data))
	if f == packed {
		data = packedWords(data)
	}
	data = slices.Concat(data, make([]int64, b.length()-len(data)))
	if b.loaded = p.layRepeats(data, f.bits()>>3); b.loaded == "" {
		at := p.lay(backends.AppendIntegers(nil, data, f.bits()>>3))
		b.constant = &at
	}
	return b
}

// packedWords has 64 spikes to a word.
func packedWords(data []int64) []int64 {
	words := make([]int64, padded(len(data))/64)
	for i, e := range data {
		words[i>>6] |= e << (i & 63)
	}
	return words
}

// table makes a field that kernels are told by, and gives its expression.
func (p *plan) table(name string, data order) string {
	return "m." + p.constant(name, table, data.wide()).name
}
