package quantised

import (
	"math/big"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// ReadQuantised keeps the integers of a network that rounds its activations to steps of a scale:
// between layers of weights go the integers that the file means, and weights are those that it has.
// Real numbers are left where nothing rounds them, and where nothing exact is known.
func ReadQuantised(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	if d := dynamic(n); d != nil {
		return nil, d
	}
	if n.Steps != 1 || !roundsLayers(n) {
		return n, nil
	}
	q := &reader{options: o, readers: n.Readers(), known: map[*ir.Value]*form{}, spelt: map[*ir.Value]*ir.Value{}, origins: map[*ir.Value]*curve{},
		guesses: len(n.All(ir.OpCompare)) == 0}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		q.r = r
		return q.value(v)
	})
}

// dynamic refuses scales that are chosen for each input.
func dynamic(n *ir.Net) error {
	for _, v := range n.Values {
		if v.Origin.Op == "DynamicQuantizeLinear" {
			return rewrite.Refuse(v, diag.NotExact, "takes its scale from the range of what comes in, so that numbers are divided by another each time").
				WithHelp("quantise with scales that are chosen beforehand on some images: quantize_static in place of quantize_dynamic")
		}
	}
	return nil
}

// operators are those of quantised files. In a file without any, a neuron may round, too.
var operators = map[string]bool{"QuantizeLinear": true, "DequantizeLinear": true, "Quant": true, "BipolarQuant": true, "Trunc": true,
	"ConvInteger": true, "MatMulInteger": true, "QGemm": true}

// roundsLayers reports whether a net rounds what its layers of weights compute, and not only as neurons
// that fire counts.
func roundsLayers(n *ir.Net) bool {
	behind := map[*ir.Value]bool{}
	if !slices.ContainsFunc(n.Values, func(v *ir.Value) bool { return operators[v.Origin.Op] || strings.HasPrefix(v.Origin.Op, "QLinear") }) && firesCounts(n) {
		return false
	}
	for _, v := range n.Values {
		weights := v.Op == ir.OpLinear || v.Op == ir.OpConv || v.Op == ir.OpMatmul
		behind[v] = weights && v.Args[0].Const() == nil || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return behind[a] })
		if a, ok := v.Attrs.(ir.MapAttrs); ok && rounds(a.Fn) && behind[v] {
			return true
		}
	}
	return false
}

// firesCounts reports whether a number meets what it is rounded to again, element by element, as a
// membrane does that is reset by the spikes that it fires.
func firesCounts(n *ir.Net) bool {
	readers := n.Readers()
	return slices.ContainsFunc(n.Values, func(v *ir.Value) bool {
		a, ok := v.Attrs.(ir.MapAttrs)
		if !ok || !rounds(a.Fn) {
			return false
		}
		beside, behind := map[*ir.Value]bool{}, map[*ir.Value]bool{}
		for x := layers.Varying(v); x != nil; x = layers.Varying(x) {
			spread(x, v, readers, beside)
			if x.Op.Class() != ir.Element {
				break
			}
		}
		spread(v, nil, readers, behind)
		for x := range behind {
			if beside[x] {
				return true
			}
		}
		return false
	})
}

// spread collects the values that are computed of v element by element, without the rounding.
func spread(v, rounding *ir.Value, readers map[*ir.Value][]*ir.Value, into map[*ir.Value]bool) {
	for _, r := range readers[v] {
		if r != rounding && r.Op.Class() == ir.Element && !into[r] {
			into[r] = true
			spread(r, rounding, readers, into)
		}
	}
}

func rounds(fn ir.Fn) bool { return fn == ir.FnRound || fn == ir.FnFloor || fn == ir.FnCeil }

// reader follows the values of a net as forms.
type reader struct {
	r       *ir.Rebuilder
	options *rewrite.Options
	readers map[*ir.Value][]*ir.Value
	known   map[*ir.Value]*form
	spelt   map[*ir.Value]*ir.Value // forms written out, by the value that they are of
	origins map[*ir.Value]*curve    // words, as they were rounded from one integer
	guesses bool                    // real numbers that are rounded become levels, too
}

func (q *reader) value(v *ir.Value) (*ir.Value, error) {
	if v.Op == ir.OpConst {
		return nil, nil
	}
	if rule := rules[v.Op]; rule != nil {
		f, err := rule(q, v)
		if err != nil {
			return nil, err
		}
		if f != nil {
			q.known[v] = f
			return q.stand(v, f)
		}
	}
	if v.Op == ir.OpOutput {
		return q.output(v)
	}
	return q.plainly(v)
}

// stand is a value of the new net in the place of a form, which nobody reads.
func (q *reader) stand(v *ir.Value, f *form) (*ir.Value, error) {
	for _, t := range f.terms {
		if t.n != nil {
			return t.n, nil
		}
	}
	return q.r.Const(q.r.Unique(v.Name+".form"), rewrite.Scalar(0))
}

// of is the form of an operand; nil where none is known.
func (q *reader) of(v *ir.Value) *form {
	if v == nil {
		return nil
	}
	if c := v.Const(); c != nil {
		f := q.known[v]
		if f == nil || f.shift.of == nil {
			f = ofConst(c)
			q.known[v] = f
		}
		return f
	}
	return q.known[v]
}

