package onnx_test

import (
	"testing"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
)

// frames starts a model with an input [T,1,3] whose first axis is open.
func frames() *model {
	m := x(17, -1, 1, 3)
	m.pb.Graph.Input[0].Type.GetTensorType().Shape.Dim[0].Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "T"}
	return m.floats("zero", []int64{1, 3}, 0, 0, 0)
}

// overTime are files that add up the frames of an open first axis.
func overTime() []opCase {
	added := attrGraph("body", newModel(17).node("Add v,xt -> w").out("w"), "v", "xt")
	scripted := func() *onnxpb.AttributeProto {
		return attrGraph("body", newModel(17).node("Gather x,t -> xt").node("Add v,xt -> w").node("Identity go -> on").out("on", "w"), "t", "go", "v")
	}
	dummy := attrGraph("body", newModel(17).node("Add v,one -> w").floats("one", nil, 1).node("Identity go -> on").out("on", "w"), "t", "go", "v")
	counted := frames().node("Shape x -> s").init(scalar(int64s("first", 0))).node("Gather s,first -> n").init(scalar(bools("true", true)))
	going := attrGraph("body", newModel(17).node("Add v,one -> w").floats("one", nil, 1).init(scalar(int64s("next", 1))).
		node("Add t,next -> u").node("Less u,n -> on").out("on", "w"), "t", "go", "v")
	cut := func() *model { return frames().ints("start", 0).ints("end", 1).ints("axis", 0) }
	return []opCase{
		{"scan", frames().node("Scan zero,x -> y", attrInt("num_scan_inputs", 1), added).out("y")},
		{"scripted", counted.node("Loop n,true,zero -> y", scripted()).out("y")},
		{"reduced", frames().node("ReduceSum x,a -> y", attrInt("keepdims", 0)).ints("a", 0).out("y")},
		{"moved", frames().node("Transpose x -> z", attrInts("perm", 1, 0, 2)).node("Neg z -> n").node("Reshape n,s -> r").ints("s", 1, -1, 3, 1).node("ReduceMean r -> y", attrInts("axes", 1), attrInt("keepdims", 0)).out("y")},
		{"split", frames().node("Split x -> a,b,c,d", attrInt("axis", 0)).node("Add a,b -> e").node("Add e,c -> f").node("Add f,d -> y").out("y")},
		{"product", frames().node("Transpose x -> z", attrInts("perm", 2, 1, 0)).node("MatMul z,w -> y").floats("w", []int64{4, 1}, 1, 1, 1, 1).out("y")},
		{"first-frame", cut().node("Slice x,start,end,axis -> y").out("y")},
		{"counted-turns", frames().node("Shape x -> s").init(scalar(int64s("first", 0))).node("Gather s,first -> n").node("Loop n,,zero -> y", dummy).out("y")},
		{"counted-end", frames().node("Shape x -> s").init(scalar(int64s("first", 0))).node("Gather s,first -> n").init(scalar(int64s("many", 99))).node("Loop many,,zero -> y", going).out("y")},
	}
}

// An open axis whose entries a node tells from one another is no batch: nomul must
// not run one frame of many.
func TestOpenTimeAxisIsRefused(t *testing.T) {
	for _, c := range overTime() {
		t.Run(c.name, func(t *testing.T) {
			wantOneError(t, c.model.bytes(t), `bad\.onnx: node ".*" \(.*\): error: works along axis 0 of input "x", which the file leaves open \(\[T,1,3\]\): it is not the batch, and its extent is not known \[no-batch\]
help: say the extents: --input-shape x=T,1,3 with numbers for the open ones`)
		})
	}
}

// With the extent, the frames are added up as onnxruntime adds them.
func TestInputShape(t *testing.T) {
	want := map[string][]float64{
		"scan": {18, 22, 26}, "scripted": {18, 22, 26}, "reduced": {18, 22, 26}, "moved": {-4.5, -5.5, -6.5}, "split": {18, 22, 26}, "product": {18, 22, 26},
		"first-frame": {0, 1, 2}, "counted-turns": {4, 4, 4}, "counted-end": {4, 4, 4},
	}
	for _, c := range overTime() {
		t.Run(c.name, func(t *testing.T) {
			net, list := onnx.Import("m.onnx", c.model.bytes(t), onnx.Options{Shapes: map[string][]int64{"x": {4, 1, 3}}})
			if len(list) > 0 && c.name[:7] != "counted" { // which read no frame
				t.Fatal(list)
			}
			in := ir.NewTensor(ir.RealType(ir.ShapeOf(4, 1, 3)))
			for i := range in.F {
				in.F[i] = float64(i)
			}
			wantReals(t, run(net, map[string]*ir.Tensor{"x": in})["y"], want[c.name])
		})
	}
}

