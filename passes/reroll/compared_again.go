package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// LooksAgain reports whether a net compares a stored membrane, be it by chance.
func LooksAgain(n *ir.Net) bool {
	fires := canonical.Comparisons(n)
	fed := timing.FedFromOutside(n, fires)
	return slices.ContainsFunc(n.Values, func(v *ir.Value) bool {
		return len(fires[v]) > 0 && !slices.ContainsFunc(v.Args, fed) && timing.NewRemainder(v, fires, nil).Holds()
	})
}
