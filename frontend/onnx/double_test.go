package onnx_test

import (
	"math"
	"testing"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
)

// A file that computes in float64 throughout is computed in float32, with a warning:
// its types do not mix, whatever operators it has.
func TestDoubleFile(t *testing.T) {
	doubles := func(name string, dims []int64, data ...float64) *onnxpb.TensorProto {
		return &onnxpb.TensorProto{Name: name, DataType: tDouble, Dims: dims, DoubleData: data}
	}
	m := newModel(17).in("x", tDouble, 1, 4).
		init(doubles("w", []int64{4, 3}, 1, -2, .5, 3, -.25, 4, .1, .2, .3, -1, 1, 2)).
		init(doubles("v", []int64{3, 3}, .1, 0, 0, 0, .1, 0, 0, 0, .1)).
		init(doubles("c", []int64{1, 3}, .5, .5, .5)).init(doubles("one", []int64{3}, 1, 1, 1)).init(doubles("zero", []int64{3}, 0, 0, 0)).
		node("MatMul x,w -> a").node("Relu a -> r").node("MatMul r,v -> y").
		node("Gemm r,v,c -> g", attrFloat("alpha", 3), attrFloat("beta", 2)).
		node("BatchNormalization g,one,zero,zero,one -> n", attrFloat("epsilon", 0)).
		node("Einsum n,v -> z", attrString("equation", "ij,jk->ik"))
	m.pb.Graph.Output = []*onnxpb.ValueInfoProto{valueInfo("y", tDouble, []int64{1, 3}), valueInfo("z", tDouble, []int64{1, 3})}
	net, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{})
	const warning = `m.onnx: warning: 22 values are of type double in the file and float here, so results may differ in the last digits [unsupported-type]`
	if list.Error() != warning {
		t.Fatalf("got %v\nwanted %s", list, warning)
	}
	got := run(net, map[string]*ir.Tensor{"x": ir.Reals(ir.ShapeOf(1, 4), []float64{-1, .5, 2, 0})})
	for name, want := range map[string][]float64{ // onnxruntime's
		"y": {.07, .2275, .21}, "z": {.121, .16825, .163},
	} {
		for i, w := range want {
			if math.Abs(got[name].F[i]-w) > 1e-6 {
				t.Errorf("%s is %v, wanted %v", name, got[name].F, want)
			}
		}
	}
}

// DequantizeLinear gives the type that output_dtype says, not that of its scale.
func TestDequantizeOutputType(t *testing.T) {
	file := func(to int64, declared int32) *model {
		m := newModel(23).in("x", tUint8, 1, 3).floats("s", nil, 0.5).node("DequantizeLinear x,s -> y", attrInt("output_dtype", to))
		m.pb.Graph.Output = []*onnxpb.ValueInfoProto{valueInfo("y", declared, []int64{1, 3})}
		return m
	}
	const half = 10
	if _, list := onnx.Import("m.onnx", file(half, half).bytes(t), onnx.Options{}); list.Err() != nil {
		t.Error(list)
	}
	wantOneError(t, file(int64(tInt32), tFloat).bytes(t), `.*attribute "output_dtype" is int32, wanted a floating-point type \[bad-attribute\]`)
	net, list := onnx.Import("m.onnx", file(half, tFloat).bytes(t), onnx.Options{})
	if net != nil || list.Err() == nil {
		t.Errorf("a result of float16 passes for float: %v", list)
	}
}
