// Package dataset reads images, labels and arrays from the files people have
// them in (idx, npy, npz, folders of PNGs) and writes npz. Everything that is
// wrong with a file is a diag.Diagnostic that names it; no input makes it
// panic, and no header makes it ask for more memory than MaxElements need.
//
// The npy format is read and written here, not by github.com/sbinet/npyio:
// that library takes missing bytes of a truncated file for zeros, panics on
// some headers, and writes no array of more than two axes. The tests hold the
// two against each other where both can.
package dataset

import (
	"fmt"
	"math"

	"nomul/ir"
)

// MaxElements bounds the elements read from one file, over all its arrays.
const MaxElements = 1 << 27

// DType is the element type of an array, by its numpy name.
type DType string

// The element types.
const (
	Bool    DType = "bool"
	Int8    DType = "int8"
	Int16   DType = "int16"
	Int32   DType = "int32"
	Int64   DType = "int64"
	Uint8   DType = "uint8"
	Uint16  DType = "uint16"
	Uint32  DType = "uint32"
	Uint64  DType = "uint64"
	Float32 DType = "float32"
	Float64 DType = "float64"
)

// descrs are the type codes of the npy format, without the byte order.
var descrs = map[DType]string{
	Bool: "b1", Int8: "i1", Int16: "i2", Int32: "i4", Int64: "i8",
	Uint8: "u1", Uint16: "u2", Uint32: "u4", Uint64: "u8",
	Float32: "f4", Float64: "f8",
}

// IsFloat tells real numbers from integers and booleans.
func (d DType) IsFloat() bool { return d == Float32 || d == Float64 }

// Width is the bytes of an element in a file: 1, 2, 4 or 8; 0 for no such type.
func (d DType) Width() int {
	code := descrs[d]
	if code == "" {
		return 0
	}
	return int(code[1] - '0')
}

func (d DType) signed() bool { return d[0] == 'i' }

// Array is dense data in C order: F for floats, I for integers and booleans (0 or 1).
type Array struct {
	DType DType
	Shape []int
	F     []float64
	I     []int64
}

// Floats makes an array of real numbers; the shape must hold len(data) elements.
func Floats(d DType, shape []int, data []float64) *Array {
	return &Array{DType: d, Shape: shape, F: data}
}

// Ints makes an array of integers; the shape must hold len(data) elements.
func Ints(d DType, shape []int, data []int64) *Array {
	return &Array{DType: d, Shape: shape, I: data}
}

// Len is the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// At is element i as a real number, whatever the type.
func (a *Array) At(i int) float64 {
	if a.DType.IsFloat() {
		return a.F[i]
	}
	return float64(a.I[i])
}

// FromTensor is the array that holds a tensor exactly: integers in the
// narrowest numpy type that is as wide as theirs, reals as float32 when every
// one of them is a float32, else as float64.
func FromTensor(t *ir.Tensor) *Array {
	shape := t.Type.Shape.Dims()
	if t.Type.IsReal() {
		return Floats(narrowFloat(t.F), shape, t.F)
	}
	return Ints(intType(t.Type), shape, t.I)
}

func narrowFloat(data []float64) DType {
	for _, f := range data {
		if float64(float32(f)) != f {
			return Float64
		}
	}
	return Float32
}

// TypeOf is the element type that holds the integers of a type; that of spikes is Bool.
func TypeOf(t ir.Type) DType {
	if t.IsSpike() {
		return Bool
	}
	return intType(t)
}

func intType(t ir.Type) DType {
	family := []DType{Int8, Int16, Int32, Int64}
	if t.Kind == ir.Uint {
		family = []DType{Uint8, Uint16, Uint32, Uint64}
	}
	for _, d := range family {
		if d.Width()*8 >= int(t.Bits) {
			return d
		}
	}
	return family[3]
}

// Tensor is the array as a tensor: reals as reals, integers with the narrowest
// type of the IR that holds them.
func (a *Array) Tensor() (*ir.Tensor, error) {
	shape, err := ir.NewShape(a.Shape)
	if err != nil {
		return nil, err
	}
	if a.DType.IsFloat() {
		return ir.Reals(shape, a.F), nil
	}
	return ir.Ints(shape, a.I), nil
}

// check refuses an array that cannot be written with its element type and shape.
func (a *Array) check() error {
	if a.DType.Width() == 0 {
		return fmt.Errorf("element type %q does not exist", a.DType)
	}
	n := len(a.I)
	if a.DType.IsFloat() {
		n = len(a.F)
	}
	if n != a.Len() {
		return fmt.Errorf("shape %v does not hold %d elements", a.Shape, n)
	}
	lo, hi := a.DType.bounds()
	for i, v := range a.I {
		if v < lo || v > hi {
			return fmt.Errorf("element %d is %d, outside %s", i, v, a.DType)
		}
	}
	return nil
}

// bounds returns the least and the greatest integer of a type; uint64 ends where int64 does.
func (d DType) bounds() (lo, hi int64) {
	bits := uint(8 * d.Width())
	switch {
	case d == Bool:
		return 0, 1
	case d.IsFloat() || bits == 64 && d.signed():
		return math.MinInt64, math.MaxInt64
	case bits == 64:
		return 0, math.MaxInt64
	case d.signed():
		return -(int64(1) << (bits - 1)), int64(1)<<(bits-1) - 1
	}
	return 0, int64(1)<<bits - 1
}
