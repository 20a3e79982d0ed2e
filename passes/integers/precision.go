package integers

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// tolerances are how far the real values of a net may be off such that each of their
// readers is off by at most 2^-preciseBits of its threshold or range.
func tolerances(n *ir.Net, sizes map[*ir.Value]scales.RealSize) map[*ir.Value]float64 {
	out := map[*ir.Value]float64{}
	for _, v := range n.Values {
		out[v] = math.Inf(1)
	}
	for i := len(n.Values) - 1; i >= 0; i-- {
		v := n.Values[i]
		if most := sizes[v].Most; v.Op == ir.OpOutput && most > 0 {
			out[v] = math.Ldexp(most, -scales.PreciseBits)
		}
		may := tolerated(v, out[v], n.Steps)
		if _, c := layers.FactorOf(v); c != nil && v.Op == ir.OpMul {
			may /= scales.Greatest(c)
		} else if c != nil {
			may *= scales.LeastMagnitude(c.F)
		}
		for _, a := range v.Args {
			if a != nil {
				out[a] = min(out[a], may)
			}
		}
	}
	return out
}

// tolerated is how far an operand of v may be off, brought into v's units, where
// the result may be off by may.
func tolerated(v *ir.Value, may float64, steps int) float64 {
	switch v.Op {
	case ir.OpNeuron:
		a := v.Attrs.(ir.NeuronAttrs)
		if th := v.Args[ir.NeuronThreshold].Const(); th != nil && layers.AnyNonZero(th.F) {
			may = min(may, math.Ldexp(scales.LeastMagnitude(th.F), -scales.PreciseBits))
		}
		return may / scales.ResponseOf(a, steps, scales.Impulses{Input: 1})
	case ir.OpLevels:
		return min(may, math.Ldexp(scales.LeastMagnitude(v.Args[2].Const().F), -scales.PreciseBits))
	case ir.OpCell:
		return toleratedByCell(v, may, steps)
	case ir.OpSum:
		return may / float64(steps)
	case ir.OpReduceSum:
		return may * float64(v.Type.Size()) / float64(v.Args[0].Type.Size())
	case ir.OpSumPool:
		for _, k := range v.Attrs.(ir.PoolAttrs).Kernel {
			may /= float64(k)
		}
	case ir.OpMatmul:
		dims := v.Args[0].Type.Shape
		return may / float64(dims.Dim(dims.Rank()-1))
	}
	return may
}

// toleratedByCell is how far the operands of a cell may be off, beside the constants that its
// numbers are compared with.
func toleratedByCell(v *ir.Value, may float64, steps int) float64 {
	c, err := scales.NewCell(v)
	if err != nil {
		return may // refused when it is rounded
	}
	out := math.Inf(1)
	for _, class := range c.Classes() {
		least := may
		limits, _ := c.Constants(class)
		for _, t := range limits {
			least = min(least, math.Ldexp(scales.LeastMagnitude(t.F), -scales.PreciseBits))
		}
		if grows := c.Response(class, steps, scales.Errors{Operand: 1}); grows > 0 {
			out = min(out, least/grows)
		}
	}
	return out
}

// bringing is a conversion that was made: of a value into units, by so many signed
// powers of two, off by at most so much.
type bringing struct {
	name      string
	digits    int
	unit, off float64
}

// precise refuses a value that conversions may put too far off beside a size, of one
// entry or one for each element; of says which is which.
func (q *quantiser) precise(v *ir.Value, d deviation, beside *ir.Tensor, of string) error {
	parts := deviation{}
	for _, cause := range []ir.Cause{ir.OfConversion, ir.OfFactor} {
		if t := d[cause]; t != nil {
			parts[cause] = t
		}
	}
	shares := rewrite.Zip(parts.total(), beside, func(off, size float64) float64 {
		if size = math.Abs(size); size > 0 {
			return off / size
		}
		return 0
	})
	worst := 0
	for i, f := range shares.F {
		if f > shares.F[worst] {
			worst = i
		}
	}
	if shares.F[worst] <= math.Ldexp(1, -scales.CoarsestBits) {
		return nil
	}
	size := math.Abs(rewrite.Stretched(beside, shares.Type.Shape)[worst])
	by := q.coarsest(v)
	out := rewrite.Refuse(v, diag.NotExact, of+": %%%s is brought into units of %.3g by %d signed powers of two",
		shares.F[worst]*size, size, by.name, by.unit, by.digits)
	if missed := parts[ir.OfFactor]; missed != nil && q.options.CSDDigits > 0 && q.options.CSDDigits < maxDigits {
		return out.WithHelp("--csd-digits %d takes more of them; without --csd-digits there are as many as are needed", q.options.CSDDigits+1)
	}
	return out
}

// coarsest is the conversion before v that loses most.
func (q *quantiser) coarsest(v *ir.Value) bringing {
	worst, seen := bringing{}, map[*ir.Value]bool{}
	var visit func(*ir.Value)
	visit = func(v *ir.Value) {
		seen[v] = true
		for _, b := range q.made[v] {
			if b.off >= worst.off {
				worst = b
			}
		}
		for _, a := range v.Args {
			if a != nil && a.Type.IsReal() && !seen[a] {
				visit(a)
			}
		}
	}
	visit(v)
	return worst
}
