package interp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

// observed is a net with a delay, a neuron, a sum over time, and a part that no wanted value needs.
const observed = `net observed spiking steps=3 {
once
	%x = input : real[2]
	%z = input : real[2]
	%zero = const {fill=0} : real[2]
	%one = const {fill=1} : real[]
	%aside = add %z, %z : real[2]
	%a = output %aside : real[2]
step
	%past = delay %zero : real[2]
	%grown = add %past, %x : real[2]
	%n = neuron %grown, threshold=%one {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
	%next = latch %past, %grown : real[2]
end
	%total = sum %n : u2[2] range 0..3
	%y = output %total : u2[2] range 0..3
}
`

// Observed values are those that a machine taps, in the order of samples, however many
// workers there are; and what they do not depend on takes no part.
func TestObserve(t *testing.T) {
	net := irtest.ParseNet(t, "observed.sir", observed)
	samples := irtest.Inputs(net, 3, 7)
	give := func(i int) (map[string]*ir.Tensor, error) { return samples[i], nil }
	line := func(sample, step int, v *ir.Value, r *ir.Tensor) string {
		return fmt.Sprintln(sample, step, v.Name, r.F, r.I)
	}
	for _, names := range [][]string{nil, {"total", "grown"}, {"n"}, {"aside"}, {"x", "past"}} {
		var want []*ir.Value
		for _, name := range names {
			want = append(want, net.Find(name))
		}
		expected := ""
		m := machine(t, net)
		for i, in := range samples {
			if _, err := m.Run(in, func(step int, v *ir.Value, r *ir.Tensor, _ []*ir.Tensor) {
				if names == nil || strings.Contains(" "+strings.Join(names, " ")+" ", " "+v.Name+" ") {
					expected += line(i, step, v, r)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		for workers := 1; workers < 4; workers++ {
			got := ""
			err := interp.Observe(net, want, workers, len(samples), give, func(sample, step int, v *ir.Value, r *ir.Tensor) {
				got += line(sample, step, v, r)
			})
			if err != nil || got != expected || got == "" {
				t.Errorf("%v by %d workers: %v, got\n%swanted\n%s", names, workers, err, got, expected)
			}
		}
	}
}

// The first sample that fails ends it, and those before were shown.
func TestObserveFails(t *testing.T) {
	net := irtest.ParseNet(t, "observed.sir", observed)
	samples, broken := irtest.Inputs(net, 3, 9), errors.New("broken")
	last := -1
	err := interp.Observe(net, []*ir.Value{net.Find("total")}, 2, len(samples), func(i int) (map[string]*ir.Tensor, error) {
		if i > 4 {
			return nil, broken
		}
		return samples[i], nil
	}, func(sample, _ int, _ *ir.Value, _ *ir.Tensor) { last = sample })
	if !errors.Is(err, broken) || last != 4 {
		t.Errorf("ended with %v behind sample %d", err, last)
	}
}
