package passes_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/passes/scales"
	"nomul/runtime/interp"
)

// oneNeuron is a layer of 8 neurons with integer constants, driven by new
// integers in each step, and the spikes that it fires at a level.
func oneNeuron(t testing.TB, level ir.Level, a ir.NeuronAttrs, steps int, threshold, reset, bias int64, seed uint64) []int64 {
	t.Helper()
	b := ir.NewBuilder("one", level, steps)
	must := func(v *ir.Value, err error) *ir.Value {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	number := func(name string, n int64) *ir.Value {
		if level == ir.Fixed {
			return must(b.Const(name, ir.Ints(ir.Shape{}, []int64{n})))
		}
		return must(b.Const(name, ir.Reals(ir.Shape{}, []float64{float64(n)})))
	}
	x := must(b.Input("x", ir.SintType(4, ir.ShapeOf(8)), ir.InputAttrs{Per: ir.Step}))
	args := []*ir.Value{x, number("threshold", threshold), number("bias", bias), nil}
	if a.Reset == ir.ResetSubtract || a.Reset == ir.ResetValue {
		args[ir.NeuronReset] = number("reset", reset)
	}
	s := must(b.Add(ir.OpNeuron, "s", a, args...))
	must(b.Add(ir.OpOutput, "y", nil, must(b.Add(ir.OpSum, "n", nil, s))))
	m, err := interp.New(b.Net())
	if err != nil {
		t.Fatal(err)
	}
	var spikes []int64
	for _, in := range irtest.Inputs(b.Net(), seed, 2) {
		if _, err := m.Run(in, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
			if v.Op == ir.OpNeuron {
				spikes = append(spikes, result.I...)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	return spikes
}

// R5: a leak of 2^-k on integers fires as one on real numbers does, for every
// reset, if it rounds down under ≥ and up under >. The other rounding does not:
// it must be caught, or the test sees nothing.
func TestShiftLeaksAreExact(t *testing.T) {
	wrong := 0
	rapid.Check(t, func(rt *rapid.T) {
		a := ir.NeuronAttrs{
			Leak:    ir.Leak{Kind: ir.LeakShift, K: rapid.IntRange(1, 3).Draw(rt, "k")},
			Round:   ir.RoundFloor,
			Compare: rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(rt, "compare"),
			Reset:   rapid.SampledFrom([]ir.Reset{ir.ResetNone, ir.ResetZero, ir.ResetValue, ir.ResetSubtract}).Draw(rt, "reset"),
			When:    rapid.SampledFrom([]ir.When{ir.WhenFire, ir.WhenNext}).Draw(rt, "when"),
		}
		other := a
		if a.Compare == ir.GT {
			a.Round = ir.RoundCeil
		} else {
			other.Round = ir.RoundCeil
		}
		steps := rapid.IntRange(1, 12).Draw(rt, "steps")
		threshold, reset := rapid.Int64Range(1, 9).Draw(rt, "threshold"), rapid.Int64Range(-4, 9).Draw(rt, "amount")
		bias, seed := rapid.Int64Range(-2, 3).Draw(rt, "bias"), rapid.Uint64Range(0, 1000).Draw(rt, "seed")
		want := oneNeuron(t, ir.Spiking, a, steps, threshold, reset, bias, seed)
		if got := oneNeuron(t, ir.Fixed, a, steps, threshold, reset, bias, seed); !slices.Equal(got, want) {
			rt.Fatalf("%+v: fires %v, wanted %v", a, got, want)
		}
		if !slices.Equal(oneNeuron(t, ir.Fixed, other, steps, threshold, reset, bias, seed), want) {
			wrong++
		}
	})
	if wrong == 0 {
		t.Error("rounding the other way was never seen")
	}
}

// A leak that is no shift is a fraction whose error is bounded: a membrane under
// constant input is I/(1 − β), and changes by at most 2^-10 of itself.
func TestLeakFractionsAreWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		beta := rapid.Float64Range(0.01, 0.99).Draw(rt, "beta")
		net := mlp(t, 3, 4, 2, "ge", "zero", "fire", 1)
		for _, v := range net.Values {
			if v.Name == "beta" {
				v.Const().F[0] = beta
			}
		}
		p, _ := passes.Named("lower-leak")
		var notes int
		low, err := passes.Apply(p, net, &passes.Options{Note: func(*ir.Value, string) { notes++ }})
		if err != nil {
			rt.Fatal(err)
		}
		leak := low.Find("s1").Attrs.(ir.NeuronAttrs).Leak
		if leak.Kind != ir.LeakCSD {
			return // it is a shift
		}
		got := math.Ldexp(float64(leak.N), -leak.K)
		if math.Abs(1/(1-got)-1/(1-beta)) > 1/(1-beta)/1000 || notes == 0 {
			rt.Fatalf("%v became %v, with %d notes", beta, got, notes)
		}
	})
}

// drawnLeak draws a leak and the factor that it stands for.
func drawnLeak(rt *rapid.T, kinds ...ir.LeakKind) (ir.Leak, float64) {
	l := ir.Leak{Kind: rapid.SampledFrom(kinds).Draw(rt, "leak")}
	switch l.Kind {
	case ir.LeakCSD:
		l.K = rapid.IntRange(2, 12).Draw(rt, "k")
		l.N = rapid.Int64Range(1, 1<<l.K-1).Draw(rt, "n")
		return l, math.Ldexp(float64(l.N), -l.K)
	case ir.LeakDecay, ir.LeakShift:
		l.K = rapid.IntRange(1, 6).Draw(rt, "k")
	}
	rest := math.Ldexp(1, -l.K)
	return l, map[ir.LeakKind]float64{ir.LeakDecay: 1 - rest, ir.LeakShift: rest, ir.LeakNone: 1}[l.Kind]
}

// The guard bits of such leaks bound the rounding error: after any number of steps the integer
// membrane is within 2^-10 of the threshold of the real one, also behind a current. A membrane that
// is shifted is not, and need not be.
func TestLeakRoundingIsWithinItsBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const steps = 200
		a := ir.NeuronAttrs{}
		var alpha, beta float64
		a.Leak, beta = drawnLeak(rt, ir.LeakCSD, ir.LeakDecay)
		if rapid.Bool().Draw(rt, "current") {
			a.Leak, beta = drawnLeak(rt, ir.LeakCSD, ir.LeakDecay, ir.LeakNone)
			a.Current, alpha = drawnLeak(rt, ir.LeakCSD, ir.LeakDecay, ir.LeakShift)
		}
		threshold := rapid.Float64Range(1, 500).Draw(rt, "threshold")
		neuron := &ir.Value{Op: ir.OpNeuron, Attrs: a, Args: make([]*ir.Value, ir.NeuronCurrent+1)}
		guard, _ := passes.GuardBits(scales.LostUnits(neuron, steps), []float64{threshold}, true)
		var membrane, current int64
		exact, driven := 0.0, 0.0
		for range steps {
			x := rapid.Int64Range(-9, 9).Draw(rt, "x")
			if a.Current.Kind == 0 {
				current, driven = 0, 0
			} else {
				current, driven = ir.LeakInt(a.Current, ir.RoundFloor, current), driven*alpha
			}
			current, driven = current+x<<guard, driven+float64(x)
			membrane, exact = ir.LeakInt(a.Leak, ir.RoundFloor, membrane)+current, exact*beta+driven
			if d := math.Abs(math.Ldexp(float64(membrane), -guard) - exact); guard < 16 && d > threshold/1000 {
				rt.Fatalf("%+v with %d guard bits: off by %v at threshold %v", a, guard, d, threshold)
			}
		}
	})
}

// A current leaks in an integer form also where the membrane keeps everything.
func TestCurrentOfAMembraneWithoutLeak(t *testing.T) {
	net := irtest.ParseNet(t, "t", `net t spiking steps=3 {
once
	%w = const {data=[0.7,-0.3]} : real[1,2]
	%th = const {fill=1} : real[]
	%alpha = const {fill=0.9} : real[]
step
	%x = input {per=step} : spike[2]
	%i = linear %x, %w : real[1]
	%s = neuron %i, %th, current=%alpha {leak=none round=floor compare=ge reset=zero when=fire current=factor} : spike[1]
end
	%n = sum %s : u2[1]
	%y = output %n : u2[1]
}
`)
	p, _ := passes.Named("lower-leak")
	out, err := passes.Apply(p, net, &passes.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a := out.Find("s").Attrs.(ir.NeuronAttrs); a.Current.Kind != ir.LeakCSD || a.Leak.Kind != ir.LeakNone {
		t.Errorf("the current leaks by %v, the membrane by %v", a.Current, a.Leak)
	}
}
