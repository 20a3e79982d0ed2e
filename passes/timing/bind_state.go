package timing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// BindState makes a file of one time step, whose state goes in and comes out, the body of a loop: a
// state input becomes a delay that begins at zero or a number that is said, its output the latch that closes it, and the
// other outputs are read out over the steps. Which input belongs to which output is said by the
// user, or found where names or shapes leave no choice. A network that runs one step only needs
// none.
func BindState(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	switch {
	case rewrite.Looped(n) && o.Steps > 0:
		return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "time steps asked for: %d; but the network has its loop of %d already", o.Steps, n.Steps)
	case rewrite.Looped(n):
		return n, nil
	}
	states, err := StateOf(n, o)
	switch {
	case err != nil:
		return nil, err
	case len(states) == 0 && o.Steps == 0:
		return n, nil
	case len(states) == 0 && (o.Steps > 1 || writtenOut(n)):
		return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "time steps asked for: %d; but no input is the state that an output gives to the next step", o.Steps).
			WithHelp("a file with its steps written out needs no --steps; one step must have its state as inputs and outputs: --state IN=OUT")
	case len(states) > 0 && severalSteps(n, states):
		return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "the time steps are written out, and the state %s that they begin with is an input; every sample must begin with the same constants", Listed(states)).
			WithHelp("say what it begins with, --bind %s=FILE, or export the network so that it makes its own state", states[0].In.Name)
	case o.Steps == 0:
		return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "this is one time step, with the state %s; how many steps the network runs is not said", Listed(states)).
			WithHelp("say --steps T, and --readout sum, mean, last, max or first%s", EachReadout(results(n, states)))
	}
	warnUnread(n, states, o)
	head := n.Head()
	head.Steps = o.Steps
	b := &binder{o: o, c: canonical.NewRewriter(head)}
	return b.bind(n, states)
}

// results are the outputs that are no state.
func results(n *ir.Net, states []state) []*ir.Value {
	return slices.DeleteFunc(n.All(ir.OpOutput), func(v *ir.Value) bool {
		return slices.ContainsFunc(states, func(s state) bool { return s.Out == v })
	})
}

// EachReadout tells how several outputs are read in ways of their own.
func EachReadout(outputs []*ir.Value) string {
	if len(outputs) < 2 {
		return ""
	}
	return fmt.Sprintf("; or one for each output: --readout %s=sum,%s=last; those not wanted are left out by --outputs", outputs[0].Name, outputs[1].Name)
}

// warnUnread tells of states that nothing reads: exporters merge two states that
// begin as the same tensor.
func warnUnread(n *ir.Net, states []state, o *rewrite.Options) {
	readers := n.Readers()
	for _, s := range states {
		if len(readers[s.In]) == 0 {
			o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotUnrolled, Origin: s.In.Origin,
				Message: fmt.Sprintf("nothing reads the state %s", s.In.Name), Help: "give each state a tensor of its own when you export: the exporter takes one tensor for one input"})
		}
	}
}

// severalSteps reports whether membranes follow each other that read no state that comes
// in, but what comes in anew: layers that pass spikes on in one step each have one, and what
// is compared of a membrane in its own step, as the sum of a layer, reads that membrane only.
func severalSteps(n *ir.Net, states []state) bool {
	begun, driven := begins(n, states), drives(n, states)
	return slices.ContainsFunc(Chained(n, unsupported.Thresholds(n)), func(h History) bool {
		return len(h.Membranes) > 1 && slices.ContainsFunc(h.Membranes, func(m *ir.Value) bool { return m.Op != ir.OpInput && !begun[m] && driven[m] })
	})
}

