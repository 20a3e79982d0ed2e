package quantised

import (
	"math/big"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// The bits of factors that stand for the ratio of the gains of two integers which are added.
const (
	fewestBits = 1
	mostBits   = 30
)

// stepsOfSum finds integer factors A and B such that A·a + B·b tells the steps of gₐ·a + g_b·b + shift
// apart, for every a and b in their ranges. It need not be in proportion: all that counts is that
// each step lies between the sums that reach it and those that do not.
func (q *reader) stepsOfSum(v *ir.Value, c *counting) (*stairs, error) {
	a, b, err := wordAndOther(v, c.f)
	if err != nil {
		return nil, err
	}
	shape, all := elements(c.f.rounded.offset, a.gain, b.gain, c.f.shift)
	firsts := make([][][]int64, len(all)) // for each element and a, the first b that reaches each step
	known := map[string]int{}
	for i, e := range all {
		key := keyOf(e)
		if j, seen := known[key]; seen {
			firsts[i] = firsts[j]
			continue
		}
		known[key], firsts[i] = i, c.firsts(e, a.n.Range, b.n.Range)
	}
	for p := fewestBits; p <= mostBits; p++ {
		fa, fb := factors(a.gain, b.gain, p)
		if !fits(fa, a.n.Range, fb, b.n.Range) {
			break
		}
		s := &stairs{base: new(big.Rat).SetInt(c.lo), shape: shape, all: make([]steps, len(all))}
		_, each := elements(one(new(big.Rat)), fa, fb, numbers{shape, make([]*big.Rat, shape.Size())})
		separated := true
		for i := range all {
			e := each[i]
			if s.all[i], separated = c.separated(firsts[i], e[1].Num().Int64(), e[2].Num().Int64(), a.n.Range, b.n.Range); !separated {
				break
			}
		}
		if !separated {
			continue
		}
		na, err := q.timesIntegers(v, a.n, fa)
		if err != nil {
			return nil, err
		}
		nb, err := q.timesIntegers(v, b.n, fb)
		if err != nil {
			return nil, err
		}
		s.n, err = q.r.Add(ir.OpAdd, q.r.Unique(v.Name+".joined"), nil, na, nb)
		return s, err
	}
	return nil, rewrite.Refuse(v, diag.NotExact, "rounds a sum of integers in %d..%d and %d..%d whose scales have no ratio that integers of 32 bits tell exactly", a.n.Range.Lo, a.n.Range.Hi, b.n.Range.Lo, b.n.Range.Hi).
		WithHelp("quantise the operands of the addition before it")
}

// maxWord bounds the integers of one operand of a sum, which are tried one by one.
const maxWord = 1 << 12

// wordAndOther are the two terms of a sum, that of fewer integers first.
func wordAndOther(v *ir.Value, f *form) (a, b term, err error) {
	if len(f.terms) != 2 {
		return a, b, rewrite.Refuse(v, diag.NotExact, "rounds a sum of %d words of different scales", len(f.terms)).
			WithHelp("quantise sums of two words, one after the other")
	}
	a, b = f.terms[0], f.terms[1]
	width := func(t term) int64 { return t.n.Range.Hi - t.n.Range.Lo }
	if width(a) > width(b) {
		a, b = b, a
	}
	if width(a) > maxWord {
		return a, b, rewrite.Refuse(v, diag.NotExact, "rounds a sum of integers in %d..%d and %d..%d of different scales", a.n.Range.Lo, a.n.Range.Hi, b.n.Range.Lo, b.n.Range.Hi).
			WithHelp("quantise the operands of the addition before it")
	}
	return a, b, nil
}

// firsts are, for each a, the first b that reaches each step.
func (c *counting) firsts(e []*big.Rat, a, b ir.Range) [][]int64 {
	out := make([][]int64, a.Hi-a.Lo+1)
	for i := range out {
		shift := new(big.Rat).Mul(e[1], whole(a.Lo+int64(i)))
		shift.Add(shift, e[3])
		out[i] = make([]int64, c.count)
		for k := range out[i] {
			at, reached := c.step(k, e[0])
			out[i][k] = firstOf(e[2], shift, at, reached, b)
		}
	}
	return out
}

// factors are integers in about the ratio of two gains, the greater of p bits.
func factors(a, b numbers, p int) (fa, fb numbers) {
	most := zip(a, b, larger)
	scale := one(new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(p))))
	to := func(x numbers) numbers {
		return zip(x.times(scale), most, func(x, m *big.Rat) *big.Rat {
			if m.Sign() == 0 {
				return new(big.Rat)
			}
			return roundAs(ir.FnRound, new(big.Rat).Quo(x, m))
		})
	}
	return to(a), to(b)
}

// fits reports whether sums of integer factors have 32 bits.
func fits(fa numbers, a ir.Range, fb numbers, b ir.Range) bool {
	most := new(big.Rat)
	for i, f := range []numbers{fa, fb} {
		width := new(big.Rat)
		for _, r := range f.of {
			width = larger(width, r)
		}
		most.Add(most, new(big.Rat).Mul(width, whole([]ir.Range{a, b}[i].Magnitude())))
	}
	return most.Cmp(whole(1<<(ladderBits+1))) < 0
}

// separated are the steps in sums of integer factors; false where a sum that reaches a step is not
// above one that does not.
func (c *counting) separated(firsts [][]int64, fa, fb int64, a, b ir.Range) (steps, bool) {
	out := c.empty()
	for k := range c.count {
		low, high := -unbound, unbound
		for i, list := range firsts {
			at := fa * (a.Lo + int64(i))
			if list[k] > b.Lo {
				low = max(low, at+fb*(list[k]-1))
			}
			if list[k] <= b.Hi {
				high = min(high, at+fb*list[k])
			}
		}
		if low >= high {
			return out, false
		}
		out.low[k], out.high[k] = low, high
	}
	return out, true
}
