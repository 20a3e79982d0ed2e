package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// span is the bounds of a Slice along one axis, as the file writes them.
type span struct {
	axis             int
	start, end, step int64
}

// slice cuts axis after axis. Before opset 10 the bounds are attributes.
func slice(n *node) (*tensor, error) {
	x := n.in[0]
	spans, err := n.spans()
	if err != nil {
		return nil, err
	}
	var cuts []ir.SliceAttrs
	for _, s := range spans {
		extent := x.shape.Dim(s.axis)
		cut := s.cut(int64(extent))
		if !n.takesAll(s) {
			if err := n.alongOpen(x, s.axis); err != nil {
				return nil, err
			}
		}
		switch {
		case cut.Count < 1 && x.elem == elemInt64 && x.shape.Rank() == 1 && x.data != nil:
			return knownInts(n.name(""), n.at, nil), nil
		case cut.Count < 1:
			return nil, n.errorf(diag.ShapeMismatch, "leaves no element of axis %d", s.axis)
		case cut.Count < extent || cut.Step != 1:
			cuts = append(cuts, cut)
		}
	}
	return n.cutAll(x, cuts)
}

// takesAll reports whether a span is all of its axis however long that is: from 0, in
// steps of 1, to a number that no extent exceeds or that was computed from it.
func (n *node) takesAll(s span) bool {
	const longest = 1 << 30
	end := n.arg(2)
	counted := end != nil && end.counts != nil
	return s.start == 0 && s.step == 1 && (s.end >= longest || counted)
}

func (n *node) cutAll(x *tensor, cuts []ir.SliceAttrs) (*tensor, error) {
	for i, cut := range cuts {
		suffix := ""
		if i < len(cuts)-1 {
			suffix = "axis"
		}
		var err error
		if x, err = n.emit(suffix, x.elem, ir.OpSlice, cut, x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// cut works out which elements are taken: ONNX counts negative bounds from the
// end, and clamps those outside the axis.
func (s span) cut(extent int64) ir.SliceAttrs {
	step := min(max(s.step, -extent), extent)
	var start, count int64
	if step > 0 {
		start = clampIndex(s.start, extent, 0, extent)
		count = (clampIndex(s.end, extent, 0, extent) - start + step - 1) / step
	} else {
		start = clampIndex(s.start, extent, 0, extent-1)
		count = (start - clampIndex(s.end, extent, -1, extent-1) - step - 1) / -step
	}
	if count == 1 {
		step = 1
	}
	return ir.SliceAttrs{Axis: s.axis, Start: int(start), Count: int(max(count, 0)), Step: int(step)}
}

func (n *node) spans() ([]span, error) {
	starts, ends, axes, steps, err := n.bounds()
	if err != nil {
		return nil, err
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) {
		return nil, n.errorf(diag.BadAttribute, "has %d starts, %d ends, %d axes and %d steps", len(starts), len(ends), len(axes), len(steps))
	}
	counted := n.axes(axes, n.in[0].shape.Rank())
	if n.err != nil {
		return nil, n.err
	}
	var out []span
	for i, axis := range counted {
		if steps[i] == 0 {
			return nil, n.errorf(diag.BadAttribute, "step 0 along axis %d", axis)
		}
		out = append(out, span{axis, starts[i], ends[i], steps[i]})
	}
	return out, nil
}

// bounds reads the lists, with axes 0, 1, … and steps of 1 where they are absent.
func (n *node) bounds() (starts, ends, axes, steps []int64, err error) {
	if n.opset < 10 {
		starts, _ = n.intsAttr("starts")
		ends, _ = n.intsAttr("ends")
		axes, _ = n.intsAttr("axes")
	} else {
		if n.arg(1) == nil || n.arg(2) == nil || len(n.pb.Attribute) > 0 {
			return nil, nil, nil, nil, n.errorf(diag.BadNet, "wanted starts and ends as inputs")
		}
		lists := make([][]int64, 5)
		for i := 1; i < 5 && err == nil; i++ {
			if n.arg(i) != nil {
				lists[i], err = n.list(i, "list of bounds")
			}
		}
		starts, ends, axes, steps = lists[1], lists[2], lists[3], lists[4]
	}
	noAxes, noSteps := axes == nil, steps == nil
	for i := range starts {
		if noAxes {
			axes = append(axes, int64(i))
		}
		if noSteps {
			steps = append(steps, 1)
		}
	}
	return starts, ends, axes, steps, err
}