func wantReals(t *testing.T, got *ir.Tensor, want []float64) {
	t.Helper()
	if len(got.F) != len(want) {
		t.Fatalf("got %v, wanted %v", got.F, want)
	}
	for i, f := range want {
		if got.F[i] != f {
			t.Fatalf("got %v, wanted %v", got.F, want)
		}
	}
}

// Shapes that do not fit the file, and axes that stay the batch.
func TestInputShapeThatDoesNotFit(t *testing.T) {
	sound := frames().node("Neg x -> y").out("y")
	for _, c := range []struct {
		shapes map[string][]int64
		want   string
	}{
		{map[string][]int64{"z": {1}}, `m.onnx: error: has no input "z" to give a shape; its inputs are x [unknown-name]`},
		{map[string][]int64{"x": {4, 2, 3}}, `m.onnx: error: input "x" is declared as [T,1,3], which cannot be [4,2,3] [shape-mismatch]`},
		{map[string][]int64{"x": {4, 1}}, `m.onnx: error: input "x" is declared as [T,1,3], which cannot be [4,1] [shape-mismatch]`},
		{nil, ``},
	} {
		_, list := onnx.Import("m.onnx", sound.bytes(t), onnx.Options{Shapes: c.shapes})
		if got := list.Error(); got != c.want {
			t.Errorf("got %s\nwanted %s", got, c.want)
		}
	}
}

// A symbol has the extent that is given for it wherever it stands.
func TestExtentOfSymbol(t *testing.T) {
	m := frames().in("b", tFloat, -1, 3)
	m.pb.Graph.Input[1].Type.GetTensorType().Shape.Dim[0].Value = m.pb.Graph.Input[0].Type.GetTensorType().Shape.Dim[0].Value
	net, list := onnx.Import("m.onnx", m.node("Squeeze x,one -> z").ints("one", 1).node("Add z,b -> y").out("y").bytes(t), onnx.Options{Shapes: map[string][]int64{"x": {4, 1, 3}}})
	if len(list) > 0 || net.Find("b").Type.Shape != ir.ShapeOf(4, 3) {
		t.Errorf("b is %v; %v", net.Find("b"), list)
	}
}

// Ops that keep the entries of an open axis apart leave it the batch.
func TestOpenBatch(t *testing.T) {
	for name, m := range map[string]*model{
		"flattened":  x(17, -1, 1, 3).node("Flatten x -> f").node("ReduceSum f,a -> y").ints("a", 1).out("y"),
		"reshaped":   x(17, -1, 2, 3).node("Shape x -> s").init(scalar(int64s("first", 0))).node("Gather s,first -> n").node("Unsqueeze n,z -> u").ints("z", 0).ints("rest", -1).node("Concat u,rest -> t", attrInt("axis", 0)).node("Reshape x,t -> y").out("y"),
		"stacked":    x(17, -1, 3).node("Unsqueeze x,z -> u").ints("z", 0).node("Split u,z1 -> p").ints("z1", 1).node("Concat p,p -> q", attrInt("axis", 0)).node("Split q -> c,d").node("Add c,d -> y").out("y"),
		"zero-state": x(17, -1, 3).node("Shape x -> s").node("ConstantOfShape s -> v").node("Add x,v -> y").out("y"),
		"behind":     x(17, 3, -1, 4).node("Split x -> a,b,c", attrInt("axis", 0)).node("Add a,b -> d").node("Add d,c -> e").node("ReduceSum e,k -> y").ints("k", 2).out("y"),
		"sliced":     x(17, -1, 3).node("Slice x,start,end -> y").ints("start", 0, 1).ints("end", 1<<40, 2).out("y"),
	} {
		if _, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{}); len(list) > 0 {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// A branch with fewer results than its node has outputs must not lose one.
func TestShortBranch(t *testing.T) {
	short := func() *model { return newModel(17).node("Neg x -> a").out("a") }
	whole := func() *model { return newModel(17).node("Neg x -> a").node("Relu x -> b").out("a", "b") }
	for name, c := range map[string]*model{
		"known":       x(17, 1, 2).init(scalar(bools("c", true))),
		"at-run-time": newModel(17).in("x", tFloat, 1, 2).in("c", tBool),
	} {
		m := c.node("If c -> y,z", attrGraph("then_branch", short()), attrGraph("else_branch", whole())).out("y", "z")
		t.Run(name, func(t *testing.T) {
			wantOneError(t, m.bytes(t), `.*node "y" .*has 2 outputs, but a branch gives 1 result \[bad-net\]`)
		})
	}
}

// An output that the file lists twice, which onnxruntime gives twice, is given once.
func TestOutputTwice(t *testing.T) {
	net, list := onnx.Import("m.onnx", add(1, 2).out("y").bytes(t), onnx.Options{})
	if want := `m.onnx: warning: graph output "y" is listed twice; it is given once [bad-net]`; list.Error() != want || len(net.All(ir.OpOutput)) != 1 {
		t.Errorf("got %v, wanted %s", list, want)
	}
}
