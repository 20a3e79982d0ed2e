package onnx_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/eval"
)

// Element types, short for tables.
const (
	tFloat  = int32(onnxpb.TensorProto_FLOAT)
	tUint8  = int32(onnxpb.TensorProto_UINT8)
	tInt32  = int32(onnxpb.TensorProto_INT32)
	tInt64  = int32(onnxpb.TensorProto_INT64)
	tBool   = int32(onnxpb.TensorProto_BOOL)
	tDouble = int32(onnxpb.TensorProto_DOUBLE)
)

// model builds small ONNX files.
type model struct{ pb *onnxpb.ModelProto }

func newModel(opset int64) *model {
	return &model{&onnxpb.ModelProto{
		IrVersion:   8,
		Graph:       &onnxpb.GraphProto{Name: "g"},
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: opset}},
	}}
}

// x starts a model with one float input, x.
func x(opset int64, dims ...int64) *model { return newModel(opset).in("x", tFloat, dims...) }

// in adds an input; a dimension of -1 is open and called N.
func (m *model) in(name string, elem int32, dims ...int64) *model {
	m.pb.Graph.Input = append(m.pb.Graph.Input, valueInfo(name, elem, dims))
	return m
}

func valueInfo(name string, elem int32, dims []int64) *onnxpb.ValueInfoProto {
	shape := &onnxpb.TensorShapeProto{}
	for _, d := range dims {
		dim := &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: d}}
		if d < 0 {
			dim.Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "N"}
		}
		shape.Dim = append(shape.Dim, dim)
	}
	tensor := &onnxpb.TypeProto_Tensor{ElemType: elem, Shape: shape}
	return &onnxpb.ValueInfoProto{Name: name, Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: tensor}}}
}

// out adds outputs without a declared type.
func (m *model) out(names ...string) *model {
	for _, name := range names {
		m.pb.Graph.Output = append(m.pb.Graph.Output, &onnxpb.ValueInfoProto{Name: name})
	}
	return m
}

// init adds an initializer.
func (m *model) init(t *onnxpb.TensorProto) *model {
	m.pb.Graph.Initializer = append(m.pb.Graph.Initializer, t)
	return m
}

func (m *model) floats(name string, dims []int64, data ...float32) *model {
	return m.init(&onnxpb.TensorProto{Name: name, DataType: tFloat, Dims: dims, FloatData: data})
}

// ints adds a list of int64.
func (m *model) ints(name string, data ...int64) *model {
	return m.init(int64s(name, data...))
}

func int64s(name string, data ...int64) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{Name: name, DataType: tInt64, Dims: []int64{int64(len(data))}, Int64Data: data}
}

// opset sets the version of the operators.
func (m *model) opset(version int64) *model {
	m.pb.OpsetImport[0].Version = version
	return m
}

func bytesOf(name string, elem int32, dims []int64, data ...int32) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{Name: name, DataType: elem, Dims: dims, Int32Data: data}
}

func intsOf(name string, dims []int64, data ...int64) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{Name: name, DataType: tInt64, Dims: dims, Int64Data: data}
}

// empty is a list of no floats, as exporters write for an operand that is not used.
func empty(name string) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{Name: name, DataType: tFloat, Dims: []int64{0}}
}

// node adds a node "op a,b -> y,z".
func (m *model) node(text string, attrs ...*onnxpb.AttributeProto) *model {
	left, right, _ := strings.Cut(text, " -> ")
	op, in, _ := strings.Cut(left, " ")
	pb := &onnxpb.NodeProto{OpType: op, Output: strings.Split(right, ","), Attribute: attrs}
	if in != "" {
		pb.Input = strings.Split(in, ",")
	}
	m.pb.Graph.Node = append(m.pb.Graph.Node, pb)
	return m
}

func (m *model) bytes(t testing.TB) []byte {
	t.Helper()
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.pb)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func attrInt(name string, i int64) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_INT, I: i}
}

func attrInts(name string, list ...int64) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_INTS, Ints: list}
}

func attrFloat(name string, f float32) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_FLOAT, F: f}
}

func attrFloats(name string, list ...float32) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_FLOATS, Floats: list}
}

func attrTensor(name string, t *onnxpb.TensorProto) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: name, Type: onnxpb.AttributeProto_TENSOR, T: t}
}

// run evaluates a source net at the given inputs, rounding to float32 after
// every value, and returns the outputs.
func run(net *ir.Net, inputs map[string]*ir.Tensor) map[string]*ir.Tensor {
	return runWatched(net, inputs, func(*ir.Value, []*ir.Tensor, *ir.Tensor) {})
}

// runWatched is run with a look at each result, which may be changed there.
func runWatched(net *ir.Net, inputs map[string]*ir.Tensor, watch func(v *ir.Value, args []*ir.Tensor, result *ir.Tensor)) map[string]*ir.Tensor {
	at := map[*ir.Value]*ir.Tensor{}
	out := map[string]*ir.Tensor{}
	for _, v := range net.Values {
		switch {
		case v.Op == ir.OpInput:
			at[v] = inputs[v.Name]
		case v.Op == ir.OpConst:
			at[v] = v.Const()
		default:
			args := make([]*ir.Tensor, len(v.Args))
			for i, a := range v.Args {
				args[i] = at[a]
			}
			at[v] = ir.NewTensor(v.Type)
			eval.Do(v, args, at[v])
			eval.RoundFloat32(at[v])
			watch(v, args, at[v])
		}
		if v.Op == ir.OpOutput {
			out[v.Name] = at[v]
		}
	}
	return out
}

// ramp fills a net's inputs with small numbers of both signs, distinct in each.
func ramp(net *ir.Net) map[string]*ir.Tensor {
	out := map[string]*ir.Tensor{}
	for k, v := range net.All(ir.OpInput) {
		t := ir.NewTensor(v.Type)
		for i := range t.F {
			t.F[i] = float64((i*3+k)%7)/2 - 1
		}
		for i := range t.I {
			t.I[i] = int64((i*3 + k) % 2)
		}
		out[v.Name] = t
	}
	return out
}

// outputs prints the results of a run, in net order.
func outputs(net *ir.Net, got map[string]*ir.Tensor) string {
	var b strings.Builder
	for _, v := range net.All(ir.OpOutput) {
		t := got[v.Name]
		fmt.Fprintf(&b, "%s:", v.Name)
		for i := range t.Type.Size() {
			fmt.Fprintf(&b, " %.7g", t.At(i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
