package canonical

import (
	"math"
	"slices"

	"nomul/ir"
)

// comparedRatio: x/y > 0 is x > 0 where y is proved to be positive, as a threshold is that starts
// from a positive number and only grows, (v − θ)/θ > 0 of Bellec et al. (2018); likewise for the
// other comparisons. It is exact but for quotients below the least number of float32.
func comparedRatio(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpCompare {
		return nil, nil
	}
	for i, ratio := range v.Args {
		zero := v.Args[1-i]
		if ratio.Op != ir.OpDiv || !ratio.Type.IsReal() || !Every(zero, 0) || ratio.Args[1].Const() != nil || ratio.Args[0].Type != ratio.Type {
			continue
		}
		if !(least(ratio.Args[1], map[*ir.Value]float64{}) > 0) {
			continue
		}
		args := slices.Clone(v.Args)
		args[i] = ratio.Args[0]
		return c.As(v, v.Op, v.Attrs, args...)
	}
	return nil, nil
}

// least is a number that no element of a value is below, −∞ where none is known.
func least(v *ir.Value, known map[*ir.Value]float64) float64 {
	if f, ok := known[v]; ok {
		return f
	}
	known[v] = math.Inf(-1)
	f := leastOf(v, known)
	if math.IsNaN(f) {
		f = math.Inf(-1)
	}
	known[v] = f
	return f
}

func leastOf(v *ir.Value, known map[*ir.Value]float64) float64 {
	of := func(i int) float64 { return least(v.Args[i], known) }
	switch {
	case v.Const() != nil:
		return leastNumber(v.Const())
	case v.Type.IsSpike():
		return 0
	}
	switch v.Op {
	case ir.OpCast:
		if v.Type.IsReal() { // integers are cut off
			return of(0)
		}
	case ir.OpReshape, ir.OpTranspose, ir.OpSlice, ir.OpBroadcast:
		return of(0)
	case ir.OpAdd:
		return of(0) + of(1)
	case ir.OpMax:
		return max(of(0), of(1))
	case ir.OpMin:
		return min(of(0), of(1))
	case ir.OpWhere:
		return min(of(1), of(2))
	case ir.OpMul:
		if a, b := of(0), of(1); a >= 0 && b >= 0 {
			return a * b
		}
	case ir.OpMap:
		switch v.Attrs.(ir.MapAttrs).Fn {
		case ir.FnRelu:
			return max(0, of(0))
		case ir.FnAbs:
			return 0
		}
	}
	return math.Inf(-1)
}

func leastNumber(t *ir.Tensor) float64 {
	out := math.Inf(1)
	for i := range t.Type.Size() {
		out = min(out, t.At(i))
	}
	return out
}
