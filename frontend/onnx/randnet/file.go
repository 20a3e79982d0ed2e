package randnet

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
)

// tensor is a value of the graph.
type tensor struct {
	name string
	dims []int
}

func (t tensor) size() int {
	n := 1
	for _, d := range t.dims {
		n *= d
	}
	return n
}

// file is a graph under construction.
type file struct {
	pb    *onnxpb.ModelProto
	seed  uint64
	opset int
	count map[string]int
	known map[string]bool // names of initializers
}

func newFile(seed uint64, opset int) *file {
	return &file{seed: seed, opset: opset, count: map[string]int{}, known: map[string]bool{},
		pb: &onnxpb.ModelProto{IrVersion: 8, Graph: &onnxpb.GraphProto{Name: "g"}, OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: int64(opset)}}}}
}

// random is a source of numbers for one constant: taking another out of a
// network does not change it.
func (f *file) random(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(f.seed, h.Sum64()))
}

// unique is a name that no value has yet.
func (f *file) unique(name string) string {
	f.count[name]++
	if n := f.count[name]; n > 1 {
		return fmt.Sprintf("%s.%d", name, n)
	}
	return name
}

// node adds a node with one result of the given shape.
func (f *file) node(op string, dims []int, in []tensor, attrs ...*onnxpb.AttributeProto) tensor {
	return f.named(f.unique(op), op, dims, in, attrs...)
}

// named is node with a name for the result.
func (f *file) named(name, op string, dims []int, in []tensor, attrs ...*onnxpb.AttributeProto) tensor {
	pb := &onnxpb.NodeProto{OpType: op, Name: name, Output: []string{name}, Attribute: attrs}
	for _, t := range in {
		pb.Input = append(pb.Input, t.name)
	}
	f.pb.Graph.Node = append(f.pb.Graph.Node, pb)
	return tensor{name, slices.Clone(dims)}
}

// elementwise adds a node of operands that broadcast to the first of full rank.
func (f *file) elementwise(op string, in ...tensor) tensor {
	return f.node(op, broadcast(in...), in)
}

func broadcast(in ...tensor) []int {
	var out []int
	for _, t := range in {
		for len(out) < len(t.dims) {
			out = append([]int{1}, out...)
		}
		for i, d := range t.dims {
			k := len(out) - len(t.dims) + i
			out[k] = max(out[k], d)
		}
	}
	return out
}

// floats is a constant.
func (f *file) floats(name string, dims []int, data ...float32) tensor {
	if !f.known[name] {
		f.known[name] = true
		f.pb.Graph.Initializer = append(f.pb.Graph.Initializer, &onnxpb.TensorProto{Name: name, DataType: int32(onnxpb.TensorProto_FLOAT), Dims: wide(dims), FloatData: data})
	}
	return tensor{name, dims}
}

// number is a scalar constant, one value for equal numbers.
func (f *file) number(x float32) tensor { return f.floats(fmt.Sprintf("n%g", x), nil, x) }

// ints is a list of int64.
func (f *file) ints(list ...int) tensor {
	name := fmt.Sprint("i", list)
	if !f.known[name] {
		f.known[name] = true
		f.pb.Graph.Initializer = append(f.pb.Graph.Initializer, &onnxpb.TensorProto{Name: name, DataType: int32(onnxpb.TensorProto_INT64), Dims: []int64{int64(len(list))}, Int64Data: wide(list)})
	}
	return tensor{name, []int{len(list)}}
}

// index is a scalar int64.
func (f *file) index(i int) tensor {
	name := fmt.Sprint("at", i)
	if !f.known[name] {
		f.known[name] = true
		f.pb.Graph.Initializer = append(f.pb.Graph.Initializer, &onnxpb.TensorProto{Name: name, DataType: int32(onnxpb.TensorProto_INT64), Int64Data: []int64{int64(i)}})
	}
	return tensor{name: name}
}

// constant is a constant of integers of up to 32 bits.
func (f *file) constant(name string, of onnxpb.TensorProto_DataType, dims []int, data ...int32) tensor {
	if !f.known[name] {
		f.known[name] = true
		f.pb.Graph.Initializer = append(f.pb.Graph.Initializer, &onnxpb.TensorProto{Name: name, DataType: int32(of), Dims: wide(dims), Int32Data: data})
	}
	return tensor{name, dims}
}

// whole32 is a scalar int32.
func (f *file) whole32(i int32) tensor {
	return f.constant(fmt.Sprint("n32_", i), onnxpb.TensorProto_INT32, nil, i)
}

func (f *file) input(name string, dims ...int) tensor {
	return f.typed(name, onnxpb.TensorProto_FLOAT, dims...)
}

// typed is an input whose elements are of the given type.
func (f *file) typed(name string, of onnxpb.TensorProto_DataType, dims ...int) tensor {
	in := info(name, dims)
	in.Type.GetTensorType().ElemType = int32(of)
	f.pb.Graph.Input = append(f.pb.Graph.Input, in)
	return tensor{name, dims}
}

// output gives a value out, under a name of its own.
func (f *file) output(name string, t tensor) {
	f.named(name, "Identity", t.dims, []tensor{t})
	f.pb.Graph.Output = append(f.pb.Graph.Output, info(name, t.dims))
}

func info(name string, dims []int) *onnxpb.ValueInfoProto {
	shape := &onnxpb.TensorShapeProto{}
	for _, d := range dims {
		shape.Dim = append(shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(d)}})
	}
	return &onnxpb.ValueInfoProto{Name: name, Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{
		ElemType: int32(onnxpb.TensorProto_FLOAT), Shape: shape}}}}
}

// bytes is the file; with more, values that become outputs too.
func (f *file) bytes(more ...tensor) ([]byte, error) {
	pb := proto.CloneOf(f.pb)
	for _, t := range more {
		pb.Graph.Output = append(pb.Graph.Output, info(t.name, t.dims))
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(pb)
}

func wide(list []int) []int64 {
	out := make([]int64, len(list))
	for i, n := range list {
		out[i] = int64(n)
	}
	return out
}

func integer(name string, i int) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_INT, I: int64(i)}
}

func integers(name string, list ...int) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_INTS, Ints: wide(list)}
}

func word(name, s string) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_STRING, S: []byte(s)}
}
