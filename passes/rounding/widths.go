package rounding

import (
	"cmp"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// LimitOf is the largest integer weight of a width in bits: the range is symmetric, so that a negated row
// has the same width.
func LimitOf(bits int) int64 { return 1<<(bits-1) - 1 }

// Widths returns the width in bits of the weights of each layer. A name that no layer has is refused.
func Widths(n *ir.Net, o *rewrite.Options) (map[*ir.Value]int, error) {
	out, ends, used := map[*ir.Value]int{}, endLayers(n), map[string]bool{}
	var names []string
	var at diag.Origin
	for _, v := range n.Values {
		if _, ok := layers.AsWeighted(v); !ok {
			continue
		}
		names, at.File = append(names, v.Name), v.Origin.File
		bits := cmp.Or(o.Weights.All, layers.WeightBits)
		if o.PixelBits > 0 && readsPixels(v) {
			bits = o.PixelBits
		}
		for _, name := range []string{last, first, v.Name} { // the layer's own name counts most
			own, said := o.Weights.Of[name]
			if said && (name == v.Name || name == first && readsInput(v) || name == last && ends[v]) {
				bits, used[name] = own, true
			}
		}
		out[v] = bits
	}
	if strays := o.Weights.Strays(used); len(strays) > 0 {
		return nil, diag.Errorf(at, diag.BadData, "there is no layer %s whose weights could have a width of their own", strings.Join(strays, ", ")).
			WithHelp("layers with weights are %s; first and last stand for those that read inputs and those at the end", strings.Join(names, ", "))
	}
	return out, nil
}

// The names that stand for layers at the ends of a net.
const (
	first = "first"
	last  = "last"
)

// endLayers reports the weighted layers behind which there is no other in a step.
func endLayers(n *ir.Net) map[*ir.Value]bool {
	out, before := map[*ir.Value]bool{}, map[*ir.Value]bool{} // before: some weighted layer follows
	for _, v := range slices.Backward(n.Values) {
		w, weighted := layers.AsWeighted(v)
		if weighted {
			out[w.Value] = !before[v]
		}
		for _, a := range v.Args {
			before[a] = before[a] || weighted || before[v]
		}
	}
	return out
}

// readsPixels reports whether a layer's operand is an input of words, at most moved.
func readsPixels(v *ir.Value) bool { return readsInput(v) && v.Args[0].Type.Bits > 1 }

// readsInput reports whether a layer's operand is an input, at most moved.
func readsInput(v *ir.Value) bool {
	x := v.Args[0]
	for x.Op != ir.OpInput && len(x.Args) == 1 {
		x = x.Args[0]
	}
	return x.Op == ir.OpInput
}
