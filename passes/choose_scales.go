package passes

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// runChooseScales notes on each real value the real number that one integer
// unit of it stands for.
//
// A weighted layer has one free scale per output channel, shared by all that
// the channel's elements meet: what is added or compared with them, pooled with
// them, or read out with them (R6, one scale per connected class). Behind such a
// class stand thresholds, and its scale is taken such that they are exact
// integers (R3): s = θ·2^G / ⌊θ·2^G/s_max⌋, where s_max is the scale at which the
// largest weight just fits and G are the guard bits. Layers that are added to
// one another differ by powers of two, so that none is starved. Before an
// output (R8) the scale is one power of two for all.
func runChooseScales(n *ir.Net, o *Options) (*ir.Net, error) {
	s := &scaler{options: o, steps: n.Steps, readers: n.Readers(), gauges: map[*ir.Value]gauge{}}
	for _, v := range n.Values {
		if err := s.visit(v); err != nil {
			return nil, err
		}
	}
	if err := s.solve(); err != nil {
		return nil, err
	}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		scale, ok := s.scaleOf(v)
		if !ok || v.Op == ir.OpOutput {
			return nil, nil
		}
		out, err := r.Copy(v)
		if err == nil {
			out.Scale = scale
		}
		return out, err
	})
}

// scaler gathers which scales have to agree and what is wanted of them.
type scaler struct {
	options *Options
	steps   int
	readers map[*ir.Value][]*ir.Value
	classes classes
	gauges  map[*ir.Value]gauge
	sources []*source
	sinks   []*sink
	powers  []gauge // outputs
	scale   []float64
}

// source is an op whose result has a free scale per channel.
type source struct {
	value *ir.Value
	gauge gauge
	least []float64 // per entry of the gauge: the least scale at which its weights fit
	exact bool      // an integer times powers of two: least is the greatest scale at which it is exact
	shift int       // the free power of two, when it is added to finer sources
}

// sink is a neuron that reads a real value.
type sink struct {
	value *ir.Value
	gauge gauge
	guard int
}

func (s *scaler) visit(v *ir.Value) error {
	switch v.Op {
	case ir.OpNeuron:
		return s.neuron(v)
	case ir.OpMatmul:
		return s.product(v)
	case ir.OpArgmax:
		return refuse(v, diag.NotExact, "takes the index of the greatest, which has no integer form").
			WithHelp("export what it is taken of, the scores: a program reads the greatest off them, and eval does")
	}
	if !v.Type.IsReal() && v.Op != ir.OpOutput || v.Op == ir.OpConst {
		return nil
	}
	rule := scaleRules[v.Op]
	if rule == nil {
		d := refuse(v, diag.NotExact, "no rule gives its result an integer scale")
		if help := scaleHelp[v.Op]; help != nil {
			d.Help = help(v)
		}
		return d
	}
	return rule(s, v)
}

// scaleHelp says what to do about ops that have no rule, where something can be done.
var scaleHelp = map[ir.Op]func(*ir.Value) string{ir.OpSoftmax: softmaxHelp}

func softmaxHelp(v *ir.Value) string {
	if v.Clock == ir.Step {
		return "it is taken in every step; added up over time, softmaxes need not have the order of what they are taken of, so it cannot be left out: take it behind the sum or mean over time"
	}
	return "only a softmax at the end, which nothing but outputs reads, is left out"
}

// scaleRules say how the units of an op's real result come from its operands'.
var scaleRules = map[ir.Op]func(*scaler, *ir.Value) error{
	ir.OpLinear:    (*scaler).weighted,
	ir.OpConv:      (*scaler).weighted,
	ir.OpMul:       (*scaler).factor,
	ir.OpDiv:       (*scaler).factor,
	ir.OpAdd:       (*scaler).join,
	ir.OpSub:       (*scaler).join,
	ir.OpMin:       (*scaler).join,
	ir.OpMax:       (*scaler).join,
	ir.OpWhere:     (*scaler).join,
	ir.OpNeg:       (*scaler).moved,
	ir.OpMap:       (*scaler).mapped,
	ir.OpReshape:   (*scaler).moved,
	ir.OpTranspose: (*scaler).moved,
	ir.OpConcat:    (*scaler).concat,
	ir.OpSlice:     (*scaler).moved,
	ir.OpBroadcast: (*scaler).moved,
	ir.OpPad:       (*scaler).padded,
	ir.OpReduceSum: (*scaler).pooled,
	ir.OpReduceMax: (*scaler).pooled,
	ir.OpReduceMin: (*scaler).pooled,
	ir.OpMaxPool:   (*scaler).pooled,
	ir.OpSumPool:   (*scaler).pooled,
	ir.OpSum:       (*scaler).moved,
	ir.OpLast:      (*scaler).moved,
	ir.OpMaxTime:   (*scaler).moved,
	ir.OpOutput:    (*scaler).output,
}

// weighted is a new source: one class per output channel.
func (s *scaler) weighted(v *ir.Value) error {
	w, ok := asWeighted(v)
	if !ok {
		return refuse(v, diag.NotExact, "its weights or bias are not constants")
	}
	if x := v.Args[0]; x.Type.IsReal() {
		return refuse(v, diag.NotExact, "its operand %%%s is a sum of weights, not spikes or words", x.Name).
			WithHelp("%s", betweenLayers(x))
	}
	least := w.rowMax()
	for i := range least {
		least[i] /= float64(s.options.weightLimit(v))
	}
	sp := s.fresh(w.perOutput(least).Type.Shape)
	sp.source = len(s.sources)
	s.sources = append(s.sources, &source{value: v, gauge: sp, least: least})
	s.gauges[v] = sp
	return nil
}

