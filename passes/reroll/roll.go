package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
)

// roll builds the net of one step.
func roll(u *unrolled, first *firstStep, sums map[*ir.Value]*timeSum) (*ir.Net, error) {
	n := u.net.Head()
	n.Steps = u.steps
	r := &roller{u: u, first: first, sums: sums, c: canonical.NewRewriter(n), past: map[*ir.Value]*ir.Value{}, step: map[*ir.Value]*ir.Value{}}
	for _, v := range u.net.All(ir.OpInput) {
		if u.isFramed(v) {
			continue
		}
		if _, err := r.outside(v); err != nil {
			return nil, err
		}
	}
	if err := r.loop(); err != nil {
		return nil, err
	}
	for _, v := range u.net.All(ir.OpOutput) {
		if err := r.output(v); err != nil {
			return nil, err
		}
	}
	return ir.Prune(r.c.Builder.Net()), nil
}

// roller makes the values of the result. Those outside the loop are in c.became.
type roller struct {
	u     *unrolled
	first *firstStep
	sums  map[*ir.Value]*timeSum
	c     *canonical.Rewriter
	past  map[*ir.Value]*ir.Value // the delays of body values
	step  map[*ir.Value]*ir.Value // the body values
	rows  []row                   // of masks
}

// loop makes the delays, the body, and the latches that close the delays.
func (r *roller) loop() error {
	delayed := r.u.delayed()
	for _, v := range delayed {
		if err := r.delay(v); err != nil {
			return err
		}
	}
	inBody := func(v *ir.Value) bool { _, ok := r.u.body[v]; return ok }
	for _, v := range r.u.inOrder(inBody) {
		if err := r.bodyValue(v); err != nil {
			return err
		}
	}
	for _, v := range delayed {
		latch := &ir.Value{Name: r.named(v).Name + ".latch", Op: ir.OpLatch, Args: []*ir.Value{r.past[v], r.step[v]}, Origin: v.Origin}
		if _, err := r.c.Make(latch); err != nil {
			return err
		}
	}
	return nil
}

func (r *roller) delay(v *ir.Value) error {
	name := r.named(v).Name
	init, err := r.c.Constant(name+".init", r.first.initial(v), v)
	if err != nil {
		return err
	}
	delay := &ir.Value{Name: name + ".past", Op: ir.OpDelay, Type: v.Type, Args: []*ir.Value{init}, Origin: v.Origin}
	r.past[v], err = r.c.Make(delay)
	return err
}

func (r *roller) bodyValue(v *ir.Value) error {
	if _, ok := r.u.frames[v]; ok {
		var err error
		r.step[v], err = r.frame(v)
		return err
	}
	args := make([]*ir.Value, len(v.Args))
	for i, e := range r.u.body[v] {
		var err error
		switch {
		case e.v == nil:
		case e.kind == fromOnce:
			args[i], err = r.givenTo(operand{v, i})
		case e.kind == fromStep:
			args[i] = r.step[e.v]
		default:
			args[i] = r.past[e.v]
		}
		if err != nil {
			return err
		}
	}
	var err error
	r.step[v], err = r.c.Like(r.named(v), args...)
	return err
}

// named is v with the name and origin of its counterpart in step 0, where the user meets it first.
// A value that is folded away there keeps its own.
func (r *roller) named(v *ir.Value) *ir.Value {
	out := *v
	if t, single := r.u.span[v].single(); single && t < r.u.steps-1 {
		out.Name += ".past" // read by the last step from the one before
		return &out
	}
	if in0, ok := r.first.folded[v]; ok {
		if old := r.first.origin[in0]; old != nil && old.Op == v.Op {
			if t, single := r.u.span[old].single(); single && t == 0 {
				out.Name, out.Origin = old.Name, old.Origin
			}
		}
	}
	return &out
}

// outside makes a value before or behind the loop.
func (r *roller) outside(v *ir.Value) (*ir.Value, error) {
	if out := r.c.Became[v]; out != nil {
		return out, nil
	}
	out, err := r.make(v)
	r.c.Became[v] = out
	return out, err
}

func (r *roller) make(v *ir.Value) (*ir.Value, error) {
	if sum := r.sums[v]; sum != nil {
		return r.sum(v, sum)
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		if a == nil {
			continue
		}
		var err error
		if args[i], err = r.outside(a); err != nil {
			return nil, err
		}
	}
	return r.c.Like(v, args...)
}

