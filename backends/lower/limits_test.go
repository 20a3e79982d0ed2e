package lower_test

import (
	"strings"
	"testing"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
)

// Values that a target cannot run are refused by name, all at once, in words that are the same for all.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"per step": {`net n fixed steps=2 {
step
	%x = input {per=step} : spike[4]
	%o = output %x : spike[4]
}
`, []string{"output %o: it gives %x at every step"}},
		"wide": {`net n fixed steps=1 {
once
	%x = input : u17[2]
	%w = const {seed=1 lo=-40000 hi=40000} : s17[2,2]
	%l = linear %x, %w {slots=planes} : s40[2]
	%o = output %l : s40[2]
}
`, []string{"input %x: it is u17[2], wanted at most 16 bits", "linear %l: its range", "output %o: its range"}},
		"ops": {`net n fixed steps=1 {
once
	%x = input : u8[2]
	%y = input : s20[2,3]
	%w = const {seed=1 lo=-1 hi=1} : s2[5,3]
	%three = const {fill=3} : u2[2]
	%far = const {fill=1} : u1[2]
	%m = linear %y, %w {slots=planes} : s24[2,5]
	%k = neg %three : s8[2]
	%o = output %k : s8[2]
	%p = output %m : s24[2,5]
	%s = xor %far, %far : u1[2]
step
	%d = delay %far : u1[2]
	%l = latch %d, %s : u1[2]
end
	%f = first %d : u2[2]
	%q = output %f : u2[2]
}
`, []string{"input %y: it is s20[2,3], wanted at most 16 bits"}},
		"leak": {`net n fixed steps=2 {
once
	%x = input : s16[2]
	%w = const {seed=1 lo=-40000 hi=40000} : s17[2,2]
	%l = linear %x, %w {slots=planes} : s40[2]
	%th = const {fill=9} : u4[]
step
	%s = neuron %l, %th {leak=csd:1073741825/2147483648 round=floor compare=ge reset=zero when=fire current=csd:3/4} : spike[2]
	%p = neuron %x, %th {leak=csd:1073741825/2147483648 round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%n = sum %s : u2[2]
	%m = sum %p : u2[2]
	%o = output %n : u2[2]
	%q = output %m : u2[2]
}
`, []string{"linear %l: its weights %w are -4451..37681, wanted at most 16 bits", "neuron %s: its membrane, -", "neuron %s: its current, -", "neuron %s: a leak of 1073741825/2^31 takes 65 bits"}},
		"narrow": {`net n fixed steps=2 {
once
	%x = input : s16[2]
step
	%c = cell %x {do=[state membrane; x = operand 0; far = shl x 20; zero = const 0; f = above far zero; store membrane = x; result f]} : spike[2]
	%s = cell %x {do=[state membrane; x = operand 0; far = shl x 20; back = sub far far; near = shl x 3; sum = add far near; less = sub sum far; store membrane = near; f = above near x; result f]} : spike[2]
end
	%n = sum %c : u2[2]
	%m = sum %s : u2[2]
	%o = output %n : u2[2]
	%p = output %m : u2[2]
}
`, []string{"cell %c: its numbers go from -34359738368 to 34358689792 on the way, which takes more than 32 bits"}},
		"constants": {`net n fixed steps=1 {
once
	%x = input : s8[2]
	%w = input : s8[3,2]
	%k = const {fill=3000000000} : u32[2]
	%l = linear %x, %w {slots=planes} : s32[3] range -32768..32768
	%m = min %x, %k : s8[2]
	%o = output %m : s8[2]
}
`, []string{"linear %l: its weight %w must be a constant", "min %m: its b %k is 3000000000..3000000000, which takes more than 32 bits"}},
		"level": {`net n spiking steps=1 {
once
	%x = input : real[2]
	%o = output %x : real[2]
}
`, []string{"target tape takes a net at the fixed level, n is at spiking"}},
		"ports": {"net n fixed steps=1 {\n}\n", []string{"target tape needs an input and an output"}},
		"op": {`net n fixed steps=1 {
once
	%x = input : s8[2]
	%c = compare %x, %x {is=gt} : u1[2]
	%o = output %x : s8[2]
}
`, []string{"compare %c: no engine has the op"}},
		"unread": {`net n fixed steps=1 {
once
	%x = input : u8[2]
	%k = const {fill=1} : u1[2]
	%o = output %k : u1[2]
}
`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			limits := limits
			limits.Narrow = name == "narrow"
			list := limits.Check(parse(t, strings.ReplaceAll(c.text, "u1[2]", "spike[2]")))
			if len(list) != len(c.want) {
				t.Errorf("%d diagnostics, wanted %d", len(list), len(c.want))
			}
			for i, d := range list {
				if d.Code != diag.UnsupportedTarget {
					t.Errorf("code %s", d.Code)
				}
				if i < len(c.want) && !strings.Contains(d.Message, c.want[i]) {
					t.Errorf("%q lacks %q", d.Message, c.want[i])
				}
			}
		})
	}
}

// limits are those of no target.
var limits = lower.Limits{Target: "tape", Input: 16}

func parse(t *testing.T, text string) *ir.Net {
	t.Helper()
	net, err := ir.Parse("net.sir", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}
