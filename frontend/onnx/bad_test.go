package onnx_test

import (
	"math"
	"os"
	"regexp"
	"testing"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/irtest"
)

const mlpDir = "../../testdata/models/fmnist-mlp-sj/"

// badCase is a file that must be refused with exactly one message.
type badCase struct {
	name  string
	model *model
	want  string // regular expression for the whole message
}

// add is a sound little model to break: y = x + c.
func add(dims ...int64) *model {
	return x(13, dims...).floats("c", nil, 1).node("Add x,c -> y").out("y")
}

// broken changes a sound model.
func broken(change func(pb *onnxpb.ModelProto)) *model {
	m := add(1, 2)
	change(m.pb)
	return m
}

// brokenConst changes the constant of a sound model.
func brokenConst(change func(c *onnxpb.TensorProto)) *model {
	return broken(func(pb *onnxpb.ModelProto) { change(pb.Graph.Initializer[0]) })
}

func TestBadFiles(t *testing.T) {
	irtest.Long(t)
	for _, cases := range [][]badCase{badGraphs(), badConstants(), badInputs(), badNodes(), badFunctions()} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { wantOneError(t, c.model.bytes(t), c.want) })
		}
	}
}

func wantOneError(t *testing.T, data []byte, want string) {
	t.Helper()
	net, list := onnx.Import("bad.onnx", data, onnx.Options{})
	if net != nil || len(list) != 1 {
		t.Fatalf("got a net: %v, and %d messages, wanted one message:\n%v", net != nil, len(list), list)
	}
	if got := list.Error(); !regexp.MustCompile("^(?s:" + want + ")$").MatchString(got) {
		t.Errorf("message\n%s\ndoes not match\n%s", got, want)
	}
}

func TestBadBytes(t *testing.T) {
	whole, err := os.ReadFile(mlpDir + "mlp_ts26_sjhead_bn.onnx")
	if err != nil {
		t.Fatal(err)
	}
	partial := `bad\.onnx: error: is not an ONNX file, or only a part of one \[bad-file\]`
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"truncated", whole[:len(whole)/2], partial},
		{"truncated-by-one", whole[:len(whole)-1], partial},
		{"text", []byte("not a model\n"), partial},
		{"empty", nil, `bad\.onnx: error: is not an ONNX file: it holds no graph \[bad-file\]`},
	} {
		t.Run(c.name, func(t *testing.T) { wantOneError(t, c.data, c.want) })
	}
}

