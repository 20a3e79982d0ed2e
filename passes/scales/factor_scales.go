package scales

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// factor is x times a constant. Of an integer it is a source with the constant
// as weight. Otherwise the units are multiplied, if that gives every class one
// unit or only neurons read the result; else they are free, and signed powers
// of two convert.
func (s *scaler) factor(v *ir.Value) error {
	x, c := layers.FactorOf(v)
	if c == nil {
		return refuseProduct(v)
	}
	if v.Op == ir.OpDiv {
		c = layers.Divide(layers.Constant(1, c.Type.Shape), c)
	}
	xs, ok := s.gauges[x]
	switch {
	case !ok:
		s.gauges[v] = s.ask(&source{gauge: s.fresh(c.Type.Shape), least: finely(c.F), whole: wholes(c.F), free: true})
	case s.consistent(xs, c) || s.onlyNeuronsRead(v):
		s.gauges[v] = xs.scaled(c).squeeze()
	default:
		told, err := s.greatestAdded(v, c)
		if err != nil {
			return err
		}
		shape, _ := ir.Broadcast(xs.shape, c.Type.Shape)
		shape, _ = ir.Broadcast(shape, told.Type.Shape)
		s.gauges[v] = s.converted(x, s.fresh(shape), xs.stretch(shape), rewrite.Stretched(told, shape))
	}
	return nil
}

// greatestAdded returns, for the factors of products that are only added up, the
// magnitude of the greatest among those of a sum: it says how fine the sum is.
func (s *scaler) greatestAdded(product *ir.Value, c *ir.Tensor) (*ir.Tensor, error) {
	readers := s.readers[product]
	if len(readers) != 1 || readers[0].Op != ir.OpReduceSum {
		return c, nil
	}
	a := readers[0].Attrs.(ir.ReduceAttrs)
	a.Keep = true
	most, err := rewrite.Compute(ir.OpReduceMax, a, layers.SpreadTo(layers.Magnitude(c), product.Type.Shape))
	if err != nil {
		return nil, err
	}
	return layers.Compact(most), nil
}

// factorBits is how finely a factor of integers, and a bias without weights, is
// told; integerBits, an integer among sums of weights.
const (
	factorBits  = 12
	integerBits = 7
)

// finely are the units in which numbers are told to factorBits, small ones beside
// large ones less.
func finely(numbers []float64) []float64 {
	out, most := make([]float64, len(numbers)), 0.0
	for _, f := range numbers {
		most = max(most, math.Abs(f))
	}
	for i, f := range numbers {
		if f != 0 {
			out[i] = math.Ldexp(max(math.Abs(f), math.Ldexp(most, -spreadBits)), -factorBits)
		}
	}
	return out
}

// wholes are the units of which single numbers are multiples: themselves.
func wholes(numbers []float64) []float64 {
	out := make([]float64, len(numbers))
	for i, f := range numbers {
		out[i] = math.Abs(f)
	}
	return out
}

// converted returns a gauge of new classes, into which that of v, times factors, is brought.
func (s *scaler) converted(v *ir.Value, to, from gauge, factor []float64) gauge {
	return s.ask(&source{gauge: to, least: make([]float64, len(to.id)), whole: make([]float64, len(to.id)), free: true, read: true, from: &want{from, factor, s.sizes[v].Most / s.sizes[v].unit}})
}

// consistent reports whether a factor multiplies each class by one number.
func (s *scaler) consistent(x gauge, c *ir.Tensor) bool {
	shape, _ := ir.Broadcast(x.shape, c.Type.Shape)
	full, of := x.stretch(shape), map[int]float64{}
	for i, f := range rewrite.Stretched(c, shape) {
		if old, ok := of[full.id[i]]; f == 0 || ok && old != math.Abs(f) {
			return false
		}
		of[full.id[i]] = math.Abs(f)
	}
	return true
}

// onlyNeuronsRead reports whether a value ends in neurons, at most moved on the way.
func (s *scaler) onlyNeuronsRead(v *ir.Value) bool {
	for _, r := range s.readers[v] {
		switch r.Op {
		case ir.OpNeuron:
		case ir.OpReshape, ir.OpTranspose, ir.OpSlice, ir.OpConcat, ir.OpNeg:
			if !s.onlyNeuronsRead(r) {
				return false
			}
		case ir.OpAdd, ir.OpSub:
			if !layers.RealConst(r.Args[0]) && !layers.RealConst(r.Args[1]) || !s.onlyNeuronsRead(r) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
