package passes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// Binding says that a state goes into one time step as an input and comes out as an output.
type Binding struct{ In, Out string }

func (b Binding) String() string { return b.In + "=" + b.Out }

// runBindState makes a file of one time step, whose state goes in and comes out,
// the body of a loop: a state input becomes a delay that begins at zero, its
// output the latch that closes it, and what is left of the outputs is read out
// over the steps. Which input belongs to which output is said by the user, or
// found where names or shapes leave no choice. A network that runs one step only
// needs none.
func runBindState(n *ir.Net, o *Options) (*ir.Net, error) {
	switch {
	case looped(n) && o.Steps > 0:
		return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "time steps asked for: %d; but the network has its loop of %d already", o.Steps, n.Steps)
	case looped(n):
		return n, nil
	}
	states, err := stateOf(n, o)
	switch {
	case err != nil:
		return nil, err
	case len(states) == 0 && o.Steps == 0:
		return n, nil
	case len(states) == 0 && (o.Steps > 1 || writtenOut(n)):
		return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "time steps asked for: %d; but no input is the state that an output gives to the next step", o.Steps).
			WithHelp("a file with its steps written out needs no --steps; one step must have its state as inputs and outputs: --state IN=OUT")
	case len(states) > 0 && severalSteps(n, states):
		return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "the time steps are written out, and the state %s that they begin with is an input; every sample must begin with the same constants", listed(states)).
			WithHelp("say what it begins with, --bind %s=FILE, or export the network so that it makes its own state", states[0].in.Name)
	case o.Steps == 0:
		return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "this is one time step, with the state %s; how many steps the network runs is not said", listed(states)).
			WithHelp("say --steps T, and --readout sum, mean, last, max or first")
	}
	warnUnread(n, states, o)
	head := n.Head()
	head.Steps = o.Steps
	b := &binder{o: o, c: newRewriter(head)}
	return b.bind(n, states)
}

// looped reports whether a net is the body of a loop over time steps.
func looped(n *ir.Net) bool { return n.Steps > 1 || len(n.All(ir.OpDelay)) > 0 }

// warnUnread tells of states that nothing reads: exporters merge two states that
// begin as the same tensor.
func warnUnread(n *ir.Net, states []state, o *Options) {
	readers := n.Readers()
	for _, s := range states {
		if len(readers[s.in]) == 0 {
			o.tell(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotUnrolled, Origin: s.in.Origin,
				Message: fmt.Sprintf("nothing reads the state %s", s.in.Name), Help: "give each state a tensor of its own when you export: the exporter takes one tensor for one input"})
		}
	}
}

// severalSteps reports whether membranes follow each other that read no state that comes
// in: layers that pass spikes on in one step each have one.
func severalSteps(n *ir.Net, states []state) bool {
	begun := begins(n, states)
	return slices.ContainsFunc(chained(n, thresholds(n)), func(h history) bool {
		return len(h.membranes) > 1 && slices.ContainsFunc(h.membranes, func(m *ir.Value) bool { return m.Op != ir.OpInput && !begun[m] })
	})
}

// begins are the values that are computed of a state that comes in, with no membrane
// between.
func begins(n *ir.Net, states []state) map[*ir.Value]bool {
	out, fires := map[*ir.Value]bool{}, thresholds(n)
	for _, s := range states {
		out[s.in] = true
	}
	for _, v := range n.Values {
		out[v] = out[v] || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return out[a] && (len(fires[a]) == 0 || a.Op == ir.OpInput) })
	}
	return out
}

// state is an input and the output that replaces it in the next step.
type state struct{ in, out *ir.Value }

func listed(states []state) string {
	var all []string
	for _, s := range states {
		all = append(all, s.in.Name+"="+s.out.Name)
	}
	return strings.Join(all, ", ")
}

// placeOf is the file a net came from.
func placeOf(n *ir.Net) diag.Origin { return diag.Origin{File: n.Values[0].Origin.File} }

// stateOf is the state as the user says, else as it can be found.
func stateOf(n *ir.Net, o *Options) ([]state, error) {
	if len(o.State) > 0 {
		return statesSaid(n, o)
	}
	states, err := statesFound(n, o)
	if len(states) > 0 && o.Steps > 0 {
		o.tell(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotUnrolled, Origin: placeOf(n),
			Message: fmt.Sprintf("taken as the state: %s", listed(states)), Help: "if that is wrong, say --state IN=OUT,…"})
	}
	return states, err
}

func statesSaid(n *ir.Net, o *Options) ([]state, error) {
	var errs diag.List
	var out []state
	used := map[*ir.Value]bool{}
	for _, b := range o.State {
		in, res := port(n, ir.OpInput, b.In), port(n, ir.OpOutput, b.Out)
		switch {
		case in == nil || res == nil:
			errs.Add(placeOf(n), diag.UnknownName, "state %v: wanted one of the inputs %s and one of the outputs %s", b, ports(n, ir.OpInput), ports(n, ir.OpOutput))
		case used[in] || used[res]:
			errs.Add(placeOf(n), diag.BadAttribute, "state %v: %s or %s is bound twice", b, b.In, b.Out)
		case in.Type != res.Type:
			errs.Add(placeOf(n), diag.ShapeMismatch, "state %v: the input is %v, the output %v", b, in.Type, res.Type)
		default:
			used[in], used[res] = true, true
			out = append(out, state{in, res})
		}
	}
	return out, errs.Err()
}

