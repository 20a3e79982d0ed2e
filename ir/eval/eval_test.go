package eval_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
	"nomul/ir/eval"
)

// drawShape draws a shape of up to three axes, without long ones.
func drawShape(t *rapid.T, least int) ir.Shape {
	return ir.ShapeOf(rapid.SliceOfN(rapid.IntRange(1, 4), least, 3).Draw(t, "shape")...)
}

// stretchable draws a shape that broadcasts to s: some axes 1, leading ones gone.
func stretchable(t *rapid.T, s ir.Shape) ir.Shape {
	dims := s.Dims()[rapid.IntRange(0, s.Rank()).Draw(t, "cut"):]
	for i := range dims {
		if rapid.Bool().Draw(t, "one") {
			dims[i] = 1
		}
	}
	return ir.ShapeOf(dims...)
}

// drawReals draws multiples of 1/8, on which sums and products are exact.
func drawReals(t *rapid.T, s ir.Shape) *ir.Tensor {
	x := ir.NewTensor(ir.RealType(s))
	for i := range x.F {
		x.F[i] = float64(rapid.IntRange(-16, 16).Draw(t, "x")) / 8
	}
	return x
}

func drawInts(t *rapid.T, s ir.Shape) *ir.Tensor {
	x := ir.NewTensor(ir.SintType(8, s))
	for i := range x.I {
		x.I[i] = rapid.Int64Range(-9, 9).Draw(t, "n")
	}
	return x
}

// places lists the coordinates of a shape's elements in C order.
func places(s ir.Shape) [][]int {
	out := [][]int{{}}
	for _, d := range s.Dims() {
		var next [][]int
		for _, p := range out {
			for i := range d {
				next = append(next, append(slices.Clone(p), i))
			}
		}
		out = next
	}
	return out
}

// at is the element at coordinates of a shape that x broadcasts to.
func at(x *ir.Tensor, place []int) float64 {
	s, i := x.Type.Shape, 0
	for axis, d := range s.Dims() {
		i *= d
		if d > 1 {
			i += place[len(place)-s.Rank()+axis]
		}
	}
	return x.At(i)
}

// run infers and evaluates an op on given operands, which are inputs or, drawn
// too, constants; it does so twice, to see that scratch memory is not carried over.
func run(t *rapid.T, op ir.Op, attrs ir.Attrs, operands ...*ir.Tensor) *ir.Tensor {
	b := ir.NewBuilder("t", ir.Source, 1)
	args := make([]*ir.Value, len(operands))
	for i, x := range operands {
		name := string(rune('a' + i))
		var err error
		if op == ir.OpGather && i == 1 || rapid.Bool().Draw(t, "constant") {
			args[i], err = b.Const(name, x)
		} else {
			args[i], err = b.Input(name, x.Type, ir.InputAttrs{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	v, err := b.Add(op, "y", attrs, args...)
	if err != nil {
		t.Fatal(err)
	}
	kernel, dst := eval.Prepare(v), ir.NewTensor(v.Type)
	tensors := append(slices.Clone(operands), make([]*ir.Tensor, len(v.Args)-len(operands))...)
	for range 2 {
		kernel(tensors, dst)
	}
	again := ir.NewTensor(v.Type)
	eval.Do(v, tensors, again)
	if !slices.Equal(dst.F, again.F) || !slices.Equal(dst.I, again.I) {
		t.Fatalf("prepared %v, done once %v", dst, again)
	}
	return dst
}

// same demands that y has want at each place.
func same(t *rapid.T, y *ir.Tensor, want func(place []int) float64) {
	for i, p := range places(y.Type.Shape) {
		if got, w := y.At(i), want(p); got != w {
			t.Fatalf("%v at %v: got %v, wanted %v", y.Type, p, got, w)
		}
	}
}

func TestBroadcastArithmetic(t *testing.T) {
	ops := map[ir.Op]func(a, b float64) float64{
		ir.OpAdd: func(a, b float64) float64 { return a + b },
		ir.OpSub: func(a, b float64) float64 { return a - b },
		ir.OpMul: func(a, b float64) float64 { return a * b },
	}
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]ir.Op{ir.OpAdd, ir.OpSub, ir.OpMul}).Draw(t, "op")
		s := drawShape(t, 0)
		a, b := drawEither(t, stretchable(t, s)), drawEither(t, stretchable(t, s))
		same(t, run(t, op, nil, a, b), func(p []int) float64 {
			p = append(make([]int, ir.MaxRank), p...)
			return ops[op](at(a, p), at(b, p))
		})
	})
}

func drawEither(t *rapid.T, s ir.Shape) *ir.Tensor {
	if rapid.Bool().Draw(t, "real") {
		return drawReals(t, s)
	}
	return drawInts(t, s)
}

