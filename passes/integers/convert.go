package integers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// defaultDigits is how many signed powers of two stand at least for a constant that
// has to be multiplied at run time, maxDigits how many at most. Between them the
// readers of the value decide, unless the user says how many.
const (
	defaultDigits = 2
	maxDigits     = 8
)

// manyDigits is how many stand for a constant that would be off by missedMost times the tolerance of the
// value's readers, as of means of many numbers far larger than those that occur.
const (
	manyDigits = 12
	missedMost = 4
)

// IntegerDigits is how many are used where spikes or words are added to sums of
// weights, for there the constant is the weight of a spike; and behind the time
// steps, where a result is computed once.
const IntegerDigits = 6

// conversionShift bounds the fraction of a factor, maxConversionShift that of one which is not told
// exactly enough by it; maxFactorBits bounds all of it: engines have constants of 32 bits.
const (
	conversionShift    = 24
	maxConversionShift = 48
	maxFactorBits      = 29
)

// conversion is an integer in other units. It is rounded down by less than lost
// (nil when it is not rounded), and off by at most off besides (nil when the
// factor is exact), both in real units.
type conversion struct {
	value     *ir.Value
	lost, off *ir.Tensor
}

// convert brings an integer from one unit into another, ratio = old/new per
// element: nothing to do, a shift to the left, a change of sign, or signed
// powers of two, whose result is rounded down. a is the old value that x stands
// for, unit the new units, which are those of v.
func (q *quantiser) convert(v, x, a *ir.Value, ratio, unit *ir.Tensor) (conversion, error) {
	name := a.Name
	if rewrite.Everywhere(ratio, func(f float64) bool { return scales.Equal(f, ratio.F[0]) }) {
		ratio = layers.Constant(ratio.F[0], ratio.Type.Shape)
	}
	ratio = layers.Compact(ratio)
	if out, err := q.shifted(v, x, name, ratio); out != nil || err != nil {
		return conversion{value: out}, err
	}
	factors, shift, off := q.powers(v, x, a, ratio, unit)
	out := conversion{off: off}
	if shift > 0 && x.Range != (ir.Range{}) {
		out.lost = cut(factors, shift, ratio.Type, unit)
	}
	var err error
	if shape, _ := ir.Broadcast(x.Type.Shape, ratio.Type.Shape); shape != x.Type.Shape {
		if x, err = q.r.Add(ir.OpBroadcast, q.r.Unique(name), ir.ShapeAttrs{Shape: shape.Dims()}, x); err != nil {
			return out, err
		}
	}
	f, err := q.r.Const(q.r.Unique(name+".factor"), ir.Ints(ratio.Type.Shape, factors))
	if err != nil {
		return out, err
	}
	out.value, err = q.r.Add(ir.OpCSD, q.r.Unique(name+".csd"), ir.CSDAttrs{Shift: shift, Round: ir.RoundFloor}, x, f)
	return out, err
}

// cut is the unit where a product is rounded down, and 0 where its factor is a whole number; nil
// where all are.
func cut(factors []int64, shift int, t ir.Type, unit *ir.Tensor) *ir.Tensor {
	rounds := ir.NewTensor(t)
	for i, f := range factors {
		if f&(1<<shift-1) != 0 {
			rounds.F[i] = 1
		}
	}
	if !layers.AnyNonZero(rounds.F) {
		return nil
	}
	return layers.Times(rounds, unit)
}

// shifted is an integer, for v, times a ratio that costs at most a shift or a change of
// sign; nil when it costs more.
func (q *quantiser) shifted(v, x *ir.Value, name string, ratio *ir.Tensor) (*ir.Value, error) {
	f, same := ratio.Uniform()
	if !same {
		return nil, nil
	}
	frac, exp := math.Frexp(f)
	r, exact := layers.Snapped(math.Ldexp(frac, 1))
	switch {
	case exact && r == 1 && exp == 1:
		return x, nil
	case exact && r == 1 && exp > engineBits:
		return nil, rewrite.Refuse(v, diag.TooWide, "one unit of %%%s would be 2^%d of its own, and engines have %d bits", name, exp-1, engineBits).
			WithHelp("numbers of this network are too far apart; scale its weights and thresholds")
	case exact && r == 1 && exp > 1:
		return q.r.Add(ir.OpShl, q.r.Unique(name+".shl"), ir.ShlAttrs{K: exp - 1}, x)
	case exact && r == -1 && exp == 1:
		return q.r.Add(ir.OpNeg, q.r.Unique(name+".neg"), nil, x)
	}
	return nil, nil
}

