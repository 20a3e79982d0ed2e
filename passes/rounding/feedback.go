package rounding

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"nomul/ir"
	"nomul/passes/rewrite"
)

const (
	// damping is added to the diagonal of a Gram matrix, as a share of its mean: samples are few, and
	// inputs that they do not show may be alike no longer.
	damping = 0.01
	// wholeError is how exactly whole weights are multiples of their scale, as float32 is.
	wholeError = 1e-6
	// sweeps bounds how often all weights of a row are looked at again.
	sweeps = 4
)

// feedBack rounds the layer's weights by error feedback, and returns, where samples are held back, the variance
// of the errors in the layer's result as a share of that of the result itself.
func (l *Layer) feedBack(m *meter) float64 {
	l.Integers = &ir.Tensor{Type: ir.SintType(64, l.Weights.Type.Shape), I: make([]int64, len(l.Weights.F))}
	l.Shift = make([]float64, l.Outputs())
	scale, perGroup := l.PerOutputData(l.Scale.Data), l.Outputs()/l.Groups()
	lost, all := make([]float64, l.Outputs()), make([]float64, l.Outputs())
	for group, blocks := range m.groups {
		for k, b := range blocks {
			f, mean := newFeedback(b.covariance(), b.size), b.mean()
			var held []float64
			if m.held != nil {
				held = m.held[group][k].covariance()
			}
			eachRow(perGroup, func(k int) {
				output := group*perGroup + k
				at := output*l.Row() + b.from
				of := f.row(l.Integers.I[at:][:b.size], l.Weights.F[at:][:b.size], scale[output], l.Limit, mean)
				l.Shift[output] += scale[output] * of.mean
				lost[output] += scale[output] * scale[output] * variance(held, of.errors)
				all[output] += scale[output] * scale[output] * variance(held, of.exact)
			})
		}
	}
	return sum(lost) / max(sum(all), math.SmallestNonzeroFloat64)
}

func sum(list []float64) float64 {
	out := 0.0
	for _, f := range list {
		out += f
	}
	return out
}

// roundedRow is a row before it was rounded, and its errors, in units of its scale, and the mean of the error in its
// result.
type roundedRow struct {
	exact, errors []float64
	mean          float64
}

// row rounds a row of weights in units of a scale. Weights that are whole multiples of the scale stay.
func (f *feedback) row(dst []int64, weights []float64, scale float64, limit int64, mean []float64) roundedRow {
	out, whole := roundedRow{exact: make([]float64, f.size), errors: make([]float64, f.size)}, true
	for i, w := range weights {
		x := w / scale
		out.exact[i], dst[i] = x, nearest(x, limit)
		whole = whole && math.Abs(x-float64(dst[i])) <= wholeError*math.Abs(x)
	}
	if whole {
		return out
	}
	f.round(dst, out.exact, limit)
	for i, x := range out.exact {
		out.errors[i] = x - float64(dst[i])
		out.mean += float64(out.errors[i] * mean[i])
	}
	return out
}

// variance is that of a row's result, for inputs of a covariance; 0 where there is none.
func variance(covariance, row []float64) float64 {
	out := 0.0
	if covariance != nil {
		for i, x := range row {
			out += x * dot(covariance[i*len(row):][:len(row)], row)
		}
	}
	return out
}

// eachRow does something for each of some rows, two at a time.
func eachRow(rows int, do func(row int)) {
	const workers = 2
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for row := w; row < rows; row += workers {
				do(row)
			}
		})
	}
	wg.Wait()
}

// feedback rounds rows whose errors e cost eᵀ·H·e.
type feedback struct {
	size  int
	cost  []float64 // H, damped
	order []int     // columns, those whose errors cost least first
	upper []float64 // R of H = Rᵀ·R, in that order; nil when H is 0
}

func newFeedback(h []float64, size int) *feedback {
	f := &feedback{size: size, cost: h, order: rewrite.UpTo(size)}
	mean := 0.0
	for i := range size {
		mean += h[i*size+i] / float64(size)
	}
	if mean <= 0 {
		return f
	}
	for i := range size {
		h[i*size+i] += damping * mean
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return cmp.Compare(h[a*size+a], h[b*size+b]) })
	f.upper = f.factor()
	return f
}

// factor is R of H = Rᵀ·R in the order of the columns, nil where rounding leaves none. It is done here,
// and not by a library, because those add up in other orders on other machines: the integers of a
// network would depend on where it was compiled.
func (f *feedback) factor() []float64 {
	n := f.size
	lower, upper := make([]float64, n*n), make([]float64, n*n)
	for j, column := range f.order {
		own := lower[j*n:][:n]
		for i := range j + 1 {
			left := f.cost[f.order[i]*n+column] - dot(lower[i*n:][:i], own)
			if i < j {
				own[i] = left / lower[i*n+i]
			} else if own[i] = math.Sqrt(left); !(left > 0) {
				return nil
			}
			upper[i*n+j] = own[i]
		}
	}
	return upper
}

// dot is the sum of products with the elements of a longer list.
func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}

// round rounds a row: the column whose error would cost most first, and each later one such that it
// makes good the errors before it.
func (f *feedback) round(dst []int64, exact []float64, limit int64) {
	if f.upper == nil {
		RoundTogether(dst, exact)
		clip(dst, limit)
		return
	}
	lost := make([]float64, f.size) // in order
	for i := f.size - 1; i >= 0; i-- {
		at, row := f.order[i], f.upper[i*f.size:][:f.size]
		made := dot(row[i+1:], lost[i+1:])
		dst[at] = nearest(exact[at]+made/row[i], limit)
		lost[i] = exact[at] - float64(dst[at])
	}
	f.improve(dst, exact, limit)
}

func nearest(f float64, limit int64) int64 {
	return int64(math.Round(max(-float64(limit), min(float64(limit), f))))
}

func clip(dst []int64, limit int64) {
	for i := range dst {
		dst[i] = max(-limit, min(limit, dst[i]))
	}
}

// improve moves single weights as long as that lowers the cost.
func (f *feedback) improve(dst []int64, exact []float64, limit int64) {
	slope := make([]float64, f.size) // H·e
	for i, x := range exact {
		f.move(slope, i, x-float64(dst[i]))
	}
	for range sweeps {
		moved := false
		for i := range dst {
			own := f.cost[i*f.size+i]
			to := nearest(float64(dst[i])+slope[i]/own, limit)
			by := float64(to - dst[i])
			if by == 0 || by*(by*own-2*slope[i]) >= -1e-9*own {
				continue
			}
			dst[i], moved = to, true
			f.move(slope, i, -by)
		}
		if !moved {
			return
		}
	}
}

// move adds the error of column i to the slope.
func (f *feedback) move(slope []float64, i int, by float64) {
	if by == 0 {
		return
	}
	for j, h := range f.cost[i*f.size:][:f.size] {
		slope[j] += float64(h * by)
	}
}
