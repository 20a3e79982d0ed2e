package onnx

import "nomul/ir"

// domains are the tables of operators outside of ai.onnx: those on quantised tensors of onnxruntime, and
// QONNX under the names that it has had.
var domains = map[string][]row{
	"com.microsoft":           contributed,
	"qonnx.custom_op.general": qonnx,
	"finn.custom_op.general":  qonnx,
	"onnx.brevitas":           qonnx,
}

var contributed = []row{
	{op: "QuantizeLinear", min: 2, max: 3, attrs: []string{"axis"}, build: quantizeLinear},
	{op: "DequantizeLinear", min: 2, max: 3, attrs: []string{"axis"}, build: dequantizeLinear},
	{op: "QGemm", min: 6, max: 9, attrs: []string{"alpha", "transA", "transB"}, build: qGemm},
	{op: "QLinearAdd", min: 7, max: 8, build: qLinearAdd},
	{op: "QLinearMul", min: 7, max: 8, build: qLinearMul},
	{op: "QLinearSigmoid", min: 4, max: 5, build: qLinearFunction(ir.FnSigmoid, 0)},
	{op: "QLinearLeakyRelu", min: 4, max: 5, attrs: []string{"alpha"}, build: qLinearFunction(ir.FnLeakyRelu, 0.01)},
	{op: "QLinearSoftmax", min: 5, max: 5, attrs: []string{"axis", "opset"}, build: qLinearSoftmax},
	{op: "QLinearConcat", min: 5, max: -1, attrs: []string{"axis"}, build: qLinearConcat},
	{op: "QLinearGlobalAveragePool", min: 4, max: 5, attrs: []string{"channels_last"}, build: qLinearGlobalAveragePool},
	{op: "QLinearAveragePool", min: 4, max: 5, build: qLinearAveragePool, attrs: []string{
		"auto_pad", "ceil_mode", "channels_last", "count_include_pad", "kernel_shape", "pads", "strides"}},
}

var qonnx = []row{
	{op: "Quant", min: 4, max: 4, attrs: []string{"signed", "narrow", "rounding_mode"}, build: quant},
	{op: "BipolarQuant", min: 2, max: 2, build: bipolarQuant},
	{op: "Trunc", min: 5, max: 5, attrs: []string{"rounding_mode"}, build: trunc},
}

// rowOf is the row of an operator; nil where there is none.
func (imp *importer) rowOf(dom, op string) *row {
	if dom == "" {
		return imp.rows[op]
	}
	for i, r := range domains[dom] {
		if r.op == op {
			return &domains[dom][i]
		}
	}
	return nil
}