func badGraphs() []badCase {
	return []badCase{
		{"no-opset", broken(func(pb *onnxpb.ModelProto) { pb.OpsetImport = nil }), `bad\.onnx: error: does not say which version .* \[bad-file\]`},
		{"opset-twice", broken(func(pb *onnxpb.ModelProto) { pb.OpsetImport = append(pb.OpsetImport, pb.OpsetImport[0]) }), `.*imports the operators of domain "" twice \[bad-file\]`},
		{"old-opset", broken(func(pb *onnxpb.ModelProto) { pb.OpsetImport[0].Version = 5 }), `.*uses opset 5, wanted 6 to 26 \[bad-file\]\nhelp: .*`},
		{"new-opset", broken(func(pb *onnxpb.ModelProto) { pb.OpsetImport[0].Version = 27 }), `.*uses opset 27, wanted 6 to 26 \[bad-file\]\nhelp: .*`},
		{"no-output", broken(func(pb *onnxpb.ModelProto) { pb.Graph.Output = nil }), `bad\.onnx: error: the graph has no output \[bad-net\]`},
		{"output-made-by-nothing", add(1, 2).out("z"), `bad\.onnx: error: graph output "z" is made by no node \[unknown-name\]`},
		{"undefined-input", add(1, 2).node("Mul y,w -> z").out("z"), `bad\.onnx: node "z" \(ai\.onnx::Mul, opset 13\): error: reads "w", which no node, input or initializer makes \[unknown-name\]`},
		{"made-twice", add(1, 2).node("Neg x -> y"), `.*node "y" .*makes "y", which is made already \[bad-net\]`},
		{"input-twice", add(1, 2).in("x", tFloat, 1, 2), `.*graph input "x" is listed twice \[bad-net\]`},
		{"initializer-twice", add(1, 2).floats("c", nil, 2), `.*initializer "c" is there twice \[bad-net\]`},
		{"node-makes-initializer", add(1, 2).node("Neg x -> c"), `.*makes "c", which is made already \[bad-net\]`},
		{"nameless-initializer", add(1, 2).floats("", nil, 2), `.*an initializer or graph input has no name \[bad-net\]`},
		{"node-without-output", broken(func(pb *onnxpb.ModelProto) {
			pb.Graph.Node = append(pb.Graph.Node, &onnxpb.NodeProto{Name: "lost", OpType: "Neg", Input: []string{"x"}})
		}), `.*node "lost" .*has no output \[bad-net\]`},
		{"cycle", x(13, 1, 2).node("Add x,b -> a").node("Neg a -> b").node("Neg b -> y").out("y"),
			`.*node "(a|b)" .*reads its own result, through "b", "a" \[cyclic-graph\]`},
		{"cycle-above-output", x(13, 1, 2).node("Neg b -> y").node("Add x,b -> a").node("Neg a -> b").out("y"),
			`.*node "b" .*reads its own result, through "a", "b" \[cyclic-graph\]`},
		{"infinite-alpha", x(13, 1, 1).floats("w", []int64{1, 1}, 3).node("Gemm x,w -> y", attrFloat("alpha", float32(math.Inf(1)))).out("y"), `.*attribute "alpha" is \+Inf \[bad-attribute\]`},
		{"overflowing-beta", x(13, 1, 1).floats("w", []int64{1, 1}, 3).floats("c", []int64{1}, 1e30).node("Gemm x,w,c -> y", attrFloat("beta", 1e30)).out("y"), `.*node "y" .*element 0 is \+Inf \[bad-constant\]\nhelp: no integer stands for an infinity: .* such as 1000 .*`},
		{"gather-nothing", x(13, 1, 4).ints("none").node("Gather x,none -> y").out("y"), `.*has a result without elements \[shape-mismatch\]`},
		{"self-cycle", x(13, 1, 2).node("Add x,y -> y").out("y"), `.*node "y" .*reads its own result, through "y" \[cyclic-graph\]`},
		{"output-type", broken(func(pb *onnxpb.ModelProto) { pb.Graph.Output[0] = valueInfo("y", tInt64, []int64{1, 2}) }),
			`bad\.onnx: error: graph output "y" is declared as int64, but is float \[type-mismatch\]`},
		{"output-shape", broken(func(pb *onnxpb.ModelProto) { pb.Graph.Output[0] = valueInfo("y", tFloat, []int64{-1, 3}) }),
			`bad\.onnx: error: graph output "y" is declared with shape \[N,3\], but has \[1,2\] \[shape-mismatch\]`},
	}
}

