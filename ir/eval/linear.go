package eval

import (
	"math"

	"nomul/ir"
)

// arithmetic is how a sum of products sees tensors: as reals, or as integers.
type arithmetic[T number] struct {
	show func(*View, *ir.Tensor) []T
	data func(*ir.Tensor) []T
}

func onReals() arithmetic[float64] { return arithmetic[float64]{(*View).Reals, reals} }

func onInts() arithmetic[int64] { return arithmetic[int64]{(*View).Ints, ints} }

// accumulate sets acc to Σ_k x[k]·rows[k], in ascending k, in rows of len(acc).
// Zeros are skipped: it is driven by the spikes, or by the pixels that are not
// black; weights are finite, so they would add nothing. Four rows at a time spare
// most of the traffic to acc.
func accumulate[T number](acc, x, rows []T) {
	clear(acc)
	n := len(acc)
	var four [4]int
	held := 0
	for k, xk := range x {
		if xk == 0 {
			continue
		}
		four[held] = k
		if held++; held == len(four) {
			addFour(acc, x, rows, four)
			held = 0
		}
	}
	for _, k := range four[:held] {
		addOne(acc, x[k], rows[k*n:])
	}
}

// addOne adds x·row to acc. The conversions here and below round each product
// by itself on every processor; Go would fuse it with the sum where it can, and
// results would differ from machine to machine.
func addOne[T number](acc []T, x T, row []T) {
	row = row[:len(acc)]
	for i, w := range row {
		acc[i] += T(x * w)
	}
}

// addFour is addOne for four rows, one after another.
func addFour[T number](acc, x, rows []T, k [4]int) {
	n := len(acc)
	x0, x1, x2, x3 := x[k[0]], x[k[1]], x[k[2]], x[k[3]]
	r0, r1 := rows[k[0]*n:][:n], rows[k[1]*n:][:n]
	r2, r3 := rows[k[2]*n:][:n], rows[k[3]*n:][:n]
	for i, sum := range acc {
		sum += T(x0 * r0[i])
		sum += T(x1 * r1[i])
		sum += T(x2 * r2[i])
		sum += T(x3 * r3[i])
		acc[i] = sum
	}
}

func linear(v *ir.Value) Kernel {
	if v.Type.IsReal() {
		return newAffine(v, onReals()).run
	}
	return newAffine(v, onInts()).run
}

// affine is linear in one arithmetic: y[…,n] = Σ_k x[…,k]·weight[n,k] + bias[n],
// the bias added last.
type affine[T number] struct {
	arithmetic[T]
	n, k            int
	x, weight, bias *View
	constant        *ir.Tensor // of the weights
	rows            []T        // the weights as [k][n]; kept when they are constant
	laidOut         bool
}

func newAffine[T number](v *ir.Value, a arithmetic[T]) *affine[T] {
	w := v.Args[1].Type.Shape
	l := &affine[T]{
		arithmetic: a, n: w.Dim(0), k: w.Dim(1),
		x: NewView(v.Args[0], v.Args[0].Type.Shape), weight: NewView(v.Args[1], w),
		constant: v.Args[1].Const(),
	}
	if v.Args[2] != nil {
		l.bias = NewView(v.Args[2], v.Type.Shape)
	}
	return l
}

func (l *affine[T]) run(args []*ir.Tensor, dst *ir.Tensor) {
	x, y, rows := l.show(l.x, args[0]), l.data(dst), l.layOut(args[1])
	for out := y; len(x) > 0; x, out = x[l.k:], out[l.n:] {
		accumulate(out[:l.n], x[:l.k], rows)
	}
	if l.bias != nil {
		add(y, y, l.show(l.bias, args[2]))
	}
}

// layOut transposes the weights, so that one input's weights lie together.
func (l *affine[T]) layOut(t *ir.Tensor) []T {
	if l.laidOut && t == l.constant {
		return l.rows
	}
	if l.rows == nil {
		l.rows = make([]T, l.n*l.k)
	}
	for i, w := range l.show(l.weight, t) {
		l.rows[i%l.k*l.n+i/l.k] = w
	}
	l.laidOut = t == l.constant
	return l.rows
}

func matmul(v *ir.Value) Kernel {
	if v.Type.IsReal() {
		return newProduct(v, onReals()).run
	}
	return newProduct(v, onInts()).run
}

// product is matmul in one arithmetic: the matrices of the last two axes
// multiply, the axes before them broadcast.
type product[T number] struct {
	arithmetic[T]
	m, k, n int
	a, b    *View
	// Which matrix of a and of b makes each matrix of the result.
	fromA, fromB []int
}

func newProduct[T number](v *ir.Value, arith arithmetic[T]) *product[T] {
	a, b, s := v.Args[0].Type.Shape, v.Args[1].Type.Shape, v.Type.Shape
	rank := s.Rank()
	return &product[T]{
		arithmetic: arith,
		m:          s.Dim(rank - 2), k: a.Dim(a.Rank() - 1), n: s.Dim(rank - 1),
		a: NewView(v.Args[0], a), b: NewView(v.Args[1], b),
		fromA: matrices(a, s), fromB: matrices(b, s),
	}
}

// matrices maps the matrices of the result to those of an operand.
func matrices(operand, result ir.Shape) []int {
	from, to := stack(operand), stack(result)
	if from == to {
		return offsets(0, axesOf(to))
	}
	return ir.Index(from, to)
}

// stack is the shape without the last two axes.
func stack(s ir.Shape) ir.Shape { return ir.ShapeOf(s.Dims()[:s.Rank()-2]...) }

func (p *product[T]) run(args []*ir.Tensor, dst *ir.Tensor) {
	a, b, y := p.show(p.a, args[0]), p.show(p.b, args[1]), p.data(dst)
	for i := range p.fromA {
		rows := b[p.fromB[i]*p.k*p.n:][:p.k*p.n]
		left := a[p.fromA[i]*p.m*p.k:]
		for range p.m {
			accumulate(y[:p.n], left[:p.k], rows)
			left, y = left[p.k:], y[p.n:]
		}
	}
}

// batchNorm is ONNX BatchNormalization in inference:
// y = gamma·(x − mean)/sqrt(variance + eps) + beta.
func batchNorm(v *ir.Value) Kernel {
	a, s := v.Attrs.(ir.BatchNormAttrs), v.Args[0].Type.Shape
	views := make([]*View, len(v.Args))
	for i, arg := range v.Args {
		views[i] = NewView(arg, arg.Type.Shape)
	}
	inner, channels := run(s, a.Axis+1), s.Dim(a.Axis)
	deviation := make([]float64, channels)
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		gamma, beta, mean := views[1].Reals(args[1]), views[2].Reals(args[2]), views[3].Reals(args[3])
		for c, variance := range views[4].Reals(args[4]) {
			deviation[c] = math.Sqrt(variance + a.Eps)
		}
		for i, x := range views[0].Reals(args[0]) {
			c := i / inner % channels
			dst.F[i] = gamma[c]*(x-mean[c])/deviation[c] + beta[c]
		}
	}
}
