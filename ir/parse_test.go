package ir_test

import (
	"strings"
	"testing"

	"nomul/ir"
)

// A text that is not a net is refused at the line and column at fault.
func TestRefusedTexts(t *testing.T) {
	const (
		head = "net t fixed steps=2 {\n"
		x    = "once\n\t%x = input : u4[1]\n"
		y    = "\t%y = output %x : u4[1]\n"
	)
	for _, c := range []struct{ text, want string }{
		{head + x + y + "}\n", ""},
		{"", `the net does not end with "}"`},
		{head + x + y, `the net does not end with "}"`},
		{"network t fixed steps=2 {\n" + x + y + "}", `t.sir:1:1: error: wanted "net NAME LEVEL steps=T {", found "network"`},
		{"net t fixed steps=2 order=[y] {\n" + x + y + "}", ""},
		{"net t fixed steps=2 order=[x] {\n" + x + y + "}", "t.sir:1:1: error: order lists [x], wanted the outputs [y]"},
		{"net t fixed steps=2 order=[y {\n" + x + y + "}", `wanted "]"`},
		{"net t whole steps=2 {\n" + x + y + "}", `t.sir:1:7: error: "whole" is not a level`},
		{"net t fixed steps=0 {\n" + x + y + "}", "steps must be 1 to 1048576, got 0"},
		{head + x + y + "}\nnet u fixed steps=1 {}", "t.sir:6:1: error: text behind the end of the net"},
		{head + x + "stpe\n" + y + "}", `t.sir:4:1: error: "stpe" is not a clock`},
		{head + x + y + "end\nstep\n}", "t.sir:6:1: error: sections come once each, in the order once, step, end"},
		{head + x + x + y + "}", "t.sir:4:1: error: sections come once each"},
		{head + x + "end step\n}", `t.sir:4:5: error: unexpected "step"`},
	} {
		_, err := ir.Parse("t.sir", c.text, nil)
		if c.want == "" && err == nil {
			continue
		}
		if c.want == "" || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot %v\nwanted %q", c.text, err, c.want)
		}
	}
}
