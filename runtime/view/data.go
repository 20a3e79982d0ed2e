package view

import (
	"math"

	"nomul/ir"
)

// Data sums up the numbers of a constant.
type Data struct {
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	Mean  float64 `json:"mean"`
	Std   float64 `json:"std"`
	Zeros int     `json:"zeros"`
	// Bins counts the numbers in intervals of Width from Least on; the last one has Most too. Those of
	// integers have as many integers each. Empty where all numbers are equal.
	Bins  []int   `json:"bins,omitempty"`
	Width float64 `json:"width,omitempty"`
}

// mostBins is the largest number of bins of a histogram.
const mostBins = 48

// summary sums up a tensor.
func summary(t *ir.Tensor) *Data {
	n := t.Type.Size()
	if n == 0 {
		return nil
	}
	d := &Data{Least: t.At(0), Most: t.At(0)}
	sum := 0.0
	for i := range n {
		x := t.At(i)
		d.Least, d.Most = min(d.Least, x), max(d.Most, x)
		sum += x
		if x == 0 {
			d.Zeros++
		}
	}
	d.Mean = sum / float64(n)
	if d.Least < d.Most {
		d.count(t)
	}
	return d
}

// count fills the bins, and finds how far numbers are from their mean.
func (d *Data) count(t *ir.Tensor) {
	bins := mostBins
	d.Width = (d.Most - d.Least) / mostBins
	if !t.Type.IsReal() {
		d.Width = math.Ceil((d.Most - d.Least + 1) / mostBins)
		bins = int((d.Most-d.Least)/d.Width) + 1
	}
	d.Bins = make([]int, bins)
	squares := 0.0
	for i := range t.Type.Size() {
		x := t.At(i)
		d.Bins[min(int((x-d.Least)/d.Width), bins-1)]++
		squares += (x - d.Mean) * (x - d.Mean)
	}
	d.Std = math.Sqrt(squares / float64(t.Type.Size()))
}
