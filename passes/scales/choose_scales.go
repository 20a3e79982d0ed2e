package scales

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/rounding"
	"nomul/passes/unsupported"
)

// tiniest bounds units: float64 has room for some operations beyond.
const tiniest = 1e-200

// ChooseScales notes on each real value the real number that one integer unit
// of it stands for, its unit: one for each element.
//
// Shared. The terms of a sum, the sides of a comparison, the entries of a pool, the
// operands that spikes choose from and the parts of a readout are in one unit (R6).
// Elements that have to agree are a class. A factor multiplies units, moving moves
// them, a membrane that is read is in its input's units, 2^-guard of them (as many
// bits as its leaks ask for, see silentGuard).
//
// Converted. Where units would have to agree in two ways, behind a factor that
// differs along the axis that is added up, the result has units of its own and its
// operands are brought into them by signed powers of two. Integers that are added
// to real values are, too. An output has one unit, so one that has several is
// converted before. So are values whose rows could agree, where neurons that fire or
// outputs read them and some row would be told much more coarsely for it (agree_scales.go).
//
// Chosen. Every class gets the coarsest unit in which it loses nothing that its
// readers would see:
//
//   - the numbers in the class are whole multiples of one unit (weights that are
//     integers already, means, counts): that unit, or where constants are added
//     that it does not divide, the fraction of it that the weights allow;
//   - weights: the unit in which the largest just fits its bits, of few bits that in which
//     rounding loses least, such that a threshold behind it is an exact integer (R3), s = θ·2^G / ⌊θ·2^G/s_max⌋, or
//     such that the unit of an output is a power of two (R8). Bounds of values and resets of neurons
//     are whole beside the threshold, where few parts of it suffice. Layers that are
//     added differ by powers of two, so that none is starved;
//   - a value without weights of its own: 2^-wantedBits of the unit that it was
//     converted from; of a row without weights, 2^-12 of its bias; an integer, 2^-7.
//     Weights it is added to are shifted for it.
//
// The error of each value that follows from its unit is stated in its own real units
// (ir.Bound) by the pass that rounds.
func ChooseScales(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	if d := unsupported.Strongest(n); d != nil {
		return nil, d
	}
	widths, err := rounding.Widths(n, o)
	if err != nil {
		return nil, err
	}
	few, err := rounding.Few(n, o, widths)
	if err != nil {
		return nil, err
	}
	s := &scaler{options: o, widths: widths, few: few, steps: n.Steps, readers: n.Readers(), gauges: map[*ir.Value]gauge{}, sizes: RealSizes(n)}
	for _, v := range n.Values {
		if err := s.visit(v); err != nil {
			return nil, err
		}
	}
	s.solve()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		scale, ok := s.scaleOf(v)
		if !ok {
			return nil, nil
		}
		for _, f := range scale.Data.F {
			if !(f > tiniest && f < 1/tiniest) {
				return nil, rewrite.Refuse(v, diag.NotExact, "has numbers near %.3g, too far from 1 for units of float64", f)
			}
		}
		out, err := r.Copy(v)
		if err == nil {
			out.Scale = scale
		}
		return out, err
	})
}

// scaler holds the classes of scales that must agree, and the bounds on them.
type scaler struct {
	options   *rewrite.Options
	widths    map[*ir.Value]int
	few       map[*ir.Value]*rounding.FewBits
	steps     int
	readers   map[*ir.Value][]*ir.Value
	classes   classes
	gauges    map[*ir.Value]gauge
	sizes     map[*ir.Value]RealSize
	sources   []*source
	constants []noted
	sinks     []*sink
	powers    []gauge     // outputs
	less      map[int]int // by class of a row, powers of two that its own shift is less than its layer's
	scale     []float64
	asked     []asked // of each class, beside its scale
}

// source is something that asks for a unit: an op whose result has a free scale
// per channel, an integer or a constant that is added, a value that is converted.
type source struct {
	gauge gauge
	// least is, per entry of the gauge, the least unit at which its weights fit; of a
	// free source, which has no weights, the largest that it may be told in. 0 is any.
	least []float64
	whole []float64         // per entry, the unit that its numbers are whole multiples of; 0 is none
	few   *rounding.FewBits // whose rows are the entries; nil for all but layers with weights of few bits
	free  bool
	from  *want // of a conversion: the operand, from whose units least follows
	read  bool  // it is to be fine beside the thresholds that read it, too
	shift int   // the free power of two, when it is added to finer sources
}

