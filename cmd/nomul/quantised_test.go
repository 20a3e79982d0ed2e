package main

import (
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// Every integer that a quantised file rounds to, in every layer, is the one that exact arithmetic with
// the file's scales gives: of each tensor that is rounded an output is made, and compared element by
// element with a reference that computes with fractions.
func TestQuantisedFiles(t *testing.T) {
	for _, path := range irtest.Files(t, "../../testdata/quantised/*.onnx") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".onnx"), func(t *testing.T) {
			model := &onnxpb.ModelProto{}
			data, err := os.ReadFile(path)
			if err == nil {
				err = proto.Unmarshal(data, model)
			}
			if err != nil {
				t.Fatal(err)
			}
			tapped := showRounded(model.Graph)
			net := fixedOf(t, path, model)
			if text := ir.Print(net, ""); net.All(ir.OpInput)[0].Type.IsReal() {
				t.Fatalf("the input is no integer:\n%s", text)
			}
			holdIntegers(t, net, model.Graph, tapped)
		})
	}
}

// showRounded makes outputs of the tensors that a graph rounds, and of integers; it returns their names.
func showRounded(g *onnxpb.GraphProto) []string {
	var names []string
	constant := map[string]bool{}
	for _, t := range g.Initializer {
		constant[t.Name] = true
	}
	for _, n := range g.Node {
		constant[n.Output[0]] = !slices.ContainsFunc(n.Input, func(name string) bool { return name != "" && !constant[name] })
		rounds := n.OpType == "QuantizeLinear" || n.OpType == "Trunc" || strings.HasSuffix(n.OpType, "Quant") ||
			strings.HasPrefix(n.OpType, "QLinear") || n.OpType == "QGemm" || strings.HasSuffix(n.OpType, "Integer")
		if rounds && !constant[n.Output[0]] {
			names = append(names, n.Output[0])
		}
	}
	for _, o := range g.Output {
		names = append(names, o.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	g.Output = nil
	for _, name := range names {
		g.Output = append(g.Output, &onnxpb.ValueInfoProto{Name: name})
	}
	return names
}

func fixedOf(t *testing.T, path string, model *onnxpb.ModelProto) *ir.Net {
	t.Helper()
	data, err := proto.Marshal(model)
	if err != nil {
		t.Fatal(err)
	}
	net, list := onnx.Import(path, data, onnx.Options{})
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	fixed, err := passes.Lower(net, ir.Fixed, "", &passes.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fixed
}

// holdIntegers compares all outputs on random inputs.
func holdIntegers(t *testing.T, net *ir.Net, g *onnxpb.GraphProto, names []string) {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = true
	r := rand.New(rand.NewPCG(1, 2))
	in := net.All(ir.OpInput)[0]
	samples, distinct := 12, map[string]map[string]bool{}
	if testing.Short() {
		samples = 3
	}
	for range samples {
		x := drawnImage(r, in)
		got, err := m.Run(map[string]*ir.Tensor{in.Name: x}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := referenceOf(g, map[string]*rats{g.Input[0].Name: realInput(in, x)})
		for _, name := range names {
			if distinct[name] == nil {
				distinct[name] = map[string]bool{}
			}
			holdTensor(t, net, name, got, want[name], distinct[name])
		}
	}
	for name, seen := range distinct {
		if len(seen) < 2 {
			t.Errorf("%s is always the same, so nothing was compared", name)
		}
	}
}

// drawnImage is an image of integers, some of them at the ends of the range.
func drawnImage(r *rand.Rand, in *ir.Value) *ir.Tensor {
	x := ir.NewTensor(in.Type)
	for i := range x.I {
		x.I[i] = in.Range.Lo + r.Int64N(in.Range.Hi-in.Range.Lo+1)
		if r.IntN(16) == 0 {
			x.I[i] = in.Range.Hi
		}
	}
	return x
}

// realInput is the number that each integer of the input stands for: x = (p·scale − mean)/std.
func realInput(in *ir.Value, x *ir.Tensor) *rats {
	a := in.Attrs.(ir.InputAttrs)
	out := newRats(1, append([]int{1}, in.Type.Shape.Dims()...)...)
	for i, p := range x.I {
		out.v[i] = new(big.Rat).SetInt64(p)
		if a.Scale != nil {
			out.v[i] = divOf(subOf(mulOf(out.v[i], ratOf(a.Scale[0])), ratOf(a.Mean[0])), ratOf(a.Std[0]))
		}
	}
	return out
}

// holdTensor compares an output with exact numbers.
func holdTensor(t *testing.T, net *ir.Net, name string, got map[string]*ir.Tensor, want *rats, seen map[string]bool) {
	t.Helper()
	v := net.Find(ir.CleanName(name))
	for _, o := range net.All(ir.OpOutput) {
		if o.Name == ir.CleanName(name) || v == nil && strings.HasPrefix(o.Name, ir.CleanName(name)+".") {
			v = o
		}
	}
	if v == nil || v.Op != ir.OpOutput {
		t.Fatalf("no output %s in\n%s", name, ir.Print(net, ""))
	}
	unit := big.NewRat(1, 1)
	if v.Scale != nil {
		unit = ratOf(v.Scale.Data.F[0])
	}
	result := got[v.Name]
	if len(result.I) != len(want.v) {
		t.Fatalf("%s has %d elements, wanted %d", name, len(result.I), len(want.v))
	}
	differ := 0
	for i, n := range result.I {
		value := mulOf(new(big.Rat).SetInt64(n), unit)
		seen[value.String()] = true
		if value.Cmp(want.v[i]) != 0 {
			if differ++; differ < 3 {
				t.Errorf("%s: element %d is %s, exactly it is %s", name, i, value.FloatString(6), want.v[i].FloatString(6))
			}
		}
	}
	if differ > 0 {
		t.Errorf("%s: %d of %d elements differ", name, differ, len(want.v))
	}
}

// What has no integer form is refused by name: scales that are chosen for each input, real numbers that are
// rounded without bounds, and sums of numbers that are no steps of a scale.
func TestQuantisedRefusals(t *testing.T) {
	initial := []*onnxpb.TensorProto{
		{Name: "w", DataType: 1, Dims: []int64{2, 2}, FloatData: []float32{0.3, -0.7, 0.2, 0.4}},
		{Name: "k", DataType: 3, Dims: []int64{2, 2}, Int32Data: []int32{1, -2, 3, 4}},
		{Name: "s", DataType: 1, FloatData: []float32{0.1}},
		{Name: "z", DataType: 3, Int32Data: []int32{0}},
	}
	node := func(op, in, out string) *onnxpb.NodeProto {
		return &onnxpb.NodeProto{OpType: op, Name: op, Input: strings.Split(in, " "), Output: strings.Split(out, " ")}
	}
	for want, nodes := range map[string][]*onnxpb.NodeProto{
		"takes its scale from the range of what comes in": {node("DynamicQuantizeLinear", "x", "q qs qz"), node("MatMulInteger", "q k qz", "y")},
		"sums numbers of a function": {node("QuantizeLinear", "x s z", "xq"), node("DequantizeLinear", "xq s z", "xd"), node("MatMul", "xd w", "a"),
			node("QuantizeLinear", "a s z", "aq"), node("DequantizeLinear", "aq s z", "ad"), node("Tanh", "ad", "b"), node("ReduceMean", "b", "c"), node("QuantizeLinear", "c s z", "y")},
		"round has no integer form": {node("MatMul", "x w", "a"), node("Round", "a", "b"), node("MatMul", "b w", "y")},
	} {
		shape := &onnxpb.TensorShapeProto{}
		for _, d := range []int64{1, 2} {
			shape.Dim = append(shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: d}})
		}
		in := &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: 1, Shape: shape}}}
		model := &onnxpb.ModelProto{IrVersion: 8, OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: 17}}, Graph: &onnxpb.GraphProto{
			Name: "g", Node: nodes, Initializer: initial, Input: []*onnxpb.ValueInfoProto{{Name: "x", Type: in}}, Output: []*onnxpb.ValueInfoProto{{Name: "y"}}}}
		data, err := proto.Marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		net, list := onnx.Import("g.onnx", data, onnx.Options{})
		if list.Err() != nil {
			t.Fatal(list.Err())
		}
		if _, err := passes.Lower(net, ir.Fixed, "", &passes.Options{InputType: ir.UintType(8, ir.Shape{})}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, wanted an error that says: %s", err, want)
		}
	}
}

