package rounding

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// drawnLayer is a linear layer or a convolution on words, or on pixels with a normalisation, with errors in the place
// of weights. It has few enough places for all of them to be taken.
func drawnLayer(t *rapid.T, b *ir.Builder) layers.Weighted {
	pick := func(label string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, label) }
	dims, weights := []int{pick("rows", 1, 3), pick("row", 1, 9)}, []int{pick("outputs", 1, 3), 0}
	op, attrs := ir.OpLinear, ir.Attrs(ir.LinearAttrs{})
	weights[1] = dims[1]
	if rapid.Bool().Draw(t, "conv") {
		groups, h, w := pick("groups", 1, 2), pick("h", 3, 5), pick("w", 2, 4)
		kh, kw := pick("kh", 1, 3), pick("kw", 1, 2)
		channels := groups * pick("channels", 1, 2)
		dims, weights = []int{channels, h, w}, []int{groups * pick("outputs", 1, 2), channels / groups, kh, kw}
		op, attrs = ir.OpConv, ir.ConvAttrs{Strides: []int{pick("s", 1, 2), 1}, Pads: []int{pick("p", 0, kh-1), 0, 0, pick("p", 0, kw-1)},
			Dilations: []int{1, 1}, Groups: groups}
	}
	given := ir.InputAttrs{}
	if rapid.Bool().Draw(t, "pixels") {
		given = ir.InputAttrs{Scale: []float64{.25}, Mean: []float64{.75}, Std: []float64{.5}}
	}
	must := func(v *ir.Value, err error) *ir.Value {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	x := must(b.Input("x", ir.UintType(3, ir.ShapeOf(dims...)), given))
	e := ir.NewTensor(ir.RealType(ir.ShapeOf(weights...)))
	for i := range e.F {
		e.F[i] = float64(pick("e", -8, 8)) / 8
	}
	w, ok := layers.AsWeighted(must(b.Add(op, "layer", attrs, x, must(b.Const("w", e)))))
	if !ok {
		t.Fatal("no weighted layer")
	}
	return w
}

// The cost of errors in weights, by the Gram matrix, is the variance of what the layer makes of them, and their
// mean by the mean vector its mean: the layer is computed by itself.
func TestGramIsLossOfLayer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawnLayer(t, ir.NewBuilder("drawn", ir.Spiking, 1))
		m := newMeter(w, false)
		sums, squares, count := make([]float64, w.Outputs()), make([]float64, w.Outputs()), 0
		for range rapid.IntRange(1, 4).Draw(t, "samples") {
			x := ir.NewTensor(w.Args[0].Type)
			for i := range x.I {
				x.I[i] = int64(rapid.IntRange(0, 7).Draw(t, "x"))
			}
			m.see(0, x)
			differs := rewrite.Reals(x)
			if zero := layers.ZeroPixels(w.Args[0]); zero != nil {
				differs = rewrite.Zip(differs, zero, func(x, z float64) float64 { return x - z })
			}
			made, err := rewrite.Compute(w.Op, w.Attrs, differs, w.Weights)
			if err != nil {
				t.Fatal(err)
			}
			places := made.Type.Size() / w.Outputs()
			for i, f := range made.F {
				output := i / places // of a convolution
				if w.Op == ir.OpLinear {
					output = i % w.Outputs()
				}
				sums[output], squares[output] = sums[output]+f, squares[output]+f*f
			}
			count += places
		}
		for output := range w.Outputs() {
			g := m.groups[output/(w.Outputs()/w.Groups())][0]
			row := w.Weights.F[output*w.Row():][:w.Row()]
			mean, cost, h := 0.0, 0.0, g.covariance()
			for i, e := range row {
				mean += e * g.mean()[i]
				for j, f := range row {
					cost += e * h[i*g.size+j] * f
				}
			}
			wantMean := sums[output] / float64(count)
			want := squares[output]/float64(count) - wantMean*wantMean
			if math.Abs(mean-wantMean) > 1e-9 || math.Abs(cost-want) > 1e-9 {
				t.Fatalf("output %d: mean %v and cost %v, wanted %v and %v", output, mean, cost, wantMean, want)
			}
		}
	})
}

