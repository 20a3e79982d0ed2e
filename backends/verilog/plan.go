package verilog

import (
	"crypto/sha256"
	"fmt"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/update"
)

// unit is the hardware of one value: one module.
type unit struct {
	vector
	Kind   string // of module
	V      *ir.Value
	Top    string // name of the top module
	ID     string // the value's name as part of Verilog names
	number int    // among the units
	places []int  // of each element; see place
	Xs     []*unit
	X      *unit // the first of Xs; nil of an input
	Clock  ir.Clock

	Streams []*unit // take the tiles as they are made
	Readers []*unit // scan, walk or send the stored tiles
	Walked  []*unit // take the stored tiles one after another, in a walk of their own
	Ends    bool    // its end is the end of a pass

	First  bool // the first input: at first it opens by itself
	Wide   int  // bits of the engine's output port, of an output
	Steps  int
	Linear linear
	Conv   conv
	Rows   *unit // keeps the weights of a matmul; nil of a conv
	Pool   pool
	Gather gather
	Lanewise
	Neuron  neuron
	Readout *update.Program
}

// The kinds of modules.
const (
	kindInput  = "input"
	kindLinear = "linear"
	kindConv   = "conv"
	kindPool   = "pool"
	kindGather = "gather"
	kindMap    = "map"
	kindNeuron = "neuron"
	kindSum    = "sum"
	kindOutput = "output"
)

// Mem tells whether the unit stores its tiles.
func (u *unit) Mem() bool { return len(u.Readers) > 0 || len(u.Walked) > 0 }

// Module is the kind of the unit's module.
func (u *unit) Module() string { return u.Kind }

// pass is one stretch of work that the end of the pass before starts.
type pass struct {
	Head *unit
	Walk bool   // the head's memory is walked; else the head itself is started
	Part string // once, step, end
	Go   string // its start signal
	Done string // its end signal
	Base int    // clocks from start to end, less the scan's
	Line string // the term of the latency
}

// Scans tells whether the pass scans all of an operand: Head.Tiles · slots clocks more.
func (p pass) Scans() bool { return !p.Walk && p.Head.Kind == kindLinear }

// Looks tells whether the pass scans words of an operand by a list.
func (p pass) Looks() bool { return !p.Walk && p.Head.Kind == kindConv }

type plan struct {
	Net     *ir.Net
	Name    string
	Lanes   int
	Steps   int
	Units   []*unit
	Passes  []pass
	Ports   backends.Ports
	Names   backends.Names // of the ports
	byVal   map[*ir.Value]*unit
	views   map[*ir.Value]view
	latches map[*ir.Value]*ir.Value // by delay
	gathers map[[sha256.Size]byte]*unit
	taken   map[string]bool
}

func newPlan(net *ir.Net, name string, lanes int) *plan {
	p := &plan{Net: net, Name: name, Lanes: lanes, Steps: net.Steps, Ports: backends.PortsOf(net), Names: backends.PortNames(net),
		byVal: map[*ir.Value]*unit{}, views: map[*ir.Value]view{}, latches: map[*ir.Value]*ir.Value{},
		gathers: map[[sha256.Size]byte]*unit{}, taken: map[string]bool{}}
	for _, v := range net.All(ir.OpLatch) {
		p.latches[v.Args[0]] = v
	}
	for _, name := range p.Names {
		p.taken[name] = true
	}
	live := p.liveValues(net)
	for _, v := range net.Values {
		if build := builder(v.Op); build != nil && live[v] {
			build(p, v)
		}
	}
	p.connect()
	p.schedule()
	return p
}

// builder makes the hardware of an op; it is nil where the op has none.
func builder(op ir.Op) func(*plan, *ir.Value) {
	switch own := builders[op]; {
	case own != nil:
		return own
	case op.ReadsOut():
		return (*plan).sum
	case op.Elementwise():
		return (*plan).lanewise
	}
	return nil
}

// builders are those of the ops that are neither elementwise nor readouts, and of products with constants.
var builders = map[ir.Op]func(*plan, *ir.Value){
	ir.OpInput: (*plan).input, ir.OpOutput: (*plan).output,
	ir.OpLinear: (*plan).linear, ir.OpConv: (*plan).conv, ir.OpMatmul: (*plan).matmul, ir.OpNeuron: (*plan).neuron,
	ir.OpMaxPool: (*plan).pool, ir.OpSumPool: (*plan).pool,
	ir.OpReduceSum: (*plan).reduce, ir.OpReduceMax: (*plan).reduce, ir.OpReduceMin: (*plan).reduce,
	ir.OpCSD:   (*plan).csd,
	ir.OpDelay: (*plan).delay, ir.OpLatch: (*plan).latch,
}