func TestDivTruncates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShape(t, 0)
		a, b := drawInts(t, s), drawInts(t, s)
		same(t, run(t, ir.OpDiv, nil, a, b), func(p []int) float64 {
			if at(b, p) == 0 {
				return 0
			}
			return math.Trunc(at(a, p) / at(b, p))
		})
	})
}

func TestWhereAndCompareBroadcast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShape(t, 1)
		a, b := drawReals(t, stretchable(t, s)), drawReals(t, stretchable(t, s))
		above := run(t, ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, a, b)
		larger := run(t, ir.OpWhere, nil, above, a, b)
		same(t, larger, func(p []int) float64 {
			p = append(make([]int, ir.MaxRank), p...)
			return max(at(a, p), at(b, p))
		})
	})
}

func TestTranspose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawReals(t, drawShape(t, 1))
		axes := make([]int, x.Type.Shape.Rank())
		for i := range axes {
			axes[i] = i
		}
		perm := rapid.Permutation(axes).Draw(t, "perm")
		same(t, run(t, ir.OpTranspose, ir.PermAttrs{Perm: perm}, x), func(p []int) float64 {
			from := make([]int, len(p))
			for i, axis := range perm {
				from[axis] = p[i]
			}
			return at(x, from)
		})
	})
}

func TestSliceAndGatherAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawEither(t, drawShape(t, 1))
		axis := rapid.IntRange(0, x.Type.Shape.Rank()-1).Draw(t, "axis")
		n := x.Type.Shape.Dim(axis)
		first, last := rapid.IntRange(0, n-1).Draw(t, "first"), rapid.IntRange(0, n-1).Draw(t, "last")
		step := 1
		if last < first {
			step = -1
		}
		a := ir.SliceAttrs{Axis: axis, Start: first, Count: (last-first)*step + 1, Step: step}
		var index []int64
		for i := range a.Count {
			index = append(index, int64(first+i*step))
		}
		y := run(t, ir.OpSlice, a, x)
		same(t, y, func(p []int) float64 {
			p = slices.Clone(p)
			p[axis] = first + p[axis]*step
			return at(x, p)
		})
		gathered := run(t, ir.OpGather, ir.AxisAttrs{Axis: axis}, x, ir.Ints(ir.ShapeOf(a.Count), index))
		same(t, gathered, func(p []int) float64 { return at(y, p) })
	})
}

// Slices take a concat apart again.
func TestConcatThenSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShape(t, 1)
		axis := rapid.IntRange(0, s.Rank()-1).Draw(t, "axis")
		var parts []*ir.Tensor
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			dims := s.Dims()
			dims[axis] = rapid.IntRange(1, 3).Draw(t, "extent")
			parts = append(parts, drawReals(t, ir.ShapeOf(dims...)))
		}
		whole, start := run(t, ir.OpConcat, ir.AxisAttrs{Axis: axis}, parts...), 0
		for _, part := range parts {
			count := part.Type.Shape.Dim(axis)
			back := run(t, ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: count, Step: 1}, whole)
			same(t, back, func(p []int) float64 { return at(part, p) })
			start += count
		}
	})
}

func TestReduce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawReals(t, drawShape(t, 1))
		var axes []int
		count := 1
		for i, d := range x.Type.Shape.Dims() {
			if rapid.Bool().Draw(t, "reduce") {
				axes, count = append(axes, i), count*d
			}
		}
		sums := func(p []int) (sum float64) {
			for i, q := range places(x.Type.Shape) {
				for _, a := range axes {
					q[a] = 0
				}
				if slices.Equal(p, q) {
					sum += x.F[i]
				}
			}
			return sum
		}
		a := ir.ReduceAttrs{Axes: axes, Keep: true}
		same(t, run(t, ir.OpReduceSum, a, x), sums)
		same(t, run(t, ir.OpReduceMean, a, x), func(p []int) float64 { return sums(p) / float64(count) })
	})
}

func TestMatmulBroadcasts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outer := ir.ShapeOf(rapid.SliceOfN(rapid.IntRange(1, 3), 0, 2).Draw(t, "outer")...)
		extent := rapid.IntRange(1, 4)
		m, k, n := extent.Draw(t, "m"), extent.Draw(t, "k"), extent.Draw(t, "n")
		a := drawEither(t, ir.ShapeOf(append(stretchable(t, outer).Dims(), m, k)...))
		b := drawEither(t, ir.ShapeOf(append(stretchable(t, outer).Dims(), k, n)...))
		same(t, run(t, ir.OpMatmul, nil, a, b), func(p []int) (sum float64) {
			p = append(make([]int, ir.MaxRank), p...)
			for i := range k {
				left, right := slices.Clone(p), slices.Clone(p)
				left[len(p)-1], right[len(p)-2] = i, i
				sum += stacked(a, left) * stacked(b, right)
			}
			return sum
		})
	})
}

