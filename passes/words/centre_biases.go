package words

import (
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// biases are those that layers of weights get, by layer of the net of numbers.
type biases map[*ir.Value]*ir.Tensor

// centred gives layers behind words biases such that the mean of each output over the samples is that of
// the net of numbers: few levels, the last of them below the largest numbers, move means. Each layer is measured behind
// words and layers that are final.
func centred(n *ir.Net, measured map[*ir.Value]*measurement, o *rewrite.Options) (biases, error) {
	byDepth := behind(n, measured, o)
	var all []layers.Weighted
	for _, level := range byDepth {
		all = append(all, level...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	numbers, err := means(n, all, o, func(v *ir.Value) *ir.Value { return v })
	if err != nil {
		return nil, err
	}
	out := biases{}
	for _, level := range byDepth {
		net, became, err := coded(n, measured, out, o)
		if err != nil {
			return nil, err
		}
		words, err := means(net, level, o, became)
		if err != nil {
			return nil, err
		}
		for _, w := range level {
			for i, mean := range numbers[w.Value] {
				words[w.Value][i] = mean - words[w.Value][i]
			}
			if change := words[w.Value]; layers.AnyNonZero(change) {
				out[w.Value] = layers.Plus(w.Bias(), w.PerOutput(change))
			}
		}
	}
	return out, nil
}

// fewLevels bounds the levels of words that move means by more than rounding weights does: on the bundled CNN those of
// 4 bits do not, with weights of 4 bits.
const fewLevels = 8

// behind lists the layers of weights behind words of few levels, by how many of them stand before each.
func behind(n *ir.Net, measured map[*ir.Value]*measurement, o *rewrite.Options) [][]layers.Weighted {
	few := map[*ir.Value]bool{}
	for _, v := range n.Values {
		m := measured[v]
		few[v] = m != nil && m.count(o) < fewLevels || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return few[a] })
	}
	return layers.ByDepth(n, func(w layers.Weighted) bool { return few[w.Value] })
}

// means measures the mean of each output of layers, which are others in the net that is run.
func means(n *ir.Net, list []layers.Weighted, o *rewrite.Options, became func(*ir.Value) *ir.Value) (map[*ir.Value][]float64, error) {
	type sums struct {
		of    []float64
		count float64
		index []int // of the outputs, by element
	}
	var want []*ir.Value
	of, out := map[*ir.Value]*sums{}, map[*ir.Value][]float64{}
	for _, w := range list {
		s := &sums{of: make([]float64, w.Outputs()), index: ir.Index(w.PerOutput(make([]float64, w.Outputs())).Type.Shape, w.Type.Shape)}
		want, of[became(w.Value)], out[w.Value] = append(want, became(w.Value)), s, s.of
	}
	err := o.Samples(n, want, func(_, _ int, v *ir.Value, t *ir.Tensor) {
		s := of[v]
		for i, f := range t.F {
			if s.index != nil {
				i = s.index[i]
			}
			s.of[i] += f
		}
		s.count += float64(len(t.F) / len(s.of))
	})
	for _, s := range of {
		for i := range s.of {
			s.of[i] /= max(1, s.count)
		}
	}
	return out, err
}

// coded writes activations as words and gives layers biases. It also returns the value that each became.
func coded(n *ir.Net, measured map[*ir.Value]*measurement, with biases, o *rewrite.Options) (*ir.Net, func(*ir.Value) *ir.Value, error) {
	var rebuilder *ir.Rebuilder
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		rebuilder = r
		if m := measured[v]; m != nil {
			return m.word(r, o)
		}
		if with[v] == nil {
			return nil, nil
		}
		w, _ := layers.AsWeighted(v)
		bias, err := r.Const(r.Unique(v.Name+".bias"), w.BiasOperand(with[v]))
		if err != nil {
			return nil, err
		}
		return r.CopyWith(v, v.Attrs, r.Of(v.Args[0]), r.Of(v.Args[1]), bias)
	})
	if err != nil {
		return nil, nil, err
	}
	return out, rebuilder.Of, nil
}
