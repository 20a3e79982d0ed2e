package verilog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
)

// The clocks from a tile's announcement (pre) to the end signal that follows its storing.
const (
	settleStore  = 2 // a linear's or a sum's
	settleNeuron = 3
	streamNeuron = 1 // from a neuron's own announcement to that of its spikes
	scanStart    = 3 // from the start of a scan to the announcement, less the slots
	poolStart    = 4 // from the start of a pool to its end, less its entries
	gatherStart  = 4 // the same of a gather, less its elements
	mapStart     = 2 // the same of a lanewise op, less its tiles
)

// settle is the clocks from a unit's last announcement to the end of all that
// follows from it, and the unit that ends last.
func (u *unit) settle() (int, *unit) {
	clocks, last := settleStore, u
	if u.Kind == kindNeuron {
		clocks = settleNeuron
	} else if !u.Mem() {
		clocks = 0
	}
	for _, s := range u.Streams {
		n, end := s.settle()
		if u.Kind == kindNeuron {
			n += streamNeuron
		}
		if n > clocks {
			clocks, last = n, end
		}
	}
	return clocks, last
}

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

// Scans reports whether the pass scans words of an operand.
func (p pass) Scans() bool { return !p.Walk && p.Head.Kind == kindLayer }

// schedule lists the passes: inputs and values computed once; in each step
// its inputs, the walks over the values computed once, then everything in the net's
// order, each followed by the walk over it, and the latches last; then the end. The first
// is an input, for which the engine waits: where none comes once, constants that are
// computed once are computed in each step.
func (p *plan) schedule() {
	inputs := p.startOnce(true)
	if inputs {
		p.startOnce(false)
	}
	for _, u := range p.units(kindInput) {
		if u.Clock == ir.Step {
			p.step(u)
		}
	}
	if fed := len(p.Passes); !inputs {
		p.startOnce(false)
		for i := range p.Passes[fed:] {
			p.Passes[fed+i].Part = parts[ir.Step]
		}
	}
	for _, u := range p.Units {
		if u.Clock == ir.Once && len(u.Walked) > 0 {
			p.addWalk(u)
		}
	}
	var latches []*unit
	for _, u := range p.Units {
		switch {
		case u.Latch:
			latches = append(latches, u)
		case u.Clock == ir.Step && u.Kind != kindInput:
			p.step(u)
		}
	}
	for _, u := range latches {
		p.start(u)
	}
	for _, u := range p.Units {
		if u.Clock == ir.End {
			p.start(u)
		}
	}
	p.outputsLast()
	p.Passes[0].Head.First = true
}

// startOnce adds the passes of the inputs that come once, or of the other units that are
// computed once; it reports whether there are any.
func (p *plan) startOnce(inputs bool) (some bool) {
	for _, u := range p.Units {
		if u.Clock == ir.Once && (u.Kind == kindInput) == inputs {
			p.start(u)
			some = true
		}
	}
	return some
}

// step adds the passes of a unit in each step.
func (p *plan) step(u *unit) {
	p.start(u)
	if len(u.Walked) > 0 {
		p.addWalk(u)
	}
}

// outputsLast moves outputs of clock once behind the steps, and lists all as the model does.
func (p *plan) outputsLast() {
	isOutput := func(q pass) bool { return q.Head.Kind == kindOutput }
	var rest, outs []pass
	for _, q := range p.Passes {
		if isOutput(q) {
			q.Part = "end"
			outs = append(outs, q)
			continue
		}
		rest = append(rest, q)
	}
	slices.SortFunc(outs, func(a, b pass) int {
		return cmp.Compare(a.Head.number, b.Head.number)
	})
	p.Passes = append(rest, outs...)
}

var parts = map[ir.Clock]string{ir.Once: "once", ir.Step: "step", ir.End: "end"}

// start adds the pass of a unit that is started by itself. Neurons and sums are not: they
// take tiles that others make.
func (p *plan) start(u *unit) {
	tiles, clocks, last := plural(u.Tiles, "tile"), 0, u
	var base int
	var line string
	switch u.Kind {
	case kindInput:
		base, line = u.N+2, fmt.Sprintf("%s: %d elements in", u.ID, u.N)
	case kindLayer:
		clocks, last = u.settle()
		base, line = scanStart+clocks, fmt.Sprintf("%d times E of %d words of %s: %s%s", u.Repeat, u.Entries(), u.X.ID, u.ID, streamNames(u.Streams))
	case kindPool:
		base, line = u.Entries()+poolStart, fmt.Sprintf("%d listed tiles of %s: %s", u.Entries(), u.X.ID, u.ID)
	case kindGather:
		base, line = len(u.Order)+gatherStart, fmt.Sprintf("%d elements brought into order: %s", len(u.Order), u.ID)
	case kindMap:
		base, line = u.Tiles+mapStart, fmt.Sprintf("%d %s: %s", u.Tiles, tiles, u.ID)
	case kindOutput:
		base, line = u.N+u.Tiles+u.Tiles+1, fmt.Sprintf("%s: %d elements out", u.ID, u.N)
	default:
		return
	}
	last.Ends = true
	p.Passes = append(p.Passes, pass{Head: u, Part: parts[u.Clock], Go: "go_" + u.ID, Done: "done_" + last.ID, Base: base, Line: line})
}

func (p *plan) addWalk(u *unit) {
	clocks, last := 0, u
	for _, w := range u.Walked {
		if n, end := w.settle(); n > clocks {
			clocks, last = n, end
		}
	}
	last.Ends = true
	p.Passes = append(p.Passes, pass{Head: u, Walk: true, Part: "step", Go: "walk_" + u.ID, Done: "done_" + last.ID,
		Base: u.Tiles + clocks, Line: fmt.Sprintf("%d %s of %s:%s", u.Tiles, plural(u.Tiles, "tile"), u.ID, streamNames(u.Walked))})
}

// streamNames lists the units that a stream of tiles passes through.
func streamNames(us []*unit) string {
	var b strings.Builder
	for _, u := range us {
		b.WriteString(" " + u.ID + streamNames(u.Streams))
	}
	return b.String()
}

// part lists the passes of one part of the net.
func (p *plan) part(name string) []pass {
	var out []pass
	for _, q := range p.Passes {
		if q.Part == name {
			out = append(out, q)
		}
	}
	return out
}
