package verilog

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// unit is the hardware of one array: one module.
type unit struct {
	vector
	Kind   string       // of module
	Array  *lower.Array // whose elements it has
	Text   string       // of the stage
	Top    string       // name of the top module
	ID     string       // the array's name as part of Verilog names
	number int          // among the units
	places []int        // of each element; see place
	Xs     []*unit
	X      *unit // the first of Xs; nil of an input
	Clock  ir.Clock
	Latch  bool

	Streams []*unit // take the tiles as they are made
	Readers []*unit // scan, walk or send the stored tiles
	Walked  []*unit // take the stored tiles one after another, in a walk of their own
	Ends    bool    // its end is the end of a pass

	First   bool // the first input: at first it opens by itself
	Wide    int  // bits of the engine's port, of an input or output
	Steps   int
	Weights *unit    // keeps the weights that are computed
	Sources []origin // of a gather: the element in each place
	fold
	program
}

// The kinds of modules.
const (
	kindInput  = "input"
	kindLayer  = "layer"
	kindPool   = "pool"
	kindGather = "gather"
	kindMap    = "map"
	kindNeuron = "neuron"
	kindSum    = "sum"
	kindOutput = "output"
)

// Mem reports whether the unit stores its tiles.
func (u *unit) Mem() bool { return len(u.Readers) > 0 || len(u.Walked) > 0 }

type plan struct {
	Net     *lower.Program
	Name    string
	Lanes   int
	Steps   int
	Names   map[string]string // of inputs and outputs in the artefact, by name in the model
	Units   []*unit
	Passes  []pass
	makers  map[*lower.Array]*unit
	moved   map[*lower.Array][]origin     // of arrays that only moves make
	latches map[*lower.Array]*lower.Stage // by the array of the delay
	gathers map[[sha256.Size]byte]*unit
	taken   map[string]bool
	clock   ir.Clock // of the stage that is planned
}

// newPlan plans a program, whose inputs and outputs have these names in the artefact.
func newPlan(net *lower.Program, names map[string]string, name string, lanes int) *plan {
	p := &plan{Net: net, Name: name, Lanes: lanes, Steps: net.Steps, Names: names,
		makers: map[*lower.Array]*unit{}, moved: map[*lower.Array][]origin{}, latches: map[*lower.Array]*lower.Stage{},
		gathers: map[[sha256.Size]byte]*unit{}, taken: map[string]bool{}}
	for _, port := range names {
		p.taken[port] = true
	}
	for _, a := range net.Arrays {
		if a.Given {
			p.input(a)
		}
	}
	for _, s := range net.Stages {
		if s.Move != nil && s.Move.Late {
			p.latches[s.To] = s
		}
	}
	for _, s := range net.Stages {
		p.stage(s)
	}
	for _, u := range p.Units {
		u.Wide = p.OutBits()
		if u.Kind == kindInput {
			u.Wide = p.InBits()
		}
	}
	p.connect()
	p.schedule()
	return p
}

// stage plans the hardware of a stage. Moves have none: they say where elements come from.
func (p *plan) stage(s *lower.Stage) {
	p.clock = s.Clock
	switch {
	case s.Each != nil:
		p.each(s)
	case s.Fold != nil:
		p.fold(s)
	case s.Output:
		p.output(s)
	case s.Move.Late:
		p.latch(s)
	case p.latches[s.To] != nil:
		p.delay(s)
	default:
		p.moved[s.To] = p.move(s.Move, s.To.Type.Size())
	}
}

// add appends a unit. An array's elements are those of the unit that computes it, unless it
// only brings them into order.
func (p *plan) add(u *unit) *unit {
	u.Top, u.Steps, u.number = p.Name, p.Steps, len(p.Units)
	if u.Kind == kindInput || u.Kind == kindOutput {
		u.ID = p.Names[u.Array.Name]
	} else {
		u.ID = uniqueID(u.Array.Name, p.taken)
	}
	if len(u.Xs) > 0 {
		u.X = u.Xs[0]
	}
	p.Units = append(p.Units, u)
	if u.Kind != kindGather && !u.Latch {
		p.makers[u.Array] = u
	}
	return u
}

func (p *plan) input(a *lower.Array) {
	clock := ir.Once
	if a.Per == ir.Step {
		clock = ir.Step
	}
	lanes, order := inOrder(a.Type.Size(), p.Lanes)
	p.add(&unit{Kind: kindInput, Array: a, Text: a.String(), Clock: clock, vector: newVector(a.Range, lanes, order)})
}

// output sends elements in C order.
func (p *plan) output(s *lower.Stage) {
	lanes, order := inOrder(s.To.Type.Size(), p.Lanes)
	x := p.arranged(s.Move.Pieces[0].From.Array, inPlaces(p.move(s.Move, s.To.Type.Size()), order), lanes)
	p.add(&unit{Kind: kindOutput, Array: s.To, Text: s.String(), Clock: s.Clock, Xs: []*unit{x}, vector: newVector(s.To.Range, lanes, order)})
}

