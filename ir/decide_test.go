package ir_test

import (
	"strings"
	"testing"

	"nomul/ir"
)

// The earliest spike has the least number, in whatever form the number is given;
// where numbers of steps are mixed with others, the greatest is taken.
func TestLeastWins(t *testing.T) {
	for _, c := range []struct {
		by   string // the output, made of the number %n of a step
		want bool
	}{
		{"reshape %n {shape=[1,2]} : u2[1,2]", true},
		{"neg %n : s3[2]", false},
		{"sub %three, %n : s3[2]", false},
		{"sub %n, %three : s3[2]", true},
		{"add %three, %n : u3[2]", true},
		{"csd %n, %up {shift=0 round=floor} : u4[2]", true},
		{"csd %n, %once {shift=0 round=floor} : u2[2]", true},
		{"csd %n, %down {shift=0 round=floor} : s5[2]", false},
		{"add %n, %odd : u3[2]", false},
		{"concat %n, %three2 {axis=0} : u2[4]", false},
		{"shl %n {k=1} : u3[2]", true},
	} {
		text := `net first fixed steps=3 {
once
	%x = input : u8[2]
	%th = const {fill=9} : u4[]
	%three = const {fill=3} : u2[]
	%three2 = const {fill=3} : u2[2]
	%odd = const {data=[0,1]} : spike[2]
	%up = const {fill=3} : u2[]
	%once = const {fill=1} : u2[]
	%down = const {fill=-3} : s3[]
step
	%s = neuron %x, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%n = first %s : u2[2]
	%m = ` + c.by + `
	%y = output %m : ` + c.by[strings.LastIndex(c.by, ": ")+2:] + `
}
`
		net, err := ir.Parse("first.sir", text, nil)
		if err != nil {
			t.Errorf("%s: %v", c.by, err)
			continue
		}
		if got := ir.LeastWins(net.All(ir.OpOutput)[0]); got != c.want {
			t.Errorf("%s: %v", c.by, got)
		}
	}
}
