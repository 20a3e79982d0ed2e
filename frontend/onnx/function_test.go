package onnx_test

import (
	"errors"
	"regexp"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
)

// function adds a function that the model defines, of another model's nodes.
func (m *model) function(f *onnxpb.FunctionProto, body *model) *model {
	f.Node = body.pb.Graph.Node
	f.OpsetImport = body.pb.OpsetImport
	m.pb.Functions = append(m.pb.Functions, f)
	return m
}

// of names the domain of the last node.
func (m *model) of(domain, overload string) *model {
	last := m.pb.Graph.Node[len(m.pb.Graph.Node)-1]
	last.Domain, last.Overload = domain, overload
	return m
}

func attrRef(name, of string, t onnxpb.AttributeProto_AttributeType) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, RefAttrName: of, Type: t}
}

// named gives the last node a name.
func (m *model) named(name string) *model {
	m.pb.Graph.Node[len(m.pb.Graph.Node)-1].Name = name
	return m
}

func functionCases() []opCase {
	slope := &onnxpb.FunctionProto{Domain: "mine", Name: "Slope", Input: []string{"a", "b"}, Output: []string{"r"}, Attribute: []string{"by"}, AttributeProto: []*onnxpb.AttributeProto{attrInt("along", -1)}}
	body := func() *model {
		return newModel(13).node("LeakyRelu a -> c", attrRef("alpha", "by", onnxpb.AttributeProto_FLOAT)).node("Softmax c -> r", attrRef("axis", "along", onnxpb.AttributeProto_INT))
	}
	call := x(13, 1, 2, 2).function(slope, body()).
		node("Slope x -> p", attrFloat("by", 0.5)).of("mine", "").named("first").
		node("Slope x -> q", attrInt("along", 1)).of("mine", "").named("second").node("Add p,q -> y").out("y")
	twice := &onnxpb.FunctionProto{Domain: "mine", Name: "Twice", Input: []string{"a"}, Output: []string{"r"}}
	inner := &onnxpb.FunctionProto{Domain: "mine", Name: "Twice", Overload: "neg", Input: []string{"a"}, Output: []string{"r"}}
	nested := x(13, 1, 2).function(twice, newModel(13).node("Twice a -> b").of("mine", "neg").node("Add b,b -> r")).
		function(inner, newModel(13).node("Neg a -> r")).node("Twice x -> y").of("mine", "").out("y")
	optional := &onnxpb.FunctionProto{Domain: "mine", Name: "Cut", Input: []string{"a", "lo", "hi"}, Output: []string{"r"}}
	absent := x(13, 1, 2).floats("one", nil, 1).function(optional, newModel(13).node("Clip a,lo,hi -> r")).node("Cut x,,one -> y").of("mine", "").out("y")
	lif := &onnxpb.FunctionProto{Domain: "mine", Name: "Leak", Input: []string{"a", "b"}, Output: []string{"r"}, Attribute: []string{"value"}}
	looped := x(13, 1, 3, 2).init(scalar(int64s("n", 2))).floats("zero", []int64{1, 2}, 0, 0).
		function(lif, newModel(13).node("Constant -> c", attrRef("value_float", "value", onnxpb.AttributeProto_FLOAT)).node("Mul a,c -> d").node("Add d,b -> r")).
		node("Loop n,,zero -> y", attrGraph("body", newModel(13).node("Gather x,t -> xt", attrInt("axis", 1)).node("Leak v,xt -> w", attrFloat("value", 0.5)).of("mine", "").node("Identity go -> on").out("on", "w"), "t", "go", "v")).out("y")
	ours := &onnxpb.FunctionProto{Name: "Gelu", Input: []string{"a"}, Output: []string{"r"}}
	standard := x(13, 1, 2).function(ours, newModel(13).node("Sigmoid a -> s").node("Mul a,s -> r")).node("Gelu x -> y").out("y")
	return []opCase{
		{"Function-attributes", call}, {"Function-overloads", nested}, {"Function-absent-input", absent},
		{"Function-in-a-loop", looped}, {"Function-of-the-standard-domain", standard},
	}
}

