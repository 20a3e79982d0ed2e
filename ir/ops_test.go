package ir_test

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
)

// one parses a net of one op on given values and gives the op's line as printed.
func one(level, given, line string) (string, error) {
	section := "once"
	if strings.HasPrefix(line, "neuron") || strings.HasPrefix(line, "cell") {
		section = "step"
	}
	text := "net t " + level + " steps=3 {\nonce\n\t" + strings.ReplaceAll(given, "; ", "\n\t") + "\n"
	if section == "step" {
		text += "step\n"
	}
	text += "\t%v = " + line + "\n"
	net, err := ir.Parse("t.sir", text+"}", nil)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(net.Find("v").String(), "%v = "), nil
}

// A text with types as wide as inferred and no ranges is printed
// with the ranges that inference found.
func TestInferredRanges(t *testing.T) {
	const (
		x2    = "%x = input : u2[2]"
		pos   = "%x = input : u4[1,3] range 2..5; %w = const {data=[1,2]} : u2[1,1,2]"
		drive = "%x = input : s8[1] range -8..12; %th = const {fill=20} : u5[]"
	)
	for _, c := range []struct{ level, given, line, want string }{
		{"fixed", x2 + "; %k = const {data=[-3,5]} : s8[2]", "max %x, %k : u3[2]", "max %x, %k : u3[2] range 0..5"},
		{"fixed", x2 + "; %k = const {data=[-3,5]} : s8[2]", "min %x, %k : s8[2]", "min %x, %k : s8[2] range -3..3"},
		{"fixed", x2, "cell %x {do=[state membrane; o = load membrane; v = operand 0; h = add o v; store membrane = h; f = above h v; result f]} : spike[2]",
			"cell %x {do=[state membrane; o = load membrane; v = operand 0; h = add o v; store membrane = h; f = above h v; result f]} : spike[2] state 0..9"},
		{"fixed", x2, "cell %x {do=[state membrane; v = operand 0; store membrane = v; h = leak v 1/2^1 up 1; result h]} : s8[2]",
			"cell %x {do=[state membrane; v = operand 0; store membrane = v; h = leak v 1/2^1 up 1; result h]} : s8[2] range 0..2 state 0..3"},
		{"fixed", x2, "cell %x {do=[state membrane; o = load membrane; v = operand 0; h = add o v; f = at-least h v; d = sub h h; e = shl d 40; store membrane = e; result h]} : s8[2]",
			"cell %x {do=[state membrane; o = load membrane; v = operand 0; h = add o v; f = at-least h v; d = sub h h; e = shl d 40; store membrane = e; result h]} : s8[2] range 0..3"},
		{"fixed", x2, "shl %x {k=3} : u5[2]", "shl %x {k=3} : u5[2] range 0..24"},
		{"source", "%x = input : s64[1] range -7..9; %k = input : s64[1] range 1..4", "mod %x, %k : s64[1]", "mod %x, %k : s64[1] range 0..3"},
		{"source", "%x = input : s64[1] range -2..9; %k = input : s64[1] range 1..4", "mod %x, %k {fmod=true} : s64[1]", "mod %x, %k {fmod=true} : s64[1] range -3..3"},
		{"spiking", "%x = input : s8[1] range -3..2; %k = const {data=[3]} : u2[1]", "pow %x, %k : s8[1]", "pow %x, %k : s8[1] range -27..27"},
		{"source", "%x = input : s64[2,5]", "argmax %x {axis=1 last=true} : s64[2]", "argmax %x {axis=1 last=true} : s64[2] range 0..4"},

		// Two places see both taps, the padded one only x·1: 2·3..5·3 and 2..5, or 0 for the tap that is not there.
		{"fixed", pos, "conv %x, %w {strides=[1] pads=[0,0] dilations=[1] groups=1 slots=planes} : u4[1,2]",
			"conv %x, %w {strides=[1] pads=[0,0] dilations=[1] groups=1 slots=planes} : u4[1,2] range 6..15"},
		{"fixed", pos, "conv %x, %w {strides=[1] pads=[0,1] dilations=[1] groups=1 slots=planes} : u4[1,3]",
			"conv %x, %w {strides=[1] pads=[0,1] dilations=[1] groups=1 slots=planes} : u4[1,3] range 2..15"},
		{"fixed", pos + "; %b = const {data=[100,0]} : u7[1,2]", "conv %x, %w, bias=%b {strides=[1] pads=[0,0] dilations=[1] groups=1 slots=planes} : u7[1,2]",
			"conv %x, %w, bias=%b {strides=[1] pads=[0,0] dilations=[1] groups=1 slots=planes} : u7[1,2] range 6..115"},
		{"fixed", x2 + "; %w = const {data=[1,-2,3,4]} : s8[2,2]; %b = const {data=[10,0]} : u4[1,2]", "linear %x, %w, bias=%b {slots=planes} : s8[1,2]", ""},

		// Membranes: 12, 24, 36 without a leak; half of it in 12 + 6 + 3.
		{"fixed", drive, "neuron %x {leak=none round=floor compare=ge reset=none when=fire silent=true} : s8[1]",
			"neuron %x {leak=none round=floor compare=ge reset=none when=fire silent=true} : s8[1] range -24..36 state -24..36"},
		{"fixed", drive, "neuron %x {leak=csd:1/2 round=zero compare=ge reset=none when=fire silent=true} : s8[1]",
			"neuron %x {leak=csd:1/2 round=zero compare=ge reset=none when=fire silent=true} : s8[1] range -14..21 state -14..21"},
		// The current is 12, 18, 21 at most, and −8, −12, −14 at least; the membrane has no memory.
		{"fixed", drive, "neuron %x, %th {leak=all round=floor compare=ge reset=none when=fire current=shift:1} : spike[1]",
			"neuron %x, %th {leak=all round=floor compare=ge reset=none when=fire current=shift:1} : spike[1] state -14..21 current -14..21"},
		{"fixed", drive, "neuron %x, %th {leak=all round=floor compare=ge reset=none when=fire guard=1 current=all order=after} : spike[1]",
			"neuron %x, %th {leak=all round=floor compare=ge reset=none when=fire guard=1 current=all order=after} : spike[1] state -16..24 current -16..24"},
		// The current again, but its input is a step late: 0, 12, 18 at most.
		{"fixed", drive, "neuron %x, %th {leak=all round=floor compare=ge reset=none when=fire current=shift:1 order=late} : spike[1]",
			"neuron %x, %th {leak=all round=floor compare=ge reset=none when=fire current=shift:1 order=late} : spike[1] state -12..18 current -14..21"},
		// A membrane above 20 is wiped out with its next input: 12, 24, then 0 or below 20 + 12.
		{"fixed", drive, "neuron %x, %th {leak=none round=floor compare=gt reset=zero when=next masks=true} : spike[1]",
			"neuron %x, %th {leak=none round=floor compare=gt reset=zero when=next masks=true} : spike[1] state -24..32"},
		// 12, 24 − 20 kept; at most 20 stays, and 20 + 12.
		{"fixed", drive, "neuron %x, %th, reset=%th {leak=none round=floor compare=gt reset=subtract when=both} : spike[1]",
			"neuron %x, %th, reset=%th {leak=none round=floor compare=gt reset=subtract when=both} : spike[1] state -24..32"},
	} {
		got, err := one(c.level, c.given, c.line)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: got %s, wanted an error", c.line, got)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("got    %s (%v)\nwanted %s", got, err, c.want)
		}
	}
}

