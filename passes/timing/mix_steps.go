package timing

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
)

// A parallel spiking neuron (PSN, arXiv 2304.12760) keeps no membrane: it fires on sums over the time
// steps, H = W·X, of which each has weights of its own. Files multiply a stack of the steps by W. Written out,
// step t is the sum of the parts of the stack, each times its weight, where this is not 0: masked and
// sliding forms read few of them. The stack may have the steps on any axis, until the file moves them to the first.

// mixer is a product of constants with a stack of time steps on which something fires.
type mixer struct {
	stack      *ir.Value
	axis, into int // of the steps in the stack, and in the result
	weights    [][]float64
}

// mixerOf is the product as one that sums along an axis; nil where it is none, or has a bias.
func mixerOf(v *ir.Value) *mixer {
	if v.Op != ir.OpMatmul && v.Op != ir.OpLinear || v.Arg(2) != nil {
		return nil
	}
	for i, w := range v.Args[:2] {
		x := v.Args[1-i]
		if w.Const() == nil || w.Const().F == nil || w.Type.Shape.Rank() != 2 || x.Type.Shape.Rank() < 2 {
			continue
		}
		m := &mixer{stack: x, axis: x.Type.Shape.Rank() - 1, into: v.Type.Shape.Rank() - 1}
		turned := v.Op == ir.OpMatmul && i == 1 // columns are of the result, not rows
		if v.Op == ir.OpMatmul && i == 0 {
			m.axis, m.into = m.axis-1, m.into-1
		}
		m.weights = rowsOf(w.Const(), turned)
		return m
	}
	return nil
}

// rowsOf are the rows of a matrix, or its columns.
func rowsOf(w *ir.Tensor, columns bool) [][]float64 {
	rows, cols := w.Type.Shape.Dim(0), w.Type.Shape.Dim(1)
	across, along := cols, 1
	if columns {
		rows, cols, across, along = cols, rows, 1, cols
	}
	out := make([][]float64, rows)
	for r := range out {
		for c := range cols {
			out[r] = append(out[r], w.F[r*across+c*along])
		}
	}
	return out
}

// mixers finds those of a net, where the axis that they sum along has the time steps.
func mixers(n *ir.Net) map[*ir.Value]*mixer {
	m := &mixing{mixes: map[*ir.Value]*mixer{}, known: map[axisOf]bool{}}
	fires := firesOn(n)
	for _, v := range n.Values {
		if !fires[v] {
			continue
		}
		if x := mixerOf(v); x != nil && m.overSteps(axisOf{x.stack, x.axis}) {
			m.mixes[v] = x
		}
	}
	return m.mixes
}

// mixedStream is the error of mixed steps where the file is said to be one step of a loop; nil where it is not.
func mixedStream(n *ir.Net, o *rewrite.Options) *diag.Diagnostic {
	if !o.Stream && o.Steps <= 1 {
		return nil
	}
	mixes := mixers(n)
	for _, v := range n.Values {
		if m := mixes[v]; m != nil {
			steps := len(m.weights[0])
			return rewrite.Refuse(v, diag.NotUnrolled, "mixes %d time steps by weights of its own (a parallel spiking neuron, PSN), so the file holds all steps, and is no step of a loop", steps).
				WithHelp("leave --steps, --state and --stream out: a sample is all %d steps, which are computed together; a neuron that works step by step, with weights that are the same in each, can be exported as one step, with what it keeps of its input as state", steps)
		}
	}
	return nil
}

type mixing struct {
	mixes map[*ir.Value]*mixer
	known map[axisOf]bool
}

type axisOf struct {
	v    *ir.Value
	axis int
}

// overSteps reports whether an axis has the time steps: entries of an input's first axis, or of that behind a batch of
// 1, copies, values that are put there one behind another, or mixed steps, each of them first on the first axis.
func (m *mixing) overSteps(at axisOf) bool {
	out, known := m.known[at]
	if !known {
		out = m.beginsSteps(at) || m.handsSteps(at)
		m.known[at] = out
	}
	return out
}

func (m *mixing) beginsSteps(at axisOf) bool {
	v, axis := at.v, at.axis
	if x := m.mixes[v]; x != nil {
		return axis == x.into
	}
	switch v.Op {
	case ir.OpInput:
		s := v.Type.Shape
		return s.Rank() > 2 && (axis == 0 || axis == 1 && s.Dim(0) == 1)
	case ir.OpConcat:
		return axis == 0 && ir.AxisOf(v.Attrs) == 0 && v.Type.Shape.Dim(0) == len(v.Args)
	case ir.OpBroadcast:
		x := v.Args[0].Type.Shape
		return axis == 0 && v.Type.Shape.Dim(0) > 1 && (x.Rank() < v.Type.Shape.Rank() || x.Dim(0) == 1)
	}
	return false
}

// handsSteps reports whether an operand has the steps along an axis that the result keeps.
func (m *mixing) handsSteps(at axisOf) bool {
	if !at.v.Op.HasAxes() {
		return false
	}
	for i, a := range at.v.Args {
		if a == nil || a.Const() != nil {
			continue
		}
		from := at.v.Axes()[i][at.axis]
		if from >= 0 && a.Type.Shape.Dim(from) == at.v.Type.Shape.Dim(at.axis) && m.overSteps(axisOf{a, from}) {
			return true
		}
	}
	return false
}

