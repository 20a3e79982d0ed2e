package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/rewrite"
)

// LowerLeak writes leak factors, of the membrane and of a current, that are
// the same for the whole layer as none (1), all (0), a shift (2^-k), a decay
// (1 − 2^-k), or else as N/2^K, which is run on the signed digits of N and
// rounded once. Integer shifts must round so that spikes stay those of real
// arithmetic (R5): toward −∞ where the neuron fires at ≥, toward +∞ where it
// fires at >. The other forms are not exact; guard bits keep them close, and N/2^K keeps
// the factor that it stands for, until numbers are rounded.
func LowerLeak(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpNeuron {
			return nil, nil
		}
		attrs := v.Attrs.(ir.NeuronAttrs)
		if !slices.ContainsFunc(attrs.Leaks(), func(l ir.Leaking) bool { return v.Args[l.Slot] != nil }) {
			return nil, nil
		}
		args := r.Operands(v)
		for _, l := range attrs.Leaks() {
			if form, ok := leakForm(o, v, l); ok {
				*l.Form, args[l.Slot] = form, kept(form, args[l.Slot])
			}
		}
		attrs.Round = ir.RoundFloor
		if attrs.Compare == ir.GT && slices.ContainsFunc(attrs.Leaks(), func(l ir.Leaking) bool { return shifts(*l.Form) }) {
			attrs.Round = ir.RoundCeil
		}
		return r.CopyWith(v, attrs, args...)
	})
}

// kept is the factor of a leak whose form does not say it.
func kept(form ir.Leak, factor *ir.Value) *ir.Value {
	if form.Kind == ir.LeakCSD {
		return factor
	}
	return nil
}

func shifts(l ir.Leak) bool { return l.Kind == ir.LeakShift || l.Kind == ir.LeakCSD }

// leakForm finds the integer form of a leak operand; there is none when it is
// absent, differs within the layer or is no leak.
func leakForm(o *rewrite.Options, v *ir.Value, l ir.Leaking) (ir.Leak, bool) {
	c := v.Args[l.Slot].Const()
	if c == nil {
		return ir.Leak{}, false
	}
	beta, uniform := c.Uniform()
	if !uniform {
		return ir.Leak{}, false
	}
	form, ok := shiftLeak(beta)
	if !ok {
		form, ok = fractionLeak(beta)
	}
	if ok {
		noteLeak(o, v, l, beta, form)
	}
	return form, ok
}

// shiftLeak finds the form of a leak factor that is exact in real arithmetic, if there is one.
func shiftLeak(beta float64) (ir.Leak, bool) {
	switch beta {
	case 0:
		return ir.Leak{Kind: ir.LeakAll}, true
	case 1:
		return ir.Leak{Kind: ir.LeakNone}, true
	}
	for k := 1; k <= ir.MaxLeakBits; k++ {
		switch p := math.Ldexp(1, -k); beta {
		case p:
			return ir.Leak{Kind: ir.LeakShift, K: k}, true
		case 1 - p:
			return ir.Leak{Kind: ir.LeakDecay, K: k}, true
		}
	}
	return ir.Leak{}, false
}

// LeakBits is the accuracy that leaks are lowered with: a membrane under
// constant input, V = I/(1 − β), and the units lost to rounding, at most
// 1/(1 − β) of them, change by at most 2^-leakBits of themselves and of the threshold.
const LeakBits = 10

// maxFraction bounds the digits of N/2^K.
const maxFraction = 20

// fractionLeak is the coarsest N/2^K with |β − N/2^K| ≤ 2^-leakBits·(1 − β).
func fractionLeak(beta float64) (ir.Leak, bool) {
	if !(beta > 0 && beta < 1) {
		return ir.Leak{}, false
	}
	var l ir.Leak
	for k := 1; k <= maxFraction; k++ {
		n := int64(math.Round(math.Ldexp(beta, k)))
		l = ir.Leak{Kind: ir.LeakCSD, K: k, N: max(1, min(n, 1<<k-1))}
		if math.Abs(beta-Remains(l)) <= math.Ldexp(1-beta, -LeakBits) {
			break
		}
	}
	return l, true
}

// DecayOf is the form of a leak factor from 0 to 1 on the integers of a cell, rounded down; ok is
// false where nothing is left.
func DecayOf(factor float64) (d update.Decay, ok bool) {
	switch l := integerLeak(factor); l.Kind {
	case ir.LeakShift, ir.LeakDecay:
		return update.Decay{Digits: []update.Digit{{Shift: 0, Sign: 1}}, Shift: l.K, Rest: l.Kind == ir.LeakDecay}, true
	case ir.LeakCSD:
		return update.Decay{Digits: update.CSD(l.N), Shift: l.K}, true
	}
	return update.Decay{}, false
}

// Leaves is the factor that a decay is.
func Leaves(d update.Decay) float64 {
	sum := 0.0
	for _, digit := range d.Digits {
		sum += math.Ldexp(float64(digit.Sign), digit.Shift-d.Shift)
	}
	if d.Rest {
		return 1 - sum
	}
	return sum
}

// Remains is the factor that a leak stands for.
func Remains(l ir.Leak) float64 {
	switch l.Kind {
	case ir.LeakAll:
		return 0
	case ir.LeakShift:
		return math.Ldexp(1, -l.K)
	case ir.LeakDecay:
		return 1 - math.Ldexp(1, -l.K)
	case ir.LeakCSD:
		return math.Ldexp(float64(l.N), -l.K)
	}
	return 1
}

// Its names a leak of a neuron.
func Its(l ir.Leaking) string {
	if l.Slot == ir.NeuronLeak {
		return "its leak"
	}
	return "its " + l.Of + "'s leak"
}

// noteLeak reports a leak that is not exact on integers: a shift of the membrane is exact, one of
// another state is rounded.
func noteLeak(o *rewrite.Options, v *ir.Value, of ir.Leaking, beta float64, l ir.Leak) {
	switch its := Its(of); {
	case l.Kind == ir.LeakCSD:
		o.Remark(v, "%s %v is run as %d/%d, off by %.2g, and rounded in every step", its, beta, l.N, int64(1)<<l.K, math.Abs(beta-Remains(l)))
	case l.Kind == ir.LeakDecay, l.Kind == ir.LeakShift && of.Slot != ir.NeuronLeak:
		o.Remark(v, "%s %v is rounded in every step", its, beta)
	}
}
