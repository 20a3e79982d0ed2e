package onnx_test

import (
	"strings"
	"testing"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/irtest"
)

// opCase is a small file that must import; its name starts with the operator it is about.
type opCase struct {
	name  string
	model *model
}

// TestOperators imports every case and holds the net and its results against the
// archive of the operators' family.
func TestOperators(t *testing.T) {
	for _, f := range operatorCases() {
		path := "../../testdata/onnx/" + f.name + ".txtar"
		archive := irtest.Load(t, path)
		for _, c := range f.cases {
			t.Run(c.name, func(t *testing.T) {
				net, list := onnx.Import("m.onnx", c.model.bytes(t), onnx.Options{})
				if len(list) > 0 {
					t.Fatal(list)
				}
				if err := ir.Verify(net); err != nil {
					t.Fatal(err)
				}
				if gaps := onnx.Unsupported(net); len(gaps) > 0 {
					t.Fatal(gaps)
				}
				text := ir.Print(net, "") + outputs(net, run(net, ramp(net)))
				irtest.Check(t, path, archive, c.name, text)
			})
		}
	}
}

type family struct {
	name  string // of the archive, and of the file with the operators
	cases []opCase
}

func operatorCases() []family {
	return []family{
		{"ops_math", mathCases()},
		{"ops_const", constCases()},
		{"ops_linear", linearCases()},
		{"ops_shape", shapeCases()},
		{"ops_reduce", reduceCases()},
		{"ops_control", controlCases()},
		{"ops_sequence", sequenceCases()},
		{"ops_map", mapCases()},
		{"ops_pairs", pairCases()},
		{"ops_window", windowCases()},
		{"ops_copy", copyCases()},
		{"ops_quant", quantCases()},
		{"ops_blocks", blockCases()},
		{"ops_norm", normCases()},
		{"functions", functionCases()},
	}
}

// TestEveryOperatorHasACase demands a case for every row of the table.
func TestEveryOperatorHasACase(t *testing.T) {
	have := map[string]bool{}
	for _, f := range operatorCases() {
		for _, c := range f.cases {
			op, _, _ := strings.Cut(c.name, "-")
			if have[c.name] {
				t.Errorf("two cases are called %s", c.name)
			}
			have[c.name], have[op] = true, true
		}
	}
	for _, op := range onnx.Operators() {
		if !have[op] {
			t.Errorf("operator %s has no case", op)
		}
	}
}

func mathCases() []opCase {
	xy := func(opset int64) *model { return x(opset, 1, 4).in("b", tFloat, 1, 4) }
	return []opCase{
		{"Add", xy(7).node("Add x,b -> y").out("y")},
		{"Add-broadcast", x(14, 1, 2, 3).floats("b", []int64{3}, 1, 2, 3).node("Add b,x -> y").out("y")},
		{"Add-known-integers", x(13, -1, 4).node("Shape x -> s").node("Add s,s -> t").node("Cast t -> f", attrInt("to", int64(tFloat))).
			node("Identity x -> y").out("t", "f", "y")},
		{"Sub", xy(13).node("Sub x,b -> y").out("y")},
		{"Mul", xy(13).node("Mul x,b -> y").out("y")},
		{"Mul-square", x(13, 1, 4).node("Mul x,x -> y").out("y")},
		{"Div", x(13, 1, 4).floats("b", nil, 3).node("Div x,b -> y").out("y")},
		{"Div-known-integers", x(13, 1, 6).ints("a", -7, 7).ints("b", 2, -2).node("Div a,b -> y").node("Identity x -> z").out("y", "z")},
		{"Neg", x(13, 1, 4).node("Neg x -> y").out("y")},

		{"Greater", xy(9).node("Greater x,b -> y").out("y")},
		{"GreaterOrEqual", xy(12).node("GreaterOrEqual x,b -> y").out("y")},
		{"Less", xy(9).node("Less x,b -> y").out("y")},
		{"LessOrEqual", xy(16).node("LessOrEqual x,b -> y").out("y")},
		{"Equal", xy(13).node("Equal x,b -> y").out("y")},
		{"Equal-known-integers", x(13, 1, 4).node("Shape x -> s").ints("four", 1, 4).node("Equal s,four -> same").node("Where same,x0,x1 -> z").
			floats("x0", []int64{2}, 5, 6).floats("x1", []int64{2}, 7, 8).node("Add x,one -> y").floats("one", nil, 1).out("y", "z")},
		{"Where", xy(9).node("Greater x,b -> c").node("Where c,x,b -> y").out("y")},

		{"Cast-to-float", x(13, 1, 4).node("Greater x,zero -> c").floats("zero", nil, 0).node("Cast c -> y", attrInt("to", int64(tFloat))).out("y")},
		{"Cast-to-bool", x(19, 1, 4).node("Cast x -> y", attrInt("to", int64(tBool)), attrInt("saturate", 1)).out("y")},
		{"Cast-to-int64", x(13, 1, 4).node("Cast x -> y", attrInt("to", int64(tInt64))).out("y")},
		{"Cast-to-int32", x(13, 1, 4).node("Cast x -> y", attrInt("to", int64(tInt32))).out("y")},
		{"Cast-to-uint8", x(13, 1, 4).node("Cast x -> y", attrInt("to", int64(tUint8))).out("y")},
		{"Add-int32", newModel(13).in("a", tInt32, 1, 2).node("Add a,a -> y").out("y")},
		{"Where-bool", x(13, 1, 4).node("Greater x,zero -> c").floats("zero", nil, 0).node("Less x,one -> d").floats("one", nil, 1).node("Where c,d,c -> y").out("y")},
		{"Cast-same", x(13, 1, 4).node("Cast x -> c", attrInt("to", int64(tFloat))).node("Neg c -> y").out("y")},
		{"Cast-pixels", newModel(13).in("p", tUint8, 1, 3).node("Cast p -> y", attrInt("to", int64(tFloat))).out("y")},
		{"Cast-double-constant", x(13, 1, 4).init(&onnxpb.TensorProto{Name: "d", DataType: tDouble, DoubleData: []float64{0.1}}).
			node("Cast d -> f", attrInt("to", int64(tFloat))).node("Mul x,f -> y").out("y")},
		{"Cast-known-real", x(13, 1, 4).floats("f", []int64{2}, 2.9, -2.9).node("Cast f -> i", attrInt("to", int64(tInt64))).
			node("Identity x -> y").out("i", "y")},
	}
}

