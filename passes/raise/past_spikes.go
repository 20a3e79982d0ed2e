package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/unsupported"
)

// deeply writes a net of one step in canonical form, looking through comparisons of
// spikes, of this step and of the one before. In unrolled steps that is not done: a
// first membrane may be made of a spike alone, and is compared with its threshold.
func deeply(n *ir.Net) (*ir.Net, error) {
	c := canonical.NewRewriter(n)
	c.Rules, c.Deep = rulesNamed("fold", "constant-readout", "flip", "cast-same", "cast-cast", "neutral", "turned-choice", "straight-through", "two-valued"), true
	past := pastSpikes(n)
	for _, v := range n.Values {
		out, err := c.Copy(v)
		if err != nil {
			return nil, err
		}
		if past[v] {
			c.Bits[out] = true // other values may be the same one
		}
	}
	return canonical.Opposites(ir.Prune(c.Builder.Net()), c.Rules)
}

// rulesNamed are some of the canonical rules.
func rulesNamed(names ...string) []canonical.CanonicalRule {
	var out []canonical.CanonicalRule
	for _, rule := range canonical.CanonicalRules {
		if slices.Contains(names, rule.Name) {
			out = append(out, rule)
		}
	}
	return out
}

// pastSpikes are the delays that hold nothing but 0 and 1.
func pastSpikes(n *ir.Net) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, v := range n.All(ir.OpLatch) {
		out[v.Args[0]] = (unsupported.IsSpike(v.Args[1]) || v.Args[1].Type.IsSpike()) && canonical.IsBits(v.Args[0].Args[0].Const())
	}
	return out
}
