package integers

import (
	"fmt"
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// maxForms bounds the products that are chosen between; factors of more are added up by their bits.
// maxPlanes bounds these, behind the point.
const (
	maxForms  = 4
	maxPlanes = 15
)

// cellWriter writes the instructions of a cell on integers.
type cellWriter struct {
	*cellQuantiser
	update.Builder
	args      []*ir.Value
	slots     map[int]int        // of the operands of the real cell
	keep      bool               // constants become values of the net
	constants map[int]*ir.Tensor // by slot
	told      map[string]bool
	err       error
}

// write returns the program on integers and its operands; unless they are to be kept, constants
// are values that stand for their ranges.
func (b *cellQuantiser) write(keep bool) (*update.Program, []*ir.Value, error) {
	w := &cellWriter{cellQuantiser: b, slots: map[int]int{}, keep: keep, constants: map[int]*ir.Tensor{}, told: map[string]bool{}}
	w.shaped()
	for i, s := range b.Vars {
		variable := update.Var{Name: ir.CellVar(i), Init: -1}
		if units, n, same := w.rounded(b.Class(s.Stored), s.Start, 0); same {
			variable.Start = n
		} else {
			variable.Init = w.constant(ir.CellVar(i), units)
		}
		w.Var(variable)
	}
	values := make([]update.Value, len(b.Nodes))
	for at := range b.Nodes {
		values[at] = w.node(at, values)
	}
	for i, s := range b.Vars {
		w.Store(i, values[s.Stored])
	}
	w.Builder.Result(values[b.Result])
	return w.Program(), w.args, w.err
}

// shaped makes the first operands those that give the cell its shape.
func (w *cellWriter) shaped() {
	for slot, x := range w.v.Args {
		if w.brought[slot] != nil || x.Const() == nil && x.Type.Shape == w.v.Type.Shape {
			w.slot(slot)
		}
	}
}

func (w *cellWriter) slot(slot int) int {
	if _, ok := w.slots[slot]; !ok {
		x := w.brought[slot]
		if x == nil {
			x = w.q.r.Of(w.v.Args[slot])
		}
		w.slots[slot], w.args = len(w.args), append(w.args, x)
	}
	return w.slots[slot]
}

// rounded are real numbers in units of a class, as a limit of a comparison, 0 for none; same reports
// whether they are all n.
func (w *cellWriter) rounded(class int, t *ir.Tensor, limit ir.Compare) (units *ir.Tensor, n int64, same bool) {
	units = layers.Divide(t, w.unit(class))
	if limit != 0 {
		units = wholeThreshold(units, limit)
	} else {
		units = roundedAll(units)
	}
	const most = 1 << 60
	units = rewrite.Zip(units, layers.Constant(0, ir.Shape{}), func(f, _ float64) float64 { return min(max(f, -most), most) })
	f, same := units.Uniform()
	return units, int64(f), same
}

// constant appends an operand of integers.
func (w *cellWriter) constant(name string, units *ir.Tensor) int {
	units = operandShape(units, w.v.Type.Shape)
	for slot, t := range w.constants {
		if t.Type == units.Type && slices.Equal(t.F, units.F) {
			return slot
		}
	}
	w.constants[len(w.args)] = units
	var c *ir.Value
	if w.keep {
		var err error
		if c, err = w.q.integers(w.v.Name+"."+name, units); err != nil && w.err == nil {
			w.err = err
		}
	} else {
		c = &ir.Value{Op: ir.OpConst, Range: wholeRange(units)}
	}
	w.args = append(w.args, c)
	return len(w.args) - 1
}

// number is a constant in the program: a number, or an operand where they differ.
func (w *cellWriter) number(name string, units *ir.Tensor, n int64, same bool) update.Value {
	if same {
		return w.Const(n)
	}
	return w.Operand(w.constant(name, units))
}

func (w *cellWriter) node(at int, values []update.Value) update.Value {
	n := w.Nodes[at]
	a, b := values[n.A], values[n.B]
	switch n.Kind {
	case update.Load:
		return w.Load(n.At)
	case update.Operand:
		return w.operand(at, n.At)
	case update.Const:
		units, number, same := w.rounded(w.Class(at), n.Data, n.Limit)
		return w.number("number", units, number, same)
	case update.Add:
		return w.Add(a, b)
	case update.Sub:
		return w.Sub(a, b)
	case update.Times:
		return w.leak(at, a)
	case update.Min:
		return w.Min(a, b)
	case update.Max:
		return w.Max(a, b)
	case update.AtLeast:
		return w.AtLeast(a, b)
	case update.Above:
		return w.Above(a, b)
	case update.And:
		return w.And(a, b)
	case update.Or:
		return w.Or(a, b)
	case update.AndNot:
		return w.AndNot(a, b)
	}
	return w.Select(values[n.C], a, b)
}

// operand is an operand in the unit of its class, its offset added.
func (w *cellWriter) operand(at, slot int) update.Value {
	x := w.Operand(w.slot(slot))
	if w.Bit(at) {
		return x
	}
	class := w.Class(at)
	if w.units[class] == nil { // integers, in a unit that divides 1
		return w.times(x, layers.Divide(layers.Constant(1, ir.Shape{}), w.unit(class)))
	}
	x = w.Shl(x, w.guards[class])
	if off := w.offsets[slot]; off != nil {
		units, n, same := w.rounded(class, off, 0)
		x = w.Add(x, w.number("offset", units, n, same))
	}
	return x
}

// leak is a product with constants, rounded as the comparisons of its class ask for.
func (w *cellWriter) leak(at int, x update.Value) update.Value {
	n := w.Nodes[at]
	rounding := w.LeakRounding(w.Class(at))
	if whole := rewrite.Everywhere(n.Data, func(f float64) bool { return f == math.Trunc(f) }); whole || rounding <= scales.LeakDown {
		return w.times(x, n.Data)
	}
	down, _ := layers.DecayOf(n.Data.F[0])
	if rounding == scales.LeakOdd { // ⌊v/2^k⌋, its last bit 1 where there is a rest, is ⌊v/2^(k+1)⌋ + ⌈v/2^(k+1)⌉
		down.Shift++
	}
	up := down
	up.Up = int64(1)<<down.Shift - 1
	if rounding == scales.LeakUp {
		return w.Leak(x, up)
	}
	return w.Add(w.Leak(x, down), w.Leak(x, up))
}

// times is a product with constants: a number for each form that they have on integers.
func (w *cellWriter) times(x update.Value, factor *ir.Tensor) update.Value {
	if f, same := factor.Uniform(); same {
		return w.product(x, f)
	}
	forms, which := []float64{}, ir.NewTensor(factor.Type)
	for i, f := range factor.F {
		at := 0
		for at < len(forms) && math.Abs(forms[at]-f) > 1e-7 {
			at++
		}
		if at == len(forms) {
			forms = append(forms, f)
		}
		which.F[i] = float64(at)
	}
	if len(forms) > maxForms {
		return w.planes(x, factor)
	}
	index := w.Operand(w.constant("which", which))
	out := w.product(x, forms[0])
	for at := 1; at < len(forms); at++ {
		out = w.Select(w.AtLeast(index, w.Const(int64(at))), w.product(x, forms[at]), out)
	}
	return out
}

// planes is a product with constants that are N/2^K, each element its own: the sum of x / 2^(K-k) where
// bit k of |N| is 1, each rounded down, negated where N is negative. Of constants from −1 to 1 no sum
// is wider than x.
func (w *cellWriter) planes(x update.Value, factor *ir.Tensor) update.Value {
	k, numerators := w.numerators(factor)
	most, sum := slices.Max(numerators.F), w.Const(0)
	for bit := 0; most >= math.Ldexp(1, bit); bit++ {
		has := mapped(numerators, func(n float64) bool { return int64(n)>>bit&1 != 0 })
		switch {
		case bit < k:
			part := w.Leak(x, update.Decay{Digits: []update.Digit{{Shift: 0, Sign: 1}}, Shift: k - bit})
			sum = w.where("bit", has, w.Add(sum, part), sum)
		case most == math.Ldexp(1, k): // of 1 alone, which has no other bit
			sum = w.where("bit", has, x, sum)
		default:
			sum = w.where("bit", has, w.Add(sum, w.Shl(x, bit-k)), sum)
		}
	}
	return w.where("negative", mapped(factor, func(f float64) bool { return f < 0 }), w.Sub(w.Const(0), sum), sum)
}

// numerators are those of the magnitudes of factors over 2^k.
func (w *cellWriter) numerators(factor *ir.Tensor) (k int, numerators *ir.Tensor) {
	for _, f := range factor.F {
		_, fraction := math.Modf(math.Abs(f))
		if d, ok := layers.DecayOf(fraction); ok {
			k = max(k, min(d.Shift, maxPlanes))
		}
	}
	numerators = ir.NewTensor(factor.Type)
	off := 0.0
	for i, f := range factor.F {
		numerators.F[i] = math.Round(math.Ldexp(math.Abs(f), k))
		off = max(off, math.Abs(math.Abs(f)-math.Ldexp(numerators.F[i], -k)))
	}
	runs := ""
	if off > 0 {
		runs = fmt.Sprintf("run as N/%d, off by at most %.2g, and ", 1<<k, off)
	}
	w.remark("its factors from %v to %v are %srounded in every step", slices.Min(factor.F), slices.Max(factor.F), runs)
	return k, numerators
}

// where is x for the elements that have a mark, and y for the others.
func (w *cellWriter) where(name string, marks *ir.Tensor, x, y update.Value) update.Value {
	switch one, same := marks.Uniform(); {
	case same && one == 0:
		return y
	case same:
		return x
	}
	return w.Select(w.AtLeast(w.Operand(w.constant(name, marks)), w.Const(1)), x, y)
}

// mapped has 1 where a condition holds.
func mapped(t *ir.Tensor, is func(float64) bool) *ir.Tensor {
	out := ir.NewTensor(t.Type)
	for i, f := range t.F {
		if is(f) {
			out.F[i] = 1
		}
	}
	return out
}

// remark tells once how a product is run.
func (w *cellWriter) remark(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !w.keep || w.told[text] {
		return
	}
	w.told[text] = true
	w.q.options.Remark(w.v, "%s", text)
}

// product is a number times a constant, by shifts and the leak that the fraction is.
func (w *cellWriter) product(x update.Value, f float64) update.Value {
	if f < 0 {
		return w.Sub(w.Const(0), w.product(x, -f))
	}
	whole, fraction := math.Modf(f)
	out := w.Const(0)
	for k, n := 0, int64(whole); n > 0; k, n = k+1, n>>1 {
		if n&1 != 0 {
			out = w.Add(out, w.Shl(x, k))
		}
	}
	if d, ok := layers.DecayOf(fraction); ok {
		out = w.Add(out, w.Leak(x, d))
		w.remarkFactor(f, d)
	}
	return out
}

// remarkFactor tells how far off a factor is whose fraction is a decay.
func (w *cellWriter) remarkFactor(f float64, d update.Decay) {
	n := math.Floor(f) + layers.Leaves(d)
	if n == f {
		w.remark("its factor %v is rounded in every step", f)
		return
	}
	w.remark("its factor %v is run as %v/%d, off by %.2g, and rounded in every step", f, math.Ldexp(n, d.Shift), int64(1)<<d.Shift, math.Abs(f-n))
}
