package canonical

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// CanonicalRule is one rewrite. apply gives nil when it has nothing to say about
// v, whose operands are canonical already.
type CanonicalRule struct {
	Name, Doc string
	Apply     func(c *Rewriter, v *ir.Value) (*ir.Value, error)
}

// CanonicalRules are tried in order; the result of a rule is rewritten in turn. All are exact in
// IEEE arithmetic on finite numbers, up to the sign of zero and the last bit in straightThrough.
var CanonicalRules = []CanonicalRule{
	{"fold", "an op on constants alone is its result", foldRule},
	{"constant-readout", "the sum over time of a constant is a constant, and so are its last and its largest", constantReadout},
	{"constant-second", "c + x is x + c, c · x is x · c", constantSecond},

	{"flip", "a ≤ b is b ≥ a, a < b is b > a", flipCompare},
	{"compare-spikes", "of two spikes a > b is a ∧ ¬b, a ≥ b is ¬(b ∧ ¬a), a ≠ b is a xor b, and a = b its opposite", compareSpikes},
	{"compare-opposite", "−a ≥ c is −c ≥ a, c ≥ −a is a ≥ −c; likewise for >", compareOpposite},
	{"compare-difference", "a − b ≥ 0 is a ≥ b, a + c ≥ 0 is a ≥ −c, 0 ≥ a − b is b ≥ a; likewise for >, = and ≠", compareDifference},
	{"compare-ratio", "x ÷ y > 0 is x > 0 where y is proved to be positive; likewise for the others, and turned around", comparedRatio},
	{"cast-same", "a cast to the type it has is no cast", castSame},
	{"cast-cast", "a cast of a cast that loses nothing is one cast", castCast},
	{"cast-whole", "a cast to integers and back of whole numbers that the type holds is none; c + n of integers is so of real numbers", castWhole},
	{"where-cast", "where(c, 1, 0) is the cast of c, where(c, 0, 1) is 1 minus it", whereCast},

	{"spike-product", "the product of the numbers of two spikes is that of both together; so is where(c, s, 0) of the number of a spike s", spikesTogether},
	{"layer-gate", "a spike of a neuron times a gate of the whole layer, which is 0 or 1, is their ∧ or ∧ ¬; so is a choice between it and 0", layerGate},
	{"fixed-choice", "a choice by a constant that is the same everywhere is no choice", fixedChoice},
	{"chosen-spikes", "where(c, s, 0) of spikes is c ∧ s, where(c, 0, s) is s ∧ ¬c, where(c, 1, s) is c ∨ s, where(c, s, t) is (s ∧ c) ∨ (t ∧ ¬c)", chosenSpikes},
	{"asked-spike", "where(s > 0, a, b) of the number of a spike s is where(s, a, b), if a or b is made of the membrane of s", askedSpike},
	{"turned-choice", "a choice by the opposite of c is one by c, turned around", turnedChoice},
	{"chosen-size", "where(c, k, 0) is k times the cast of c, where(c, k, −k) is 2·k times it less k", chosenSize},
	{"chosen-difference", "where(c, x − k, x) is x − k times the cast of c; likewise for x + k", chosenDifference},
	{"chosen-floor", "where(x > 0, x, 0) is relu(x), where(x < 0, 0, x) too", chosenFloor},
	{"chosen-sum", "where(c, a + x, b + x) is where(c, a, b) + x, likewise for a − x", chosenSum},
	{"chosen-sign", "where(c, k, y) is where(c, k, 0) + y where y is 0 wherever c fires", chosenSign},
	{"chosen-apart", "where(c, x − k, x + q) is (x − k·c) + q where q is 0 wherever c fires", chosenApart},
	{"heaviside", "where(a = b, 0, 1 − c) of the cast c of b > a is the cast of a > b, where(a = b, 1, 1 − c) that of a ≥ b", heaviside},
	{"sign-times", "sign(x) times the cast of |x| > k is the cast of x > k less that of −k > x, for k > 0; likewise for ≥", signTimes},
	{"sign-apart", "x − (p − q) is (x − p) + q of spikes p and q of one membrane in x, never together; likewise x + (p − q)", signApart},
	{"nothing-added", "(x − x) + y is y, and g·(x − x) + y too", nothingAdded},
	{"straight-through", "(s − x) + x is the spike s, or a rounded number", straightThrough},
	{"neutral", "x + 0, x − 0, x · 1 and x ÷ 1 are x", neutral},
	{"neutral-spikes", "a ∧ 1, a ∧ ¬0 and a ∨ 0 of spikes are a; a ∧ 0 and a ∧ ¬1 are 0", neutralSpikes},
	{"times-zero", "x · 0 is 0", timesZero},
	{"times-minus-one", "x · −1 is −x", timesMinusOne},
	{"divide-by-power", "x ÷ c is x · 1/c when c is a power of two", divideByPower},
	{"negations", "−(−x) is x, 0 − x is −x, a + (−b) is a − b, (−a) + b is b − a, a − (−b) is a + b", negations},

	{"reshape", "a reshape to the same shape is none; of two in a row the second is enough", reshapeRule},
	{"transpose", "a transpose that moves nothing is none; two in a row are one", transposeRule},
	{"whole", "a slice of everything, a concat of one and a reduction of nothing are their operand", whole},
	{"scatter", "rows that are written are listed among those of both: the last that is written there, or the old one", scatterRule},
	{"gather", "listed entries are slices, those at a fixed distance together, and copies of repeated ones", gatherRule},
	{"slice-concat", "a slice of a concat that reads one operand is a slice of that operand", sliceConcat},
	{"slice-masked", "a slice of the rows of x · c, where c is 0 or 1 along them, is that of each operand; so is one of a sum of these, and of where(c, x, y)", sliceMasked},
	{"reduce-one", "a sum or mean over axes of extent 1 is a reshape", reduceOne},
	{"reduce-axes", "a reduction is over ascending axes and keeps none: a reshape puts them back", reduceAxes},
	{"pool-all", "a mean or sum over one window that is everything is a reduction", poolAll},
	{"sink-reshape", "an axis of extent 1 put in front of what an op reads is put in front of its result", sinkReshape},
	{"pad-value", "padding with a constant is padding with 0, plus the constant where padding is", padValue},
	{"row-products", "the product of rows and constant columns, matrix by matrix, is the sum along the rows of products of elements", rowProducts},
	{"conv-pad", "padding with 0 before a convolution is the convolution's own", convPad},
	{"zero-bias", "a bias of zeros is none", zeroBias},
	{"max-zero", "max(x, 0) is relu", maxZero},
	{"least", "min(a, b) is −max(−a, −b) where neither is constant; likewise the least along axes", leastIsLargest},
	{"not-compare", "not a < b is a ≥ b, likewise for the others", notCompare},
	{"compare-rounded", "⌊x⌋ ≥ c is x ≥ ⌈c⌉, likewise for > and what rounds otherwise", compareRounded},
	{"compare-bounded", "max(x, k) > t is x > t where t ≥ k, max(x, k) ≥ t where t > k; likewise for min, and turned around", compareBounded},
	{"clamp-whole", "a whole number cut to 0 and 1 is the cast of whether it is 1 or more", clampWhole},
	{"two-valued", "what comparisons of one value with constants decide, and is 0 or 1, is one of them or its opposite", twoValued},
}

