package eval

import (
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
)

// TestBroadcastEqualsIndex walks operands of any shape, and parts of the walk, and compares
// with the table of all places.
func TestBroadcastEqualsIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		to := rapid.SliceOfN(rapid.IntRange(1, 5), 0, 5).Draw(t, "shape")
		from := slices.Clone(to[rapid.IntRange(0, len(to)).Draw(t, "left out"):])
		for i := range from {
			if rapid.Bool().Draw(t, "repeated") {
				from[i] = 1
			}
		}
		operand, shape := ir.ShapeOf(from...), ir.ShapeOf(to...)
		src := make([]int64, operand.Size())
		for i := range src {
			src[i] = int64(100 + i)
		}
		want := slices.Clone(src)
		if index := ir.Index(operand, shape); index != nil {
			want = make([]int64, shape.Size())
			spread(want, src, index)
		}
		at := rapid.IntRange(0, len(want)-1).Draw(t, "from")
		n := rapid.IntRange(0, len(want)-at).Draw(t, "elements")
		got := make([]float64, n)
		show(got, src, broadcast(operand, shape), at)
		for i, f := range got {
			if f != float64(want[at+i]) {
				t.Fatalf("%v in %v: element %d is %v, want %d", operand, shape, at+i, f, want[at+i])
			}
		}
	})
}

// TestElementsTakeNoMemory holds the memory of an op on elements to a few blocks: at the
// source level a large network has thousands of them.
func TestElementsTakeNoMemory(t *testing.T) {
	x := &ir.Value{Type: ir.RealType(ir.ShapeOf(1024, 1024))}
	row := &ir.Value{Type: ir.RealType(ir.ShapeOf(1024, 1))}
	sum := &ir.Value{Op: ir.OpAdd, Type: x.Type, Args: []*ir.Value{x, row}}
	args, dst := []*ir.Tensor{ir.NewTensor(x.Type), ir.NewTensor(row.Type)}, ir.NewTensor(x.Type)
	args[1].F[1023] = 1
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Do(sum, args, dst)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<16 {
		t.Errorf("a sum of a million elements took %d bytes", took)
	}
	if dst.F[1<<20-1024] != 1 || dst.F[1<<20-1] != 1 || dst.F[1<<20-1025] != 0 {
		t.Error("the row is not added to its elements")
	}
}
