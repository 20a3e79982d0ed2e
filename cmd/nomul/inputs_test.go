package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
	"nomul/runtime/dataset"
)

// openInputs writes open-time.onnx, of which the first axis, time, is open, with
// frames.npz; and free.onnx, of which the first weights are an input, with free.npz.
func openInputs(root, dir string) error {
	frames := filepath.Join(root, "onnx/frameworks/onnx/time-first.scan.onnx")
	err := copyChanged(frames, filepath.Join(dir, "open-time.onnx"), func(g *onnxpb.GraphProto) error {
		shape := g.Input[0].Type.GetTensorType().Shape
		shape.Dim[0].Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "T"}
		return nil
	})
	if err != nil {
		return err
	}
	in, err := dataset.ReadArrays(filepath.Join(root, "onnx/frameworks/onnx/time-first.npz"))
	if err != nil {
		return err
	}
	if err := dataset.WriteArrays(filepath.Join(dir, "frames.npz"), map[string]*dataset.Array{"x": in["x"]}); err != nil {
		return err
	}
	return copyChanged(filepath.Join(root, "models/mlp-slice/mlp_slice.onnx"), filepath.Join(dir, "free.onnx"), func(g *onnxpb.GraphProto) error {
		w := g.Initializer[0]
		g.Initializer = g.Initializer[1:]
		shape, dims := &onnxpb.TensorShapeProto{}, []int{}
		for _, d := range w.Dims {
			dims = append(dims, int(d))
			shape.Dim = append(shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: d}})
		}
		tensor := &onnxpb.TypeProto_Tensor{ElemType: w.DataType, Shape: shape}
		g.Input = append(g.Input, &onnxpb.ValueInfoProto{Name: w.Name, Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: tensor}}})
		var data []float64
		for ; len(w.RawData) > 0; w.RawData = w.RawData[4:] {
			data = append(data, float64(math.Float32frombits(binary.LittleEndian.Uint32(w.RawData))))
		}
		return dataset.WriteArrays(filepath.Join(dir, "free.npz"), map[string]*dataset.Array{w.Name: dataset.Floats(dataset.Float32, dims, data)})
	})
}

// copyChanged writes a changed copy of a model.
func copyChanged(from, to string, change func(*onnxpb.GraphProto) error) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var m onnxpb.ModelProto
	if err := proto.Unmarshal(data, &m); err != nil {
		return err
	}
	if err := change(m.Graph); err != nil {
		return err
	}
	if data, err = proto.Marshal(&m); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