func constantReadout(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSum && v.Op != ir.OpLast && v.Op != ir.OpMaxTime || v.Args[0].Const() == nil || !v.Type.IsReal() {
		return nil, nil
	}
	out := ir.NewTensor(v.Type)
	for i := range out.F {
		out.F[i] = v.Args[0].Const().At(i)
		for range c.steps - 1 {
			if v.Op == ir.OpSum {
				out.F[i] = float64(float32(out.F[i] + v.Args[0].Const().At(i)))
			}
		}
	}
	return c.Constant(v.Name, out, v)
}

func foldRule(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	data := Folded(v, v.Args, c.Level)
	if data == nil {
		return nil, nil
	}
	return c.Constant(v.Name, data, v)
}

func constantSecond(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if !v.Op.Commutes() || v.Args[0].Const() == nil {
		return nil, nil
	}
	return c.As(v, v.Op, nil, v.Args[1], v.Args[0])
}

// Comparison is the kind of a compare, 0 of other ops.
func Comparison(v *ir.Value) ir.Compare {
	if v.Op != ir.OpCompare {
		return 0
	}
	return v.Attrs.(ir.CompareAttrs).Is
}

func flipCompare(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	flipped := map[ir.Compare]ir.Compare{ir.LE: ir.GE, ir.LT: ir.GT}[Comparison(v)]
	if flipped == 0 {
		return nil, nil
	}
	return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: flipped}, v.Args[1], v.Args[0])
}

