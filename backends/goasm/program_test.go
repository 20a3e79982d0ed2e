package goasm

import (
	"fmt"

	"pgregory.net/rapid"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
	_ "nomul/ir/irtest/seed"
	"nomul/ir/update"
)

// sketch is a random program of all instructions with data, for lanes of some width.
type sketch struct {
	program *update.Program // with leaks
	ranges  update.Ranges
	form    form
	data    [5][]int64 // by slot; slot 0 is the input of all steps, slot 3 the first state, slot 4 spikes of all steps
}

const (
	sketchSteps   = 4
	sketchNeurons = 128
)

var sketches = rapid.Custom(func(t *rapid.T) sketch {
	for {
		s := drawSketch(t)
		s.ranges = s.program.Ranges(sketchSteps, func(slot int) update.Range { return rangeOf(s.data[slot]) })
		e, r := s.program.Expand(s.ranges)
		held := true
		for i := range s.program.Vars {
			held = held && lower.Int32s.Contains(s.ranges.Vars[i])
		}
		if result := s.ranges.Values[s.program.Result()]; held && lower.Int32s.Contains(result) && (s.form == full || e.Fits(r, int16s)) {
			return s
		}
	}
})

func rangeOf(data []int64) update.Range {
	r := update.Range{Lo: data[0], Hi: data[0]}
	for _, d := range data {
		r = r.Union(update.Range{Lo: d, Hi: d})
	}
	return r
}

func drawSketch(t *rapid.T) sketch {
	s := sketch{form: rapid.SampledFrom([]form{full, narrow}).Draw(t, "form")}
	most := rapid.SampledFrom([]int64{30000, 900, 20}).Draw(t, "most")
	if s.form == full {
		most <<= rapid.SampledFrom([]int{14, 7, 0}).Draw(t, "wider")
	}
	for slot := range s.data {
		s.data[slot] = drawData(t, most, slot)
	}
	for i := range s.data[4] {
		s.data[4][i] &= 1
	}
	b := &update.Builder{}
	d := &programDrawing{T: t, Builder: b}
	v := b.Var(update.Var{Name: "membrane", Traced: true, Init: 3})
	fired := b.Var(update.Var{Name: "fired", Bit: true, Traced: rapid.Bool().Draw(t, "traced"), Init: -1})
	d.numbers = []update.Value{b.Load(v), b.Operand(0), b.Param(1), b.Param(2), b.Const(0), b.Const(rapid.Int64Range(-most, most).Draw(t, "number"))}
	d.bits = []update.Value{b.Load(fired), b.AtLeast(b.Load(v), b.Param(1))}
	if rapid.Bool().Draw(t, "spikes") {
		d.bits, d.numbers = append(d.bits, b.Operand(4)), append(d.numbers, b.Operand(4), b.Step(), d.bits[1])
	}
	for range rapid.IntRange(3, 18).Draw(t, "instructions") {
		d.instruction()
	}
	b.Store(v, b.Select(d.bit(), d.number(), b.Add(b.Leak(b.Load(v), d.decay()), b.Operand(0))))
	b.Store(fired, d.bit())
	if rapid.Bool().Draw(t, "fires") {
		b.Result(d.bit())
	} else {
		b.Result(d.number())
	}
	s.program = b.Program()
	return s
}

// drawData draws a slot's numbers: of all steps for the input, one for all neurons in part.
func drawData(t *rapid.T, most int64, slot int) []int64 {
	n := sketchNeurons
	if slot == 0 || slot == 4 {
		n *= sketchSteps
	}
	seed, same := rapid.Uint32().Draw(t, "seed"), slot > 0 && slot < 4 && rapid.Bool().Draw(t, "same")
	out := make([]int64, n)
	for i := range out {
		seed = seed*1664525 + 1013904223
		out[i] = int64(seed>>7)%(most+1) - most/2
		if same {
			out[i] = out[0]
		}
	}
	return out
}

// programDrawing draws instructions from the values so far.
type programDrawing struct {
	*rapid.T
	*update.Builder
	numbers, bits []update.Value
}

// number and bit draw a value, a late one mostly.
func (d *programDrawing) number() update.Value { return draw(d.T, d.numbers) }
func (d *programDrawing) bit() update.Value    { return draw(d.T, d.bits) }

