package words

import (
	"math"
	"testing"
)

// Of the numbers 1 to 1000 the largest is 1000, the least above 99.9 % of them 999, and the threshold that balances is that of
// the sums over the numbers themselves; all within a bin.
func TestTops(t *testing.T) {
	h := &histogram{}
	for i := range 1000 {
		h.add(float64(i + 1))
	}
	balanced := 0.0
	for range balancings {
		above := 0.0
		for i := range 1000 {
			above += max(float64(i+1)-balanced, 0) / 1000
		}
		balanced += 2 * above
	}
	for name, want := range map[string]float64{"max": 1000, "percentile": 999, "balance": min(balanced, 1000)} {
		if got := tops[name](h, 15, math.Inf(1)); math.Abs(got-want) > 2*h.width {
			t.Errorf("%s: %v, wanted %v", name, got, want)
		}
		if got := tops[name](h, 15, 6); got != 6 {
			t.Errorf("%s of numbers that end at 6: %v", name, got)
		}
		if got := tops[name](&histogram{}, 15, 6); got != 0 {
			t.Errorf("%s of no numbers: %v", name, got)
		}
	}
}

// The last level of least squared error is below the largest number where few numbers are large.
func TestBestTop(t *testing.T) {
	h := &histogram{}
	for i := range 1000 {
		h.add(float64(i%100) / 100)
	}
	h.add(3)
	if top := h.bestTop(7, math.Inf(1)); top < 0.9 || top > 1.2 {
		t.Errorf("7 levels end at %v", top)
	}
}
