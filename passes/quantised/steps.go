package quantised

import (
	"math/big"
	"sort"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

func tooManySteps(v *ir.Value, count int) error {
	return rewrite.Refuse(v, diag.NotExact, "is rounded to %d steps; words have at most %d", count, maxSteps)
}

func tooWide(v *ir.Value, r ir.Range) error {
	return rewrite.Refuse(v, diag.TooWide, "the integers that it rounds lie in %d..%d, and no thresholds of 32 bits have its steps exactly", r.Lo, r.Hi)
}

func notRounded(v *ir.Value) error {
	return rewrite.Refuse(v, diag.NotExact, "reads real numbers that are rounded for some of their readers only")
}

// stepsOf finds the steps of a rounding over the range of its integers.
func (q *reader) stepsOf(v *ir.Value, f *form) (*stairs, error) {
	lo, hi, ok := f.roundedSpan()
	if !ok {
		return nil, rewrite.Refuse(v, diag.NotExact, "is rounded without bounds")
	}
	count := new(big.Rat).Sub(hi, lo)
	if count.Cmp(whole(maxSteps)) > 0 {
		return nil, tooManySteps(v, int(count.Num().Int64()))
	}
	c := &counting{f: f, lo: new(big.Int).Set(lo.Num()), count: int(count.Num().Int64())}
	s := &stairs{base: lo}
	switch {
	case f.curve != nil:
		s.n = f.terms[0].n
		s.shape, s.all = c.ofCurve()
	case len(f.terms) == 1:
		s.n = f.terms[0].n
		s.shape, s.all = c.ofOne()
	default:
		return q.stepsOfSum(v, c)
	}
	return s, nil
}

// counting finds the steps lo + 1 .. lo + count of a rounding.
type counting struct {
	f     *form
	lo    *big.Int
	count int
}

// step is the k-th step from 0: what the form must reach, or lie above.
func (c *counting) step(k int, offset *big.Rat) (at *big.Rat, reached bool) {
	n := new(big.Int).Add(c.lo, big.NewInt(int64(k+1)))
	return stepAt(c.f.rounded.fn, n.Sub(n, offset.Num()))
}

// elements lists the numbers that tell elements of a form apart, each once for the elements of a shape.
func elements(lists ...numbers) (ir.Shape, [][]*big.Rat) {
	var s ir.Shape
	for _, a := range lists {
		s, _ = ir.Broadcast(s, a.shape)
	}
	out := make([][]*big.Rat, s.Size())
	for _, a := range lists {
		for i, r := range a.stretched(s) {
			out[i] = append(out[i], r)
		}
	}
	return s, out
}

// ofCurve are the steps of a curve that rises.
func (c *counting) ofCurve() (ir.Shape, []steps) {
	n := c.f.curve.n.Range
	return c.each(append([]numbers{c.f.rounded.offset}, c.f.curve.params...), func(e []*big.Rat) steps {
		out := c.empty()
		for k := range c.count {
			at, reached := c.step(k, e[0])
			first := sort.Search(int(n.Hi-n.Lo+1), func(i int) bool {
				d := c.f.curve.at(e[1:], n.Lo+int64(i)).Cmp(at)
				return d > 0 || d == 0 && reached
			})
			out.set(k, n.Lo+int64(first), n)
		}
		return out
	})
}

// each are the steps of all elements, found once for those of the same numbers.
func (c *counting) each(lists []numbers, find func(e []*big.Rat) steps) (ir.Shape, []steps) {
	shape, all := elements(lists...)
	out, known := make([]steps, len(all)), map[string]steps{}
	for i, e := range all {
		key := keyOf(e)
		if _, seen := known[key]; !seen {
			known[key] = find(e)
		}
		out[i] = known[key]
	}
	return shape, out
}

func keyOf(e []*big.Rat) string {
	key := ""
	for _, r := range e {
		key += r.String() + " "
	}
	return key
}

func (c *counting) empty() steps { return steps{make([]int64, c.count), make([]int64, c.count)} }

// set notes the first integer that reaches a step, of those in a range.
func (s steps) set(k int, first int64, n ir.Range) {
	s.low[k], s.high[k] = first-1, first
	if first <= n.Lo {
		s.low[k], s.high[k] = -unbound, n.Lo
	}
	if first > n.Hi {
		s.low[k], s.high[k] = n.Hi, unbound
	}
}

// ofOne are the steps of one integer times a gain.
func (c *counting) ofOne() (ir.Shape, []steps) {
	t := c.f.terms[0]
	lo, hi := t.reached()
	return c.each([]numbers{c.f.rounded.offset, t.gain, c.f.shift, lo, hi}, func(e []*big.Rat) steps {
		return c.line(e[0], e[1], e[2], ir.Range{Lo: e[3].Num().Int64(), Hi: e[4].Num().Int64()})
	})
}

// reached are the bounds of a term's integer for each element.
func (t term) reached() (lo, hi numbers) {
	lo, hi = one(whole(t.n.Range.Lo)), one(whole(t.n.Range.Hi))
	if t.reach == nil {
		return lo, hi
	}
	list := func(n []int64) numbers {
		out := numbers{t.reach.shape, make([]*big.Rat, len(n))}
		for i, x := range n {
			out.of[i] = whole(x)
		}
		return out.compact()
	}
	return zip(lo, list(t.reach.lo), larger), zip(hi, list(t.reach.hi), smaller)
}

// line are the steps of gain·n + shift.
func (c *counting) line(offset, gain, shift *big.Rat, n ir.Range) steps {
	out := c.empty()
	for k := range c.count {
		at, reached := c.step(k, offset)
		out.set(k, firstOf(gain, shift, at, reached, n), n)
	}
	return out
}

// firstOf is the least integer n with gain·n + shift ≥ at, or > at; beyond the range where there is
// none, or where all are.
func firstOf(gain, shift, at *big.Rat, reached bool, n ir.Range) int64 {
	need := new(big.Rat).Sub(at, shift)
	if gain.Sign() == 0 {
		if need.Sign() < 0 || need.Sign() == 0 && reached {
			return n.Lo
		}
		return n.Hi + 1
	}
	need.Quo(need, gain)
	floor := new(big.Int).Div(need.Num(), need.Denom())
	if !reached || !need.IsInt() {
		floor.Add(floor, big.NewInt(1))
	}
	if !floor.IsInt64() {
		if floor.Sign() < 0 {
			return n.Lo
		}
		return n.Hi + 1
	}
	return max(min(floor.Int64(), n.Hi+1), n.Lo)
}

// levelsOfReals makes a word of real numbers that are rounded to whole numbers: thresholds halfway, or where floor climbs.
// Passes behind bring it to integers, as any word of real numbers.
func (q *reader) levelsOfReals(v *ir.Value, f *form) (*form, error) {
	r := f.rounded
	offset, ok := r.offset.uniform()
	if !ok || r.least == nil || r.most == nil || r.fn == ir.FnCeil || len(f.terms) != 1 || !f.uncut() {
		return nil, rewrite.Refuse(v, diag.NotExact, "rounds real numbers that depend on what comes in, which no integers stand for")
	}
	count := new(big.Rat).Sub(r.most, r.least)
	if count.Cmp(whole(maxSteps)) > 0 {
		return nil, tooManySteps(v, int(count.Num().Int64()))
	}
	if count.Sign() == 0 {
		return &form{shift: one(r.least)}, nil
	}
	below := new(big.Rat).Sub(r.least, offset)
	at, ties := big.NewRat(1, 2), ir.TiesEven
	switch {
	case r.fn == ir.FnFloor:
		at, ties = whole(1), ir.TiesUp
	case below.Num().Bit(0) != 0:
		ties = ir.TiesOdd
	}
	first, _ := at.Add(below, at).Float64()
	args := []*ir.Value{f.terms[0].n}
	for i, x := range []float64{first, 1} {
		c, err := q.r.Const(q.r.Unique(v.Name+[]string{".first", ".distance"}[i]), rewrite.Scalar(x))
		if err != nil {
			return nil, err
		}
		args = append(args, c)
	}
	n, err := q.r.Add(ir.OpLevels, q.r.Unique(v.Name), ir.LevelsAttrs{Count: int(count.Num().Int64()), Ties: ties}, args...)
	if err != nil {
		return nil, err
	}
	q.options.Remark(v, "is rounded from real numbers that no integers of the file stand for, so its words need not be those of the file")
	return &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: one(r.least)}, nil
}
