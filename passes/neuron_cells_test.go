package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
)

// Neurons with too many leaks for layers of one each are cells that fire in the same steps, for every
// equation that neurons have.
func TestManyLeaksAreCells(t *testing.T) {
	const text = `net t spiking steps=6 {
once
	%%x = input : real[17]
	%%th = const {fill=0.75} : real[]
	%%r = const {data=[0.03125,0.0625,0.09375,0.125,0.15625,0.1875,0.21875,0.25,0.28125,0.3125,0.34375,0.375,0.40625,0.4375,0.46875,0.5,0.53125]} : real[17]
step
	%%s = neuron %%x%s {%s} : %s[17]
end
	%%y = sum %%s : %s[17]
	%%n = output %%y : %s[17]
}
`
	all := [][]string{{"none", "zero", "value", "subtract"}, {"fire", "next", "next masks", "next masks masks-current", "both"},
		{"", "before", "after", "late"}, {"", "hold:2", "drive:2", "spike:1", "leak:2"}, {"", "adapt", "adapt-reset"}, {"", "silent"}}
	groupLeaks, _ := Named("group-leaks")
	count := 0
	var each func(picked []string)
	each = func(picked []string) {
		if len(picked) < len(all) {
			for _, word := range all[len(picked)] {
				each(append(picked, word))
			}
			return
		}
		n, err := ir.Parse("t.sir", neuronText(text, picked), nil)
		if err != nil {
			return // an equation that neurons do not have
		}
		count++
		out, err := Apply(groupLeaks, n, &Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.All(ir.OpCell)) != 1 {
			t.Fatalf("no cell:\n%s", ir.Print(out, ""))
		}
		same(t, "group-leaks", n, out)
	}
	each(nil)
	if count < 100 {
		t.Errorf("only %d neurons", count)
	}
}

// neuronText writes a net of one neuron.
func neuronText(text string, picked []string) string {
	reset, when, order, rest, adapt, silent := picked[0], picked[1], picked[2], picked[3], picked[4], picked[5] != ""
	operands, attrs := ", leak=%r, init=%r", []string{"leak=factor round=floor compare=gt reset=" + reset + " when=" + when}
	typ, count := "spike", "u3"
	if silent {
		attrs, typ, count = append(attrs, "silent"), "real", "real"
	}
	if !silent || reset != "none" {
		operands = ", %th" + operands
	}
	if reset == "value" || reset == "subtract" {
		operands += ", reset=%r"
	}
	if order != "" {
		operands, attrs = operands+", current=%r", append(attrs, "current=factor order="+order)
	}
	if rest != "" {
		attrs = append(attrs, "refractory="+rest)
	}
	if adapt != "" {
		operands, attrs = operands+", jump=%th, adapt=%r", append(attrs, "adapt=factor")
		if adapt == "adapt-reset" {
			attrs = append(attrs, adapt)
		}
	}
	return fmt.Sprintf(text, operands, strings.Join(attrs, " "), typ, count, count)
}
