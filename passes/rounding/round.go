package rounding

import (
	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// Layer is a layer whose weights are rounded.
type Layer struct {
	layers.Weighted
	// Limit is the greatest magnitude of an integer weight.
	Limit int64
	// Integers are the rounded weights in units of the layer's scale, as they are in a tensor of its weights.
	Integers *ir.Tensor
	// Shift is added to the bias, for each output, so that rounding does not move the mean of the layer's
	// result over the calibration, beside what CentreBias adds; nil is nothing.
	Shift []float64
}

// Round rounds the weights of all layers of a net that has scales, to their widths in bits, by the calibration samples:
// in net order, each by its inputs in the network of rounded layers before it. It returns nothing when there are no
// samples.
func Round(n *ir.Net, o *rewrite.Options, widths map[*ir.Value]int) (map[*ir.Value]*Layer, error) {
	if o.Samples == nil {
		return nil, nil
	}
	done := map[*ir.Value]*Layer{}
	rounds := func(w layers.Weighted) bool { return w.Scale != nil && !w.Args[0].Type.IsReal() }
	for _, level := range layers.ByDepth(n, rounds) {
		if err := roundLevel(n, o, level, widths, done); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// roundLevel rounds layers that do not depend on one another within a step.
func roundLevel(n *ir.Net, o *rewrite.Options, level []layers.Weighted, widths map[*ir.Value]int, done map[*ir.Value]*Layer) error {
	rounded, became, err := withRounded(n, done)
	if err != nil {
		return err
	}
	meters, err := measured(rounded, o, level, became)
	if err != nil {
		return err
	}
	for _, m := range meters {
		l := &Layer{Weighted: m.Weighted, Limit: LimitOf(widths[m.Value])}
		lost := l.feedBack(m)
		done[m.Value] = l
		if o.Rounded != nil {
			o.Rounded(rewrite.RoundedLayer{Name: l.Name, Bits: widths[m.Value], Weights: len(l.Weights.F), Steady: l.Clock == ir.Once, Lost: lost})
		}
	}
	return nil
}

// measured are meters of layers that saw the calibration samples in a network, in which some values became others.
func measured(n *ir.Net, o *rewrite.Options, list []layers.Weighted, became map[*ir.Value]*ir.Value) ([]*meter, error) {
	by := map[*ir.Value][]*meter{} // by operand
	var all []*meter
	var want []*ir.Value
	for _, w := range list {
		x, m := became[w.Args[0]], newMeter(w, o.Rounded != nil)
		if by[x] == nil {
			want = append(want, x)
		}
		by[x], all = append(by[x], m), append(all, m)
	}
	return all, o.Samples(n, want, func(sample, _ int, v *ir.Value, t *ir.Tensor) {
		for _, m := range by[v] {
			m.see(sample, t)
		}
	})
}

// withRounded is the net of real numbers in which some layers have their rounded weights, and what became of its
// values.
func withRounded(n *ir.Net, done map[*ir.Value]*Layer) (*ir.Net, map[*ir.Value]*ir.Value, error) {
	if len(done) == 0 {
		return n, themselves(n), nil
	}
	var r *ir.Rebuilder
	out, err := ir.Rebuild(n, n.Level, func(with *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		r = with
		if l := done[v]; l != nil {
			return l.rounded(r)
		}
		return nil, nil
	})
	if err != nil {
		return nil, nil, err
	}
	became := map[*ir.Value]*ir.Value{}
	for _, v := range n.Values {
		if v.Op != ir.OpConst {
			became[v] = r.Of(v)
		}
	}
	return out, became, nil
}

// themselves maps each value of a net to itself.
func themselves(n *ir.Net) map[*ir.Value]*ir.Value {
	out := map[*ir.Value]*ir.Value{}
	for _, v := range n.Values {
		out[v] = v
	}
	return out
}

// rounded appends the layer with its rounded weights as real numbers.
func (l *Layer) rounded(r *ir.Rebuilder) (*ir.Value, error) {
	units, scale := ir.NewTensor(l.Weights.Type), l.PerOutputData(l.Scale.Data)
	for i, k := range l.Integers.I {
		units.F[i] = float64(float64(k) * scale[i/l.Row()])
	}
	change, err := l.BiasChange()
	if err != nil {
		return nil, err
	}
	bias := layers.Plus(l.Bias(), change)
	args := []*ir.Value{r.Of(l.Args[0]), nil, nil}
	if args[1], err = r.Const(r.Unique(l.Args[1].Name), units); err != nil {
		return nil, err
	}
	if bias != nil {
		if args[2], err = r.Const(r.Unique(l.Name+".bias"), l.BiasOperand(bias)); err != nil {
			return nil, err
		}
	}
	return r.CopyWith(l.Value, l.Attrs, args...)
}

// BiasChange is added to the bias for the sake of rounded weights; nil is nothing. It broadcasts to the
// result.
func (l *Layer) BiasChange() (*ir.Tensor, error) {
	change, err := CentreBias(l.Weighted, l.Integers)
	if err != nil || l.Shift == nil {
		return change, err
	}
	return layers.Plus(change, l.PerOutput(l.Shift)), nil
}

// CentreBias is the error of rounded weights at the pixel that stands for 0, by which the bias is
// corrected, so that they act on differences from that pixel only (R11); nil where no pixels are read.
func CentreBias(w layers.Weighted, rounded *ir.Tensor) (*ir.Tensor, error) {
	zero := layers.ZeroPixels(w.Args[0])
	if zero == nil {
		return nil, nil
	}
	scale, lost := w.PerOutputData(w.Scale.Data), ir.NewTensor(w.Weights.Type)
	for i, f := range w.Weights.F {
		lost.F[i] = f - float64(float64(rounded.I[i])*scale[i/w.Row()])
	}
	return w.Response(lost, zero)
}
