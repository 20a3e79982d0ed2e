package reroll

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// firstStep folds the body with its delays at their initial value, in a copy of the net in which
// equal values are one: the result must be the very value that the net has in step 0.
type firstStep struct {
	c *canonical.Rewriter
	// origin is, for each value of the copy, the first value of the net that became it.
	origin map[*ir.Value]*ir.Value
	init   map[*ir.Value]*ir.Tensor // of delayed body values; zero when absent
	folded map[*ir.Value]*ir.Value
	begins beginning // in which ways step 0 may differ from the others
	tried  int       // beginnings, for one value
	follow map[edge][]*ir.Value
}

func newFirstStep(n *ir.Net) (*firstStep, error) {
	f := &firstStep{c: canonical.NewRewriter(n), begins: asGiven, origin: map[*ir.Value]*ir.Value{}}
	f.c.Rules, f.c.Deep = append(slices.Clone(canonical.CanonicalRules), smallOperand, chosenAmount, addedConstant), true
	for _, v := range n.Values {
		out, err := f.c.Copy(v)
		if err != nil {
			return nil, err
		}
		if f.origin[out] == nil {
			f.origin[out] = v
		}
	}
	return f, nil
}

// check demands that step 0 is the folded body, for every value of it that the
// body's step 1 or a readout needs. Initial values are zero, or else the constants
// that the layer shows (initial_state.go).
func (f *firstStep) check(u *unrolled) *diag.Diagnostic {
	f.init, f.folded = map[*ir.Value]*ir.Tensor{}, map[*ir.Value]*ir.Value{}
	f.follow = map[edge][]*ir.Value{}
	maps.Copy(f.init, u.begins)
	if d := f.checkAll(u, f.tryBeginnings); d != nil {
		return d
	}
	if len(f.init)+len(u.given[0]) > 0 { // values that agreed before one was found must agree with it
		if d := f.checkAll(u, func(*unrolled, *ir.Value) (bool, error) { return false, nil }); d != nil {
			return d
		}
	}
	if u.anyState {
		return f.checkSteps(u)
	}
	return f.checkLate(u)
}

// checkAll holds every value of step 0 against the folded body; otherwise may
// find another initial state for one that differs.
func (f *firstStep) checkAll(u *unrolled, otherwise func(*unrolled, *ir.Value) (bool, error)) *diag.Diagnostic {
	for _, v := range u.inOrder(func(v *ir.Value) bool { return u.at[0][v] != nil }) {
		ok, err := f.agrees(u, v)
		if err == nil && !ok {
			ok, err = otherwise(u, v)
		}
		if err != nil {
			return diag.Errorf(u.at[0][v].Origin, diag.NotUnrolled,
				"time step 0 is not the first of the steps that follow: %s cannot be computed as %s is, for what it reads has another shape or type there", canonical.Where(u.at[0][v]), canonical.Where(v)).
				WithHelp(stepAlone)
		}
		if !ok {
			return f.notTheFirst(u, v)
		}
	}
	return nil
}

func (f *firstStep) agrees(u *unrolled, v *ir.Value) (bool, error) {
	got, err := f.fold(u, v)
	return err == nil && got == f.c.Became[u.at[0][v]], err
}

// fold is the body value v in step 0.
func (f *firstStep) fold(u *unrolled, v *ir.Value) (*ir.Value, error) {
	if out := f.folded[v]; out != nil {
		return out, nil
	}
	if zero := u.frames.at(v, 0); zero != nil {
		f.folded[v] = f.c.Became[zero]
		return f.folded[v], nil
	}
	out, err := f.onto(u, 0, v, func(w *ir.Value) (*ir.Value, error) { return f.fold(u, w) },
		func(w *ir.Value) (*ir.Value, error) { return f.c.Constant(w.Name+".init", f.initial(w), w) })
	f.folded[v] = out
	return out, err
}

// onto makes the body value v in step t, on operands of that step and of the one before.
func (f *firstStep) onto(u *unrolled, t int, v *ir.Value, step, past func(*ir.Value) (*ir.Value, error)) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, e := range u.body[v] {
		var err error
		switch {
		case e.v == nil:
		case e.kind == fromOnce:
			args[i] = f.c.Became[u.givenIn(t, v, i)]
		case e.kind == fromStep:
			args[i], err = step(e.v)
		default:
			args[i], err = past(e.v)
		}
		if err != nil {
			return nil, err
		}
	}
	return f.c.Like(v, args...)
}

