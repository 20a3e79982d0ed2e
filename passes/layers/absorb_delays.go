package layers

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
)

// storedFirst returns the net with each delay of real numbers behind its stored value,
// unless that depends on the delay: gain and shift of the stored value are known then.
func storedFirst(n *ir.Net) *ir.Net {
	o := &storing{stored: map[*ir.Value]*ir.Value{}, open: map[*ir.Value]bool{}, done: map[*ir.Value]bool{}}
	for _, v := range n.All(ir.OpLatch) {
		if v.Args[0].Type.IsReal() {
			o.stored[v.Args[0]] = v.Args[1]
		}
	}
	if len(o.stored) == 0 {
		return n
	}
	for _, v := range n.Values {
		o.visit(v)
	}
	out := n.Head()
	out.Values = ir.ByClock(o.values)
	return out
}

type storing struct {
	stored map[*ir.Value]*ir.Value
	open   map[*ir.Value]bool // delays whose stored values are being placed
	done   map[*ir.Value]bool
	values []*ir.Value
}

func (o *storing) visit(v *ir.Value) {
	if v == nil || o.done[v] {
		return
	}
	for _, a := range v.Args {
		o.visit(a)
	}
	if s := o.stored[v]; s != nil && !o.open[v] {
		o.open[v] = true
		o.visit(s)
	}
	if !o.done[v] {
		o.done[v] = true
		o.values = append(o.values, v)
	}
}

// delayed delays the integer of an affine value. The initial value must stand for an
// integer at the same gain and shift.
func (a *absorber) delayed(v *ir.Value) (*ir.Value, bool, error) {
	stored, init := a.stored[v], v.Args[0].Const()
	f, ok := a.known[stored]
	if !ok || init == nil {
		return nil, false, nil
	}
	first := rewrite.Zip(rewrite.Zip(init, f.shift, func(x, c float64) float64 { return x - c }), f.gain, func(x, g float64) float64 { return x / g })
	whole := ir.NewTensor(f.n.Type)
	for i, x := range rewrite.Stretched(first, f.n.Type.Shape) {
		r := math.Round(x)
		if math.Abs(x-r) > wholeWithin || !f.n.Type.Full().Contains(ir.Range{Lo: int64(r), Hi: int64(r)}) {
			return nil, false, rewrite.Refuse(v, diag.NotExact, "keeps %s from step to step and starts as %s, and no integer stands for that", canonical.Where(stored), raise.Shown(init)).
				WithHelp("pixels are (p·A − M)/S: only with --mean 0 is there one for 0")
		}
		whole.I[i] = int64(r)
	}
	c, err := a.r.Const(a.r.Unique(v.Name+".first"), whole)
	if err != nil {
		return nil, false, err
	}
	n, err := a.r.AddTyped(ir.OpDelay, a.r.Unique(v.Name), nil, f.n.Type, c)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{n, f.gain, f.shift})
}

// wholeWithin is how far a number may be from the integer that it is but for rounding.
const wholeWithin = 1e-6

// latched stores the integer.
func (a *absorber) latched(v *ir.Value) (*ir.Value, bool, error) {
	delay, ok := a.known[v.Args[0]]
	if !ok {
		return nil, false, nil
	}
	out, err := a.r.Add(ir.OpLatch, a.r.Unique(v.Name), nil, delay.n, a.known[v.Args[1]].n)
	return out, true, err
}
