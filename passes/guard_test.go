package passes_test

import (
	"fmt"
	"math"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// Guard bits give way before a membrane leaves 32 bits, unless it would without
// any; the ranges hold when it runs; and what is given up is told.
func TestGuardBitsGiveWay(t *testing.T) {
	const text = `net t spiking steps=%d {
once
	%%x = input : u8[2]
	%%w = const {data=[0.5,0.2471,-0.5,-0.3013]} : real[2,2]
	%%b = const {data=[0.0625,-0.1]} : real[2]
	%%th = const {fill=%v} : real[]
	%%r = const {fill=0.75} : real[]
	%%i = linear %%x, %%w, bias=%%b : real[2]
	%%f = const {data=[0.5013,1,-1,0.2519]} : real[2,2]
	%%one = const {fill=1} : real[]
step
	%%p = neuron %%i, %%one {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
	%%j = linear %%p, %%f, bias=%%b : real[2]
	%%n = neuron %%j, %%th, reset=%%r {leak=none round=floor compare=gt reset=%s when=fire %s} : spike[2]
end
	%%s = sum %%n : u32[2]
	%%y = output %%s : u32[2]
}
`
	cases := map[int]int{} // by the number of neurons that gave bits up
	for _, form := range [][2]string{{"subtract", ""}, {"subtract", "current=none"}, {"value", ""}} {
		for bits := 6; bits <= 16; bits++ {
			for _, threshold := range []float64{0.7, 1 << 20} {
				net := irtest.ParseNet(t, "t", fmt.Sprintf(text, 1<<bits, threshold, form[0], form[1]))
				told := 0
				o := &passes.Options{Note: func(v *ir.Value, _ string) { told++ }}
				fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
				if err != nil {
					t.Fatal(err)
				}
				const usual = 4 // guard bits of these neurons
				for _, v := range fixed.All(ir.OpNeuron) {
					s := v.State.Union(v.Drive)
					if bare := (ir.Range{Lo: s.Lo >> usual, Hi: s.Hi >> usual}); !within32(s) && within32(bare) {
						t.Errorf("%v, %d steps, threshold %v: %%%s has guard=%d and needs %v", form, 1<<bits, threshold, v.Name, v.Attrs.(ir.NeuronAttrs).Guard, s)
					}
				}
				runChecked(t, fixed)
				cases[told]++
			}
		}
	}
	if len(cases) != 3 {
		t.Errorf("neurons that gave guard bits up, and how often: %v; wanted none, one and two", cases)
	}
}

func within32(r ir.Range) bool { return r.Lo > math.MinInt32 && r.Hi <= math.MaxInt32 }

// runChecked runs a net on random samples and demands that every range holds.
func runChecked(t *testing.T, net *ir.Net) {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = true
	for _, in := range irtest.Inputs(net, 5, 2) {
		if _, err := m.Run(in, nil); err != nil {
			t.Fatal(err)
		}
	}
}
