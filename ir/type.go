package ir

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"nomul/ir/update"
)

// MaxRank is the largest number of axes a value may have.
const MaxRank = 8

// MaxSize bounds the elements of one value, so that a corrupt shape is refused
// before memory is asked for.
const MaxSize = 1 << 28

// Shape is the extent of a value along each axis. It is comparable. A scalar has rank 0.
type Shape struct {
	rank uint8
	dims [MaxRank]int32
}

// ShapeOf makes a shape. It panics when there are more than MaxRank axes or a
// dimension is not positive; use NewShape for numbers that come from a user.
func ShapeOf(dims ...int) Shape {
	s, err := NewShape(dims)
	if err != nil {
		panic(err)
	}
	return s
}

// NewShape makes a shape, or returns an error if the dimensions are out of bounds.
func NewShape(dims []int) (Shape, error) {
	if len(dims) > MaxRank {
		return Shape{}, fmt.Errorf("shape %v has more than %d axes", dims, MaxRank)
	}
	s := Shape{rank: uint8(len(dims))}
	size := 1
	for i, d := range dims {
		if d <= 0 {
			return Shape{}, fmt.Errorf("shape %v has a dimension that is not positive", dims)
		}
		if d > MaxSize/size {
			return Shape{}, fmt.Errorf("shape %v has more than %d elements", dims, MaxSize)
		}
		size *= d
		s.dims[i] = int32(d)
	}
	return s, nil
}

// Rank is the number of axes.
func (s Shape) Rank() int { return int(s.rank) }

// Dim is the extent along axis i.
func (s Shape) Dim(i int) int { return int(s.dims[i]) }

// Dims lists the extents.
func (s Shape) Dims() []int {
	out := make([]int, s.rank)
	for i := range out {
		out[i] = int(s.dims[i])
	}
	return out
}

// Size is the number of elements.
func (s Shape) Size() int {
	n := 1
	for _, d := range s.dims[:s.rank] {
		n *= int(d)
	}
	return n
}

// String prints the shape as in the text form: [16,24,24].
func (s Shape) String() string {
	parts := make([]string, s.rank)
	for i := range parts {
		parts[i] = strconv.Itoa(int(s.dims[i]))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// Broadcast is the shape two operands have in common under numpy's rule:
// axes are aligned at the right, and an extent of 1 stretches.
func Broadcast(a, b Shape) (Shape, bool) {
	rank := max(a.Rank(), b.Rank())
	out := Shape{rank: uint8(rank)}
	for i := range rank {
		x, y := a.fromRight(rank-1-i), b.fromRight(rank-1-i)
		if x != y && x != 1 && y != 1 {
			return Shape{}, false
		}
		out.dims[i] = max(x, y)
	}
	return out, true
}

// BroadcastsTo reports whether s stretches to exactly t.
func (s Shape) BroadcastsTo(t Shape) bool {
	got, ok := Broadcast(s, t)
	return ok && got == t
}

func (s Shape) fromRight(i int) int32 {
	if i >= int(s.rank) {
		return 1
	}
	return s.dims[int(s.rank)-1-i]
}

// Kind is the class of an element type.
type Kind uint8

// The kinds. Real is a real number: float32 at the source level, as good as
// float64 at the spiking level, absent from the fixed level.
const (
	Real Kind = iota + 1
	Uint
	Sint
)

// Type is the element type and shape of a value. It is comparable.
type Type struct {
	Kind  Kind
	Bits  uint8 // width of an integer, 1 to 64; 0 for Real
	Shape Shape
}

// RealType is real[shape].
func RealType(s Shape) Type { return Type{Kind: Real, Shape: s} }

// SpikeType is spike[shape], one unsigned bit.
func SpikeType(s Shape) Type { return Type{Kind: Uint, Bits: 1, Shape: s} }

// UintType is uK[shape].
func UintType(k int, s Shape) Type { return Type{Kind: Uint, Bits: uint8(k), Shape: s} }

// SintType is sK[shape], two's complement.
func SintType(k int, s Shape) Type { return Type{Kind: Sint, Bits: uint8(k), Shape: s} }

// IsReal tells real numbers from integers.
func (t Type) IsReal() bool { return t.Kind == Real }

// IsSpike reports whether the elements are 0 or 1.
func (t Type) IsSpike() bool { return t.Kind == Uint && t.Bits == 1 }

// Size is the number of elements.
func (t Type) Size() int { return t.Shape.Size() }

// WithShape is the same element type with another shape.
func (t Type) WithShape(s Shape) Type { t.Shape = s; return t }

// String prints the type as in the text form: spike[512], s16[256], real[784].
func (t Type) String() string { return t.elem() + t.Shape.String() }

func (t Type) elem() string {
	switch {
	case t.Kind == Real:
		return "real"
	case t.IsSpike():
		return "spike"
	case t.Kind == Uint:
		return "u" + strconv.Itoa(int(t.Bits))
	}
	return "s" + strconv.Itoa(int(t.Bits))
}

// ParseElem reads an element type, the shape left empty; ok is false for anything else.
func ParseElem(s string) (t Type, ok bool) {
	switch s {
	case "real":
		return Type{Kind: Real}, true
	case "spike":
		return Type{Kind: Uint, Bits: 1}, true
	}
	if len(s) < 2 || s[0] != 'u' && s[0] != 's' || s[1] == '0' || s[1] == '+' {
		return t, false
	}
	k, err := strconv.ParseUint(s[1:], 10, 8)
	if err != nil || k > 64 || s == "u1" {
		return t, false
	}
	if s[0] == 'u' {
		return Type{Kind: Uint, Bits: uint8(k)}, true
	}
	return Type{Kind: Sint, Bits: uint8(k)}, true
}

// Full is the range of everything the integer type can hold.
func (t Type) Full() Range {
	switch {
	case t.Kind == Uint:
		return Range{Lo: 0, Hi: int64(1)<<min(t.Bits, 62) - 1}
	case t.Kind == Sint && t.Bits == 64:
		return Range{Lo: math.MinInt64, Hi: math.MaxInt64}
	case t.Kind == Sint:
		return Range{Lo: -(int64(1) << (t.Bits - 1)), Hi: int64(1)<<(t.Bits-1) - 1}
	}
	return Range{}
}

// Range is the interval an integer value is proved to stay in.
type Range = update.Range

// Holding returns the narrowest type of the house that holds r: unsigned of as many
// bits as needed, or two's complement of 8, 16, 32 or 64 bits.
func Holding(r Range, s Shape) Type {
	if r.Lo >= 0 {
		return UintType(max(1, bits.Len64(uint64(r.Hi))), s)
	}
	for _, k := range []int{8, 16, 32} {
		if t := SintType(k, s); t.Full().Contains(r) {
			return t
		}
	}
	return SintType(64, s)
}
