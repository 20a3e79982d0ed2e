package verilog

import (
	"slices"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// Cycles is the latency of one sample in clocks, from the one that takes the
// first input element to the one in which done is high, when neither side ever
// waits. lanes is as in backends.Options. The net has passed Check, and the
// sample holds its inputs and the spikes of every step.
func Cycles(net *ir.Net, sample backends.Sample, lanes int) int {
	return planOf(net, "", lanes).cycles(sample)
}

func (p *plan) cycles(sample backends.Sample) int {
	total := -1 // the first input is open already
	for _, q := range p.Passes {
		if q.Part == parts[ir.Step] {
			total += q.Base * p.Steps
		} else {
			total += q.Base
		}
	}
	scanned := p.scanned()
	if len(scanned) == 0 { // no layer sums rows of weights
		return total
	}
	r := p.newReplay(sample, scanned)
	lower.NewMachine(lower.NewPlan(&r.Program, lower.Layout{})).Run(r.in, func(_ int, s *lower.Stage, _ [][]int64, elements []int64) {
		data := map[*lower.Array][]int64{}
		for _, a := range r.scanned {
			if r.parts[s] != "" {
				data[a], elements = elements[:a.Type.Size()], elements[a.Type.Size():]
			}
		}
		for _, q := range p.Passes {
			if q.Part == r.parts[s] {
				total += p.scan(q, data)
			}
		}
	})
	return total
}

// scan is the clocks of a pass's scan of words.
func (p *plan) scan(q pass, data map[*lower.Array][]int64) int {
	if !q.Scans() {
		return 0
	}
	x, total := q.Head.X, 0
	elements := p.elements(x, data)
	words := make([]int, x.Tiles)
	for t := range words {
		words[t] = x.wordSlots(elements[t*x.Lanes:][:x.Lanes])
	}
	for _, list := range q.Head.Lists {
		for _, e := range list {
			total += words[e.Tile]
		}
	}
	return total * q.Head.Repeat
}

// elements are those in a unit's places.
func (p *plan) elements(u *unit, data map[*lower.Array][]int64) []int64 {
	places := u.Sources
	if u.Kind != kindGather {
		places = u.kept()
	}
	out := make([]int64, len(places))
	for i, o := range places {
		if number, element := o.unit(); number >= 0 {
			out[i] = data[p.Units[number].Array][element]
		} else {
			out[i] = o.constant()
		}
	}
	return out
}

// wordSlots is the clocks of the scan of one word: the ones in each bit plane,
// but at least 1, summed.
func (v vector) wordSlots(word []int64) int {
	total := 0
	for plane := range v.Bits {
		ones := 0
		for _, x := range word {
			ones += int(x >> plane & 1)
		}
		total += max(1, ones)
	}
	return total
}

// replay is a program that computes the scanned arrays of a sample, from its inputs and the
// traced results of layers.
type replay struct {
	lower.Program
	in      map[string][]int64
	scanned []*lower.Array
	parts   map[*lower.Stage]string // of the stages that copy, in each part of the net, all that is scanned
}

func (p *plan) newReplay(sample backends.Sample, scanned []*lower.Array) replay {
	r := replay{Program: lower.Program{Steps: p.Steps, Arrays: slices.Clone(p.Net.Arrays)}, in: map[string][]int64{}, scanned: scanned, parts: map[*lower.Stage]string{}}
	for i, u := range p.units(kindInput) {
		r.in[u.Array.Name] = sample.Inputs[i]
	}
	live, layer := p.Net.Needed(r.scanned, (*lower.Stage).Neurons), 0
	for _, s := range p.Net.Stages {
		switch {
		case live[s] && s.Neurons():
			given := *s.To
			given.Name, given.Given, given.Per = "trace of "+s.To.Name, true, ir.Step
			r.in[given.Name] = results(sample, layer, s.To.Type.Size(), s.To.Type.IsSpike())
			r.Arrays = append(r.Arrays, &given)
			r.Stages = append(r.Stages, &lower.Stage{Clock: ir.Step, To: s.To, Move: &lower.Move{Pieces: []lower.Piece{piece(&given, s.To, 0)}}})
		case live[s]:
			r.Stages = append(r.Stages, s)
		}
		if s.Neurons() {
			layer++
		}
	}
	for clock, part := range parts {
		r.copy(clock, part)
	}
	return r
}

// scanned are the arrays of the units that are scanned; those of a gather are of its operands.
func (p *plan) scanned() []*lower.Array {
	var out []*lower.Array
	for _, u := range p.Counted() {
		of := []*unit{u}
		if u.Kind == kindGather {
			of = u.Xs
		}
		for _, x := range of {
			if !slices.Contains(out, x.Array) {
				out = append(out, x.Array)
			}
		}
	}
	return out
}

// results are those of a layer of n neurons in all steps: spikes, or membranes.
func results(sample backends.Sample, layer, n int, spikes bool) []int64 {
	var out []int64
	for _, t := range sample.Steps {
		if spikes {
			out = append(out, backends.Elements[int64](t.Spikes[layer])...)
		} else {
			out = append(out, backends.Elements[int64](t.States[layer][:n])...)
		}
	}
	return out
}

// piece copies all of an array to some elements of another.
func piece(from, to *lower.Array, first int) lower.Piece {
	one := []int{1}
	return lower.Piece{Dims: []int{from.Type.Size()}, From: lower.View{Array: from, Strides: one}, To: lower.View{Array: to, Start: first, Strides: one}}
}

// copy adds the stage that copies all that is scanned.
func (r *replay) copy(clock ir.Clock, part string) {
	all, m, n := &lower.Array{}, &lower.Move{}, 0
	for _, a := range r.scanned {
		m.Pieces = append(m.Pieces, piece(a, all, n))
		n += a.Type.Size()
	}
	all.Type = ir.Type{Shape: ir.ShapeOf(n)}
	s := &lower.Stage{Clock: clock, To: all, Move: m}
	r.Arrays, r.Stages, r.parts[s] = append(r.Arrays, all), append(r.Stages, s), part
}
