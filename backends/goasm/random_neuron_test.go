package goasm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
)

// randomNeurons draws nets of many layers of neurons of every kind, each on an input of its
// own: numbers, or sums of spikes that fit 16 bits.
var randomNeurons = rapid.Custom(func(t *rapid.T) *ir.Net {
	d := &drawing{t: t, b: ir.NewBuilder("neurons", ir.Fixed, rapid.SampledFrom([]int{5, 2, 9}).Draw(t, "steps"))}
	x, err := d.b.Input("x", ir.UintType(8, ir.ShapeOf(12)), ir.InputAttrs{Per: ir.Step})
	if err != nil {
		t.Fatal(err)
	}
	s := d.add(ir.OpNeuron, ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakAll}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetNone, When: ir.WhenFire}, x, d.constant(60, 200, 12))
	for range 8 {
		d.readLayer(d.anyNeuron(d.summed(s)))
		d.readLayer(d.anyNeuron(d.given()))
	}
	return d.b.Net()
})

// readLayer brings a layer out.
func (d *drawing) readLayer(v *ir.Value) {
	if v.Type.IsSpike() {
		v = d.add(ir.OpSum, nil, v)
	} else {
		v = d.add(ir.OpLast, nil, v)
	}
	d.add(ir.OpOutput, nil, v)
}

// shape2 has two axes, and whole words of spikes in part, for constants that repeat.
func (d *drawing) shape2() (rows, columns int) {
	return rapid.SampledFrom([]int{1, 3, 20}).Draw(d.t, "rows"), rapid.SampledFrom([]int{1, 7, 64, 65, 128}).Draw(d.t, "columns")
}

// summed is sums of spikes.
func (d *drawing) summed(spikes *ir.Value) *ir.Value {
	rows, columns := d.shape2()
	most := rapid.SampledFrom([]int64{100, 3, 20}).Draw(d.t, "weights")
	sums := d.add(ir.OpLinear, ir.LinearAttrs{}, spikes, d.constant(-most, most, rows*columns, spikes.Type.Size()))
	return d.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{rows, columns}}, sums)
}

// given is an input of each step.
func (d *drawing) given() *ir.Value {
	rows, columns := d.shape2()
	d.n++
	s := ir.ShapeOf(rows, columns)
	x, err := d.b.Input(fmt.Sprintf("x%d", d.n), rapid.SampledFrom([]ir.Type{ir.SintType(16, s), ir.UintType(8, s), ir.SpikeType(s)}).Draw(d.t, "type"), ir.InputAttrs{Per: ir.Step})
	if err != nil {
		d.t.Fatal(err)
	}
	return x
}

// anyNeuron draws attributes that go together, and constants of all forms: near to the bounds
// of the membrane, and far beyond them.
func (d *drawing) anyNeuron(x *ir.Value) *ir.Value {
	t, most := d.t, max(x.Range.Hi, -x.Range.Lo)
	a := ir.NeuronAttrs{
		Leak:    d.anyLeak(),
		Round:   rapid.SampledFrom([]ir.Round{ir.RoundFloor, ir.RoundCeil, ir.RoundZero}).Draw(t, "round"),
		Compare: rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(t, "compare"),
		Reset:   rapid.SampledFrom([]ir.Reset{ir.ResetSubtract, ir.ResetZero, ir.ResetValue, ir.ResetNone}).Draw(t, "reset"),
		When:    rapid.SampledFrom([]ir.When{ir.WhenFire, ir.WhenNext}).Draw(t, "when"),
		Guard:   rapid.SampledFrom([]int{0, 1, 4}).Draw(t, "guard"),
		Silent:  rapid.IntRange(0, 4).Draw(t, "silent") == 0,
	}
	if rapid.IntRange(0, 2).Draw(t, "current") == 0 {
		a.Current, a.Order = d.anyLeak(), rapid.SampledFrom([]ir.Order{ir.OrderBefore, ir.OrderAfter, ir.OrderLate}).Draw(t, "order")
	}
	switch {
	case a.Silent && a.Reset == ir.ResetNone:
		a.When = ir.WhenFire
	case a.Reset == ir.ResetSubtract && rapid.IntRange(0, 2).Draw(t, "both") == 0:
		a.When = ir.WhenBoth
	case a.Reset == ir.ResetZero && a.When == ir.WhenNext:
		a.Masks = rapid.Bool().Draw(t, "masks")
		a.MasksCurrent = a.Masks && a.Current.Kind != 0 && rapid.Bool().Draw(t, "masks current")
	}
	top := max(most, 2) << a.Guard
	args := []*ir.Value{x, nil, d.anyOperand(x, -5, 5), nil, d.anyOperand(x, -9, top)}
	if a.Fires() {
		limits := rapid.SampledFrom([][2]int64{{0, top}, {-top, top}, {-1 << 31, 1<<31 - 1}}).Draw(t, "thresholds")
		for args[1] == nil {
			args[1] = d.anyOperand(x, limits[0], limits[1])
		}
	}
	for (a.Reset == ir.ResetValue || a.Reset == ir.ResetSubtract) && args[3] == nil {
		args[3] = d.anyOperand(x, -top/4, top)
	}
	return d.add(ir.OpNeuron, a, args...)
}

func (d *drawing) anyLeak() ir.Leak {
	k := rapid.SampledFrom([]int{20, 8, 2}).Draw(d.t, "k")
	return rapid.SampledFrom([]ir.Leak{{Kind: ir.LeakCSD, N: 1<<k - int64(rapid.IntRange(0, 1<<k-1).Draw(d.t, "factor")), K: k},
		{Kind: ir.LeakShift, K: k}, {Kind: ir.LeakDecay, K: k}, {Kind: ir.LeakAll}, {Kind: ir.LeakNone}}).Draw(d.t, "leak")
}

// anyOperand is nothing, one number, one for each row or column, or for each neuron.
func (d *drawing) anyOperand(x *ir.Value, lo, hi int64) *ir.Value {
	rows, columns := x.Type.Shape.Dim(0), x.Type.Shape.Dim(1)
	switch rapid.IntRange(0, 4).Draw(d.t, "operand") {
	case 0:
		return nil
	case 1:
		return d.constant(lo, hi, 1)
	case 2:
		return d.constant(lo, hi, rows, 1)
	case 3:
		return d.constant(lo, hi, 1, columns)
	}
	return d.constant(lo, hi, rows, columns)
}

// TestNeurons replays many neurons of all kinds with every kernel: in lanes of 16 and 32
// bits, in 64 bits where those are too narrow, block by block where constants repeat.
func TestNeurons(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	var nets []*ir.Net
	for seed := range 8 {
		net := randomNeurons.Example(seed)
		net.Name += fmt.Sprint(seed)
		nets = append(nets, net)
	}
	w := emit(t, 3, nets...)
	count := map[string]int{}
	for _, name := range w.names {
		for file, patterns := range map[string][]string{"updates_amd64.s": {"func .*AVX2"}, "updates_arm64.s": {"func .*NEON"},
			"updates.go": {`func update.* \[\]int16`, `func update.* \[\]int32`, `int64\(membrane`}, "model.go": {`m\.updates.*at:`}} {
			text, err := os.ReadFile(filepath.Join(w.dir, name, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range patterns {
				count[p] += len(regexp.MustCompile(p).FindAll(text, -1))
			}
		}
	}
	for p, n := range count {
		t.Logf("%s: %d times", p, n)
		if n < 3 {
			t.Errorf("%s stands in %d places", p, n)
		}
	}
	w.replayAll(t, ways(t)[0], "avx2", "go")
	w.replayAll(t, ways(t)[3], "neon", "go")
}
