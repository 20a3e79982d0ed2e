package main

import (
	"bytes"
	"strings"
	"testing"

	"nomul/ir"
)

// A bound above all that a result may be is said to promise nothing; others are not.
func TestVacuousBound(t *testing.T) {
	for _, c := range []struct {
		of             string
		bound, against float64
		told           bool
	}{{"result", 2.5, 2, true}, {"result", 2, 2, true}, {"result", 0.5, 2, false}, {"membrane", 2.5, 2, false}} {
		var out bytes.Buffer
		printBounds(&out, []boundRow{{Value: "y", Of: c.of, Bound: c.bound, Against: c.against, Parts: map[ir.Cause]float64{ir.OfWeights: c.bound}}})
		if told := strings.Contains(out.String(), "y: the bound is above all"); told != c.told {
			t.Errorf("%s off by %g of %g: told %v, wanted %v:\n%s", c.of, c.bound, c.against, told, c.told, out.String())
		}
	}
}
