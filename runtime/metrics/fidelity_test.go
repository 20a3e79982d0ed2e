package metrics_test

import (
	"math"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/metrics"
)

// A layer of weights 1.1 and 2.2 that become 1 and 2 in units of 1, neurons whose thresholds lie between, and words
// up to 2: as numbers, before rounding, and as integers.
const (
	// fidelitySpikes is the end of each of the nets.
	fidelitySpikes = `step
	%s = neuron %fc, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%n = sum %s : u2[2] range 0..2
	%y = output %n : u2[2] range 0..2
}
`
	fidelityImported = `net fidelity spiking steps=2 {
once
	%x = input : real[2]
	%w = const {data=[1.1,0,0,2.2]} : real[2,2]
	%th = const {fill=2.1} : real[]
	%fc = linear %x, %w : real[2]
	%words = map %fc {fn=relu} : real[2]
	%z = output %words : real[2]
` + fidelitySpikes
	fidelityReal = `net fidelity spiking steps=2 {
once
	%x = input : u2[2]
	%w = const {data=[1.1,0,0,2.2]} : real[2,2]
	%th = const {fill=2.1} : real[]
	%fc = linear %x, %w : real[2] scale 1
	%one = const {fill=1} : real[]
	%words = levels %fc, %one, %one {count=2 ties=up} : u2[2]
	%z = output %words : u2[2]
` + fidelitySpikes
	fidelityFixed = `net fidelity fixed steps=2 {
once
	%x = input : u2[2]
	%w = const {data=[1,0,0,2]} : s3[2,2]
	%th = const {fill=3} : u2[]
	%fc = linear %x, %w {slots=planes} : u3[2] scale 1
	%one = const {fill=1} : u2[]
	%words = levels %fc, %one, %one {count=2 ties=up} : u2[2]
	%z = output %words : u2[2]
` + fidelitySpikes
)

func TestFidelity(t *testing.T) {
	var nets [3]*ir.Net
	for i, text := range []string{fidelityImported, fidelityReal, fidelityFixed} {
		nets[i] = irtest.ParseNet(t, "fidelity.sir", text)
	}
	parts := [2]*metrics.Fidelity{}
	for i := range parts {
		var err error
		if parts[i], err = metrics.NewFidelity(nets[0], nets[1], nets[2]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		p := []int64{int64(i), int64(3 - i)}
		pixels := map[string]*ir.Tensor{"x": {Type: nets[2].Find("x").Type, I: p}}
		if err := parts[i%2].Run(map[string]*ir.Tensor{"x": ir.Reals(ir.ShapeOf(2), []float64{float64(p[0]), float64(p[1])})}, pixels); err != nil {
			t.Fatal(err)
		}
	}
	parts[0].Merge(parts[1])
	got := map[string]metrics.LayerFidelity{}
	for _, l := range parts[0].Layers() {
		got[l.Name] = l
	}
	near := func(name string, x *float64, want float64) {
		if x == nil || math.Abs(*x-want) > 1e-9 {
			t.Errorf("%s is %v, wanted %v", name, x, want)
		}
	}
	// Rounding adds −x/11 of a result of x: 121 of its variance.
	near("the SNR", got["fc"].SNR, 10*math.Log10(121))
	// Of words 0, 1, 2, 2 and 2, 2, 2, 0 five are the largest. The numbers are 0, 1.1, 2.2, 3.3, and twice that.
	near("the share of the largest", got["words"].Clipped, 5./8)
	of := func(x, y []float64) float64 {
		var n, sx, sy, xx, yy, xy float64
		for i := range x {
			n, sx, sy, xx, yy, xy = n+1, sx+x[i], sy+y[i], xx+x[i]*x[i], yy+y[i]*y[i], xy+x[i]*y[i]
		}
		return (n*xy - sx*sy) / math.Sqrt((n*xx-sx*sx)*(n*yy-sy*sy))
	}
	// 1.1 + 1.1 and 2.2 reach 2.1, but 1 + 1 and 2 do not reach 3: neuron 0 misses a spike of 1 and one of 2, and
	// neuron 1 one of 1.
	near("the share of flips", got["s"].Flips, 3./16)
	near("the correlation of spikes", got["s"].Correlation, of([]float64{0, 1, 2, 2, 2, 2, 2, 0}, []float64{0, 0, 1, 2, 2, 2, 1, 0}))
	near("the correlation of words", got["words"].Correlation,
		(of([]float64{0, 1, 2, 3}, []float64{0, 1, 2, 2})+of([]float64{0, 1, 2, 3}, []float64{0, 2, 2, 2}))/2)
	if l := got["words"]; l.SNR != nil || l.Flips != nil || got["fc"].Clipped != nil || got["fc"].Correlation != nil {
		t.Errorf("figures of other layers: %+v", got)
	}
}
