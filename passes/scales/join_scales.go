package scales

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// join brings real values into one unit; where theirs have to differ, into one of
// its own. Constants and integers are brought into it when they are rounded.
func (s *scaler) join(v *ir.Value) error {
	var met []gauge
	var of []*ir.Value
	whole := false
	for i, a := range v.Args {
		g, ok := s.gauges[a]
		switch {
		case ok:
			met, of = append(met, g.stretch(gaugeShape(g, v))), append(of, a)
		case a.Op != ir.OpConst && (v.Op != ir.OpWhere || i > 0):
			whole = true
		}
	}
	out := s.fresh(layers.Ones(v.Type.Shape.Rank()))
	if len(met) > 0 {
		out = s.met(of, met)
	}
	if whole {
		out.source = -1
		s.integersIn(out)
	}
	s.gauges[v] = out.squeeze()
	for _, a := range v.Args {
		if layers.RealConst(a) {
			s.added(v, a.Const())
			s.constants[len(s.constants)-1].bounds = v.Op != ir.OpAdd && v.Op != ir.OpSub
		}
	}
	return nil
}

// met is the gauge that those of several values agree on.
func (s *scaler) met(of []*ir.Value, list []gauge) gauge {
	out := list[0]
	if s.agree(list, nil, func() bool {
		agree := true
		for _, g := range list[1:] {
			agree = s.meet(&out, g) && agree
			out.source = -1
		}
		return agree
	}) {
		return out
	}
	to := s.fresh(out.shape)
	for i, g := range list {
		s.converted(of[i], to, g.stretch(to.shape), nil)
	}
	return to
}

// integers is a gauge of integers that are told among real values.
func (s *scaler) integers(shape ir.Shape) gauge {
	out := s.fresh(layers.Ones(shape.Rank()))
	s.integersIn(out)
	return out
}

// integersIn asks a gauge for units in which integers are whole, or fine.
func (s *scaler) integersIn(g gauge) {
	src := &source{gauge: g, least: make([]float64, len(g.id)), whole: make([]float64, len(g.id)), free: true, read: true}
	for i := range src.least {
		src.least[i], src.whole[i] = math.Ldexp(1, -integerBits), 1
	}
	s.ask(src)
}

// added notes a constant that is added to v, whose units should make it whole or
// fine. Behind neurons, which have guard bits for it, it only should be whole.
func (s *scaler) added(v *ir.Value, c *ir.Tensor) {
	s.note(s.gauges[v].stretch(gaugeShape(s.gauges[v], v)), c, s.onlyNeuronsRead(v))
}

func (s *scaler) note(g gauge, c *ir.Tensor, guarded bool) {
	s.constants = append(s.constants, noted{gauge: g, numbers: c, guarded: guarded})
}

// gaugeShape is a gauge's shape with as many axes as a value.
func gaugeShape(s gauge, v *ir.Value) ir.Shape {
	shape, _ := ir.Broadcast(s.shape, layers.Ones(v.Type.Shape.Rank()))
	return shape
}

// meet unifies two gauges, and widens the first to the shape of both. It reports
// whether they agree.
func (s *scaler) meet(a *gauge, b gauge) bool {
	shape, _ := ir.Broadcast(a.shape, b.shape)
	*a = a.stretch(shape)
	other := b.stretch(shape)
	agree := true
	for i := range a.id {
		agree = s.classes.unify(a.id[i], a.ratio[i], other.id[i], other.ratio[i]) && agree
	}
	return agree
}

// concat keeps each part's own units; constants have some of their own.
func (s *scaler) concat(v *ir.Value) error {
	gauges := make([]gauge, len(v.Args))
	for i, a := range v.Args {
		if gauges[i] = s.gauges[a]; layers.RealConst(a) {
			gauges[i] = s.constant(a.Const())
		}
	}
	out, err := moveGauges(v, gauges)
	s.gauges[v] = out
	return err
}

// constant returns the gauge of a constant that stands beside computed values, or alone.
func (s *scaler) constant(c *ir.Tensor) gauge {
	return s.ask(&source{gauge: s.fresh(c.Type.Shape), least: finely(c.F), whole: wholes(c.F), free: true})
}

// moved is an op that moves elements, or leaves them where they are.
func (s *scaler) moved(v *ir.Value) error {
	if v.Op.Class() != ir.Move {
		s.gauges[v] = s.gauges[v.Args[0]]
		return nil
	}
	gauges := make([]gauge, len(v.Args))
	for i, a := range v.Args {
		gauges[i] = s.gauges[a]
	}
	out, err := moveGauges(v, gauges)
	s.gauges[v] = out
	return err
}

