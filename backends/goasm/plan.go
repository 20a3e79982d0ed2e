package goasm

import (
	"fmt"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// plan is everything that is printed, decided.
type plan struct {
	pkg      string
	program  *lower.Program
	laid     *lower.Plan // the order of the stages, and where arrays are
	inputs   []*buffer
	neurons  []neuron
	outputs  []*buffer
	buffers  []*buffer // the model's fields
	stages   [ir.End + 1][]*stage
	blob     []byte // weights.bin
	sections map[[32]byte]section
	tables   []string // of loadTables: multiples of weights, and constants that repeat
	needs    needs
	meanings []string // of inputs and outputs, for the reader of the package

	counting bool      // whether the package counts
	tallies  []tallied // the arrays of which it has sums

	clock ir.Clock // of the sweep that is planned
	group int      // and that of the time step
	now   lower.Moment

	scope     scope
	ports     map[string]*buffer // inputs and outputs by name
	traced    map[string]neuron  // layers by name
	readers   map[*lower.Array][]*lower.Stage
	clocks    map[*lower.Array]ir.Clock // when it is written
	homes     map[*lower.Array]*home
	converted map[conversion]*buffer
	copies    []*buffer               // of arrays in another form
	functions map[string]*loop        // by the text of their programs
	loops     []*loop                 // of functions
	latch     map[*lower.Array]*stage // of the arrays that they write
}

// needs are kernel.needs, the sizes of the engine's buffers.
type needs struct{ list, words, digits, starts, values, window, chosen, begins int }

// stage computes a buffer.
type stage struct {
	method string
	group  int    // of a time step
	text   string // the comment
	dst    *buffer
	calls  []string // the statements of its method
	before []string // statements of Reset
}

// neuron is a layer as traces show it.
type neuron struct {
	name   string
	dst    *buffer
	states []string // fields of the state variables, the membrane first
	names  []string // and their names
	bits   int      // of a membrane
	places string   // the table of places, when they are not in C order
	silent bool     // its result is the membrane, which may be packed as spikes are
}

// newPlan plans a program whose inputs, outputs and layers of neurons are those of the ports,
// by name. Names are changed where the package has others of its own like them.
func newPlan(program *lower.Program, ports backends.Ports, names backends.Names, o backends.Options) *plan {
	p := &plan{
		pkg: packageName(o.Name), counting: o.Counting, program: program, laid: lower.NewPlan(program, layout), scope: newScope(), needs: needs{list: 1, words: 1},
		ports: map[string]*buffer{}, traced: map[string]neuron{}, readers: map[*lower.Array][]*lower.Stage{}, clocks: map[*lower.Array]ir.Clock{},
		homes: map[*lower.Array]*home{}, converted: map[conversion]*buffer{},
		functions: map[string]*loop{}, sections: map[[32]byte]section{}, latch: map[*lower.Array]*stage{},
	}
	for _, v := range append(ports.Inputs, ports.Outputs...) {
		names[v] = p.scope.claim(names[v])
		p.ports[v.Name] = &buffer{name: names[v], form: array, elem: "int32", size: v.Type.Size()}
	}
	for _, v := range ports.Inputs {
		p.inputs = append(p.inputs, p.ports[v.Name])
	}
	for _, v := range ports.Outputs {
		p.outputs = append(p.outputs, p.ports[v.Name])
	}
	for _, a := range program.Arrays {
		if a.Given {
			p.input(a)
		}
	}
	p.survey()
	p.run()
	p.layOut()
	for _, v := range ports.Neurons {
		p.neurons = append(p.neurons, p.traced[v.Name])
	}
	p.blob = append(p.blob, make([]byte, 4*tileOutputs)...) // loops read a tile beyond a vector
	return p
}

// survey finds who reads and who writes each array.
func (p *plan) survey() {
	for _, s := range p.program.Stages {
		p.clocks[s.To] = s.Clock
		for _, v := range s.Views() {
			p.readers[v.Array] = append(p.readers[v.Array], s)
		}
	}
	for _, g := range p.laid.Groups {
		for _, s := range g.Latches {
			p.latched(s.To)
		}
	}
}

// run plans the stages in the order in which they run.
func (p *plan) run() {
	p.clock = ir.Once
	p.computeAll(p.laid.Once)
	p.clock = ir.Step
	for i, g := range p.laid.Groups {
		p.group = i
		p.computeAll(g.Sweeps)
		p.now = g.Turn()
		p.keep(g.Latches)
	}
	p.clock = ir.End
	p.computeAll(p.laid.End)
	p.now = lower.Shown
	for _, s := range p.laid.Outputs {
		p.output(s)
	}
}

func (p *plan) computeAll(sweeps []*lower.Sweep) {
	for _, s := range sweeps {
		p.now = s.Moment()
		switch first := s.Stages[0]; {
		case first.Each != nil:
			p.each(s)
		case first.Fold != nil:
			p.fold(first)
		case p.latch[first.To] != nil:
			p.start(first)
		default:
			p.move(first)
		}
	}
}

func (p *plan) stage(dst *buffer, text string) *stage {
	return &stage{method: p.scope.claim("run" + upper(dst.name)), group: p.group, text: text, dst: dst}
}

// add lets a stage run now.
func (p *plan) add(s *stage) { p.stages[p.clock] = append(p.stages[p.clock], s) }

// do adds a statement.
func (s *stage) do(format string, args ...any) {
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

// onReset adds a statement to Reset.
func (s *stage) onReset(format string, args ...any) {
	s.before = append(s.before, fmt.Sprintf(format, args...))
}

// field adds a field that is no slice to the model, and gives its name.
func (p *plan) field(name, kind, value string) string {
	b := &buffer{name: p.scope.claim(name), form: other, elem: kind, value: value}
	p.buffers = append(p.buffers, b)
	return b.name
}

// port gives an input or output its array.
func (p *plan) port(a *lower.Array) *buffer {
	b := p.ports[a.Name]
	b.of, b.text = a, a.String()
	p.buffers = append(p.buffers, b)
	return b
}

// input is an array; one that is given for each step has all steps behind one another.
func (p *plan) input(a *lower.Array) {
	b := p.port(a)
	b.elem = fmt.Sprint("int", 8*backends.Width(a.Type))
	if a.Type.Kind != ir.Sint {
		b.elem = "u" + b.elem
	}
	p.clocks[a] = a.Per
	if a.Per == ir.Step {
		b.steps = p.program.Steps
	} else {
		p.homes[a] = &home{b, nil}
	}
}

// stepInput takes the part of the step, where it is first read; that of the last, where no step reads it.
func (p *plan) stepInput(a *lower.Array) *home {
	all := p.ports[a.Name]
	now := p.copy(a, a.Name, full, all.size)
	s := p.stage(now, a.String())
	if p.clock == ir.End {
		s.do("widen(%s, m.%s[%d:])", now.elements(), all.name, (p.program.Steps-1)*all.size)
		p.add(s)
		return &home{now, nil}
	}
	at := p.field(now.name+"At", "int", "0")
	s.do("widen(%s, m.%s[m.%s:][:%d])", now.elements(), all.name, at, all.size)
	s.do("m.%s += %d", at, all.size)
	s.onReset("m.%s = 0", at)
	p.add(s)
	return &home{now, nil}
}

// output copies elements to where the user reads them.
func (p *plan) output(s *lower.Stage) {
	piece := s.Move.Pieces[0]
	b := p.port(s.To)
	wanted := seen(&piece.From, piece.Dims)
	copied := p.conversion(piece.From.Array, b, p.home(piece.From.Array).from(wanted))
	copied.text = s.String()
	p.add(copied)
}
