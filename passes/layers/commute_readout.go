package layers

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// CommuteReadout moves a sum over time in front of the layers, sums and views whose results it
// sums, down to the first op that is not linear in real numbers: Σ_t (W·s_t + b) = W·Σ_t s_t + T·b
// (R8). These run once then, on spike counts.
func CommuteReadout(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	c := &commuting{rules: timeSums, readers: n.Readers(), steps: float64(n.Steps), counts: map[counted]*ir.Value{}}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		c.r = r
		switch {
		case v.Op != ir.OpSum:
			return nil, nil
		case c.rule(v.Args[0]) == nil:
			return c.ofOneStep(v)
		}
		return c.rule(v.Args[0])(c, v.Args[0], v.Name)
	})
}

// ofOneStep makes the sum of spikes of one step the greatest of them and of the zeros of
// the others, which is a spike and no number up to the steps. Nil for another sum.
func (c *commuting) ofOneStep(v *ir.Value) (*ir.Value, error) {
	x := v.Args[0]
	if x.Op != ir.OpAnd || stepsOf(x.Args[0]) != 1 && stepsOf(x.Args[1]) != 1 {
		return nil, nil
	}
	return c.r.Add(ir.OpMaxTime, c.r.Unique(v.Name), nil, c.r.Of(x))
}

type commuting struct {
	rules   map[ir.Op]func(*commuting, *ir.Value, string) (*ir.Value, error)
	r       *ir.Rebuilder
	readers map[*ir.Value][]*ir.Value
	steps   float64
	mask    *ir.Value // of the steps that count, as many as steps; nil for all
	counts  map[counted]*ir.Value
}

// counted is a value that is summed over the steps of a mask.
type counted struct{ v, mask *ir.Value }

// timeSums has, for ops that are linear in their varying operands, the sum of their results over
// time in terms of the sums of their operands.
var timeSums = map[ir.Op]func(c *commuting, v *ir.Value, name string) (*ir.Value, error){
	ir.OpLinear:     (*commuting).layer,
	ir.OpConv:       (*commuting).layer,
	ir.OpAdd:        (*commuting).each,
	ir.OpSub:        (*commuting).each,
	ir.OpNeg:        (*commuting).each,
	ir.OpReshape:    (*commuting).each,
	ir.OpTranspose:  (*commuting).each,
	ir.OpReduceSum:  (*commuting).each,
	ir.OpReduceMean: (*commuting).mean,
	ir.OpMul:        (*commuting).factor,
	ir.OpDiv:        (*commuting).factor,
	ir.OpBatchNorm:  (*commuting).norm,
}

// rule is how the sum of v commutes with it; nil when it does not, or is not
// worth it: spikes and counts are summed as they are.
func (c *commuting) rule(v *ir.Value) func(*commuting, *ir.Value, string) (*ir.Value, error) {
	rule := c.rules[v.Op]
	if x, mask := maskedBy(v); mask != nil && len(c.readers[v]) == 1 && c.mask == nil && c.rule(x) != nil {
		return (*commuting).masked
	}
	if rule == nil || v.Clock != ir.Step || !v.Type.IsReal() || len(c.readers[v]) != 1 ||
		(v.Op == ir.OpLinear || v.Op == ir.OpConv) && !isLayer(v) ||
		(v.Op == ir.OpMul || v.Op == ir.OpDiv) && v.Args[1].Const() == nil ||
		v.Op == ir.OpBatchNorm && !constArgs(v.Args[1:]) {
		return nil
	}
	return rule
}

// sum is Σ_t v.
func (c *commuting) sum(v *ir.Value) (*ir.Value, error) {
	key := counted{v, c.mask}
	if out := c.counts[key]; out != nil {
		return out, nil
	}
	out, err := c.make(v)
	c.counts[key] = out
	return out, err
}

