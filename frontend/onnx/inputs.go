package onnx

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// checkGiven demands that shapes and bindings of Options name inputs that there are,
// and takes the extents that stand for symbols.
func (imp *importer) checkGiven(g *onnxpb.GraphProto, o Options) bool {
	imp.given, imp.bound = o.Shapes, o.Bind
	inputs := map[string]*onnxpb.ValueInfoProto{}
	for _, pb := range g.Input {
		inputs[pb.Name] = pb
	}
	names := slices.Sorted(maps.Keys(inputs))
	for _, name := range slices.Sorted(maps.Keys(o.Bind)) {
		if inputs[name] == nil {
			imp.fail(diag.UnknownName, "has no input %q to bind; its inputs are %s", name, strings.Join(names, ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Shapes)) {
		pb := inputs[name]
		if pb == nil {
			imp.fail(diag.UnknownName, "has no input %q to give a shape; its inputs are %s", name, strings.Join(names, ", "))
			continue
		}
		imp.takeExtents(name, pb.Type.GetTensorType().GetShape(), o.Shapes[name])
	}
	return imp.list.Err() == nil
}

// takeExtents compares the shape given for an input with the file's, and takes its
// extents for symbols.
func (imp *importer) takeExtents(name string, file *onnxpb.TensorShapeProto, given []int64) {
	fits := file == nil || len(file.Dim) == len(given)
	for i, dim := range file.GetDim() {
		if !fits {
			break
		}
		said, symbol := given[i], dim.GetDimParam()
		if fixed, isFixed := dim.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue); isFixed {
			fits = fixed.DimValue == said
		} else if old, met := imp.extents[symbol]; met && symbol != "" {
			fits = old == said
		} else if symbol != "" {
			imp.extents[symbol] = said
		}
	}
	if !fits {
		imp.fail(diag.ShapeMismatch, "input %q is declared as %s, which cannot be %s", name, declaredShape(file), listOf(given))
	}
}

func listOf(dims []int64) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		parts[i] = strconv.FormatInt(d, 10)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// readInputs adds the graph's inputs, except those that initializers set or that
// are bound.
func (imp *importer) readInputs(s *scope, g *onnxpb.GraphProto) {
	for _, pb := range g.Input {
		bound := imp.bound[pb.Name]
		if s.tensors[pb.Name] != nil && bound == nil {
			continue
		}
		t, d := imp.readInput(pb)
		if bound != nil {
			t, d = imp.bind(pb, bound)
		}
		if d != nil {
			t = &tensor{broken: true}
			d.Origin = imp.at()
			d.Message = "graph input " + strconv.Quote(pb.Name) + " " + d.Message
			imp.list = append(imp.list, d)
		}
		t.name = pb.Name
		s.tensors[pb.Name] = t
	}
}

func (imp *importer) readInput(pb *onnxpb.ValueInfoProto) (*tensor, *diag.Diagnostic) {
	if imp.bound[pb.Name] != nil {
		return nil, nil
	}
	e, shape, d := tensorType(pb.Type)
	if d != nil {
		return nil, d
	}
	dims, open, d := imp.inputDims(pb.Name, shape)
	if d != nil {
		return nil, d
	}
	s, d := shapeOf(dims)
	if d != nil {
		return nil, d
	}
	imp.noteRounded(e)
	imp.b.At(imp.at())
	v, err := imp.b.Input(imp.unique(pb.Name), e.of(s), ir.InputAttrs{})
	if err != nil {
		return nil, diag.Errorf(diag.Origin{}, diag.BadNet, "%v", err)
	}
	t := &tensor{elem: e, shape: s, value: v, origin: imp.at()}
	if open >= 0 {
		t.open, t.openAt = &opening{input: pb.Name, symbol: shape.Dim[open].GetDimParam(), shape: declaredShape(shape), axis: open}, open
	}
	return t, nil
}

// bind is an input whose contents are given.
func (imp *importer) bind(pb *onnxpb.ValueInfoProto, data *ir.Tensor) (*tensor, *diag.Diagnostic) {
	e := elem(pb.Type.GetTensorType().GetElemType())
	if !e.computes() {
		return nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "has element type %v, which is not supported", e)
	}
	out := ir.NewTensor(e.of(data.Type.Shape))
	for i := range data.Type.Size() {
		f := data.At(i)
		if e.isReal() {
			out.F[i] = float64(float32(f))
			continue
		}
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "is bound to an array whose element %d is %v, wanted %v", i, f, e)
		}
		out.I[i] = int64(f)
	}
	if d := checkFinite(out.F); d != nil {
		return nil, d
	}
	if !e.holds(out.I) {
		return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "is bound to an array with an element that is no %v", e)
	}
	if s := pb.Type.GetTensorType().GetShape(); s != nil && !fitsDims(s, data.Type.Shape) {
		return nil, diag.Errorf(diag.Origin{}, diag.ShapeMismatch, "is %s, but bound to an array of shape %v", declaredShape(s), data.Type.Shape)
	}
	return known(pb.Name, e, imp.at(), out), nil
}

