package raise

import (
	"cmp"
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// RaiseNeurons makes each threshold unit of a net of one step a neuron: its
// membrane, written over the unit's own past (membrane_form.go), is matched with
// the neuron's equation (classify_neuron.go). A layer that the equation does not have is a
// cell, by its program (package cells). Spikes stay spikes from here on: the casts to real numbers
// behind them are dropped. The values are put in an order that does not depend on the file they came
// from. Comparisons of a net that only choose between functions of one number stay. Where a file keeps what a layer makes
// of its own spikes together, its delays move first (cells.Retimed).
func RaiseNeurons(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	if len(canonical.Comparisons(n)) > 0 && canonical.OnlyChoices(n) {
		return withoutNeurons(n)
	}
	out, err := asLayers(n)
	if err != nil && !diag.IsDiagnostic(err) || err == nil && NumbersKept(out) == 0 {
		return out, err
	}
	return retimed(n, out, err)
}

// ByEquation is a net of one step with its threshold units as neurons by the equation; cells stay.
func ByEquation(n *ir.Net) (*ir.Net, error) { return byEquation(n, nil) }

// byEquation is ByEquation with modules, by the names of the spikes that they make, where these are known.
func byEquation(n *ir.Net, modules map[string]string) (*ir.Net, error) {
	if errs := unsupported.WholeSpikes(n); len(errs) > 0 {
		return nil, errs.Err()
	}
	n, periods, err := withoutRests(n)
	growths, gated := map[string]*growth{}, map[string]bool{}
	if err == nil {
		n, gated, err = withoutGates(n)
	}
	if err == nil {
		n, growths, err = withoutGrowths(n)
	}
	if err == nil {
		n, err = canonical.KeepsSpikes(n, 1)
	}
	if err == nil {
		n, err = deeply(n)
	}
	if err == nil {
		n, err = turnedResets(n)
	}
	if err == nil {
		n, err = canonical.FiresLate(n)
	}
	if err == nil {
		n, err = beforeReset(n)
	}
	if err != nil {
		return nil, err
	}
	s := &raising{latched: n.Latched(), neurons: map[*ir.Value]*neuronForm{}, shown: map[*ir.Value]*visible{}, names: map[*ir.Value]string{}, periods: periods, growths: growths, gated: gated, modules: modules}
	return s.raise(n)
}

func (s *raising) raise(n *ir.Net) (*ir.Net, error) {
	if err := s.classify(n); err != nil {
		return nil, err
	}
	s.delays = s.delaysOfSpikes(n)
	out, err := ir.Rebuild(n, ir.Spiking, s.rewrite)
	if err != nil {
		return nil, err
	}
	if err := leftovers(out); err != nil {
		return nil, err
	}
	if out, err = raiseSilent(out); err != nil {
		return nil, err
	}
	if out, err = eitherSpikes(out); err != nil {
		return nil, err
	}
	return inReadingOrder(out), nil
}

// raising is a net whose neurons are known.
type raising struct {
	latched map[*ir.Value]*ir.Value
	units   []*unit
	neurons map[*ir.Value]*neuronForm // by the comparison that fires
	shown   map[*ir.Value]*visible    // by the membrane that is set to a value
	names   map[*ir.Value]string      // of the neurons
	delays  map[*ir.Value]bool        // those of spikes
	periods map[string]period         // by the name of the comparison
	growths map[string]*growth
	gated   map[string]bool // by the spikes of the step before
	modules map[string]string
}

func (s *raising) classify(n *ir.Net) error {
	var errs diag.List
	again, place := s.again(n), map[*ir.Value]int{}
	for i, v := range n.Values {
		place[v] = i
	}
	for _, v := range n.Values {
		if form := atEnd(v); form != nil {
			s.neurons[v], s.names[v] = form, fmt.Sprintf("if%d", len(s.neurons)+1)
		}
		if canonical.MembraneOf(v) == nil || again[v] || v.Clock == ir.End {
			continue
		}
		u, d := newUnit(v, s.latched)
		var form *neuronForm
		if d == nil {
			u.gated, u.steps, u.earlier = s.gated[v.Name], n.Steps, func(x *ir.Value) bool { return place[x] < place[v] }
			form, d = u.classify()
		}
		if p, ok := s.periods[v.Name]; d == nil && (ok || form.attrs.Refractory.Kind != 0) {
			if !ok {
				p.Refractory = form.attrs.Refractory
			}
			d = form.rest(u, p)
		}
		if g := s.growths[v.Name]; g != nil && d == nil {
			d = form.grow(u, g)
		}
		if d != nil {
			errs = append(errs, d)
			continue
		}
		s.units = append(s.units, u)
		s.neurons[v] = form
		s.show(n, u, form)
		s.names[v] = fmt.Sprintf("%s%d", form.kind(), len(s.neurons))
	}
	s.nameAfterModules(n)
	if len(errs) == 0 {
		errs = s.lost()
	}
	return errs.Err()
}

// again are the comparisons that only look at a unit's stored membrane once more,
// or are a second copy of the comparison of the step before.
func (s *raising) again(n *ir.Net) map[*ir.Value]bool {
	out, fires := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, v := range n.Values {
		fires[canonical.Held(v, s.latched).Membrane] = true
	}
	for _, v := range n.Values {
		m := canonical.Held(v, s.latched).Membrane
		if m == nil {
			continue
		}
		if m.Op == ir.OpDelay && fires[s.latched[m]] {
			out[v] = true
		}
		if u, d := newUnit(v, s.latched); d == nil {
			if again := u.rereads(); again != nil {
				out[again] = true
			}
		}
	}
	return out
}

// kind is how people call a neuron: with a leak, or without.
func (f *neuronForm) kind() string {
	if f.attrs.Leak.Kind == ir.LeakNone {
		return "if"
	}
	return "lif"
}

// nameAfterModules names a neuron by the module that made its spike, where the
// file's names tell: the first cast of the comparison, or the comparison.
func (s *raising) nameAfterModules(n *ir.Net) {
	named := map[*ir.Value]bool{}
	for _, v := range n.Values {
		fire := s.spike(v)
		if s.neurons[fire] == nil || named[fire] || moduleOf(v) == "" {
			continue
		}
		named[fire] = true
		s.names[fire] = moduleOf(v)
	}
	for fire := range s.neurons {
		s.names[fire] = cmp.Or(s.modules[fire.Name], s.names[fire])
	}
}

// spike is the comparison behind casts of its result, nil when v is none.
func (s *raising) spike(v *ir.Value) *ir.Value {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	if s.neurons[v] == nil {
		return nil
	}
	return v
}

// rewrite makes the replacement of a value at the spiking level.
func (s *raising) rewrite(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	switch {
	case s.neurons[v] != nil && v.Clock == ir.End:
		return s.lastSpikes(r, v)
	case s.neurons[v] != nil:
		return s.neuron(r, v)
	case s.shown[v] != nil:
		return s.shown[v].membrane(r, v, s.names[s.shown[v].fire])
	case v.Op == ir.OpCast && dropped(v.Type, r.Of(v.Args[0]).Type):
		return r.Of(v.Args[0]), nil
	case v.Op == ir.OpDelay && s.delays[v]:
		return spikeDelay(r, v)
	case v.Op == ir.OpLatch && r.Of(v.Args[0]).Type.IsSpike():
		return nil, nil
	case v.Op == ir.OpMul:
		return spikeProduct(r, v)
	case v.Op == ir.OpConcat && s.delayed(v):
		return spikeConcat(r, v)
	case v.Op == ir.OpConcat, v.Op == ir.OpWhere, v.Op == ir.OpLatch:
		return alike(r, v)
	case v.Op == ir.OpOutput && v.Clock != ir.Step && r.Of(v.Args[0]).Clock == ir.Step:
		return lastOf(r, v)
	}
	return nil, nil
}

// lastOf returns the output with the last value of its operand, which is computed in
// every step now, though the file computes it once: all steps have the same.
func lastOf(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	last, err := r.Add(ir.OpLast, r.Unique(v.Name+".last"), nil, r.Of(v.Args[0]))
	if err != nil {
		return nil, err
	}
	return r.CopyWith(v, v.Attrs, last)
}

// spikeProduct makes the product of two spikes their and, and that of a spike and
// 1 − another the first without the second.
func spikeProduct(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	for i, a := range v.Args {
		x, y := r.Of(a), r.Of(v.Args[1-i])
		if !x.Type.IsSpike() {
			continue
		}
		if y.Type.IsSpike() {
			return r.Add(ir.OpAnd, r.Unique(v.Name), nil, r.Of(v.Args[0]), r.Of(v.Args[1]))
		}
		if not := v.Args[1-i]; not.Op == ir.OpSub && canonical.Every(not.Args[0], 1) && r.Of(not.Args[1]).Type.IsSpike() {
			return r.Add(ir.OpAndNot, r.Unique(v.Name), nil, x, r.Of(not.Args[1]))
		}
	}
	return nil, nil
}

// sameElements reports whether all values became spikes, or integers of one type.
func sameElements(r *ir.Rebuilder, args []*ir.Value) bool {
	first := r.Of(args[0]).Type
	return !slices.ContainsFunc(args, func(a *ir.Value) bool { return r.Of(a).Type.WithShape(ir.Shape{}) != first.WithShape(ir.Shape{}) })
}

// alike copies an op that takes no mix of spikes and real numbers: where one of
// its operands became spikes and it was an op on reals, they are made real again.
func alike(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if !v.Type.IsReal() || v.Op == ir.OpConcat && sameElements(r, v.Args) {
		return nil, nil
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = r.Of(a)
		if !a.Type.IsReal() {
			continue
		}
		var err error
		if args[i], err = asReal(r, args[i]); err != nil {
			return nil, err
		}
	}
	return r.CopyWith(v, v.Attrs, args...)
}

// asReal makes real numbers of spikes or integers.
func asReal(r *ir.Rebuilder, x *ir.Value) (*ir.Value, error) {
	if x.Type.IsReal() {
		return x, nil
	}
	one, err := r.Const(r.Unique(x.Name+".one"), rewrite.Scalar(1))
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpMul, r.Unique(x.Name+".real"), nil, x, one)
}

