package onnx_test

import "nomul/frontend/onnx/onnxpb"

func attrString(name, s string) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_STRING, S: []byte(s)}
}

// mapCases are the functions of one real number, and Clip, Softmax and LogSoftmax.
func mapCases() []opCase {
	var out []opCase
	for _, op := range []string{"Abs", "Sign", "Floor", "Ceil", "Round", "Reciprocal", "Sqrt", "Exp", "Log", "Erf", "Relu", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "Softplus"} {
		out = append(out, opCase{op, x(13, 1, 4).floats("two", nil, 2.25).node("Add x,two -> z").node(op + " z -> y").out("y")})
	}
	for _, op := range []string{"Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh"} {
		at := []float32{0.5, -0.25}
		if op == "Acosh" {
			at = []float32{1.5, 2}
		}
		out = append(out, opCase{op, x(13, 1, 2).floats("a", []int64{2}, at...).node(op + " a -> c").node("Mul x,c -> y").out("y")})
	}
	return append(out, []opCase{
		{"LeakyRelu-alpha", x(13, 1, 4).node("LeakyRelu x -> y", attrFloat("alpha", 0.5)).out("y")},
		{"Abs-int32", newModel(13).in("x", tInt32, 1, 3).ints("two", 2).node("Cast two -> t", attrInt("to", int64(tInt32))).node("Sub x,t -> d").node("Abs d -> y").out("y")},
		{"Sign-int64", newModel(13).in("x", tInt64, 1, 3).ints("one", 1).node("Sub x,one -> d").node("Sign d -> y").out("y")},
		{"Clip-attributes", x(7, 1, 4).node("Clip x -> y", attrFloat("min", 0), attrFloat("max", 1)).out("y")},
		{"Clip-one-attribute", x(7, 1, 4).node("Clip x -> y", attrFloat("max", 1)).out("y")},
		{"Clip-inputs", x(13, 1, 4).floats("lo", nil, 0).floats("hi", []int64{1}, 1).node("Clip x,lo,hi -> y").out("y")},
		{"Clip-upper", x(13, 1, 4).floats("hi", nil, 1).node("Clip x,,hi -> y").out("y")},
		{"Clip-nothing", x(13, 1, 4).node("Clip x -> z").node("Neg z -> y").out("y")},
		{"Softmax", x(13, 1, 2, 3).node("Softmax x -> y").out("y")},
		{"Softmax-axis", x(13, 1, 2, 3).node("Softmax x -> y", attrInt("axis", 1)).out("y")},
		{"Softmax-opset-11", x(11, 1, 2, 3).node("Softmax x -> y").out("y")},
		{"LogSoftmax", x(13, 1, 3).node("LogSoftmax x -> y", attrInt("axis", -1)).out("y")},
	}...)
}

// pairCases are arithmetic and logic on several inputs.
func pairCases() []opCase {
	two := func(opset int64) *model { return x(opset, 1, 4).in("b", tFloat, 4) }
	masks := x(13, 1, 4).floats("zero", nil, 0).floats("one", nil, 1).node("Greater x,zero -> p").node("Less x,one -> q")
	logic := func(op string) *model {
		m := newModel(13)
		m.pb.Graph.Input, m.pb.Graph.Initializer = masks.pb.Graph.Input, masks.pb.Graph.Initializer
		m.pb.Graph.Node = append(m.pb.Graph.Node, masks.pb.Graph.Node...)
		return m.node(op + " -> y").out("y")
	}
	return []opCase{
		{"Min", two(13).node("Min x,b,x -> y").out("y")},
		{"Min-one", two(13).node("Min x -> z").node("Add z,b -> y").out("y")},
		{"Max", two(13).node("Max x,b -> y").out("y")},
		{"Max-int8", newModel(13).in("x", 3, 1, 2).in("b", 3, 1, 2).node("Max x,b -> y").out("y")},
		{"Sum", two(13).node("Sum x,b,b -> y").out("y")},
		{"Mean", two(13).node("Mean x,b -> y").out("y")},
		{"Mod", newModel(13).in("x", tInt64, 1, 3).ints("m", -3).node("Mod x,m -> y").out("y")},
		{"Mod-fmod", two(13).floats("m", nil, 0.75).node("Mod x,m -> y", attrInt("fmod", 1)).node("Neg b -> z").out("y", "z")},
		{"Pow", x(13, 1, 4).floats("p", nil, 2).node("Pow x,p -> y").out("y")},
		{"Pow-integers", newModel(15).in("x", tInt64, 1, 4).ints("p", 3).floats("f", nil, 2).node("Pow x,p -> y").node("Pow x,f -> z").out("y", "z")},
		{"Pow-integer-exponent", x(13, 1, 4).ints("p", 3).node("Pow x,p -> y").out("y")},
		{"And", logic("And p,q")}, {"Or", logic("Or p,q")}, {"Xor", logic("Xor p,q")}, {"Not", logic("Not p")},
		{"CastLike", newModel(15).in("x", tInt64, 1, 3).floats("f", nil, 1).node("CastLike x,f -> y").out("y")},
	}
}

