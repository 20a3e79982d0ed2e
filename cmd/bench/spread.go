package main

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// spread is the least, the middle and the greatest of several measurements. Other
// programs on the machine only ever add time: the least is the cost of the code,
// the middle the usual time.
type spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// spreadOf summarises measurements in any order; of an even number of values the
// middle is the lower one.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	v := slices.Sorted(slices.Values(values))
	return spread{v[0], stat.Quantile(0.5, stat.Empirical, v, nil), v[len(v)-1]}
}

// cells prints the three with the given verb.
func (s spread) cells(verb string) []any {
	return []any{fmt.Sprintf(verb, s.Min), fmt.Sprintf(verb, s.Median), fmt.Sprintf(verb, s.Max)}
}
