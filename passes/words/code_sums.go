package words

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// CodeSums makes words, signed where they may be below 0, of sums of weights that a layer of weights reads, as behind the linear
// bottleneck of a MobileNet, where the two layers could not be made one. Samples measure how large
// the sums become.
func CodeSums(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	sums := readSums(n)
	if len(sums) == 0 || o.Samples == nil {
		return n, nil
	}
	var list []activation
	seen := map[*ir.Value]bool{}
	for _, v := range n.Values {
		if x := sums[v]; x != nil && !seen[x] {
			seen[x] = true
			list = append(list, activation{v: x, x: x, most: unreached, slope: layers.Constant(1, ir.Shape{})})
		}
	}
	measured, err := measure(n, list, o)
	if err != nil {
		return nil, err
	}
	word := map[*ir.Value]*ir.Value{} // for each sum
	coded, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		m := measured[sums[v]]
		if m == nil {
			return nil, nil
		}
		args := r.Operands(v)
		if word[m.v] == nil {
			write := m.signed
			if neverBelow(m.v) {
				write = m.unsigned
			}
			if word[m.v], err = write(r, o); err != nil {
				return nil, err
			}
		}
		args[0] = word[m.v]
		return r.CopyWith(v, v.Attrs, args...)
	})
	if err != nil {
		return nil, err
	}
	return layers.AbsorbAffine(coded, o)
}

// readSums finds the real values that layers of weights read, by what reads them: the layer, or the first
// of the ops before it that move or add up their elements for it alone. A word before those has fewer bits.
func readSums(n *ir.Net) map[*ir.Value]*ir.Value {
	out, readers := map[*ir.Value]*ir.Value{}, n.Readers()
	for _, v := range n.Values {
		if _, ok := layers.AsWeighted(v); !ok || !v.Args[0].Type.IsReal() {
			continue
		}
		reader := v
		for x := v.Args[0]; spreads[x.Op] && len(readers[x]) == 1; x = x.Args[0] {
			reader = x
		}
		out[reader] = reader.Args[0]
	}
	return out
}

// spreads are the ops of one operand of which a word is as good before them.
var spreads = map[ir.Op]bool{ir.OpReshape: true, ir.OpTranspose: true, ir.OpSlice: true, ir.OpReduceSum: true, ir.OpSumPool: true}

// neverBelow reports whether a value is a sum or mean of integers that are not below 0: of words, times constants.
func neverBelow(v *ir.Value) bool {
	if c := v.Const(); c != nil {
		return !slices.ContainsFunc(rewrite.Reals(c).F, func(f float64) bool { return f < 0 })
	}
	switch {
	case !v.Type.IsReal():
		return v.Range.Lo >= 0
	case canonical.IsFn(v, ir.FnRelu):
		return true
	case spreads[v.Op], v.Op == ir.OpMul, v.Op == ir.OpAdd, v.Op == ir.OpMaxPool, v.Op == ir.OpReduceMax:
		return !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return !neverBelow(a) })
	}
	return false
}

// unsigned writes a sum that is not below 0 as a word of so many levels, times their distance.
func (m *measurement) unsigned(r *ir.Rebuilder, o *rewrite.Options) (*ir.Value, error) {
	count := m.count(o)
	step := m.distances(count, o)
	n, err := m.levels(r, count, m.v.Name+".word", r.Of(m.v), halves(step), step)
	if err != nil {
		return nil, err
	}
	return m.times(r, n, step)
}

// signed writes a sum as a word of so many levels, half of them below 0, times their distance.
func (m *measurement) signed(r *ir.Rebuilder, o *rewrite.Options) (*ir.Value, error) {
	below := max(1, m.count(o)/2)
	step := m.distances(below, o)
	first := layers.Times(step, rewrite.Scalar(0.5-float64(below)))
	n, err := m.levels(r, 2*below, m.v.Name+".word", r.Of(m.v), first, step)
	if err != nil {
		return nil, err
	}
	c, err := r.Const(r.Unique(m.v.Name+".zero"), ir.Ints(ir.Shape{}, []int64{int64(below)}))
	if err != nil {
		return nil, err
	}
	if n, err = r.Add(ir.OpSub, r.Unique(m.v.Name+".signed"), nil, n, c); err != nil {
		return nil, err
	}
	return m.times(r, n, step)
}