func badConstants() []badCase {
	nan := float32(math.NaN())
	return []badCase{
		{"missing-weights", brokenConst(func(c *onnxpb.TensorProto) { c.FloatData = nil }), `bad\.onnx: error: initializer "c" has no data, wanted 1 elements of float \[bad-constant\]`},
		{"raw-size", brokenConst(func(c *onnxpb.TensorProto) { c.FloatData, c.RawData = nil, []byte{1, 2, 3} }),
			`.*initializer "c" has 3 bytes of data, wanted 4 \(1 elements of float\) \[bad-constant\]`},
		{"too-many-elements", brokenConst(func(c *onnxpb.TensorProto) { c.FloatData = []float32{1, 2} }), `.*initializer "c" has 2 elements of float, wanted 1 \[bad-constant\]`},
		{"data-of-another-type", brokenConst(func(c *onnxpb.TensorProto) { c.FloatData, c.Int64Data = nil, []int64{1} }), `.*initializer "c" has 0 elements of float, wanted 1 \[bad-constant\]`},
		{"raw-and-typed", brokenConst(func(c *onnxpb.TensorProto) { c.RawData = make([]byte, 4) }), `.*initializer "c" has both raw and typed data \[bad-constant\]`},
		{"nan", brokenConst(func(c *onnxpb.TensorProto) { c.FloatData[0] = nan }), `.*initializer "c" element 0 is NaN \[bad-constant\]`},
		{"infinite", brokenConst(func(c *onnxpb.TensorProto) { c.FloatData, c.RawData = nil, []byte{0, 0, 0x80, 0xff} }), `.*initializer "c" element 0 is -Inf \[bad-constant\]\nhelp: no integer stands for an infinity: .* such as -1000 .*`},
		{"zero-size", brokenConst(func(c *onnxpb.TensorProto) { c.Dims, c.FloatData = []int64{3, 0}, nil }), `.*initializer "c" shape \[3 0\] has a dimension that is not positive \[shape-mismatch\]`},
		{"negative-size", brokenConst(func(c *onnxpb.TensorProto) { c.Dims = []int64{math.MinInt64} }), `.*initializer "c" shape \[-1\] has a dimension that is not positive \[shape-mismatch\]`},
		{"absurd-size", brokenConst(func(c *onnxpb.TensorProto) { c.Dims = []int64{1 << 40, 1 << 40} }), `.*initializer "c" shape .* has more than \d+ elements \[shape-mismatch\]`},
		{"absurd-rank", brokenConst(func(c *onnxpb.TensorProto) { c.Dims = make([]int64, 9) }), `.*initializer "c" shape .* has more than 8 axes \[shape-mismatch\]`},
		{"external-data", brokenConst(func(c *onnxpb.TensorProto) {
			c.FloatData = nil
			c.DataLocation = onnxpb.TensorProto_EXTERNAL
			c.ExternalData = []*onnxpb.StringStringEntryProto{{Key: "location", Value: "weights.bin"}}
		}), `.*initializer "c" has its data in another file \(weights\.bin\), and no folder is given to look in \[bad-constant\]`},
		{"segments", brokenConst(func(c *onnxpb.TensorProto) { c.Segment = &onnxpb.TensorProto_Segment{End: 1} }), `.*initializer "c" is stored in segments, which are not supported \[bad-constant\]`},
		{"unknown-type", brokenConst(func(c *onnxpb.TensorProto) { c.DataType = 99 }), `.*initializer "c" has element type number 99, which is not supported \[unsupported-type\]`},
		{"bool-of-two", brokenConst(func(c *onnxpb.TensorProto) { c.DataType, c.FloatData, c.Int32Data = tBool, nil, []int32{2} }), `.*initializer "c" has an element that is no bool, or too large a one \[bad-constant\]`},
		{"sparse", broken(func(pb *onnxpb.ModelProto) {
			pb.Graph.SparseInitializer = []*onnxpb.SparseTensorProto{{Values: &onnxpb.TensorProto{Name: "s"}}}
		}), `.*initializer "s" is sparse, which is not supported \[unsupported-type\]`},
		{"nan-in-node", x(13, 1, 2).node("Constant -> c", attrTensor("value", &onnxpb.TensorProto{DataType: tFloat, FloatData: []float32{nan}})).node("Add x,c -> y").out("y"),
			`.*node "c" \(ai\.onnx::Constant, opset 13\): error: attribute "value" element 0 is NaN \[bad-constant\]`},
		{"nan-in-list", x(13, 1, 2).node("Constant -> c", attrFloats("value_floats", 1, nan)).node("Add x,c -> y").out("y"), `.*node "c" .*element 1 is NaN \[bad-constant\]`},
		{"empty-list-as-operand", x(13, 1, 2).ints("e").node("Constant -> c", attrInts("value_ints")).node("Add e,c -> y").out("y"), `.*"e" has no elements \[bad-constant\]`},
		{"filled-too-large", x(13, 1, 2).ints("s", 1<<14, 1<<14).node("ConstantOfShape s -> y").out("y"), `.*node "y" .*asks for a constant of 268435456 elements, too large for a file of this size \[bad-constant\]`},
		{"double-weights", x(13, 1, 2).init(&onnxpb.TensorProto{Name: "d", DataType: tDouble, DoubleData: []float64{1}}).node("Neg d -> z").node("Add x,z -> y").out("y"),
			`.*node "y" .*inputs differ in element type: "x" is float, "z" is double \[type-mismatch\]`},
	}
}

func badInputs() []badCase {
	typeless := func(t *onnxpb.TypeProto) *model {
		return broken(func(pb *onnxpb.ModelProto) { pb.Graph.Input[0].Type = t })
	}
	sequence := &onnxpb.TypeProto{Value: &onnxpb.TypeProto_SequenceType{SequenceType: &onnxpb.TypeProto_Sequence{}}}
	shapeless := &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: tFloat}}}
	return []badCase{
		{"open-axis", broken(func(pb *onnxpb.ModelProto) {
			pb.Graph.Input[0] = valueInfo("x", tFloat, []int64{-1, -1})
			pb.Graph.Input[0].Type.GetTensorType().Shape.Dim[1].Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "T"}
		}), `.*graph input "x" leaves axis 1 open \("T"\), wanted a number: .* \[no-batch\]\nhelp: say the extents: --input-shape x=N,T with numbers for the open ones`},
		{"zero-extent", add(1, 0), `.*graph input "x" shape \[1 0\] has a dimension that is not positive \[shape-mismatch\]`},
		{"absurd-extent", add(1, math.MaxInt64, math.MaxInt64), `.*graph input "x" shape .* has more than \d+ elements \[shape-mismatch\]`},
		{"input-without-type", typeless(nil), `.*graph input "x" has no type \[unsupported-type\]`},
		{"input-sequence", typeless(sequence), `.*graph input "x" is no dense tensor \[unsupported-type\]`},
		{"input-without-shape", typeless(shapeless), `.*graph input "x" has no shape \[shape-mismatch\]`},
	}
}
