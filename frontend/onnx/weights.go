package onnx

import (
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// Weights reads the constants of an ONNX file's main graph: its initialisers and
// the tensors of its Constant nodes, by name. Float tensors are as Import has
// them, others are integers; those of other types, and empty ones, are left out.
// The network itself is not looked at, so it may hold nodes that Import refuses.
func Weights(file string, data []byte, o Options) (map[string]*ir.Tensor, error) {
	imp := newImporter(file, len(data), o)
	if !imp.decode(data) {
		return nil, imp.list
	}
	out := map[string]*ir.Tensor{}
	for _, pb := range imp.model.Graph.GetInitializer() {
		imp.weight(out, pb.Name, pb)
	}
	for _, n := range imp.model.Graph.GetNode() {
		if n.OpType != "Constant" || len(n.Output) != 1 {
			continue
		}
		for _, a := range n.Attribute {
			if a.Name == "value" && a.T != nil {
				imp.weight(out, n.Output[0], a.T)
			}
		}
	}
	if err := imp.list.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

func (imp *importer) weight(out map[string]*ir.Tensor, name string, pb *onnxpb.TensorProto) {
	t, d := imp.decodeTensor(pb)
	switch {
	case d != nil && (d.Code == diag.UnsupportedType || d.Message == ""):
	case d != nil:
		imp.fail(d.Code, "tensor %q %s", name, d.Message)
	case t.data != nil && name != "":
		out[name] = t.data
	}
}