func compareDifference(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	is := Comparison(v)
	if is == 0 || is == ir.LE || is == ir.LT {
		return nil, nil
	}
	a, b := v.Args[0], v.Args[1]
	swapped := !Every(b, 0)
	if swapped {
		a, b = b, a
	}
	if !Every(b, 0) || a.Type.Shape != v.Type.Shape {
		return nil, nil
	}
	left, right, err := c.difference(a)
	if left == nil || err != nil {
		return nil, err
	}
	if swapped {
		left, right = right, left
	}
	return c.As(v, ir.OpCompare, v.Attrs, left, right)
}

// compareOpposite: the opposite of a membrane, held against a constant.
func compareOpposite(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if is := Comparison(v); is != ir.GE && is != ir.GT {
		return nil, nil
	}
	for i, x := range v.Args {
		k := v.Args[1-i]
		if x.Op != ir.OpNeg || k.Const() == nil || !k.Type.IsReal() {
			continue
		}
		opposite, err := c.opposite(k, k.Origin)
		if err != nil {
			return nil, err
		}
		args := []*ir.Value{opposite, x.Args[0]}
		if i == 1 {
			args[0], args[1] = args[1], args[0]
		}
		return c.As(v, ir.OpCompare, v.Attrs, args...)
	}
	return nil, nil
}

// opposite makes −x.
func (c *Rewriter) opposite(x *ir.Value, origin diag.Origin) (*ir.Value, error) {
	return c.Make(&ir.Value{Name: x.Name + ".neg", Op: ir.OpNeg, Args: []*ir.Value{x}, Origin: origin})
}

// difference parts x into left − right; left is nil when it is none.
func (c *Rewriter) difference(x *ir.Value) (left, right *ir.Value, err error) {
	switch {
	case x.Op == ir.OpSub:
		return x.Args[0], x.Args[1], nil
	case x.Op == ir.OpAdd && x.Args[1].Const() != nil:
		right, err = c.opposite(x.Args[1], x.Origin)
		return x.Args[0], right, err
	}
	return nil, nil, nil
}

// Every reports whether v is a constant with one number in all places.
func Every(v *ir.Value, number float64) bool {
	if v.Const() == nil {
		return false
	}
	got, ok := v.Const().Uniform()
	return ok && got == number
}

func castSame(_ *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpCast || v.Args[0].Type != v.Type {
		return nil, nil
	}
	return v.Args[0], nil
}

func castCast(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpCast || v.Args[0].Op != ir.OpCast {
		return nil, nil
	}
	first := v.Args[0]
	x := first.Args[0]
	if x.Type.IsReal() || !holds(first.Type, x.Range) {
		return nil, nil
	}
	return c.CastTo(v, x)
}

// holds reports whether a type has every integer of a range; float32 has those of 24 bits.
func holds(t ir.Type, r ir.Range) bool {
	if t.IsReal() {
		return ir.Range{Lo: -1 << 24, Hi: 1 << 24}.Contains(r)
	}
	return t.Bits > 1 && t.Full().Contains(r) || t.IsSpike() && r == ir.Range{Lo: 0, Hi: 1}
}

