package metrics

import (
	"math"
	"testing"
)

func about(t *testing.T, figure string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 5e-7 {
		t.Errorf("%s: %v, wanted %v", figure, got, want)
	}
}

// Shares of R's binom.confint(method = "wilson").
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		part, whole int
		want        Interval
	}{
		{9, 10, Interval{0.5958500, 0.9821238}}, {0, 20, Interval{0, 0.1611252}}, {20, 20, Interval{0.8388748, 1}}, {0, 0, Interval{0, 1}},
	} {
		got := Wilson(c.part, c.whole)
		about(t, "lo", got.Lo, c.want.Lo)
		about(t, "hi", got.Hi, c.want.Hi)
	}
}

func TestBootstrap(t *testing.T) {
	if got := Bootstrap([]float64{3, 3, 3}); got != (Interval{3, 3}) {
		t.Errorf("of equal samples %v", got)
	}
	values := make([]float64, 400)
	for i := range 100 {
		values[i] = 1
	}
	// The normal interval of a share of a quarter is 0.25 ± 1.96·√(0.25·0.75/400) = 0.25 ± 0.0424.
	got := Bootstrap(values)
	if math.Abs(got.Lo-0.2076) > 0.005 || math.Abs(got.Hi-0.2924) > 0.005 || got != Bootstrap(values) {
		t.Errorf("got %v", got)
	}
}

// By hand: 2·(1 + 12 + 66)/2¹² of 2 in 12; χ² = (|40 − 20| − 1)²/60 = 6.0167.
func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		a, b  int
		p     float64
		exact bool
	}{
		{2, 10, 0.03857421875, true}, {10, 2, 0.03857421875, true}, {0, 0, 1, true}, {12, 12, 1, true}, {0, 6, 0.03125, true},
		{20, 40, 0.0141709, false}, {13, 12, 1, false}, {12, 13, 1, false},
	} {
		p, exact := discordant(c.a, c.b)
		about(t, "p", p, c.p)
		if exact != c.exact {
			t.Errorf("%d and %d: exact %v", c.a, c.b, exact)
		}
	}
	d := McNemar([]int{0, 1, 2, 3, 4}, []int{0, 1, 0, 0, 4}, []int{0, 0, 2, 0, 0})
	if d != (Difference{2, 1, 1, true}) || !d.Noise() || (Difference{P: 0.04}).Noise() {
		t.Errorf("got %+v", d)
	}
}
