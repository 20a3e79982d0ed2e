package quantised

import (
	"math/big"

	"nomul/ir"
	"nomul/passes/layers"
)

// maxSteps bounds the steps of a rounding that nothing clips.
const maxSteps = ir.MaxLevels

// settled is an integral form that is a sum of terms: a curve that nothing rounds is a real number.
func (q *reader) settled(v *ir.Value, f *form) (*form, error) {
	f, err := q.integral(v, f)
	if err != nil || f.curve == nil {
		return f, err
	}
	n, err := q.spell(v)
	return &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: nought}, err
}

// integral is a form with nothing left to round: its value is that of v, and the form with a word is kept.
func (q *reader) integral(v *ir.Value, f *form) (*form, error) {
	if f.rounded == nil {
		return f, nil
	}
	out, err := q.staircase(v, f)
	if err == nil {
		q.known[v] = out
	}
	return out, err
}

// staircase makes a word of a rounding: how many steps above the least its value is.
func (q *reader) staircase(v *ir.Value, f *form) (*form, error) {
	if len(f.terms) == 1 && f.terms[0].input != nil {
		return q.ownInput(v, f)
	}
	for _, t := range f.terms {
		if t.n.Type.IsReal() {
			return q.levelsOfReals(v, f)
		}
	}
	if f.curve != nil && !f.curve.ofInput() {
		if out, err := q.lookedUp(v, f); out != nil || err != nil {
			return out, err
		}
	}
	if err := q.positive(v, f); err != nil {
		return nil, err
	}
	s, err := q.stepsOf(v, f)
	if err != nil {
		return nil, err
	}
	out, err := q.word(v, s)
	if c := curveOf(f); err == nil && c != nil && !out.constant() && out.terms[0].n != c.n {
		q.origins[out.terms[0].n] = c.plus(out.shift.negated())
	}
	return out, err
}

// stairs are the steps of a rounding that is not yet a word.
type stairs struct {
	n     *ir.Value // the integer that reaches them
	base  *big.Rat  // the value below the first step
	shape ir.Shape  // of the elements, which broadcasts to the value
	all   []steps
	reach *reach
}

// word appends the levels of the integer.
func (q *reader) word(v *ir.Value, s *stairs) (*form, error) {
	s.trim()
	count := len(s.all[0].low)
	done := func(n *ir.Value, base *big.Rat) (*form, error) {
		return &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: one(base)}, nil
	}
	switch {
	case count == 0:
		return &form{shift: one(s.base)}, nil
	case count > maxSteps:
		return nil, tooManySteps(v, count)
	case s.identity():
		return done(s.n, new(big.Rat).Sub(s.base, whole(s.n.Range.Lo)))
	}
	list := ladders(s.all, 0, count)
	if list == nil {
		return nil, tooWide(v, s.n.Range)
	}
	var out *ir.Value
	for _, l := range list {
		n, err := q.levels(v, s, l)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = n
		} else if out, err = q.r.Add(ir.OpAdd, q.r.Unique(v.Name), nil, out, n); err != nil {
			return nil, err
		}
	}
	return done(out, s.base)
}

// trim drops the steps that all elements reach always, and those that none ever reaches.
func (s *stairs) trim() {
	always, upto := 0, len(s.all[0].low)
	every := func(holds func(e steps) bool) bool {
		for _, e := range s.all {
			if !holds(e) {
				return false
			}
		}
		return true
	}
	for always < upto && every(func(e steps) bool { return e.low[always] == -unbound }) {
		always++
	}
	for upto > always && every(func(e steps) bool { return e.high[upto-1] == unbound }) {
		upto--
	}
	for i, e := range s.all {
		s.all[i] = steps{e.low[always:upto], e.high[always:upto]}
	}
	s.base = new(big.Rat).Add(s.base, whole(int64(always)))
}

// identity reports whether the levels are the integer itself, but for its least.
func (s *stairs) identity() bool {
	if s.n.Range.Hi-s.n.Range.Lo != int64(len(s.all[0].low)) {
		return false
	}
	for _, e := range s.all {
		for k := range e.low {
			if at := s.n.Range.Lo + int64(k); e.low[k] > at || e.high[k] <= at || e.low[k] == -unbound || e.high[k] == unbound {
				return false
			}
		}
	}
	return true
}

// levels appends the word of one ladder: the integer is cut to what its steps see, and gets guard bits.
func (q *reader) levels(v *ir.Value, s *stairs, l ladder) (*ir.Value, error) {
	n := s.n
	var err error
	for _, cut := range []struct {
		op    ir.Op
		at    int64
		needs bool
	}{{ir.OpMax, l.least, s.n.Range.Lo < l.least}, {ir.OpMin, l.most, s.n.Range.Hi > l.most}} {
		if !cut.needs {
			continue
		}
		c, err := q.r.Const(q.r.Unique(v.Name+".bound"), ir.Ints(ir.Shape{}, []int64{cut.at}))
		if err != nil {
			return nil, err
		}
		if n, err = q.r.Add(cut.op, q.r.Unique(v.Name+".cut"), nil, n, c); err != nil {
			return nil, err
		}
	}
	if l.guard > 0 {
		if n, err = q.r.Add(ir.OpShl, q.r.Unique(v.Name+".shl"), ir.ShlAttrs{K: l.guard}, n); err != nil {
			return nil, err
		}
	}
	return q.onRungs(v, n, s.shape, l)
}