func whereCast(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || v.Args[0].Type.Shape != v.Type.Shape {
		return nil, nil
	}
	cond, a, b := v.Args[0], v.Args[1], v.Args[2]
	switch {
	case Every(a, 1) && Every(b, 0):
		return c.CastTo(v, cond)
	case Every(a, 0) && Every(b, 1):
		number, err := c.Make(&ir.Value{Name: v.Name + ".cast", Op: ir.OpCast, Args: []*ir.Value{cond}, Type: v.Type, Origin: v.Origin})
		if err != nil {
			return nil, err
		}
		return c.As(v, ir.OpSub, nil, b, number)
	}
	return nil, nil
}

func neutral(_ *Rewriter, v *ir.Value) (*ir.Value, error) {
	number, ok := map[ir.Op]float64{ir.OpAdd: 0, ir.OpSub: 0, ir.OpMul: 1, ir.OpDiv: 1}[v.Op]
	if !ok || !Every(v.Args[1], number) || v.Args[0].Type != v.Type {
		return nil, nil
	}
	return v.Args[0], nil
}

func timesZero(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpMul || !Every(v.Args[1], 0) {
		return nil, nil
	}
	return c.Constant(v.Name, ir.NewTensor(v.Type), v)
}

func timesMinusOne(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpMul || !Every(v.Args[1], -1) || v.Args[0].Type != v.Type {
		return nil, nil
	}
	return c.As(v, ir.OpNeg, nil, v.Args[0])
}

func divideByPower(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpDiv || !v.Type.IsReal() || v.Args[1].Const() == nil || !v.Args[1].Type.IsReal() {
		return nil, nil
	}
	by := v.Args[1].Const()
	inverse := ir.NewTensor(by.Type)
	for i, f := range by.F {
		frac, exp := math.Frexp(f)
		if math.Abs(frac) != 0.5 || exp < -100 || exp > 100 {
			return nil, nil
		}
		inverse.F[i] = 1 / f
	}
	factor, err := c.Constant(v.Args[1].Name+".inverse", inverse, v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpMul, nil, v.Args[0], factor)
}

func negations(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	neg := func(i int) bool { return v.Args[i].Op == ir.OpNeg }
	switch {
	case v.Op == ir.OpNeg && neg(0):
		return v.Args[0].Args[0], nil
	case v.Op == ir.OpSub && Every(v.Args[0], 0) && v.Args[1].Type == v.Type:
		return c.As(v, ir.OpNeg, nil, v.Args[1])
	case v.Op == ir.OpAdd && neg(1):
		return c.As(v, ir.OpSub, nil, v.Args[0], v.Args[1].Args[0])
	case v.Op == ir.OpAdd && neg(0):
		return c.As(v, ir.OpSub, nil, v.Args[1], v.Args[0].Args[0])
	case v.Op == ir.OpSub && neg(1):
		return c.As(v, ir.OpAdd, nil, v.Args[0], v.Args[1].Args[0])
	}
	return nil, nil
}

func reshapeRule(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	switch {
	case v.Op != ir.OpReshape:
		return nil, nil
	case v.Args[0].Type == v.Type:
		return v.Args[0], nil
	case v.Args[0].Op == ir.OpReshape:
		return c.As(v, ir.OpReshape, v.Attrs, v.Args[0].Args[0])
	}
	return nil, nil
}

func transposeRule(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpTranspose {
		return nil, nil
	}
	x, perm := v.Args[0], v.Attrs.(ir.PermAttrs).Perm
	if slices.IsSorted(perm) {
		return x, nil
	}
	if x.Op != ir.OpTranspose {
		return nil, nil
	}
	inner, both := x.Attrs.(ir.PermAttrs).Perm, make([]int, len(perm))
	for i, p := range perm {
		both[i] = inner[p]
	}
	return c.As(v, ir.OpTranspose, ir.PermAttrs{Perm: both}, x.Args[0])
}
