package passes_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	_ "nomul/ir/irtest/seed"
	"nomul/passes/cells"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/runtime/interp"
)

// ownUpdate is a random layer whose neurons are updated in a way of their own, as a net of one step.
type ownUpdate struct {
	t       *rapid.T
	b       *ir.Builder
	shape   ir.Shape
	count   int
	delays  []*ir.Value
	numbers []*ir.Value
	bits    []*ir.Value
}

func (u *ownUpdate) add(op ir.Op, attrs ir.Attrs, typ ir.Type, args ...*ir.Value) *ir.Value {
	u.count++
	v, err := u.b.AddTyped(op, fmt.Sprintf("%v%d", op, u.count), attrs, typ, args...)
	if err != nil {
		u.t.Fatal(err)
	}
	return v
}

func (u *ownUpdate) data(t *ir.Tensor) *ir.Value {
	return u.add(ir.OpConst, ir.ConstAttrs{Data: t}, t.Type)
}

// constant is a multiple of 1/4, everywhere or of each neuron; sums and products of such are exact.
func (u *ownUpdate) constant() *ir.Value {
	shape := rapid.SampledFrom([]ir.Shape{{}, u.shape}).Draw(u.t, "of each")
	t := ir.NewTensor(ir.RealType(shape))
	for i := range t.F {
		t.F[i] = float64(rapid.IntRange(-6, 6).Draw(u.t, "quarters")) / 4
	}
	return u.data(t)
}

func (u *ownUpdate) of(values []*ir.Value) *ir.Value {
	return rapid.SampledFrom(values).Draw(u.t, "value")
}

// delay adds a state variable: a number, a number of all neurons, a spike, or the number of one.
func (u *ownUpdate) delay() {
	init := ir.NewTensor(ir.RealType(u.shape))
	switch rapid.IntRange(0, 4).Draw(u.t, "kind") {
	case 0:
		init = ir.NewTensor(ir.SpikeType(u.shape))
	case 1:
		init = ir.NewTensor(ir.RealType(ir.Shape{}))
	}
	for i := range init.F {
		init.F[i] = float64(rapid.IntRange(-1, 2).Draw(u.t, "init"))
	}
	d := u.add(ir.OpDelay, nil, init.Type, u.data(init))
	u.delays = append(u.delays, d)
	if d.Type.IsSpike() {
		u.bits = append(u.bits, d)
	} else {
		u.numbers = append(u.numbers, d)
	}
}

// number is the number of a spike.
func (u *ownUpdate) number(bit *ir.Value) *ir.Value {
	return u.add(ir.OpCast, nil, ir.RealType(bit.Type.Shape), bit)
}

func (u *ownUpdate) grow() {
	x, y := u.of(u.numbers), u.of(u.numbers)
	var v *ir.Value
	switch rapid.IntRange(0, 11).Draw(u.t, "op") {
	case 0, 1:
		v = u.add(rapid.SampledFrom([]ir.Op{ir.OpAdd, ir.OpSub, ir.OpMin, ir.OpMax}).Draw(u.t, "pair"), nil, ir.Type{}, x, y)
	case 2:
		v = u.add(ir.OpMul, nil, ir.Type{}, x, u.constant())
	case 3:
		v = u.add(ir.OpWhere, nil, ir.Type{}, u.of(u.bits), x, y)
	case 4:
		v = u.add(ir.OpMul, nil, ir.Type{}, x, u.number(u.of(u.bits)))
	case 5:
		leak := u.add(ir.OpSub, nil, ir.Type{}, u.constant(), u.add(ir.OpMul, nil, ir.Type{}, u.number(u.of(u.bits)), u.constant()))
		v = u.add(ir.OpMul, nil, ir.Type{}, leak, x)
	case 6:
		v = u.add(ir.OpMap, ir.MapAttrs{Fn: rapid.SampledFrom([]ir.Fn{ir.FnRelu, ir.FnAbs, ir.FnSign}).Draw(u.t, "fn")}, ir.Type{}, x)
	case 7:
		v = u.add(ir.OpSub, nil, ir.Type{}, u.data(rewrite.Scalar(1)), u.number(u.of(u.bits)))
	case 8:
		v = u.add(ir.OpNeg, nil, ir.Type{}, x)
	case 9:
		op := rapid.SampledFrom([]ir.Op{ir.OpAnd, ir.OpOr, ir.OpXor, ir.OpAndNot}).Draw(u.t, "logic")
		v = u.add(op, nil, ir.Type{}, u.of(u.bits), u.of(u.bits))
	default:
		is := rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT, ir.LE, ir.LT, ir.EQ, ir.NE}).Draw(u.t, "is")
		v = u.add(ir.OpCompare, ir.CompareAttrs{Is: is}, ir.Type{}, x, rapid.SampledFrom([]*ir.Value{y, u.constant()}).Draw(u.t, "with"))
	}
	if v.Type.IsSpike() {
		u.bits = append(u.bits, v)
	} else {
		u.numbers = append(u.numbers, v)
	}
}

