package lower_test

import (
	"fmt"
	"slices"
	"testing"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

const archives = "../../testdata/run/*.txtar"

// fixedNets calls f with the net of every archive that is at the fixed level.
func fixedNets(t *testing.T, f func(t *testing.T, net *ir.Net)) {
	n := 0
	for _, path := range irtest.Files(t, archives) {
		a := irtest.Load(t, path)
		net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
		if net.Level != ir.Fixed {
			continue
		}
		n++
		t.Run(net.Name+" "+path[len("../../testdata/run/"):], func(t *testing.T) { f(t, net) })
	}
	if n < 40 {
		t.Errorf("%d nets at the fixed level", n)
	}
}

// The lowered program has the spikes, membranes, currents and outputs of the interpreter.
func TestLoweredIsFixed(t *testing.T) {
	fixedNets(t, func(t *testing.T, net *ir.Net) { same(t, net, lower.NewPlan(lower.Of(net), lower.Plain)) })
}

// same demands that a plan has the results of its net.
func same(t *testing.T, net *ir.Net, p *lower.Plan) {
	t.Helper()
	for _, d := range differences(t, net, p) {
		t.Errorf("%s, layer-major %v: %s", p.Layout.Target, p.Layout.LayerMajor, d)
	}
}

// differences runs a few samples at both levels.
func differences(t *testing.T, net *ir.Net, p *lower.Plan) (out []string) {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	low := lower.NewMachine(p)
	for sample, in := range irtest.Inputs(net, 1, 3) {
		low.ByStep = sample == 1
		ints := map[string][]int64{}
		for name, x := range in {
			ints[name] = x.I
		}
		want := map[string][]int64{}
		results, err := m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
			if states != nil {
				want[fmt.Sprint(step, v.Name)] = slices.Concat(append(interp.States(states), result.I)...)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		got := low.Run(ints, func(step int, s *lower.Stage, state [][]int64, result []int64) {
			if s.Each == nil || s.Each.Program.Var(ir.MembraneVar) < 0 {
				return
			}
			seen++
			var now []int64
			for _, name := range net.Find(s.To.Name).StateVars() {
				now = append(now, state[s.Each.Program.Var(name)]...)
			}
			now = append(now, result...)
			if key := fmt.Sprint(step, s.To.Name); !slices.Equal(now, want[key]) {
				out = append(out, fmt.Sprintf("sample %d, step %d, %s: %v, wanted %v", sample, step, s.To.Name, now, want[key]))
			}
		})
		if seen != len(want) {
			t.Errorf("saw %d neuron layers, wanted %d", seen, len(want))
		}
		for name, y := range results {
			if !slices.Equal(got[name], y.I) {
				out = append(out, fmt.Sprintf("sample %d, %s: %v, wanted %v", sample, name, got[name], y.I))
			}
		}
	}
	return out
}
