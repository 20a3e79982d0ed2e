package eval_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/ir/update"
)

// evaluated is the value once.
func evaluated(v *ir.Value, operands ...*ir.Tensor) *ir.Tensor {
	dst := ir.NewTensor(v.Type)
	eval.Do(v, operands, dst)
	return dst
}

func TestMinMaxModBroadcast(t *testing.T) {
	type op struct {
		ir.Op
		attrs ir.Attrs
		of    func(a, b float64) float64
	}
	ops := []op{
		{ir.OpMin, nil, func(a, b float64) float64 { return min(a, b) }},
		{ir.OpMax, nil, func(a, b float64) float64 { return max(a, b) }},
		{ir.OpMod, ir.ModAttrs{}, func(a, b float64) float64 { return a - b*math.Floor(a/b) }},
		{ir.OpMod, ir.ModAttrs{Fmod: true}, func(a, b float64) float64 { return a - b*math.Trunc(a/b) }},
	}
	rapid.Check(t, func(t *rapid.T) {
		o := ops[rapid.IntRange(0, len(ops)-1).Draw(t, "op")]
		s := drawShape(t, 0)
		a, b := drawEither(t, stretchable(t, s)), drawEither(t, stretchable(t, s))
		for i := range b.F { // powers of two, by which the quotient is exact
			b.F[i] = math.Copysign(0.5, b.F[i])
		}
		for i := range b.I {
			b.I[i] = 2*b.I[i] + 1
		}
		same(t, run(t, o.Op, o.attrs, a, b), func(p []int) float64 {
			p = append(make([]int, ir.MaxRank), p...)
			return o.of(at(a, p), at(b, p))
		})
	})
}

// On integers, the range of a result contains the op of any two elements of the operands.
func TestPairRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]ir.Op{ir.OpMin, ir.OpMax, ir.OpMod, ir.OpPow}).Draw(t, "op")
		a, b := drawInts(t, ir.ShapeOf(3)), drawInts(t, ir.ShapeOf(3))
		attrs := ir.Attrs(nil)
		if op == ir.OpMod {
			attrs = ir.ModAttrs{Fmod: rapid.Bool().Draw(t, "fmod")}
		}
		build := ir.NewBuilder("t", ir.Source, 1)
		v := must(t)(build.Add(op, "y", attrs, must(t)(build.Const("a", a)), must(t)(build.Const("b", b))))
		for _, x := range a.I {
			for _, y := range b.I {
				one := ir.ShapeOf(1)
				got := run(t, op, attrs, ir.Ints(one, []int64{x}), ir.Ints(one, []int64{y})).I[0]
				if got < v.Range.Lo || got > v.Range.Hi {
					t.Fatalf("%v of %d and %d is %d, out of %v", op, x, y, got, v.Range)
				}
			}
		}
	})
}

func TestLogic(t *testing.T) {
	ops := map[ir.Op]func(a, b bool) bool{
		ir.OpAnd:    func(a, b bool) bool { return a && b },
		ir.OpOr:     func(a, b bool) bool { return a || b },
		ir.OpXor:    func(a, b bool) bool { return a != b },
		ir.OpAndNot: func(a, b bool) bool { return a && !b },
	}
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]ir.Op{ir.OpAnd, ir.OpOr, ir.OpXor, ir.OpAndNot}).Draw(t, "op")
		s := drawShape(t, 0)
		a, b := drawSpikes(t, stretchable(t, s)), drawSpikes(t, stretchable(t, s))
		same(t, run(t, op, nil, a, b), func(p []int) float64 {
			p = append(make([]int, ir.MaxRank), p...)
			return map[bool]float64{true: 1}[ops[op](at(a, p) == 1, at(b, p) == 1)]
		})
	})
}

func drawSpikes(t *rapid.T, s ir.Shape) *ir.Tensor {
	x := ir.NewTensor(ir.SpikeType(s))
	for i := range x.I {
		x.I[i] = rapid.Int64Range(0, 1).Draw(t, "spike")
	}
	return x
}

// Slices cut the operand out of its padding, which is the value everywhere.
func TestPadAndBroadcast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawReals(t, drawShape(t, 1))
		rank := x.Type.Shape.Rank()
		count := rapid.SliceOfN(rapid.IntRange(0, 2), rank, rank)
		a := ir.PadAttrs{Before: count.Draw(t, "before"), After: count.Draw(t, "after")}
		operands, value := []*ir.Tensor{x}, 0.0
		if rapid.Bool().Draw(t, "given") {
			operands = append(operands, drawReals(t, ir.Shape{}))
			value = operands[1].F[0]
		}
		same(t, run(t, ir.OpPad, a, operands...), func(p []int) float64 {
			p = slices.Clone(p)
			for i := range p {
				if p[i] -= a.Before[i]; p[i] < 0 || p[i] >= x.Type.Shape.Dim(i) {
					return value
				}
			}
			return at(x, p)
		})
		small := drawEither(t, stretchable(t, x.Type.Shape))
		wide := run(t, ir.OpBroadcast, ir.ShapeAttrs{Shape: x.Type.Shape.Dims()}, small)
		same(t, wide, func(p []int) float64 { return at(small, p) })
	})
}

func TestScatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawEither(t, drawShape(t, 1))
		n, dims := rapid.IntRange(1, 5).Draw(t, "n"), x.Type.Shape.Dims()
		index := make([]int64, n)
		for i := range index {
			index[i] = int64(rapid.IntRange(0, dims[0]-1).Draw(t, "index"))
		}
		dims[0] = n
		updates := drawReals(t, ir.ShapeOf(dims...))
		if !x.Type.IsReal() {
			updates = drawInts(t, ir.ShapeOf(dims...))
		}
		build := ir.NewBuilder("t", ir.Source, 1)
		i := must(t)(build.Const("i", ir.Ints(ir.ShapeOf(n), index)))
		v := must(t)(build.Add(ir.OpScatter, "y", ir.AxisAttrs{},
			must(t)(build.Input("x", x.Type, ir.InputAttrs{})), i, must(t)(build.Input("u", updates.Type, ir.InputAttrs{}))))
		same(t, evaluated(v, x, i.Const(), updates), func(p []int) float64 {
			for k := n - 1; k >= 0; k-- {
				if index[k] == int64(p[0]) {
					return at(updates, append([]int{k}, p[1:]...))
				}
			}
			return at(x, p)
		})
	})
}

func TestExtremesAndProducts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawEither(t, drawShape(t, 1))
		axis := rapid.IntRange(0, x.Type.Shape.Rank()-1).Draw(t, "axis")
		line := func(p []int) []float64 {
			var out []float64
			for k := range x.Type.Shape.Dim(axis) {
				q := slices.Clone(p)
				q[axis] = k
				out = append(out, at(x, q))
			}
			return out
		}
		a := ir.ReduceAttrs{Axes: []int{axis}, Keep: true}
		same(t, run(t, ir.OpReduceMax, a, x), func(p []int) float64 { return slices.Max(line(p)) })
		same(t, run(t, ir.OpReduceMin, a, x), func(p []int) float64 { return slices.Min(line(p)) })
		same(t, run(t, ir.OpReduceProd, a, x), func(p []int) float64 {
			product := 1.0
			for _, f := range line(p) {
				product *= f
			}
			return product
		})
		first := ir.ArgAttrs{Axis: axis, Keep: true}
		same(t, run(t, ir.OpArgmax, first, x), func(p []int) float64 { return float64(slices.Index(line(p), slices.Max(line(p)))) })
		same(t, run(t, ir.OpArgmin, first, x), func(p []int) float64 { return float64(slices.Index(line(p), slices.Min(line(p)))) })
		last := ir.ArgAttrs{Axis: axis, Keep: true, Last: true}
		same(t, run(t, ir.OpArgmax, last, x), func(p []int) float64 {
			l := line(p)
			slices.Reverse(l)
			return float64(len(l) - 1 - slices.Index(l, slices.Max(l)))
		})
		sums := run(t, ir.OpReduceSum, a, run(t, ir.OpSoftmax, ir.AxisAttrs{Axis: axis}, x))
		for _, sum := range sums.F {
			if math.Abs(sum-1) > 1e-12 {
				t.Fatalf("softmax sums up to %v", sum)
			}
		}
	})
}

// The sum of the shifted copies that an engine makes, rounded once, is the
// product that is shifted; the range is reached.
func TestCSDIsItsDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int64Range(-1<<20, 1<<20).Draw(t, "x")
		factor := rapid.Int64Range(-1<<20, 1<<20).Draw(t, "factor")
		a := ir.CSDAttrs{Shift: rapid.IntRange(0, 30).Draw(t, "shift"), Round: rapid.SampledFrom([]ir.Round{ir.RoundFloor, ir.RoundCeil, ir.RoundZero}).Draw(t, "round")}
		one := ir.ShapeOf(1)
		build := ir.NewBuilder("t", ir.Fixed, 1)
		given, f := ir.Ints(one, []int64{x}), ir.Ints(one, []int64{factor})
		v := must(t)(build.Add(ir.OpCSD, "y", a, must(t)(build.Const("x", given)), must(t)(build.Const("f", f))))
		sum := int64(0)
		for _, d := range update.CSD(factor) {
			sum += int64(d.Sign) * (x << d.Shift)
		}
		exact := float64(sum) / math.Ldexp(1, a.Shift) // 41 bits and a power of two
		want := map[ir.Round]float64{ir.RoundFloor: math.Floor(exact), ir.RoundCeil: math.Ceil(exact), ir.RoundZero: math.Trunc(exact)}[a.Round]
		if got := evaluated(v, given, f).I[0]; got != int64(want) || v.Range != (ir.Range{Lo: got, Hi: got}) {
			t.Fatalf("got %d in %v, wanted %v", got, v.Range, want)
		}
	})
}