// misses is how far factors/2^shift times an integer of at most the magnitude are
// from the ratio times it, in real units; nil when they are exact.
func misses(ratio *ir.Tensor, factors []int64, shift int, most int64, unit *ir.Tensor) *ir.Tensor {
	miss := ir.NewTensor(ratio.Type)
	for i, r := range ratio.F {
		if miss.F[i] = math.Abs(math.Ldexp(float64(factors[i]), -shift)-r) * float64(most); miss.F[i] <= 1e-12*math.Abs(r)*float64(most) {
			miss.F[i] = 0
		}
	}
	if !layers.AnyNonZero(miss.F) {
		return nil
	}
	return layers.Times(miss, unit)
}

// powers are the signed powers of two that bring x, which stands for a, into the
// units of v, and how far they are off.
func (q *quantiser) powers(v, x, a *ir.Value, ratio, unit *ir.Tensor) (factors []int64, shift int, off *ir.Tensor) {
	digits, most := defaultDigits, maxDigits
	if !a.Type.IsReal() || a.Clock == ir.End {
		digits = IntegerDigits
	}
	if n := q.options.CSDDigits; n > 0 {
		digits, most = n, n
	}
	may, worst, largest := tolerated(v, q.tolerances[v], q.steps), 0.0, scales.LargestMagnitude(x.Range)
	numbers := WithoutFraction(ratio.F, largest)
	try := func(fraction int) bool {
		factors, shift = SignedPowers(numbers, digits, fraction)
		off = misses(ratio, factors, shift, largest, unit)
		if worst = 0; off != nil {
			worst = scales.Greatest(off)
		}
		return worst <= may
	}
	for !try(conversionShift) && digits < most {
		digits++
	}
	if worst > may {
		try(maxConversionShift)
	}
	for ; worst > missedMost*may && digits < manyDigits && q.options.CSDDigits == 0; digits++ {
		try(maxConversionShift)
	}
	rounds := 0.0
	if shift > 0 {
		rounds = scales.Greatest(unit)
	}
	if off := worst + rounds/2; off > 0 { // half, for the mean of the cut bits is added back
		most := scales.Greatest(layers.Times(ratio, unit)) * float64(largest)
		q.options.Remark(v, "%s is brought into its units by %d signed powers of two, off by at most %.2g of %.3g", a.Name, digits, off, most)
	}
	q.made[v] = append(q.made[v], bringing{a.Name, digits, scales.Greatest(unit), worst + rounds})
	return factors, shift, off
}

// WithoutFraction returns numbers, those as integers that are whole but for the
// rounding of float32, in which the file has them. A fraction is rounded down, which
// loses up to a unit; without it an integer of at most the magnitude is off by half of one.
func WithoutFraction(numbers []float64, largest int64) []float64 {
	out := slices.Clone(numbers)
	for i, f := range numbers {
		if r := math.Round(f); scales.IsWhole(f) && math.Abs(f-r)*float64(largest) <= 0.5 {
			out[i] = r
		}
	}
	return out
}

// SignedPowers writes numbers as sums of at most so many signed powers of two, n = factor/2^shift
// with one shift of at most fraction for all. Each power is the nearest to the remainder, so the error is at most a
// third of the number at one digit and an eleventh at two.
func SignedPowers(numbers []float64, digits, fraction int) (factors []int64, shift int) {
	most := 0.0
	for _, f := range numbers {
		most = max(most, math.Abs(f))
	}
	least := max(math.Ldexp(1, -fraction), math.Ldexp(most, -maxFactorBits))
	sums, smallest := make([]float64, len(numbers)), 1.0 // sums are exact: the powers lie within 30 bits
	for i, f := range numbers {
		for range digits {
			p := nearestPower(f)
			if p == 0 || math.Abs(p) < least {
				break
			}
			sums[i] += p
			smallest = min(smallest, math.Abs(p))
			if f -= p; math.Abs(f) <= 1e-12*math.Abs(numbers[i]) {
				break
			}
		}
	}
	factors, shift = make([]int64, len(numbers)), -math.Ilogb(smallest)
	for i, sum := range sums {
		factors[i] = int64(sum / smallest)
	}
	return factors, shift
}

// nearestPower is the signed power of two nearest to f, the smaller one of a tie; 0 for 0.
func nearestPower(f float64) float64 {
	const fraction, half = 1<<52 - 1, 1 << 51 // of a float64: f is 1.fraction times a power
	bits := math.Float64bits(f)
	power := math.Float64frombits(bits &^ fraction)
	if bits&fraction > half {
		return 2 * power
	}
	return power
}