// stacked is at, but the last two axes never stretch.
func stacked(x *ir.Tensor, place []int) float64 {
	row, column := place[len(place)-2], place[len(place)-1]
	rank := x.Type.Shape.Rank()
	i := 0
	for axis, d := range x.Type.Shape.Dims() {
		i *= d
		switch p := place[len(place)-rank+axis]; {
		case axis == rank-2:
			i += row
		case axis == rank-1:
			i += column
		case d > 1:
			i += p
		}
	}
	return x.At(i)
}

func TestLinear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, n := rapid.IntRange(1, 5).Draw(t, "k"), rapid.IntRange(1, 5).Draw(t, "n")
		x := drawEither(t, ir.ShapeOf(append(drawShape(t, 0).Dims(), k)...))
		w := drawEither(t, ir.ShapeOf(n, k))
		operands := []*ir.Tensor{x, w}
		if rapid.Bool().Draw(t, "biased") {
			operands = append(operands, drawEither(t, ir.ShapeOf(n)))
		}
		same(t, run(t, ir.OpLinear, ir.LinearAttrs{}, operands...), func(p []int) (sum float64) {
			p, row := slices.Clone(p), p[len(p)-1]
			for i := range k {
				p[len(p)-1] = i
				sum += at(x, p) * at(w, []int{row, i})
			}
			if len(operands) > 2 {
				sum += operands[2].At(row)
			}
			return sum
		})
	})
}

func TestBatchNorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawEither(t, drawShape(t, 1))
		axis := rapid.IntRange(0, x.Type.Shape.Rank()-1).Draw(t, "axis")
		s := ir.ShapeOf(x.Type.Shape.Dim(axis))
		gamma, beta, mean, variance := drawEither(t, s), drawEither(t, s), drawEither(t, s), drawReals(t, s)
		for i, f := range variance.F {
			variance.F[i] = f * f
		}
		y := run(t, ir.OpBatchNorm, ir.BatchNormAttrs{Axis: axis, Eps: 0.5}, x, gamma, beta, mean, variance)
		for i, p := range places(y.Type.Shape) {
			c := p[axis]
			want := gamma.At(c)/math.Sqrt(variance.F[c]+0.5)*(x.At(i)-mean.At(c)) + beta.At(c)
			if math.Abs(y.F[i]-want) > 1e-12 {
				t.Fatalf("at %v: got %v, wanted %v", p, y.F[i], want)
			}
		}
	})
}

// On float32 operands, float64 arithmetic rounded once is float32 arithmetic.
func TestRoundFloat32IsFloat32Arithmetic(t *testing.T) {
	ops := map[ir.Op]func(a, b float32) float32{
		ir.OpAdd: func(a, b float32) float32 { return a + b },
		ir.OpSub: func(a, b float32) float32 { return a - b },
		ir.OpMul: func(a, b float32) float32 { return a * b },
		ir.OpDiv: func(a, b float32) float32 { return a / b },
	}
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]ir.Op{ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv}).Draw(t, "op")
		a, b := rapid.Float32().Draw(t, "a"), rapid.Float32().Draw(t, "b")
		y := run(t, op, nil, ir.Reals(ir.Shape{}, []float64{float64(a)}), ir.Reals(ir.Shape{}, []float64{float64(b)}))
		eval.RoundFloat32(y)
		if want := float64(ops[op](a, b)); y.F[0] != want && !(math.IsNaN(want) && math.IsNaN(y.F[0])) {
			t.Fatalf("%v of %v and %v: got %v, wanted %v", op, a, b, y.F[0], want)
		}
	})
}

// Reals that no integer is near enough to, which no archive can give.
func TestCastCutsAndCompareOfNaN(t *testing.T) {
	nan := math.NaN()
	b := ir.NewBuilder("t", ir.Source, 1)
	s := ir.ShapeOf(4)
	x, err := b.Input("x", ir.RealType(s), ir.InputAttrs{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.AddTyped(ir.OpCast, "c", nil, ir.UintType(8, s), x)
	if err != nil {
		t.Fatal(err)
	}
	le, err := b.Add(ir.OpCompare, "le", ir.CompareAttrs{Is: ir.LE}, x, x)
	if err != nil {
		t.Fatal(err)
	}
	given := []*ir.Tensor{ir.Reals(s, []float64{nan, math.Inf(1), math.Inf(-1), 1e300})}
	cut, equal := ir.NewTensor(c.Type), ir.NewTensor(le.Type)
	eval.Do(c, given, cut)
	eval.Do(le, []*ir.Tensor{given[0], given[0]}, equal)
	if want := []int64{0, 255, 0, 255}; !slices.Equal(cut.I, want) {
		t.Errorf("cast gives %v, wanted %v", cut.I, want)
	}
	if want := []int64{0, 1, 1, 1}; !slices.Equal(equal.I, want) {
		t.Errorf("x ≤ x gives %v, wanted %v", equal.I, want)
	}
}
