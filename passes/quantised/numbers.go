package quantised

import (
	"math/big"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// numbers are exact rational numbers that broadcast to a value. Equal ones are often the same
// pointer, and none is ever changed.
type numbers struct {
	shape ir.Shape
	of    []*big.Rat
}

func rational(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// one number for all elements.
func one(r *big.Rat) numbers { return numbers{ir.Shape{}, []*big.Rat{r}} }

// exactly are the numbers of a constant.
func exactly(t *ir.Tensor) numbers {
	known := map[float64]*big.Rat{}
	out := numbers{t.Type.Shape, make([]*big.Rat, t.Type.Size())}
	for i := range out.of {
		f := t.At(i)
		if known[f] == nil {
			known[f] = rational(f)
		}
		out.of[i] = known[f]
	}
	return out.compact()
}

// compact has an extent of 1 along every axis on which nothing changes.
func (a numbers) compact() numbers {
	s, index := layers.SqueezeAxes(a.shape, func(i, j int) bool { return a.of[i] == a.of[j] || a.of[i].Cmp(a.of[j]) == 0 })
	out := numbers{s, make([]*big.Rat, len(index))}
	for i, j := range index {
		out.of[i] = a.of[j]
	}
	return out
}

// uniform is the one number that all are.
func (a numbers) uniform() (*big.Rat, bool) {
	for _, r := range a.of {
		if r != a.of[0] && r.Cmp(a.of[0]) != 0 {
			return nil, false
		}
	}
	return a.of[0], true
}

// every reports whether a condition holds of all numbers.
func (a numbers) every(holds func(*big.Rat) bool) bool {
	for _, r := range a.of {
		if !holds(r) {
			return false
		}
	}
	return true
}

func (a numbers) zero() bool { return a.every(func(r *big.Rat) bool { return r.Sign() == 0 }) }

// stretched are the numbers of each element of a shape.
func (a numbers) stretched(to ir.Shape) []*big.Rat {
	if a.shape == to {
		return a.of
	}
	return ir.Stretch(a.of, a.shape, to)
}

// zip applies f to two lists of numbers, broadcast; f is asked once for each pair.
func zip(a, b numbers, f func(x, y *big.Rat) *big.Rat) numbers {
	shape, ok := ir.Broadcast(a.shape, b.shape)
	if !ok {
		panic("numbers do not broadcast: " + a.shape.String() + " and " + b.shape.String())
	}
	known := map[[2]*big.Rat]*big.Rat{}
	out := numbers{shape, make([]*big.Rat, shape.Size())}
	y := b.stretched(shape)
	for i, x := range a.stretched(shape) {
		pair := [2]*big.Rat{x, y[i]}
		if known[pair] == nil {
			known[pair] = f(x, y[i])
		}
		out.of[i] = known[pair]
	}
	return out.compact()
}

func (a numbers) times(b numbers) numbers {
	return zip(a, b, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) })
}

func (a numbers) plus(b numbers) numbers {
	return zip(a, b, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) })
}

// over is a/b; b has no 0.
func (a numbers) over(b numbers) numbers {
	return zip(a, b, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(x, y) })
}

func (a numbers) negated() numbers { return a.times(one(whole(-1))) }

// integers are the numbers as int64, where they are such.
func (a numbers) integers() ([]int64, bool) {
	out := make([]int64, len(a.of))
	for i, r := range a.of {
		if !r.IsInt() || !r.Num().IsInt64() {
			return nil, false
		}
		out[i] = r.Num().Int64()
	}
	return out, true
}

// reals are the nearest float64.
func (a numbers) reals() *ir.Tensor {
	out := make([]float64, len(a.of))
	for i, r := range a.of {
		out[i], _ = r.Float64()
	}
	return ir.Reals(a.shape, out)
}

// moved are numbers of operands of given shapes behind an op that only moves elements.
func moved(op ir.Op, attrs ir.Attrs, shapes []ir.Shape, list ...numbers) (numbers, error) {
	var pool []*big.Rat
	args := make([]*ir.Tensor, len(list))
	for i, a := range list {
		args[i] = ir.NewTensor(ir.RealType(a.shape))
		for j, r := range a.of {
			args[i].F[j] = float64(len(pool))
			pool = append(pool, r)
		}
		args[i] = layers.SpreadTo(args[i], shapes[i])
	}
	index, err := rewrite.Compute(op, attrs, args...)
	if err != nil {
		return numbers{}, err
	}
	out := numbers{index.Type.Shape, make([]*big.Rat, len(index.F))}
	for i, f := range index.F {
		out.of[i] = pool[int(f)]
	}
	return out.compact(), nil
}

// flatOn reports whether numbers that broadcast to a shape are the same all along the axes.
func (a numbers) flatOn(full ir.Shape, axes []int) bool {
	return layers.FlatOn(ir.NewTensor(ir.RealType(a.shape)), full, axes)
}