// each plans a program that runs in the lanes, in the order of the first operand.
func (p *plan) each(s *lower.Stage) {
	e, dims := s.Each, s.To.Type.Shape.Dims()
	u := &unit{Kind: kindMap, Array: s.To, Text: s.String(), Clock: s.Clock}
	switch {
	case readout(e.Program):
		u.Kind = kindSum
	case len(e.Program.Vars) > 0:
		u.Kind = kindNeuron
	}
	for _, slot := range operandsOf(e.Program) {
		w, a := p.origins(e.Views[slot], dims), e.Views[slot].Array
		if u.Operands == nil {
			x, order := p.stored(a, w)
			u.vector = newVector(s.To.Range, x.Lanes, order)
			u.read(slot, x)
		} else {
			u.read(slot, p.arranged(a, inPlaces(w, u.Order), u.Lanes))
		}
	}
	if u.Operands == nil { // something must come, if only to start it
		x, order := p.stored(s.To, make([]origin, s.To.Type.Size()))
		u.vector, u.Xs = newVector(s.To.Range, x.Lanes, order), []*unit{x}
	}
	if u.TakesTiles() && len(u.Xs) > 1 {
		p.join(u)
	}
	u.program = planProgram(u, e, dims, p.Steps)
	p.add(u)
}

// operandsOf lists the operands that a program reads in each step.
func operandsOf(p *update.Program) []int {
	var slots []int
	for _, i := range p.Code {
		if i.Kind == update.Operand && !slices.Contains(slots, int(i.At)) {
			slots = append(slots, int(i.At))
		}
	}
	return slots
}

// readout reports whether a program's result is all that it keeps, and nobody looks at the
// membrane: one memory holds both.
func readout(p *update.Program) bool {
	return len(p.Vars) == 1 && !p.Vars[0].Bit && p.Var(ir.MembraneVar) < 0 && p.Stored(0) == p.Result()
}

// A delay is a unit that gives the memory of its latch, or its initial value in
// the first step; the latch stores at the end of the step. The latch's unit
// comes first, for the delay reads it.
func (p *plan) delay(s *lower.Stage) {
	dims := s.To.Type.Shape.Dims()
	lanes, order := inOrder(s.To.Type.Size(), p.Lanes)
	latch := p.add(&unit{Kind: kindMap, Array: s.To, Text: p.latches[s.To].String(), Clock: ir.Step, Latch: true, vector: newVector(s.To.Range, lanes, order)})
	u := &unit{Kind: kindMap, Array: s.To, Text: s.String(), Clock: ir.Step, vector: latch.vector, Xs: []*unit{latch}}
	b := update.Builder{}
	kept := b.Load(b.Var(update.Var{Name: "kept", Init: 0}))
	b.Store(0, kept)
	b.Result(kept)
	u.program = planProgram(u, &lower.Each{Program: b.Program(), Views: map[int]lower.View{0: s.Move.Pieces[0].From}}, dims, p.Steps)
	p.add(u)
}

// latch fills in the operand of the latch's unit.
func (p *plan) latch(s *lower.Stage) {
	delay, from := p.makers[s.To], s.Move.Pieces[0].From
	u := delay.X
	u.read(0, p.arranged(from.Array, inPlaces(p.move(s.Move, s.To.Type.Size()), u.Order), u.Lanes))
	u.X = u.Xs[0]
	b := update.Builder{}
	b.Result(b.Operand(0))
	u.program = planProgram(u, &lower.Each{Program: b.Program(), Views: map[int]lower.View{0: from}}, nil, p.Steps)
}

// read adds the operand of a program that a unit keeps.
func (u *unit) read(slot int, x *unit) {
	port := -1
	for i, have := range u.Xs {
		if have == x {
			port = i
		}
	}
	if port < 0 {
		port, u.Xs = len(u.Xs), append(u.Xs, x)
	}
	u.Operands = append(u.Operands, operand{slot, port, x.Bits, x.Signed, 0, x.Bits})
}

// connect decides which tiles are streamed and which are stored.
func (p *plan) connect() {
	for _, u := range p.Units {
		for _, x := range u.Xs {
			switch {
			case !u.TakesTiles():
				x.Readers = append(x.Readers, u)
			case x.streamsTo(u):
				x.Streams = append(x.Streams, u)
			default:
				x.Walked = append(x.Walked, u)
			}
		}
	}
}

// streamers make tiles that neurons and sums can take as they come.
var streamers = map[string]bool{kindLayer: true, kindNeuron: true}

// streamsTo reports whether u can take x's tiles as they are made.
func (x *unit) streamsTo(u *unit) bool { return x.Clock == u.Clock && streamers[x.Kind] }

// uniqueID turns a name into letters, digits and underscores.
func uniqueID(name string, taken map[string]bool) string {
	id := backends.Letters(name)
	unique := id
	for i := 1; taken[unique]; i++ {
		unique = fmt.Sprintf("%s_%d", id, i)
	}
	taken[unique] = true
	return unique
}
