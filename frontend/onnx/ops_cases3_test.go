package onnx_test

// blockCases are the operators that enlarge, shrink and rearrange maps.
func blockCases() []opCase {
	image := func(opset int64) *model { return x(opset, 1, 1, 2, 3) }
	kernel := func(m *model, dims ...int64) *model {
		var data []float32
		for i := range dims[0] * dims[1] * dims[2] {
			data = append(data, float32(i%5)-1.5)
		}
		return m.floats("w", dims, data...)
	}
	return []opCase{
		{"ConvTranspose", kernel(x(11, 1, 1, 3), 1, 1, 3).node("ConvTranspose x,w -> y", attrInts("strides", 2)).out("y")},
		{"ConvTranspose-pads", kernel(x(11, 1, 1, 3), 1, 2, 3).floats("b", []int64{2}, 10, 20).
			node("ConvTranspose x,w,b -> y", attrInts("strides", 2), attrInts("pads", 1, 2), attrInts("output_padding", 1), attrInts("kernel_shape", 3)).out("y")},
		{"ConvTranspose-groups", kernel(x(22, 1, 4, 2), 4, 1, 2).node("ConvTranspose x,w -> y", attrInt("group", 2), attrInts("dilations", 2)).out("y")},
		{"ConvTranspose-cropped", kernel(x(11, 1, 1, 4), 1, 1, 2).node("ConvTranspose x,w -> y", attrInts("pads", 2, 1)).out("y")},
		{"ConvTranspose-same", kernel(x(11, 1, 1, 3), 1, 1, 3).node("ConvTranspose x,w -> y", attrInts("strides", 2), attrString("auto_pad", "SAME_UPPER")).out("y")},
		{"ConvTranspose-output_shape", kernel(x(11, 1, 1, 3), 1, 1, 3).node("ConvTranspose x,w -> y", attrInts("strides", 2), attrInts("output_shape", 8)).out("y")},

		{"Resize", image(13).floats("s", []int64{4}, 1, 1, 2, 3).node("Resize x,,s -> y").out("y")},
		{"Resize-sizes", image(11).ints("s", 1, 1, 3, 2).init(empty("roi")).node("Resize x,roi,,s -> y", attrString("nearest_mode", "ceil")).out("y")},
		{"Resize-down", x(19, 1, 1, 4).ints("s", 2).node("Resize x,,,s -> y", attrInts("axes", 2), attrString("coordinate_transformation_mode", "asymmetric"), attrString("nearest_mode", "floor")).out("y")},
		{"Resize-aspect", image(18).ints("s", 4, 4).node("Resize x,,,s -> y", attrInts("axes", 2, 3), attrString("keep_aspect_ratio_policy", "not_larger")).out("y")},
		{"Resize-opset-10", image(10).floats("s", []int64{4}, 1, 1, 1, 2).node("Resize x,s -> y", attrString("mode", "nearest")).out("y")},
		{"Resize-corners", x(13, 1, 1, 3).ints("s", 1, 1, 5).node("Resize x,,,s -> y", attrString("coordinate_transformation_mode", "align_corners")).out("y")},
		{"Upsample", image(9).floats("s", []int64{4}, 1, 1, 2, 2).node("Upsample x,s -> y").out("y")},
		{"Upsample-attribute", image(7).node("Upsample x -> y", attrFloats("scales", 1, 1, 1, 1.5)).out("y")},
		{"DepthToSpace", x(13, 1, 8, 1, 2).node("DepthToSpace x -> y", attrInt("blocksize", 2)).out("y")},
		{"DepthToSpace-CRD", x(11, 1, 8, 1, 2).node("DepthToSpace x -> y", attrInt("blocksize", 2), attrString("mode", "CRD")).out("y")},
		{"SpaceToDepth", x(13, 1, 2, 2, 4).node("SpaceToDepth x -> y", attrInt("blocksize", 2)).out("y")},
		{"Tile-behind", x(13, 1, 2, 3).ints("s", 1, 1, 2).node("Tile x,s -> y").out("y")},

		{"GatherND", x(13, 1, 3, 2).init(intsOf("i", []int64{2, 3}, 0, 2, 1, 0, -3, 0)).node("GatherND x,i -> y").out("y")},
		{"GatherND-batch", x(13, 1, 3, 2).init(intsOf("i", []int64{1, 2, 1}, 2, 0)).node("GatherND x,i -> y", attrInt("batch_dims", 1)).out("y")},
		{"GatherElements", x(13, 1, 3, 2).init(intsOf("i", []int64{1, 2, 2}, 2, 0, -1, 1)).node("GatherElements x,i -> y", attrInt("axis", 1)).out("y")},
	}
}