func TestRefusedOps(t *testing.T) {
	const (
		s22    = "%x = input : spike[2,2]"
		r4     = "%x = input : real[1,4]; %w = const {fill=1} : real[1,1,2]"
		conv   = "conv %x, %w {strides=[1] pads=[0,0] dilations=[1] groups=1} : real[1,3]"
		neuron = "{leak=none round=floor compare=ge reset=none when=fire} : spike[1]"
		n1     = "%x = input : s8[1]; %th = const {fill=5} : u3[]"
	)
	edit := func(old, by string) string { return strings.Replace(conv, old, by, 1) }
	const keep = "state membrane; v = operand 0; store membrane = v"
	cell := func(program, end string) string { return "cell %x, %th {do=[" + program + "; " + end + "]} : s8[1]" }
	choices := func(n int) (out string) {
		for i := range n {
			out += fmt.Sprintf("f%d = above v v; ", i)
		}
		return out
	}
	for _, c := range []struct{ level, given, line, want string }{
		{"fixed", "%x = input : u4[2]; %k = input : u4[2]", "and %x, %k : spike[2]", "%x is u4[2], wanted spikes"},
		{"spiking", "%x = input : real[2]", "shl %x {k=1} : s8[2]", "wanted integers"},
		{"fixed", "%x = input : u4[2,2]; %k = input : u4[2,2]", "matmul %x, %k : u9[2,2]", "%x is u4[2,2] and %k is u4[2,2], wanted spikes on one side"},
		{"fixed", "%x = input : u4[2]", "shl %x {k=33} : u4[2]", "k=33, wanted 0 to 32"},
		{"fixed", "%x = input : u4[2]; %f = input : u4[2]", "csd %x, %f {shift=1 round=floor} : u8[2]", "an integer constant %f"},
		{"fixed", "%x = input : u4[2]; %f = const {fill=3} : u2[3]", "csd %x, %f {shift=1 round=floor} : u8[2]", "factor %f is u2[3]"},
		{"fixed", "%x = input : u4[2]; %f = const {fill=3} : u2[]", "csd %x, %f {shift=63 round=floor} : u8[2]", "shift=63, wanted 0 to 62"},
		{"spiking", "%x = input : real[2]", "map %x {fn=gelu} : real[2]", `"gelu" is not a function`},
		{"spiking", "%x = input : real[2]", "map %x {fn=tanh alpha=1} : real[2]", "fn=tanh takes no alpha"},
		{"spiking", "%x = input : real[2]", "softmax %x {axis=1} : real[2]", "axis 1, but there are 1 axes"},
		{"spiking", "%x = input : real[2]", "pad %x {before=[1] after=[]} : real[3]", "wanted 1 numbers each"},
		{"spiking", "%x = input : real[2]", "pad %x {before=[-1] after=[0]} : real[1]", "none negative"},
		{"spiking", "%x = input : real[2]; %k = const {fill=1} : u1[]", "pad %x, value=%k {before=[1] after=[0]} : real[3]", "not a type"},
		{"spiking", "%x = input : real[2]; %k = const {fill=1} : u2[]", "pad %x, value=%k {before=[1] after=[0]} : real[3]", "wanted a scalar like real[2]"},
		{"spiking", "%x = input : real[2]", "broadcast %x {shape=[3]} : real[3]", "does not stretch to [3]"},
		{"source", s22 + "; %i = const {data=[2]} : s64[1]; %u = input : spike[1,2]", "scatter %x, %i, %u {axis=0} : spike[2,2]", "indices 2..2 leave axis 0"},
		{"source", s22 + "; %i = const {data=[1]} : s64[1]; %u = input : spike[2,2]", "scatter %x, %i, %u {axis=0} : spike[2,2]", "updates %u are"},
		{"source", s22 + "; %i = const {data=[1]} : s64[1]; %u = input : spike[1,2]", "scatter %x, %i, %u {axis=1} : spike[2,2]", "axis must be 0"},

		{"spiking", r4, edit("strides=[1]", "strides=[0]"), "must be positive"},
		{"spiking", r4, edit("strides=[1]", "strides=[1,1]"), "2 strides"},
		{"spiking", r4, edit("pads=[0,0]", "pads=[2,0]"), "window 0 on axis 0 sees padding only"},
		{"spiking", r4, edit("pads=[0,0]", "pads=[0,2]"), "window 4 on axis 0 sees padding only"},
		{"spiking", r4, edit("pads=[0,0]", "pads=[-1,0]"), "not negative"},
		{"spiking", r4, edit("pads=[0,0]", "pads=[0,999999999]"), "too large"},
		{"spiking", r4, edit("dilations=[1]", "dilations=[4]"), "does not fit axis 0 of extent 4"},
		{"spiking", r4, edit("groups=1", "groups=2"), "2 groups"},
		{"spiking", r4, edit("groups=1", "groups=0"), "0 groups"},
		{"spiking", r4 + "; %b = const {fill=1} : real[2]", edit("%w {", "%w, bias=%b {"), "bias %b is real[2], wanted [1] or a map that stretches to [1,3]"},
		{"spiking", "%x = input : real[4]; %w = const {fill=1} : real[1,1,2]", conv, "%x is real[4], but the weights"},
		{"fixed", "%x = input : u4[1,4]; %w = const {fill=1} : spike[1,1,2]", "conv %x, %w {strides=[1] pads=[0,0] dilations=[1] groups=1} : u8[1,3]", "needs slots"},
		{"fixed", "%x = input : u4[4]", "max-pool %x {kernel=[2,1] strides=[1] pads=[0,0] dilations=[1]} : u4[3]", "on an operand of 1"},
		{"fixed", "%x = input : u4[4]", "max-pool %x {kernel=[1] strides=[2] pads=[1,0] dilations=[1]} : u4[3]", "sees padding only"},
		{"fixed", "%x = input : u4[4]", "sum-pool %x {kernel=[0] strides=[1] pads=[0,0] dilations=[1]} : u4[3]", "must be positive"},

		{"fixed", n1, "cell {do=[state membrane; v = const 1; store membrane = v; result v]} : u2[1]", "needs operands and a program"},
		{"fixed", n1, "cell %x {do=[]} : u2[1]", "wanted state, NAME = INSTRUCTION, store, holds or result"},
		{"fixed", n1, "cell %x : u2[1]", "attribute do is missing"},
		{"fixed", n1, "cell %x {do=7} : u2[1]", "wanted [state NAME; NAME = INSTRUCTION; store NAME = NAME; result NAME]"},
		{"fixed", n1, cell(keep, "u = operand 2; result u"), "reads operand 2, and has 2"},
		{"fixed", n1, cell(keep, "u = operand 2; f = and u u; result f"), "reads operand 2, and has 2"},
		{"fixed", n1, cell(keep, "u = operand 4096; result u"), "the number is out of bounds"},
		{"fixed", n1, cell("state membrane init=2; v = operand 0; store membrane = v", "result v"), "reads operand 2, and has 2"},
		{"fixed", n1, cell("state membrane init=0; v = operand 0; store membrane = v", "result v"), "state membrane starts from %x, which is no constant"},
		{"fixed", n1, cell("state v; v = operand 0; store v = v", "result v"), "its state variable 1 is named v, wanted membrane"},
		{"fixed", n1, cell("state membrane; state membrane; v = operand 0; store membrane = v", "result v"), "the state variable is there already"},
		{"fixed", n1, cell("state membrane; state state3; v = operand 0; store membrane = v; store state3 = v", "result v"), "its state variable 2 is named state3, wanted state2"},
		{"fixed", n1, cell("state membrane bit; v = operand 0; f = above v v; store membrane = f", "result f"), "state membrane is a number, of which traces show"},
		{"fixed", n1, cell("state membrane traced; v = operand 0; store membrane = v", "result v"), "state membrane is a number, of which traces show"},
		{"fixed", n1, cell(keep, "holds membrane v; result v"), "state membrane is a number, of which traces show"},
		{"fixed", n1, cell("v = operand 0", "result v"), "keeps no state"},
		{"fixed", n1, cell("state membrane; v = operand 0", "result v"), "state variable membrane is never stored"},
		{"fixed", n1, cell(keep, "store membrane = v; result v"), "membrane is stored twice"},
		{"fixed", n1, cell(keep, "u = add v v"), "a program has one result, this one 0"},
		{"fixed", n1, cell(keep, "result v; result v"), "a program has one result, this one 2"},
		{"fixed", n1, cell(keep, "v = operand 1; result v"), "the value v is there already"},
		{"fixed", n1, cell(keep, "result u"), "there is no value u above"},
		{"fixed", n1, cell(keep, "u = add v; result u"), "add takes 2 values"},
		{"fixed", n1, cell(keep, "u = step; result u"), "its instruction step has no place at the fixed level"},
		{"fixed", n1, cell(keep, "u = shr v 1; result u"), "its instruction shr has no place at the fixed level"},
		{"fixed", n1, cell(keep, "u = param 1; result u"), "its instruction param has no place at the fixed level"},
		{"fixed", n1, cell(keep, "u = scale v v 0/2^1; result u"), "its instruction scale has no place at the fixed level"},
		{"fixed", n1, cell(keep, "u = times v v; result u"), "its instruction times has no place at the fixed level"},
		{"spiking", n1, cell(keep, "u = shl v 1; result u"), "its instruction shl has no place at the spiking level"},
		{"spiking", n1, cell(keep, "u = leak v 1/2^1; result u"), "its instruction leak has no place at the spiking level"},
		{"fixed", n1, cell(keep, "u = leak v 1/2^0; result u"), "leaks 1/2^0, wanted 1 to 31 bits"},
		{"fixed", n1, cell(keep, "u = leak v 1/2^32; result u"), "leaks 1/2^32, wanted 1 to 31 bits"},
		{"fixed", n1, cell(keep, "u = leak v 3/2^1; result u"), "wanted N/2^K"},
		{"fixed", n1, cell(keep, "u = leak v 0/2^1; result u"), "a leak leaves a part above 0"},
		{"fixed", n1, cell(keep, "u = shl v 63; result u"), "the number is out of bounds"},
		{"fixed", n1, cell(keep, "f = and v v; result f"), "and, takes a number for a bit"},
		{"fixed", n1, cell(keep, "u = select v v v; result u"), "select, takes a number for a bit"},
		{"fixed", n1, cell(keep, "f = above v v; u = add f v; result u"), "add, takes a bit for a number"},
		{"fixed", n1, cell("state membrane; v = operand 0; f = above v v; store membrane = f", "result f"), "store, takes a bit for a number"},
		{"fixed", n1, cell(keep, "f = above v v; u = select f v f; result u"), "select, mixes a bit and a number"},
		{"fixed", n1, cell(keep, choices(65)+"result f1"), "compares 65 times, of which 64 are followed"},
		{"fixed", n1, cell("state membrane; o = load membrane; v = shl o 62; w = operand 0; u = add v w; store membrane = u", "result u"), "which no integer holds"},
		{"fixed", n1, cell(keep, "u = const 2305843009213693952; w = sub v u; result w"), "its numbers would go from -2305843009213693952 to 2305843009213693952, which no integer holds"},
		{"fixed", n1 + "; %z = input : s8[2]; %q = input : s8[3]", "cell %z, %q {do=[" + keep + "; result v]} : s8[2]", "cannot combine %z s8[2] and %q s8[3]"},
		{"fixed", n1 + "; %b = input : s8[1]", "neuron %x, %th, bias=%b " + neuron, "bias %b must be a constant"},
		// Too wide on one side alone; 2^61 stands for all beyond.
		{"fixed", "%x = input : s63[1] range -2305843009213693952..0", "neg %x : u62[1]", "its numbers would go from 0 to 2305843009213693952, which no integer holds"},
		{"fixed", "%x = input : u62[1] range 0..2305843009213693952", "neg %x : s63[1]", "its numbers would go from -2305843009213693952 to 0, which no integer holds"},
		{"fixed", "%x = input : u60[1]; %f = const {fill=7} : u3[]", "csd %x, %f {shift=3 round=floor} : u60[1]", "its products would go from 0 to 2305843009213693952, which no integer holds"},
		{"fixed", "%x = input : u60[1]; %f = const {fill=-7} : s4[]", "csd %x, %f {shift=3 round=floor} : s60[1]", "its products would go from -2305843009213693952 to 0, which no integer holds"},
		{"fixed", "%x = input : u60[1]; %th = const {fill=5} : u3[]", "neuron %x, %th " + neuron, "its membrane would go from 0 to 2305843009213693952"},
		{"fixed", "%x = input : s61[1] range -1152921504606846976..0; %th = const {fill=5} : u3[]", "neuron %x, %th " + neuron, "its membrane would go from -2305843009213693952 to 0"},
		{"fixed", n1, "neuron %x " + neuron, "has a threshold, or is silent"},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "fire}", "fire silent=true}", 1), "has a threshold, or is silent"},
		{"fixed", n1, "neuron %x " + strings.Replace(neuron, "reset=none when=fire", "reset=zero when=fire silent=true", 1), "has a threshold, or is silent without a reset"},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "reset=none when=fire", "reset=zero when=both", 1), "when=both is of reset=subtract"},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "when=fire", "when=fire masks=true", 1), "masks is of reset=zero when=next"},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "reset=none when=fire", "reset=zero when=next masks=true masks-current=true", 1), "masks and has a current"},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "when=fire", "when=fire order=after", 1), "there is no current"},
		{"spiking", n1, "neuron %x, %th " + strings.Replace(neuron, "when=fire", "when=fire current=factor", 1), "the operand current go together"},
		{"spiking", n1, "neuron %x, %th, current=%th " + strings.Replace(neuron, "when=fire", "when=fire current=all", 1), "the operand current go together"},
		{"fixed", n1, "neuron %x, %th, leak=%th " + strings.Replace(neuron, "leak=none", "leak=factor", 1), "a real leak has no place"},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "leak=none", "leak=csd:3/5", 1), `leak "csd:3/5": wanted`},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "leak=none", "leak=csd:9/8", 1), `leak "csd:9/8": wanted`},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "leak=none", "leak=all:3", 1), `leak "all:3": wanted`},
		{"fixed", n1, "neuron %x, %th " + strings.Replace(neuron, "when=fire", "when=fire current=shift:1", 1) + " current 0..1", "current 0..1 does not contain the inferred -2"},
	} {
		got, err := one(c.level, c.given, c.line)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot %s, %v\nwanted %q", c.line, got, err, c.want)
		}
	}
}
