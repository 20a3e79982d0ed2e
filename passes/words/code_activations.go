package words

import (
	"cmp"
	"math"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// CodeActivations makes words of the functions of numbers between layers of weights. The distance of
// thresholds is measured on samples, one for each channel of a convolution and one for a vector.
func CodeActivations(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	list := find(n)
	if err := known(n, list, o.Activations); err != nil || len(list) == 0 {
		return n, err
	}
	if o.Samples == nil {
		a := list[0].v
		return nil, rewrite.Refuse(a, diag.NotExact, "sends numbers to layers of weights, and how large they become decides which words stand for them").
			WithHelp("give some hundred images, without labels, on which that is measured: --calibrate IMAGES")
	}
	if d := gated(n, list); d != nil {
		return nil, d
	}
	measured, err := measure(n, list, o)
	if err != nil {
		return nil, err
	}
	if o.Pipelined > 0 {
		return pipelined(n, measured, o)
	}
	with, err := centred(n, measured, o)
	if err != nil {
		return nil, err
	}
	out, _, err := coded(n, measured, with, o)
	return out, err
}

// gated refuses a product of two numbers that the net computes, as of squeeze and excite or attention;
// spikes may be a factor, and a function of one number has
// products of its own.
func gated(n *ir.Net, list []activation) *diag.Diagnostic {
	within := map[*ir.Value]bool{}
	for _, a := range list {
		for _, v := range a.cone {
			within[v] = true
		}
	}
	for _, v := range n.Values {
		if within[v] || v.Op != ir.OpMul && v.Op != ir.OpMatmul && v.Op != ir.OpDiv {
			continue
		}
		if a, b := v.Args[0], v.Args[1]; a.Const() == nil && b.Const() == nil && a.Type.IsReal() && b.Type.IsReal() {
			return rewrite.Refuse(v, diag.NotExact, "multiplies or divides %%%s and %%%s, two numbers that the network computes", a.Name, b.Name).
				WithHelp("words take the place of numbers, but not of products: train without gates (squeeze and excite, attention on numbers), with batch-norm in place of layer norm, or let one side be 0 or 1, a comparison")
		}
	}
	return nil
}

// known refuses numbers of levels for names that no activation has.
func known(n *ir.Net, list []activation, said rewrite.PerLayer) error {
	var names []string
	own := map[string]bool{}
	at := diag.Origin{File: n.Name}
	for _, a := range list {
		at.File = a.v.Origin.File
		names = append(names, a.names()[0])
		for _, name := range a.names() {
			own[name] = true
		}
	}
	strays := said.Strays(own)
	if len(strays) == 0 {
		return nil
	}
	d := diag.Errorf(at, diag.BadData, "there is no layer %s whose numbers could have bits of their own", strings.Join(strays, ", "))
	if len(names) == 0 {
		return d.WithHelp("no layer sends numbers to layers of weights")
	}
	return d.WithHelp("layers that send numbers to layers of weights are %s", strings.Join(names, ", "))
}

// names are those that an activation is known by: that of the layer of weights that it is the
// function of, if it is of one only, and its own.
func (a activation) names() []string {
	for v := a.x; v != nil; v = layers.Varying(v) {
		if _, weighted := layers.AsWeighted(v); weighted {
			return []string{v.Name, a.v.Name}
		}
	}
	return []string{a.v.Name}
}

// measurement holds a histogram for each channel of an activation, over the samples.
type measurement struct {
	activation
	steps    ir.Shape    // of the distances of thresholds, which broadcasts to x
	channel  []int       // of each element of x
	channels []histogram // of the results' magnitudes
	slopes   []float64   // of each element; nil where all are 0
	table    *tabulation // of a function that is looked up, in place of all these
}

// measure runs the net on the samples, and returns the measurements of the activations.
func measure(n *ir.Net, list []activation, o *rewrite.Options) (map[*ir.Value]*measurement, error) {
	out := map[*ir.Value]*measurement{}
	of, results, want := map[*ir.Value][]*measurement{}, map[*ir.Value]*measurement{}, []*ir.Value{}
	for _, a := range list {
		m := &measurement{activation: a, steps: channelsOf(a.x)}
		m.channels = make([]histogram, m.steps.Size())
		m.channel = ir.Index(m.steps, a.x.Type.Shape)
		if a.slope != nil {
			m.slopes = rewrite.Stretched(a.slope, a.x.Type.Shape)
		}
		if a.cone != nil {
			m.table = newTabulation()
			results[a.v], want = m, append(want, a.v)
		}
		of[a.x], out[a.v], want = append(of[a.x], m), m, append(want, a.x)
	}
	err := o.Samples(n, want, func(_, _ int, v *ir.Value, t *ir.Tensor) {
		for _, m := range of[v] {
			m.add(t)
		}
		if m := results[v]; m != nil {
			m.table.addResults(t.F)
		}
	})
	return out, err
}

// channelsOf is the shape of one number for each channel of a value of several axes, those of the
// convolution it comes from, and of one number for all of a vector.
func channelsOf(x *ir.Value) ir.Shape {
	dims := layers.Ones(x.Type.Shape.Rank()).Dims()
	if len(dims) > 1 {
		axis := channelAxis(x)
		dims[axis] = x.Type.Shape.Dim(axis)
	}
	return ir.ShapeOf(dims...)
}

// channelAxis is the axis of the outputs of the layer that a value comes from: the last of a linear
// layer, else the first.
func channelAxis(x *ir.Value) int {
	for v := x; len(v.Args) > 0 && v.Args[0].Type.Shape == v.Type.Shape || v.Op == ir.OpLinear; v = v.Args[0] {
		if v.Op == ir.OpLinear {
			return x.Type.Shape.Rank() - 1
		}
	}
	return 0
}

// add counts the magnitudes of results.
func (m *measurement) add(t *ir.Tensor) {
	if m.table != nil {
		m.table.addArguments(t.F)
		return
	}
	for i, x := range t.F {
		at := i
		if m.channel != nil {
			at = m.channel[i]
		}
		if x < 0 && m.slopes != nil {
			x = math.Abs(x * m.slopes[i])
		}
		m.channels[at].add(min(x, m.most))
	}
}

// leastTop bounds the last level of a channel, beside the greatest of its layer. One that samples
// leave silent has the greatest: little is known of it, and fine units would cost its readers bits.
const leastTop = 1.0 / 64

// distances are those of thresholds: the last level over their number.
func (m *measurement) distances(count int, o *rewrite.Options) *ir.Tensor {
	out, topOf := ir.NewTensor(ir.RealType(m.steps)), tops[cmp.Or(o.Thresholds, rewrite.ThresholdNames[0])]
	most := 0.0
	for i := range m.channels {
		out.F[i] = topOf(&m.channels[i], count, m.most)
		most = max(most, out.F[i])
	}
	if most == 0 {
		most = 1
	}
	for i, top := range out.F {
		if top == 0 {
			top = most
		}
		out.F[i] = max(top, most*leastTop) / float64(count)
	}
	return out
}

// defaultLevels are those of 8 bits.
const defaultLevels = 1<<8 - 1

// word writes the activation as a word times the distance of its thresholds.
func (m *measurement) word(r *ir.Rebuilder, o *rewrite.Options) (*ir.Value, error) {
	count := m.count(o)
	if m.table != nil {
		return m.lookup(r, count)
	}
	step := m.distances(count, o)
	n, err := m.levels(r, count, m.v.Name, r.Of(m.x), halves(step), step)
	if err != nil {
		return nil, err
	}
	if m.slope != nil {
		if n, err = m.below(r, count, n, step); err != nil {
			return nil, err
		}
	}
	return m.times(r, n, step)
}

// count is how many levels the word has.
func (m *measurement) count(o *rewrite.Options) int {
	return cmp.Or(o.Activations.For(m.names()...), defaultLevels)
}

// times appends a word times the distance of its levels.
func (m *measurement) times(r *ir.Rebuilder, word *ir.Value, step *ir.Tensor) (*ir.Value, error) {
	c, err := r.Const(r.Unique(m.v.Name+".step"), step)
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpMul, r.Unique(m.v.Name+".of"), nil, word, c)
}

