package goasm

import (
	"encoding/binary"
	"math/bits"

	"nomul/backends"
	"nomul/ir"
)

// plan is everything that is printed, decided.
type plan struct {
	pkg     string
	net     *ir.Net
	inputs  []*buffer
	neurons []*neuronStage
	outputs []*buffer
	buffers []*buffer // the model's fields, in net order
	stages  [ir.End + 1][]stage
	blob    []byte // weights.bin
	most    int    // the most inputs of a linear
	digits  int    // the most digits of a linear over words

	scope   scope
	readers map[*ir.Value][]*ir.Value
	of      map[*ir.Value]*buffer
	vectors map[*buffer]*buffer      // spikes, counts and inputs as vectors
	rows    map[rowsKey]*weightsPlan // weights that several layers share
}

// stage computes one value; print.go prints it.
type stage interface {
	head() *common
	body(p *printer)    // the statements of its method
	fields(p *printer)  // its constants and state in the model
	prepare(p *printer) // what New does for it
	reset(p *printer)   // what Reset does for it
}

// common is what all stages have.
type common struct {
	method string
	line   string // of the IR
	dst    *buffer
}

func (c *common) head() *common    { return c }
func (c *common) fields(*printer)  {}
func (c *common) prepare(*printer) {}
func (c *common) reset(*printer)   {}

// form is how a value lies in memory.
type form uint8

const (
	array  form = iota // an input or output: an array as the user sees it
	narrow             // a vector of int16, padded to whole tiles
	full               // a vector of int32, padded to whole tiles
	packed             // spikes, 64 to a word
	planes             // numbers in bit planes, each like packed spikes
)

// buffer is the memory of one value.
type buffer struct {
	name   string
	form   form
	size   int    // elements
	elem   string // of an array
	planes int
	value  *ir.Value
}

// words is the length of packed spikes or of one bit plane.
func (b *buffer) words() int { return padded(b.size) / 64 }

// section is a part of weights.bin; an empty one stands for zeros.
type section struct{ from, to int }

func newPlan(net *ir.Net, o backends.Options) *plan {
	p := &plan{
		pkg: packageName(o.Name), net: net, scope: newScope(), most: 1,
		readers: net.Readers(), of: map[*ir.Value]*buffer{},
		vectors: map[*buffer]*buffer{}, rows: map[rowsKey]*weightsPlan{},
	}
	for _, v := range net.Values {
		if place := placers[v.Op]; place != nil {
			place(p, v)
		}
	}
	return p
}

// placers say, for each op that leaves something in the model, how it is planned.
var placers = map[ir.Op]func(*plan, *ir.Value){
	ir.OpInput:   (*plan).input,
	ir.OpReshape: func(p *plan, v *ir.Value) { p.of[v] = p.of[v.Args[0]] },
	ir.OpLinear:  (*plan).linear,
	ir.OpNeuron:  (*plan).neuron,
	ir.OpSum:     (*plan).sum,
	ir.OpOutput:  (*plan).output,
}

// root is the value behind reshapes.
func root(v *ir.Value) *ir.Value {
	for v.Op == ir.OpReshape {
		v = v.Args[0]
	}
	return v
}

func (p *plan) buffer(v *ir.Value, name string, f form) *buffer {
	b := &buffer{name: p.scope.claim(name), form: f, size: v.Type.Size(), value: v}
	p.buffers = append(p.buffers, b)
	p.of[v] = b
	return b
}

func (p *plan) stage(v *ir.Value, dst *buffer) common {
	return common{method: p.scope.claim("run" + upper(dst.name)), line: v.String(), dst: dst}
}

func (p *plan) add(c ir.Clock, s stage) { p.stages[c] = append(p.stages[c], s) }

func (p *plan) input(v *ir.Value) {
	b := p.buffer(v, v.Name, array)
	b.elem = "uint"
	if v.Type.Kind == ir.Sint {
		b.elem = "int"
	}
	b.elem += map[int]string{1: "8", 2: "16"}[backends.Width(v.Type)]
	p.inputs = append(p.inputs, b)
}

// output copies a value to where the user reads it.
func (p *plan) output(v *ir.Value) {
	b := p.buffer(v, v.Name, array)
	b.elem = "int32"
	p.outputs = append(p.outputs, b)
	p.add(v.Clock, &copyStage{common: p.stage(v, b), x: p.of[v.Args[0]]})
}

// sum counts spikes in bit planes, which costs a few operations for 64 neurons,
// and adds up everything else in 32 bits.
func (p *plan) sum(v *ir.Value) {
	x := p.of[v.Args[0]]
	b := p.buffer(v, v.Name, full)
	if x.form == packed {
		b.form, b.planes = planes, bits.Len(uint(p.net.Steps))
	}
	p.add(ir.Step, &sumStage{common: p.stage(v, b), x: x})
}

// vector gives a value as a vector; it adds a stage for that where needed.
func (p *plan) vector(v *ir.Value) *buffer {
	x := p.of[v]
	if x.form == narrow || x.form == full {
		return x
	}
	if b := p.vectors[x]; b != nil {
		return b
	}
	v = root(v)
	b := p.buffer(v, v.Name+"Vector", full)
	p.of[v], p.vectors[x] = x, b
	p.add(v.Clock, &copyStage{common: p.stage(v, b), x: x})
	return b
}

// integers appends numbers to weights.bin, filled up to whole tiles.
func (p *plan) integers(data []int64, size, bytes int, fill int64) section {
	from, zero := len(p.blob), fill == 0
	for i := range padded(size) {
		e := fill
		if i < len(data) {
			e = data[i]
		}
		zero = zero && e == 0
		if bytes == 2 {
			p.blob = binary.LittleEndian.AppendUint16(p.blob, uint16(e))
		} else {
			p.blob = binary.LittleEndian.AppendUint32(p.blob, uint32(e))
		}
	}
	if zero {
		p.blob = p.blob[:from]
		return section{}
	}
	return section{from, len(p.blob)}
}
