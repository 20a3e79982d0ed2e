package drawn_test

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest/drawn"
)

// Every net is well formed, and together they have all ops of the fixed level and all clocks.
func TestNet(t *testing.T) {
	seen, clocks, dead := map[ir.Op]int{}, map[ir.Clock]int{}, 0
	for seed := range uint64(300) {
		net := drawn.Net(seed)
		if err := ir.Verify(net); err != nil {
			t.Fatalf("%s: %v", net.Name, err)
		}
		if a, b := ir.Print(net, ""), ir.Print(drawn.Net(seed), ""); a != b {
			t.Fatalf("seed %d draws two nets:\n%s\n%s", seed, a, b)
		}
		if len(net.All(ir.OpOutput)) == 0 {
			t.Errorf("%s shows nothing", net.Name)
		}
		used := map[*ir.Value]bool{}
		for _, v := range net.Values {
			seen[v.Op]++
			clocks[v.Clock]++
			for _, a := range v.Args {
				used[a] = true
			}
		}
		for _, v := range net.Values {
			if !used[v] && v.Op == ir.OpNeuron {
				dead++
			}
		}
	}
	for _, op := range ir.AllOps() {
		if _, last := op.Levels(); last == ir.Fixed && seen[op] < 5 {
			t.Errorf("%d of %v", seen[op], op)
		}
	}
	if clocks[ir.Once] < 300 || clocks[ir.Step] < 300 || clocks[ir.End] < 300 || dead < 100 {
		t.Errorf("values by clock: %v; %d neurons that nothing takes", clocks, dead)
	}
}
