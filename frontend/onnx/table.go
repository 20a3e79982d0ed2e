package onnx

import (
	"fmt"

	"nomul/ir"
)

// row is all that is known of an operator of ai.onnx.
type row struct {
	op    string
	since int  // first opset with the operator in the form that build reads
	old   bool // the operator has been the same since opset 1
	// Inputs: the first min are mandatory; max -1 is any number, all mandatory.
	min, max int
	holes    bool     // any input may be absent
	lists    bool     // takes sequences of tensors
	outs     int      // outputs that build makes, when more than one; -1 is any number
	moves    bool     // only moves elements, so known operands of any type give known results
	attrs    []string // the attributes that build reads or may pass over
	build    func(*node) (*tensor, error)
	many     func(*node) ([]*tensor, error) // in place of build, when there are several results
}

// table has one row per operator.
var table = []row{
	{op: "Add", min: 2, max: 2, build: add},
	{op: "Sub", min: 2, max: 2, build: sub},
	{op: "Mul", min: 2, max: 2, build: mul},
	{op: "Div", min: 2, max: 2, build: div},
	{op: "Neg", min: 1, max: 1, build: neg},
	{op: "Mod", since: 10, min: 2, max: 2, attrs: []string{"fmod"}, build: mod},
	{op: "Pow", min: 2, max: 2, build: pow},
	{op: "Min", min: 1, max: -1, build: folded(ir.OpMin)},
	{op: "Max", min: 1, max: -1, build: folded(ir.OpMax)},
	{op: "Sum", min: 1, max: -1, build: folded(ir.OpAdd)},
	{op: "Mean", min: 1, max: -1, build: mean},

	{op: "Abs", min: 1, max: 1, build: positive(ir.FnAbs)},
	{op: "Sign", since: 9, min: 1, max: 1, build: sign},
	{op: "Floor", min: 1, max: 1, build: mapped(ir.FnFloor)},
	{op: "Ceil", min: 1, max: 1, build: mapped(ir.FnCeil)},
	{op: "Round", since: 11, min: 1, max: 1, build: mapped(ir.FnRound)},
	{op: "Reciprocal", min: 1, max: 1, build: mapped(ir.FnReciprocal)},
	{op: "Sqrt", min: 1, max: 1, build: mapped(ir.FnSqrt)},
	{op: "Exp", min: 1, max: 1, build: mapped(ir.FnExp)},
	{op: "Log", min: 1, max: 1, build: mapped(ir.FnLog)},
	{op: "Erf", since: 9, min: 1, max: 1, build: mapped(ir.FnErf)},
	{op: "Relu", min: 1, max: 1, build: positive(ir.FnRelu)},
	{op: "LeakyRelu", min: 1, max: 1, attrs: []string{"alpha"}, build: sloped(ir.FnLeakyRelu, 0.01)},
	{op: "Elu", min: 1, max: 1, attrs: []string{"alpha"}, build: sloped(ir.FnElu, 1)},
	{op: "HardSigmoid", since: 6, min: 1, max: 1, attrs: []string{"alpha", "beta"}, build: hardSigmoid},
	{op: "HardSwish", since: 14, min: 1, max: 1, build: hardSwish},
	{op: "Selu", since: 6, min: 1, max: 1, attrs: []string{"alpha", "gamma"}, build: selu},
	{op: "Celu", since: 12, min: 1, max: 1, attrs: []string{"alpha"}, build: celu},
	{op: "PRelu", since: 6, min: 2, max: 2, build: prelu},
	{op: "ThresholdedRelu", since: 10, min: 1, max: 1, attrs: []string{"alpha"}, build: thresholdedRelu},
	{op: "Softsign", min: 1, max: 1, build: softsign},
	{op: "Trilu", since: 14, min: 1, max: 2, attrs: []string{"upper"}, build: trilu},
	{op: "CumSum", since: 11, min: 2, max: 2, attrs: []string{"exclusive", "reverse"}, build: cumSum},
	{op: "OneHot", since: 9, min: 3, max: 3, attrs: []string{"axis"}, build: oneHot},
	{op: "Mish", since: 18, min: 1, max: 1, build: mish},
	{op: "Gelu", since: 20, min: 1, max: 1, attrs: []string{"approximate"}, build: gelu},
	{op: "Sigmoid", min: 1, max: 1, build: mapped(ir.FnSigmoid)},
	{op: "Tanh", min: 1, max: 1, build: mapped(ir.FnTanh)},
	{op: "Softplus", min: 1, max: 1, build: mapped(ir.FnSoftplus)},
	{op: "Sin", since: 7, min: 1, max: 1, build: angle},
	{op: "Cos", since: 7, min: 1, max: 1, build: angle},
	{op: "Tan", since: 7, min: 1, max: 1, build: angle},
	{op: "Asin", since: 7, min: 1, max: 1, build: angle},
	{op: "Acos", since: 7, min: 1, max: 1, build: angle},
	{op: "Atan", since: 7, min: 1, max: 1, build: angle},
	{op: "Sinh", since: 9, min: 1, max: 1, build: angle},
	{op: "Cosh", since: 9, min: 1, max: 1, build: angle},
	{op: "Asinh", since: 9, min: 1, max: 1, build: angle},
	{op: "Acosh", since: 9, min: 1, max: 1, build: angle},
	{op: "Atanh", since: 9, min: 1, max: 1, build: angle},
	{op: "Clip", min: 1, max: 3, attrs: []string{"min", "max"}, build: clip},
	{op: "Softmax", min: 1, max: 1, attrs: []string{"axis"}, build: softmax},
	{op: "LogSoftmax", min: 1, max: 1, attrs: []string{"axis"}, build: logSoftmax},

	{op: "BitShift", since: 11, min: 2, max: 2, attrs: []string{"direction"}, build: bitShift},
	{op: "And", min: 2, max: 2, build: logic(ir.OpAnd)},
	{op: "Or", min: 2, max: 2, build: logic(ir.OpOr)},
	{op: "Xor", min: 2, max: 2, build: logic(ir.OpXor)},
	{op: "Not", old: true, min: 1, max: 1, build: not},
	{op: "Greater", min: 2, max: 2, build: greater},
	{op: "GreaterOrEqual", since: 12, min: 2, max: 2, build: greaterOrEqual},
	{op: "Less", min: 2, max: 2, build: less},
	{op: "LessOrEqual", since: 12, min: 2, max: 2, build: lessOrEqual},
	{op: "Equal", min: 2, max: 2, build: equal},
	{op: "Where", since: 9, min: 3, max: 3, build: where},
	{op: "Cast", min: 1, max: 1, attrs: []string{"to", "round_mode", "saturate"}, build: cast},
	{op: "CastLike", since: 15, min: 2, max: 2, attrs: []string{"round_mode", "saturate"}, build: castLike},

	{op: "Identity", old: true, min: 1, max: 1, lists: true, build: identity},
	{op: "Dropout", min: 1, max: 3, outs: 2, attrs: []string{"is_test", "ratio", "seed"}, many: dropout},
	{op: "Constant", min: 0, max: 0, build: constant, attrs: []string{
		"value", "value_float", "value_floats", "value_int", "value_ints", "value_string", "value_strings", "sparse_value"}},
	{op: "ConstantOfShape", since: 9, min: 1, max: 1, attrs: []string{"value"}, build: constantOfShape},

	{op: "Gemm", min: 2, max: 3, attrs: []string{"alpha", "beta", "broadcast", "transA", "transB"}, build: gemm},
	{op: "MatMul", min: 2, max: 2, build: matMul},
	{op: "Einsum", since: 12, min: 1, max: -1, attrs: []string{"equation"}, build: einsum},
	{op: "Conv", min: 2, max: 3, attrs: []string{"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, build: conv},
	{op: "ConvTranspose", min: 2, max: 3, build: convTranspose, attrs: []string{
		"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape", "pads", "strides"}},
	{op: "MaxPool", min: 1, max: 1, build: maxPool, attrs: []string{
		"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"}},
	{op: "AveragePool", min: 1, max: 1, build: averagePool, attrs: []string{
		"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"}},
	{op: "GlobalAveragePool", min: 1, max: 1, build: global(ir.OpReduceMean)},
	{op: "GlobalMaxPool", min: 1, max: 1, build: global(ir.OpReduceMax)},
	{op: "InstanceNormalization", since: 6, min: 3, max: 3, attrs: []string{"epsilon"}, build: instanceNormalization},
	{op: "LayerNormalization", since: 17, min: 2, max: 3, outs: 3, attrs: []string{"axis", "epsilon", "stash_type"}, many: layerNormalization},
	{op: "GroupNormalization", since: 18, min: 3, max: 3, attrs: []string{"epsilon", "num_groups", "stash_type"}, build: groupNormalization},
	{op: "BatchNormalization", min: 5, max: 5, outs: 5, attrs: []string{"epsilon", "is_test", "momentum", "spatial", "training_mode"}, build: batchNormalization},

	{op: "QuantizeLinear", since: 10, min: 2, max: 3, attrs: []string{"axis", "saturate", "block_size", "output_dtype", "precision"}, build: quantizeLinear},
	{op: "DequantizeLinear", since: 10, min: 2, max: 3, attrs: []string{"axis", "block_size", "output_dtype"}, build: dequantizeLinear},
	{op: "DynamicQuantizeLinear", since: 11, min: 1, max: 1, outs: 3, many: dynamicQuantizeLinear},
	{op: "ConvInteger", since: 10, min: 2, max: 4, attrs: []string{"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, build: convInteger},
	{op: "MatMulInteger", since: 10, min: 2, max: 4, build: matMulInteger},
	{op: "QLinearConv", since: 10, min: 8, max: 9, attrs: []string{"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, build: qLinearConv},
	{op: "QLinearMatMul", since: 10, min: 8, max: 8, build: qLinearMatMul},

	{op: "Flatten", min: 1, max: 1, moves: true, attrs: []string{"axis"}, build: flatten},
	{op: "Reshape", min: 2, max: 2, moves: true, attrs: []string{"allowzero"}, build: reshape},
	{op: "Squeeze", min: 1, max: 2, moves: true, attrs: []string{"axes"}, build: squeeze},
	{op: "Unsqueeze", min: 1, max: 2, moves: true, attrs: []string{"axes"}, build: unsqueeze},
	{op: "Transpose", old: true, min: 1, max: 1, moves: true, attrs: []string{"perm"}, build: transpose},
	{op: "Concat", min: 1, max: -1, moves: true, attrs: []string{"axis"}, build: concat},
	{op: "Slice", min: 1, max: 5, moves: true, attrs: []string{"axes", "starts", "ends"}, build: slice},
	{op: "Gather", min: 2, max: 2, moves: true, attrs: []string{"axis"}, build: gather},
	{op: "GatherND", since: 11, min: 2, max: 2, moves: true, attrs: []string{"batch_dims"}, build: gatherND},
	{op: "GatherElements", since: 11, min: 2, max: 2, moves: true, attrs: []string{"axis"}, build: gatherElements},
	{op: "DepthToSpace", min: 1, max: 1, moves: true, attrs: []string{"blocksize", "mode"}, build: depthToSpace},
	{op: "SpaceToDepth", min: 1, max: 1, moves: true, attrs: []string{"blocksize"}, build: spaceToDepth},
	{op: "Resize", since: 10, min: 1, max: 4, moves: true, build: resize, attrs: []string{"antialias", "axes", "coordinate_transformation_mode",
		"cubic_coeff_a", "exclude_outside", "extrapolation_value", "keep_aspect_ratio_policy", "mode", "nearest_mode"}},
	{op: "Upsample", since: 7, min: 1, max: 2, moves: true, attrs: []string{"mode", "scales"}, build: upsample},
	{op: "Shape", min: 1, max: 1, attrs: []string{"start", "end"}, build: shape},

	{op: "If", min: 1, max: 1, outs: -1, moves: true, attrs: []string{"then_branch", "else_branch"}, many: cond},
	{op: "Loop", min: 0, max: -1, holes: true, lists: true, outs: -1, moves: true, attrs: []string{"body"}, many: loop},
	{op: "Scan", since: 8, min: 0, max: -1, holes: true, outs: -1, moves: true, many: scan, attrs: []string{
		"body", "directions", "num_scan_inputs", "scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"}},

	{op: "SequenceConstruct", since: 11, min: 1, max: -1, build: sequenceConstruct},
	{op: "SequenceEmpty", since: 11, min: 0, max: 0, attrs: []string{"dtype"}, build: sequenceEmpty},
	{op: "SequenceAt", since: 11, min: 2, max: 2, lists: true, build: sequenceAt},
	{op: "SequenceLength", since: 11, min: 1, max: 1, lists: true, build: sequenceLength},
	{op: "SequenceInsert", since: 11, min: 2, max: 3, lists: true, build: sequenceInsert},
	{op: "SequenceErase", since: 11, min: 1, max: 2, lists: true, build: sequenceErase},
	{op: "SplitToSequence", since: 11, min: 1, max: 2, moves: true, attrs: []string{"axis", "keepdims"}, build: splitToSequence},
	{op: "ConcatFromSequence", since: 11, min: 1, max: 1, lists: true, moves: true, attrs: []string{"axis", "new_axis"}, build: concatFromSequence},

	{op: "Split", min: 1, max: 2, outs: -1, moves: true, attrs: []string{"axis", "split", "num_outputs"}, many: split},
	{op: "Expand", since: 8, min: 2, max: 2, moves: true, build: expand},
	{op: "Tile", min: 2, max: 2, moves: true, build: tile},
	{op: "Pad", min: 1, max: 4, moves: true, attrs: []string{"mode", "pads", "value"}, build: pad},
	{op: "ScatterND", since: 11, min: 3, max: 3, moves: true, attrs: []string{"reduction"}, build: scatterND},
	{op: "ScatterElements", since: 11, min: 3, max: 3, moves: true, attrs: []string{"axis", "reduction"}, build: scatterElements},
	{op: "Size", min: 1, max: 1, build: size},
	{op: "Range", since: 11, min: 3, max: 3, build: rangeOf},

	{op: "ReduceSum", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduceSum},
	{op: "ReduceMean", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduceMean},
	{op: "ReduceMax", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduceMax},
	{op: "ReduceMin", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduceMin},
	{op: "ReduceProd", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduceProd},
	{op: "ReduceL1", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduced(magnitude, 0)},
	{op: "ReduceL2", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduced(squared, ir.FnSqrt)},
	{op: "ReduceSumSquare", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduced(squared, 0)},
	{op: "ReduceLogSum", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: reduced(itself, ir.FnLog)},
	{op: "ReduceLogSumExp", min: 1, max: 2, attrs: []string{"axes", "keepdims", "noop_with_empty_axes"}, build: logSumExp},
	{op: "ArgMax", min: 1, max: 1, attrs: []string{"axis", "keepdims", "select_last_index"}, build: arg(ir.OpArgmax)},
	{op: "ArgMin", min: 1, max: 1, attrs: []string{"axis", "keepdims", "select_last_index"}, build: arg(ir.OpArgmin)},
}

func rowsByName() map[string]*row {
	out := map[string]*row{}
	for i := range table {
		out[table[i].op] = &table[i]
	}
	return out
}

// Operators lists the operators of ai.onnx that Import understands, in table order.
func Operators() []string {
	var out []string
	for _, r := range table {
		out = append(out, r.op)
	}
	return out
}

// arity says how many inputs the operator takes.
func (r *row) arity() string {
	switch {
	case r.max < 0:
		return fmt.Sprintf("%d or more", r.min)
	case r.min == r.max:
		return fmt.Sprint(r.min)
	}
	return fmt.Sprintf("%d to %d", r.min, r.max)
}
