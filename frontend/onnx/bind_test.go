package onnx_test

import (
	"testing"

	"nomul/frontend/onnx"
	"nomul/ir"
)

// An input that is bound is a constant, also one that an initializer sets already;
// arrays that do not fit the file are refused.
func TestBind(t *testing.T) {
	free := x(17, 1, 2).in("c", tFloat, 2).in("s", tInt64, 2).floats("c", []int64{2}, 1, 2).node("Add x,c -> z").node("Reshape z,s -> y").out("y")
	shape, fresh := ir.Ints(ir.ShapeOf(2), []int64{2, 1}), ir.Ints(ir.ShapeOf(2), []int64{5, 7})
	net, list := onnx.Import("m.onnx", free.bytes(t), onnx.Options{Bind: map[string]*ir.Tensor{"s": shape, "c": fresh}})
	if len(list) > 0 || len(net.All(ir.OpInput)) != 1 {
		t.Fatal(list)
	}
	got := run(net, map[string]*ir.Tensor{"x": ir.Reals(ir.ShapeOf(1, 2), []float64{10, 20})})["y"]
	wantReals(t, got, []float64{15, 27})
	if got.Type.Shape != ir.ShapeOf(2, 1) {
		t.Errorf("the result is %v", got.Type)
	}
	for _, c := range []struct {
		name string
		data *ir.Tensor
		want string
	}{
		{"q", shape, `m.onnx: error: has no input "q" to bind; its inputs are c, s, x [unknown-name]`},
		{"c", ir.Reals(ir.ShapeOf(3), []float64{1, 2, 3}), `m.onnx: error: graph input "c" is [2], but bound to an array of shape [3] [shape-mismatch]`},
		{"s", ir.Reals(ir.ShapeOf(2), []float64{1.5, 1}), `m.onnx: error: graph input "s" is bound to an array whose element 0 is 1.5, wanted int64 [bad-constant]`},
	} {
		_, list := onnx.Import("m.onnx", free.bytes(t), onnx.Options{Bind: map[string]*ir.Tensor{c.name: c.data}})
		if err := list.Err(); err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwanted %s", err, c.want)
		}
	}
}
