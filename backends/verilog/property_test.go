package verilog_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
)

// Random nets of two layers and a readout, random sizes, widths, neurons,
// readouts and lanes, with inputs that come once or in each step.
func TestRandomNets(t *testing.T) {
	irtest.Long(t)
	irtest.Need(t, "iverilog")
	nets := rapid.Custom(drawNet).Filter(func(text string) bool {
		net, err := ir.Parse("random.sir", text, nil)
		return err != nil || len(verilog.New().Check(net)) == 0 // not too wide
	})
	for seed := range 24 {
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
	p("%%x = input : %s%d[%d]", rapid.SampledFrom([]string{"u", "s"}).Draw(r, "sign"), rapid.IntRange(2, 16).Draw(r, "bits"), k)
	constant := func(name string, size string, limit int) {
		p("%%%s = const {seed=%d lo=%d hi=%d} : s24[%s] range %d..%d", name, rapid.IntRange(1, 99).Draw(r, name), -limit, limit, size, -limit, limit)
	}
	w := rapid.SampledFrom([]int{1, 3, 127, 2000})
	constant("w1", fmt.Sprintf("%d,%d", n, k), w.Draw(r, "w1 limit"))
	constant("w2", fmt.Sprintf("%d,%d", m, n), w.Draw(r, "w2 limit"))
	constant("w3", fmt.Sprintf("%d,%d", o, m), w.Draw(r, "w3 limit"))
	p("%%nine = const {fill=9} : u4[]")
	constant("b1", fmt.Sprint(n), 5000)
	constant("b3", fmt.Sprint(o), 500)
	constant("p1", fmt.Sprint(n), 4000)
	constant("p2", fmt.Sprint(m), 300)
	p("%%i1 = linear %%x, %%w1%s {slots=planes} : s60[%d]\nstep", rapid.SampledFrom([]string{"", ", bias=%b1"}).Draw(r, "bias"), n)
	drive := "i1"
	if rapid.Bool().Draw(r, "per step") {
		drive = "d1"
		p("%%x1 = input {per=step} : s%d[%d]\n%%d1 = add %%i1, %%x1 : s60[%[2]d]", rapid.IntRange(2, 16).Draw(r, "bits of each step"), n)
	}
	silent := rapid.IntRange(0, 4).Draw(r, "silent") == 0
	if silent {
		p("%%s1 = neuron %%%s%s : s60[%d]", drive, drawNeuron(r, "p1", true), n)
		p("%%i2 = linear %%s1, %%w2 {slots=planes} : s60[%d]", m)
	} else {
		p("%%s1 = neuron %%%s, %%p1%s : spike[%d]", drive, drawNeuron(r, "p1", false), n)
		p("%%i2 = linear %%s1, %%w2 : s60[%d]", m)
	}
	p("%%s2 = neuron %%i2, %%p2%s : spike[%d]\nend", drawNeuron(r, "p2", false), m)
	readout := rapid.SampledFrom([]string{"sum %s2", "sum %i2", "first %s2", "max-time %i2", "last %s2"}).Draw(r, "readout")
	p("%%c0 = %s : s60[%d]", readout, m)
	p("%%c = %s : s60[%d]", rapid.SampledFrom([]string{"neg %c0", "sub %nine, %c0", "max %c0, %nine"}).Draw(r, "then"), m)
	p("%%l = linear %%c, %%w3, bias=%%b3 {slots=planes} : s60[%d]", o)
	p("%%y = output %%l : s60[%d]\n}", o)
	return b.String()
}

// drawNeuron draws the rest of a neuron's line: operands and attributes.
func drawNeuron(r *rapid.T, param string, silent bool) string {
	from := func(name string, some ...string) string { return rapid.SampledFrom(some).Draw(r, name) }
	leaks := []string{"none", "all", "shift:1", "shift:5", "decay:1", "decay:4", "csd:7/8", "csd:233/256", "csd:5/16"}
	operands := from("bias", "", ", bias=%"+param) + from("init", "", ", init=%"+param)
	reset, when := from("reset", "none", "zero", "value", "subtract"), from("when", "fire", "next", "both")
	extra := from("guard", "", " guard=3")
	current := from("current", append(leaks, "", "", "")...)
	if current != "" {
		extra += " current=" + current + " order=" + from("order", "before", "after", "late")
	}
	switch {
	case silent:
		reset, when, extra = "none", "fire", extra+" silent=true"
	case when == "both":
		reset = "subtract"
	case when == "next" && reset == "zero" && rapid.Bool().Draw(r, "masks"):
		extra += " masks=true"
		if current != "" {
			extra += " masks-current=" + from("masks current", "true", "false")
		}
	}
	if reset == "value" || reset == "subtract" {
		operands += ", reset=%" + param
	}
	return fmt.Sprintf("%s {leak=%s round=%s compare=%s reset=%s when=%s%s}", operands, from("leak", leaks...),
		from("round", "floor", "ceil", "zero"), from("compare", "ge", "gt"), reset, when, extra)
}
