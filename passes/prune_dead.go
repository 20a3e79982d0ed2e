package passes

import "nomul/ir"

func runPruneDead(n *ir.Net, _ *Options) (*ir.Net, error) { return ir.Prune(n), nil }