func windowCases() []opCase {
	kernel := func(m *model) *model {
		return m.floats("w", []int64{2, 1, 2, 2}, 1, -2, 0.5, 3, -1, 0.25, 2, 1).floats("b", []int64{2}, 1, -1)
	}
	image := func(opset int64) *model { return x(opset, 1, 1, 4, 3) }
	return []opCase{
		{"Conv", kernel(image(11)).node("Conv x,w,b -> y").out("y")},
		{"Conv-all", kernel(x(11, 1, 2, 4, 3)).node("Conv x,w -> y", attrInts("pads", 1, 0, 0, 1), attrInts("strides", 2, 1), attrInts("dilations", 1, 2), attrInt("group", 2), attrInts("kernel_shape", 2, 2)).out("y")},
		{"Conv-same-upper", kernel(image(11)).node("Conv x,w -> y", attrString("auto_pad", "SAME_UPPER"), attrInts("strides", 2, 2)).out("y")},
		{"Conv-same-lower", kernel(image(11)).node("Conv x,w -> y", attrString("auto_pad", "SAME_LOWER")).out("y")},
		{"Conv-valid", kernel(image(11)).node("Conv x,w -> y", attrString("auto_pad", "VALID")).out("y")},
		{"Conv-1d", x(11, 1, 1, 4).floats("w", []int64{1, 1, 3}, 1, 2, 3).node("Conv x,w -> y", attrInts("pads", 1, 1)).out("y")},
		{"Conv-wide-pads", x(11, 1, 1, 2).floats("w", []int64{1, 1, 2}, 1, 2).node("Conv x,w -> y", attrInts("pads", 2, 0)).out("y")},
		{"Conv-weights-computed", x(11, 1, 1, 3).in("w", tFloat, 1, 1, 2).node("Conv x,w -> y").out("y")},
		{"MaxPool", image(12).node("MaxPool x -> y", attrInts("kernel_shape", 2, 2), attrInts("strides", 2, 1)).out("y")},
		{"MaxPool-ceil", image(12).node("MaxPool x -> y", attrInts("kernel_shape", 2, 2), attrInts("strides", 2, 2), attrInt("ceil_mode", 1)).out("y")},
		{"MaxPool-ceil-nothing-more", image(12).node("MaxPool x -> y", attrInts("kernel_shape", 1, 1), attrInts("strides", 2, 2), attrInts("pads", 0, 0, 0, 0), attrInt("ceil_mode", 1)).out("y")},
		{"MaxPool-uint8", newModel(12).in("x", tUint8, 1, 1, 4).node("MaxPool x -> y", attrInts("kernel_shape", 2)).out("y")},
		{"AveragePool", image(11).node("AveragePool x -> y", attrInts("kernel_shape", 2, 2), attrInts("pads", 1, 1, 0, 0)).out("y")},
		{"AveragePool-count-pad", image(11).node("AveragePool x -> y", attrInts("kernel_shape", 2, 2), attrInts("pads", 1, 1, 0, 0), attrInt("count_include_pad", 1)).out("y")},
		{"AveragePool-ceil", image(11).node("AveragePool x -> y", attrInts("kernel_shape", 3, 2), attrInts("strides", 2, 2), attrInt("ceil_mode", 1)).out("y")},
		{"GlobalAveragePool", image(11).node("GlobalAveragePool x -> y").out("y")},
		{"GlobalMaxPool", image(11).node("GlobalMaxPool x -> y").out("y")},
	}
}