func (f *firstStep) initial(v *ir.Value) *ir.Tensor {
	if t := f.init[v]; t != nil {
		return t
	}
	return ir.NewTensor(v.Type)
}

// smallOperand evens out a difference between the first step and a folded one: an
// exporter folds an initial state of one number, or one for each channel, to no
// more than that, a fold to one for each neuron.
var smallOperand = canonical.CanonicalRule{Name: "small-operand", Doc: "a constant operand is as small as broadcasts to the same, where the other one has the result's shape", Apply: smallConstant}

// chosenAmount evens out a choice of two constants, of which the other steps add one to a number
// where a spike comes.
var chosenAmount = canonical.CanonicalRule{Name: "chosen-amount", Doc: "where(c, k, l) of constants is (k − l) times the cast of c, plus l, if float32 sums that to k", Apply: chosenConstant}

// addedConstant evens out a state that is taken off: where it begins as a constant, the exporter adds
// the opposite of that.
var addedConstant = canonical.CanonicalRule{Name: "added-constant", Doc: "x − k is x + (−k), x − y · k is x + y · (−k)", Apply: addsConstant}

func addsConstant(c *canonical.Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSub || !v.Type.IsReal() {
		return nil, nil
	}
	k := v.Args[1]
	if k.Op == ir.OpMul {
		k = k.Args[1]
	}
	if k.Const() == nil {
		return nil, nil
	}
	opposite, err := c.As(&ir.Value{Name: k.Name + ".neg", Origin: v.Origin}, ir.OpNeg, nil, k)
	if err == nil && k != v.Args[1] {
		opposite, err = c.As(v.Args[1], ir.OpMul, nil, v.Args[1].Args[0], opposite)
	}
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpAdd, nil, v.Args[0], opposite)
}

func chosenConstant(c *canonical.Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[0].Type.Shape != v.Type.Shape || v.Args[0].Const() != nil || v.Args[1].Const() == nil || v.Args[2].Const() == nil {
		return nil, nil
	}
	high, low := v.Args[1].Const(), v.Args[2].Const()
	amount := rewrite.Zip(high, low, func(h, l float64) float64 { return float64(float32(h - l)) })
	sum := rewrite.Zip(low, amount, func(l, a float64) float64 { return float64(float32(l + a)) })
	if !canonical.All(rewrite.Zip(high, sum, func(h, s float64) float64 { return h - s }), 0) {
		return nil, nil
	}
	number, err := c.CastTo(&ir.Value{Name: v.Name + ".cast", Type: v.Type, Origin: v.Origin}, v.Args[0])
	if err != nil {
		return nil, err
	}
	k, err := c.Constant(v.Name+".amount", amount, v)
	if err != nil {
		return nil, err
	}
	part, err := c.As(&ir.Value{Name: v.Name + ".part", Origin: v.Origin}, ir.OpMul, nil, number, k)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpAdd, nil, part, v.Args[2])
}

func smallConstant(c *canonical.Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op.Class() != ir.Element || len(v.Args) != 2 {
		return nil, nil
	}
	for i, a := range v.Args {
		if x := v.Args[1-i].Type; a.Const() == nil || !a.Type.IsReal() || !x.IsReal() || x.Shape != v.Type.Shape {
			continue
		}
		small := smallest(a.Const())
		if small.Type == a.Type {
			continue
		}
		one, err := c.Constant(a.Name+".one", small, v)
		if err != nil {
			return nil, err
		}
		args := slices.Clone(v.Args)
		args[i] = one
		return c.As(v, v.Op, v.Attrs, args...)
	}
	return nil, nil
}

// smallest is the smallest constant that broadcasts to a tensor.
func smallest(t *ir.Tensor) *ir.Tensor {
	for axis := range t.Type.Shape.Rank() {
		if first := firstOf(t, axis); slices.Equal(rewrite.Stretched(first, t.Type.Shape), t.F) {
			t = first
		}
	}
	dims := t.Type.Shape.Dims()
	for len(dims) > 0 && dims[0] == 1 {
		dims = dims[1:]
	}
	return ir.Reals(ir.ShapeOf(dims...), t.F)
}

// firstOf is the first entry of a tensor along an axis, which stays.
func firstOf(t *ir.Tensor, axis int) *ir.Tensor {
	dims := t.Type.Shape.Dims()
	inner, along := 1, dims[axis]
	for _, d := range dims[axis+1:] {
		inner *= d
	}
	dims[axis] = 1
	out := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	for i := range out.F {
		out.F[i] = t.F[i/inner*inner*along+i%inner]
	}
	return out
}