// plainly copies a value on operands that are written out.
func (q *reader) plainly(v *ir.Value) (*ir.Value, error) {
	args, err := q.spelled(v)
	if err != nil {
		return nil, err
	}
	return q.r.CopyWith(v, v.Attrs, args...)
}

// spelled are the operands of a value, written out.
func (q *reader) spelled(v *ir.Value) ([]*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = q.spell(a); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// spell returns an operand in the new net, written out as the file has it where it is a form.
func (q *reader) spell(v *ir.Value) (*ir.Value, error) {
	f := q.known[v]
	if v == nil || f == nil || v.Op == ir.OpConst {
		return q.r.Of(v), nil
	}
	if out := q.spelt[v]; out != nil {
		return out, nil
	}
	out, err := q.written(v, f)
	q.spelt[v] = out
	return out, err
}

// written writes a form out: Σ gain·n + shift.
func (q *reader) written(v *ir.Value, f *form) (*ir.Value, error) {
	if f.constant() {
		return q.constant(v, f)
	}
	f, err := q.integral(v, f)
	if err != nil {
		return nil, err
	}
	if f.curve != nil {
		return q.unrounded(v)
	}
	var out *ir.Value
	for _, t := range f.terms {
		part, err := q.with(ir.OpMul, v, t.n, t.gain, big.NewRat(1, 1))
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = part
		} else if out, err = q.r.Add(ir.OpAdd, q.r.Unique(v.Name+".sum"), nil, out, part); err != nil {
			return nil, err
		}
	}
	if out, err = q.with(ir.OpAdd, v, out, f.shift, new(big.Rat)); err != nil {
		return nil, err
	}
	for _, b := range f.cut.bounds() {
		if out, err = q.with(b.op, v, out, one(b.at), nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unrounded writes a function of an integer out as the file has it: nothing rounds it for this reader.
func (q *reader) unrounded(v *ir.Value) (*ir.Value, error) {
	if v.Op == ir.OpInput {
		return nil, notRounded(v)
	}
	args, err := q.spelled(v)
	if err != nil {
		return nil, err
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name+".real"), v.Attrs, args...)
}

// with appends x op numbers; the neutral number is left out.
func (q *reader) with(op ir.Op, v, x *ir.Value, by numbers, neutral *big.Rat) (*ir.Value, error) {
	if r, ok := by.uniform(); ok && neutral != nil && r.Cmp(neutral) == 0 && (!v.Type.IsReal() || x.Type.IsReal()) {
		return x, nil
	}
	data := by.reals()
	if !v.Type.IsReal() {
		n, ok := by.integers()
		if !ok {
			return nil, rewrite.Refuse(v, diag.NotExact, "is an integer in the file, but is followed as a fraction")
		}
		data = ir.Ints(by.shape, n)
	}
	c, err := q.r.Const(q.r.Unique(v.Name+".by"), data)
	if err != nil {
		return nil, err
	}
	return q.r.Add(op, q.r.Unique(v.Name+"."+op.String()), nil, x, c)
}

// constant is a constant form in the type of the file.
func (q *reader) constant(v *ir.Value, f *form) (*ir.Value, error) {
	all, _ := f.numbers()
	data := layers.SpreadTo(all.reals(), v.Type.Shape)
	if v.Type.IsReal() {
		for i, x := range data.F {
			data.F[i] = float64(float32(x))
		}
		return q.r.Const(q.r.Unique(v.Name), data)
	}
	n := make([]int64, len(data.F))
	for i, x := range data.F {
		n[i] = int64(x)
	}
	return q.r.AddTyped(ir.OpConst, q.r.Unique(v.Name), ir.ConstAttrs{Data: ir.Ints(v.Type.Shape, n)}, v.Type)
}

// output gives the integers themselves where they have one scale: real = scale·integer.
func (q *reader) output(v *ir.Value) (*ir.Value, error) {
	f := q.of(v.Args[0])
	if f == nil || f.constant() || !v.Type.IsReal() {
		return q.plainly(v)
	}
	f, err := q.settled(v.Args[0], f)
	if err != nil {
		return nil, err
	}
	if len(f.terms) != 1 || f.terms[0].n.Type.IsReal() || !f.plain() {
		return q.plainly(v)
	}
	n, gain := f.terms[0].n, f.terms[0].gain
	scale, ok := gain.uniform()
	if !ok || scale.Sign() <= 0 {
		return q.plainly(v)
	}
	zero := f.shift.over(gain)
	if _, ok := zero.integers(); !ok {
		return q.plainly(v)
	}
	if !zero.zero() {
		data, _ := zero.integers()
		c, err := q.r.Const(q.r.Unique(v.Name+".zero"), ir.Ints(zero.shape, data))
		if err != nil {
			return nil, err
		}
		if n, err = q.r.Add(ir.OpAdd, q.r.Unique(v.Name+".centred"), nil, n, c); err != nil {
			return nil, err
		}
	}
	out, err := q.r.CopyWith(v, v.Attrs, n)
	if err == nil {
		unit, _ := scale.Float64()
		out.Scale = ir.UniformScale(unit)
	}
	return out, err
}