// noted is a constant in classes, of whose units it should be a multiple; it broadcasts
// with their gauge. One that is guarded is a neuron's, which has guard bits for it.
type noted struct {
	gauge   gauge
	numbers *ir.Tensor
	guarded bool
	bounds  bool // it is not added, but taken instead of a value
}

// want is a value that is converted, times a factor.
type want struct {
	gauge  gauge
	factor []float64 // per entry; nil is 1
	levels float64   // how many of its units its largest noted may be
}

// sink is a neuron that reads a real value: its limits are thresholds, and all its numbers are to be
// whole in units of 2^-guard of the value's, of which rounding loses so many in all steps. An error
// of the value in each step grows to so many of it.
type sink struct {
	value           *ir.Value
	gauge           gauge
	guard           int
	limits, numbers []*ir.Tensor
	lost, grows     float64
}

// neuronSink is the sink of a neuron that fires.
func (s *scaler) neuronSink(v *ir.Value, g gauge) *sink {
	k := &sink{value: v, gauge: g, limits: []*ir.Tensor{v.Args[ir.NeuronThreshold].Const()},
		lost: LostUnits(v, s.steps), grows: ResponseOf(v.Attrs.(ir.NeuronAttrs), s.steps, Impulses{Input: 1})}
	for _, slot := range WholeSlots {
		if c := v.Args[slot].Const(); c != nil {
			k.numbers = append(k.numbers, c)
		}
	}
	return k
}

func (s *scaler) visit(v *ir.Value) error {
	switch v.Op {
	case ir.OpNeuron:
		return s.neuron(v)
	case ir.OpCell:
		return s.cell(v)
	case ir.OpLevels:
		return s.levels(v)
	case ir.OpMatmul:
		return s.product(v)
	case ir.OpArgmax:
		return rewrite.Refuse(v, diag.NotExact, "takes the index of the greatest, which has no integer form").
			WithHelp("export what it is taken of, the scores: a program reads the greatest off them, and eval does")
	}
	if !v.Type.IsReal() && v.Op != ir.OpOutput || v.Op == ir.OpConst {
		return nil
	}
	rule := scaleRules[v.Op]
	if rule == nil {
		d := rewrite.Refuse(v, diag.NotExact, NotOfIntegers)
		if v.Op == ir.OpDelay {
			d = s.kept(v)
		}
		if help := scaleHelp[v.Op]; help != nil {
			d.Help = help(v)
		}
		return d
	}
	return rule(s, v)
}

// Scales reports whether there is a rule for the units of an op's result, where it is real.
func Scales(op ir.Op) bool {
	return op == ir.OpNeuron || op == ir.OpCell || op == ir.OpLevels || op == ir.OpMatmul || scaleRules[op] != nil
}

// NotOfIntegers is why an op has no rule.
const NotOfIntegers = "gives real numbers that depend on what comes in, and sums and shifts of integers cannot compute them"

// scaleHelp has the help texts of ops without a rule, where there is a remedy.
var scaleHelp = map[ir.Op]func(*ir.Value) string{ir.OpSoftmax: softmaxHelp}

func softmaxHelp(v *ir.Value) string {
	if v.Clock == ir.Step {
		return "it is taken in every step; added up over time, softmaxes need not have the order of what they are taken of, so it cannot be left out: take it behind the sum or mean over time"
	}
	return "only a softmax at the end, which nothing but outputs reads, is left out; in the middle it divides by a sum that every input has anew: " +
		"train with relu or sigmoid in its place, and attention without it, as products of spikes"
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
	w, ok := layers.AsWeighted(v)
	if !ok {
		return rewrite.Refuse(v, diag.NotExact, "its weights or bias are not constants")
	}
	if x := v.Args[0]; x.Type.IsReal() {
		return rewrite.Refuse(v, diag.NotExact, "its operand %%%s is a sum of weights, not spikes or words", x.Name).
			WithHelp("%s", betweenLayers(x))
	}
	least, whole := w.RowMax(), make([]float64, w.Outputs())
	limit, few := float64(rounding.LimitOf(s.widths[v])), s.few[v]
	for i := range least {
		whole[i] = commonUnit(w.Weights.F[i*w.Row():][:w.Row()], limit)
		least[i] /= limit
	}
	if few != nil {
		least = few.Finest()
	}
	g := s.fresh(w.PerOutput(least).Type.Shape)
	s.gauges[v] = s.ask(&source{gauge: g, least: least, whole: whole, few: few})
	if bias := w.Bias(); bias != nil {
		s.added(v, bias)
	}
	return nil
}

