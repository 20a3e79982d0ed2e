package randnet

import (
	"fmt"
	"math"
	"slices"

	"nomul/frontend/onnx/onnxpb"
)

// The integer types of files.
const (
	int8Type  = onnxpb.TensorProto_INT8
	uint8Type = onnxpb.TensorProto_UINT8
	int32Type = onnxpb.TensorProto_INT32
)

// taken is the input of the file as real numbers; the file may take integers, and
// compute with them, also such that they leave their type.
func (b *builder) taken(m *Model) tensor {
	kind := b.get("integers")
	if kind == "none" {
		return b.file.input("x", m.Input...)
	}
	if m.Mean != nil { // the file normalises, if at all
		m.Mean, m.Std = nil, nil
		b.used["input=normalised"], b.used["input=pixels"] = false, true
	}
	from := uint8Type
	if b.elem == "s8" {
		from = int8Type
	}
	if kind == "int32" {
		from = int32Type
	}
	y := b.arithmetic(kind, b.typed("x", from, m.Input...))
	scale := 1.0
	switch {
	case kind == "product-int32":
		scale = 1.0 / (1 << 29)
	case kind == "int32-sum", b.elem == "u8":
		scale = 1.0 / 64
	}
	return b.elementwise("Mul", b.cast(y, onnxpb.TensorProto_FLOAT), b.number(float32(scale)))
}

// arithmetic computes with an input of integers. Those of some inputs leave their type.
func (b *builder) arithmetic(kind string, x tensor) tensor {
	wide := func() tensor { return b.cast(x, int32Type) }
	switch kind {
	case "int32-sum":
		return b.elementwise("Mul", b.elementwise("Sub", wide(), b.whole32(100)), b.whole32(3))
	case "as-int8":
		return b.cast(b.elementwise("Sub", wide(), b.whole32(128)), int8Type)
	case "sum-int8":
		return b.cast(b.elementwise("Add", wide(), b.whole32(100)), int8Type)
	case "less-uint8":
		return b.cast(b.elementwise("Sub", b.whole32(255), wide()), uint8Type)
	case "product-int32":
		return b.elementwise("Mul", wide(), b.whole32(1<<23)) // of 255 it is nearly 2^31
	}
	return x
}

func (b *builder) cast(x tensor, to onnxpb.TensorProto_DataType) tensor {
	return b.node("Cast", x.dims, []tensor{x}, integer("to", int(to)))
}

// counts8 reports whether the input of the layer at hand is of spikes, or of sums of
// them, at most copied.
func (b *builder) counts8(in tensor) bool {
	copies := []string{"nothing", "max-pool", "transpose", "tile", "pad", "reflect", "edge", "resize", "reshape", "slice", "concat-self", "concat-constant", "reverse"}
	spikes := b.elem == "spike" && b.level("integers") == "none" && b.level("frames") != "difference"
	joined := []string{"none", "add", "and", "or", "concat"}
	before := b.layer // the layers that a join reaches
	if b.level("join") != "none" {
		before--
	}
	return slices.Contains(copies, b.level("before")) && slices.Contains(joined, b.level("join")) && (spikes || before > 0) &&
		!b.isCurrent(b.layer-1) && (before == b.layer || !b.isCurrent(before-1))
}

// isCurrent reports whether a layer gives its current, not spikes.
func (b *builder) isCurrent(layer int) bool {
	i := slices.IndexFunc(layerDims, func(d dimension) bool { return d.name == "neuron" })
	return layer >= 0 && layerDims[i].levels[b.plan.layers[layer][i]] == "current-only"
}

// integerMatmul is a layer of int8 weights on uint8, its int32 sums brought to size behind.
func (b *builder) integerMatmul(what string, in tensor, n int) tensor {
	row := b.flat(in)
	name := fmt.Sprintf("fc%d%s.weight8", b.layer, what)
	random, kind := b.random(name), b.get("numbers")
	data := make([]int32, row.dims[1]*n)
	for i := range data {
		w := math.Round(16 * float64(weight(random, kind, row.dims[1])))
		data[i] = int32(max(-127, min(127, w)))
	}
	w := b.constant(name, int8Type, []int{row.dims[1], n}, data...)
	sum := b.node("MatMulInteger", []int{1, n}, []tensor{b.cast(row, uint8Type), w})
	return b.elementwise("Mul", b.cast(sum, onnxpb.TensorProto_FLOAT), b.number(1.0/16))
}

// counted is the sum of the spikes of all steps as int32, times a factor.
func (b *builder) counted(spikes []tensor, factor int32) tensor {
	y := b.cast(spikes[0], int32Type)
	for _, s := range spikes[1:] {
		y = b.elementwise("Add", y, b.cast(s, int32Type))
	}
	return b.elementwise("Mul", y, b.whole32(factor))
}