func constCases() []opCase {
	value := func(t *onnxpb.TensorProto) *onnxpb.AttributeProto { return attrTensor("value", t) }
	return []opCase{
		{"Identity", x(13, 1, 2).node("Identity x -> a").node("Identity a -> y").out("y")},
		{"Dropout", x(7, 1, 2).node("Dropout x -> a", attrFloat("ratio", 0.5)).node("Neg a -> y").out("y")},
		{"Dropout-mask-of-floats", x(7, 1, 2).node("Dropout x -> y,mask").out("y", "mask")},
		{"Dropout-mask", x(13, 1, 2).floats("ratio", nil, 0.5).init(&onnxpb.TensorProto{Name: "train", DataType: tBool, Int32Data: []int32{0}}).
			node("Dropout x,ratio,train -> y,mask").out("y", "mask")},
		{"Constant-value", x(13, 1, 2).node("Constant -> c", value(&onnxpb.TensorProto{DataType: tFloat, Dims: []int64{2}, RawData: []byte{0, 0, 128, 63, 0, 0, 32, 192}})).
			node("Add x,c -> y").out("y")},
		{"Constant-bool", x(13, 1, 2).node("Constant -> c", value(&onnxpb.TensorProto{DataType: tBool, Dims: []int64{2}, RawData: []byte{1, 0}})).
			node("Where c,x,z -> y").floats("z", nil, 9).out("y")},
		{"Constant-value_float", x(13, 1, 2).node("Constant -> c", attrFloat("value_float", 1.5)).node("Mul x,c -> y").out("y")},
		{"Constant-value_floats", x(13, 1, 2).node("Constant -> c", attrFloats("value_floats", 1.5, 2)).node("Mul x,c -> y").out("y")},
		{"Constant-value_int", x(13, 1, 2).node("Constant -> c", attrInt("value_int", 3)).node("Identity x -> y").out("c", "y")},
		{"Constant-value_ints", x(13, 1, 4).node("Constant -> c", attrInts("value_ints", 2, 2)).node("Reshape x,c -> y").out("y")},
		{"ConstantOfShape", x(9, -1, 3).node("Shape x -> s").node("ConstantOfShape s -> z").node("Sub x,z -> y").out("y")},
		{"ConstantOfShape-value", x(9, 1, 3).ints("s", 2, 3).node("ConstantOfShape s -> z", value(&onnxpb.TensorProto{DataType: tFloat, Dims: []int64{1}, FloatData: []float32{0.5}})).
			node("Sub x,z -> y").out("y")},
		{"ConstantOfShape-scalar", x(9, 1, 3).ints("s").node("ConstantOfShape s -> z", value(int64s("", 7))).node("Identity x -> y").out("y", "z")},
	}
}
