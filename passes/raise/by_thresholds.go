package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/cells"
	"nomul/passes/rewrite"
)

// ByThresholds is a net whose counts are comparisons, each of which gates numbers alone; the net itself where
// it has none. So steps that do not show the state of their neurons are layers without memory.
func ByThresholds(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	out, err := cells.Thresholds(n)
	if err == nil {
		out, err = cells.Gates(out)
	}
	if err != nil || out == n {
		return n, err
	}
	return canonical.Canonicalise(out, o)
}

// IsWhole reports whether neurons and cells make all comparisons of a net, and gate all products of numbers.
func IsWhole(n *ir.Net) bool {
	return !slices.ContainsFunc(n.Values, func(v *ir.Value) bool {
		return v.Op == ir.OpCompare || v.Op == ir.OpMul && v.Type.IsReal() && !slices.ContainsFunc(v.Args, opens)
	})
}

// opens reports whether a factor is a constant, a spike, or 1 less a spike.
func opens(v *ir.Value) bool {
	return v.Const() != nil || v.Type.IsSpike() || v.Op == ir.OpSub && canonical.Every(v.Args[0], 1) && v.Args[1].Type.IsSpike()
}

// StaysIn reports whether no membrane of neurons by the equation grows by itself.
func StaysIn(out *ir.Net) bool {
	return !slices.ContainsFunc(out.All(ir.OpNeuron), func(v *ir.Value) bool {
		leak := v.Args[ir.NeuronLeak]
		return leak != nil && !rewrite.Everywhere(leak.Const(), func(f float64) bool { return f >= 0 && f <= 1 })
	})
}