// ask adds a source, and gives its gauge.
func (s *scaler) ask(src *source) gauge {
	if !src.free {
		src.gauge.source = len(s.sources)
	}
	s.sources = append(s.sources, src)
	return src.gauge
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

// output wants one unit.
func (s *scaler) output(v *ir.Value) error {
	a := v.Args[0]
	g, ok := s.gauges[a]
	if layers.RealConst(a) {
		g, ok = s.constant(a.Const()), true
	}
	if !ok {
		return nil
	}
	if !s.agree([]gauge{g}, s.weightsIn(s.classes.of([]gauge{g})), func() bool {
		s.powers = append(s.powers, g)
		return s.classes.unifyAll(g)
	}) {
		g = s.one(v.Args[0], g)
		s.powers = append(s.powers, g)
	}
	s.gauges[v] = g
	return nil
}

// levels wants distances between thresholds that are integers.
func (s *scaler) levels(v *ir.Value) error {
	if v.Args[1].Const() == nil || v.Args[2].Const() == nil {
		return rewrite.Refuse(v, diag.NotExact, "its thresholds are not constants")
	}
	if g, ok := s.gauges[v.Args[0]]; ok {
		step := []*ir.Tensor{v.Args[2].Const()}
		s.sinks = append(s.sinks, &sink{value: v, gauge: g, limits: step, numbers: step, grows: 1})
	}
	return nil
}

// one is a single unit that the elements of a gauge are converted into.
func (s *scaler) one(v *ir.Value, from gauge) gauge {
	to := s.fresh(layers.Ones(from.shape.Rank()))
	return s.converted(v, to.stretch(from.shape), from, nil).pick(to.shape, []int{0})
}

// neuron wants thresholds that are integers. A silent one passes on its
// membrane, in finer units.
func (s *scaler) neuron(v *ir.Value) error {
	x := v.Args[ir.NeuronX]
	g, ok := s.gauges[x]
	attrs := v.Attrs.(ir.NeuronAttrs)
	switch {
	case !ok && attrs.Silent:
		g = s.integers(v.Type.Shape)
	case !ok:
		return nil
	}
	if attrs.Fires() {
		s.sinks = append(s.sinks, s.neuronSink(v, g))
	}
	for slot := ir.NeuronThreshold; slot < ir.NeuronLeak; slot++ {
		if c := v.Args[slot].Const(); c != nil {
			s.note(g.stretch(gaugeShape(g, x)), c, true)
		}
	}
	if !attrs.Silent {
		return nil
	}
	s.gauges[v] = g.finer(SilentGuard(v, s.sizes, s.steps))
	return nil
}

// scaleOf is the scale of a real value, when all is solved.
func (s *scaler) scaleOf(v *ir.Value) (*ir.Scale, bool) {
	g, ok := s.gauges[v]
	if !ok {
		return nil, false
	}
	f := s.units(g)
	if !slices.ContainsFunc(f, func(unit float64) bool { return !Equal(unit, f[0]) }) {
		return ir.UniformScale(f[0]), true
	}
	return &ir.Scale{Name: v.Name + ".scale", Data: ir.Reals(g.shape, f)}, true
}

// The precision of a value that is brought into other units, beside its readers: the
// threshold of a neuron, the range of a result. One conversion should be within
// 2^-preciseBits of that; all together are refused beyond 2^-coarsestBits.
const (
	PreciseBits  = 8
	CoarsestBits = 4
)
