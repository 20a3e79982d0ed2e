package onnx_test

import "nomul/frontend/onnx/onnxpb"

// bodyOf makes a body from a model built with the same words; its inputs are untyped.
func bodyOf(m *model, inputs ...string) *onnxpb.GraphProto {
	for _, name := range inputs {
		m.pb.Graph.Input = append(m.pb.Graph.Input, &onnxpb.ValueInfoProto{Name: name})
	}
	return m.pb.Graph
}

func attrGraph(name string, m *model, inputs ...string) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_GRAPH, G: bodyOf(m, inputs...)}
}

func bools(name string, on ...bool) *onnxpb.TensorProto {
	t := &onnxpb.TensorProto{Name: name, DataType: tBool, Dims: []int64{int64(len(on))}}
	for _, b := range on {
		t.Int32Data = append(t.Int32Data, map[bool]int32{false: 0, true: 1}[b])
	}
	return t
}

// scalar makes a tensor of one element one without axes.
func scalar(t *onnxpb.TensorProto) *onnxpb.TensorProto {
	t.Dims = nil
	return t
}

// leaky is the body of a loop over neurons: v' = v/2 + x[t], and [v' > 1] to stack.
func leaky() *onnxpb.AttributeProto {
	body := newModel(13).floats("half", nil, 0.5).floats("one", nil, 1).
		node("Gather x,t -> xt", attrInt("axis", 1)).node("Mul v,half -> l").node("Add l,xt -> w").
		node("Greater w,one -> s").node("Identity go -> on").out("on", "w", "s")
	return attrGraph("body", body, "t", "go", "v")
}

func controlCases() []opCase {
	loop := func(inputs string, body *onnxpb.AttributeProto) *model {
		return x(13, 1, 3, 2).init(scalar(int64s("n", 3))).init(scalar(bools("true", true))).floats("zero", []int64{1, 2}, 0, 0).
			node("Loop "+inputs+" -> v,s", body).out("v", "s")
	}
	counting := attrGraph("body", newModel(13).ints("three", 3).node("Less t,three -> on").node("Add t,v -> w").out("on", "w", "w"), "t", "go", "v")
	stop := attrGraph("body", newModel(13).init(scalar(bools("no", false))).node("Neg v -> w").out("no", "w"), "t", "go", "v")
	branch := func(op string) *model { return newModel(13).node(op + " x -> z").out("z") }
	return []opCase{
		{"Loop-neurons", loop("n,true,zero", leaky())},
		{"Loop-no-condition", loop("n,,zero", leaky())},
		{"Loop-counts", x(13, 1, 2).init(scalar(bools("true", true))).ints("z", 0).node("Loop ,true,z -> v,all", counting).node("Identity x -> y").out("v", "all", "y")},
		{"Loop-stops", x(13, 1, 2).init(scalar(int64s("n", 1000000000))).node("Loop n,,x -> y", stop).out("y")},
		{"Loop-never", x(13, 1, 2).init(scalar(int64s("n", 0))).node("Loop n,,x -> v", stop).node("Neg v -> y").out("y")},
		{"If-known", x(13, 1, 2).init(scalar(bools("c", false))).node("If c -> y", attrGraph("then_branch", branch("Lost")), attrGraph("else_branch", branch("Neg"))).out("y")},
		{"If-shape", x(13, 1, 2).node("Shape x -> s").init(scalar(int64s("zero", 0))).init(scalar(int64s("one", 1))).node("Gather s,zero -> d").node("Equal d,one -> c").
			node("If c -> y", attrGraph("then_branch", branch("Neg")), attrGraph("else_branch", branch("Lost"))).out("y")},
		{"If-at-run-time", newModel(13).in("x", tFloat, 1, 2).in("c", tBool).node("If c -> y", attrGraph("then_branch", branch("Neg")), attrGraph("else_branch", branch("Identity"))).out("y")},
		{"Scan-sum", x(13, 3, 2).floats("zero", []int64{2}, 0, 0).node("Scan zero,x -> v,s", attrInt("num_scan_inputs", 1),
			attrGraph("body", newModel(13).node("Add v,xt -> w").node("Neg w -> s").out("w", "s"), "v", "xt")).out("v", "s")},
		{"Scan-axes", x(13, 2, 3).floats("zero", []int64{2}, 0, 0).node("Scan zero,x,x -> v,s", attrInt("num_scan_inputs", 2),
			attrInts("scan_input_axes", 1, -1), attrInts("scan_input_directions", 0, 1), attrInts("scan_output_axes", 1), attrInts("scan_output_directions", 1),
			attrGraph("body", newModel(13).node("Add v,xt -> w").node("Sub w,yt -> s").out("w", "s"), "v", "xt", "yt")).out("v", "s")},
	}
}
