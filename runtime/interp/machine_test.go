package interp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

func machine(t testing.TB, net *ir.Net) *interp.Machine {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = true
	return m
}

// A machine computes constants once and equal values once; its results are still
// those of each value evaluated by itself.
func TestMachineEqualsPlainEvaluation(t *testing.T) {
	net := irtest.ParseNet(t, "source.sir", sourceMLP())
	m := machine(t, net)
	for i, in := range irtest.Inputs(net, 7, 2) {
		plain := map[*ir.Value]*ir.Tensor{}
		for _, v := range net.Values {
			plain[v] = evaluate(v, plain, in)
		}
		seen := 0
		_, err := m.Run(in, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
			seen++
			if want := plain[v]; !slices.Equal(result.F, want.F) || !slices.Equal(result.I, want.I) {
				t.Errorf("sample %d: %%%s differs", i, v.Name)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := len(net.Values) - len(net.All(ir.OpConst)); seen != want {
			t.Errorf("the tap saw %d values, wanted %d", seen, want)
		}
	}
}

// evaluate computes one value of a source net from its operands.
func evaluate(v *ir.Value, done map[*ir.Value]*ir.Tensor, in map[string]*ir.Tensor) *ir.Tensor {
	out := ir.NewTensor(v.Type)
	switch v.Op {
	case ir.OpConst:
		copy(out.F, v.Const().F)
		copy(out.I, v.Const().I)
	case ir.OpInput:
		copy(out.F, in[v.Name].F)
	default:
		var args []*ir.Tensor
		for _, a := range v.Args {
			args = append(args, done[a])
		}
		eval.Do(v, args, out)
	}
	eval.RoundFloat32(out)
	return out
}

// Another order of the values gives the same on a net of real size too.
func TestShuffledNetIsTheSame(t *testing.T) {
	net := irtest.ParseNet(t, "fixed.sir", fixedMLP)
	m := machine(t, net)
	for seed := range uint64(3) {
		shuffled := irtest.Shuffle(net, seed)
		if err := ir.Verify(shuffled); err != nil {
			t.Fatal(err)
		}
		other := machine(t, shuffled)
		for i, in := range irtest.Inputs(net, seed, 2) {
			if got, want := trace(t, other, in), trace(t, m, in); got != want {
				t.Errorf("seed %d, sample %d: differs", seed, i)
			}
		}
	}
}

func trace(t *testing.T, m *interp.Machine, in map[string]*ir.Tensor) string {
	t.Helper()
	seen := map[string]string{}
	_, err := m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
		seen[fmt.Sprintf("%s %d", v.Name, step)] = fmt.Sprint(result.I, interp.States(states))
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(seen) // maps print sorted
}

// The tap sees values of clock once at step −1, of clock end at the number of
// steps, in net order, without constants and latches.
func TestTapOrder(t *testing.T) {
	net := irtest.ParseNet(t, "tap.sir", `net tap spiking steps=2 {
once
	%k = input : u3[1]
	%one = const {fill=1} : u3[1]
	%two = add %one, %one : u4[1]
	%z = output %two : u4[1]
step
	%d = delay %one : u4[1]
	%s = add %d, %k : s8[1]
	%l = latch %d, %k : u4[1]
end
	%c = sum %s : s8[1]
	%y = output %c : s8[1]
}`)
	var got []string
	k := ir.Ints(ir.ShapeOf(1), []int64{5})
	_, err := machine(t, net).Run(map[string]*ir.Tensor{"k": k}, func(step int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		got = append(got, fmt.Sprintf("%d %s %d", step, v.Name, result.I[0]))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "-1 k 5, -1 two 2, -1 z 2, 0 d 1, 0 s 6, 1 d 5, 1 s 10, 2 c 16, 2 y 16"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// Each wrong input is told by name, all of them at once.
func TestBadInputs(t *testing.T) {
	net := irtest.ParseNet(t, "in.sir", `net in spiking steps=2 {
once
	%p = input : u8[3]
	%r = input : real[2]
step
	%e = input {per=step} : spike[1]
end
	%c = sum %e : u2[1]
	%y = output %c : u2[1]
}`)
	m := machine(t, net)
	good := func() map[string]*ir.Tensor {
		return map[string]*ir.Tensor{
			"p": ir.Ints(ir.ShapeOf(3), []int64{0, 7, 255}),
			"r": ir.Reals(ir.ShapeOf(2), []float64{1, -1}),
			"e": ir.Ints(ir.ShapeOf(2, 1), []int64{0, 1}),
		}
	}
	if out, err := m.Run(good(), nil); err != nil || out["y"].I[0] != 1 {
		t.Fatalf("good inputs: %v, %v", out, err)
	}
	zero := 0.0
	for want, spoil := range map[string]func(in map[string]*ir.Tensor){
		"input %p is missing": func(in map[string]*ir.Tensor) { delete(in, "p") },
		"no input %q":         func(in map[string]*ir.Tensor) { in["q"] = in["p"] },
		"input %p element 1 is 300, out of its range": func(in map[string]*ir.Tensor) { in["p"].I[1] = 300 },
		"input %p element 0 is -1":                    func(in map[string]*ir.Tensor) { in["p"].I[0] = -1 },
		"input %p is u8[1,3]":                         func(in map[string]*ir.Tensor) { in["p"] = ir.Ints(ir.ShapeOf(1, 3), in["p"].I) },
		"input %p is real[3], wanted u8[3]":           func(in map[string]*ir.Tensor) { in["p"] = ir.Reals(ir.ShapeOf(3), []float64{1, 2, 3}) },
		"input %r element 1 is NaN":                   func(in map[string]*ir.Tensor) { in["r"].F[1] = zero / zero },
		"input %r element 0 is +Inf":                  func(in map[string]*ir.Tensor) { in["r"].F[0] = 1 / zero },
		"input %r is real[2] with 1 elements":         func(in map[string]*ir.Tensor) { in["r"].F = in["r"].F[:1] },
		"input %e is spike[1]":                        func(in map[string]*ir.Tensor) { in["e"] = ir.Ints(ir.ShapeOf(1), []int64{1}) },
		"input %e element 1 is 2":                     func(in map[string]*ir.Tensor) { in["e"].I[1] = 2 },
	} {
		in := good()
		spoil(in)
		_, err := m.Run(in, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "[bad-data]") {
			t.Errorf("got %v, wanted %q with [bad-data]", err, want)
		}
	}
	_, err := m.Run(nil, nil)
	if err == nil || strings.Count(err.Error(), "is missing") != 3 {
		t.Errorf("without inputs: %v, wanted all three named", err)
	}
}

// Checked tells when a range was too narrow; unchecked, the machine goes on.
func TestCheckedFindsBadRanges(t *testing.T) {
	for _, what := range []string{"range", "state"} {
		net := irtest.ParseNet(t, "fixed.sir", fixedMLP)
		in := irtest.Inputs(net, 1, 1)[0]
		if what == "range" {
			net.Find("i1").Range = ir.Range{Lo: 0, Hi: 10}
		} else {
			net.Find("s2").State = ir.Range{Lo: 0, Hi: 10}
		}
		m := machine(t, net)
		if _, err := m.Run(in, nil); err == nil || !strings.Contains(err.Error(), "out of its range 0..10 [bad-net]") {
			t.Errorf("%s: got %v", what, err)
		}
		m.Checked = false
		if _, err := m.Run(in, nil); err != nil {
			t.Errorf("%s, unchecked: %v", what, err)
		}
	}
}

// The neuron at the spiking level equals its equation in float64, evaluated in
// the order in which it is written.
func TestRealNeuronIsItsEquation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, []ir.LeakKind{ir.LeakNone, ir.LeakAll, ir.LeakShift, ir.LeakDecay, ir.LeakFactor, ir.LeakCSD}, 0)
		gain, beta := rapid.Float64Range(-2, 2).Draw(t, "gain"), rapid.Float64Range(0, 1).Draw(t, "beta")
		net := s.realNet(t, gain, beta)
		m, err := interp.New(net)
		if err != nil {
			t.Fatal(err)
		}
		x := ir.NewTensor(ir.RealType(ir.ShapeOf(len(s.x), 1)))
		for i, n := range s.x {
			x.F[i] = float64(n)
		}
		want := s.inFloats(gain, beta)
		_, err = m.Run(map[string]*ir.Tensor{"x": x}, func(step int, _ *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
			if states != nil && (states[0].F[0] != want[step].membrane || result.At(0) != want[step].result) {
				t.Fatalf("%+v, step %d: result %v, membrane %v; wanted %+v", s, step, result, states[0].F, want[step])
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func (s sample) realNet(t rapid.TB, gain, beta float64) *ir.Net {
	return s.parse(t, fmt.Sprintf(`net neuron spiking steps=%d {
once
	%%th = const {fill=%d} : real[]
	%%b = const {fill=%d} : real[1]
	%%r = const {fill=%d} : real[]
	%%v0 = const {fill=%d} : s8[1]
	%%gain = const {fill=%g} : real[]
	%%beta = const {fill=%g} : real[1]
	%%j = const {fill=%d} : s8[1]
step
	%%x = input {per=step} : real[1]
	%%s = neuron %%x, bias=%%b, init=%%v0, gain=%%gain%s
end
	%%c = last %%s : %[10]s
	%%y = output %%c : %[10]s
}`, len(s.x), s.threshold, s.bias, s.reset, s.start, gain, beta, s.jump, s.suffix(t, "real[1]"), s.result("real[1]")))
}

// rest is the share that a leak leaves.
func rest(l ir.Leak, beta float64) float64 {
	power := float64(int(1) << l.K)
	return map[ir.LeakKind]float64{
		ir.LeakNone: 1, ir.LeakAll: 0, ir.LeakShift: 1 / power, ir.LeakDecay: 1 - 1/power,
		ir.LeakFactor: beta, ir.LeakCSD: float64(l.N) / power,
	}[l.Kind]
}

type moment struct{ membrane, result float64 }

// inFloats is the equation of ir.NeuronAttrs, line by line.
func (s sample) inFloats(gain, beta float64) []moment {
	var out []moment
	a, v, fired := s.attrs, float64(s.start), false
	grown := 0.0
	above := func(v float64) bool {
		threshold := float64(s.threshold) + grown
		return v > threshold || v == threshold && a.Compare == ir.GE
	}
	i, rests := 0.0, 0
	for _, x := range s.x {
		high := a.When == ir.WhenBoth && above(v)
		waits, before := fired && a.When == ir.WhenNext, v
		if waits && !a.Masks {
			v = s.replaced(v)
		}
		v = float64(v * rest(a.Leak, beta))
		if (waits || high) && a.Reset == ir.ResetSubtract {
			v = s.lowered(v, grown)
		}
		kept := v
		drive := float64(gain * float64(x))
		switch {
		case a.Current.Kind == 0:
		case a.Order == ir.OrderLate:
			drive, i = i, float64(i*rest(a.Current, beta))+drive
			if a.MasksCurrent && waits {
				i = 0
			}
		case a.Order == ir.OrderBefore:
			i = float64(i*rest(a.Current, beta)) + drive
			if a.MasksCurrent && waits {
				i = 0
			}
			drive = i
		default:
			i += float64(x)
			if a.MasksCurrent && waits {
				i = 0
			}
			drive = float64(gain * i)
			i = float64(i * rest(a.Current, beta))
		}
		v += drive
		v += float64(s.bias)
		switch {
		case rests > 0 && a.Refractory.Kind == ir.RestHold:
			v = before
		case rests > 0 && (a.Refractory.Kind == ir.RestDrive || a.Refractory.Kind == ir.RestLeak):
			v = kept
		}
		if a.Masks && waits {
			v = 0
		}
		fired = a.Fires() && above(v) && (rests == 0 || a.Refractory.Kind == ir.RestDrive)
		if rests = max(rests-1, 0); fired {
			rests = a.Refractory.Steps
		}
		out = append(out, s.settle(&v, fired, high, grown))
		if grown = float64(grown * rest(a.Adapt, beta)); fired {
			grown += float64(s.jump)
		}
		if a.Adapt.Kind == 0 {
			grown = 0
		}
	}
	return out
}

// replaced is the membrane after a spike that sets it.
func (s sample) replaced(v float64) float64 {
	switch s.attrs.Reset {
	case ir.ResetZero:
		return 0
	case ir.ResetValue:
		return float64(s.reset)
	}
	return v
}

// lowered is the membrane after a soft reset.
func (s sample) lowered(v, grown float64) float64 {
	if v -= float64(s.reset); s.attrs.AdaptReset {
		v -= grown
	}
	return v
}

// settle resets the membrane at the end of a step, and returns the moment that the step shows.
func (s sample) settle(v *float64, fired, high bool, grown float64) moment {
	spike := map[bool]float64{true: 1}
	switch {
	case s.attrs.When == ir.WhenBoth:
		*v -= (spike[fired] - spike[high]) * float64(s.reset)
	case fired && s.attrs.When == ir.WhenFire:
		*v = s.replaced(*v)
		if s.attrs.Reset == ir.ResetSubtract {
			*v = s.lowered(*v, grown)
		}
	}
	if s.attrs.Silent {
		return moment{*v, *v}
	}
	return moment{*v, spike[fired]}
}
