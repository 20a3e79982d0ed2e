package integers

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
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
	args  []*ir.Value
	slots map[int]int // of the operands of the real cell
	keep  bool        // constants become values of the net
	err   error
}

// write returns the program on integers and its operands; unless they are to be kept, constants
// are values that stand for their ranges.
func (b *cellQuantiser) write(keep bool) (*update.Program, []*ir.Value, error) {
	w := &cellWriter{cellQuantiser: b, slots: map[int]int{}, keep: keep}
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
		return w.times(a, n.Data)
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

// planes is a product with constants from 0 to 1, N/2^K of each element: the sum of x / 2^(K-k) where
// bit k of N is 1, each rounded down, so that no number is wider than x.
func (w *cellWriter) planes(x update.Value, factor *ir.Tensor) update.Value {
	if !rewrite.Everywhere(factor, func(f float64) bool { return f >= 0 && f <= 1 }) {
		if w.err == nil {
			w.err = rewrite.Refuse(w.v, diag.NotExact, "its neurons multiply their state by more than %d different constants, of which some are not from 0 to 1", maxForms).
				WithHelp("use fewer, for example one for each layer")
		}
		return x
	}
	k := 0
	for _, f := range factor.F {
		if d, ok := layers.DecayOf(f); ok {
			k = max(k, min(d.Shift, maxPlanes))
		}
	}
	sum := w.Const(0)
	for bit := range k + 1 {
		plane := rewrite.Zip(factor, layers.Constant(0, ir.Shape{}), func(f, _ float64) float64 {
			return float64(int64(math.Round(math.Ldexp(f, k))) >> bit & 1)
		})
		part := x
		if bit < k {
			part = w.Leak(x, update.Decay{Digits: []update.Digit{{Shift: 0, Sign: 1}}, Shift: k - bit})
		}
		switch one, same := plane.Uniform(); {
		case same && one == 0:
		case same:
			sum = w.Add(sum, part)
		default:
			has := w.AtLeast(w.Operand(w.constant("bit", plane)), w.Const(1))
			sum = w.Add(sum, w.Select(has, part, w.Const(0)))
		}
	}
	return sum
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
	}
	return out
}
