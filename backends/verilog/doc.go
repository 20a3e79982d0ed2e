// Package verilog emits a lowered program (package lower) as Verilog-2005: an event engine
// that adds weight rows only for ones, and holds no multiplier.
//
// An array of N elements lies in hardware as tiles of P lanes (Options.Lanes; one
// of fewer elements has fewer lanes), in C order or pixel by pixel. Each array
// that a fold or program computes is one module:
//
//   - input takes one element per clock and stores tiles, once or in each step;
//   - layer, a sum of products with weights, scans words of its operand bit plane by bit
//     plane, most significant first, and for each one found reads one row of P weights from
//     block memory and adds it to P accumulators; from plane to plane these are doubled
//     (Horner). It does so once per tile of its results, over all words or over those that a
//     list in memory names, which a window or a row sees; weights that are computed are
//     another module's memory;
//   - pool joins tiles that a list names, lane by lane: a fold without weights;
//   - map runs a program lane by lane on tiles that lie alike; delays are one, and latches;
//   - gather brings elements into the order that a reader needs, one per clock.
//     Moves make no hardware but this, where it is needed;
//   - neuron runs a program with state on one tile per clock: membranes, currents, waiting resets;
//   - sum does so where the result is the state: readouts over time;
//   - output sends one element per clock.
//
// Tiles of a layer go straight into the neurons and sums that read it
// (a stream); whatever is read by another module, or in another part of the net,
// is kept in the memory of the module that made it. The work is a fixed
// sequence of passes, each started by the end of the one before, so the latency
// is a sum that Cycles computes, the header states and the bench checks.
package verilog

import (
	"slices"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
)

// DefaultLanes is the number of accumulators when Options.Lanes is 0.
const DefaultLanes = 32

type backend struct{}

// New is the Verilog back end.
func New() backends.Backend { return backend{} }

var _ backends.Counted = backend{}

func (backend) Name() string { return "verilog" }

func (backend) Doc() string {
	return "Verilog-2005 event engine with weight memories, a self-checking bench and a Makefile"
}

// Check lists the limits of Emit that the net exceeds.
func (backend) Check(net *ir.Net) diag.List {
	return lower.Limits{Target: "verilog", Input: 16}.Check(net)
}

// planOf plans the lowered program of a net.
func planOf(net *ir.Net, name string, lanes int) *plan {
	names := map[string]string{}
	for v, port := range backends.PortNames(net) {
		names[v.Name] = port
	}
	return newPlan(lower.Of(net), names, name, laneCount(lanes))
}

// Emit returns the files of the artefact: NAME.v, tb.v, Makefile, the weight
// memories and the vectors. The net has passed Check.
func (backend) Emit(net *ir.Net, o backends.Options) []backends.File {
	p := planOf(net, o.Name, o.Lanes)
	return p.emit(backends.Meanings(net, backends.PortNames(net), p.element), o)
}

// emit prints a plan; meanings are the lines on inputs and outputs.
func (p *plan) emit(meanings []string, o backends.Options) []backends.File {
	g := newPage(p, meanings, o)
	if o.OutputsOnly {
		o.Vectors = o.Vectors.WithoutSteps() // which are far larger than the model, and go before its memories come
	}
	stored, samples, orders := memories(p), vectors(g, o.Vectors), orders(p)
	g.Stored, g.Sampled, g.Orders = g.known(stored, "a memory"), g.known(samples, "a file of the test"), g.known(orders, "a file of the test")
	files := []backends.File{
		{Name: o.Name + ".v", Data: render("top", g)},
		{Name: "tb.v", Data: render("tb", g)},
		{Name: "Makefile", Data: render("makefile", g)},
	}
	return slices.Concat(files, stored, samples, orders)
}

// Top is the name of the top module of a model of that name.
func Top(model string) string { return model + "_top" }

// laneCount is the largest power of two within the number asked for.
func laneCount(asked int) int {
	if asked <= 0 {
		return DefaultLanes
	}
	n := 1
	for n+n <= asked {
		n += n
	}
	return n
}
