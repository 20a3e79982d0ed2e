package onnx

import (
	"fmt"
	"math"

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
	elemUint8  = elem(onnxpb.TensorProto_UINT8)
	elemInt8   = elem(onnxpb.TensorProto_INT8)
	elemUint32 = elem(onnxpb.TensorProto_UINT32)
	elemUint64 = elem(onnxpb.TensorProto_UINT64)
	elemBool   = elem(onnxpb.TensorProto_BOOL)
	elemDouble = elem(onnxpb.TensorProto_DOUBLE)
)

// elemRow describes an element type.
type elemRow struct {
	name string
	size int     // bytes of an element in raw data
	typ  ir.Type // of a scalar; the zero Type when nothing can be computed with it
	// float is the number that the bits of a floating-point type stand for.
	float func(bits uint64) float64
}

// elems are the element types by ONNX's numbers. Integers of 64 bits without a
// sign are held where they are below 2^62.
var elems = [...]elemRow{
	1:  {name: "float", size: 4, typ: ir.RealType(ir.Shape{}), float: single},
	2:  {name: "uint8", size: 1, typ: ir.UintType(8, ir.Shape{})},
	3:  {name: "int8", size: 1, typ: ir.SintType(8, ir.Shape{})},
	4:  {name: "uint16", size: 2, typ: ir.UintType(16, ir.Shape{})},
	5:  {name: "int16", size: 2, typ: ir.SintType(16, ir.Shape{})},
	6:  {name: "int32", size: 4, typ: ir.SintType(32, ir.Shape{})},
	7:  {name: "int64", size: 8, typ: ir.SintType(64, ir.Shape{})},
	8:  {name: "string"},
	9:  {name: "bool", size: 1, typ: ir.SpikeType(ir.Shape{})},
	10: {name: "float16", size: 2, typ: ir.RealType(ir.Shape{}), float: half},
	11: {name: "double", size: 8, typ: ir.RealType(ir.Shape{}), float: math.Float64frombits},
	12: {name: "uint32", size: 4, typ: ir.UintType(32, ir.Shape{})},
	13: {name: "uint64", size: 8, typ: ir.UintType(64, ir.Shape{})},
	14: {name: "complex64"},
	15: {name: "complex128"},
	16: {name: "bfloat16", size: 2, typ: ir.RealType(ir.Shape{}), float: brain},
	17: {name: "float8e4m3fn"},
	18: {name: "float8e4m3fnuz"},
	19: {name: "float8e5m2"},
	20: {name: "float8e5m2fnuz"},
	21: {name: "uint4", typ: ir.UintType(4, ir.Shape{})}, // two in a byte
	22: {name: "int4", typ: ir.SintType(4, ir.Shape{})},
	23: {name: "float4e2m1"},
}

func single(bits uint64) float64 { return float64(math.Float32frombits(uint32(bits))) }

// brain is bfloat16: the upper half of a float32.
func brain(bits uint64) float64 { return single(bits << 16) }

// half is float16: a sign, five bits of exponent, ten of fraction.
func half(bits uint64) float64 {
	sign := 1.0
	if bits>>15&1 != 0 {
		sign = -1
	}
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	switch {
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		return math.Inf(int(sign))
	case exponent == 31:
		return math.NaN()
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

func (e elem) row() elemRow {
	if e > 0 && int(e) < len(elems) {
		return elems[e]
	}
	return elemRow{name: fmt.Sprintf("number %d", int32(e))}
}

func (e elem) String() string { return e.row().name }

// packed reports whether two elements share a byte, that of the lower index in its lower half.
func (e elem) packed() bool { return e.row().typ.Bits == 4 }

// bytes is the size of n elements in raw data.
func (e elem) bytes(n int) int {
	if e.packed() {
		return (n + 1) / 2
	}
	return n * e.row().size
}

// stored is the number of entries that typed data has for n elements.
func (e elem) stored(n int) int {
	if e.packed() {
		return (n + 1) / 2
	}
	return n
}

// computes reports whether values of the type can be computed.
func (e elem) computes() bool { return e.row().typ.Kind != 0 }

// isInt tells integers from bool and the real types.
func (e elem) isInt() bool { return e.computes() && !e.isReal() && e != elemBool }

// isReal tells the floating-point types from the others.
func (e elem) isReal() bool { return e.row().typ.IsReal() }

// of is the IR's type of an array.
func (e elem) of(s ir.Shape) ir.Type { return e.row().typ.WithShape(s) }

// holds reports whether every element of integer data is a number of the type.
func (e elem) holds(data []int64) bool {
	full := e.row().typ.Full()
	for _, v := range data {
		if v < full.Lo || v > full.Hi {
			return false
		}
	}
	return true
}

// wrap cuts integers to the type, as its arithmetic would.
func (e elem) wrap(data []int64) {
	t := e.row().typ
	drop := 64 - t.Bits
	for i, v := range data {
		if t.Kind == ir.Uint {
			data[i] = int64(uint64(v) << drop >> drop)
		} else {
			data[i] = v << drop >> drop
		}
	}
}
