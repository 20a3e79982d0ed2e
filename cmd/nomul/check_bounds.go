package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"nomul/ir"
)

// boundRow says how far a fixed value may be off from the real number that it
// stands for, given the same spikes; see ir.Bound.
type boundRow struct {
	Value   string               `json:"value"`
	Of      string               `json:"of"` // sum, membrane or result
	Bound   float64              `json:"bound"`
	Cause   ir.Cause             `json:"cause"` // the largest part
	Parts   map[ir.Cause]float64 `json:"parts"`
	Against float64              `json:"against,omitempty"` // the least threshold, the largest result
}

func rowOf(b *ir.Bound) boundRow {
	of := "sum"
	switch {
	case b.Membrane:
		of = "membrane"
	case b.Output:
		of = "result"
	}
	parts := map[ir.Cause]float64{}
	for cause, f := range b.Parts {
		if f > 0 {
			parts[cause] = f
		}
	}
	return boundRow{b.Real, of, b.Worst(), b.Cause(), parts, b.Against}
}

// rounded returns the bound without its parts of weights and factors, which grow with
// all that may come in at once.
func (r boundRow) rounded() float64 { return r.Bound - r.Parts[ir.OfWeights] - r.Parts[ir.OfFactor] }

// vacuous reports whether a result may be off by as much as it may be.
func (r boundRow) vacuous() bool { return r.Of == "result" && r.Bound >= r.Against }

// worstRows is how many bounds a table shows.
const worstRows = 6

// printBounds shows the results, and the membranes whose rounding is largest beside
// their thresholds; beside is the largest that a result may be, or the threshold.
func printBounds(w io.Writer, rows []boundRow) {
	shown := slices.DeleteFunc(slices.Clone(rows), func(r boundRow) bool { return r.Of == "sum" || r.Bound == 0 })
	slices.SortStableFunc(shown, func(a, b boundRow) int {
		if c := cmp.Compare(b.Of, a.Of); c != 0 { // results first
			return c
		}
		return cmp.Compare(b.rounded()/b.Against, a.rounded()/a.Against)
	})
	if len(shown) == 0 {
		return
	}
	fmt.Fprintln(w)
	var cells [][]string
	for _, r := range shown[:min(len(shown), worstRows)] {
		cells = append(cells, []string{r.Value, r.Of, fmt.Sprintf("%.2g", r.Bound), fmt.Sprintf("%.2g", r.rounded()), fmt.Sprintf("%.3g", r.Against), string(r.Cause)})
	}
	printTable(w, []string{"value", "of", "off by at most", "without weights", "beside", "mostly by"}, cells)
	wrapped(w, "off by at most: a bound for the worst case, not what is usual; integers against real numbers, given the same spikes; without weights: all but the rounding of weights and factors; beside: the least threshold, or the largest that the result may be")
	for _, r := range shown {
		if r.vacuous() {
			wrapped(w, fmt.Sprintf("%s: the bound is above all that the result may be, so it promises nothing; compare results with --level spiking on your own samples", r.Value))
		}
	}
}
