package onnx_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

func mustImport(t *testing.T, m *model) (*ir.Net, diag.List) {
	t.Helper()
	net, list := onnx.Import("dir/my model.onnx", m.bytes(t), onnx.Options{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	if err := ir.Verify(net); err != nil {
		t.Fatal(err)
	}
	return net, list
}

func names(net *ir.Net) []string {
	var out []string
	for _, v := range net.Values {
		out = append(out, v.Name)
	}
	return out
}

func wantNames(t *testing.T, net *ir.Net, want ...string) {
	t.Helper()
	if got := names(net); !reflect.DeepEqual(got, want) {
		t.Errorf("values are %q, wanted %q", got, want)
	}
}

func TestUnsortedNodes(t *testing.T) {
	net, _ := mustImport(t, x(13, 1, 2).node("Add b,a -> y").node("Neg a -> b").node("Neg x -> a").out("y"))
	wantNames(t, net, "x", "a", "b", "y.1", "y")
}

// Names of the file come back cleaned and distinct; the output keeps its own.
func TestNames(t *testing.T) {
	m := x(13, 1, 2).node("Neg x -> a b").node("Neg a b -> unused").node("Neg x -> a_b").out("a_b")
	m.pb.Graph.Node[1].Input = []string{"a b"}
	m.pb.Graph.Node = append(m.pb.Graph.Node, &onnxpb.NodeProto{OpType: "Neg", Input: []string{"x"}, Output: []string{"größe"}})
	net, _ := mustImport(t, m)
	if net.Name != "my_model" {
		t.Errorf("net is called %q", net.Name)
	}
	wantNames(t, net, "x", "a_b.1", "unused", "a_b.2", "gr____e", "a_b")
}

func TestOrigins(t *testing.T) {
	m := x(13, 1, 2).floats("c", nil, 1).node("Add x,c -> a").node("Neg a -> b").node("Neg b -> y").out("y")
	m.pb.Graph.Node[1].Name, m.pb.Graph.Node[2].Name = "n", "n"
	m.pb.Graph.Node[2].Domain = "ai.onnx"
	net, _ := mustImport(t, m)
	at := func(node, op string) diag.Origin {
		return diag.Origin{File: "dir/my model.onnx", Node: node, Op: op, Opset: 13}
	}
	for name, want := range map[string]diag.Origin{
		"x": {File: "dir/my model.onnx"}, "c": {File: "dir/my model.onnx"},
		"a": at("a", "Add"), "b": at("n", "Neg"), "y.1": at("y", "Neg"), "y": at("y", "Neg"),
	} {
		if got := net.Find(name).Origin; got != want {
			t.Errorf("%%%s comes from %+v, wanted %+v", name, got, want)
		}
	}
}

// Files of IR version 3 list initializers among the inputs.
func TestInitializerAsInput(t *testing.T) {
	net, list := mustImport(t, x(7, 1, 2).in("c", tFloat, 2).floats("c", []int64{2}, 1, 2).node("Add x,c -> y").out("y"))
	if got := len(net.All(ir.OpInput)); got != 1 || len(list) != 0 {
		t.Errorf("%d inputs, wanted 1; messages: %v", got, list)
	}
}

func TestUnreadInputIsAWarning(t *testing.T) {
	_, list := mustImport(t, add(1, 2).in("state", tFloat, 1, 2))
	const want = `dir/my model.onnx: warning: graph input "state" is read by nothing [bad-net]`
	if list.Error() != want {
		t.Errorf("got %v, wanted %s", list, want)
	}
}

// Every kind of raw integer data reads as its numbers.
func TestIntegerTypes(t *testing.T) {
	raw := []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}
	for elem, want := range map[int32]int64{2: 254, 3: -2, 4: 0xfffe, 5: -2, 6: -2, 12: 0xfffffffe, 7: 0x7ffffffffffffffe} {
		width := map[int32]int{2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 12: 4, 7: 8}[elem]
		c := &onnxpb.TensorProto{Name: "c", DataType: elem, RawData: raw[:width]}
		m := x(13, 1, 2).init(c).node("Equal c,c -> same").node("Cast c -> wide", attrInt("to", int64(tInt64))).
			init(int64s("two", 2)).node("Div wide,two -> half").node("Identity x -> y").out("half", "same", "y")
		net, _ := mustImport(t, m)
		if got := net.Find("half.1").Const(); got == nil || got.I[0] != want/2 {
			t.Errorf("element type %d: half of the constant is %v, wanted %d", elem, got, want/2)
		}
	}
}

func TestUnsupported(t *testing.T) {
	m := x(13, -1, 4).
		node("Erfc x -> a").node("Erfc a -> b").           // type of a and b not written down
		node("Neg b -> c").                                // supported, but behind b
		node("LIF c,x -> s,v").                            // another domain
		node("Loud x -> l").node("Neg l -> m").            // typed by value_info
		node("GreaterOrEqual m,x -> g").out("g", "s", "c") // not in opset 11
	m.pb.Graph.Node[3].Domain = "SNN"
	m.pb.Graph.Node[4].Domain = "mine"
	m.pb.Graph.ValueInfo = append(m.pb.Graph.ValueInfo, valueInfo("l", tFloat, []int64{-1, 4}))
	m.pb.OpsetImport[0].Version = 11
	m.pb.OpsetImport = append(m.pb.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: "mine", Version: 3})
	net, list := mustImport(t, m)
	if len(list) > 0 {
		t.Errorf("messages: %v", list)
	}
	want := []onnx.Gap{
		{Op: "Erfc", Opset: 11, Reason: "operator is not supported", Nodes: []string{"a", "b"}},
		{Op: "LIF", Domain: "SNN", Reason: "operators of this domain are not known", Nodes: []string{"s"}},
		{Op: "Loud", Domain: "mine", Opset: 3, Reason: "operators of this domain are not known", Nodes: []string{"l"}},
		{Op: "GreaterOrEqual", Opset: 11, Reason: "operator is not part of this opset", Nodes: []string{"g"}},
	}
	got := onnx.Unsupported(net)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v\nwanted %+v", got, want)
	}
	const text = `m.onnx: node "a" (ai.onnx::Erfc, opset 11): error: operator is not supported (2 nodes) [unsupported-op]` + "\n" + `help: the others: "b"`
	if d := got[0].Diagnostic("m.onnx"); d.Error() != text {
		t.Errorf("got %v\nwanted %s", d, text)
	}
	if m := net.Find("m"); m.Op != ir.OpNeg || m.Type.Shape != ir.ShapeOf(1, 4) {
		t.Errorf("the value behind a typed unknown is %v", m)
	}
}

