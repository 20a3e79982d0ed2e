package ir_test

import (
	"strings"
	"testing"

	"nomul/ir"
)

const verified = `net t fixed steps=2 {
once
	%zero = const {fill=0} : u8[2]
	%th = const {fill=3} : u8[]
step
	%x = input {per=step} : u8[2]
	%d = delay %zero : u8[2]
	%s = neuron %x, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
	%l = latch %d, %x : u8[2]
end
	%n = sum %s : u2[2] range 0..2
	%y = output %n : u2[2] range 0..2
}
`

// The demands of the verifier on every net: each change breaks one, and is told.
func TestVerifyDemands(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(n *ir.Net)
		want  string
	}{
		{"nothing", func(*ir.Net) {}, ""},
		{"a name that is taken", func(n *ir.Net) { n.Find("l").Name = "x" }, "has a name that is taken"},
		{"a name that cannot be printed", func(n *ir.Net) { n.Find("l").Name = "a b" }, "cannot be printed"},
		{"the net's name", func(n *ir.Net) { n.Name = "" }, "bad head"},
		{"no steps", func(n *ir.Net) { n.Steps = 0 }, "bad head"},
		{"too many steps", func(n *ir.Net) { n.Steps = ir.MaxSteps + 1 }, "bad head"},
		{"no level", func(n *ir.Net) { n.Level = 0 }, "bad head"},
		{"a latch that is read", func(n *ir.Net) { n.Find("n").Args[0] = n.Find("l") }, "%l"},
		{"an output that is read", func(n *ir.Net) {
			y := n.Find("y")
			z := *y
			z.Name, z.Args = "z", []*ir.Value{y}
			n.Values = append(n.Values, &z)
		}, "%y"},
		{"a leak factor without its operand", func(n *ir.Net) { attrs(n, func(a *ir.NeuronAttrs) { a.Leak = ir.Leak{Kind: ir.LeakFactor} }) }, "leak=factor and the operand leak go together"},
		{"a leak without its factor", func(n *ir.Net) { n.Find("s").Args[ir.NeuronLeak] = n.Find("th") }, "leak=factor and the operand leak go together"},
		{"no output", func(n *ir.Net) { n.Values = n.Values[:len(n.Values)-1] }, "has no output"},
	} {
		net, err := ir.Parse("t.sir", verified, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(net)
		err = ir.Verify(net)
		if c.want == "" && err == nil {
			continue
		}
		if c.want == "" || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, wanted %q", c.name, err, c.want)
		}
	}
}

func attrs(n *ir.Net, change func(a *ir.NeuronAttrs)) {
	v := n.Find("s")
	a := v.Attrs.(ir.NeuronAttrs)
	change(&a)
	v.Attrs = a
}

// A membrane may have any range that an integer holds with room to add, and no other.
func TestMembraneRangeLimit(t *testing.T) {
	for _, c := range []struct {
		steps string
		fits  bool
	}{{"steps=16383", true}, {"steps=16384", false}} {
		text := strings.Replace(wide, "steps=2", c.steps, 1)
		_, err := ir.Parse("t.sir", text, nil)
		if c.fits != (err == nil) {
			t.Errorf("%s: %v", c.steps, err)
		}
		if err != nil && !strings.Contains(err.Error(), "which no integer holds") {
			t.Errorf("%s: %v", c.steps, err)
		}
	}
}

const wide = `net t fixed steps=2 {
once
	%th = const {fill=3} : u8[]
step
	%x = input {per=step} : s48[2]
	%s = neuron %x, %th {leak=none round=floor compare=ge reset=none when=fire} : spike[2]
end
	%n = last %s : spike[2]
	%y = output %n : spike[2]
}
`
