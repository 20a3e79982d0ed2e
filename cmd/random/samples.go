package main

import (
	"math/rand/v2"

	"nomul/ir"
)

// sample is one input, as integers and as the numbers that the file takes, both
// in the file's layout; of a file of one step, one for each step.
type sample struct {
	whole     []int64
	real      []float64
	recording      // of the source
	tied      bool // from some step on it is left to chance
}

// draw draws inputs: silence, the largest number everywhere, extremes, and numbers of all sizes.
func (n *network) draw(count int) {
	random := rand.New(rand.NewPCG(n.plan.Seed, 7))
	size := 1
	for _, d := range n.model.Input {
		size *= d
	}
	if n.model.Stream {
		size *= n.model.Steps
	}
	for k := range count {
		s := sample{whole: make([]int64, size), real: make([]float64, size)}
		for i := range s.whole {
			s.whole[i] = n.number(random, k)
			s.real[i] = n.normalised(s.whole[i])
		}
		n.samples = append(n.samples, s)
	}
}

func (n *network) number(random *rand.Rand, k int) int64 {
	lo, hi := int64(0), int64(1)
	switch n.model.Elem {
	case "u8":
		hi = 255
	case "s8":
		lo, hi = -128, 127
	}
	switch {
	case k == 0:
		return 0
	case k == 1:
		return hi
	case k == 2 && n.model.Elem == "s8":
		return int64(random.IntN(5) - 2)
	case k == 2:
		return hi * int64(random.IntN(2))
	}
	return lo + int64(random.IntN(int(hi-lo+1)))
}

// normalised is x = (p·A − M)/S, each operation in float32 as frameworks do it.
func (n *network) normalised(p int64) float64 {
	if n.model.Mean == nil {
		return float64(p)
	}
	f := func(x float64) float64 { return float64(float32(x)) }
	x := f(float64(p) * (1.0 / 255))
	x = f(x - f(n.model.Mean[0]))
	return f(x / f(n.model.Std[0]))
}

// arranged gives elements in the order in which a rolled net takes them, which
// its input says of the file's.
func arranged[E any](net *ir.Net, in *ir.Value, all []E) []E {
	places := in.Attrs.(ir.InputAttrs).Places(net.Steps, in.Type.Shape)
	if places == nil {
		return all
	}
	out := make([]E, len(places))
	for i, p := range places {
		out[i] = all[p]
	}
	return out
}

// give makes a sample the input of a rolled net.
func (n *network) give(net *ir.Net, s *sample) map[string]*ir.Tensor {
	in := net.Find("x")
	t := ir.NewTensor(net.SampleType(in))
	if t.Type.IsReal() {
		copy(t.F, arranged(net, in, s.real))
	} else {
		copy(t.I, arranged(net, in, s.whole))
	}
	return map[string]*ir.Tensor{"x": t}
}