// fresh is a gauge of new classes.
func (s *scaler) fresh(shape ir.Shape) gauge {
	out := gauge{shape: shape, id: make([]int, shape.Size()), ratio: make([]float64, shape.Size()), source: -1}
	first := s.classes.add(shape.Size())
	for i := range out.id {
		out.id[i], out.ratio[i] = first+i, 1
	}
	return out
}

// factor is x times a constant. Of an integer it is a source with the constant
// as weight. Otherwise the units are multiplied, if that gives every class one
// unit or only neurons read the result; else they are free, and signed powers
// of two convert.
func (s *scaler) factor(v *ir.Value) error {
	x, c := factorOf(v)
	if c == nil {
		return refuse(v, diag.NotExact, "multiplies or divides two computed values")
	}
	if v.Op == ir.OpDiv {
		c = divide(constant(1, c.Type.Shape), c)
	}
	xs, ok := s.gauges[x]
	switch {
	case !ok:
		s.integerTimes(v, c)
	case s.consistent(xs, c) || s.onlyNeuronsRead(v):
		s.gauges[v] = xs.scaled(c).squeeze()
	default:
		shape, _ := ir.Broadcast(xs.shape, c.Type.Shape)
		s.gauges[v] = s.fresh(shape)
	}
	return nil
}

// conversionLimit is how finely a factor of integers is told: 12 bits.
const conversionLimit = 1 << 12

// integerTimes is a source: an integer times constants. Powers of two are exact in
// units of the smallest of them.
func (s *scaler) integerTimes(v *ir.Value, c *ir.Tensor) {
	least := make([]float64, len(c.F))
	exact := everywhere(c, func(f float64) bool { frac, _ := math.Frexp(math.Abs(f)); return f == 0 || frac == 0.5 })
	smallest, largest := magnitudes(c)
	for i, f := range c.F {
		switch least[i] = math.Abs(f); {
		case f == 0:
		case exact && largest <= smallest*conversionLimit:
			least[i] = smallest
		case !exact:
			least[i] /= conversionLimit
		}
	}
	sp := s.fresh(c.Type.Shape)
	sp.source = len(s.sources)
	s.sources = append(s.sources, &source{value: v, gauge: sp, least: least, exact: exact})
	s.gauges[v] = sp
}

// magnitudes are the smallest that is not 0 and the largest.
func magnitudes(c *ir.Tensor) (smallest, largest float64) {
	for _, f := range c.F {
		f = math.Abs(f)
		if largest = max(largest, f); f != 0 && (smallest == 0 || f < smallest) {
			smallest = f
		}
	}
	return smallest, largest
}

// consistent tells whether a factor multiplies each class by one number.
func (s *scaler) consistent(x gauge, c *ir.Tensor) bool {
	shape, _ := ir.Broadcast(x.shape, c.Type.Shape)
	full, of := x.stretch(shape), map[int]float64{}
	for i, f := range stretched(c, shape) {
		if old, ok := of[full.id[i]]; f == 0 || ok && old != math.Abs(f) {
			return false
		}
		of[full.id[i]] = math.Abs(f)
	}
	return true
}

// onlyNeuronsRead tells whether a value ends in neurons, at most moved on the way.
func (s *scaler) onlyNeuronsRead(v *ir.Value) bool {
	for _, r := range s.readers[v] {
		switch r.Op {
		case ir.OpNeuron:
		case ir.OpReshape, ir.OpTranspose, ir.OpSlice, ir.OpConcat, ir.OpNeg:
			if !s.onlyNeuronsRead(r) {
				return false
			}
		case ir.OpAdd, ir.OpSub:
			if !realConst(r.Args[0]) && !realConst(r.Args[1]) || !s.onlyNeuronsRead(r) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// output wants one power of two.
func (s *scaler) output(v *ir.Value) error {
	if sp, ok := s.gauges[v.Args[0]]; ok {
		s.classes.unifyAll(sp)
		s.powers = append(s.powers, sp)
	}
	return nil
}

// neuron wants thresholds that are integers. A silent one passes on its
// membrane, in finer units.
func (s *scaler) neuron(v *ir.Value) error {
	x := v.Args[ir.NeuronX]
	sp, ok := s.gauges[x]
	attrs := v.Attrs.(ir.NeuronAttrs)
	switch {
	case !ok && attrs.Silent:
		return refuse(v, diag.NotExact, "reads the integers %%%s without weights", x.Name)
	case !ok:
		return nil
	case !attrs.Silent:
		s.sinks = append(s.sinks, &sink{value: v, gauge: sp})
		return nil
	}
	fine := math.Ldexp(1, -silentGuard(attrs))
	out := sp.pick(sp.shape, upTo(len(sp.id)))
	for i := range out.ratio {
		out.ratio[i] *= fine
	}
	s.gauges[v] = out
	return nil
}

// scaleOf is the scale of a real value, when all is solved.
func (s *scaler) scaleOf(v *ir.Value) (*ir.Scale, bool) {
	sp, ok := s.gauges[v]
	if !ok {
		return nil, false
	}
	f := s.units(sp)
	if u, same := ir.Reals(sp.shape, f).Uniform(); same {
		return ir.UniformScale(u), true
	}
	return &ir.Scale{Name: v.Name + ".scale", Data: ir.Reals(sp.shape, f)}, true
}
