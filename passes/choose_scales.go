package passes

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// weightBits is the width of quantised weights, and weightLimit the largest one:
// the range is symmetric, so that a negated row has the same width.
const (
	weightBits  = 8
	weightLimit = 1<<(weightBits-1) - 1
)

// minThreshold is the least integer threshold that keeps bias and leak rounding
// small against it; layers below it get more guard bits.
const minThreshold = 64

// maxGuard bounds the guard bits; the proved membrane width bounds them too.
const maxGuard = 16

// runChooseScales notes on each linear layer the real number that one integer
// unit of its results stands for.
//
// Before neurons (R3) the scale is free, so it is taken such that the threshold
// is an exact integer: s = θ·2^G / ⌊θ·2^G/s_max⌋ per output, where s_max is the
// scale at which the largest weight just fits and G are the guard bits.
// Before an output (R8) it is one power of two for all.
func runChooseScales(n *ir.Net, _ *Options) (*ir.Net, error) {
	readers := n.Readers()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpLinear {
			return nil, nil
		}
		if !realConst(v.Args[1]) || v.Args[2] != nil && !realConst(v.Args[2]) {
			return nil, refuse(v, diag.NotExact, "its weights or bias are not constants")
		}
		scale, err := linearScale(v, readers[v])
		if err != nil {
			return nil, err
		}
		out, err := r.Copy(v)
		if err == nil {
			out.Scale = scale
		}
		return out, err
	})
}

func linearScale(v *ir.Value, readers []*ir.Value) (*ir.Scale, error) {
	var threshold *ir.Tensor
	for _, reader := range readers {
		switch {
		case reader.Op == ir.OpOutput && len(readers) == 1:
			return powerScale(v), nil
		case reader.Op != ir.OpNeuron || reader.Args[ir.NeuronX] != v:
			return nil, refuse(v, diag.NotExact, "is read by %s %%%s, and no rule gives that an integer scale", reader.Op, reader.Name)
		case v.Type.Shape.Rank() != 1:
			return nil, refuse(v, diag.NotExact, "is %v; only layers with one axis have an integer form", v.Type)
		}
		th := reader.Args[ir.NeuronThreshold].Const()
		if threshold != nil && threshold.Digest() != th.Digest() {
			return nil, refuse(v, diag.NotExact, "is read by neurons with different thresholds, and one scale cannot make both integers")
		}
		threshold = th
	}
	return thresholdScale(v, threshold)
}

// rowMax is the largest weight magnitude of each output.
func rowMax(v *ir.Value) []float64 {
	w := v.Args[1].Const()
	k := w.Type.Shape.Dim(1)
	out := make([]float64, w.Type.Shape.Dim(0))
	for i, f := range w.F {
		out[i/k] = max(out[i/k], math.Abs(f))
	}
	return out
}

// powerScale is the smallest power of two that keeps all weights within the width.
func powerScale(v *ir.Value) *ir.Scale {
	largest := 0.0
	for _, m := range rowMax(v) {
		largest = max(largest, m)
	}
	if largest == 0 {
		return ir.UniformScale(1)
	}
	exp := math.Ceil(math.Log2(largest / weightLimit))
	for math.Ldexp(weightLimit, int(exp)) < largest { // against rounding in the logarithm
		exp++
	}
	return ir.UniformScale(math.Ldexp(1, int(exp)))
}

func thresholdScale(v *ir.Value, threshold *ir.Tensor) (*ir.Scale, error) {
	most, theta := rowMax(v), stretched(threshold, v.Type.Shape)
	for i, t := range theta {
		if !(t > 0) {
			return nil, refuse(v, diag.NotExact, "feeds a threshold of %v; only positive thresholds have an integer form", t)
		}
		if most[i] == 0 { // a row without weights: any scale does
			most[i] = t
		}
		most[i] /= weightLimit
	}
	guard := guardBits(v, theta, most)
	scale := ir.NewTensor(ir.RealType(v.Type.Shape))
	for i, t := range theta {
		t = math.Ldexp(t, guard)
		scale.F[i] = t / max(1, math.Floor(t/most[i]))
	}
	return &ir.Scale{Name: v.Name + ".scale", Data: scale}, nil
}

// guardBits is how many fraction bits the membranes behind a linear layer get.
// Sums over words (pixels) are fine-grained by themselves; sums over spikes get
// 4. More where the least integer threshold would be small.
func guardBits(v *ir.Value, theta, scale []float64) int {
	guard := 4
	if v.Args[0].Type.Bits > 1 {
		guard = 0
	}
	least := math.Inf(1)
	for i, t := range theta {
		least = min(least, t/scale[i])
	}
	for guard < maxGuard && math.Ldexp(least, guard) < minThreshold {
		guard++
	}
	return guard
}