// output makes an output, the readout of all steps where it is said to be.
func (r *roller) output(v *ir.Value) error {
	sum := r.sums[v]
	if sum == nil {
		_, err := r.outside(v)
		return err
	}
	x, err := r.sum(v.Args[0], sum)
	if err == nil {
		_, err = r.c.Output(v, timing.ReadAs(sum.said), x)
	}
	return err
}

// sum makes the readouts over time, then their summands outside the loop. A stack that is read away
// leaves its axis to drop, and a mean divides.
func (r *roller) sum(v *ir.Value, s *timeSum) (*ir.Value, error) {
	var total *ir.Value
	for _, g := range s.groups {
		if s.over != ir.OpSum {
			over, err := r.c.As(v, s.over, nil, r.read(g.v, s.over))
			if err != nil {
				return nil, err
			}
			return r.unstack(v, s, over)
		}
		for _, p := range g.stretches() {
			over, err := r.over(v, g.v, p.steps)
			if err == nil {
				total, err = r.plus(v, total, over, p.factor)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	for _, term := range s.rest {
		other, err := r.outside(term.v)
		if err == nil {
			total, err = r.plus(v, total, other, term.k)
		}
		if err != nil {
			return nil, err
		}
	}
	if v.Type.IsSpike() {
		return r.spikesAgain(v, total)
	}
	return r.unstack(v, s, total)
}

// spikesAgain returns as spikes the numbers, 0 or 1, that a readout has of one step's.
func (r *roller) spikesAgain(v, total *ir.Value) (*ir.Value, error) {
	if total.Type.IsSpike() {
		return total, nil
	}
	zero, err := r.c.Constant("zero", ir.NewTensor(ir.RealType(ir.Shape{})), v)
	if err != nil {
		return nil, err
	}
	return r.c.As(v, ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, total, zero)
}

// read returns the operand of a readout of a value of the body: its numbers, or for
// first the spikes that they are.
func (r *roller) read(v *ir.Value, over ir.Op) *ir.Value {
	if over == ir.OpFirst {
		return spikesIn(r.step[v])
	}
	return r.step[v]
}

// stretch is the steps in which a group has one factor.
type stretch struct {
	factor *ir.Tensor
	steps  []bool
}

func (g *group) stretches() []stretch {
	var out []stretch
	for t, k := range g.factors {
		if k == nil {
			continue
		}
		i := slices.IndexFunc(out, func(p stretch) bool { return canonical.Near(p.factor, k) })
		if i < 0 {
			i, out = len(out), append(out, stretch{k, make([]bool, len(g.factors))})
		}
		out[i].steps[t] = true
	}
	return out
}

// over is the sum of a value of the body over some of the steps.
func (r *roller) over(v, term *ir.Value, steps []bool) (*ir.Value, error) {
	x := r.step[term]
	switch first := slices.Index(steps, true); {
	case !slices.Contains(steps, false):
		return r.c.As(v, ir.OpSum, nil, x)
	case first == len(steps)-1:
		return r.c.As(v, ir.OpLast, nil, x)
	}
	x, err := r.masked(v, x, steps)
	if err != nil {
		return nil, err
	}
	return r.c.As(v, ir.OpSum, nil, x)
}

// plus adds a term times a factor to a total, nil for none.
func (r *roller) plus(v, total, term *ir.Value, factor *ir.Tensor) (*ir.Value, error) {
	if !canonical.All(factor, 1) {
		k, err := r.c.Constant(v.Name+".factor", factor, v)
		if err == nil {
			term, err = r.c.As(v, ir.OpMul, nil, term, k)
		}
		if err != nil {
			return nil, err
		}
	}
	if total == nil {
		return term, nil
	}
	return r.c.As(v, ir.OpAdd, nil, total, term)
}

// unstack drops the stacked axis from the readout of its parts, and divides for a mean.
func (r *roller) unstack(v *ir.Value, s *timeSum, total *ir.Value) (*ir.Value, error) {
	out := total
	var err error
	if s.shape != nil {
		if out, err = r.c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: s.shape}, total); err != nil {
			return nil, err
		}
	}
	if s.mean == 0 {
		return out, nil
	}
	steps, err := r.c.Constant(v.Name+".steps", rewrite.Uniform(ir.Shape{}, float64(s.mean)), v)
	if err != nil {
		return nil, err
	}
	return r.c.As(v, ir.OpDiv, nil, out, steps)
}
