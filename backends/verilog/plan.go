package verilog

import (
	"fmt"
	"math/bits"

	"nomul/backends"
	"nomul/ir"
)

// vector is how a value of N elements lies in hardware: Tiles words of Lanes
// elements of Bits bits each, element 0 in the lowest bits of tile 0.
type vector struct {
	N, Lanes, Tiles, Bits int
	Signed                bool
}

func newVector(v *ir.Value, lanes int) vector {
	n := v.Type.Size()
	lanes = min(lanes, n)
	return vector{N: n, Lanes: lanes, Tiles: (n + lanes - 1) / lanes, Bits: bitsOf(v.Range), Signed: v.Range.Lo < 0}
}

// Word is the bits of a tile.
func (v vector) Word() int { return v.Lanes * v.Bits }

// Addr is the bits of a tile's number.
func (v vector) Addr() int { return indexBits(v.Tiles) }

// Last is the number of the last tile.
func (v vector) Last() int { return v.Tiles - 1 }

// Tail is the number of elements in the last tile.
func (v vector) Tail() int { return v.N - v.Last()*v.Lanes }

// unit is the hardware of one value: one module.
type unit struct {
	vector
	V     *ir.Value
	Top   string // name of the top module
	ID    string // the value's name as part of Verilog names
	X     *unit  // the operand that is not a constant; nil of an input
	Clock ir.Clock

	Streams []*unit // take the tiles as they are made
	Readers []*unit // scan or send the stored tiles
	Walked  []*unit // take the stored tiles one after another, in a later part of the net
	Ends    bool    // its end is the end of a pass

	First  bool // the first input: it opens by itself
	Wide   int  // bits of the engine's output port, of an output
	Linear linear
	Neuron neuron
}

// Mem tells whether the unit stores its tiles.
func (u *unit) Mem() bool { return len(u.Readers) > 0 || len(u.Walked) > 0 }

// Module is the kind of the unit's module.
func (u *unit) Module() string { return u.V.Op.String() }

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

// Scans tells whether the pass scans an operand: Head.Tiles · slots clocks more.
func (p pass) Scans() bool { return !p.Walk && p.Head.V.Op == ir.OpLinear }

type plan struct {
	Net    *ir.Net
	Name   string
	Lanes  int
	Steps  int
	Units  []*unit
	Passes []pass
	Ports  backends.Ports
	byVal  map[*ir.Value]*unit
}

func newPlan(net *ir.Net, name string, lanes int) *plan {
	p := &plan{Net: net, Name: name, Lanes: lanes, Steps: net.Steps, Ports: backends.PortsOf(net), byVal: map[*ir.Value]*unit{}}
	live, taken := liveValues(net), map[string]bool{}
	for _, v := range net.Values {
		if live[v] && v.Op != ir.OpConst && v.Op != ir.OpReshape {
			p.addUnit(v, uniqueID(v.Name, taken))
		}
	}
	p.connect()
	p.schedule()
	return p
}

func (p *plan) addUnit(v *ir.Value, id string) {
	u := &unit{vector: newVector(v, p.Lanes), V: v, Top: p.Name, ID: id, Clock: v.Clock}
	if v.Op != ir.OpInput {
		u.X = p.unit(v.Args[0])
	}
	switch v.Op {
	case ir.OpInput:
		u.First = len(p.Units) == 0
	case ir.OpOutput:
		u.Wide = p.OutBits()
	case ir.OpLinear:
		u.Linear = planLinear(v, u.vector, u.X.vector)
	case ir.OpNeuron:
		u.Neuron = planNeuron(v)
	case ir.OpSum:
		u.Clock = ir.Step // the adding is done in the steps
	}
	p.Units = append(p.Units, u)
	p.byVal[v] = u
}

// unit is the hardware that makes v.
func (p *plan) unit(v *ir.Value) *unit { return p.byVal[source(v)] }

// connect decides which tiles are streamed and which are stored.
func (p *plan) connect() {
	for _, u := range p.Units {
		x := u.X
		switch {
		case x == nil:
		case u.V.Op == ir.OpLinear || u.V.Op == ir.OpOutput:
			x.Readers = append(x.Readers, u)
		case x.streamsTo(u):
			x.Streams = append(x.Streams, u)
		default:
			x.Walked = append(x.Walked, u)
		}
	}
}

// streamsTo tells whether u can take x's tiles as they are made.
func (x *unit) streamsTo(u *unit) bool {
	return x.Clock == u.Clock && (x.V.Op == ir.OpLinear || x.V.Op == ir.OpNeuron)
}

// liveValues are those that an output or a neuron's trace depends on, and the
// inputs, which are sent to the engine whether it uses them or not.
func liveValues(net *ir.Net) map[*ir.Value]bool {
	live := map[*ir.Value]bool{}
	for i := len(net.Values) - 1; i >= 0; i-- {
		v := net.Values[i]
		live[v] = live[v] || v.Op == ir.OpOutput || v.Op == ir.OpNeuron || v.Op == ir.OpInput
		for _, a := range v.Args {
			if a != nil && live[v] {
				live[a] = true
			}
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

// indexBits is the bits of a number below n, at least one.
func indexBits(n int) int { return max(1, bits.Len(uint(n-1))) }

// bitsOf is the fewest bits that hold a range: unsigned, or two's complement
// when it holds negative numbers.
func bitsOf(r ir.Range) int {
	if r.Lo >= 0 {
		return max(1, bits.Len64(uint64(r.Hi)))
	}
	return signedBits(r)
}

// signedBits is the fewest two's complement bits that hold a range.
func signedBits(r ir.Range) int {
	return 1 + max(bits.Len64(uint64(max(r.Hi, 0))), bits.Len64(uint64(max(^r.Lo, 0))))
}
