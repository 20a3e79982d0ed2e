package passes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
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
	if _, err := m.Run(in, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if v.Op == ir.OpNeuron && v.Type.IsSpike() {
			out = append(out, result.I...)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// The same holds of a layer that reads words, where 0 comes in; and whatever comes in
// where all of a neuron's weights are 0.
func TestSilenceOfWords(t *testing.T) {
	const text = `net t spiking steps=12 {
once
	%%x = input : %s[2]
	%%w = const {data=[%s]} : real[4,2]
	%%b = const {data=[%s]} : real[4]
	%%th = const {fill=1} : real[]
	%%beta = const {fill=0.5} : real[]
	%%i = linear %%x, %%w, bias=%%b : real[4]
step
	%%s = neuron %%i, %%th%s {leak=%s round=floor compare=gt reset=%s when=fire} : spike[4]
end
	%%n = sum %%s : u4[4]
	%%y = output %%n : u4[4]
}
`
	const dead, live = "0,0,0,0,0,0,0,0", "0.71,-0.3,-0.2,0.77,0.3,0.21,-0.5,0.13"
	unsaid, third := &passes.Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}, &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.3}, Std: []float64{0.7}}
	for _, c := range []struct {
		pixels        *passes.Pixels
		weights, bias string
		leaks         bool
		in            []int64
		want          []int64
	}{
		{unsaid, dead, "0.3,0.49997,0.7,1.0001", true, []int64{0, 0}, []int64{0, 0, 6, 12}},
		{unsaid, dead, "0.3,0.49997,0.7,1.0001", true, []int64{200, 17}, []int64{0, 0, 6, 12}},
		{third, dead, "0.3,0.49997,0.7,1.0001", true, []int64{200, 17}, []int64{0, 0, 6, 12}},
		{unsaid, live, "0.12501,0.25001,0.33334,0.2", false, []int64{0, 0}, []int64{1, 3, 4, 2}},
		{nil, live, "0.12501,0.25001,0.33334,0.2", false, []int64{0, 0}, []int64{1, 3, 4, 2}},
		{third, dead, "0.12501,0.25001,0.33334,0.2", false, []int64{3, 255}, []int64{1, 3, 4, 2}},
	} {
		elem, operand, leak, reset := "real", ", reset=%th", "none", "subtract"
		if c.pixels == nil {
			elem = "u8"
		}
		if c.leaks {
			operand, leak, reset = ", leak=%beta", "factor", "zero"
		}
		net := irtest.ParseNet(t, "t", fmt.Sprintf(text, elem, c.weights, c.bias, operand, leak, reset))
		var told []string
		o := &passes.Options{Pixels: c.pixels, Note: func(_ *ir.Value, text string) { told = append(told, text) }}
		fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := interp.New(fixed)
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.Run(map[string]*ir.Tensor{"x": ir.Ints(ir.ShapeOf(2), c.in)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := out["y"].I; !slices.Equal(got, c.want) || !strings.Contains(strings.Join(told, "\n"), "of its biases are moved") {
			t.Errorf("biases %s, pixels %v: fire %d times, wanted %d; told %q", c.bias, c.in, got, c.want, told)
		}
	}
}