// stackOf is the value behind moves whose first axis is the one of a stack; nil where there is none.
func stackOf(v *ir.Value, axis int) *ir.Value {
	for axis > 0 && (v.Op == ir.OpReshape || v.Op == ir.OpTranspose) {
		if axis = v.Axes()[0][axis]; axis < 0 {
			return nil
		}
		v = v.Args[0]
	}
	if axis != 0 {
		return nil
	}
	return v
}

// mixed are the steps of a mixer, of moves of them, and of functions of both, while they are not on the
// first axis; then they are its blocks.
func (u *unbatching) mixed(v *ir.Value) ([]*ir.Value, error) {
	axis, steps, err := u.mixedAlong(v)
	if err != nil || steps == nil || axis == u.axis.of(v) {
		return steps, err
	}
	u.steps[v] = along{axis, steps}
	return nil, nil
}

// along are steps that lie on an axis, each one deep.
type along struct {
	axis  int
	parts []*ir.Value
}

func (u *unbatching) mixedAlong(v *ir.Value) (axis int, steps []*ir.Value, err error) {
	if m := u.mixes[v]; m != nil {
		steps, err = u.mix(v, m)
		return m.into, steps, err
	}
	for i, a := range v.Args {
		from, ok := u.steps[a]
		if !ok || !v.Op.HasAxes() {
			continue
		}
		if axis = v.Axes().To(i, from.axis); axis < 0 || v.Type.Shape.Dim(axis) != len(from.parts) {
			return 0, nil, nil
		}
		if v.Op.Class() == ir.Element {
			steps, err = u.elementwise(v, i, from, axis)
			return axis, steps, err
		}
		if v.Op == ir.OpReshape || v.Op == ir.OpTranspose {
			steps, err = (&partition{r: u.r}).each(v, partAttrs(v, axis), slices.Clone(from.parts), nil)
			return axis, steps, err
		}
	}
	return 0, nil, nil
}

// elementwise is a function of steps and of constants in each step.
func (u *unbatching) elementwise(v *ir.Value, x int, from along, axis int) ([]*ir.Value, error) {
	var out []*ir.Value
	for t, part := range from.parts {
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			var err error
			switch of := v.Axes()[i][axis]; {
			case i == x:
				args[i] = part
			case a == nil:
			case a.Const() == nil:
				return nil, nil
			case of < 0 || a.Type.Shape.Dim(of) == 1:
				args[i] = u.r.Of(a)
			default:
				whole := u.r.Of(a)
				args[i], err = u.sliced(u.r.Unique(blockName(a, t)), ir.SliceAttrs{Axis: of, Start: t, Count: 1, Step: 1}, whole)
			}
			if err != nil {
				return nil, err
			}
		}
		step, err := u.make(v, t, v.Attrs, args)
		if err != nil {
			return nil, err
		}
		out = append(out, step)
	}
	return out, nil
}

// mix are the sums of a mixer.
func (u *unbatching) mix(v *ir.Value, m *mixer) ([]*ir.Value, error) {
	known := func(v *ir.Value, axis int) []*ir.Value {
		if axis == u.axis.of(v) {
			return u.blocks[v]
		}
		if s, ok := u.steps[v]; ok && s.axis == axis {
			return s.parts
		}
		return nil
	}
	parts, err := (&partition{r: u.r, blocks: known}).along(m.stack, m.axis)
	if parts == nil || err != nil {
		return nil, err
	}
	var out []*ir.Value
	for t, weights := range m.weights {
		sum, err := u.weighed(v, t, weights, parts)
		if err != nil {
			return nil, err
		}
		out = append(out, sum)
	}
	return out, nil
}

// weighed is step t of a mixer: the sum of the parts that have a weight.
func (u *unbatching) weighed(v *ir.Value, t int, weights []float64, parts []*ir.Value) (*ir.Value, error) {
	var sum *ir.Value
	weights = ofEqualParts(weights, parts)
	for s, weight := range weights {
		if weight == 0 && (sum != nil || slices.ContainsFunc(weights[s+1:], func(w float64) bool { return w != 0 })) {
			continue
		}
		part, err := raise.WithConst(u.r, ir.OpMul, v.Name+".part", parts[s], rewrite.Scalar(weight))
		if err == nil && sum != nil {
			part, err = u.r.Add(ir.OpAdd, u.r.Unique(blockName(v, t)), nil, sum, part)
		}
		if err != nil {
			return nil, err
		}
		sum = part
	}
	return sum, nil
}

// ofEqualParts are the weights where parts that are one value, as an input that is the same in all steps, have theirs
// added up in the first of them.
func ofEqualParts(weights []float64, parts []*ir.Value) []float64 {
	out, first := make([]float64, len(weights)), map[*ir.Value]int{}
	for s, part := range parts {
		if _, known := first[part]; !known {
			first[part] = s
		}
		out[first[part]] += weights[s]
	}
	return out
}
