package unsupported

import (
	"fmt"
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
)

// A neuron may fire several spikes in a step: as many as thresholds lie below its membrane,
// or as its whole number. It is named by the number of them.

// severalSpikes is the neuron of up to that many spikes; of any number where it is infinite.
func severalSpikes(most float64) Reason {
	const help = "bound the number: torch.floor(h).clamp(0, 4) is taken, up to 32 thresholds"
	if math.IsInf(most, 1) {
		return Reason{What: "a neuron that fires any number of spikes in a step, or is reset by the whole number of its membrane", Help: help}
	}
	return Reason{What: fmt.Sprintf("a neuron that fires up to %.0f spikes in a step", most), Help: help}
}

// WholeSpikes refuses the neurons that fire the whole number of their membrane, once for each
// layer. The next step has the rest, the membrane less the number; where it has the number alone,
// as of quantised states, there is none.
func WholeSpikes(n *ir.Net) diag.List {
	latched, readers := n.Latched(), n.Readers()
	before := map[*ir.Value][]*ir.Value{} // of each membrane, those of which rounding left something for it
	for _, v := range n.Values {
		if u := roundedMembrane(v); u != nil && before[u] == nil {
			before[u] = leftOf(u, latched)
		}
	}
	kept := map[*ir.Value]bool{} // over two steps: the first may be an input of every step
	for _, all := range before {
		for _, p := range all {
			for _, first := range before[p] {
				kept[first] = true
			}
		}
	}
	var errs diag.List
	for _, v := range n.Values {
		u := roundedMembrane(v)
		if !kept[u] || slices.ContainsFunc(before[u], func(p *ir.Value) bool { return p != u }) {
			continue
		}
		kept[u] = false
		o := severalSpikes(mostSpikes(v, readers))
		o.At = v
		errs = append(errs, o.Refused(v))
	}
	return errs
}

// leftOf are the membranes that one is computed of, neuron by neuron, besides their whole numbers.
func leftOf(u *ir.Value, latched map[*ir.Value]*ir.Value) []*ir.Value {
	a := &Anatomy{latched: latched}
	seen, whole := canonical.Cone{}, canonical.Cone{}
	for queue := slices.Clone(a.sources(u)); len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if v == nil || seen[v] {
			continue
		}
		seen[v] = true
		if m := roundedMembrane(v); m != nil {
			whole[m] = true
			continue
		}
		queue = append(queue, a.sources(v)...)
	}
	var out []*ir.Value
	for m := range whole {
		if seen[m] {
			out = append(out, m)
		}
	}
	return out
}

// roundedMembrane returns the number of which a value is the whole one, behind scales, shifts
// and clamps; nil when it is none.
func roundedMembrane(v *ir.Value) *ir.Value {
	u, _ := canonical.Rounding(v)
	for u != nil && (clamps(u) || u.Op == ir.OpCast || byConstant(u)) {
		u = u.Args[0]
	}
	return u
}

// byConstant reports whether a value is another, scaled or shifted by a constant.
func byConstant(v *ir.Value) bool {
	switch v.Op {
	case ir.OpMul, ir.OpDiv, ir.OpAdd, ir.OpSub:
		return v.Args[1].Const() != nil
	}
	return false
}

// clamps reports whether a value is another, held at a constant.
func clamps(v *ir.Value) bool {
	return (v.Op == ir.OpMin || v.Op == ir.OpMax) && v.Args[1].Const() != nil || canonical.IsFn(v, ir.FnRelu)
}

// mostSpikes is the greatest whole number that a value is let be, before it is rounded or behind.
func mostSpikes(v *ir.Value, readers map[*ir.Value][]*ir.Value) float64 {
	most := math.Inf(1)
	hold := func(x *ir.Value) {
		if x.Op == ir.OpMin && x.Args[1].Const() != nil {
			most = min(most, math.Floor(x.Args[1].Const().At(0)))
		}
	}
	for x := v.Args[0]; clamps(x); x = x.Args[0] {
		hold(x)
	}
	for more := readers[v]; ; {
		i := slices.IndexFunc(more, func(r *ir.Value) bool { return clamps(r) || r.Op == ir.OpCast })
		if i < 0 {
			return most
		}
		hold(more[i])
		more = readers[more[i]]
	}
}