// halves are the first thresholds of words to the nearest level.
func halves(step *ir.Tensor) *ir.Tensor { return layers.Times(step, rewrite.Scalar(0.5)) }

// levels appends the word of x with thresholds at first, first + step, …
func (m *measurement) levels(r *ir.Rebuilder, count int, name string, x *ir.Value, first, step *ir.Tensor) (*ir.Value, error) {
	start, err := r.Const(r.Unique(name+".first"), first)
	if err != nil {
		return nil, err
	}
	distance, err := r.Const(r.Unique(name+".distance"), step)
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpLevels, r.Unique(name), ir.LevelsAttrs{Count: count, Ties: ir.TiesUp}, x, start, distance)
}

// below takes the word of −x, in distances of step/|slope|, off that of x; where a slope is negative
// it is added.
func (m *measurement) below(r *ir.Rebuilder, count int, above *ir.Value, step *ir.Tensor) (*ir.Value, error) {
	minus, err := r.Add(ir.OpNeg, r.Unique(m.v.Name+".minus"), nil, r.Of(m.x))
	if err != nil {
		return nil, err
	}
	for _, side := range []struct {
		sign float64
		name string
		op   ir.Op
	}{{1, ".below", ir.OpSub}, {-1, ".against", ir.OpAdd}} {
		slope := rewrite.Zip(m.slope, rewrite.Scalar(0), func(a, _ float64) float64 { return max(a*side.sign, 0) })
		if !layers.AnyNonZero(slope.F) {
			continue
		}
		wide := rewrite.Zip(step, slope, func(s, a float64) float64 { return s / cmp.Or(a, 1) })
		first := rewrite.Zip(halves(wide), slope, func(f, a float64) float64 {
			if a == 0 {
				return unreached
			}
			return f
		})
		n, err := m.levels(r, count, m.v.Name+side.name, minus, first, wide)
		if err != nil {
			return nil, err
		}
		if above, err = r.Add(side.op, r.Unique(m.v.Name+side.name+".word"), nil, above, n); err != nil {
			return nil, err
		}
	}
	return above, nil
}

// unreached is a threshold beyond all numbers, where the slope is 0 or of the other sign.
const unreached = 1e30
