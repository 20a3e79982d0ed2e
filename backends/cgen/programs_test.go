package cgen_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/irtest"
)

// sanitized is gcc with undefined behaviour and stray accesses as errors.
var sanitized = []string{"gcc", "-O1", "-fsanitize=undefined,address", "-fno-sanitize-recover=all"}

// agree emits a net, compiles it twice, and compares every spike, membrane and
// output with the interpreter's.
func agree(t *testing.T, name, text string, samples int) (*ir.Net, backends.Vectors) {
	t.Helper()
	net := irtest.ParseNet(t, name, text)
	return net, agreeOn(t, net, samples)
}

// agreeOn is agree on a net that is there.
func agreeOn(t *testing.T, net *ir.Net, samples int) backends.Vectors {
	t.Helper()
	irtest.Need(t, "gcc", "clang")
	dir, v := emit(t, net, samples)
	in, want := stream(net, v)
	got := run(t, dir, in, build(t, dir, "host", sanitized...), "-trace")
	if !bytes.Equal(got, want) {
		t.Errorf("%s: the stream differs from the interpreter's", net.Name)
	}
	run(t, dir, nil, build(t, dir, "test", "clang", "-O2"))
	return v
}

// A sizedLayer is K inputs of a type summed to N outputs with weights in lo..hi.
type sizedLayer struct {
	n, k  int
	input string
	lo    int
	hi    int
	bias  bool
}

// sizesText is a net with each layer from an input to an output of its own, with
// neurons and a sum behind those that are not too wide for it.
func sizesText(steps int, layers []sizedLayer) string {
	var once, step, end strings.Builder
	for i, l := range layers {
		bias, shape := "", fmt.Sprintf("[%d,%d]", l.n, l.k)
		if l.bias {
			fmt.Fprintf(&once, "\t%%b%d = const {seed=%d lo=-99 hi=99} : s8[%d]\n", i, 100+i, l.n)
			bias = fmt.Sprintf(", bias=%%b%d", i)
		}
		fmt.Fprintf(&once, "\t%%x%d = input : %s\n", i, strings.Replace(l.input, " ", fmt.Sprintf("[%d] ", l.k), 1))
		fmt.Fprintf(&once, "\t%%w%d = const {seed=%d lo=%d hi=%d} : s16%s\n", i, i, l.lo, l.hi, shape)
		fmt.Fprintf(&once, "\t%%i%d = linear %%x%d, %%w%d%s {slots=planes} : s32[%d]\n", i, i, i, bias, l.n)
		fmt.Fprintf(&once, "\t%%t%d = const {fill=%d} : s16[]\n\t%%v%d = const {seed=%d lo=-9 hi=9} : s8[3,%d]\n", i, l.hi, i, i, l.n)
		fmt.Fprintf(&step, "\t%%s%d = neuron %%i%d, %%t%d {leak=shift:2 round=zero compare=ge reset=zero when=fire} : spike[%d]\n", i, i, i, l.n)
		fmt.Fprintf(&step, "\t%%j%d = linear %%s%d, %%v%d : s16[3]\n", i, i, i)
		fmt.Fprintf(&step, "\t%%r%d = neuron %%j%d, %%t%d {leak=none round=floor compare=gt reset=zero when=next} : spike[3]\n", i, i, i)
		fmt.Fprintf(&end, "\t%%c%d = sum %%s%d : u8[%d]\n\t%%d%d = sum %%j%d : s32[3]\n", i, i, l.n, i, i)
		fmt.Fprintf(&once, "\t%%y%d = output %%i%d : s32[%d]\n", i, i, l.n)
		fmt.Fprintf(&end, "\t%%z%d = output %%c%d : u8[%d]\n\t%%u%d = output %%d%d : s32[3]\n", i, i, l.n, i, i)
	}
	return fmt.Sprintf("net sizes fixed steps=%d {\nonce\n%sstep\n%send\n%s}\n", steps, &once, &step, &end)
}

