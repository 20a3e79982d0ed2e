package goasm

import (
	"cmp"
	"slices"

	"nomul/backends"
	"nomul/ir"
)

// plan is everything that is printed, decided.
type plan struct {
	pkg     string
	net     *ir.Net
	inputs  []*buffer
	neurons []*laneStage
	outputs []*buffer
	buffers []*buffer // the model's fields, in net order
	stages  [ir.End + 1][]stage
	blob    []byte       // weights.bin
	zeros   int          // bytes of weights.bin's end that are 0, for vectors of zeros
	tables  []*convStage // that sum words with tables
	needs   needs

	names     backends.Names // of inputs and outputs
	scope     scope
	readers   map[*ir.Value][]*ir.Value
	of        map[*ir.Value]*view
	converted map[*buffer][]conversion
	rows      map[rowsKey]*weightsPlan // weights that several layers share
	fused     map[*ir.Value]bool       // values that their only reader computes
	updates   map[*ir.Value]expanded
	functions map[string]*laneStage // by text, what a function is printed for
	loops     []*laneStage          // of functions
}

// needs are kernel.needs, the sizes of the engine's buffers.
type needs struct{ list, words, digits, starts, values, window, chosen, begins int }

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

func (c *common) head() *common  { return c }
func (c *common) reset(*printer) {}

// section is a part of weights.bin; an empty one stands for zeros.
type section struct{ from, to int }

func newPlan(net *ir.Net, o backends.Options) *plan {
	p := &plan{
		pkg: packageName(o.Name), net: net, scope: newScope(), needs: needs{list: 1, words: 1},
		readers: net.Readers(), of: map[*ir.Value]*view{},
		converted: map[*buffer][]conversion{}, rows: map[rowsKey]*weightsPlan{}, fused: map[*ir.Value]bool{},
		updates: map[*ir.Value]expanded{}, functions: map[string]*laneStage{},
	}
	p.namePorts()
	for _, v := range net.Values {
		if place := placers[v.Op]; place != nil {
			place(p, v)
		} else if v.Op.Elementwise() {
			p.each(v)
		}
	}
	p.inOrder()
	p.blob = append(p.blob, make([]byte, p.zeros)...)
	return p
}

// placers say, for each op that leaves something in the model and is not run as a program in
// lanes, how it is planned.
var placers = map[ir.Op]func(*plan, *ir.Value){
	ir.OpInput:     (*plan).input,
	ir.OpOutput:    (*plan).output,
	ir.OpReshape:   (*plan).reshape,
	ir.OpTranspose: (*plan).transpose,
	ir.OpConcat:    (*plan).move,
	ir.OpSlice:     (*plan).move,
	ir.OpPad:       (*plan).move,
	ir.OpBroadcast: (*plan).broadcast,
	ir.OpLinear:    (*plan).linear,
	ir.OpConv:      (*plan).conv,
	ir.OpMatmul:    (*plan).product,
	ir.OpMaxPool:   (*plan).maxPool,
	ir.OpSumPool:   (*plan).sumPool,
	ir.OpReduceSum: reduction("addAt", 0),
	ir.OpReduceMax: reduction("raiseAt", lowest),
	ir.OpReduceMin: reduction("lowerAt", highest),
	ir.OpCSD:       (*plan).csd,
	ir.OpAnd:       (*plan).bitwise,
	ir.OpOr:        (*plan).bitwise,
	ir.OpXor:       (*plan).bitwise,
	ir.OpAndNot:    (*plan).bitwise,
	ir.OpNeuron:    (*plan).neuron,
	ir.OpDelay:     (*plan).delay,
	ir.OpLatch:     (*plan).latch,
	ir.OpSum:       (*plan).sum,
	ir.OpLast:      (*plan).last,
	ir.OpMaxTime:   (*plan).maxTime,
	ir.OpFirst:     (*plan).first,
}

// root is the value behind reshapes and transposes.
func root(v *ir.Value) *ir.Value {
	for v.Op == ir.OpReshape || v.Op == ir.OpTranspose {
		v = v.Args[0]
	}
	return v
}

func (p *plan) stage(v *ir.Value, dst *buffer) common {
	return common{method: p.scope.claim("run" + upper(dst.name)), line: v.String(), dst: dst}
}

func (p *plan) add(c ir.Clock, s stage) { p.stages[c] = append(p.stages[c], s) }

// namePorts gives inputs and outputs their names before any other value has one.
func (p *plan) namePorts() {
	p.names = backends.PortNames(p.net)
	ports := backends.PortsOf(p.net)
	for _, v := range append(ports.Inputs, ports.Outputs...) {
		p.names[v] = p.scope.claim(p.names[v])
	}
}

// port is the array of an input or output.
func (p *plan) port(v *ir.Value) *buffer {
	b := &buffer{name: p.names[v], form: array, size: v.Type.Size(), value: v}
	p.buffers = append(p.buffers, b)
	return b
}

// inOrder lists the outputs as the model does.
func (p *plan) inOrder() {
	order := backends.PortsOf(p.net).Outputs
	slices.SortFunc(p.outputs, func(a, b *buffer) int {
		return cmp.Compare(slices.Index(order, a.value), slices.Index(order, b.value))
	})
}

// input is an array; one that is given for each step has all steps behind one another.
func (p *plan) input(v *ir.Value) {
	b := p.port(v)
	b.elem = "uint"
	if v.Type.Kind == ir.Sint {
		b.elem = "int"
	}
	b.elem += map[int]string{1: "8", 2: "16"}[backends.Width(v.Type)]
	p.inputs = append(p.inputs, b)
	p.of[v] = &view{b, order{}}
	if v.Clock == ir.Step {
		p.stepInput(v, b)
	}
}

// stepInput takes the part of the step.
func (p *plan) stepInput(v *ir.Value, b *buffer) {
	b.steps = p.net.Steps
	now := p.result(v, full, order{})
	s := p.call(v, now)
	s.do("widen(%s, m.%s[m.%sAt:][:%d])", now.elements(), b.name, now.name, b.size)
	s.do("m.%sAt += %d", now.name, b.size)
	s.onReset("m.%sAt = 0", now.name)
	s.counter = now.name + "At"
	p.add(ir.Step, s)
}

// output copies a value to where the user reads it.
func (p *plan) output(v *ir.Value) {
	x := p.at(v.Args[0])
	b := p.port(v)
	b.elem = "int32"
	p.outputs = append(p.outputs, b)
	s := p.conversionStage(x, b, x.moves(order{}))
	s.line = v.String()
	p.add(v.Clock, s)
}