func badFunctions() []badCase {
	f := func() *onnxpb.FunctionProto {
		return &onnxpb.FunctionProto{Domain: "mine", Name: "F", Input: []string{"a"}, Output: []string{"r"}}
	}
	old := newModel(3).node("Neg a -> r")
	return []badCase{
		{"function-twice", x(13, 1, 2).function(f(), newModel(13)).function(f(), newModel(13)).node("Neg x -> y").out("y"), `.*defines the function mine::F twice \[bad-file\]`},
		{"function-inputs", x(13, 1, 2).function(f(), newModel(13).node("Neg a -> r")).node("F x,x -> y").of("mine", "").out("y"), `.*node "y" .*has 2 inputs and 1 outputs, but the function only 1 and 1 \[bad-net\]`},
		{"function-attribute", x(13, 1, 2).function(f(), newModel(13).node("Neg a -> r")).node("F x -> y", attrInt("k", 1)).of("mine", "").out("y"), `.*attribute "k" is none of the function's \[bad-attribute\]`},
		{"function-opset", x(13, 1, 2).function(f(), old).node("F x -> y").of("mine", "").out("y"), `.*the function uses opset 3, wanted 6 to 26 .*`},
		{"function-output", x(13, 1, 2).function(f(), newModel(13).node("Neg a -> b")).node("F x -> y").of("mine", "").out("y"), `.*its body gives "r", which nothing there makes \[unknown-name\]`},
		{"function-in-itself", x(13, 1, 2).function(f(), newModel(13).node("F a -> r").of("mine", "")).node("F x -> y").of("mine", "").out("y"), `.*stands in 32 functions and bodies, more than are supported \[bad-net\]`},
		{"function-reads-outside", x(13, 1, 2).floats("c", nil, 1).function(f(), newModel(13).node("Add a,c -> r")).node("F x -> y").of("mine", "").out("y"), `.*node "y/r" .*reads "c", which no node, input or initializer makes \[unknown-name\]`},
		{"error-in-a-loop", x(13, 1, 2).init(scalar(int64s("n", 5))).node("Loop n,,x -> y", attrGraph("body", newModel(13).node("Flatten v -> w", attrInt("axis", 9)).node("Identity go -> on").out("on", "w"), "t", "go", "v")).out("y"),
			`.*node "w" .*axis 9 does not exist: there are 2 axes \[bad-attribute\]`},
	}
}

// An unsupported operator in a loop is listed once, however many turns there are.
func TestUnsupportedInLoop(t *testing.T) {
	m := x(13, 1, 2).init(scalar(int64s("n", 5))).node("Loop n,,x -> v,s", attrGraph("body",
		newModel(13).node("Erfc x -> e").node("Identity go -> on").node("Identity v -> w").out("on", "w", "w"), "t", "go", "v")).out("v", "s")
	net, _ := mustImport(t, m)
	gaps := onnx.Unsupported(net)
	if len(gaps) != 1 || len(gaps[0].Nodes) != 1 || gaps[0].Nodes[0] != "e" {
		t.Errorf("got %v, wanted one node called e", gaps)
	}
}

// external makes c = [1, −2] of y = x + c data of another file.
func external(entries ...*onnxpb.StringStringEntryProto) *model {
	return brokenConst(func(c *onnxpb.TensorProto) {
		c.Dims, c.FloatData, c.DataLocation, c.ExternalData = []int64{2}, nil, onnxpb.TensorProto_EXTERNAL, entries
	})
}

func entry(key, value string) *onnxpb.StringStringEntryProto {
	return &onnxpb.StringStringEntryProto{Key: key, Value: value}
}

