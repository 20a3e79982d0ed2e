package passes

import (
	"runtime"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// The cost of finding the steps grows with their number and not with its square: four times the
// steps, as many bytes, give or take. Membranes that follow each other, those that are compared
// once more, and those that only spikes link go three ways.
func TestRerollingIsLinear(t *testing.T) {
	irtest.Long(t)
	alpha := drawn{alpha: 0.875, beta: 0.5, threshold: 0.5, reset: "alpha"}
	for name, c := range map[string]cell{"leaky": snnLeaky(false, false), "again": snnLeaky(true, false), "now": snnNow(false), "alpha": alpha.cell} {
		short, long := rerolledBytes(t, c, 200), rerolledBytes(t, c, 800)
		if long > 5*short {
			t.Errorf("%s: %d bytes for 200 steps, and %d for 800", name, short, long)
		}
	}
}

// rerolledBytes are the bytes that it takes to make a layer of so many steps one step.
func rerolledBytes(t *testing.T, c cell, steps int) uint64 {
	s := newSketch(t)
	x := s.input(2)
	var past, out []*ir.Value
	for range steps {
		var v *ir.Value
		v, past = c(s, x, past)
		out = append(out, v)
	}
	n := s.output(readoutOf(s, "sum", out))
	for _, p := range All {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		next, err := Apply(p, n, &Options{})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name == "reroll-time" {
			if next.Steps != steps {
				t.Fatalf("%d steps became %d", steps, next.Steps)
			}
			return after.TotalAlloc - before.TotalAlloc
		}
		n = next
	}
	t.Fatal("no pass of that name")
	return 0
}
