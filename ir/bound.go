package ir

// Bound says how far a value of a fixed net may be from the real number that it
// stands for, in units of that number.
//
// The two nets compared are the one that choose-scales takes, whose numbers are
// real, and the fixed one. Both are given the same integers wherever integers
// are: the same inputs, and the same spikes of every neuron, in this step and all
// before. Then, for each element,
//
//	|Unit · integer + Offset − real| ≤ Most
//
// where integer is the result of the fixed net's value (a neuron's stored
// membrane, if Membrane is set), and real that of the value of the other net. So
// in two nets that run side by side every bound holds up to the first spike that
// differs, and that of a value behind the time steps if none does. Offset is
// the number still to be added behind the value, in a neuron or before an output.
type Bound struct {
	Real     string // the value's name before choose-scales
	Fixed    string // and in the fixed net
	Membrane bool   // of a neuron that fires: the bound is on its stored membrane
	Output   bool   // the value is a result of the net
	// Unit, Offset and Most broadcast to the value's shape.
	Unit, Offset, Most *Tensor
	// Parts are the terms of Most, by cause, at the element where it is largest.
	Parts map[Cause]float64
	// Against is the magnitude beside which the bound is to be small: the least
	// threshold of a neuron, the largest magnitude of a result. 0 is none.
	Against float64
}

// Cause is why a fixed value is off.
type Cause string

// The causes: weights rounded to units of their layer; biases, and constants that
// are added, to units of their sum; constants written as signed powers of two; results
// rounded after that, or brought into coarser units; leaks that are run as N/2^K, and
// rounded in every step; a neuron's reset and first membrane rounded to its units.
const (
	OfWeights    Cause = "weights"
	OfBias       Cause = "bias"
	OfFactor     Cause = "factor"
	OfConversion Cause = "conversion"
	OfLeak       Cause = "leak"
	OfReset      Cause = "reset"
)

// Worst is the largest number of Most.
func (b *Bound) Worst() float64 {
	worst := 0.0
	for _, f := range b.Most.F {
		worst = max(worst, f)
	}
	return worst
}

// Cause is the largest part, the first by name of equal ones; empty when the value is exact.
func (b *Bound) Cause() Cause {
	var out Cause
	for c, f := range b.Parts {
		if f > b.Parts[out] || f == b.Parts[out] && f > 0 && c < out {
			out = c
		}
	}
	return out
}