// padded: padding belongs to the classes along the padded axes.
func (s *scaler) padded(v *ir.Value) error {
	x := v.Args[0]
	g := s.flat(x, layers.PaddedAxes(v.Attrs.(ir.PadAttrs)))
	s.gauges[v] = g
	return nil
}

// flat makes the elements of a value along axes one class, so that the gauge has one entry
// along them; where their units have to differ, one that they are converted into.
func (s *scaler) flat(x *ir.Value, axes []int) gauge {
	g := s.gauges[x]
	g = g.stretch(gaugeShape(g, x))
	dims := g.shape.Dims()
	for _, a := range axes {
		dims[a] = 1
	}
	small := ir.ShapeOf(dims...)
	if small == g.shape {
		return g
	}
	firsts := make([]int, small.Size())
	for i := range firsts {
		firsts[i] = -1
	}
	index := ir.Index(small, g.shape)
	for i, j := range index {
		if firsts[j] < 0 {
			firsts[j] = i
		}
	}
	if !s.agree([]gauge{g}, nil, func() bool {
		agree := true
		for i, j := range index {
			k := firsts[j]
			agree = s.classes.unify(g.id[k], g.ratio[k], g.id[i], g.ratio[i]) && agree
		}
		return agree
	}) {
		g = s.converted(x, s.fresh(small).stretch(g.shape), g, nil)
	}
	return g.pick(small, firsts)
}

// pooled elements are in one unit.
func (s *scaler) pooled(v *ir.Value) error {
	x := v.Args[0]
	g := s.flat(x, layers.JoinedAxes(v))
	if red, ok := v.Attrs.(ir.ReduceAttrs); ok && !red.Keep {
		drop := map[int]bool{}
		for _, a := range red.Axes {
			drop[a] = true
		}
		var dims []int
		for i, d := range g.shape.Dims() {
			if !drop[i] {
				dims = append(dims, d)
			}
		}
		g.shape = ir.ShapeOf(dims...)
	}
	s.gauges[v] = g
	return nil
}

// product chooses by spikes the summands of the other side: integers, or real numbers that are in
// one unit along the summed axis.
func (s *scaler) product(v *ir.Value) error {
	for i, x := range v.Args {
		if other := v.Args[1-i]; !other.Type.IsSpike() {
			continue
		}
		if _, real := s.gauges[x]; real {
			s.gauges[v] = s.flat(x, []int{layers.SummedAxis(v, i)})
		} else if layers.RealConst(x) {
			return rewrite.Refuse(v, diag.NotExact, "multiplies spikes by a constant of shape %v; weights are one matrix for all that come in", x.Type.Shape)
		}
		return nil
	}
	a, b := v.Args[0], v.Args[1]
	return rewrite.Refuse(v, diag.NotExact, "multiplies %%%s, %v, by %%%s, %v; one of them must be spikes", a.Name, a.Type, b.Name, b.Type)
}

// mapped: max(x, 0) and |x| are in the units of x.
func (s *scaler) mapped(v *ir.Value) error {
	switch fn := v.Attrs.(ir.MapAttrs).Fn; fn {
	case ir.FnRelu, ir.FnAbs:
		return s.moved(v)
	case ir.FnExp:
		return rewrite.Refuse(v, diag.NotExact, "%v has no integer form", fn).
			WithHelp("a softmax or log-softmax is left out where nothing but outputs reads it, behind the sum or mean over time")
	case ir.FnSign:
		return rewrite.Refuse(v, diag.NotExact, "is -1, 0 or 1, and a spike has two values").
			WithHelp("write it as (h > 1).float(), or as where(h > 1, 1.0, -1.0)")
	default:
		return rewrite.Refuse(v, diag.NotExact, "%v has no integer form", fn).WithHelp("%s", insteadOf[fn])
	}
}

// intoNeurons are the functions that may stand before a neuron.
const intoNeurons = "a current may go through relu, abs or a clamp by constants instead"

// insteadOf has the help texts for people who mean a spike.
var insteadOf = map[ir.Fn]string{
	ir.FnSigmoid: "a spike is a comparison of the membrane itself: sigmoid(h) > 0.5 is h > 0; " + intoNeurons,
	ir.FnTanh:    "a spike is a comparison of the membrane itself: tanh(h) > 0 is h > 0; " + intoNeurons,
}
