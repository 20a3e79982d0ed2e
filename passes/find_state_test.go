package passes

import (
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/timing"
)

// A state is found by type where that leaves no choice; where two outputs may be one
// input's next value, two inputs the same output's last, or nothing comes in besides
// the state, none is.
func TestStatesByType(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"one each", `	%x = input : real[3]
	%p = input : real[2]
	%q = input : real[4]
	%w = const {fill=1} : real[2,3]
	%u = const {fill=1} : real[4,3]
	%i = linear %x, %w : real[2]
	%j = linear %x, %u : real[4]
	%a = add %p, %i : real[2]
	%b = add %q, %j : real[4]
	%f = compare %a, %i {is=gt} : spike[2]
	%g = cast %f : real[2]
	%s = reshape %g {shape=[1,2]} : real[1,2]
	%y = output %s : real[1,2]
	%r1 = output %a : real[2]
	%r2 = output %b : real[4]`, "p=r1, q=r2"},
		{"two outputs for one input", `	%x = input : real[3]
	%p = input : real[2]
	%w = const {fill=1} : real[2,3]
	%i = linear %x, %w : real[2]
	%a = add %p, %i : real[2]
	%f = compare %a, %i {is=gt} : spike[2]
	%g = cast %f : real[2]
	%y = output %g : real[2]
	%r1 = output %a : real[2]`, ""},
		{"two inputs for one output", `	%x = input : real[3]
	%p = input : real[2]
	%q = input : real[2]
	%w = const {fill=1} : real[2,3]
	%i = linear %x, %w : real[2]
	%a = add %p, %q : real[2]
	%f = compare %a, %i {is=gt} : spike[2]
	%g = cast %f : real[2]
	%s = reshape %g {shape=[1,2]} : real[1,2]
	%y = output %s : real[1,2]
	%r1 = output %a : real[2]`, ""},
		{"nothing besides", `	%p = input : real[2]
	%q = input : real[4]
	%one = const {fill=1} : real[]
	%a = add %p, %one : real[2]
	%b = add %q, %one : real[4]
	%f = compare %a, %one {is=gt} : spike[2]
	%g = cast %f : real[2]
	%s = reshape %g {shape=[1,2]} : real[1,2]
	%y = output %s : real[1,2]
	%r1 = output %a : real[2]
	%r2 = output %b : real[4]`, ""},
	} {
		net := irtest.ParseNet(t, c.name, "net n source steps=1 {\nonce\n"+c.text+"\n}\n")
		if got := timing.Listed(timing.Candidates(net, net.All(ir.OpInput)).ByType()); got != c.want {
			t.Errorf("%s: %q, wanted %q", c.name, got, c.want)
		}
	}
}

// A state that is said must be of one type before and after the step.
func TestStatesOfOtherTypes(t *testing.T) {
	net := irtest.ParseNet(t, "n", `net n source steps=1 {
once
	%p = input : real[2]
	%x = input : real[4]
	%y = output %x : real[4]
	%r = output %p : real[2]
}
`)
	if states, err := timing.StatesSaid(net, &Options{State: []Binding{{In: "p", Out: "r"}, {In: "x", Out: "y"}}}); err != nil || timing.Listed(states) != "p=r, x=y" {
		t.Errorf("%s (%v)", timing.Listed(states), err)
	}
	_, err := timing.StatesSaid(net, &Options{State: []Binding{{In: "p", Out: "y"}}})
	if err == nil || !strings.Contains(err.Error(), "state p=y: the input is real[2], the output real[4]") {
		t.Errorf("got %v", err)
	}
}
