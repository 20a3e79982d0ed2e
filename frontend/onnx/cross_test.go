package onnx_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"testing"

	other "github.com/owulveryck/onnx-go"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/tensor"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/irtest"
)

// This file reads the model files a second time, with github.com/owulveryck/onnx-go,
// which has its own schema and protobuf decoder, and compares the two readings:
// operators with their operands in order, attributes, and the data of
// initializers and constants.
//
// onnx-go v0.5.0 hands its graph to a recorder below. It cannot hold, and
// this file does not compare:
//   - the names of nodes, their domains, and the opset versions;
//   - symbolic dimensions: x [N,1,28,28] comes back as [1,28,28];
//   - the type of an attribute (an INT and a one-element INTS differ only in Go type);
//   - functions of the file, subgraphs, metadata, external data;
//   - raw bool data, which it reads as eight bytes per element.
// It gives a node without inputs an invented input "<node>/input", which the
// comparison takes out.

// recorder is an onnx-go backend that records nodes, edges and tensors.
type recorder struct {
	*simple.WeightedDirectedGraph // for the methods of the interface that decoding does not call
	ids                           int64
	edges                         []graph.WeightedEdge
	nodes                         []recordedNode
	tensors                       []*recordedTensor
}

type recordedTensor struct {
	id   int64
	name string
	data tensor.Tensor
}

func (t *recordedTensor) ID() int64                          { return t.id }
func (t *recordedTensor) SetName(s string)                   { t.name = s }
func (t *recordedTensor) GetName() string                    { return t.name }
func (t *recordedTensor) SetTensor(data tensor.Tensor) error { t.data = data; return nil }
func (t *recordedTensor) GetTensor() tensor.Tensor           { return t.data }

type recordedNode struct {
	op      string
	attrs   map[string]any
	in, out []string
}

func (r *recorder) NewNode() graph.Node {
	r.ids++
	return &recordedTensor{id: r.ids}
}

func (r *recorder) AddNode(n graph.Node) { r.tensors = append(r.tensors, n.(*recordedTensor)) }

func (r *recorder) SetWeightedEdge(e graph.WeightedEdge) { r.edges = append(r.edges, e) }

// ApplyOperation is called once per node of the file, after its edges: one from
// each output to each input, weighted with the input's position.
func (r *recorder) ApplyOperation(op other.Operation, outs ...graph.Node) error {
	n := recordedNode{op: op.Name, attrs: op.Attributes}
	for _, o := range outs {
		n.out = append(n.out, o.(*recordedTensor).name)
	}
	for _, e := range r.edges {
		if e.From().ID() == outs[0].ID() {
			n.in = append(n.in, e.To().(*recordedTensor).name)
		}
	}
	if len(n.in) == 1 && filepath.Base(n.in[0]) == "input" {
		n.in = nil
	}
	r.edges = nil
	r.nodes = append(r.nodes, n)
	return nil
}

func decodeTwice(t *testing.T, file string) (*recorder, *onnxpb.ModelProto) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ours := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(data, ours); err != nil {
		t.Fatal(err)
	}
	for _, c := range ours.Graph.Initializer {
		inline(t, file, c)
	}
	for _, n := range ours.Graph.Node {
		for _, a := range n.Attribute {
			if a.T != nil {
				inline(t, file, a.T)
			}
		}
	}
	if data, err = proto.Marshal(ours); err != nil {
		t.Fatal(err)
	}
	r := &recorder{WeightedDirectedGraph: simple.NewWeightedDirectedGraph(0, 0)}
	if err := other.NewModel(r).UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	return r, ours
}

// inline takes a constant's data from another file, which onnx-go cannot read.
func inline(t *testing.T, file string, c *onnxpb.TensorProto) {
	t.Helper()
	if len(c.ExternalData) == 0 {
		return
	}
	at := map[string]int64{}
	for _, entry := range c.ExternalData[1:] {
		at[entry.Key], _ = strconv.ParseInt(entry.Value, 10, 64)
	}
	data, err := irtest.Beside(file)(c.ExternalData[0].Value, at["offset"], at["length"])
	if err != nil {
		t.Fatal(err)
	}
	c.RawData, c.ExternalData, c.DataLocation = data, nil, 0
}

