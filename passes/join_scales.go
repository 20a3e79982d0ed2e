package passes

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// join brings real values into one unit. Constants and integers are brought
// into it when they are rounded.
func (s *scaler) join(v *ir.Value) error {
	var first *gauge
	met := 0
	for _, a := range v.Args {
		sp, ok := s.gauges[a]
		if !ok {
			continue
		}
		met++
		full := sp.stretch(gaugeShape(sp, v))
		if first == nil {
			first = &full
			continue
		}
		s.meet(first, full)
	}
	if first == nil {
		return refuse(v, diag.NotExact, "combines integers and real constants, and no rule gives that an integer scale")
	}
	if met > 1 {
		first.source = -1
	}
	s.gauges[v] = first.squeeze()
	return nil
}

// gaugeShape is a gauge's shape with as many axes as a value.
func gaugeShape(s gauge, v *ir.Value) ir.Shape {
	shape, _ := ir.Broadcast(s.shape, ones(v.Type.Shape.Rank()))
	return shape
}

// meet unifies two gauges, and widens the first to the shape of both.
func (s *scaler) meet(a *gauge, b gauge) {
	shape, _ := ir.Broadcast(a.shape, b.shape)
	*a = a.stretch(shape)
	other := b.stretch(shape)
	for i := range a.id {
		s.classes.unify(a.id[i], a.ratio[i], other.id[i], other.ratio[i])
	}
}

// concat keeps each part's own units; integers among them are a unit of their own.
func (s *scaler) concat(v *ir.Value) error {
	for _, a := range v.Args {
		if _, ok := s.gauges[a]; !ok {
			return refuse(v, diag.NotExact, "joins integers and sums of weights")
		}
	}
	return s.moved(v)
}

// inPlace are the ops whose result has each element where the operand has it.
var inPlace = map[ir.Op]bool{ir.OpNeg: true, ir.OpMap: true, ir.OpSum: true, ir.OpLast: true, ir.OpMaxTime: true}

// moved is an op that moves elements, or leaves them where they are.
func (s *scaler) moved(v *ir.Value) error {
	if inPlace[v.Op] {
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
	sp := s.flat(s.gauges[x], x.Type.Shape, paddedAxes(v.Attrs.(ir.PadAttrs)))
	s.gauges[v] = sp
	return nil
}

// flat makes the elements along axes one class, so that the gauge has one entry along them.
func (s *scaler) flat(sp gauge, full ir.Shape, axes []int) gauge {
	sp = sp.stretch(gaugeShapeOf(sp, full.Rank()))
	dims := sp.shape.Dims()
	for _, a := range axes {
		dims[a] = 1
	}
	small := ir.ShapeOf(dims...)
	if small == sp.shape {
		return sp
	}
	firsts := make([]int, small.Size())
	for i := range firsts {
		firsts[i] = -1
	}
	for i, j := range ir.Index(small, sp.shape) {
		if firsts[j] < 0 {
			firsts[j] = i
		}
		k := firsts[j]
		s.classes.unify(sp.id[k], sp.ratio[k], sp.id[i], sp.ratio[i])
	}
	return sp.pick(small, firsts)
}

func gaugeShapeOf(s gauge, rank int) ir.Shape {
	shape, _ := ir.Broadcast(s.shape, ones(rank))
	return shape
}

// pooled elements are in one unit.
func (s *scaler) pooled(v *ir.Value) error {
	x := v.Args[0]
	sp := s.flat(s.gauges[x], x.Type.Shape, joinedAxes(v))
	if red, ok := v.Attrs.(ir.ReduceAttrs); ok && !red.Keep {
		drop := map[int]bool{}
		for _, a := range red.Axes {
			drop[a] = true
		}
		var dims []int
		for i, d := range sp.shape.Dims() {
			if !drop[i] {
				dims = append(dims, d)
			}
		}
		sp.shape = ir.ShapeOf(dims...)
	}
	s.gauges[v] = sp
	return nil
}

// product chooses by spikes what is added of the other side: integers, or real
// numbers that are in one unit along what is summed.
func (s *scaler) product(v *ir.Value) error {
	for i, x := range v.Args {
		if other := v.Args[1-i]; !other.Type.IsSpike() {
			continue
		}
		if sp, real := s.gauges[x]; real {
			s.gauges[v] = s.flat(sp, x.Type.Shape, []int{summedAxis(v, i)})
		}
		return nil
	}
	a, b := v.Args[0], v.Args[1]
	return refuse(v, diag.NotExact, "multiplies %%%s, %v, by %%%s, %v; one of them must be spikes", a.Name, a.Type, b.Name, b.Type)
}

// mapped: max(x, 0) and |x| are in the units of x.
func (s *scaler) mapped(v *ir.Value) error {
	switch fn := v.Attrs.(ir.MapAttrs).Fn; fn {
	case ir.FnRelu, ir.FnAbs:
		return s.moved(v)
	case ir.FnExp:
		return refuse(v, diag.NotExact, "%v has no integer form", fn).
			WithHelp("a softmax or log-softmax is left out where nothing but outputs reads it, behind the sum or mean over time")
	default:
		return refuse(v, diag.NotExact, "%v has no integer form", fn)
	}
}
