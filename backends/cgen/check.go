package cgen

import (
	"fmt"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
)

// limits are those of the emitted code.
var limits = lower.Limits{Target: "c", Input: 32, Narrow: true, Fits: fits}

// Check lists the values of the net that cannot be emitted.
func (Backend) Check(net *ir.Net) diag.List { return limits.Check(net) }

// fits returns the reason why a fold with weights is too large; places and rows are counted in 16 bits.
func fits(s *lower.Stage) (why, help string) {
	if s.Fold == nil || s.Fold.Weight == nil {
		return "", ""
	}
	if n := lower.Size(paddedOf(s.Fold.Windows())); n > maxEvents {
		return fmt.Sprintf("its input has %d places with the padding, wanted at most %d", n, maxEvents), ""
	}
	if n := s.Fold.Places[len(s.Fold.Places)-1]; !weighs(s) && n > maxEvents {
		return fmt.Sprintf("its rows have %d elements, wanted at most %d", n, maxEvents), ""
	}
	return "", ""
}
