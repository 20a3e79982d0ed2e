package onnx_test

import (
	"fmt"
	"io/fs"
	"strconv"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
)

// flatten makes inputs and outputs that are sequences some that are tensors: parts
// that the model puts together first, parts that it takes apart in the end, and
// how many those are. It is false for types that are neither.
func (c *nodeCase) flatten(t *testing.T, files fs.FS, data string) bool {
	g := c.model.Graph
	inputs, outputs, nodes := g.Input, g.Output, g.Node
	g.Input, g.Output, g.Node = nil, nil, nil
	for i, v := range inputs {
		file := data + "input_" + strconv.Itoa(i) + ".pb"
		switch {
		case v.GetType().GetTensorType() != nil:
			g.Input, c.inputs = append(g.Input, v), append(c.inputs, readTensor(t, files, file, v))
		case v.GetType().GetSequenceType().GetElemType().GetTensorType() != nil:
			c.giveParts(v, readParts(t, files, file))
		default:
			return false
		}
	}
	g.Node = append(g.Node, nodes...)
	for i, v := range outputs {
		file := data + "output_" + strconv.Itoa(i) + ".pb"
		switch {
		case v.GetType().GetTensorType() != nil:
			g.Output, c.outputs = append(g.Output, v), append(c.outputs, readTensor(t, files, file, v))
		case v.GetType().GetSequenceType().GetElemType().GetTensorType() != nil:
			c.takeParts(v.Name, readParts(t, files, file))
		default:
			return false
		}
	}
	return true
}

// giveParts makes an input of each part, and the sequence of them.
func (c *nodeCase) giveParts(v *onnxpb.ValueInfoProto, parts []*onnxpb.TensorProto) {
	g, build := c.model.Graph, &onnxpb.NodeProto{OpType: "SequenceConstruct", Output: []string{v.Name}}
	if len(parts) == 0 {
		build.OpType = "SequenceEmpty"
	}
	for i, part := range parts {
		name := fmt.Sprintf("%s.%d", v.Name, i)
		g.Input, c.inputs = append(g.Input, valueInfo(name, part.DataType, part.Dims)), append(c.inputs, part)
		build.Input = append(build.Input, name)
	}
	g.Node = append(g.Node, build)
}

// takeParts makes an output of each part that is wanted, and one of their number.
func (c *nodeCase) takeParts(name string, parts []*onnxpb.TensorProto) {
	m := &model{c.model}
	for i, part := range parts {
		at, out := fmt.Sprintf("%s.at%d", name, i), fmt.Sprintf("%s.%d", name, i)
		m.init(scalar(int64s(at, int64(i)))).node("SequenceAt " + name + "," + at + " -> " + out + ".part").node("Identity " + out + ".part -> " + out).out(out)
		c.outputs = append(c.outputs, part)
	}
	m.node("SequenceLength " + name + " -> " + name + ".length").out(name + ".length")
	raw := []byte{byte(len(parts)), 0, 0, 0, 0, 0, 0, 0}
	c.outputs = append(c.outputs, &onnxpb.TensorProto{DataType: tInt64, RawData: raw})
}

// readParts reads ONNX's SequenceProto, whose field 3 lists tensors.
func readParts(t *testing.T, files fs.FS, file string) []*onnxpb.TensorProto {
	t.Helper()
	data, err := fs.ReadFile(files, file)
	if err != nil {
		t.Fatal(err)
	}
	var out []*onnxpb.TensorProto
	for len(data) > 0 {
		field, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			t.Fatalf("%s: no sequence", file)
		}
		size := protowire.ConsumeFieldValue(field, kind, data[n:])
		if size < 0 {
			t.Fatalf("%s: no sequence", file)
		}
		if field == 3 {
			part := &onnxpb.TensorProto{}
			content, _ := protowire.ConsumeBytes(data[n:])
			if err := proto.Unmarshal(content, part); err != nil {
				t.Fatal(file, err)
			}
			out = append(out, part)
		}
		data = data[n+size:]
	}
	return out
}
