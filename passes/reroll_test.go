package passes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
	"pgregory.net/rapid"
)

// One step that is not like the others is refused, whichever it is.
func TestOddStepRefused(t *testing.T) {
	irtest.Long(t)
	for layer := range 2 {
		for step := range 4 {
			odd := func(l, s int) cell {
				if l == layer && s == step {
					return sjLIF(4, 0)
				}
				return nil
			}
			_, err := raisedOf(t, mlp(t, sjLIF(2, 0), 4, "sum", odd))
			wantCode(t, fmt.Sprintf("layer %d, step %d", layer, step), err, diag.NotUnrolled)
		}
	}
}

// Weights that change from one step to the next are refused.
func TestOddWeightsRefused(t *testing.T) {
	for step := range 3 {
		odd := func(l, s int) cell {
			if l == 1 && s == step {
				return func(k *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
					return sjLIF(2, 0)(k, k.dense(5, 6, x), past)
				}
			}
			return nil
		}
		_, err := raisedOf(t, mlp(t, sjLIF(2, 0), 3, "sum", odd))
		wantCode(t, fmt.Sprintf("step %d", step), err, diag.NotUnrolled)
	}
}

// snnTorch's reset_delay=False leaves something of the first step in the second.
// It is raised from three steps on, and a step that leaves more is refused, the first too.
func TestResetNow(t *testing.T) {
	irtest.Long(t)
	for _, zero := range []bool{false, true} {
		_, err := raisedOf(t, mlp(t, snnNow(zero), 2, "sum", nil))
		wantCode(t, "two steps", err, diag.NotUnrolled)
		if err != nil && !strings.Contains(err.Error(), "reset_delay=False, shows itself in three steps or more") {
			t.Errorf("wanted to be told to export more steps: %v", err)
		}
		for steps := 3; steps <= 6; steps++ {
			if _, err := raisedOf(t, mlp(t, snnNow(zero), steps, "sum", nil)); err != nil {
				t.Errorf("zero %v, %d steps: %v", zero, steps, err)
			}
			for step := range steps {
				odd := func(l, s int) cell {
					if l == 1 && s == step {
						return leavesMore(snnNow(zero))
					}
					return nil
				}
				if step == steps-1 {
					continue // nothing reads the state of the last step
				}
				_, err := raisedOf(t, mlp(t, snnNow(zero), steps, "sum", odd))
				wantCode(t, fmt.Sprintf("zero %v, step %d of %d", zero, step, steps), err, diag.NotUnrolled)
			}
		}
	}
}

// The stored membrane of such a neuron, in the last step or in every step, is that of a silent one.
func TestStoredMembraneGiven(t *testing.T) {
	for _, zero := range []bool{false, true} {
		for _, every := range []bool{false, true} {
			for steps := 3; steps <= 5; steps++ {
				low, err := lowered(t, stored(t, zero, every, steps))
				if err != nil {
					t.Errorf("zero %v, every %v, %d steps: %v", zero, every, steps, err)
					continue
				}
				if n := len(low.All(ir.OpNeuron)); n != 2 || len(low.All(ir.OpDelay)) > 0 {
					t.Errorf("zero %v, every %v, %d steps:\n%s", zero, every, steps, ir.Print(low, ""))
				}
			}
		}
	}
}

// stored is a layer whose count is added to the membrane that it stores last, or in every step.
func stored(t *testing.T, zero, every bool, steps int) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	var f, sum *ir.Value
	var left []*ir.Value
	for step := range steps {
		f, left = snnNow(zero)(s, s.dense(1, 6, x), left)
		if sum == nil {
			sum = f
		} else {
			sum = s.op(ir.OpAdd, sum, f)
		}
		if every || step == steps-1 {
			sum = s.op(ir.OpAdd, sum, left[0])
		}
	}
	return s.output(sum)
}

// leavesMore adds the spike to the membrane that a cell leaves.
func leavesMore(c cell) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		f, left := c(s, x, past)
		return f, []*ir.Value{s.op(ir.OpAdd, left[0], f)}
	}
}