// store latches a value of its shape for each delay.
func (u *ownUpdate) store() {
	for _, d := range u.delays {
		var fit []*ir.Value
		for _, v := range append(u.numbers, u.bits...) {
			if v.Type == d.Type && v.Op != ir.OpConst {
				fit = append(fit, v)
			}
		}
		u.add(ir.OpLatch, nil, ir.Type{}, d, fit[len(fit)-1-rapid.IntRange(0, min(3, len(fit)-1)).Draw(u.t, "back")])
	}
}

// read sums values over the steps, as a layer of weights reads them.
func (u *ownUpdate) read() {
	for i, v := range []*ir.Value{u.number(u.bits[len(u.bits)-1]), u.numbers[len(u.numbers)-1]} {
		if v.Clock != ir.Step || i == 1 && rapid.Bool().Draw(u.t, "hidden") {
			continue
		}
		if v.Type.Shape == u.shape {
			v = u.add(ir.OpLinear, ir.LinearAttrs{}, ir.Type{}, v, u.weights())
		}
		u.add(ir.OpOutput, ir.OutputAttrs{}, ir.Type{}, u.add(ir.OpSum, nil, ir.Type{}, v))
	}
}

func (u *ownUpdate) weights() *ir.Value {
	n := u.shape.Dim(0)
	w := ir.NewTensor(ir.RealType(ir.ShapeOf(n, n)))
	for i := range w.F {
		w.F[i] = float64(rapid.IntRange(-2, 2).Draw(u.t, "weight"))
	}
	return u.data(w)
}

func drawOwnUpdate(t *rapid.T) *ir.Net {
	u := &ownUpdate{t: t, b: ir.NewBuilder("own", ir.Source, rapid.IntRange(1, 5).Draw(t, "steps")), shape: ir.ShapeOf(rapid.IntRange(1, 3).Draw(t, "neurons"))}
	x, err := u.b.Input("x", ir.RealType(u.shape), ir.InputAttrs{Per: rapid.SampledFrom([]ir.Clock{ir.Once, ir.Step}).Draw(t, "per")})
	if err != nil {
		t.Fatal(err)
	}
	u.numbers = []*ir.Value{x}
	for range rapid.IntRange(1, 3).Draw(t, "state") {
		u.delay()
	}
	u.bits = append(u.bits, u.add(ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, ir.Type{}, u.numbers[len(u.numbers)-1], u.constant()))
	for range rapid.IntRange(1, 9).Draw(t, "size") {
		u.grow()
	}
	u.read()
	u.store()
	return ir.Prune(u.b.Net())
}

// asReals is a net of the source level in real arithmetic.
func asReals(t *rapid.T, n *ir.Net) *ir.Net {
	out, err := ir.Rebuild(n, ir.Spiking, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpCast {
			return nil, nil
		}
		one, err := r.Const(r.Unique("one"), rewrite.Scalar(1))
		if err != nil {
			return nil, err
		}
		zero, err := r.Const(r.Unique("zero"), rewrite.Scalar(0))
		if err != nil {
			return nil, err
		}
		return r.Add(ir.OpWhere, r.Unique(v.Name), nil, r.Of(v.Args[0]), one, zero)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Layers that are updated in a way of their own compute the same as cells, bit for bit.
func TestOwnUpdatesAreCells(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		net := drawOwnUpdate(t)
		if len(net.All(ir.OpDelay)) == 0 || len(net.All(ir.OpOutput)) == 0 {
			t.Skip("keeps nothing that is read")
		}
		layers, err := cells.Find(net)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range layers.Groups {
			if g.Why != nil && !strings.Contains(g.Why.Message, "are followed") && !strings.Contains(g.Why.Message, "by no state") {
				t.Fatalf("%v\n%s", g.Why, ir.Print(net, ""))
			}
		}
		with, err := layers.With(func(*cells.Group) bool { return true }, func(v *ir.Value, _ bool) string { return v.Name })
		if err != nil {
			t.Fatalf("%v\n%s", err, ir.Print(net, ""))
		}
		sameResults(t, net, with)
		raised, err := raise.RaiseNeurons(net, &rewrite.Options{})
		if err != nil {
			t.Skip(err)
		}
		sameResults(t, asReals(t, net), raised)
		taken++
	})
	if taken == 0 {
		t.Error("no net was taken")
	}
	t.Logf("%d taken", taken)
}

func sameResults(t *rapid.T, before, after *ir.Net) {
	a, err := interp.New(before)
	if err != nil {
		t.Fatal(err)
	}
	b, err := interp.New(after)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range irtest.Inputs(before, 5, 4) {
		want, err := a.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, w := range want {
			for i := range w.Type.Size() {
				if w.At(i) != got[name].At(i) {
					t.Fatalf("%s[%d] is %v, was %v\n%s\n%s", name, i, got[name].At(i), w.At(i), ir.Print(before, ""), ir.Print(after, ""))
				}
			}
		}
	}
}