// neuron makes the neuron with its constants beside it.
func (s *raising) neuron(r *ir.Rebuilder, fire *ir.Value) (*ir.Value, error) {
	return s.neurons[fire].make(r, s.names[fire], fire.Type.Shape)
}

// make appends the neuron.
func (f *neuronForm) make(r *ir.Rebuilder, name string, shape ir.Shape) (*ir.Value, error) {
	x, err := inputSum(r, name, f.inputs, shape)
	if err != nil {
		return nil, err
	}
	var past *ir.Value
	if f.held != nil {
		if x, past, err = f.hold(r, name, x, shape); err != nil {
			return nil, err
		}
	}
	args := []*ir.Value{x}
	for i, data := range []*ir.Tensor{f.threshold, f.bias, f.reset, f.init, f.jump, f.leak, f.gain, f.current, f.adapt} {
		if data == nil {
			args = append(args, nil)
			continue
		}
		c, err := r.Const(r.Unique(name+"."+ir.OpNeuron.Operands()[i+1].Name), data)
		if err != nil {
			return nil, err
		}
		args = append(args, c)
	}
	out, err := r.Add(ir.OpNeuron, r.Unique(name), f.attrs, args...)
	if err == nil && past != nil {
		_, err = r.Add(ir.OpLatch, r.Unique(name+".latch"), nil, past, out)
	}
	return out, err
}

