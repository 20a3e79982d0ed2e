package verilog

import (
	"fmt"
	"strings"

	"nomul/ir"
)

// The clocks from a tile's announcement (pre) to the end signal that follows its storing.
const (
	settleStore  = 2 // a linear's or a sum's
	settleNeuron = 3
	streamNeuron = 1 // from a neuron's own announcement to that of its spikes
	scanStart    = 3 // from the start of a scan to the announcement, less the slots
)

// settle is the clocks from a unit's last announcement to the end of all that
// follows from it, and the unit that ends last.
func (u *unit) settle() (int, *unit) {
	clocks, last := settleStore, u
	if u.V.Op == ir.OpNeuron {
		clocks = settleNeuron
	} else if !u.Mem() {
		clocks = 0
	}
	for _, s := range u.Streams {
		n, end := s.settle()
		if u.V.Op == ir.OpNeuron {
			n += streamNeuron
		}
		if n > clocks {
			clocks, last = n, end
		}
	}
	return clocks, last
}

// schedule lists the passes: inputs and what is computed once; in each step
// first the walks over what was computed once, then the linears; then the end
// and the outputs.
func (p *plan) schedule() {
	for _, u := range p.Units {
		if u.V.Op == ir.OpInput {
			p.addInput(u)
		}
	}
	p.addLinears(ir.Once, "once")
	for _, u := range p.Units {
		if len(u.Walked) > 0 {
			p.addWalk(u)
		}
	}
	p.addLinears(ir.Step, "step")
	p.addLinears(ir.End, "end")
	for _, u := range p.Units {
		if u.V.Op == ir.OpOutput {
			p.add(u, u, "end", u.N+u.Tiles+u.Tiles+1, fmt.Sprintf("%s: %d elements out", u.ID, u.N))
		}
	}
}

func (p *plan) add(head, last *unit, part string, base int, what string) {
	last.Ends = true
	p.Passes = append(p.Passes, pass{Head: head, Part: part, Go: "go_" + head.ID, Done: "done_" + last.ID, Base: base, Line: what})
}

func (p *plan) addInput(u *unit) {
	base := u.N + 2
	if u.First {
		base-- // it is open already
	}
	p.add(u, u, "once", base, fmt.Sprintf("%s: %d elements in", u.ID, u.N))
}

func (p *plan) addLinears(clock ir.Clock, part string) {
	for _, u := range p.Units {
		if u.V.Op != ir.OpLinear || u.Clock != clock {
			continue
		}
		_, last := u.settle()
		p.add(u, last, part, u.ScanBase(), fmt.Sprintf("E(%s) for each of %d %s: %s%s", u.X.ID, u.Tiles, plural(u.Tiles, "tile"), u.ID, streamNames(u.Streams)))
	}
}

// ScanBase is the clocks of a linear's pass, less its scan.
func (u *unit) ScanBase() int {
	clocks, _ := u.settle()
	return scanStart + clocks
}

func (p *plan) addWalk(u *unit) {
	clocks, last := 0, u
	for _, w := range u.Walked {
		if n, end := w.settle(); n > clocks {
			clocks, last = n, end
		}
	}
	p.add(u, last, "step", u.Tiles+clocks, fmt.Sprintf("%d %s of %s:%s", u.Tiles, plural(u.Tiles, "tile"), u.ID, streamNames(u.Walked)))
	at := &p.Passes[len(p.Passes)-1]
	at.Walk, at.Go = true, "walk_"+u.ID
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
