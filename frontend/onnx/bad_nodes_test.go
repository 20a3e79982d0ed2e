package onnx_test

import (
	"math"

	"nomul/frontend/onnx/onnxpb"
)

// badNodes are nodes whose operator is known, but not like this.
func badNodes() []badCase {
	one := func(opset int64, node string, attrs ...*onnxpb.AttributeProto) *model {
		return x(opset, 1, 4).node(node+" -> y", attrs...).out("y")
	}
	lists := func(opset int64, node string, attrs ...*onnxpb.AttributeProto) *model {
		return one(opset, node, attrs...).ints("i", 0, 1).ints("zero", 0).ints("big", 9).ints("two", 2)
	}
	train := &onnxpb.TensorProto{Name: "train", DataType: tBool, Int32Data: []int32{1}}
	return []badCase{
		{"bool-arithmetic", newModel(13).in("x", tBool, 1, 2).node("Neg x -> y").out("y"), `.*computes with bool, wanted numbers \[type-mismatch\]`},
		{"too-few-inputs", one(13, "Add x"), `.*node "y" \(ai\.onnx::Add, opset 13\): error: has 1 inputs, wanted 2 \[bad-net\]`},
		{"too-many-inputs", one(13, "Gemm x,x,x,x"), `.*has 4 inputs, wanted 2 to 3 \[bad-net\]`},
		{"no-inputs", x(13, 1, 4).node("Concat -> y").out("y"), `.*has 0 inputs, wanted 1 or more \[bad-net\]`},
		{"missing-input", one(13, "Add x,"), `.*input 2 is missing \[bad-net\]`},
		{"surplus-output", x(13, 1, 4).node("Neg x -> y,z").out("y"), `.*has output 2 \("z"\), which is not supported \[unsupported-attribute\]`},
		{"foreign-attribute", one(13, "Neg x", attrInt("fast", 1)), `.*attribute "fast" is not supported \[unsupported-attribute\]`},
		{"attribute-twice", one(13, "Flatten x", attrInt("axis", 1), attrInt("axis", 1)), `.*attribute "axis" is there twice \[bad-attribute\]`},
		{"attribute-type", one(13, "Flatten x", attrFloat("axis", 1)), `.*attribute "axis" has type FLOAT, wanted INT \[bad-attribute\]`},
		{"attribute-type-and-short-list", lists(13, "Pad x,zero", attrInt("mode", 1)), `.*attribute "mode" has type INT, wanted STRING \[bad-attribute\]`},
		{"attribute-reference", one(13, "Flatten x", &onnxpb.AttributeProto{Name: "axis", Type: onnxpb.AttributeProto_INT, RefAttrName: "a"}), `.*attribute "axis" refers to .* \[bad-attribute\]`},

		{"dtype-mismatch", newModel(13).in("x", tFloat, 1, 2).in("b", tInt64, 1, 2).node("Add x,b -> y").out("y"), `.*inputs differ in element type: "x" is float, "b" is int64 \[type-mismatch\]`},
		{"shape-mismatch", x(13, 1, 4).floats("c", []int64{3}, 1, 2, 3).node("Add x,c -> y").out("y"), `.*node "y" .*cannot combine %x real\[1,4\] and %c real\[3\] \[shape-mismatch\]`},
		{"divide-by-zero", x(13, 1, 4).ints("a", 1).ints("b", 0).node("Div a,b -> y").out("y"), `.*divides integers by 0 \[bad-constant\]`},
		{"where-condition", one(13, "Where x,x,x"), `.*condition "x" is float, wanted bool \[type-mismatch\]`},
		{"cast-to-string", one(13, "Cast x", attrInt("to", 8)), `.*casts to string, which is not supported \[unsupported-type\]`},
		{"cast-huge", x(13, 1, 4).floats("c", nil, 1e30).node("Cast c -> y", attrInt("to", int64(tInt64))).out("y"), `.*casts 1\.\d*e\+30 to int64, which does not hold it \[bad-constant\]`},
		{"cast-double-overflow", x(13, 1, 4).init(&onnxpb.TensorProto{Name: "d", DataType: tDouble, DoubleData: []float64{1e300}}).node("Cast d -> y", attrInt("to", int64(tFloat))).out("y"),
			`.*element 0 is \+Inf \[bad-constant\]`},

		{"dropout-training", x(13, 1, 4).init(train).node("Dropout x,,train -> y").out("y"), `.*drops at random \(training_mode\), .* \[unsupported-attribute\]\nhelp: call model\.eval\(\) before the export`},
		{"constant-without-value", x(13, 1, 4).node("Constant -> y").out("y"), `.*has 0 attributes, wanted one value \[bad-attribute\]`},
		{"constant-string", x(13, 1, 4).node("Constant -> y", &onnxpb.AttributeProto{Name: "value_string", Type: onnxpb.AttributeProto_STRING}).out("y"), `.*attribute "value_string" is not supported \[unsupported-attribute\]`},
		{"constant-without-tensor", x(13, 1, 4).node("Constant -> y", attrTensor("value", nil)).out("y"), `.*attribute "value" has no data \[bad-constant\]`},
		{"infinite-threshold", x(13, 1, 4).node("Constant -> c", attrTensor("value", &onnxpb.TensorProto{DataType: tFloat, FloatData: []float32{float32(math.Inf(1))}})).node("Greater x,c -> y").out("y"),
			`.*attribute "value" element 0 is \+Inf \[bad-constant\]\nhelp: if it is the threshold of a layer that never fires, .*NonSpikingLIFNode`},
		{"constant-no-floats", x(13, 1, 4).node("Constant -> y", attrFloats("value_floats")).out("y"), `.*shape \[0\] has a dimension that is not positive \[shape-mismatch\]`},
		{"fill-shape", x(13, 1, 4).ints("s", 2, -1).node("ConstantOfShape s -> y").out("y"), `.*shape \[2 -1\] has a dimension that is not positive \[shape-mismatch\]`},
		{"fill-value", x(13, 1, 4).ints("s", 2).node("ConstantOfShape s -> y", attrTensor("value", int64s("", 1, 2))).out("y"), `.*attribute "value" has not one element \[bad-attribute\]`},

		{"gemm-rank", x(13, 1, 2, 2).floats("w", []int64{2, 2}, 1, 2, 3, 4).node("Gemm x,w -> y").out("y"), `.*multiplies \[1,2,2\] and \[2,2\], wanted two matrices \[shape-mismatch\]`},
		{"gemm-extent", x(13, 1, 3).floats("w", []int64{2, 2}, 1, 2, 3, 4).node("Gemm x,w -> y").out("y"), `.*%x is real\[1,3\], but the weights %w\.T are real\[2,2\] \[shape-mismatch\]`},
		{"gemm-addend", x(13, 1, 2).floats("w", []int64{2, 2}, 1, 2, 3, 4).floats("c", []int64{3, 1}, 1, 2, 3).node("Gemm x,w,c -> y").out("y"), `.*adds \[3,1\] to a product of \[1,2\] \[shape-mismatch\]`},
		{"gemm-integers", newModel(13).in("x", tInt64, 1, 2).node("Gemm x,x -> y").out("y"), `.*input "x" is int64, wanted float \[type-mismatch\]`},
		{"einsum-diagonal", x(13, 1, 2).node("Einsum x -> y", attrString("equation", "ii->i")).out("y"), `.*equation is "ii->i", wanted one or two operands, each letter once in each, and no ellipsis \[unsupported-attribute\]`},
		{"einsum-extents", x(13, 1, 2).in("b", tFloat, 3, 1).node("Einsum x,b -> y", attrString("equation", "ij,jk->ik")).out("y"), `.*j is 2 and 3 long \[shape-mismatch\]`},
		{"matmul-scalar", x(13, 1, 2).floats("c", nil, 1).node("MatMul x,c -> y").out("y"), `.*multiplies \[1,2\] and \[\], wanted at least one axis each \[shape-mismatch\]`},
		{"batch-norm-training", batchNorm(x(14, 1, 2), 2).node("BatchNormalization x,g,b,m,v -> y", attrInt("training_mode", 1)).out("y"), `.*normalises by the mean and variance of its batch, as in training, .* \[unsupported-attribute\]\nhelp: call model\.eval\(\) before the export`},
		{"batch-norm-outputs", batchNorm(x(13, 1, 2), 2).node("BatchNormalization x,g,b,m,v -> y,mean").out("y"), `.*normalises by the mean and variance of its batch, .* \[unsupported-attribute\]\nhelp: .*`},
		{"batch-norm-opset-6", batchNorm(x(6, 1, 2), 2).node("BatchNormalization x,g,b,m,v -> y").out("y"), `.*normalises by the mean and variance of its batch, .* \[unsupported-attribute\]\nhelp: .*`},
		{"dropout-opset-6", x(6, 1, 2).node("Dropout x -> y").out("y"), `.*drops at random \(is_test=0\), .* \[unsupported-attribute\]\nhelp: .*`},
		{"add-opset-6", x(6, 1, 2).node("Add x,x -> y", attrInt("broadcast", 1)).out("y"), `.*attribute "broadcast" is not supported \[unsupported-attribute\]`},
		{"batch-norm-spatial", batchNorm(x(7, 1, 2), 2).node("BatchNormalization x,g,b,m,v -> y", attrInt("spatial", 0)).out("y"), `.*normalises every position by itself .* \[unsupported-attribute\]`},
		{"batch-norm-variance", batchNorm(x(13, 1, 2), 2).node("BatchNormalization x,g,b,m,m -> y").out("y"), `.*variance "m" is -1 for channel 1 \[bad-constant\]`},
		{"batch-norm-channels", batchNorm(x(13, 1, 3), 2).node("BatchNormalization x,g,b,m,v -> y").out("y"), `.*gamma %g is real\[2\], wanted \[3\] \[shape-mismatch\]`},

		{"pool-ceil-count", x(11, 1, 1, 4).node("AveragePool x -> y", attrInts("kernel_shape", 3), attrInts("strides", 2), attrInt("ceil_mode", 1), attrInt("count_include_pad", 1)).out("y"),
			`.*has ceil_mode=1 and count_include_pad=1, .* \[unsupported-attribute\]\nhelp: .*`},
		{"pool-indices", x(12, 1, 1, 4).node("MaxPool x -> y,i", attrInts("kernel_shape", 2)).out("y"), `.*has output 2 \("i"\), which is not supported \[unsupported-attribute\]`},
		{"pool-storage-order", x(12, 1, 1, 4).node("MaxPool x -> y", attrInts("kernel_shape", 2), attrInt("storage_order", 1)).out("y"), `.*attribute "storage_order" is 1, which is not supported \[unsupported-attribute\]`},
		{"pool-auto-pad", x(12, 1, 1, 4).node("MaxPool x -> y", attrInts("kernel_shape", 2), attrString("auto_pad", "BOTH")).out("y"), `.*attribute "auto_pad" is "BOTH", wanted .* \[bad-attribute\]`},
		{"pool-auto-pad-twice", x(12, 1, 1, 4).node("MaxPool x -> y", attrInts("kernel_shape", 2), attrInts("pads", 1, 0), attrString("auto_pad", "VALID")).out("y"), `.*has both pads and auto_pad=VALID \[bad-attribute\]`},
		{"conv-kernel", x(12, 1, 1, 4).floats("w", []int64{1, 1, 2}, 1, 2).node("Conv x,w -> y", attrInts("kernel_shape", 3)).out("y"), `.*attribute "kernel_shape" is \[3\], but the weights are \[1,1,2\] \[bad-attribute\]`},
		{"conv-negative-pads", x(12, 1, 1, 4).floats("w", []int64{1, 1, 2}, 1, 2).node("Conv x,w -> y", attrInts("pads", -1, 0)).out("y"), `.*attribute "pads" is \[-1 0\], wanted numbers of at least 0 \[unsupported-attribute\]`},
		{"conv-rank", x(12, 1, 4).floats("w", []int64{1, 4}, 1, 2, 3, 4).node("Conv x,w -> y").out("y"), `.*convolves \[1,4\] with \[1,4\], wanted a batch, channels and 1 to 3 axes \[shape-mismatch\]`},
		{"pad-mode", lists(13, "Pad x,i", attrString("mode", "shear")), `.*pads 2 axes with 2 numbers, wanted 4 \[bad-attribute\]`},
		{"split-uneven", x(13, 1, 3).node("Split x -> y,z", attrInt("axis", 1)).out("y"), `.*cuts 3 elements into 2 parts that are not equal \[shape-mismatch\]`},
		{"split-sum", x(13, 1, 3).ints("s", 1, 1).node("Split x,s -> y,z", attrInt("axis", 1)).out("y"), `.*cuts 3 elements into \[1 1\] for 2 outputs \[bad-attribute\]`},
		{"expand", lists(13, "Expand x,big"), `.*cannot stretch \[1,4\] to \[9\] \[shape-mismatch\]`},
		{"tile-rank", lists(13, "Tile x,two"), `.*repeats \[1,4\] along 1 axes \[shape-mismatch\]`},
		{"not-float", one(13, "Not x"), `.*input "x" is float, wanted bool \[type-mismatch\]`},
		{"mod-float", one(13, "Mod x,x"), `.*takes float with fmod=0, wanted integers or fmod=1 \[bad-attribute\]`},
		{"clip-bounds", lists(13, "Clip x,i"), `.*bound "i" has shape \[2\], wanted a scalar \[shape-mismatch\]`},
		{"scatter-elements-rank", lists(16, "ScatterElements x,i,x"), `.*index is \[2\] for \[1,4\] \[shape-mismatch\]`},
		{"scatter-reduction", lists(16, "ScatterND x,i,x", attrString("reduction", "xor")), `.*attribute "reduction" is "xor" \[bad-attribute\]`},
		{"blocked", lists(21, "QuantizeLinear x,x", attrInt("block_size", 2)), `.*attribute "block_size" is 2, which is not supported \[unsupported-attribute\]`},
		{"quantised-type", lists(21, "QuantizeLinear x,x", attrInt("output_dtype", 17)), `.*quantises to float8e4m3fn, wanted integers of 8 or 16 bits \[unsupported-type\]`},
		{"loop-trips", newModel(13).in("x", tFloat, 1, 2).in("n", tInt64).node("Loop n,,x -> y", leaky()).out("y"), `.*trip count "n" is computed at run time, wanted a constant \[unsupported-attribute\]`},
		{"loop-endless", x(13, 1, 2).node("Loop ,,x -> y", attrGraph("body", newModel(13).init(scalar(bools("on", true))).node("Neg v -> w").out("on", "w"), "t", "go", "v")).out("y"),
			`.*comes to more nodes than can be written out, with the loops and functions around it \[unsupported-attribute\]`},
		{"sequence-read", x(13, 4, 2).node("SplitToSequence x -> q").node("Neg q -> y").out("y"), `.*reads "q", a sequence of tensors, wanted one \[type-mismatch\]`},
		{"sequence-none", lists(13, "SequenceAt x,zero"), `.*reads "x", one tensor, wanted a sequence of them \[type-mismatch\]`},
		{"sequence-output", x(13, 4, 2).node("SplitToSequence x -> q").out("q"), `.*graph output "q" is a sequence of tensors, wanted a tensor \[unsupported-type\]`},
		{"sequence-position", x(13, 1, 4).ints("at", 2).node("SplitToSequence x,two -> q", attrInt("axis", 1)).ints("two", 2, 2).node("SequenceAt q,at -> y").out("y"), `.*takes position 2 of 2 \[bad-attribute\]`},
		{"sequence-at-run-time", x(13, 1, 4).in("at", tInt64).node("SequenceConstruct x -> q").node("SequenceAt q,at -> y").out("y"), `.*position "at" is computed at run time, wanted a constant \[unsupported-attribute\]`},
		{"sequence-erase", x(13, 1, 4).node("SequenceEmpty -> q").node("SequenceErase q -> r").node("SequenceLength r -> y").out("y"), `.*takes a part out of a sequence that has none \[bad-attribute\]`},
		{"sequence-join", x(13, 1, 4).node("SequenceEmpty -> q").node("ConcatFromSequence q -> y", attrInt("axis", 0)).out("y"), `.*joins a sequence that has no parts \[shape-mismatch\]`},
		{"sequence-extents", lists(13, "SplitToSequence x,i", attrInt("axis", 1)), `.*cuts 4 elements into \[\d+ \d+\] \[bad-attribute\]`},
		{"sequence-chosen", newModel(13).in("x", tFloat, 1, 2).in("c", tBool).node("If c -> q", attrGraph("then_branch", newModel(13).node("SequenceConstruct x -> z").out("z")),
			attrGraph("else_branch", newModel(13).node("SequenceConstruct x,x -> z").out("z"))).node("SequenceLength q -> y").out("y"), `.*result "q" is a sequence of tensors, which a condition computed at run time would choose \[unsupported-attribute\]`},
		{"axis", one(13, "Flatten x", attrInt("axis", 3)), `.*axis 3 does not exist: there are 2 axes \[bad-attribute\]`},
		{"axis-twice", one(11, "Squeeze x", attrInts("axes", 0, -2)), `.*axis 0 is listed twice \[bad-attribute\]`},
		{"axes-attribute-late", one(13, "Squeeze x", attrInts("axes", 0)), `.*has axes as an attribute, which opset 13 does not know \[bad-attribute\]`},
		{"axes-input-early", lists(11, "Squeeze x,zero"), `.*has axes as an input, which opset 11 does not know \[bad-net\]`},
		{"squeeze", lists(13, "Squeeze x,i"), `.*cannot drop axis 1 of \[1,4\], its extent is not 1 \[shape-mismatch\]`},
		{"unsqueeze-rank", one(11, "Unsqueeze x", attrInts("axes", 0, 1, 2, 3, 4, 5, 6)), `.*has a result of 9 axes, at most 8 are supported \[shape-mismatch\]`},
		{"reshape", lists(13, "Reshape x,big"), `.*cannot reshape \[1,4\] to \[9\] \[shape-mismatch\]`},
		{"reshape-count", lists(13, "Reshape x,two"), `.*%x is real\[1,4\], which has not as many elements as \[2\] \[shape-mismatch\]`},
		{"reshape-target", x(13, 1, 4).in("s", tInt64, 1).node("Reshape x,s -> y").out("y"), `.*shape "s" is computed at run time, wanted a constant \[unsupported-attribute\]`},
		{"reshape-target-type", one(13, "Reshape x,x"), `.*shape "x" is float, wanted integers \[type-mismatch\]`},
		{"transpose", one(13, "Transpose x", attrInts("perm", 0)), `.*perm \[0\] is not an order of 2 axes \[bad-attribute\]`},
		{"concat-axis", one(13, "Concat x,x"), `.*attribute "axis" is missing \[bad-attribute\]`},
		{"concat-shapes", x(13, 1, 2).in("b", tFloat, 1, 3).node("Concat x,b -> y", attrInt("axis", 0)).out("y"), `.*cannot join %x real\[1,2\] and %b real\[1,3\] along axis 0 \[shape-mismatch\]`},
		{"gather-range", lists(13, "Gather x,big", attrInt("axis", 1)), `.*indices 9\.\.9 leave axis 1 of extent 4 \[bad-attribute\]`},
		{"strongest", x(13, 1, 4).node("ArgMax x -> i", attrInt("axis", 1)).node("ScatterND x,i,x -> y").node("ScatterND x,i,x -> z").out("y", "z"),
			`(?s)^[^\n]*sets the neuron whose membrane is largest.*\[unsupported-attribute\]\n *\| 1 more node does so$`},
		{"gather-index", x(13, 1, 4).in("s", tInt64, 1).node("Gather x,s -> y").out("y"), `.*index "s" is computed at run time, wanted a constant \[unsupported-attribute\]`},
		{"slice-empty", lists(13, "Slice x,two,two,zero"), `.*leaves no element of axis 0 \[shape-mismatch\]`},
		{"slice-step", lists(13, "Slice x,zero,two,zero,zero"), `.*step 0 along axis 0 \[bad-attribute\]`},
		{"slice-lengths", lists(13, "Slice x,i,two"), `.*has 2 starts, 1 ends, 2 axes and 2 steps \[bad-attribute\]`},
		{"slice-no-ends", lists(13, "Slice x,i"), `.*wanted starts and ends as inputs \[bad-net\]`},
		{"mean-of-integers", newModel(13).in("x", tInt64, 1, 2).node("ReduceMean x -> y").out("y"), `.*input "x" is int64, wanted float \[type-mismatch\]`},
	}
}