// hold returns the input that a spike of the step before holds at a value, and the
// delay of those spikes.
func (f *neuronForm) hold(r *ir.Rebuilder, name string, x *ir.Value, shape ir.Shape) (held, past *ir.Value, err error) {
	init, err := r.Const(r.Unique(name+".first"), ir.NewTensor(ir.SpikeType(shape)))
	if err == nil {
		past, err = r.Add(ir.OpDelay, r.Unique(name+".past"), nil, init)
	}
	if err != nil {
		return nil, nil, err
	}
	to := f.held
	if f.gain != nil {
		to = canonical.Ratio(to, f.gain)
	}
	at, err := r.Const(r.Unique(name+".held"), to)
	if err != nil {
		return nil, nil, err
	}
	if x, err = asReal(r, x); err != nil {
		return nil, nil, err
	}
	held, err = r.Add(ir.OpWhere, r.Unique(name+".input"), nil, past, at, x)
	return held, past, err
}

// inputSum adds up a neuron's inputs, each times its gain.
func inputSum(r *ir.Rebuilder, name string, inputs []gained, shape ir.Shape) (*ir.Value, error) {
	var sum *ir.Value
	for _, in := range inputs {
		x := r.Of(in.x)
		var err error
		if in.gain != nil {
			if x, err = WithConst(r, ir.OpMul, name+".part", x, in.gain); err != nil {
				return nil, err
			}
		}
		if sum == nil {
			sum = x
			continue
		}
		if sum, err = r.Add(ir.OpAdd, r.Unique(name+".input"), nil, sum, x); err != nil {
			return nil, err
		}
	}
	if sum.Type.Shape == shape {
		return sum, nil
	}
	return WithConst(r, ir.OpAdd, name+".input", sum, ir.NewTensor(ir.RealType(shape))) // stretches it
}

// WithConst appends an op on x and a constant.
func WithConst(r *ir.Rebuilder, op ir.Op, name string, x *ir.Value, data *ir.Tensor) (*ir.Value, error) {
	c, err := r.Const(r.Unique(name+".by"), data)
	if err != nil {
		return nil, err
	}
	return r.Add(op, r.Unique(name), nil, x, c)
}