func (c *commuting) make(v *ir.Value) (*ir.Value, error) {
	name := c.r.Of(v).Name + ".count"
	if rule := c.rule(v); rule != nil {
		return rule(c, v, name)
	}
	if v.Clock == ir.Step {
		return c.count(name, c.r.Of(v))
	}
	if data := v.Const(); data != nil {
		times := ir.NewTensor(ir.RealType(v.Type.Shape)) // as large as it was, for a batch-norm takes no less
		for i := range times.F {
			times.F[i] = data.At(i) * c.steps
		}
		return c.r.Const(c.r.Unique(name), times)
	}
	steps, err := c.r.Const(c.r.Unique(name+".steps"), rewrite.Scalar(c.steps))
	if err != nil {
		return nil, err
	}
	return c.r.Add(ir.OpMul, c.r.Unique(name), nil, c.r.Of(v), steps)
}

// count sums a value of the new net over the steps that count.
func (c *commuting) count(name string, x *ir.Value) (*ir.Value, error) {
	if c.mask != nil {
		op := ir.OpMul
		if x.Type.IsSpike() {
			op = ir.OpAnd
		}
		var err error
		if x, err = c.r.Add(op, c.r.Unique(x.Name+".masked"), nil, x, c.r.Of(c.mask)); err != nil {
			return nil, err
		}
	}
	return c.r.Add(ir.OpSum, c.r.Unique(name), nil, x)
}

// masked: the sum over some of the steps goes the same way.
func (c *commuting) masked(v *ir.Value, name string) (*ir.Value, error) {
	x, mask := maskedBy(v)
	some := *c
	some.mask, some.steps = mask, float64(stepsOf(mask))
	return some.rule(x)(&some, x, name)
}

// layer: Σ (W·x + b) = W·Σx + T·b.
func (c *commuting) layer(v *ir.Value, name string) (*ir.Value, error) {
	count, err := c.sum(v.Args[0])
	if err != nil {
		return nil, err
	}
	bias := make([]float64, outputs(v))
	if v.Args[2] != nil {
		for i, f := range v.Args[2].Const().F {
			bias[i] = f * c.steps
		}
	}
	return newLinear(c.r, v, name, count, v.Args[1].Const().F, bias)
}

// each: the op on the sums of all its operands.
func (c *commuting) each(v *ir.Value, name string) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = c.sum(a); err != nil {
			return nil, err
		}
	}
	return c.r.Add(v.Op, c.r.Unique(name), v.Attrs, args...)
}

// mean: that of reals commutes as it is; that of spikes and counts is their sum,
// which stays a count, over a number.
func (c *commuting) mean(v *ir.Value, name string) (*ir.Value, error) {
	x := v.Args[0]
	if x.Type.IsReal() {
		return c.each(v, name)
	}
	sum, err := c.r.Add(ir.OpReduceSum, c.r.Unique(v.Name), v.Attrs, c.r.Of(x))
	if err != nil {
		return nil, err
	}
	count, err := c.count(sum.Name+".count", sum)
	if err != nil {
		return nil, err
	}
	over, err := c.r.Const(c.r.Unique(name+".size"), rewrite.Scalar(float64(x.Type.Size())/float64(v.Type.Size())))
	if err != nil {
		return nil, err
	}
	return c.r.Add(ir.OpDiv, c.r.Unique(name), nil, count, over)
}

// factor: Σ c·x = c·Σx.
func (c *commuting) factor(v *ir.Value, name string) (*ir.Value, error) {
	count, err := c.sum(v.Args[0])
	if err != nil {
		return nil, err
	}
	return c.r.Add(v.Op, c.r.Unique(name), nil, count, c.r.Of(v.Args[1]))
}

// norm: Σ (a·(x − μ) + β) = a·(Σx − T·μ) + T·β.
func (c *commuting) norm(v *ir.Value, name string) (*ir.Value, error) {
	args := c.r.Operands(v)
	for _, i := range []int{0, 2, 3} {
		var err error
		if args[i], err = c.sum(v.Args[i]); err != nil {
			return nil, err
		}
	}
	return c.r.Add(v.Op, c.r.Unique(name), v.Attrs, args...)
}
