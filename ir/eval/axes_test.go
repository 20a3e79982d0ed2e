package eval_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/ir/irtest"
)

// moreAxes has results that the archives lack: axes of extent 1, axes that go, come and change places.
const moreAxes = `net axes source steps=1 {
once
	%x = input : real[2,3,4]
	%i = input : real[2,1,4,1,5]
	%m = input : real[5,1,4,5]
	%c = input : real[2,2,4,4]
	%w = const {data=[1,-2,0.5,3]} : real[2,2,1,1]
	%b = const {data=[1,2]} : real[2]
	%weight = const {data=[1,2,3,4,5,6,7,8]} : real[2,4]
	%bias = const {data=[1,2,3,4]} : real[2,1,2]
	%rows = const {data=[1]} : s64[1]
	%row = input : real[1,3,4]
	%index = const {data=[2,0,1,1]} : s64[2,2]
	%parts = reshape %x {shape=[2,1,3,2,2]} : real[2,1,3,2,2]
	%joined = reshape %x {shape=[6,4]} : real[6,4]
	%less = reshape %i {shape=[2,1,2,2,5]} : real[2,1,2,2,5]
	%other = reshape %i {shape=[2,4,1,1,5]} : real[2,4,1,1,5]
	%turned = transpose %x {perm=[2,0,1]} : real[4,2,3]
	%picked = gather %x, %index {axis=1} : real[2,2,2,4]
	%written = scatter %x, %rows, %row {axis=0} : real[2,3,4]
	%padded = pad %x {before=[0,1,0] after=[0,0,2]} : real[2,4,6]
	%more = broadcast %x {shape=[5,2,3,4]} : real[5,2,3,4]
	%kept = reduce-mean %x {axes=[0,2] keep=true} : real[1,3,1]
	%gone = reduce-mean %x {axes=[1]} : real[2,4]
	%largest = argmax %x {axis=1} : s64[2,4]
	%there = argmin %x {axis=1 keep=true} : s64[2,1,4]
	%product = matmul %x, %m : real[5,2,3,5]
	%conv = conv %c, %w, bias=%b {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : real[2,2,4,4]
	%mean = avg-pool %c {kernel=[2,2] strides=[2,2] pads=[0,0,0,0] dilations=[1,1]} : real[2,2,2,2]
	%mapped = linear %x, %weight, bias=%bias : real[2,3,2]
	%y = output %mapped : real[2,3,2]
}
`

// The part of a result along an axis is the op on the parts of its operands along theirs.
func TestAxes(t *testing.T) {
	seen := map[ir.Op]bool{}
	nets := []*ir.Net{irtest.ParseNet(t, "axes.sir", moreAxes)}
	for _, path := range irtest.Files(t, "../../testdata/run/*.txtar") {
		nets = append(nets, irtest.ArchivedNet(t, path))
	}
	for _, n := range nets {
		for _, v := range n.Values {
			if !eval.Has(v.Op) {
				continue
			}
			if len(v.Axes()) != len(v.Args) {
				t.Fatalf("%v: %v", v, v.Axes())
			}
			for o := range v.Type.Shape.Rank() {
				seen[v.Op] = partsAlong(t, v, o) || seen[v.Op]
			}
		}
	}
	for _, op := range ir.AllOps() {
		if eval.Has(op) && !seen[op] {
			t.Errorf("no part of %v was compared", op)
		}
	}
}

// partsAlong compares the parts of a value along an axis, and reports whether there are several.
func partsAlong(t *testing.T, v *ir.Value, o int) bool {
	axes := v.Axes()
	if slices.ContainsFunc(axes, func(of []int) bool { return of[o] == ir.Along }) {
		return false
	}
	random := rand.New(rand.NewPCG(7, 0))
	data, whole := make([]*ir.Tensor, len(v.Args)), ir.NewTensor(v.Type)
	for i, a := range v.Args {
		if a != nil {
			data[i] = randomOf(random, a)
		}
	}
	eval.Do(v, data, whole)
	for k := range v.Type.Shape.Dim(o) {
		part := *v
		part.Type, part.Args = v.Type.WithShape(oneDeep(v.Type.Shape, o)), slices.Clone(v.Args)
		if a, ok := v.Attrs.(ir.ShapeAttrs); ok {
			a.Shape = slices.Clone(a.Shape)
			a.Shape[o], part.Attrs = 1, a
		}
		args := slices.Clone(data)
		for i, a := range v.Args {
			if p := axes[i][o]; a != nil && p >= 0 && a.Type.Shape.Dim(p) > 1 {
				args[i] = entry(data[i], p, k)
				part.Args[i] = &ir.Value{Op: a.Op, Type: args[i].Type, Range: a.Range, Attrs: ir.ConstAttrs{Data: args[i]}}
			}
		}
		got := ir.NewTensor(part.Type)
		eval.Do(&part, args, got)
		if want := entry(whole, o, k); !slices.Equal(got.F, want.F) || !slices.Equal(got.I, want.I) {
			t.Errorf("%v: entry %d of axis %d is %v, of the operands' parts %v", v, k, o, want, got)
		}
	}
	return v.Type.Shape.Dim(o) > 1
}

// randomOf is a constant, or random numbers of a type; no two of 100 are the same.
func randomOf(random *rand.Rand, v *ir.Value) *ir.Tensor {
	if data := v.Const(); data != nil {
		return data
	}
	out := ir.NewTensor(v.Type)
	for i := range out.F {
		out.F[i] = float64(random.IntN(1000)+1) / 64
	}
	for i := range out.I {
		out.I[i] = v.Range.Lo + random.Int64N(max(1, min(100, v.Range.Hi-v.Range.Lo+1)))
	}
	return out
}

func oneDeep(s ir.Shape, axis int) ir.Shape {
	dims := s.Dims()
	dims[axis] = 1
	return ir.ShapeOf(dims...)
}

// entry is a tensor's part at an index of an axis, which stays.
func entry(x *ir.Tensor, axis, k int) *ir.Tensor {
	out, i := ir.NewTensor(x.Type.WithShape(oneDeep(x.Type.Shape, axis))), 0
	for j, at := range places(x.Type.Shape) {
		switch {
		case at[axis] != k:
			continue
		case x.F != nil:
			out.F[i] = x.F[j]
		default:
			out.I[i] = x.I[j]
		}
		i++
	}
	return out
}
