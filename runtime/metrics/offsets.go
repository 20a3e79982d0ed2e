package metrics

import (
	"cmp"
	"slices"
)

// HeldOut divides images in two halves, each class by turns: on the first a choice is made, on the second it is
// measured.
func HeldOut(labels []int) (choose, measure []int) {
	seen := map[int]int{}
	for i, label := range labels {
		if seen[label]++; seen[label]%2 == 1 {
			choose = append(choose, i)
		} else {
			measure = append(measure, i)
		}
	}
	return choose, measure
}

// Chosen are offsets of a readout that were chosen for a cost matrix, and how they do on images that had no
// part in the choice.
type Chosen struct {
	// Offsets are added to the outputs, in their units, one for each class.
	Offsets  []int64 `json:"offsets"`
	ChosenOn int     `json:"chosen_on"`
	Images   int     `json:"measured_on"`
	// Before and After are the expected costs without offsets and with them.
	Before Cost `json:"before"`
	After  Cost `json:"after"`
	// Score is that of the images measured on, with offsets.
	Score Score `json:"score"`
}

// ChooseOffsets chooses on one half of the images and measures on the other. outputs[i] are the numbers of
// image i, of which the greatest is its class; of a readout whose least wins, their negatives.
func ChooseOffsets(m CostMatrix, labels []int, outputs [][]int64) Chosen {
	choose, measure := HeldOut(labels)
	offsets := m.Offsets(pick(labels, choose), pick(outputs, choose))
	labels, outputs = pick(labels, measure), pick(outputs, measure)
	after := Offset(outputs, offsets)
	return Chosen{Offsets: offsets, ChosenOn: len(choose), Images: len(measure),
		Before: m.Expected(labels, Offset(outputs, make([]int64, len(m)))), After: m.Expected(labels, after), Score: NewScore(len(m), labels, after)}
}

func pick[T any](all []T, which []int) []T {
	var out []T
	for _, i := range which {
		out = append(out, all[i])
	}
	return out
}

// Offset classifies outputs with an offset for each class.
func Offset(outputs [][]int64, offsets []int64) []int {
	classes := make([]int, len(outputs))
	moved := make([]int64, len(offsets))
	for i, out := range outputs {
		for k, y := range out {
			moved[k] = y + offsets[k]
		}
		classes[i] = Predict(moved, false)
	}
	return classes
}

// Offsets are those with which images of some outputs cost the least that changing one after another finds; each is
// the best for the others. Without anything to gain they stay 0.
func (m CostMatrix) Offsets(labels []int, outputs [][]int64) []int64 {
	offsets := make([]int64, len(m))
	for improved := true; improved; {
		improved = false
		for k := range offsets {
			if to := m.bestOffset(k, labels, outputs, offsets); to != offsets[k] {
				offsets[k], improved = to, true
			}
		}
	}
	return offsets
}

// flip is an image that becomes one of a class from some offset on, and how that changes its cost.
type flip struct {
	from  int64
	costs float64
}

// bestOffset is the offset of a class with the least cost, if the others stay; the present one unless another costs less.
// Between two flips it is their middle, so that images like these are decided alike.
func (m CostMatrix) bestOffset(k int, labels []int, outputs [][]int64, offsets []int64) int64 {
	flips := m.flips(k, labels, outputs, offsets)
	if len(flips) == 0 {
		return offsets[k]
	}
	// The cost is relative to that below the first flip.
	now, cost := 0.0, 0.0
	for _, f := range flips {
		if f.from <= offsets[k] {
			now += f.costs
		}
	}
	best, to := now, offsets[k]
	try := func(lo, hi int64) {
		if cost < best-1e-9 {
			best, to = cost, lo+(hi-lo)/2
		}
	}
	try(flips[0].from-1, flips[0].from-1)
	for i, f := range flips {
		cost += f.costs
		switch {
		case i == len(flips)-1:
			try(f.from, f.from)
		case flips[i+1].from > f.from:
			try(f.from, flips[i+1].from-1)
		}
	}
	return to
}

// flips lists, for each image, the least offset with which a class wins; the lowest class wins ties.
func (m CostMatrix) flips(k int, labels []int, outputs [][]int64, offsets []int64) []flip {
	var out []flip
	for i, y := range outputs {
		other := -1
		for j := range y {
			if j != k && (other < 0 || y[j]+offsets[j] > y[other]+offsets[other]) {
				other = j
			}
		}
		if other < 0 {
			continue // one class only
		}
		from := y[other] + offsets[other] - y[k]
		if other < k {
			from++
		}
		out = append(out, flip{from, m[labels[i]][k] - m[labels[i]][other]})
	}
	slices.SortFunc(out, func(a, b flip) int { return cmp.Compare(a.from, b.from) })
	return out
}