func TestAgainstOnnxGo(t *testing.T) {
	for _, file := range modelFiles(t, "fmnist-mlp-sj") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r, ours := decodeTwice(t, file)
			compareNodes(t, r.nodes, ours.Graph.Node)
			compareConstants(t, r, importFile(t, file), ours.Graph)
			if got, want := histogram(r.nodes), ourHistogram(ours.Graph.Node); !reflect.DeepEqual(got, want) {
				t.Errorf("operators are %v there, %v here", got, want)
			}
		})
	}
}

func histogram(nodes []recordedNode) []string {
	count := map[string]int{}
	for _, n := range nodes {
		count[n.op]++
	}
	return counted(count)
}

func ourHistogram(nodes []*onnxpb.NodeProto) []string {
	count := map[string]int{}
	for _, n := range nodes {
		count[n.OpType]++
	}
	return counted(count)
}

func counted(count map[string]int) []string {
	var out []string
	for op, n := range count {
		out = append(out, fmt.Sprintf("%s %d", op, n))
	}
	sort.Strings(out)
	return out
}

func compareNodes(t *testing.T, theirs []recordedNode, ours []*onnxpb.NodeProto) {
	t.Helper()
	if len(theirs) != len(ours) {
		t.Fatalf("%d nodes there, %d here", len(theirs), len(ours))
	}
	for i, n := range ours {
		their := theirs[i]
		if n.OpType != their.op || !reflect.DeepEqual(n.Input, their.in) || !reflect.DeepEqual(n.Output, their.out) {
			t.Errorf("node %d is %v there, %v here", i, their, n)
		}
		if len(n.Attribute) != len(their.attrs) {
			t.Errorf("node %d has %d attributes there, %d here", i, len(their.attrs), len(n.Attribute))
		}
		for _, a := range n.Attribute {
			compareAttribute(t, a, their.attrs[a.Name])
		}
	}
}

func compareAttribute(t *testing.T, a *onnxpb.AttributeProto, their any) {
	t.Helper()
	var our any
	switch a.Type {
	case onnxpb.AttributeProto_INT:
		our = a.I
	case onnxpb.AttributeProto_FLOAT:
		our = a.F
	case onnxpb.AttributeProto_TENSOR:
		compareTensor(t, a.Name, their.(tensor.Tensor), a.T)
		return
	default:
		t.Fatalf("attribute %q has type %v, which no file had when this was written", a.Name, a.Type)
	}
	if !reflect.DeepEqual(our, their) {
		t.Errorf("attribute %q is %v there, %v here", a.Name, their, our)
	}
}

// compareConstants holds onnx-go's initializers against the constants of the imported net.
func compareConstants(t *testing.T, r *recorder, net *ir.Net, g *onnxpb.GraphProto) {
	t.Helper()
	theirs := map[string]tensor.Tensor{}
	for _, n := range r.tensors {
		theirs[n.name] = n.data
	}
	for _, init := range g.Initializer {
		their := theirs[init.Name]
		if their == nil {
			t.Errorf("initializer %q is missing there", init.Name)
			continue
		}
		compareTensor(t, init.Name, their, init)
		ours := net.Find(ir.CleanName(init.Name)).Const()
		if got := asIR(t, their).Digest(); got != ours.Digest() {
			t.Errorf("initializer %q has digest %s there, %s in the net", init.Name, got, ours.Digest())
		}
	}
}

func compareTensor(t *testing.T, name string, their tensor.Tensor, our *onnxpb.TensorProto) {
	t.Helper()
	dims := []int64{}
	for _, d := range their.Shape() {
		dims = append(dims, int64(d))
	}
	if !reflect.DeepEqual(append([]int64{}, our.Dims...), dims) {
		t.Errorf("%q has shape %v there, %v here", name, dims, our.Dims)
	}
	raw, err := binary.Append(nil, binary.LittleEndian, their.Data())
	if err != nil || !bytes.Equal(raw, our.RawData) {
		t.Errorf("%q has other data there than here (%v)", name, err)
	}
}

func asIR(t *testing.T, their tensor.Tensor) *ir.Tensor {
	t.Helper()
	data, ok := their.Data().([]float32)
	if !ok {
		t.Fatalf("initializer of %v", their.Dtype())
	}
	out := ir.NewTensor(ir.RealType(ir.ShapeOf(their.Shape()...)))
	for i, f := range data {
		out.F[i] = float64(f)
	}
	return out
}
