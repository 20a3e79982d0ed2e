package ir

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Tensor is dense data of a type in C order: F for reals, I for integers. At
// the source level every element of F is a float32 held in a float64.
type Tensor struct {
	Type Type
	F    []float64
	I    []int64
}

// NewTensor makes a tensor of zeros.
func NewTensor(t Type) *Tensor {
	if t.IsReal() {
		return &Tensor{Type: t, F: make([]float64, t.Size())}
	}
	return &Tensor{Type: t, I: make([]int64, t.Size())}
}

// Reals makes a real tensor around data.
func Reals(s Shape, data []float64) *Tensor { return &Tensor{Type: RealType(s), F: data} }

// Ints makes an integer tensor around data, with the narrowest type that holds it.
func Ints(s Shape, data []int64) *Tensor {
	t := &Tensor{I: data}
	t.Type = Holding(t.Range(), s)
	return t
}

// Range is the interval of an integer tensor's elements.
func (t *Tensor) Range() Range {
	if len(t.I) == 0 {
		return Range{}
	}
	r := Range{Lo: t.I[0], Hi: t.I[0]}
	for _, v := range t.I {
		r.Lo, r.Hi = min(r.Lo, v), max(r.Hi, v)
	}
	return r
}

// At is element i as a real number, whatever the kind.
func (t *Tensor) At(i int) float64 {
	if t.Type.IsReal() {
		return t.F[i]
	}
	return float64(t.I[i])
}

// Uniform returns the value of all elements, and whether they are equal.
func (t *Tensor) Uniform() (float64, bool) {
	for i := range t.Type.Size() {
		if t.At(i) != t.At(0) {
			return 0, false
		}
	}
	return t.At(0), true
}

// Digest names the content in 12 hexadecimal digits: shape and data, and whether
// they are reals or integers, but not how wide.
func (t *Tensor) Digest() string {
	h := sha256.New()
	fmt.Fprint(h, t.Type.IsReal(), t.Type.Shape)
	var b [8]byte
	for _, v := range t.F {
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
		h.Write(b[:])
	}
	for _, v := range t.I {
		binary.LittleEndian.PutUint64(b[:], uint64(v))
		h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Index maps the elements of a shape to those of an operand that broadcasts to
// it: Index(operand, to)[i] is the operand's element for element i.
// It is nil when the shapes are equal, for the map is then the identity.
func Index(operand, to Shape) []int {
	if operand == to {
		return nil
	}
	index := make([]int, operand.Size())
	for i := range index {
		index[i] = i
	}
	return Stretch(index, operand, to)
}

// Stretch is the data of an operand broadcast to a shape.
func Stretch[T any](data []T, operand, to Shape) []T {
	out := make([]T, to.Size())
	stretch(out, data, operand, to, 0)
	return out
}

// stretch fills out, the elements of a shape from an axis on, with those of the operand.
func stretch[T any](out, data []T, operand, to Shape, axis int) {
	if len(data) == len(out) {
		copy(out, data)
		return
	}
	extent := to.Dim(axis)
	part := len(out) / extent
	if operand.fromRight(to.Rank()-1-axis) == 1 {
		stretch(out[:part], data, operand, to, axis+1)
		for done := part; done < len(out); done *= 2 {
			copy(out[done:], out[:done])
		}
		return
	}
	own := len(data) / extent
	for i := range extent {
		stretch(out[i*part:][:part], data[i*own:][:own], operand, to, axis+1)
	}
}
