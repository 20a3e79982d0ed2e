package passes

import (
	"testing"

	"nomul/ir"
)

// wantCells demands that layers which are no neurons by the equation compute the same as so many cells.
func wantCells(t *testing.T, what string, source *ir.Net, steps, cells int) {
	t.Helper()
	net, err := raisedOf(t, source)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if got := len(net.All(ir.OpCell)); got != cells || net.Steps != steps {
		t.Errorf("%s: %d cells in %d steps, wanted %d in %d", what, got, net.Steps, cells, steps)
	}
}

// taken demands that a net computes the same as neurons, cells or layers of single steps.
func taken(t *testing.T, what string, source *ir.Net) {
	t.Helper()
	if _, err := raisedOf(t, source); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
