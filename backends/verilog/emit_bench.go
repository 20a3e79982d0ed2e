package verilog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"nomul/backends"
	"nomul/ir"
)

// Traces are the layers with membranes, in the order of the stream.
func (p *plan) Traces() []*unit {
	return slices.DeleteFunc(p.units(kindNeuron), func(u *unit) bool { return u.Var(ir.MembraneVar) < 0 })
}

// Counted are the units whose words are scanned.
func (p *plan) Counted() []*unit {
	return slices.DeleteFunc(slices.Clone(p.Units), func(u *unit) bool {
		return !slices.ContainsFunc(u.Readers, func(r *unit) bool { return r.Kind == kindLayer && r.X == u })
	})
}

// FirstBase is the latency's term of the first input, which is open already.
func (p *plan) FirstBase() int { return p.Passes[0].Base - 1 }

// Later are the passes behind it; it is one of them itself in later steps.
func (p *plan) Later() []pass {
	first := p.Passes[0]
	if first.Part != "step" || !p.Loops() {
		return p.Passes[1:]
	}
	first.Go += " & ~dut.done"
	return append([]pass{first}, p.Passes[1:]...)
}

// feeding is where an input's elements lie in a sample of the bench.
type feeding struct {
	Name     string
	N, Begin int
}

// FedOnce and FedEach are the inputs that come once, and those of each step.
func (p *plan) FedOnce() []feeding { return p.feeds(ir.Once) }

// FedEach are the inputs that come in each step.
func (p *plan) FedEach() []feeding { return p.feeds(ir.Step) }

func (p *plan) feeds(clock ir.Clock) []feeding {
	var out []feeding
	begin := 0
	for _, u := range p.units(kindInput) {
		if u.Clock == clock {
			out = append(out, feeding{u.Array.Name, u.N, begin})
		}
		begin += u.sampled()
	}
	return out
}

// sampled is the number of an input's elements in a sample.
func (u *unit) sampled() int {
	if u.Clock == ir.Step {
		return u.N * u.Steps
	}
	return u.N
}

// Began tells that one of them starts.
func (p *plan) Began() string {
	var gos []string
	for _, q := range p.Later() {
		gos = append(gos, "dut."+q.Go)
	}
	return strings.Join(gos, " | ")
}

// InCount is the number of elements of a sample.
func (p *plan) InCount() int {
	n := 0
	for _, u := range p.units(kindInput) {
		n += u.sampled()
	}
	return n
}

// OutCount is the number of elements that come out.
func (p *plan) OutCount() int {
	n := 0
	for _, u := range p.units(kindOutput) {
		n += u.N
	}
	return n
}

// Slots are the places of a vector's elements.
func (v vector) Slots() int { return len(v.Order) }

// Int32 is, in the bench, a state variable of the lowest lane as a 32-bit integer.
func (u *unit) Int32(s stateVar) string {
	return extend(slice("tile_"+s.Name+"_"+u.ID, s.Bits, s.Bits*u.Lanes), s.Bits, s.Signed, 32)
}

// vectors are the samples: the inputs, and the results that the bench expects.
func vectors(g page, vs backends.Vectors) []backends.File {
	var in, want bytes.Buffer
	for at, s := range vs {
		for _, x := range s.Inputs {
			hexLines(&in, x)
		}
		for _, t := range s.Steps {
			for i := range t.Spikes {
				hexLines(&want, t.Spikes[i])
				hexLines(&want, t.States[i])
			}
		}
		for _, y := range s.Outputs {
			hexLines(&want, y)
		}
		hexLines(&want, []int64{int64(g.Cycles[at])})
	}
	return []backends.File{{Name: "inputs.hex", Data: in.Bytes()}, {Name: "vectors.hex", Data: want.Bytes()}}
}

// orders are, for the bench, the neurons in each place of the layers where these lie otherwise.
func orders(p *plan) []backends.File {
	var out []backends.File
	for _, u := range p.Traces() {
		if !u.InOrder() {
			out = append(out, u.order())
		}
	}
	return out
}

func hexLines[T uint8 | int32 | int64](b *bytes.Buffer, vs []T) {
	for _, v := range vs {
		fmt.Fprintf(b, "%x\n", uint32(v))
	}
}

// order is, for the bench, the neuron in each place.
func (u *unit) order() backends.File {
	var b bytes.Buffer
	for _, at := range u.Order {
		fmt.Fprintf(&b, "%x\n", at)
	}
	return backends.File{Name: u.File("order"), Data: b.Bytes()}
}