// quantCases compute with integers that stand for real numbers.
func quantCases() []opCase {
	bytes := bytesOf
	one := []int64{}
	q := func(m *model) *model {
		return m.floats("s", nil, 0.5).init(bytes("z", tUint8, one, 3))
	}
	weights := func(m *model) *model {
		return q(m).init(bytes("w", 3, []int64{2, 2}, 1, -2, 3, 4)).init(bytes("wz", 3, one, 1)).floats("ws", nil, 0.25)
	}
	kernel := func(m *model) *model {
		return q(m).init(bytes("w", 3, []int64{2, 1, 2}, 1, -2, 3, 4)).init(bytes("wz", 3, []int64{2}, 0, 1)).floats("ws", []int64{2}, 0.25, 0.5)
	}
	pixels := func(dims ...int64) *model { return newModel(13).in("x", tUint8, dims...) }
	return []opCase{
		{"QuantizeLinear", q(x(10, 1, 4)).node("QuantizeLinear x,s,z -> y").out("y")},
		{"QuantizeLinear-per-axis", x(13, 1, 2, 2).floats("s", []int64{2}, 0.5, 2).init(bytes("z", 3, []int64{2}, 1, -1)).node("QuantizeLinear x,s,z -> y", attrInt("axis", 1)).out("y")},
		{"QuantizeLinear-int16", x(21, 1, 4).floats("s", nil, 0.125).node("QuantizeLinear x,s -> y", attrInt("output_dtype", 5)).out("y")},
		{"DequantizeLinear", q(pixels(1, 3)).node("DequantizeLinear x,s,z -> y").out("y")},
		{"DequantizeLinear-int32", newModel(13).in("x", tInt32, 1, 3).floats("s", []int64{3}, 0.5, 1, 2).node("DequantizeLinear x,s -> y").out("y")},
		{"QuantizeLinear-int32-input", newModel(21).in("x", tInt32, 1, 4).floats("s", nil, 0.25).node("QuantizeLinear x,s -> y", attrInt("precision", 1)).out("y")},
		{"DynamicQuantizeLinear", x(11, 1, 4).node("DynamicQuantizeLinear x -> y,s,z").out("y", "s", "z")},
		{"ConvInteger", kernel(pixels(1, 1, 4)).node("ConvInteger x,w,z,wz -> y", attrInts("pads", 1, 0)).out("y")},
		{"MatMulInteger", weights(pixels(1, 2)).node("MatMulInteger x,w,z,wz -> y").out("y")},
		{"MatMulInteger-no-zero-points", weights(pixels(1, 2)).node("MatMulInteger x,w -> y").out("y")},
		{"QLinearConv", kernel(pixels(1, 1, 4)).init(bytes("b", tInt32, []int64{2}, 8, -8)).node("QLinearConv x,s,z,w,ws,wz,s,z,b -> y").out("y")},
		{"QLinearMatMul", weights(pixels(1, 2)).node("QLinearMatMul x,s,z,w,ws,wz,s,z -> y").out("y")},
		{"QLinearMatMul-scale-per-row", weights(pixels(1, 2, 2)).floats("ys", []int64{2}, 0.5, 0.125).init(bytes("yz", tUint8, []int64{2}, 3, 5)).
			node("QLinearMatMul x,s,z,w,ws,wz,ys,yz -> y").out("y")},
	}
}