// add appends a unit for a value. The value's own view is the unit's elements
// from then on, unless the unit only brings another value's into order.
func (p *plan) add(u *unit, own bool) *unit {
	u.Top, u.Steps, u.number = p.Name, p.Steps, len(p.Units)
	if u.Kind == kindInput || u.Kind == kindOutput {
		u.ID = p.Names[u.V]
	} else {
		u.ID = uniqueID(u.V.Name, p.taken)
	}
	if len(u.Xs) > 0 {
		u.X = u.Xs[0]
	}
	p.Units = append(p.Units, u)
	if own {
		p.byVal[u.V] = u
	}
	return u
}

func (p *plan) input(v *ir.Value) {
	lanes, order := inOrder(v.Type.Size(), p.Lanes)
	p.add(&unit{Kind: kindInput, V: v, Clock: v.Clock, vector: newVector(v, lanes, order)}, true)
}

// output sends elements in C order.
func (p *plan) output(v *ir.Value) {
	lanes, order := inOrder(v.Type.Size(), p.Lanes)
	x := p.arranged(v.Args[0], p.view(v.Args[0]), lanes, order)
	p.add(&unit{Kind: kindOutput, V: v, Clock: v.Clock, Xs: []*unit{x}, vector: newVector(v, lanes, order), Wide: p.OutBits()}, true)
}

// linear over one axis scans all of its operand for each tile; over several it
// is a convolution of one tap.
func (p *plan) linear(v *ir.Value) {
	if v.Args[0].Type.Shape.Rank() > 1 {
		p.conv(v)
		return
	}
	x, from := p.stored(v.Args[0], p.view(v.Args[0]))
	lanes, order := inOrder(v.Type.Size(), p.Lanes)
	u := &unit{Kind: kindLinear, V: v, Clock: v.Clock, Xs: []*unit{x}, vector: newVector(v, lanes, order)}
	u.Linear = planLinear(v, u.vector, x.vector, from)
	p.add(u, true)
}

// neuron and sum keep the order of what they read.
func (p *plan) neuron(v *ir.Value) {
	x, order := p.stored(v.Args[0], p.view(v.Args[0]))
	u := &unit{Kind: kindNeuron, V: v, Clock: v.Clock, Xs: []*unit{x}, vector: newVector(v, x.Lanes, order)}
	u.Neuron = planNeuron(v, u.vector, p.Net.Steps)
	p.add(u, true)
}

func (p *plan) sum(v *ir.Value) {
	x, order := p.stored(v.Args[0], p.view(v.Args[0]))
	u := &unit{Kind: kindSum, V: v, Clock: ir.Step, Xs: []*unit{x}, vector: newVector(v, x.Lanes, order)}
	u.Readout, _ = v.Update(p.Net.Steps)
	u.Work = max(v.Range.SignedBits(), v.Args[0].Range.SignedBits())
	if u.Numbers() {
		u.Work = max(u.Work, indexBits(p.Net.Steps)+1)
	}
	p.add(u, true)
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
var streamers = map[string]bool{kindLinear: true, kindConv: true, kindNeuron: true}

// streamsTo tells whether u can take x's tiles as they are made.
func (x *unit) streamsTo(u *unit) bool { return x.Clock == u.Clock && streamers[x.Kind] }

// liveValues are those that an output or a neuron's trace depends on, and the
// inputs, which are sent to the engine whether it uses them or not.
func (p *plan) liveValues(net *ir.Net) map[*ir.Value]bool {
	live := map[*ir.Value]bool{}
	var mark func(v *ir.Value)
	mark = func(v *ir.Value) {
		if v == nil || live[v] {
			return
		}
		live[v] = true
		for _, a := range v.Args {
			mark(a)
		}
		mark(p.latches[v])
	}
	for _, v := range net.Values {
		if v.Op == ir.OpOutput || v.Op == ir.OpNeuron || v.Op == ir.OpInput {
			mark(v)
		}
	}
	return live
}

// uniqueID turns a value's name into letters, digits and underscores.
func uniqueID(name string, taken map[string]bool) string {
	id := []byte(name)
	for i, c := range id {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			id[i] = '_'
		}
	}
	unique := string(id)
	for i := 1; taken[unique]; i++ {
		unique = fmt.Sprintf("%s_%d", id, i)
	}
	taken[unique] = true
	return unique
}