// snnNow is snnTorch's Leaky with reset_delay=False.
func snnNow(zero bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v, r, threshold := s.like(x, 0), s.like(x, 0), s.num(0.75)
		if past != nil {
			v = past[0]
			r = s.spike(ir.GT, s.op(ir.OpSub, v, threshold), s.num(0))
		}
		kept, amount := v, threshold
		if zero {
			kept = s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), r), v)
		}
		h := s.op(ir.OpAdd, s.op(ir.OpMul, s.num(0.5), kept), x)
		if zero {
			amount = h
		} else {
			h = s.op(ir.OpSub, h, s.op(ir.OpMul, r, threshold))
		}
		f := s.spike(ir.GT, s.op(ir.OpSub, h, threshold), s.num(0))
		return f, []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, s.op(ir.OpSub, f, r), amount))}
	}
}

func wantCode(t *testing.T, what string, err error, code diag.Code) {
	t.Helper()
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != code {
		t.Errorf("%s: got %v, wanted an error %s", what, err, code)
	}
}

// Two layers of different numbers of steps are no steps of one body.
func TestUnequalStepsRefused(t *testing.T) {
	s := newSketch(t)
	x := s.input(4)
	var a, b, sums []*ir.Value
	for step := range 4 {
		v, left := sjLIF(2, 0)(s, s.dense(1, 4, x), a)
		a, sums = left, append(sums, v)
		if step < 3 {
			v, b = sjLIF(2, 0)(s, s.dense(2, 4, v), b)
			sums = append(sums, v)
		}
	}
	_, err := raisedOf(t, s.output(readoutOf(s, "sum", sums)))
	wantCode(t, "three of four steps", err, diag.NotUnrolled)
}

var cells = []namedCell{
	{"lif", sjLIF(2, 0)}, {"lif4", sjLIF(4, 0)}, {"value", sjLIF(2, -0.5)}, {"soft", sjIF14(true)}, {"hard", sjIF14(false)},
	{"leaky", snnLeaky(false, false)}, {"again", snnLeaky(true, false)}, {"zero", snnLeaky(false, true)},
	{"where", whereLIF}, {"recurrent", recurrent(sjLIF(2, 0))},
}

type namedCell struct {
	name string
	cell cell
}

// randomNet draws a net of one to four layers of different neurons, some of them
// without weights between, and with a skip connection now and then.
func randomNet(rt *rapid.T, t testing.TB, cells []namedCell) *ir.Net {
	s := newSketch(t)
	x := s.input(4)
	steps := rapid.IntRange(2, 5).Draw(rt, "steps")
	layers := rapid.IntRange(1, 4).Draw(rt, "layers")
	kind, weighted, skip := make([]int, layers), make([]bool, layers), make([]bool, layers)
	for i := range layers {
		kind[i] = rapid.IntRange(0, len(cells)-1).Draw(rt, "cell")
		weighted[i] = i == 0 || rapid.Bool().Draw(rt, "weights")
		skip[i] = i > 0 && rapid.Bool().Draw(rt, "skip")
	}
	past := make([][]*ir.Value, layers)
	var out []*ir.Value
	for range steps {
		v := x
		for i := range layers {
			in := v
			if weighted[i] {
				in = s.dense(i, 4, v)
			}
			before := v
			v, past[i] = cells[kind[i]].cell(s, in, past[i])
			if skip[i] {
				v = s.op(ir.OpAdd, v, before)
			}
		}
		out = append(out, s.dense(7, 3, v))
	}
	return s.output(readoutOf(s, rapid.SampledFrom([]string{"sum", "mean", "stack"}).Draw(rt, "readout"), out))
}