// drives are the values that are computed of the other inputs, with no membrane between
// that has a state.
func drives(n *ir.Net, states []state) map[*ir.Value]bool {
	out, kept, fires := map[*ir.Value]bool{}, map[*ir.Value]bool{}, unsupported.Thresholds(n)
	for _, s := range states {
		kept[s.In] = true
	}
	for _, v := range n.Values {
		kept[v] = kept[v] || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return kept[a] })
		out[v] = v.Op == ir.OpInput && !kept[v] || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return out[a] && (len(fires[a]) == 0 || !kept[a]) })
	}
	return out
}

// begins are the values that are computed of a state that comes in, with no membrane
// between.
func begins(n *ir.Net, states []state) map[*ir.Value]bool {
	out, fires := map[*ir.Value]bool{}, unsupported.Thresholds(n)
	for _, s := range states {
		out[s.In] = true
	}
	for _, v := range n.Values {
		out[v] = out[v] || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return out[a] && (len(fires[a]) == 0 || a.Op == ir.OpInput) })
	}
	return out
}

// state is an input and the output that replaces it in the next step, and the number that it begins with.
type state struct {
	In, Out *ir.Value
	start   float64
}

// Listed returns the names of states, for a message.
func Listed(states []state) string {
	var all []string
	for _, s := range states {
		all = append(all, s.In.Name+"="+s.Out.Name)
	}
	return strings.Join(all, ", ")
}

// PlaceOf is the file a net came from.
func PlaceOf(n *ir.Net) diag.Origin { return diag.Origin{File: n.Values[0].Origin.File} }

// StateOf is the state as the user says, else as it can be found.
func StateOf(n *ir.Net, o *rewrite.Options) ([]state, error) {
	if len(o.State) > 0 {
		return StatesSaid(n, o)
	}
	states, err := statesFound(n, o)
	if len(states) > 0 && o.Steps > 0 {
		o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotUnrolled, Origin: PlaceOf(n),
			Message: fmt.Sprintf("taken as the state: %s", Listed(states)), Help: "each begins at 0; if that is wrong, say --state IN=OUT,… or, with another start, IN=OUT=START"})
	}
	return states, err
}

// StatesSaid returns the states that the user has named.
func StatesSaid(n *ir.Net, o *rewrite.Options) ([]state, error) {
	var errs diag.List
	var out []state
	used := map[*ir.Value]bool{}
	for _, b := range o.State {
		in, res := Port(n, ir.OpInput, b.In), Port(n, ir.OpOutput, b.Out)
		switch {
		case in == nil || res == nil:
			errs.Add(PlaceOf(n), diag.UnknownName, "state %v: wanted one of the inputs %s and one of the outputs %s", b, Ports(n, ir.OpInput), Ports(n, ir.OpOutput))
		case used[in] || used[res]:
			errs.Add(PlaceOf(n), diag.BadAttribute, "state %v: %s or %s is bound twice", b, b.In, b.Out)
		case in.Type != res.Type:
			errs.Add(PlaceOf(n), diag.ShapeMismatch, "state %v: the input is %v, the output %v", b, in.Type, res.Type)
		case !in.Type.IsReal() && (b.Start != math.Trunc(b.Start) || !ofRange(in.Type.Full()).holds(b.Start)):
			errs.Add(PlaceOf(n), diag.BadAttribute, "state %v: %v cannot begin at %v", b, in.Type, b.Start)
		default:
			used[in], used[res] = true, true
			out = append(out, state{in, res, b.Start})
		}
	}
	return out, errs.Err()
}

// Port returns the input or output of a name.
func Port(n *ir.Net, op ir.Op, name string) *ir.Value {
	for _, v := range n.All(op) {
		if v.Name == ir.CleanName(name) {
			return v
		}
	}
	return nil
}

