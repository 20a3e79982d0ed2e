package onnx

import (
	"fmt"
	"math"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// tensor is one tensor of the graph during import: computed at run time, or known.
type tensor struct {
	name   string
	elem   elem
	shape  ir.Shape
	data   *ir.Tensor // the contents, when they are known
	empty  bool       // known to have no element; shape and data are then unset
	value  *ir.Value  // nil for known contents that no value reads yet
	origin diag.Origin
	// isSequence: no tensor but a list of tensors, its parts.
	isSequence bool
	parts      []*tensor
	// open is the open axis of an input that runs through it, nil when none does, and
	// openAt where. counts says of known integers which are extents of one.
	open   *opening
	openAt int
	counts *counted
	// untyped: made by an operator that is not understood, in a file that does
	// not write the type down.
	untyped bool
	// broken: an error was reported where it is made, so its readers are passed over.
	broken bool
}

// known makes a tensor whose contents are data.
func known(name string, e elem, at diag.Origin, data *ir.Tensor) *tensor {
	return &tensor{name: name, elem: e, shape: data.Type.Shape, data: data, origin: at}
}

// knownInts makes a known list of integers, which may be empty.
func knownInts(name string, at diag.Origin, list []int64) *tensor {
	if len(list) == 0 {
		return &tensor{name: name, elem: elemInt64, empty: true, origin: at}
	}
	t := &ir.Tensor{Type: elemInt64.of(ir.ShapeOf(len(list))), I: list}
	return known(name, elemInt64, at, t)
}

// ints lists the contents of a known integer tensor.
func (t *tensor) ints() ([]int64, bool) {
	switch {
	case !t.elem.isInt():
		return nil, false
	case t.empty:
		return []int64{}, true
	case t.data == nil:
		return nil, false
	}
	return t.data.I, true
}

// decodeTensor reads constant data. The errors name neither place nor tensor.
// Reals of other types become the nearest float32.
func (imp *importer) decodeTensor(pb *onnxpb.TensorProto) (*tensor, *diag.Diagnostic) {
	t := &tensor{name: pb.Name, elem: elem(pb.DataType)}
	if d := checkStorage(pb); d != nil {
		return nil, d
	}
	n, d := t.setShape(pb)
	if d != nil || t.empty {
		return t, d
	}
	raw := pb.RawData
	if pb.DataLocation == onnxpb.TensorProto_EXTERNAL || len(pb.ExternalData) > 0 {
		if raw, d = imp.external(pb, int64(t.elem.bytes(n))); d != nil {
			return nil, d
		}
	}
	if d := checkCount(pb, raw, t.elem, n); d != nil {
		return nil, d
	}
	t.data = &ir.Tensor{Type: t.elem.of(t.shape)}
	if t.elem.isReal() {
		t.data.F = decodeReals(pb, raw, n)
		return t, checkFinite(t.data.F)
	}
	t.data.I = decodeInts(pb, raw, t.elem, n)
	if !t.elem.holds(t.data.I) {
		return nil, diag.Errorf(diag.Origin{}, diag.BadConstant, "has an element that is no %v, or too large a one", t.elem)
	}
	return t, nil
}

// checkStorage refuses the ways to store data that are not read.
func checkStorage(pb *onnxpb.TensorProto) *diag.Diagnostic {
	e := elem(pb.DataType)
	switch {
	case pb.Segment != nil:
		return diag.Errorf(diag.Origin{}, diag.BadConstant, "is stored in segments, which are not supported")
	case !e.computes():
		return diag.Errorf(diag.Origin{}, diag.UnsupportedType, "has element type %v, which is not supported", e)
	}
	return nil
}

// setShape sets shape or empty from the dims, and returns the number of elements.
// Lists may be empty: a shape of no axes is one, and an operand that is not used.
func (t *tensor) setShape(pb *onnxpb.TensorProto) (int, *diag.Diagnostic) {
	if len(pb.Dims) == 1 && pb.Dims[0] == 0 {
		t.empty = true
		return 0, nil
	}
	s, d := shapeOf(pb.Dims)
	if d != nil {
		return 0, d
	}
	t.shape = s
	return s.Size(), nil
}

// shapeOf makes a shape of a file's numbers.
func shapeOf(dims []int64) (ir.Shape, *diag.Diagnostic) {
	list := make([]int, len(dims))
	for i, d := range dims {
		// An int may be narrower than 64 bits; an extent beyond it is too large anyway.
		list[i] = int(min(max(d, -1), ir.MaxSize+1))
	}
	s, err := ir.NewShape(list)
	if err != nil {
		return s, diag.Errorf(diag.Origin{}, diag.ShapeMismatch, "%v", err)
	}
	return s, nil
}

// checkCount demands data for n elements, before any memory is asked for.
func checkCount(pb *onnxpb.TensorProto, raw []byte, e elem, n int) *diag.Diagnostic {
	typed := typedLen(pb)
	switch {
	case len(raw) > 0 && typed > 0:
		return diag.Errorf(diag.Origin{}, diag.BadConstant, "has both raw and typed data")
	case len(raw) > 0 && len(raw) != e.bytes(n):
		return diag.Errorf(diag.Origin{}, diag.BadConstant, "has %d bytes of data, wanted %d (%d elements of %v)", len(raw), e.bytes(n), n, e)
	case len(raw) > 0:
		return nil
	case typed == 0 && n > 0:
		return diag.Errorf(diag.Origin{}, diag.BadConstant, "has no data, wanted %d elements of %v", n, e)
	case typed != e.stored(n) || typedCount(pb, e) != e.stored(n):
		return diag.Errorf(diag.Origin{}, diag.BadConstant, "has %d elements of %v, wanted %d", typedCount(pb, e), e, e.stored(n))
	}
	return nil
}

// typedLen is the number of elements in all fields of typed data.
func typedLen(pb *onnxpb.TensorProto) int {
	return len(pb.FloatData) + len(pb.DoubleData) + len(pb.Int32Data) + len(pb.Int64Data) + len(pb.Uint64Data)
}

// typedCount is the number of elements in the field of the type.
func typedCount(pb *onnxpb.TensorProto, e elem) int {
	switch e {
	case elemFloat:
		return len(pb.FloatData)
	case elemDouble:
		return len(pb.DoubleData)
	case elemInt64:
		return len(pb.Int64Data)
	case elemUint32, elemUint64:
		return len(pb.Uint64Data)
	}
	return len(pb.Int32Data)
}

// typedInts is the integer field that holds elements of the type.
func typedInts(pb *onnxpb.TensorProto, e elem) []int64 {
	switch e {
	case elemInt64:
		return pb.Int64Data
	case elemUint32, elemUint64:
		return widen(pb.Uint64Data)
	}
	return widen(pb.Int32Data)
}

func widen[T int32 | uint64](in []T) []int64 {
	out := make([]int64, len(in))
	for i, v := range in {
		out[i] = int64(v)
	}
	return out
}

// decodeReals reads n elements of a floating-point type as float32.
func decodeReals(pb *onnxpb.TensorProto, raw []byte, n int) []float64 {
	out, e := make([]float64, n), elem(pb.DataType)
	row := e.row()
	for i := range out {
		var f float64
		switch {
		case len(raw) > 0:
			f = row.float(uint64(rawInt(raw[i*row.size:][:row.size], false)))
		case e == elemFloat:
			f = float64(pb.FloatData[i])
		case e == elemDouble:
			f = pb.DoubleData[i]
		default:
			f = row.float(uint64(uint16(pb.Int32Data[i])))
		}
		out[i] = float64(float32(f))
	}
	return out
}

func decodeInts(pb *onnxpb.TensorProto, raw []byte, e elem, n int) []int64 {
	switch {
	case e.packed():
		return halves(pb, raw, e, n)
	case len(raw) == 0:
		return typedInts(pb, e)
	}
	size, signed := e.row().size, e.row().typ.Kind == ir.Sint
	out := make([]int64, 0, len(raw)/size)
	for ; len(raw) > 0; raw = raw[size:] {
		out = append(out, rawInt(raw[:size], signed))
	}
	return out
}

// halves are n elements of 4 bits, two in each byte.
func halves(pb *onnxpb.TensorProto, raw []byte, e elem, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		var b byte
		if len(raw) > 0 {
			b = raw[i/2]
		} else {
			b = byte(pb.Int32Data[i/2])
		}
		out[i] = int64(b >> (i % 2 * 4) & 15)
	}
	e.wrap(out)
	return out
}

// rawInt is a little-endian integer of 1 to 8 bytes.
func rawInt(b []byte, signed bool) int64 {
	var u uint64
	for i, c := range b {
		u |= uint64(c) << (8 * i)
	}
	unused := 64 - 8*len(b)
	if signed {
		return int64(u<<unused) >> unused
	}
	return int64(u)
}

func checkFinite(data []float64) *diag.Diagnostic {
	for i, f := range data {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			d := diag.Errorf(diag.Origin{}, diag.BadConstant, "element %d is %v", i, f)
			if math.IsInf(f, 0) {
				d.Help = fmt.Sprintf("no integer stands for an infinity: write a number beyond all that are compared with it, such as %g for a last spike that was long ago", math.Copysign(1000, f))
			}
			return d
		}
	}
	return nil
}
