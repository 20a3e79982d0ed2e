package layers

import (
	"math"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/rewrite"
)

// DelayOperands delays the spikes that a number is made of in place of the number: W·s + b of the step before
// is W on the spikes of the step before, and b. Engines keep spikes from step to step, and no sums of
// weights. Spikes begin as 0. A number that begins as another one than they make it has the
// difference in weights on a spike that comes in the first step only.
func DelayOperands(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	d := &lateNumbers{from: map[*ir.Value]lateNumber{}, past: map[*ir.Value]*ir.Value{}, stores: map[*ir.Value]bool{}}
	for _, l := range n.All(ir.OpLatch) {
		d.find(l.Args[0], l.Args[1])
	}
	if len(d.from) == 0 {
		return n, nil
	}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		d.r = r
		if l, ok := d.from[v]; ok {
			return d.number(v, l)
		}
		if v.Op != ir.OpLatch {
			return nil, nil
		}
		if l, ok := d.from[v.Args[0]]; ok {
			return d.latches(l)
		}
		return nil, nil
	})
}

// lateNumber is the real number that a delay stores.
type lateNumber struct {
	stored *ir.Value
	starts map[*ir.Value]*ir.Tensor // the values of its cone where all leaves are 0
	leaves []*ir.Value
}

type lateNumbers struct {
	r      *ir.Rebuilder
	from   map[*ir.Value]lateNumber
	past   map[*ir.Value]*ir.Value // the delay of a leaf of cones
	stores map[*ir.Value]bool      // leaves that their delays store
	first  *ir.Value               // the spike of the first step
}

// find notes a delay of a real number that a step makes without memory, of spikes and of frames.
func (d *lateNumbers) find(delay, stored *ir.Value) {
	if !delay.Type.IsReal() || delay.Args[0].Const() == nil || stored.Clock != ir.Step {
		return
	}
	l := lateNumber{stored: stored, starts: map[*ir.Value]*ir.Tensor{}}
	if l.visit(stored) && len(l.leaves) > 0 {
		d.from[delay] = l
	}
}

// visit computes the number that v starts as; false where it keeps a number, or has one that comes in once.
func (l *lateNumber) visit(v *ir.Value) bool {
	switch {
	case v == nil || l.starts[v] != nil:
		return true
	case v.Const() != nil:
		l.starts[v] = v.Const()
		return true
	case v.Clock != ir.Step:
		return false
	case isLeaf(v):
		l.starts[v], l.leaves = ir.NewTensor(v.Type), append(l.leaves, v)
		return true
	case v.Op.Class() == ir.State || v.Op.Class() == ir.Boundary:
		return false
	}
	args := make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		if !l.visit(a) {
			return false
		}
		args[i] = l.starts[a]
	}
	out := ir.NewTensor(v.Type)
	eval.Do(v, args, out)
	l.starts[v] = out
	return true
}

// isLeaf tells values that engines keep from step to step: spikes of neurons, and frames.
func isLeaf(v *ir.Value) bool {
	return v.Op == ir.OpInput || v.Type.IsSpike() && v.Op.Class() == ir.State
}

// number makes the number of the delay, of delayed leaves.
func (d *lateNumbers) number(delay *ir.Value, l lateNumber) (*ir.Value, error) {
	out, err := d.made(l, l.stored, map[*ir.Value]*ir.Value{})
	if err != nil {
		return nil, err
	}
	off := rewrite.Zip(delay.Args[0].Const(), l.starts[l.stored], func(start, zeros float64) float64 {
		if math.Abs(start-zeros) <= wholeWithin*math.Max(1, math.Abs(zeros)) {
			return 0 // but for float32
		}
		return start - zeros
	})
	if !AnyNonZero(off.F) {
		return out, nil
	}
	begin, err := d.begin(delay, off)
	if err != nil {
		return nil, err
	}
	return d.r.Add(ir.OpAdd, d.r.Unique(delay.Name), nil, out, begin)
}

// made is a value of a cone, made anew of delayed leaves.
func (d *lateNumbers) made(l lateNumber, v *ir.Value, done map[*ir.Value]*ir.Value) (*ir.Value, error) {
	switch {
	case v == nil || done[v] != nil:
		return done[v], nil
	case v.Const() != nil:
		return d.r.Of(v), nil
	case isLeaf(v):
		return d.delayed(v)
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = d.made(l, a, done); err != nil {
			return nil, err
		}
	}
	d.r.At(v.Origin)
	out, err := d.r.CopyWith(v, v.Attrs, args...)
	done[v] = out
	return out, err
}

// delayed is the delay of a leaf; one for all numbers that are made of it.
func (d *lateNumbers) delayed(leaf *ir.Value) (*ir.Value, error) {
	if past := d.past[leaf]; past != nil {
		return past, nil
	}
	past, err := d.delay(leaf.Name+".past", ir.NewTensor(leaf.Type))
	d.past[leaf] = past
	return past, err
}

func (d *lateNumbers) delay(name string, start *ir.Tensor) (*ir.Value, error) {
	init, err := d.r.Const(d.r.Unique(name+".init"), start)
	if err != nil {
		return nil, err
	}
	return d.r.AddTyped(ir.OpDelay, d.r.Unique(name), nil, start.Type, init)
}

// latches stores the leaves of a cone.
func (d *lateNumbers) latches(l lateNumber) (*ir.Value, error) {
	for _, leaf := range l.leaves {
		if d.stores[leaf] {
			continue
		}
		d.stores[leaf] = true
		if _, err := d.r.Add(ir.OpLatch, d.r.Unique(leaf.Name+".latch"), nil, d.past[leaf], d.r.Of(leaf)); err != nil {
			return nil, err
		}
	}
	return d.past[l.leaves[0]], nil
}

// begin is a number in the first step, and 0 in the others: weights on a spike that comes then.
func (d *lateNumbers) begin(delay *ir.Value, number *ir.Tensor) (*ir.Value, error) {
	first, err := d.firstStep()
	if err != nil {
		return nil, err
	}
	shape := delay.Type.Shape
	weights := ir.Reals(ir.ShapeOf(shape.Size(), 1), rewrite.Stretched(number, shape))
	w, err := d.r.Const(d.r.Unique(delay.Name+".begin.weight"), weights)
	if err != nil {
		return nil, err
	}
	out, err := d.r.Add(ir.OpLinear, d.r.Unique(delay.Name+".begin"), ir.LinearAttrs{}, first, w)
	if err != nil || shape.Rank() == 1 {
		return out, err
	}
	return d.r.Add(ir.OpReshape, d.r.Unique(delay.Name+".begin"), ir.ShapeAttrs{Shape: shape.Dims()}, out)
}

// firstStep is a spike in the first step; one for all numbers.
func (d *lateNumbers) firstStep() (*ir.Value, error) {
	if d.first != nil {
		return d.first, nil
	}
	on, off := ir.NewTensor(ir.SpikeType(ir.ShapeOf(1))), ir.NewTensor(ir.SpikeType(ir.ShapeOf(1)))
	on.I[0] = 1
	first, err := d.delay("first", on)
	if err != nil {
		return nil, err
	}
	none, err := d.r.Const(d.r.Unique("first.none"), off)
	if err != nil {
		return nil, err
	}
	_, err = d.r.Add(ir.OpLatch, d.r.Unique("first.latch"), nil, first, none)
	d.first = first
	return first, err
}