// All independent mistakes are told at once, and none twice.
func TestAllErrorsAtOnce(t *testing.T) {
	m := x(13, 1, 4).floats("c", []int64{3}, 1, 2, 3).node("Add x,c -> a").node("Neg a -> b").node("Add b,nothing -> d").node("Flatten x -> e", attrInt("axis", 7)).out("b", "d", "e")
	net, list := onnx.Import("bad.onnx", m.bytes(t), onnx.Options{})
	if net != nil || len(list) != 3 {
		t.Errorf("wanted no net and 3 messages, got %v and\n%v", net, list)
	}
}

// The same error in every time step of a file is told once, with their number.
func TestOneErrorForAllSteps(t *testing.T) {
	m := x(13, 1, 1, 4).floats("s", []int64{3}, 1, 1, 2)
	for i := range 3 {
		m.node("Resize x,,s -> y"+strconv.Itoa(i), attrString("mode", "linear")).out("y" + strconv.Itoa(i))
	}
	_, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{})
	const want = `m.onnx: node "y0" (ai.onnx::Resize, opset 13): error: attribute "mode" is "linear", wanted nearest: what lies between entries is not computed [unsupported-attribute]
      | 2 more nodes do so
help: for a whole factor, a transposed convolution with the weights of the interpolation, one group for each channel, computes the same; or train with nearest`
	if list.Error() != want {
		t.Errorf("got %v\nwanted %s", list, want)
	}
}

// A long chain of nodes, and a long circle, need no deep stack.
func TestLongChain(t *testing.T) {
	const length = 20000
	m := x(13, 1, 1)
	name := func(i int) string { return "n" + strconv.Itoa(i) }
	for i := length - 1; i > 0; i-- {
		m.node("Neg " + name(i-1) + " -> " + name(i))
	}
	m.out(name(length - 1))
	circle := m.pb.Graph.Node[length-2]
	m.node("Neg x -> " + name(0))
	if net, _ := mustImport(t, m); len(net.Values) != length+2 {
		t.Errorf("%d values, wanted %d", len(net.Values), length+2)
	}
	m.pb.Graph.Node = m.pb.Graph.Node[:length-1]
	circle.Input[0] = name(length - 1)
	wantOneError(t, m.bytes(t), `.*reads its own result, through (".*", ){8}… \[cyclic-graph\]`)
}

// The message on NonZero, which an index by a mask is exported as, gives a way round it.
func TestGapSaysWhatToWrite(t *testing.T) {
	d := onnx.Gap{Op: "NonZero", Opset: 20, Reason: "operator is not supported", Nodes: []string{"a"}}.Diagnostic("m.onnx")
	if !strings.Contains(d.Help, "write torch.where(mask, h - 1, h)") {
		t.Errorf("help %q", d.Help)
	}
}
