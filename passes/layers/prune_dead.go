package layers

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// PruneDead drops values that no output depends on.
func PruneDead(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) { return ir.Prune(n), nil }
