package randnet

import (
	"fmt"
	"slices"
)

// moved is a value behind an operator that stands before or after the weights.
// An operator that the shape does not allow is left out.
func (b *builder) moved(kind, where string, x tensor) tensor {
	y, ok := b.scaled(kind, where, x)
	if !ok {
		y, ok = b.copied(kind, x)
	}
	if !ok {
		y, ok = b.windowed(kind, x)
	}
	if !ok {
		kind, y = "nothing", x
	}
	b.used[where+"="+kind] = true
	return y
}

// scaled are the moves that change numbers.
func (b *builder) scaled(kind, where string, x tensor) (tensor, bool) {
	name := fmt.Sprintf("%s%d", where, b.layer)
	switch kind {
	case "batch-norm":
		return b.batchNorm(where, x), true
	case "factor":
		return b.elementwise("Mul", x, b.floats(name+".factor", nil, 0.7)), true
	case "channel-factor":
		dims := make([]int, len(x.dims)-1)
		for i := range dims {
			dims[i] = 1
		}
		dims[0] = x.dims[1]
		return b.elementwise("Mul", x, b.drawn(name+".factor", -1, 2, dims...)), true
	case "far-factor":
		return b.elementwise("Mul", x, b.spread(name+".factor", x.dims[len(x.dims)-1])), true
	case "token-factor":
		if len(x.dims) < 3 {
			return x, false
		}
		return b.elementwise("Mul", x, b.drawn(name+".factor", -1, 2, x.dims[len(x.dims)-1])), true
	case "negative":
		return b.node("Neg", x.dims, []tensor{x}), true
	case "add-constant":
		return b.elementwise("Add", x, b.drawn(name+".add", -0.5, 0.5, x.dims[1:]...)), true
	}
	return x, false
}

// copied are the moves that copy elements.
func (b *builder) copied(kind string, x tensor) (tensor, bool) {
	last := len(x.dims) - 1
	switch kind {
	case "transpose":
		if last < 2 {
			return x, false
		}
		perm, dims := []int{0, 2, 1, 3}[:last+1], slices.Clone(x.dims)
		dims[1], dims[2] = dims[2], dims[1]
		return b.node("Transpose", dims, []tensor{x}, integers("perm", perm...)), true
	case "tile":
		times, dims := slices.Repeat([]int{1}, last+1), slices.Clone(x.dims)
		axis := 1 + b.random(fmt.Sprint("tile", b.layer)).IntN(last)
		times[axis] = 2
		dims[axis] *= 2
		return b.node("Tile", dims, []tensor{x, b.ints(times...)}), true
	case "reshape":
		return b.reshape(x, []int{1, x.size(), 1}[:min(3, last+2)]), true
	case "slice":
		if x.dims[last] < 2 {
			return x, false
		}
		return b.slice(x, last, 1, x.dims[last], 1), true
	case "reverse":
		return b.slice(x, last, 0, 0, -1), true
	case "concat-self":
		return b.concat(1, x, x), true
	case "concat-negative":
		return b.concat(1, x, b.node("Neg", x.dims, []tensor{x})), true
	case "concat-constant":
		ones := b.floats(fmt.Sprint("ones", x.dims), x.dims, slices.Repeat([]float32{1}, x.size())...)
		return b.concat(1, ones, x), true
	case "concat-far":
		far := b.spread(fmt.Sprint("far", x.size()), x.size())
		return b.concat(1, x, b.reshape(far, x.dims), b.zeros(x.dims)), true
	}
	return x, false
}

// windowed are pools, pads and the like along the last axes.
func (b *builder) windowed(kind string, x tensor) (tensor, bool) {
	last := len(x.dims) - 1
	pads := make([]int, 2*(last+1))
	pads[last], pads[2*last+1] = 1, 1
	padded := slices.Clone(x.dims)
	padded[last] += 2
	switch image := last == 3; {
	case image && (kind == "max-pool" || kind == "average-pool") && min(x.dims[2], x.dims[3]) >= 2:
		op := map[string]string{"max-pool": "MaxPool", "average-pool": "AveragePool"}[kind]
		return b.node(op, []int{1, x.dims[1], x.dims[2] / 2, x.dims[3] / 2}, []tensor{x}, integers("kernel_shape", 2, 2), integers("strides", 2, 2)), true
	case image && kind == "resize":
		scales := b.floats("scales", []int{4}, 1, 1, 2, 2)
		region := tensor{}
		if b.opset < 13 { // cannot be left out there
			region = b.floats("roi", []int{8}, 0, 0, 0, 0, 1, 1, 1, 1)
		}
		return b.node("Resize", []int{1, x.dims[1], 2 * x.dims[2], 2 * x.dims[3]}, []tensor{x, region, scales},
			word("mode", "nearest"), word("coordinate_transformation_mode", "asymmetric"), word("nearest_mode", "floor")), true
	case kind == "pad":
		return b.node("Pad", padded, []tensor{x, b.ints(pads...)}, word("mode", "constant")), true
	case kind == "edge", kind == "reflect" && x.dims[last] >= 2:
		return b.node("Pad", padded, []tensor{x, b.ints(pads...)}, word("mode", kind)), true
	}
	return x, false
}