// Whatever the layers are, each becomes one neuron, the net computes the same, and the order in
// which a file lists its nodes does not matter.
func TestRaiseRandomNets(t *testing.T) {
	irtest.Long(t)
	rapid.Check(t, func(rt *rapid.T) {
		net := randomNet(rt, t, cells)
		out, err := raisedOf(t, net)
		if err != nil {
			rt.Fatalf("%v\n%s", err, ir.Print(net, ""))
		}
		shuffled, err := raiseShuffled(net, rapid.Uint64().Draw(rt, "order"))
		if err != nil {
			rt.Fatalf("shuffled: %v", err)
		}
		if a, b := anonymous(out), anonymous(shuffled); a != b {
			rt.Fatalf("in another order:\n%s\nwas:\n%s", b, a)
		}
		if left := out.All(ir.OpDelay); len(left) > 0 && !strings.Contains(ir.Print(net, ""), "linear") {
			rt.Fatalf("a delay is left:\n%s", ir.Print(out, ""))
		}
	})
}

// The mean over a stack is over its parts, also where one of them is no step.
func TestMeanOfMoreThanTheSteps(t *testing.T) {
	s := newSketch(t)
	x := s.input(4)
	var past, out []*ir.Value
	for range 3 {
		var v *ir.Value
		v, past = sjLIF(2, 0)(s, s.dense(0, 4, x), past)
		out = append(out, s.dense(7, 3, v))
	}
	net := s.output(readoutOf(s, "stack", append(out, s.dense(7, 3, x))))
	if _, err := raisedOf(t, net); err != nil {
		t.Fatal(err)
	}
}

// raiseShuffled runs the source level's passes with independent values in random
// order before each.
func raiseShuffled(n *ir.Net, seed uint64) (*ir.Net, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	var err error
	for _, p := range All {
		if p.From == ir.Source && err == nil {
			n, err = Apply(p, shuffle(n, random), &Options{})
		}
	}
	return n, err
}

// shuffle is the net in another order of its values that keeps operands above
// their readers, clocks apart, and inputs and outputs as they were.
func shuffle(n *ir.Net, random *rand.Rand) *ir.Net {
	out := &ir.Net{Name: n.Name, Level: n.Level, Steps: n.Steps}
	placed := map[*ir.Value]bool{}
	for len(out.Values) < len(n.Values) {
		var ready []*ir.Value
		clock := ir.End
		for _, v := range n.Values {
			if placed[v] {
				continue
			}
			clock = min(clock, v.Clock)
			open := v.Clock == clock
			for _, a := range v.Args {
				open = open && (a == nil || placed[a])
			}
			if open {
				ready = append(ready, v)
			}
		}
		v := ready[random.IntN(len(ready))]
		placed[v] = true
		out.Values = append(out.Values, v)
	}
	return out
}

// However a net is spoiled by making one value read another one, it is refused, or the result
// computes the same as the spoiled net (raise checks that).
func TestSpoiledNets(t *testing.T) {
	irtest.Long(t)
	refused := 0
	all := append(slices.Clone(cells), namedCell{"now", snnNow(false)}, namedCell{"now-zero", snnNow(true)})
	rapid.Check(t, func(rt *rapid.T) {
		net := spoiled(rt, randomNet(rt, t, all))
		if ir.Verify(net) != nil {
			rt.Skip("the other value does not fit")
		}
		if _, err := raisedOf(t, net); err != nil {
			var bug *Bug
			if errors.As(err, &bug) {
				rt.Fatal(err)
			}
			refused++
		}
	})
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// spoiled is the net with one operand exchanged for an earlier value of its type.
func spoiled(rt *rapid.T, n *ir.Net) *ir.Net {
	at := rapid.IntRange(1, len(n.Values)-1).Draw(rt, "value")
	v := n.Values[at]
	if len(v.Args) == 0 {
		return n
	}
	slot := rapid.IntRange(0, len(v.Args)-1).Draw(rt, "operand")
	var fit []*ir.Value
	for _, other := range n.Values[:at] {
		if v.Args[slot] != nil && other.Type == v.Args[slot].Type && other.Op != ir.OpOutput {
			fit = append(fit, other)
		}
	}
	if len(fit) > 0 {
		v.Args[slot] = rapid.SampledFrom(fit).Draw(rt, "other")
	}
	return n
}