func port(n *ir.Net, op ir.Op, name string) *ir.Value {
	for _, v := range n.All(op) {
		if v.Name == ir.CleanName(name) {
			return v
		}
	}
	return nil
}

func ports(n *ir.Net, op ir.Op) string {
	var names []string
	for _, v := range n.All(op) {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}

// binder builds the net of many steps.
type binder struct {
	o *Options
	c *rewriter
}

func (b *binder) bind(n *ir.Net, states []state) (*ir.Net, error) {
	in, out := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, s := range states {
		if said := b.o.Readouts[s.out.Name]; said != "" {
			return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "the readout %s is asked for, but the output %s is the state that each step gives to the next, and no result", said, s.out.Name)
		}
		in[s.in], out[s.out] = true, true
	}
	if len(n.All(ir.OpOutput)) == len(states) {
		return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "every output is state, so nothing is left to read out")
	}
	for _, v := range n.Values {
		var err error
		switch {
		case in[v]:
			err = b.delay(v)
		case v.Op == ir.OpInput:
			err = b.input(v)
		case v.Op == ir.OpOutput && !out[v]:
			err = b.readOut(v)
		case v.Op != ir.OpOutput:
			_, err = b.c.copy(v)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, s := range states {
		latch := &ir.Value{Name: s.in.Name + ".latch", Op: ir.OpLatch, Args: []*ir.Value{b.c.became[s.in], b.c.became[s.out.Args[0]]}, Origin: s.out.Origin}
		if _, err := b.c.make(latch); err != nil {
			return nil, err
		}
	}
	return ir.Prune(b.c.b.Net()), nil
}

func (b *binder) delay(v *ir.Value) error {
	init, err := b.c.constant(v.Name+".init", ir.NewTensor(v.Type), v)
	if err != nil {
		return err
	}
	b.c.became[v], err = b.c.make(&ir.Value{Name: v.Name, Op: ir.OpDelay, Type: v.Type, Args: []*ir.Value{init}, Origin: v.Origin})
	return err
}

// input makes a stream's input new in each step.
func (b *binder) input(v *ir.Value) error {
	on := *v
	if a := v.Attrs.(ir.InputAttrs); b.o.Stream {
		a.Per = ir.Step
		on.Attrs = a
	}
	var err error
	b.c.became[v], err = b.c.like(&on)
	return err
}

// readOut makes an output the readout of what it was in each step.
func (b *binder) readOut(v *ir.Value) error {
	name := cmp.Or(b.o.readoutOf(v), ReadoutNames[0])
	read := overTime[name]
	switch alike := v.Args[0].Const() != nil; {
	case alike && name == "sum":
		read = (*binder).eachStep
	case alike && name != "first":
		read = asItIs
	}
	x, err := read(b, v, b.c.became[v.Args[0]])
	if err == nil {
		b.c.became[v], err = b.c.as(v, ir.OpOutput, readAs(name), x)
	}
	return err
}

// ReadoutNames are the ways to read an output over the time steps; the first is the
// usual one. The readout first is the number of the step of the first spike, from 0;
// of a neuron without a spike it is the number of steps.
var ReadoutNames = []string{"sum", "mean", "last", "max", "first"}

// overTime has a row for each of ReadoutNames: the readout of x, behind output v.
var overTime = map[string]func(b *binder, v, x *ir.Value) (*ir.Value, error){
	"sum":  func(b *binder, v, x *ir.Value) (*ir.Value, error) { return b.over(v, ir.OpSum, x) },
	"mean": (*binder).mean,
	"last": func(b *binder, v, x *ir.Value) (*ir.Value, error) { return b.over(v, ir.OpLast, x) },
	"max":  func(b *binder, v, x *ir.Value) (*ir.Value, error) { return b.over(v, ir.OpMaxTime, x) },
	"first": func(b *binder, v, x *ir.Value) (*ir.Value, error) {
		if x.Op == ir.OpCast {
			x = x.Args[0]
		}
		if !x.Type.IsSpike() {
			return nil, refuse(v, diag.TypeMismatch, "is to be read as the step of the first spike, but holds numbers that are no spikes").
				WithHelp("say --readout sum, mean, last or max")
		}
		return b.over(v, ir.OpFirst, x)
	},
}

// eachStep is a constant once for each time step.
func (b *binder) eachStep(v, x *ir.Value) (*ir.Value, error) {
	data := ir.NewTensor(x.Type)
	for i := range data.F {
		data.F[i] = x.Const().F[i] * float64(b.o.Steps)
	}
	for i := range data.I {
		data.I[i] = x.Const().I[i] * int64(b.o.Steps)
	}
	return b.c.constant(v.Name+".over-time", data, v)
}

// asItIs is a constant, which time does not change.
func asItIs(_ *binder, _, x *ir.Value) (*ir.Value, error) { return x, nil }

func (b *binder) over(v *ir.Value, op ir.Op, x *ir.Value) (*ir.Value, error) {
	return b.c.make(&ir.Value{Name: v.Name + ".over-time", Op: op, Args: []*ir.Value{x}, Origin: v.Origin})
}

func (b *binder) mean(v, x *ir.Value) (*ir.Value, error) {
	sum, err := b.over(v, ir.OpSum, x)
	if err != nil {
		return nil, err
	}
	steps, err := b.c.constant(v.Name+".steps", scalar(float64(b.o.Steps)), v)
	if err != nil {
		return nil, err
	}
	return b.c.make(&ir.Value{Name: v.Name + ".mean", Op: ir.OpDiv, Args: []*ir.Value{sum, steps}, Origin: v.Origin})
}