func TestSizes(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	agree(t, "sizes.sir", sizesText(2, []sizedLayer{
		{1, 1, "u8 ", -127, 127, true},
		{7, 31, "u8 ", -127, 127, false},
		{33, 33, "spike ", -127, 127, true},
		{5, 65, "u3 ", -1, 1, false},
		{33, 65, "s9 ", -128, 127, true},
		{4, 33, "s5 range -16..-3", -128, 127, false},
		{16, 31, "u16 ", -127, 127, true},
		{8, 7, "u5 ", -3000, 3000, true},
		{3, 33, "s16 ", -1900, 1900, false},
	}), 6)
}

// Beyond 257 rows of bytes a half word overflows without the bias taken back,
// beyond 258 of the largest weights the sums leave it, and 1024 rows fill a list.
func TestLongSums(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	layers := []sizedLayer{
		{7, 300, "u8 ", -128, 127, true},
		{5, 1100, "spike ", 127, 127, false},
		{5, 1100, "u2 ", -128, -128, true},
		{4, 1057, "u5 ", -9, 9, false},
		{2, 1090, "spike ", -700, 700, true},
	}
	net, v := agree(t, "long.sir", strings.ReplaceAll(sizesText(1, layers), "lo=127 hi=127", "lo=126 hi=127"), 5)
	most := int64(0)
	for _, s := range v {
		most = max(most, slices.Max(s.Outputs[1]))
	}
	if most < 1<<15 {
		t.Errorf("the largest sum of %s is %d, which fits 16 bits", net.Find("i1").Type, most)
	}
}

// neuronsText has a layer of 33 neurons for each kind, all fed by one linear
// layer whose small numbers make ties, and each read by a sum.
func neuronsText(steps int) (text string, layers int) {
	var step, end strings.Builder
	for _, reset := range []string{"none", "zero", "value", "subtract"} {
		for _, when := range []string{"fire", "next"} {
			for _, leak := range []string{"shift:1 round=floor", "shift:2 round=ceil", "shift:1 round=zero", "decay:2 round=floor",
				"decay:1 round=ceil", "decay:3 round=zero", "none round=floor", "all round=floor"} {
				i := layers
				layers++
				operands := []string{", %th", ", %ths", ", %neg"}[i%3]
				operands += []string{"", ", bias=%b", ", bias=%bs", ""}[i%4]
				if reset == "value" || reset == "subtract" {
					operands += []string{", reset=%r", ", reset=%rs"}[i/2%2]
				}
				operands += []string{"", ", init=%v", ", init=%vs", ", init=%v"}[i/3%4]
				compare := []string{"ge", "gt"}[i%2]
				guard := []string{"", " guard=2", ""}[i%3]
				fmt.Fprintf(&step, "\t%%s%d = neuron %%i%s {leak=%s compare=%s reset=%s when=%s%s} : spike[33]\n", i, operands, leak, compare, reset, when, guard)
				fmt.Fprintf(&end, "\t%%c%d = sum %%s%d : %s[33]\n", i, i, map[bool]string{true: "spike", false: "u4"}[steps == 1])
			}
		}
	}
	return fmt.Sprintf(`net neurons fixed steps=%d {
once
	%%x = input : u2[9]
	%%w = const {seed=1 lo=-2 hi=2} : s3[33,9]
	%%i = linear %%x, %%w {slots=planes} : s16[33]
	%%th = const {fill=3} : u2[]
	%%ths = const {seed=2 lo=1 hi=9} : u4[33]
	%%neg = const {seed=3 lo=-2 hi=2} : s8[33]
	%%b = const {fill=-1} : s8[]
	%%bs = const {seed=4 lo=-3 hi=3} : s8[33]
	%%r = const {fill=-2} : s8[]
	%%rs = const {seed=5 lo=-5 hi=5} : s8[33]
	%%v = const {fill=5} : s8[]
	%%vs = const {seed=6 lo=-300 hi=300} : s16[33]
step
%send
%s	%%y = output %%c0 : u8[33]
}
`, steps, &step, &end), layers
}