// Ports returns the names of inputs or outputs, for a message.
func Ports(n *ir.Net, op ir.Op) string {
	var names []string
	for _, v := range n.All(op) {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}

// binder builds the net of many steps.
type binder struct {
	o *rewrite.Options
	c *canonical.Rewriter
}

func (b *binder) bind(n *ir.Net, states []state) (*ir.Net, error) {
	in, out := map[*ir.Value]*state{}, map[*ir.Value]bool{}
	for i, s := range states {
		if said := b.o.Readouts[s.Out.Name]; said != "" {
			return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "the readout %s is asked for, but the output %s is the state that each step gives to the next, and no result", said, s.Out.Name)
		}
		in[s.In], out[s.Out] = &states[i], true
	}
	if len(n.All(ir.OpOutput)) == len(states) {
		return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "every output is state, so nothing is left to read out")
	}
	for _, v := range n.Values {
		var err error
		switch {
		case in[v] != nil:
			err = b.delay(v, in[v].start)
		case v.Op == ir.OpInput:
			err = b.input(v)
		case v.Op == ir.OpOutput && !out[v]:
			err = b.readOut(v)
		case v.Op != ir.OpOutput:
			_, err = b.c.Copy(v)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, s := range states {
		latch := &ir.Value{Name: s.In.Name + ".latch", Op: ir.OpLatch, Args: []*ir.Value{b.c.Became[s.In], b.c.Became[s.Out.Args[0]]}, Origin: s.Out.Origin}
		if _, err := b.c.Make(latch); err != nil {
			return nil, err
		}
	}
	return ir.Prune(b.c.Builder.Net()), nil
}

func (b *binder) delay(v *ir.Value, start float64) error {
	data := ir.NewTensor(v.Type)
	for i := range data.F {
		data.F[i] = start
	}
	for i := range data.I {
		data.I[i] = int64(start)
	}
	init, err := b.c.Constant(v.Name+".init", data, v)
	if err != nil {
		return err
	}
	b.c.Became[v], err = b.c.Make(&ir.Value{Name: v.Name, Op: ir.OpDelay, Type: v.Type, Args: []*ir.Value{init}, Origin: v.Origin})
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
	b.c.Became[v], err = b.c.Like(&on)
	return err
}

// readOut makes an output the readout of its values in each step.
func (b *binder) readOut(v *ir.Value) error {
	name := cmp.Or(b.o.ReadoutOf(v), rewrite.ReadoutNames[0])
	read := overTime[name]
	switch alike := v.Args[0].Const() != nil; {
	case alike && name == "sum":
		read = (*binder).eachStep
	case alike && name != "first":
		read = asItIs
	}
	x, err := read(b, v, b.c.Became[v.Args[0]])
	if err == nil {
		b.c.Became[v], err = b.c.Output(v, ReadAs(name), x)
	}
	return err
}

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
			return nil, rewrite.Refuse(v, diag.TypeMismatch, "is to be read as the step of the first spike, but holds numbers that are no spikes").
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
	return b.c.Constant(v.Name+".over-time", data, v)
}

// asItIs is a constant, which time does not change.
func asItIs(_ *binder, _, x *ir.Value) (*ir.Value, error) { return x, nil }

func (b *binder) over(v *ir.Value, op ir.Op, x *ir.Value) (*ir.Value, error) {
	return b.c.Make(&ir.Value{Name: v.Name + ".over-time", Op: op, Args: []*ir.Value{x}, Origin: v.Origin})
}

func (b *binder) mean(v, x *ir.Value) (*ir.Value, error) {
	sum, err := b.over(v, ir.OpSum, x)
	if err != nil {
		return nil, err
	}
	steps, err := b.c.Constant(v.Name+".steps", rewrite.Scalar(float64(b.o.Steps)), v)
	if err != nil {
		return nil, err
	}
	return b.c.Make(&ir.Value{Name: v.Name + ".mean", Op: ir.OpDiv, Args: []*ir.Value{sum, steps}, Origin: v.Origin})
}

// ReadAs are the attributes of an output that was read as one of ReadoutNames says.
func ReadAs(name string) ir.OutputAttrs {
	return ir.OutputAttrs{Read: ir.Readout(slices.Index(rewrite.ReadoutNames, name)) + ir.ReadSum}
}