func TestExternalData(t *testing.T) {
	file := []byte{9, 9, 9, 9, 0, 0, 128, 63, 0, 0, 0, 192}
	load := func(location string, offset, length int64) ([]byte, error) {
		if location != "w/data.bin" || offset+length > int64(len(file)) {
			return nil, errors.New("no such data")
		}
		return file[offset:][:length], nil
	}
	at := entry("location", "w/data.bin")
	for _, entries := range [][]*onnxpb.StringStringEntryProto{
		{at, entry("offset", "4"), entry("length", "8")}, {entry("offset", "4"), entry("checksum", "?"), at},
	} {
		net, list := onnx.Import("m.onnx", external(entries...).bytes(t), onnx.Options{Load: load})
		if list.Err() != nil {
			t.Fatal(list)
		}
		if c := net.Find("c").Const(); c.F[0] != 1 || c.F[1] != -2 {
			t.Errorf("the constant is %v, wanted 1 and -2", c.F)
		}
	}
	for _, c := range []struct {
		model *model
		want  string
	}{
		{external(at, entry("offset", "8")), `has its data in another file \(w/data\.bin\): no such data`},
		{external(at, entry("offset", "-4")), `at offset "-4", wanted a number`},
		{external(at, entry("length", "9")), `has 9 bytes of data in another file, wanted 8`},
		{external(), `has its data in another file, but does not name it`},
		{external(entry("offset", "4")), `does not name it`},
	} {
		net, list := onnx.Import("bad.onnx", c.model.bytes(t), onnx.Options{Load: load})
		if net != nil || len(list) != 1 || !regexp.MustCompile(c.want).MatchString(list.Error()) {
			t.Errorf("got %v, wanted %s", list, c.want)
		}
	}
}

// A file that is not there is told once, however many tensors it holds.
func TestLostData(t *testing.T) {
	lost := func(string, int64, int64) ([]byte, error) { return nil, errors.New("no such file") }
	m := external(entry("location", "data.bin"))
	twin := proto.CloneOf(m.pb.Graph.Initializer[0])
	twin.Name = "d"
	third := proto.CloneOf(twin)
	m.init(twin).node("Constant -> e", attrTensor("value", third)).node("Add d,e -> z").out("z")
	net, list := onnx.Import("bad.onnx", m.bytes(t), onnx.Options{Load: lost})
	const want = `bad.onnx: error: initializer "c" has its data in another file (data.bin): no such file [bad-constant]`
	if net != nil || list.Error() != want {
		t.Errorf("got\n%v\nwanted\n%s", list, want)
	}
}

// Numbers of other floating-point types become float32, and a warning says so.
func TestOtherFloats(t *testing.T) {
	for _, c := range []struct {
		elem int32
		raw  []byte
		want float64
	}{
		{tDouble, []byte{0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f}, float64(float32(0.1))},
		{10, []byte{0x66, 0x2e}, 0.0999755859375},
		{10, []byte{0x01, 0x80}, -5.960464477539063e-08},
		{16, []byte{0xcd, 0x3d}, 0.10009765625},
	} {
		m := newModel(13).in("x", c.elem, 1, 2).init(&onnxpb.TensorProto{Name: "c", DataType: c.elem, RawData: c.raw}).node("Mul x,c -> y").out("y")
		net, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{})
		if net == nil || len(list) != 1 || !regexp.MustCompile(`warning: 3 values are of type \w+ in the file and float here`).MatchString(list.Error()) {
			t.Fatalf("element type %d: %v", c.elem, list)
		}
		if got := net.Find("c").Const().F[0]; got != c.want {
			t.Errorf("element type %d: the constant is %v, wanted %v", c.elem, got, c.want)
		}
	}
}

// Inputs keep the axes that the file gives them; an open batch is 1 everywhere.
func TestInputAxes(t *testing.T) {
	m := newModel(13).in("x", tFloat, 4, -1, 3).in("state", tFloat, -1, 3).in("gain", tFloat).
		node("Shape x -> s").init(int64s("three", 3)).node("Gather s,one -> n").init(int64s("one", 1)).
		node("Concat n,three -> d", attrInt("axis", 0)).node("ConstantOfShape d -> z").node("Add state,z -> v").
		node("Mul x,gain -> p").node("Add p,v -> y").out("y")
	net, _ := mustImport(t, m)
	for name, want := range map[string]ir.Shape{"x": ir.ShapeOf(4, 1, 3), "state": ir.ShapeOf(1, 3), "gain": ir.ShapeOf(), "y": ir.ShapeOf(4, 1, 3)} {
		if got := net.Find(name).Type.Shape; got != want {
			t.Errorf("%%%s is %v, wanted %v", name, got, want)
		}
	}
}