func draw(t *rapid.T, from []update.Value) update.Value {
	return from[max(rapid.IntRange(0, len(from)-1).Draw(t, "value"), rapid.IntRange(0, len(from)-1).Draw(t, "other"))]
}

func (d *programDrawing) instruction() {
	number := func(v update.Value) { d.numbers = append(d.numbers, v) }
	bit := func(v update.Value) { d.bits = append(d.bits, v) }
	switch rapid.IntRange(0, 9).Draw(d.T, "instruction") {
	case 0, 1:
		number(d.Add(d.number(), d.number()))
	case 2:
		number(d.Sub(d.number(), d.number()))
	case 3:
		number(d.Shl(d.number(), rapid.SampledFrom([]int{1, 3, 17}).Draw(d.T, "shift")))
	case 4:
		number(d.Leak(d.number(), d.decay()))
	case 5:
		bit(d.AtLeast(d.number(), d.number()))
	case 6:
		bit(d.Above(d.number(), d.number()))
	case 7:
		logic := rapid.SampledFrom([]func(x, y update.Value) update.Value{d.AndNot, d.And, d.Or, d.Xor}).Draw(d.T, "logic")
		bit(logic(d.bit(), d.bit()))
		bit(d.Select(d.bit(), d.bit(), d.bit()))
	case 8:
		number(d.Select(d.bit(), d.number(), d.number()))
	case 9:
		number(rapid.SampledFrom([]func(x, y update.Value) update.Value{d.Min, d.Max}).Draw(d.T, "bound")(d.number(), d.number()))
	}
}

func (d *programDrawing) decay() update.Decay {
	out := update.Decay{Digits: []update.Digit{{Shift: 0, Sign: 1}}, Shift: rapid.SampledFrom([]int{20, 4, 1}).Draw(d.T, "k")}
	if !rapid.Bool().Draw(d.T, "plain") {
		out.Digits = update.CSD(rapid.Int64Range(1, 1<<out.Shift).Draw(d.T, "factor"))
	} else {
		out.Rest = rapid.Bool().Draw(d.T, "rest")
	}
	switch most := int64(1)<<out.Shift - 1; rapid.IntRange(0, 2).Draw(d.T, "round") {
	case 1:
		out.Up = most
	case 2:
		out.UpNegative = most
	}
	return out
}

// newSketchPlan is a plan of sketches.
func newSketchPlan() *plan {
	p := newPlan(&lower.Program{Steps: sketchSteps}, backends.Ports{}, nil, backends.Options{Name: "sketches"})
	p.pkg = "main"
	return p
}

// layer plans the function of a sketch, whose operands lie in memory as they are.
func (s sketch) layer(p *plan, name string) *loop {
	to := &lower.Array{Name: name, Type: ir.Type{Kind: ir.Sint, Bits: 32, Shape: ir.ShapeOf(sketchNeurons)}}
	stage := &lower.Stage{Clock: ir.Step, To: to, Each: &lower.Each{Program: s.program}}
	w := &written{Program: s.program, body: &lower.Body{Program: s.program, Stages: []*lower.Stage{stage}}, dims: []int{sketchNeurons}}
	for at := range s.program.Vars {
		w.body.Vars = append(w.body.Vars, lower.Variable{Stage: stage, At: at})
		p.laid.States[stage] = append(p.laid.States[stage], lower.Elem{})
	}
	for slot, data := range s.data {
		t := ir.Type{Kind: ir.Sint, Bits: 32, Shape: ir.ShapeOf(sketchNeurons)}
		if slot == 4 {
			t = ir.SpikeType(t.Shape)
		}
		a := &lower.Array{Name: fmt.Sprint(name, "operand", slot), Type: t, Range: rangeOf(data)}
		switch {
		case slot == 0:
			p.homes[a] = &home{&buffer{name: "x", form: s.form, size: sketchNeurons}, nil}
		case slot == 4:
			p.homes[a] = &home{&buffer{name: "x4", form: packed, size: sketchNeurons}, nil}
		default:
			a.Data = ir.Ints(t.Shape, data)
		}
		w.body.Views = append(w.body.Views, lower.View{Array: a, Strides: []int{1}})
	}
	return p.lanes(w)
}
