package onnx

import (
	"fmt"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
)

// elem is ONNX's number of an element type.
type elem int32

// The element types that operators distinguish.
const (
	elemFloat  = elem(onnxpb.TensorProto_FLOAT)
	elemInt32  = elem(onnxpb.TensorProto_INT32)
	elemInt64  = elem(onnxpb.TensorProto_INT64)
	elemUint32 = elem(onnxpb.TensorProto_UINT32)
	elemBool   = elem(onnxpb.TensorProto_BOOL)
	elemDouble = elem(onnxpb.TensorProto_DOUBLE)
)

// elemRow is what is known of an element type.
type elemRow struct {
	name string
	size int     // bytes of an element in raw data; 0: constants of it are not read
	typ  ir.Type // of a scalar; the zero Type when nothing can be computed with it
}

var elems = [...]elemRow{
	1:  {"float", 4, ir.RealType(ir.Shape{})},
	2:  {"uint8", 1, ir.UintType(8, ir.Shape{})},
	3:  {"int8", 1, ir.SintType(8, ir.Shape{})},
	4:  {"uint16", 2, ir.UintType(16, ir.Shape{})},
	5:  {"int16", 2, ir.SintType(16, ir.Shape{})},
	6:  {"int32", 4, ir.SintType(32, ir.Shape{})},
	7:  {"int64", 8, ir.SintType(64, ir.Shape{})},
	8:  {"string", 0, ir.Type{}},
	9:  {"bool", 1, ir.SpikeType(ir.Shape{})},
	10: {"float16", 0, ir.Type{}},
	11: {"double", 8, ir.Type{}}, // held, so that a cast to float can round it
	12: {"uint32", 4, ir.UintType(32, ir.Shape{})},
	13: {"uint64", 0, ir.Type{}},
	14: {"complex64", 0, ir.Type{}},
	15: {"complex128", 0, ir.Type{}},
	16: {"bfloat16", 0, ir.Type{}},
	17: {"float8e4m3fn", 0, ir.Type{}},
	18: {"float8e4m3fnuz", 0, ir.Type{}},
	19: {"float8e5m2", 0, ir.Type{}},
	20: {"float8e5m2fnuz", 0, ir.Type{}},
	21: {"uint4", 0, ir.Type{}},
	22: {"int4", 0, ir.Type{}},
	23: {"float4e2m1", 0, ir.Type{}},
}

func (e elem) row() elemRow {
	if e > 0 && int(e) < len(elems) {
		return elems[e]
	}
	return elemRow{name: fmt.Sprintf("number %d", int32(e))}
}

func (e elem) String() string { return e.row().name }

// computes tells whether values of the type can be computed.
func (e elem) computes() bool { return e.row().typ.Kind != 0 }

// isInt tells integers from bool and the real types.
func (e elem) isInt() bool { return e.computes() && e != elemFloat && e != elemBool }

// of is the IR's type of an array.
func (e elem) of(s ir.Shape) ir.Type { return e.row().typ.WithShape(s) }

// holds tells whether every element of integer data is a number of the type.
func (e elem) holds(data []int64) bool {
	t := e.row().typ
	if t.Bits == 64 {
		return true
	}
	full := t.Full()
	for _, v := range data {
		if v < full.Lo || v > full.Hi {
			return false
		}
	}
	return true
}
