package goasm_test

import (
	"fmt"

	"pgregory.net/rapid"

	"nomul/ir"
)

// randomNet draws nets of a few chains each, of odd sizes and with all kinds of
// neurons. Examples differ by seed and do not change from run to run.
var randomNet = rapid.Custom(func(t *rapid.T) *ir.Net {
	steps := rapid.SampledFrom([]int{1, 4, 9}).Draw(t, "steps")
	d := &drawing{t: t, b: ir.NewBuilder("random", ir.Fixed, steps)}
	d.net()
	return d.b.Net()
})

type drawing struct {
	t *rapid.T
	b *ir.Builder
	n int
}

// add appends a value; that it cannot is a mistake of the test.
func (d *drawing) add(op ir.Op, attrs ir.Attrs, args ...*ir.Value) *ir.Value {
	d.n++
	v, err := d.b.Add(op, fmt.Sprintf("%s%d", op, d.n), attrs, args...)
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *drawing) constant(lo, hi int64, dims ...int) *ir.Value {
	d.n++
	s := ir.ShapeOf(dims...)
	data := make([]int64, s.Size())
	random := rapid.Uint64().Draw(d.t, "seed")
	for i := range data {
		random = random*6364136223846793005 + 1442695040888963407
		data[i] = lo + int64(random>>33)%(hi-lo+1)
	}
	v, err := d.b.Const(fmt.Sprintf("k%d", d.n), ir.Ints(s, data))
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *drawing) size() int {
	return rapid.SampledFrom([]int{1, 7, 33, 63, 64, 65, 130, 300, 513}).Draw(d.t, "size")
}

// net draws one to three chains: input, layers, sum, readout.
func (d *drawing) net() {
	var ends []*ir.Value
	var inputs []*ir.Value
	chains := rapid.IntRange(2, 3).Draw(d.t, "chains")
	for range chains {
		inputs = append(inputs, d.current(d.input()))
	}
	for _, x := range inputs {
		for range rapid.IntRange(1, 3).Draw(d.t, "layers") {
			if x.Clock == ir.Step {
				x = d.linear(x, ir.SlotsNone)
			}
			x = d.neuron(x)
		}
		ends = append(ends, x)
	}
	for _, x := range ends {
		counts := d.add(ir.OpSum, nil, x)
		d.add(ir.OpOutput, nil, d.linear(counts, ir.SlotsPlanes))
		d.add(ir.OpOutput, nil, counts)
	}
}

func (d *drawing) input() *ir.Value {
	d.n++
	s := ir.ShapeOf(d.size())
	types := []ir.Type{ir.UintType(8, s), ir.UintType(3, s), ir.SintType(8, s), ir.UintType(12, s), ir.SintType(16, s), ir.SpikeType(s)}
	v, err := d.b.Input(fmt.Sprintf("x%d", d.n), rapid.SampledFrom(types).Draw(d.t, "type"), ir.InputAttrs{})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// current is the linear from an input; wide words get small weights.
func (d *drawing) current(x *ir.Value) *ir.Value {
	limit := int64(127)
	if x.Type.Bits > 8 {
		limit = 15
	}
	w := d.constant(-limit-1, limit, d.size(), x.Type.Size())
	return d.add(ir.OpLinear, ir.LinearAttrs{Slots: ir.SlotsPlanes}, x, w, d.bias(w, 400))
}

func (d *drawing) linear(x *ir.Value, slots ir.Slots) *ir.Value {
	limit := rapid.SampledFrom([]int64{1, 7, 127, 3000}).Draw(d.t, "weights")
	w := d.constant(-limit-1, limit, d.size(), x.Type.Size())
	return d.add(ir.OpLinear, ir.LinearAttrs{Slots: slots}, x, w, d.bias(w, limit))
}

// bias is a constant for each row of w, or nothing.
func (d *drawing) bias(w *ir.Value, limit int64) *ir.Value {
	if rapid.Bool().Draw(d.t, "biased") {
		return nil
	}
	return d.constant(-limit, limit, w.Type.Shape.Dim(0))
}

// neuron draws a layer whose thresholds are near to the bounds of its input, with
// ties: small integers.
func (d *drawing) neuron(x *ir.Value) *ir.Value {
	t := d.t
	a := ir.NeuronAttrs{
		Leak:    ir.Leak{Kind: rapid.SampledFrom([]ir.LeakKind{ir.LeakNone, ir.LeakAll, ir.LeakShift, ir.LeakShift, ir.LeakDecay}).Draw(t, "leak")},
		Round:   rapid.SampledFrom([]ir.Round{ir.RoundFloor, ir.RoundCeil, ir.RoundZero}).Draw(t, "round"),
		Compare: rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(t, "compare"),
		Reset:   rapid.SampledFrom([]ir.Reset{ir.ResetNone, ir.ResetZero, ir.ResetValue, ir.ResetSubtract}).Draw(t, "reset"),
		When:    rapid.SampledFrom([]ir.When{ir.WhenFire, ir.WhenNext}).Draw(t, "when"),
		Guard:   rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "guard"),
	}
	if a.Leak.Kind == ir.LeakShift || a.Leak.Kind == ir.LeakDecay {
		a.Leak.K = rapid.IntRange(1, 4).Draw(t, "k")
	}
	if x.Range.Hi > 1<<24 {
		a.Guard = 0
	}
	n := x.Type.Size()
	top := min(max(x.Range.Hi>>3, 2), 1<<20) << a.Guard
	operand := func(always bool, lo, hi int64) *ir.Value {
		switch {
		case !always && rapid.Bool().Draw(t, "absent"):
			return nil
		case rapid.Bool().Draw(t, "uniform"):
			return d.constant(lo, hi, 1)
		}
		return d.constant(lo, hi, n)
	}
	args := []*ir.Value{x, operand(true, 0, top), operand(false, -3, 3), nil, operand(false, -5, top)}
	if a.Reset == ir.ResetValue || a.Reset == ir.ResetSubtract {
		args[ir.NeuronReset] = operand(true, -2, top)
	}
	return d.add(ir.OpNeuron, a, args...)
}
