package verilog_test

import (
	"strings"
	"testing"

	"nomul/backends/verilog"
	"nomul/ir/diag"
)

// What the back end cannot do is refused by name, all at once.
func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"per step": {`net n fixed steps=2 {
step
	%x = input {per=step} : spike[4]
	%o = output %x : spike[4]
}
`, []string{"output %o: gives %x at every step"}},
		"wide": {`net n fixed steps=1 {
once
	%x = input : u17[2]
	%w = const {seed=1 lo=-40000 hi=40000} : s17[2,2]
	%l = linear %x, %w {slots=planes} : s40[2]
	%o = output %l : s40[2]
}
`, []string{"input %x: is u17[2], wanted at most 16 bits", "linear %l: range", "linear %l: weights %w", "output %o: range"}},
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
`, []string{"input %y: is s20[2,3], wanted at most 16 bits"}},
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
`, []string{"linear %l: weights", "membrane -", "leak of 1073741825/2^31 takes"}},
		"unread": {`net n fixed steps=1 {
once
	%x = input : u8[2]
	%k = const {fill=1} : u1[2]
	%o = output %k : u1[2]
}
`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			list := verilog.New().Check(parse(t, strings.ReplaceAll(c.text, "u1[2]", "spike[2]")))
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