func TestNeurons(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	for _, steps := range []int{1, 9} {
		text, layers := neuronsText(steps)
		net, v := agree(t, "neurons.sir", text, 5)
		ties, negative, quiet := 0, 0, 0
		for _, s := range v {
			for _, step := range s.Steps {
				// The first layer never resets: its stored membrane is the one compared with 3.
				for _, m := range step.States[0] {
					if m == 3 {
						ties++
					}
					if m < 0 {
						negative++
					}
				}
			}
		}
		for i := range layers {
			fired := false
			for _, s := range v {
				for _, step := range s.Steps {
					fired = fired || slices.Max(step.Spikes[i]) == 1
				}
			}
			if !fired {
				quiet++
			}
		}
		if ties < 5 || negative < 5 || quiet > 0 {
			t.Errorf("%s over %d steps: %d ties, %d negative membranes, %d quiet layers", net.Name, steps, ties, negative, quiet)
		}
	}
}

// Random chains of layers on one input or on each other's results.
func TestRandomNets(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	for seed := range uint64(4) {
		text := randomText(rand.New(rand.NewPCG(seed, 1)))
		agree(t, fmt.Sprintf("random%d.sir", seed), text, 4)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, text)
		}
	}
}

func randomText(r *rand.Rand) string {
	var once, step, end strings.Builder
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	steps, k := 1+r.IntN(5), 1+r.IntN(70)
	x, bits := "x", pick("spike", "u8", "s8", "u4", "u11", "s3")
	for i := range 6 {
		n, wide := 1+r.IntN(40), []int{1, 7, 127, 1000}[r.IntN(4)]
		into := &step
		if i == 0 || r.IntN(3) == 0 {
			x, into = "x", &once
		}
		from := k
		if x != "x" {
			fmt.Sscanf(x[strings.Index(x, "_")+1:], "%d", &from)
		}
		fmt.Fprintf(&once, "\t%%w%d = const {seed=%d lo=%d hi=%d} : s16[%d,%d]\n", i, r.IntN(1000), -wide, wide, n, from)
		fmt.Fprintf(&once, "\t%%t%d = const {seed=%d lo=%d hi=%d} : s16[%s]\n", i, r.IntN(1000), r.IntN(wide+1), 3*wide, pick("", fmt.Sprint(n)))
		fmt.Fprintf(into, "\t%%i%d = linear %%%s, %%w%d {slots=planes} : s32[%d]\n", i, x, i, n)
		for j := range 1 + r.IntN(2) {
			reset := pick("zero", "none", "subtract")
			operand := ""
			if reset == "subtract" {
				operand = fmt.Sprintf(", reset=%%t%d", i)
			}
			x = fmt.Sprintf("s%d%d_%d", i, j, n)
			fmt.Fprintf(&step, "\t%%%s = neuron %%i%d, %%t%d%s {leak=%s round=%s compare=%s reset=%s when=%s guard=%d} : spike[%d]\n", x, i, i, operand,
				pick("shift:1", "decay:3", "none", "all"), pick("floor", "ceil", "zero"), pick("ge", "gt"), reset, pick("fire", "next"), 1+r.IntN(3), n)
			fmt.Fprintf(&end, "\t%%c%s = sum %%%s : u4[%d]\n", x, x, n)
		}
		fmt.Fprintf(&once, "\t%%v%d = const {seed=%d lo=-60 hi=60} : s8[5,%d]\n", i, i, n)
		fmt.Fprintf(&end, "\t%%l%d = linear %%c%s, %%v%d {slots=planes} : s32[5]\n\t%%y%d = output %%l%d : s32[5]\n", i, x, i, i, i)
	}
	return fmt.Sprintf("net random fixed steps=%d {\nonce\n\t%%x = input : %s[%d]\n%sstep\n%send\n%s}\n", steps, bits, k, &once, &step, &end)
}