// fitsDims reports whether a shape is one that the file declares; open axes fit anything.
func fitsDims(declared *onnxpb.TensorShapeProto, s ir.Shape) bool {
	if len(declared.Dim) != s.Rank() {
		return false
	}
	for i, dim := range declared.Dim {
		v, fixed := dim.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue)
		if fixed && v.DimValue != int64(s.Dim(i)) {
			return false
		}
	}
	return true
}

// tensorType is the element type and shape that a type gives.
func tensorType(t *onnxpb.TypeProto) (elem, *onnxpb.TensorShapeProto, *diag.Diagnostic) {
	tt := t.GetTensorType()
	switch {
	case t.GetValue() == nil:
		return 0, nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "has no type")
	case tt == nil:
		return 0, nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "is no dense tensor")
	case !elem(tt.ElemType).computes():
		return 0, nil, diag.Errorf(diag.Origin{}, diag.UnsupportedType, "has element type %v, which is not supported", elem(tt.ElemType))
	case tt.Shape == nil:
		return 0, nil, diag.Errorf(diag.Origin{}, diag.ShapeMismatch, "has no shape")
	}
	return elem(tt.ElemType), tt.Shape, nil
}

// inputDims is an input's shape as given, or with the open batch axis set to 1,
// and which axis that is. It is axis 0, or the only open axis of an input that has
// time or something else in front. The symbol of the axis is remembered, and may
// stand anywhere.
func (imp *importer) inputDims(name string, s *onnxpb.TensorShapeProto) (dims []int64, open int, d *diag.Diagnostic) {
	if given := imp.given[name]; given != nil {
		return given, -1, nil
	}
	dims = make([]int64, len(s.Dim))
	batch, others, known := -1, 0, -1
	for i, dim := range s.Dim {
		fixed, isFixed := dim.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue)
		extent, said := imp.extents[dim.GetDimParam()]
		switch {
		case isFixed:
			dims[i] = fixed.DimValue
		case dim.GetDimParam() != "" && said:
			dims[i] = extent
		case dim.GetDimParam() != "" && imp.batch[dim.GetDimParam()]:
			known, dims[i] = i, 1
		case batch < 0:
			batch, dims[i] = i, 1
		default:
			others = i
		}
	}
	if others > 0 {
		shape := declaredShape(s)
		return nil, 0, diag.Errorf(diag.Origin{}, diag.NoBatch, "leaves axis %d open (%q), wanted a number: only the batch may be open", others, s.Dim[others].GetDimParam()).
			WithHelp("say the extents: --input-shape %s=%s with numbers for the open ones", name, shape[1:len(shape)-1])
	}
	if batch < 0 {
		return dims, known, nil
	}
	if symbol := s.Dim[batch].GetDimParam(); symbol != "" {
		imp.batch[symbol] = true
	}
	return dims, batch, nil
}