// normCases are the operators that normalise by statistics of their operand, and
// reductions that are sums of functions.
func normCases() []opCase {
	per := func(m *model, n int64, scale, bias []float32) *model {
		return m.floats("g", []int64{n}, scale...).floats("b", []int64{n}, bias...)
	}
	two := func(m *model) *model { return per(m, 2, []float32{2, -1}, []float32{0.5, 1}) }
	four := func(m *model) *model { return per(m, 4, []float32{2, -1, 1, 3}, []float32{0.5, 1, 0, -2}) }
	return []opCase{
		{"InstanceNormalization", two(x(6, 1, 2, 4)).node("InstanceNormalization x,g,b -> y", attrFloat("epsilon", 0.25)).out("y")},
		{"LayerNormalization", four(x(17, 1, 2, 4)).node("LayerNormalization x,g,b -> y,m,i").out("y", "m", "i")},
		{"LayerNormalization-axis", x(17, 1, 2, 4).floats("g", nil, 2).node("LayerNormalization x,g -> y", attrInt("axis", 1), attrInt("stash_type", 1)).out("y")},
		{"GroupNormalization", four(x(21, 1, 4, 3)).node("GroupNormalization x,g,b -> y", attrInt("num_groups", 2)).out("y")},
		{"GroupNormalization-opset-18", two(x(18, 1, 4, 3)).node("GroupNormalization x,g,b -> y", attrInt("num_groups", 2)).out("y")},
		{"BatchNormalization-opset-6", batchNorm(x(6, 1, 2), 2).node("BatchNormalization x,g,b,m,v -> y", attrInt("is_test", 1)).out("y")},
		{"Dropout-opset-6", x(6, 1, 2).node("Dropout x -> a", attrInt("is_test", 1)).node("Neg a -> y").out("y")},
		{"Add-opset-6", x(6, 1, 2).in("b", tFloat, 1, 2).node("Add x,b -> y").out("y")},
		{"Add-opset-26", x(26, 1, 2).in("b", tFloat, 1, 2).node("Add x,b -> y").out("y")},

		{"ReduceL1", x(13, 1, 2, 3).node("ReduceL1 x -> y", attrInts("axes", 2)).out("y")},
		{"ReduceL2", x(18, 1, 2, 3).ints("a", 1).node("ReduceL2 x,a -> y", attrInt("keepdims", 0)).out("y")},
		{"ReduceL2-constant", x(13, 1, 2).floats("c", []int64{2, 2}, 3, 0, 4, -5).node("ReduceL2 c -> n", attrInts("axes", 0)).node("Div x,n -> y").out("y")},
		{"ReduceSumSquare", x(13, 1, 2, 3).node("ReduceSumSquare x -> y").out("y")},
		{"ReduceSumSquare-int32", newModel(13).in("x", tInt32, 1, 3).node("ReduceSumSquare x -> y").out("y")},
		{"ReduceLogSum", x(13, 1, 3).node("Exp x -> e").node("ReduceLogSum e -> y", attrInts("axes", 1)).out("y")},
		{"ReduceLogSumExp", x(18, 1, 3).ints("a", 1).node("ReduceLogSumExp x,a -> y", attrInt("keepdims", 0)).out("y")},

		{"HardSigmoid", x(6, 1, 4).node("HardSigmoid x -> y", attrFloat("alpha", 0.5)).out("y")},
		{"HardSwish", x(14, 1, 4).node("HardSwish x -> y").out("y")},
		{"Selu", x(6, 1, 4).node("Selu x -> y").out("y")},
		{"Celu", x(12, 1, 4).node("Celu x -> y", attrFloat("alpha", 2)).out("y")},
		{"PRelu", x(16, 1, 2, 2).floats("s", []int64{2, 1}, 0.5, -2).node("PRelu x,s -> y").out("y")},
		{"ThresholdedRelu", x(10, 1, 4).node("ThresholdedRelu x -> y", attrFloat("alpha", 0.5)).out("y")},
		{"Softsign", x(13, 1, 4).node("Softsign x -> y").out("y")},
		{"Trilu", x(14, 1, 2, 3).node("Trilu x -> y", attrInt("upper", 0)).out("y")},
		{"CumSum", x(14, 1, 3).ints("a", -1).node("CumSum x,a -> y").out("y")},
		{"CumSum-exclusive", x(14, 1, 3, 2).ints("a", 1).node("CumSum x,a -> y", attrInt("exclusive", 1), attrInt("reverse", 1)).out("y")},
		{"OneHot", x(13, 1, 3).node("ArgMax x -> i", attrInt("axis", 1), attrInt("keepdims", 0)).ints("d", 3).floats("v", []int64{2}, 0, 2).node("OneHot i,d,v -> y").out("y")},
		{"OneHot-first", newModel(11).in("x", tInt32, 1, 2).ints("d", 2).floats("v", []int64{2}, -1, 1).node("OneHot x,d,v -> y", attrInt("axis", 1)).out("y")},
		{"Mish", x(18, 1, 4).node("Mish x -> y").out("y")},
		{"Gelu", x(20, 1, 4).node("Gelu x -> y").out("y")},
		{"Gelu-tanh", x(20, 1, 4).node("Gelu x -> y", attrString("approximate", "tanh")).out("y")},
		{"BitShift", newModel(11).in("x", tUint8, 1, 4).node("BitShift x,d -> y", attrString("direction", "LEFT")).
			init(bytesOf("d", tUint8, []int64{4}, 1, 7, 0, 2)).out("y")},
		{"BitShift-right", newModel(11).in("x", tUint8, 1, 4).node("BitShift k,d -> y", attrString("direction", "RIGHT")).node("Identity x -> z").
			init(bytesOf("k", tUint8, []int64{4}, 255, 255, 3, 16)).init(bytesOf("d", tUint8, []int64{4}, 1, 7, 1, 2)).out("y", "z")},
	}
}
