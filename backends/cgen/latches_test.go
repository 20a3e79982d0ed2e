package cgen_test

import (
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// Delays that take one another's value show that of the step before, whichever latch
// comes first.
func TestLatchesInAnyOrder(t *testing.T) {
	irtest.Long(t)
	const text = `net delays fixed steps=4 {
once
	%zero = const {fill=0} : spike[5]
	%one = const {fill=1} : spike[5]
	%k = const {data=[1,0,1,1,0]} : spike[5]
step
	%x = input {per=step} : spike[5]
	%a = delay %zero : spike[5]
	%b = delay %one : spike[5]
	%c = delay %k : spike[5]
	%n = and %b, %c : spike[5]
	LATCHES
end
	%sa = sum %a : u3[5]
	%sb = sum %b : u3[5]
	%sc = sum %c : u3[5]
	%sn = last %n : spike[5]
	%ya = output %sa : u3[5]
	%yb = output %sb : u3[5]
	%yc = output %sc : u3[5]
	%yn = output %sn : spike[5]
}
`
	la, lb, lc := "%la = latch %a, %x : spike[5]", "%lb = latch %b, %a : spike[5]", "%lc = latch %c, %b : spike[5]"
	for name, order := range map[string][]string{"forth.sir": {la, lb, lc}, "back.sir": {lc, lb, la}} {
		agree(t, name, strings.Replace(text, "LATCHES", strings.Join(order, "\n\t"), 1), 3)
	}
}
