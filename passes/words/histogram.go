package words

import "math"

// binBits is the logarithm of the bins of a histogram. A word of 8 bits has some 16 for each level.
const binBits = 12

// histogram counts numbers above 0, in bins of one width that doubles when a number lies beyond.
// The same numbers give the same counts in any order, up to the first one.
type histogram struct {
	bins  []uint32
	width float64 // of a bin; 0 before the first number
	sum   float64 // of the numbers
	most  float64
}

// add counts a number; those not above 0 are no part of it.
func (h *histogram) add(x float64) {
	if !(x > 0) || math.IsInf(x, 1) {
		return
	}
	if h.bins == nil {
		h.bins = make([]uint32, 1<<binBits)
		_, exp := math.Frexp(x)
		h.width = math.Ldexp(1, exp-binBits)
	}
	for x >= h.width*(1<<binBits) {
		h.double()
	}
	h.bins[int(x/h.width)]++
	h.most, h.sum = max(h.most, x), h.sum+x
}

// double joins neighbours.
func (h *histogram) double() {
	for i := range h.bins {
		if i < len(h.bins)/2 {
			h.bins[i] = h.bins[2*i] + h.bins[2*i+1]
		} else {
			h.bins[i] = 0
		}
	}
	h.width *= 2
}

// squaredError is that of all numbers brought to count levels, the last at most top: each to the
// nearest level. Within a bin numbers count as evenly spread.
func (h *histogram) squaredError(top float64, count int) float64 {
	return h.errorOf(top/float64(count), count)
}

// errorOf is the same by the distance of levels; without levels all come to 0.
func (h *histogram) errorOf(step float64, count int) float64 {
	total := 0.0
	spread := min(h.width, step) * min(h.width, step) / 12
	for i, n := range h.bins {
		if n == 0 {
			continue
		}
		x := (float64(i) + 0.5) * h.width
		off := x - step*math.Floor(min(x/step+0.5, float64(count)))
		total += float64(n) * (float64(off*off) + spread)
	}
	return total
}

// bestTop returns the last level at which the squared error is least, of 95 from the largest number
// down to 6 % of it; 0 where there are no numbers.
func (h *histogram) bestTop(count int, most float64) float64 {
	best, least := 0.0, math.Inf(1)
	for i := range 95 {
		top := min(h.most, most) * (1 - 0.01*float64(i))
		if top <= 0 {
			return 0
		}
		if e := h.squaredError(top, count); e < least {
			best, least = top, e
		}
	}
	return best
}

// tops are the choices of the last level of a word for the numbers of a histogram, none of which counts as more than
// most; 0 where there are no numbers.
var tops = map[string]func(h *histogram, count int, most float64) float64{
	"mse":        (*histogram).bestTop,
	"max":        func(h *histogram, _ int, most float64) float64 { return min(h.most, most) },
	"percentile": func(h *histogram, _ int, most float64) float64 { return min(h.percentile(), most) },
	"balance":    func(h *histogram, _ int, most float64) float64 { return min(h.balanced(), most) },
}

// below is the share of numbers that the last level of a percentile is not below.
const below = 0.999

// percentile is the number that the share below of all numbers are not above, at the end of its bin.
func (h *histogram) percentile() float64 {
	total, seen := 0.0, 0.0
	for _, n := range h.bins {
		total += float64(n)
	}
	for i, n := range h.bins {
		if seen += float64(n); n > 0 && seen >= below*total {
			return min(float64(i+1)*h.width, h.most)
		}
	}
	return 0
}

// balancings are the rounds of local threshold balancing.
const balancings = 16

// balanced is the threshold of local balancing (Bu et al., 2022): from 0 on it grows by twice the mean excess of
// numbers over it, round by round.
func (h *histogram) balanced() float64 {
	top := 0.0
	for range balancings {
		above, total := 0.0, 0.0
		for i, n := range h.bins {
			total += float64(n)
			above += float64(n) * max((float64(i)+0.5)*h.width-top, 0)
		}
		if total == 0 {
			return 0
		}
		top += 2 * above / total
	}
	return min(top, h.most)
}