// Without a word on pixels, the input is the integer that the file rounds it to; with one, a pixel is
// rounded as the file does it.
func TestRoundedInputs(t *testing.T) {
	const path = "../../testdata/quantised/zeros.onnx"
	net := loaded(t, path)
	got, err := normalisations(path, net, &passes.Options{})
	const want = "input: x is the integer 0 to 255 that the file rounds it to, x = (p*0.019999999552965164 - 2.559999942779541)/1 of an integer p; give --mean and --std if yours are other pixels"
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %q, %v", got, err)
	}
	o := &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.5}, Std: []float64{0.125}}}
	fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := passes.Lower(net, ir.Fixed, "", &passes.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pixels, integers := ir.NewTensor(fixed.Find("x").Type), ir.NewTensor(own.Find("x").Type)
	for i := range pixels.I {
		p := int64(i * 2 % 256)
		x := new(big.Rat).SetFloat64(float64(float32((float64(p)/255 - 0.5) / 0.125)))
		q := roundOf(x.Quo(x, ratOf(float64(float32(0.02)))))
		pixels.I[i], integers.I[i] = p, min(max(q.Num().Int64()+128, 0), 255)
	}
	if a, b := outputOf(t, fixed, pixels), outputOf(t, own, integers); !slices.Equal(a, b) {
		t.Errorf("pixels give %v, the integers that they are rounded to %v", a, b)
	}
}

func outputOf(t *testing.T, net *ir.Net, x *ir.Tensor) []int64 {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Run(map[string]*ir.Tensor{"x": x}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got[net.All(ir.OpOutput)[0].Name].I
}
