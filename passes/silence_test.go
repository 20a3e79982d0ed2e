package passes_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/runtime/interp"
)

// Biases that nearly meet their thresholds, at once or over the steps, fire on
// integers when they do in real numbers, whatever the neuron, when no spike comes.
func TestSilenceStaysSilent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &mixture{sketch: newSketch(t, rapid.IntRange(1, 8).Draw(t, "steps"))}
		x, err := m.b.Input("x", ir.SpikeType(ir.ShapeOf(1, 3)), ir.InputAttrs{Per: ir.Step})
		if err != nil {
			t.Fatal(err)
		}
		n := m.pick("n", 1, 4)
		drive := m.add(ir.OpLinear, ir.LinearAttrs{}, x, m.some(n, 3), m.some(n))
		v := m.fires(drive, false)
		bias, threshold := drive.Args[2].Const().F, v.Args[ir.NeuronThreshold].Const().F
		for i := range bias {
			part := rapid.SampledFrom([]float64{1, 0.5, 0.25}).Draw(t, "part")
			near := rapid.SampledFrom([]float64{0.9997, 0.99985, 1, 1.00015, 1.0003}).Draw(t, "near")
			bias[i] = threshold[i%len(threshold)] * part * near
		}
		m.output(m.add(ir.OpSum, nil, v))
		net := ir.Prune(m.b.Net())
		real, fixed, _, err := lowered(net)
		if err != nil {
			t.Skip()
		}
		in := map[string]*ir.Tensor{"x": ir.NewTensor(net.SampleType(net.Find("x")))}
		if want, got := fired(t, real, in), fired(t, fixed, in); want != nil && got != nil && !slices.Equal(want, got) {
			t.Fatalf("fires %v, wanted %v\n%s\n%s", got, want, ir.Print(real, ""), ir.Print(fixed, ""))
		}
	})
}

func fired(t *rapid.T, net *ir.Net, in map[string]*ir.Tensor) []int64 {
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	var out []int64
	if _, err := m.Run(in, func(_ int, v *ir.Value, result, _ *ir.Tensor) {
		if v.Op == ir.OpNeuron && v.Type.IsSpike() {
			out = append(out, result.I...)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return out
}