func copyCases() []opCase {
	return []opCase{
		{"Split", x(13, 1, 4).node("Split x -> a,b", attrInt("axis", -1)).out("a", "b")},
		{"Split-attribute", x(11, 1, 4).node("Split x -> a,b", attrInt("axis", 1), attrInts("split", 1, 3)).out("a", "b")},
		{"Split-input", x(13, 1, 4).ints("s", 3, 1).node("Split x,s -> ,b", attrInt("axis", 1)).out("b")},
		{"Split-count", x(18, 1, 5).node("Split x -> a,b", attrInt("axis", 1), attrInt("num_outputs", 2)).out("a", "b")},
		{"Expand", x(13, 1, 2).ints("s", 3, 2, 1).node("Expand x,s -> y").out("y")},
		{"Expand-nothing", x(13, 1, 2).ints("s", 1).node("Expand x,s -> z").node("Neg z -> y").out("y")},
		{"Tile", x(13, 1, 2).ints("s", 2, 2).node("Tile x,s -> y").out("y")},
		{"Tile-known", x(13, 1, 2).ints("s", 2).ints("l", 1, 2).node("Tile l,s -> t").node("Identity x -> y").out("y", "t")},
		{"Pad", x(13, 1, 2).ints("p", 0, 1, 1, 0).floats("v", nil, 7).node("Pad x,p,v -> y").out("y")},
		{"Pad-attributes", x(7, 1, 2).node("Pad x -> y", attrInts("pads", 0, 1, 0, 1), attrFloat("value", 3), attrString("mode", "constant")).out("y")},
		{"Pad-axes", x(18, 1, 2).ints("p", 1, 2).ints("a", -1).node("Pad x,p,,a -> y").out("y")},
		{"Pad-negative", x(13, 1, 4).ints("p", 0, -1, 0, 1).node("Pad x,p -> y").out("y")},
		{"Pad-reflect", x(13, 1, 3).ints("p", 0, 2, 0, 1).node("Pad x,p -> y", attrString("mode", "reflect")).out("y")},
		{"Pad-edge", x(13, 1, 3).ints("p", 0, 2, 0, 1).node("Pad x,p -> y", attrString("mode", "edge")).out("y")},
		{"Pad-wrap", x(19, 1, 3).ints("p", 0, 2, 0, 1).node("Pad x,p -> y", attrString("mode", "wrap")).out("y")},
		{"ScatterND", x(13, 3, 2).floats("u", []int64{1, 2}, 8, 9).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{1, 1}, Int64Data: []int64{-1}}).node("ScatterND x,i,u -> y").out("y")},
		{"ScatterND-elements", x(13, 3, 2).floats("u", []int64{2}, 8, 9).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{2, 2}, Int64Data: []int64{0, 1, 2, 0}}).node("ScatterND x,i,u -> y").out("y")},
		{"ScatterND-add", x(16, 3, 2).floats("u", []int64{2, 2}, 8, 9, 10, 11).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{2, 1}, Int64Data: []int64{1, 1}}).node("ScatterND x,i,u -> y", attrString("reduction", "add")).out("y")},
		{"ScatterElements", x(13, 3, 2).floats("u", []int64{2, 1}, 8, 9).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{2, 1}, Int64Data: []int64{1, -1}}).node("ScatterElements x,i,u -> y", attrInt("axis", 1)).out("y")},
		{"ScatterElements-add", x(16, 3, 2).floats("u", []int64{3, 1}, 8, 9, 10).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{3, 1}, Int64Data: []int64{1, 1, 0}}).node("ScatterElements x,i,u -> y", attrString("reduction", "add")).out("y")},
		{"ScatterElements-column", x(13, 1, 3).floats("u", []int64{1, 1}, 8).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{1, 1}, Int64Data: []int64{1}}).node("ScatterElements x,i,u -> y", attrInt("axis", 1)).out("y")}, // x[:, 1] = u
		{"ScatterND-column", x(13, 1, 3).floats("u", []int64{1}, 8).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{1, 2}, Int64Data: []int64{0, 1}}).node("ScatterND x,i,u -> y").out("y")},                                 // x[:, 1] = u
		{"ScatterND-row", x(13, 3, 1, 2).floats("u", []int64{1, 1, 2}, 8, 9).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{1, 1, 2, 3}, Int64Data: []int64{1, 0, 0, 1, 0, 1}}).node("ScatterND x,i,u -> y").out("y")},      // x[1, :, :] = u
		{"Size", x(13, 1, 4, 2).node("Size x -> s").node("Identity x -> y").out("s", "y")},
		{"Range", x(13, 1, 2).init(scalar(int64s("a", 1))).init(scalar(int64s("b", 8))).init(scalar(int64s("c", 3))).node("Range a,b,c -> r").node("Identity x -> y").out("r", "y")},
		{"Reshape-by-real-arithmetic", x(13, 1, 4).node("Shape x -> s").node("Cast s -> f", attrInt("to", int64(tFloat))).floats("half", []int64{2}, 2, 0.5).node("Mul f,half -> h").node("Floor h -> g").
			node("Cast g -> t", attrInt("to", int64(tInt64))).node("Reshape x,t -> y").out("y")},
	}
}
