package randnet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// weights draws the weights of the layer at hand, a row per output.
func (b *builder) weights(what string, rows, columns int, dims ...int) tensor {
	name := fmt.Sprintf("fc%d%s.weight", b.layer, what)
	random := b.random(name)
	data := make([]float32, rows*columns)
	kind := b.get("numbers")
	for r := range rows {
		row := data[r*columns : (r+1)*columns]
		scale := float32(1)
		if kind == "far" {
			scale = float32(math.Ldexp(1, random.IntN(25)-12))
		}
		for i := range row {
			row[i] = scale * weight(random, kind, columns)
		}
		switch {
		case kind == "zero-rows" && random.IntN(2) == 0:
			clear(row)
		case kind == "repeated":
			copy(row, data[:columns])
		case kind == "far-columns":
			b.part(row)
		}
	}
	return b.floats(name, dims, data...)
}

// part makes the weights of some columns far smaller than those of others, in all rows.
func (b *builder) part(row []float32) {
	random := b.random(fmt.Sprintf("fc%d.parts", b.layer))
	scale := float32(1)
	for i := range row {
		if random.IntN(3) == 0 {
			scale = float32(math.Ldexp(1, -random.IntN(14)))
		}
		row[i] *= scale
	}
}

// weight is one weight, so large that some neurons fire in some steps.
func weight(random *rand.Rand, kind string, fan int) float32 {
	w := random.NormFloat64() * 3 / math.Sqrt(float64(fan))
	switch kind {
	case "coarse":
		w = math.Round(w*4) / 4
	case "integers":
		w = float64(random.IntN(15)-7) / 8
	case "tiny":
		w = math.Ldexp(w, -12)
	case "zero":
		w = 0
	case "positive":
		w = math.Abs(w)
	}
	return float32(w)
}

// bias draws the biases of the layer at hand; ok is false when it has none.
func (b *builder) bias(n int, dims ...int) (t tensor, ok bool) {
	kind := b.get("bias")
	if kind == "none" {
		return tensor{}, false
	}
	name := fmt.Sprintf("fc%d.bias", b.layer)
	random := b.random(name)
	data := make([]float32, n)
	for i := range data {
		switch kind {
		case "drawn":
			data[i] = float32(random.NormFloat64() / 2)
		case "large":
			data[i] = float32(random.NormFloat64() * math.Ldexp(1, random.IntN(25)))
		case "threshold": // nearly fires by itself
			data[i] = float32(1 - math.Ldexp(1, -random.IntN(16)))
		case "silent":
			data[i] = -100
		}
	}
	return b.floats(name, dims, data...), true
}

// drawn is a constant of numbers between two bounds.
func (b *builder) drawn(name string, lo, hi float64, dims ...int) tensor {
	random := b.random(name)
	data := make([]float32, tensor{dims: dims}.size())
	for i := range data {
		data[i] = float32(lo + (hi-lo)*random.Float64())
	}
	return b.floats(name, dims, data...)
}

// spread is a row of positive numbers far apart.
func (b *builder) spread(name string, n int) tensor {
	random := b.random(name)
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(math.Ldexp(0.5+random.Float64(), random.IntN(21)-10))
	}
	return b.floats(name, []int{n}, data...)
}

// batchNorm normalises along axis 1.
func (b *builder) batchNorm(where string, x tensor) tensor {
	name, n := fmt.Sprintf("bn%d%s", b.layer, where), x.dims[1]
	return b.node("BatchNormalization", x.dims, []tensor{x,
		b.drawn(name+".weight", -0.2, 1.5, n), b.drawn(name+".bias", -0.5, 0.5, n),
		b.drawn(name+".running_mean", -0.5, 0.5, n), b.drawn(name+".running_var", 0.2, 3, n)})
}

// thresholds are those of the layer at hand.
func (b *builder) thresholds(dims []int) (tensor, []float32) {
	name := fmt.Sprintf("theta%d", b.layer)
	random := b.random(name)
	shape := []int{}
	data := []float32{1}
	each := func(f func() float64) {
		shape = b.perNeuron(random, dims)
		data = make([]float32, tensor{dims: shape}.size())
		for i := range data {
			data[i] = float32(f())
		}
	}
	switch b.get("threshold") {
	case "0.75":
		data[0] = 0.75
	case "per-neuron":
		each(func() float64 { return 0.5 + random.Float64() })
	case "large":
		data[0] = 1000
	case "far":
		each(func() float64 { return math.Ldexp(1+random.Float64(), random.IntN(17)-8) })
	case "0":
		data[0] = 0
	case "near-0":
		each(func() float64 { return math.Ldexp(float64(random.IntN(3)-1), -random.IntN(20)) })
	case "negative":
		each(func() float64 { return -0.1 - random.Float64() })
	}
	return b.floats(name, shape, data...), data
}

// perNeuron returns the shape of a constant with a number for each neuron, or, of an
// image, for each channel.
func (b *builder) perNeuron(random *rand.Rand, dims []int) []int {
	shape := slices.Clone(dims[1:])
	if len(shape) == 3 && random.IntN(2) == 0 {
		return []int{shape[0], 1, 1}
	}
	return shape
}

// leak is the factor that stays of a membrane from step to step.
func (b *builder) leak(name string, dims []int) tensor {
	kind := b.get("leak")
	name = fmt.Sprintf("%s%d", name, b.layer)
	random := b.random(name)
	if kind != "per-neuron" && kind != "grouped" {
		var f float64
		fmt.Sscan(kind, &f)
		return b.floats(name, nil, float32(f))
	}
	shape := b.perNeuron(random, dims)
	data := make([]float32, tensor{dims: shape}.size())
	for i := range data {
		data[i] = float32(0.1 + 0.85*random.Float64())
		if kind == "grouped" {
			data[i] = []float32{0.5, 0.75, 0.9}[random.IntN(3)]
		}
	}
	return b.floats(name, shape, data...)
}
