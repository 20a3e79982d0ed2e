package passes_test

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// Guard bits give way before a membrane leaves 32 bits, unless it would without any; the ranges
// hold when it runs; and the loss is reported.
func TestGuardBitsGiveWay(t *testing.T) {
	irtest.Long(t)
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
				fixed, err := passes.Lower(net, ir.Fixed, "fold-constant-neurons", o, nil)
				if err != nil {
					t.Fatal(err)
				}
				const usual = 4 // guard bits of these neurons
				for _, v := range fixed.All(ir.OpNeuron) {
					s := v.State.Union(v.Current)
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

// A leak that rounds up adds 2^K − 1 before it shifts: a membrane that ends closer
// than that to 2^31 gives a guard bit up.
func TestGuardBitsLeaveRoomToRoundUp(t *testing.T) {
	const steps, usual = 3, 4
	leak := ir.Leak{Kind: ir.LeakCSD, K: 13, N: 7373}
	a := ir.NeuronAttrs{Leak: leak, Round: ir.RoundCeil, Compare: ir.GT, Reset: ir.ResetNone, When: ir.WhenFire, Guard: usual}
	highest := func(n int) int64 {
		all := a.Ranges(steps)(ir.Range{Hi: int64(n)}, ir.NeuronConsts{}).Membrane
		return all.Hi
	}
	n := sort.Search(1<<27, func(n int) bool { return highest(n+1) > math.MaxInt32 })
	if room := math.MaxInt32 - highest(n); room < 0 || room >= 1<<leak.K {
		t.Fatalf("a membrane of %d leaves %d", highest(n), room)
	}
	net := irtest.ParseNet(t, "t", fmt.Sprintf(`net t spiking steps=%d {
once
	%%x = input : u27[1] range 0..%d
	%%th = const {fill=1024} : real[]
step
	%%s = neuron %%x, %%th {leak=csd:7373/8192 round=ceil compare=gt reset=none when=fire} : spike[1]
end
	%%n = sum %%s : u2[1]
	%%y = output %%n : u2[1]
}
`, steps, n))
	fixed := net
	for _, name := range []string{"choose-scales", "quantise"} {
		p, _ := passes.Named(name)
		var err error
		if fixed, err = passes.Apply(p, fixed, &passes.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if guard := fixed.Find("s").Attrs.(ir.NeuronAttrs).Guard; guard != usual-1 {
		t.Errorf("%d guard bits, wanted %d", guard, usual-1)
	}
}

// The bits follow from the bound first; more of them are taken where the membrane
// stays within 16 bits, and none where nothing is rounded.
func TestGuardBitsByTheirBound(t *testing.T) {
	for _, c := range []struct {
		steps, weights int
		bias           float64
		init           float64
		threshold      int
		guard          int
	}{
		{4, 3, 0, 0, 5, 0},       // nothing is rounded
		{4, 3, 0.01, 0, 5, 4},    // the usual bits fit
		{4, 40, 0.01, 0, 5, 2},   // 4 would not leave 16 bits; the bound needs 2
		{4, 4000, 0.01, 0, 5, 4}, // not even those fit, so all are taken
		{400, 3, 0.01, 0, 40, 6}, // many steps: the bound needs more than the usual
		{4, 3, 0, 2.5, 5, 4},     // half a unit is lost once
		{4, 3, 0.01, 0, 100, 0},  // a fine threshold needs none
	} {
		data := make([]string, c.weights)
		for i := range data {
			data[i] = fmt.Sprint(0.6 + float64(i*37%41)/100.7)
		}
		net := irtest.ParseNet(t, "t", fmt.Sprintf(`net t spiking steps=%d {
once
	%%w = const {data=[%s]} : real[1,%d]
	%%b = const {fill=%v} : real[1]
	%%th = const {fill=%d} : real[]
	%%first = const {fill=%v} : real[]
step
	%%x = input {per=step} : spike[%d]
	%%i = linear %%x, %%w, bias=%%b : real[1]
	%%s = neuron %%i, %%th, init=%%first {leak=none round=floor compare=ge reset=zero when=fire} : spike[1]
end
	%%n = sum %%s : u32[1]
	%%y = output %%n : u32[1]
}
`, c.steps, strings.Join(data, ","), c.weights, c.bias, c.threshold, c.init, c.weights))
		fixed, err := passes.Lower(net, ir.Fixed, "", &passes.Options{Off: map[string]bool{"fold-constant-neurons": true}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := fixed.Find("s")
		if guard := s.Attrs.(ir.NeuronAttrs).Guard; guard != c.guard {
			t.Errorf("%d steps, %d weights, bias %v, init %v, threshold %d: %d guard bits, state %v; wanted %d", c.steps, c.weights, c.bias, c.init, c.threshold, guard, s.State, c.guard)
		}
	}
}

// A threshold of 0 is a whole number in any units: beside it nothing is rounded, and no bits are taken.
func TestGuardBitsWithThresholdZero(t *testing.T) {
	net := irtest.ParseNet(t, "t", `net t spiking steps=4 {
once
	%w = const {data=[1,2,-1,-2,1,3]} : real[2,3]
	%th = const {data=[0,5]} : real[2]
step
	%x = input {per=step} : spike[3]
	%i = linear %x, %w : real[2]
	%s = neuron %i, %th {leak=none round=floor compare=gt reset=zero when=fire} : spike[2]
end
	%n = sum %s : u3[2]
	%y = output %n : u3[2]
}
`)
	fixed, err := passes.Lower(net, ir.Fixed, "", &passes.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if guard := fixed.Find("s").Attrs.(ir.NeuronAttrs).Guard; guard != 0 {
		t.Errorf("%d guard bits, wanted none\n%s", guard, ir.Print(fixed, ""))
	}
}
