package unsupported

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// MultipliesState reports whether a neuron multiplies two numbers that its steps make, neither of which
// comparisons decide, takes the power of one, or a function that is not linear: no step of it is a neuron or a cell,
// however values are put into steps. It is a part of the update where it is computed, neuron by neuron, of one like
// it, as that of the step before is, and compared.
func MultipliesState(n *ir.Net) bool {
	numbers := map[*ir.Value]bool{}
	for _, v := range n.Values {
		numbers[v] = isNumber(v, numbers)
	}
	compared := map[*ir.Value]bool{}
	for _, v := range n.All(ir.OpCompare) {
		computedOf(v, compared)
	}
	return slices.ContainsFunc(n.Values, func(v *ir.Value) bool {
		if !compared[v] || !notLinear(v, numbers) {
			return false
		}
		made := map[*ir.Value]bool{}
		computedOf(v, made)
		delete(made, v)
		for u := range made {
			if canonical.SameForm(u, v) && notLinear(u, numbers) {
				return true
			}
		}
		return false
	})
}

// ProductOfState is the first product of two numbers, each of which several spikes of a net feed, and that are not 0 or 1
// alone; nil where there is none.
func ProductOfState(n *ir.Net) *ir.Value {
	fed, bits := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	number := func(v *ir.Value) bool { return fed[v] && !bits[v] && canonical.SpikeOf(v) == nil }
	for _, v := range n.Values {
		fed[v] = canonical.ByElement(v.Op) && slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return fed[a] || a.Type.IsSpike() })
		bits[v] = v.Type.IsSpike() || canonical.IsBits(v.Const()) || staysBit(v) && !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return !bits[a] })
		if v.Op == ir.OpMul && number(v.Args[0]) && number(v.Args[1]) {
			return v
		}
	}
	return nil
}

// staysBit reports whether an operation makes 0 or 1 of numbers that are 0 or 1.
func staysBit(v *ir.Value) bool {
	switch v.Op {
	case ir.OpCast, ir.OpMul, ir.OpMax, ir.OpMin:
		return true
	}
	return v.Op == ir.OpSub && canonical.Every(v.Args[0], 1)
}

// isNumber reports whether a value is a real number that more than comparisons and constants decide; numbers has its
// operands. Rounded numbers may be spikes.
func isNumber(v *ir.Value, numbers map[*ir.Value]bool) bool {
	round, _ := canonical.Rounding(v)
	switch {
	case v.Const() != nil || !v.Type.IsReal() || round != nil || canonical.IsFn(v, ir.FnSign):
		return false
	case canonical.ByElement(v.Op):
		return slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return numbers[a] })
	}
	return true
}

// notLinear reports whether a value is a product of two numbers, the power of one, or an exponential function of one.
func notLinear(v *ir.Value, numbers map[*ir.Value]bool) bool {
	switch v.Op {
	case ir.OpMul:
		return numbers[v.Args[0]] && numbers[v.Args[1]]
	case ir.OpPow:
		return numbers[v.Args[0]]
	case ir.OpMap:
		fn := v.Attrs.(ir.MapAttrs).Fn
		return numbers[v.Args[0]] && (fn == ir.FnExp || fn == ir.FnSigmoid || fn == ir.FnTanh)
	}
	return false
}

// computedOf adds a value and all that it is computed of, neuron by neuron, down to spikes.
func computedOf(v *ir.Value, all map[*ir.Value]bool) {
	for queue := []*ir.Value{v}; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		if x == nil || all[x] || x != v && x.Type.IsSpike() {
			continue
		}
		if all[x] = true; x == v || canonical.ByElement(x.Op) {
			queue = append(queue, x.Args...)
		}
	}
}
