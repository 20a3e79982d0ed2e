package randnet

import "nomul/frontend/onnx/onnxpb"

// head returns the operand of the readout in one step.
func (b *builder) head(s tensor) tensor {
	last := b.ends[b.layer]
	switch b.get("head") {
	case "linear", "linear-bn":
		b.layer = len(b.plan.layers) - 1
		row := b.flat(s)
		w := b.drawn("head.weight", -1, 1, 3, row.dims[1])
		y := b.node("Gemm", []int{1, 3}, []tensor{row, w, b.drawn("head.bias", -0.5, 0.5, 3)}, integer("transB", 1))
		if b.is("head", "linear-bn") {
			y = b.batchNorm("head", y)
		}
		return y
	case "integrator":
		row := b.flat(s)
		w := b.drawn("head.weight", -1, 1, row.dims[1], 3)
		y := b.node("MatMul", []int{1, 3}, []tensor{row, w})
		if old, ok := b.old("head_v", y.dims, b.level("start") == "omitted"); ok {
			y = b.elementwise("Add", b.elementwise("Mul", old, b.floats("head.leak", nil, 0.8)), y)
		}
		b.keep("head_v", y)
		return y
	case "membrane":
		return last
	}
	return s
}

// outputs reads the steps out and gives everything the file gives.
func (b *builder) outputs(m *Model, read []tensor) {
	b.layer = len(b.plan.layers) - 1
	y := b.over(m, read)
	if b.is("head", "count+membrane") && !b.loop {
		y = b.elementwise("Add", y, b.ends[b.layer])
	} else if b.loop {
		b.used["head=count+membrane"] = false
	}
	y = b.behind(y)
	b.output("y", y)
	b.more(y)
}

// over is the readout over time.
func (b *builder) over(m *Model, read []tensor) tensor {
	kind := b.level("readout")
	if b.loop || len(read) == 1 {
		switch kind {
		case "mean", "last", "max", "sum":
		default:
			kind = "sum"
		}
		b.used["readout="+kind] = true
		if b.loop {
			m.Readout = kind
		}
		return read[0]
	}
	if head := b.level("head"); kind == "every-step" && (len(b.fired) == 0 || head == "membrane" || head == "integrator") {
		kind = "sum" // a net without spikes has no time steps to say a readout of
	}
	b.used["readout="+kind] = true
	switch kind {
	case "mean":
		return b.mean(read)
	case "last":
		return read[len(read)-1]
	case "max":
		return b.elementwise("Max", read...)
	case "weights":
		for t := range read {
			read[t] = b.elementwise("Mul", read[t], b.number(float32(t+1)/4))
		}
	case "last-k":
		return b.mean(read[len(read)-2:])
	case "every-step":
		m.Readout = "sum"
		m.Stacked["y"], m.Stacked["z"], m.Stacked["w"] = true, true, true
		return b.stack(read)
	}
	return b.sum(read)
}

func (b *builder) stack(read []tensor) tensor {
	var rows []tensor
	for _, r := range read {
		rows = append(rows, b.unsqueeze(r, 0))
	}
	return b.concat(0, rows...)
}

func (b *builder) sum(read []tensor) tensor {
	dims := read[0].dims
	switch b.get("summing") {
	case "right":
		y := read[len(read)-1]
		for i := len(read) - 2; i >= 0; i-- {
			y = b.elementwise("Add", read[i], y)
		}
		return y
	case "nary":
		if b.opset < 13 {
			return b.node("ReduceSum", dims, []tensor{b.stack(read)}, integers("axes", 0), integer("keepdims", 0))
		}
		return b.node("ReduceSum", dims, []tensor{b.stack(read), b.ints(0)}, integer("keepdims", 0))
	}
	y := read[0]
	for _, r := range read[1:] {
		y = b.elementwise("Add", y, r)
	}
	return y
}

func (b *builder) mean(read []tensor) tensor {
	return b.elementwise("Div", b.sum(read), b.number(float32(len(read))))
}

// behind returns the readout behind the op that follows it.
func (b *builder) behind(y tensor) tensor {
	kind := b.level("behind")
	if b.used["readout=every-step"] && kind != "factor" && kind != "negative" {
		kind = "nothing"
	}
	b.used["behind="+kind] = true
	switch kind {
	case "factor":
		return b.elementwise("Mul", y, b.number(2.5))
	case "factors":
		return b.elementwise("Mul", y, b.drawn("out.factors", 0.1, 3, y.dims[1:]...))
	case "affine":
		return b.batchNorm("out", y)
	case "negative":
		return b.node("Neg", y.dims, []tensor{y})
	case "softmax":
		return b.node("Softmax", y.dims, []tensor{y}, integer("axis", len(y.dims)-1))
	case "linear":
		row := b.flat(y)
		return b.node("MatMul", []int{1, 3}, []tensor{row, b.drawn("out.weight", -1, 1, row.dims[1], 3)})
	}
	return y
}

// more gives further outputs.
func (b *builder) more(y tensor) {
	kind := b.level("more")
	if b.loop && kind != "count" {
		kind = "none"
	}
	b.used["more="+kind] = true
	switch kind {
	case "membrane":
		b.output("m", b.ends[b.layer])
	case "hidden-membrane":
		b.output("m", b.ends[0])
	case "count":
		b.output("n", b.sum(b.spikesOf(0)))
	case "twice":
		b.output("z", y)
	case "unlike":
		b.output("z", b.elementwise("Mul", y, b.number(37)))
		b.output("w", b.elementwise("Mul", y, b.number(0.01)))
	case "constant":
		b.output("k", b.drawn("k.data", -1, 1, 1, 2))
	default:
		b.besides(kind, b.random("more").IntN(len(b.plan.layers)))
	}
}

// besides gives several outputs of one layer, whose numbers are of unlike sizes.
func (b *builder) besides(kind string, layer int) {
	spikes, v := b.spikesOf(layer), b.ends[layer]
	switch kind {
	case "count+membrane":
		b.output("n", b.sum(spikes))
		b.output("m", v)
	case "count+factors":
		b.output("n", b.sum(spikes))
		b.output("m", b.elementwise("Mul", v, b.spread("more.factors", v.dims[len(v.dims)-1])))
	case "mean+membranes":
		var all []tensor
		for _, ends := range b.stored {
			all = append(all, ends[layer])
		}
		b.output("n", b.mean(spikes))
		b.output("m", b.sum(all))
	case "membranes":
		b.output("m", v)
		b.output("k", b.elementwise("Mul", v, b.number(0.01)))
	case "count-int32":
		b.output("n", b.cast(b.counted(spikes, 3), onnxpb.TensorProto_FLOAT))
	case "count-int8":
		b.output("n", b.cast(b.cast(b.counted(spikes, 40), int8Type), onnxpb.TensorProto_FLOAT))
	}
}

// spikesOf returns the spikes of a layer in all steps.
func (b *builder) spikesOf(layer int) []tensor {
	var out []tensor
	for _, step := range b.history {
		out = append(out, step[layer+1])
	}
	return out
}
