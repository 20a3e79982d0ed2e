package lower_test

import (
	"testing"

	"nomul/backends/lower"
	"nomul/backends/lower/lowertest"
	"nomul/ir/irtest/drawn"
)

// Plans of nets drawn at random have the results of the interpreter: each net in half of the layouts.
func TestDrawnPlansAreFixed(t *testing.T) {
	for seed := range uint64(260) {
		net := drawn.Net(seed)
		if seed >= 200 {
			net = drawn.Cells(seed)
		}
		p := lower.Of(net)
		t.Run(net.Name, func(t *testing.T) {
			for i, l := range layouts() {
				if uint64(i)%2 == seed%2 {
					same(t, net, lowertest.Reread(t, lower.NewPlan(p, l)))
				}
			}
		})
	}
}
