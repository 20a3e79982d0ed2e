package ir

import (
	"nomul/ir/diag"
	"nomul/ir/update"
)

// windows returns the windows of a conv or pool, or nil after reporting an error.
func (in *inference) windows() *Windows {
	w, err := newWindows(in.v.Args[0].Type.Shape, poolOf(in.v))
	if err != nil {
		in.fail(diag.BadAttribute, "%v", err)
		return nil
	}
	return &w
}

// windowed is the shape of the result: the operand's first axes, then the windows.
func (in *inference) windowed(w *Windows) Shape {
	dims := in.v.Args[0].Type.Shape.Dims()
	return in.shape(append(dims[:len(dims)-len(w.Out)], w.Out...))
}

func inferMaxPool(in *inference) {
	if w := in.windows(); w != nil {
		in.like(in.v.Args[0], in.windowed(w))
	}
}

// inferSumPool: a window adds between the least and the most elements that one sees.
func inferSumPool(in *inference) {
	w := in.windows()
	if w == nil {
		return
	}
	least, most := int64(1), int64(1)
	for axis := range w.Out {
		l, m := w.counts(axis)
		least, most = update.Product(least, int64(l)), update.Product(most, int64(m))
	}
	x := in.v.Args[0].Range
	few := Range{Lo: update.Product(x.Lo, least), Hi: update.Product(x.Hi, least)}
	in.number(in.windowed(w), few.Union(Range{Lo: update.Product(x.Lo, most), Hi: update.Product(x.Hi, most)}))
}

func inferAvgPool(in *inference) {
	if w := in.windows(); w != nil {
		in.typ = RealType(in.windowed(w))
	}
}

func inferConv(in *inference) {
	x, w, bias, a := in.v.Args[0], in.v.Args[1], in.v.Args[2], in.v.Attrs.(ConvAttrs)
	xs, ws := x.Type.Shape, w.Type.Shape
	r := ws.Rank() - 2
	if r < 1 || r > 3 || xs.Rank() < r+1 {
		in.fail(diag.ShapeMismatch, "%%%s is %v, but the weights %%%s are %v", x.Name, x.Type, w.Name, w.Type)
		return
	}
	channel, m := xs.Rank()-r-1, ws.Dim(0)
	if c := xs.Dim(channel); a.Groups < 1 || c%a.Groups != 0 || m%a.Groups != 0 || ws.Dim(1) != c/a.Groups {
		in.fail(diag.ShapeMismatch, "%d groups of %%%s %v do not go with the weights %%%s %v", a.Groups, x.Name, x.Type, w.Name, w.Type)
		return
	}
	windows := in.windows()
	if windows == nil {
		return
	}
	dims := append(xs.Dims()[:channel], m)
	s := in.shape(append(dims, windows.Out...))
	in.checkBias(bias, m, in.shape(append([]int{m}, windows.Out...)))
	in.needsSlots(x, a.Slots)
	if in.err == nil {
		in.number(s, convRange(x.Range, w, bias, *windows))
	}
}

// checkBias demands one number per channel, or a map that stretches to a shape.
func (in *inference) checkBias(bias *Value, channels int, to Shape) {
	if bias == nil {
		return
	}
	s := bias.Type.Shape
	if s.Rank() > 1 && s.BroadcastsTo(to) || s.Rank() == 1 && s.Dim(0) == channels {
		return
	}
	in.fail(diag.ShapeMismatch, "bias %%%s is %v, wanted [%d] or a map that stretches to %v", bias.Name, bias.Type, channels, to)
}

// needsSlots: at the fixed level the code of a sum over words is said.
func (in *inference) needsSlots(x *Value, s Slots) {
	if in.level == Fixed && s == SlotsNone && x.Type.Bits > 1 {
		in.fail(diag.BadAttribute, "%%%s is %v, a sum over words needs slots", x.Name, x.Type)
	}
}

// convRange is the interval of a convolution when every element of x may take
// any value of its range, or 0 where the tap may see padding.
func convRange(x Range, w, bias *Value, windows Windows) Range {
	return weightedRange(x, windows.Padded(), w, channelRanges(bias, len(windows.Out), w.Type.Shape.Dim(0)))
}

// weightedRange unites, over the outputs n, Σ_k weight[n,k]·x + bias[n] on
// intervals. padded repeats along the elements of a row and tells which may see
// 0 instead of x. Exact for constant integer weights; of computed ones only the
// interval is known.
func weightedRange(x Range, padded []bool, w *Value, bias []Range) Range {
	rows := w.Type.Shape.Dim(0)
	k, data := w.Type.Size()/rows, w.Const()
	wide := x.Union(Range{})
	m := update.Product(update.Product(wide.Magnitude(), w.Range.Magnitude()), int64(k))
	var out Range
	for n, r := range bias {
		if data == nil || data.I == nil {
			r = r.Add(Range{Lo: -m, Hi: m})
		} else {
			var inside, border signedSums
			for i, wi := range data.I[n*k : (n+1)*k] {
				if padded[i%len(padded)] {
					border.add(wi)
				} else {
					inside.add(wi)
				}
			}
			r = r.Add(inside.times(x)).Add(border.times(wide))
		}
		if n == 0 {
			out = r
		}
		out = out.Union(r)
	}
	return out
}

// signedSums are the sums of a row's positive and of its negative weights.
type signedSums struct{ positive, negative int64 }

func (s *signedSums) add(w int64) {
	if w > 0 {
		s.positive = update.Sum(s.positive, w)
	} else {
		s.negative = update.Sum(s.negative, w)
	}
}

// times is the range of the weighted sum when each element is anywhere in x.
func (s signedSums) times(x Range) Range {
	return x.Scaled(s.positive).Add(x.Scaled(s.negative))
}

// channelRanges are the ranges of a bias for each channel. The channel is the
// axis that has `behind` axes behind it; a bias of one axis has only that.
func channelRanges(bias *Value, behind, channels int) []Range {
	out := make([]Range, channels)
	if bias == nil {
		return out
	}
	s, c := bias.Type.Shape, bias.Const()
	if s.Rank() == 1 {
		behind = 0
	}
	axis := s.Rank() - 1 - behind
	if c == nil || c.I == nil || axis < 0 || s.Dim(axis) == 1 {
		for n := range out {
			out[n] = bias.Range
		}
		return out
	}
	run := 1
	for _, d := range s.Dims()[axis+1:] {
		run *= d
	}
	for i, b := range c.I {
		n := i / run % channels
		if r := (Range{Lo: b, Hi: b}); i < run*channels && i%run == 0 {
			out[n] = r
		} else {
			out[n] = out[n].Union(r)
		}
	}
	return out
}
