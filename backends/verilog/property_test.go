package verilog_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
)

// Random nets of two layers and a readout, random sizes, widths, neurons and lanes.
func TestRandomNets(t *testing.T) {
	need(t, "iverilog")
	nets := rapid.Custom(drawNet)
	for seed := range 10 {
		text := nets.Example(seed)
		net, err := ir.Parse("random.sir", text, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		lanes := 1 << (seed % 7)
		vs := samples(t, net, uint64(seed), 3)
		passes(t, net, lanes, vs, simulate(t, emit(t, net, lanes, vs)))
		if t.Failed() {
			t.Fatalf("seed %d, lanes %d\n%s", seed, lanes, text)
		}
	}
}

func drawNet(r *rapid.T) string {
	size := rapid.SampledFrom([]int{1, 2, 7, 8, 16, 31, 33, 40, 65})
	k, n, m, o := size.Draw(r, "k"), size.Draw(r, "n"), size.Draw(r, "m"), rapid.IntRange(1, 5).Draw(r, "o")
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("net r fixed steps=%d {\nonce", rapid.IntRange(1, 4).Draw(r, "steps"))
	p("%%x = input : u%d[%d]", rapid.IntRange(2, 16).Draw(r, "bits"), k)
	constant := func(name string, size string, limit int) {
		p("%%%s = const {seed=%d lo=%d hi=%d} : s24[%s] range %d..%d", name, rapid.IntRange(1, 99).Draw(r, name), -limit, limit, size, -limit, limit)
	}
	w := rapid.SampledFrom([]int{1, 3, 127, 2000})
	constant("w1", fmt.Sprintf("%d,%d", n, k), w.Draw(r, "w1 limit"))
	constant("w2", fmt.Sprintf("%d,%d", m, n), w.Draw(r, "w2 limit"))
	constant("w3", fmt.Sprintf("%d,%d", o, m), w.Draw(r, "w3 limit"))
	constant("b1", fmt.Sprint(n), 5000)
	constant("b3", fmt.Sprint(o), 500)
	constant("p1", fmt.Sprint(n), 4000)
	constant("p2", fmt.Sprint(m), 300)
	p("%%i1 = linear %%x, %%w1%s {slots=planes} : s40[%d]\nstep", rapid.SampledFrom([]string{"", ", bias=%b1"}).Draw(r, "bias"), n)
	p("%%s1 = neuron %%i1, %%p1%s : spike[%d]", drawNeuron(r, "p1"), n)
	p("%%i2 = linear %%s1, %%w2 : s40[%d]", m)
	p("%%s2 = neuron %%i2, %%p2%s : spike[%d]\nend", drawNeuron(r, "p2"), m)
	readout := rapid.SampledFrom([]string{"s2", "i2"}).Draw(r, "readout")
	p("%%c = sum %%%s : s40[%d]", readout, m)
	p("%%l = linear %%c, %%w3, bias=%%b3 {slots=planes} : s40[%d]", o)
	p("%%y = output %%l : s40[%d]\n}", o)
	return b.String()
}

func drawNeuron(r *rapid.T, param string) string {
	operands := ""
	if rapid.Bool().Draw(r, "bias") {
		operands += ", bias=%" + param
	}
	reset := rapid.SampledFrom([]string{"none", "zero", "value", "subtract"}).Draw(r, "reset")
	if reset == "value" || reset == "subtract" {
		operands += ", reset=%" + param
	}
	leak := rapid.SampledFrom([]string{"none", "all", "shift:1", "shift:5", "decay:1", "decay:4"}).Draw(r, "leak")
	round := rapid.SampledFrom([]string{"floor", "ceil", "zero"}).Draw(r, "round")
	compare := rapid.SampledFrom([]string{"ge", "gt"}).Draw(r, "compare")
	when := rapid.SampledFrom([]string{"fire", "next"}).Draw(r, "when")
	guard := rapid.SampledFrom([]string{"", " guard=3"}).Draw(r, "guard")
	return fmt.Sprintf("%s {leak=%s round=%s compare=%s reset=%s when=%s%s}", operands, leak, round, compare, reset, when, guard)
}