// onRungs appends the levels of an integer that is ready for a ladder.
func (q *reader) onRungs(v, n *ir.Value, shape ir.Shape, l ladder) (*ir.Value, error) {
	parts := len(l.rungs[0].bits)
	if !l.own {
		parts = 1
	}
	args := []*ir.Value{n}
	for slot := range 1 + parts {
		data := make([]int64, len(l.rungs))
		for i, r := range l.rungs {
			if data[i] = r.first; slot > 0 {
				data[i] = r.bits[slot-1]
			}
		}
		name := ir.OpLevels.Operands()[1+slot].Name
		c, err := q.r.Const(q.r.Unique(v.Name+"."+name), compactInts(shape, data))
		if err != nil {
			return nil, err
		}
		args = append(args, c)
	}
	return q.r.Add(ir.OpLevels, q.r.Unique(v.Name), ir.LevelsAttrs{Count: l.upto - l.from, Ties: ir.TiesUp}, args...)
}

func compactInts(s ir.Shape, data []int64) *ir.Tensor {
	small, index := layers.SqueezeAxes(s, func(a, b int) bool { return data[a] == data[b] })
	out := make([]int64, len(index))
	for i, j := range index {
		out[i] = data[j]
	}
	return ir.Ints(small, out)
}

// positive gives integers factors that are not negative.
func (q *reader) positive(v *ir.Value, f *form) error {
	for i, t := range f.terms {
		if t.gain.every(func(r *big.Rat) bool { return r.Sign() >= 0 }) {
			continue
		}
		signs := zip(t.gain, one(whole(1)), func(x, _ *big.Rat) *big.Rat { return whole(int64(x.Sign())) })
		n, err := q.timesIntegers(v, t.n, signs)
		if err != nil {
			return err
		}
		terms := append([]term(nil), f.terms...)
		terms[i] = term{n: n, gain: zip(t.gain, one(whole(1)), func(x, _ *big.Rat) *big.Rat { return new(big.Rat).Abs(x) })}
		f.terms = terms
	}
	return nil
}

// timesIntegers appends n times constant integers.
func (q *reader) timesIntegers(v, n *ir.Value, by numbers) (*ir.Value, error) {
	data, _ := by.integers()
	c, err := q.r.Const(q.r.Unique(v.Name+".factor"), ir.Ints(by.shape, data))
	if err != nil {
		return nil, err
	}
	return q.r.Add(ir.OpMul, q.r.Unique(v.Name+".times"), nil, n, c)
}

// roundedSpan are the least and the greatest value of a rounding, if there are such.
func (f *form) roundedSpan() (lo, hi *big.Rat, ok bool) {
	r := f.rounded
	lo, hi = r.least, r.most
	least, most := f.span()
	offsets := func(pick func(a, b *big.Rat) *big.Rat) *big.Rat {
		var out *big.Rat
		for _, o := range r.offset.of {
			out = pick(out, o)
		}
		return out
	}
	if least != nil {
		at := new(big.Rat).Add(roundAs(r.fn, least), offsets(smaller))
		lo = larger(lo, at)
	}
	if most != nil {
		at := new(big.Rat).Add(roundAs(r.fn, most), offsets(larger))
		hi = smaller(hi, at)
	}
	if lo != nil && hi != nil && lo.Cmp(hi) > 0 { // clipped to one number by the bound behind
		if r.least != nil && r.least.Cmp(hi) > 0 {
			hi = r.least
		}
		lo = hi
	}
	return lo, hi, lo != nil && hi != nil
}

// span are the least and the greatest number that a form can be; nil where that is not known.
func (f *form) span() (least, most *big.Rat) {
	least, most = f.least, f.most
	if f.constant() || f.terms[0].input != nil {
		return least, most
	}
	lo, hi := extremes(f)
	if lo == nil {
		return least, most
	}
	for _, b := range []**big.Rat{&lo, &hi} {
		if f.least != nil {
			*b = larger(*b, f.least)
		}
		if f.most != nil {
			*b = smaller(*b, f.most)
		}
	}
	return lo, hi
}

// extremes are the least and the greatest number of a form before it is cut.
func extremes(f *form) (lo, hi *big.Rat) {
	if f.curve != nil {
		return f.curve.extremes()
	}
	low, high := f.shift, f.shift
	for _, t := range f.terms {
		if t.n.Type.IsReal() {
			return nil, nil
		}
		a, b := t.gain.times(one(whole(t.n.Range.Lo))), t.gain.times(one(whole(t.n.Range.Hi)))
		low, high = low.plus(zip(a, b, smaller)), high.plus(zip(a, b, larger))
	}
	for _, x := range low.of {
		lo = smaller(lo, x)
	}
	for _, x := range high.of {
		hi = larger(hi, x)
	}
	return lo, hi
}

// roundAs rounds a number, halves to even, down or up.
func roundAs(fn ir.Fn, x *big.Rat) *big.Rat {
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean, so down for a denominator above 0
	down := new(big.Rat).SetInt(floor)
	if x.IsInt() || fn == ir.FnFloor {
		return down
	}
	up := new(big.Rat).Add(down, whole(1))
	if fn == ir.FnCeil {
		return up
	}
	switch new(big.Rat).Sub(x, down).Cmp(big.NewRat(1, 2)) {
	case -1:
		return down
	case 1:
		return up
	}
	if floor.Bit(0) == 0 {
		return down
	}
	return up
}

// stepAt is the number that a form has to reach to be rounded to k or more, and whether reaching it
// is enough or it must lie above.
func stepAt(fn ir.Fn, k *big.Int) (at *big.Rat, reached bool) {
	at = new(big.Rat).SetInt(k)
	switch fn {
	case ir.FnFloor:
		return at, true
	case ir.FnCeil:
		return at.Sub(at, whole(1)), false
	}
	return at.Sub(at, big.NewRat(1, 2)), k.Bit(0) == 0
}
