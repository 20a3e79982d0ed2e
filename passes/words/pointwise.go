package words

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// pointwise reads a value as a function of one number, x, that several ops compute, and at least one of
// them has no integers: a product of x with its sigmoid, say. x is as far up as functions follow each other.
func pointwise(v *ir.Value, place map[*ir.Value]int) (a activation, ok bool) {
	if affine(v) {
		return a, false
	}
	front, seen, bent := []*ir.Value{v}, []*ir.Value(nil), false
	for {
		last := slices.MaxFunc(front, func(a, b *ir.Value) int { return place[a] - place[b] })
		args, elementwise := canonical.OnElements(last)
		if !elementwise {
			break
		}
		front = slices.DeleteFunc(front, func(f *ir.Value) bool { return f == last })
		for _, arg := range args {
			if !slices.Contains(front, arg) {
				front = append(front, arg)
			}
		}
		seen, bent = append(seen, last), bent || !affine(last)
		if len(front) == 1 && front[0].Type.IsReal() && bent {
			a, bent = activation{v: v, x: front[0], cone: slices.Clone(seen)}, false
		}
	}
	slices.Reverse(a.cone)
	return a, slices.ContainsFunc(a.cone, needsTable) && !a.steps()
}

// steps reports whether some op of a function rounds; the sign of a number that a choice takes away, as soft shrinkage does,
// is part of a curve.
func (a activation) steps() bool {
	chosen := slices.ContainsFunc(a.cone, func(v *ir.Value) bool { return v.Op == ir.OpWhere })
	return slices.ContainsFunc(a.cone, func(v *ir.Value) bool { return rounds(v) && !(chosen && canonical.IsFn(v, ir.FnSign)) })
}

// affine reports whether an op multiplies by a constant or adds one, which weights take in.
func affine(v *ir.Value) bool {
	varying := 0
	for _, a := range v.Args {
		if a.Const() == nil {
			varying++
		}
	}
	switch v.Op {
	case ir.OpNeg:
		return true
	case ir.OpAdd, ir.OpSub, ir.OpMul:
		return varying == 1
	case ir.OpDiv:
		return varying == 1 && v.Args[1].Const() != nil
	}
	return false
}

// needsTable reports whether integers do not have an op.
func needsTable(v *ir.Value) bool {
	switch v.Op {
	case ir.OpMul, ir.OpDiv:
		return !affine(v)
	case ir.OpPow, ir.OpCompare:
		return true
	case ir.OpMap:
		fn := v.Attrs.(ir.MapAttrs).Fn
		return fn != ir.FnRelu && fn != ir.FnLeakyRelu && fn != ir.FnAbs
	}
	return false
}

// rounds reports whether an op goes in steps of its own, which are seldom those of words.
func rounds(v *ir.Value) bool {
	m, _ := v.Attrs.(ir.MapAttrs)
	return m.Fn == ir.FnFloor || m.Fn == ir.FnCeil || m.Fn == ir.FnRound || m.Fn == ir.FnSign || v.Op == ir.OpMod
}

// at computes the function of an activation.
func (a activation) at(x []float64) ([]float64, error) {
	known := map[*ir.Value]*ir.Tensor{a.x: ir.Reals(ir.ShapeOf(len(x)), x)}
	for _, v := range a.cone {
		args := make([]*ir.Tensor, len(v.Args))
		for i, arg := range v.Args {
			if args[i] = known[arg]; arg.Const() != nil {
				args[i] = one(arg.Const())
			}
		}
		out, err := rewrite.Compute(v.Op, v.Attrs, args...)
		if err != nil {
			return nil, err
		}
		known[v] = out
	}
	return rewrite.Reals(known[a.v]).F, nil
}

// one is a constant of equal elements as a number.
func one(t *ir.Tensor) *ir.Tensor {
	f, _ := t.Uniform()
	if t.Type.IsReal() {
		return rewrite.Scalar(f)
	}
	out := ir.NewTensor(t.Type.WithShape(ir.Shape{}))
	out.I[0] = int64(f)
	return out
}

// hide marks the ops of a function that only it reads, which need no words of their own.
func (a activation) hide(inner map[*ir.Value]bool, readers map[*ir.Value][]*ir.Value) {
	own := map[*ir.Value]bool{a.v: true}
	for _, v := range slices.Backward(a.cone[:len(a.cone)-1]) {
		own[v] = !slices.ContainsFunc(readers[v], func(r *ir.Value) bool { return !own[r] })
		inner[v] = inner[v] || own[v]
	}
}