// Error feedback rounds to the nearest where inputs have nothing in common, keeps rows that are integers, and keeps to
// the limit.
func TestFeedback(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, limit := rapid.IntRange(1, 12).Draw(t, "n"), int64(rapid.SampledFrom([]int{1, 3, 7, 127}).Draw(t, "limit"))
		h, alike := drawnCosts(t, n)
		exact, whole := make([]float64, n), rapid.Bool().Draw(t, "whole")
		for i := range exact {
			exact[i] = rapid.Float64Range(-1.3*float64(limit), 1.3*float64(limit)).Draw(t, "w")
			if whole {
				exact[i] = math.Round(exact[i] / 1.3)
			}
		}
		f, dst := newFeedback(h, n), make([]int64, n)
		f.round(dst, exact, limit)
		near := make([]int64, n)
		for i, x := range exact {
			if near[i] = nearest(x, limit); dst[i] < -limit || dst[i] > limit {
				t.Fatalf("%v became %v, beyond %d", exact, dst, limit)
			}
		}
		if (!alike || whole) && !slices.Equal(near, dst) {
			t.Fatalf("%v became %v", exact, dst)
		}
	})
}

// drawnCosts is a Gram matrix of a few drawn vectors, or one of inputs that have nothing in common.
func drawnCosts(t *rapid.T, n int) (h []float64, alike bool) {
	h, alike = make([]float64, n*n), rapid.Bool().Draw(t, "alike")
	if !alike {
		for i := range n {
			h[i*n+i] = rapid.Float64Range(.1, 9).Draw(t, "h")
		}
		return h, false
	}
	for range rapid.IntRange(1, 2*n).Draw(t, "vectors") {
		v := rapid.SliceOfN(rapid.Float64Range(-1, 1), n, n).Draw(t, "v")
		for i := range h {
			h[i] += v[i/n] * v[i%n]
		}
	}
	return h, true
}

// Where inputs are alike, error feedback loses less than rounding to the nearest, over many rows: by half at least.
func TestFeedbackPays(t *testing.T) {
	const n, limit = 24, 7
	by, nearby := 0.0, 0.0
	random := rapid.Custom(func(t *rapid.T) []float64 {
		return rapid.SliceOfN(rapid.Float64Range(-limit, limit), n, n).Draw(t, "row")
	})
	common := rapid.SliceOfN(rapid.Float64Range(-1, 1), n, n)
	h := make([]float64, n*n)
	for k := range 8 {
		v := common.Example(k)
		for i := range h {
			h[i] += v[i/n] * v[i%n]
		}
	}
	f := newFeedback(h, n)
	for k := range 50 {
		exact, dst, near := random.Example(100+k), make([]int64, n), make([]int64, n)
		f.round(dst, exact, limit)
		for i, x := range exact {
			near[i] = nearest(x, limit)
		}
		by, nearby = by+f.costOf(exact, dst), nearby+f.costOf(exact, near)
	}
	if !(by < nearby/2) {
		t.Errorf("cost %v by feedback, %v by rounding to the nearest", by, nearby)
	}
}

// costOf is the cost of a rounded row.
func (f *feedback) costOf(exact []float64, dst []int64) float64 {
	lost := slices.Clone(exact)
	for i := range lost {
		lost[i] -= float64(dst[i])
	}
	return variance(f.cost, lost)
}

// The unit of a row loses no more than that in which it fits, with samples and without, and is in proportion to
// the row.
func TestFinestUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawnLayer(t, ir.NewBuilder("drawn", ir.Spiking, 1))
		few := &FewBits{Weighted: w, limit: rapid.SampledFrom([]int64{1, 3, 7}).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "samples") {
			for range w.Groups() {
				h, _ := drawnCosts(t, w.Row())
				few.feedback = append(few.feedback, newFeedback(h, w.Row()))
			}
		}
		units := few.Finest()
		for k, most := range w.RowMax() {
			fits := most / float64(few.limit)
			if few.Loss(k, units[k]) > few.Loss(k, fits) || units[k] > fits {
				t.Fatalf("row %d loses %v in the unit %v, and %v in %v", k, few.Loss(k, units[k]), units[k], few.Loss(k, fits), fits)
			}
		}
		doubled := *few
		doubled.Weights = rewrite.Zip(w.Weights, ir.NewTensor(w.Weights.Type), func(f, _ float64) float64 { return 2 * f })
		for k, unit := range doubled.Finest() {
			if unit != 2*units[k] {
				t.Fatalf("row %d has the unit %v, and %v when it is doubled", k, units[k], unit)
			}
		}
	})
}
