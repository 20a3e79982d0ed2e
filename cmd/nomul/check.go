package main

import (
	"slices"

	"github.com/spf13/cobra"

	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/metrics"
)

// understanding is the report of check.
type understanding struct {
	Model   string   `json:"model"`
	Doc     string   `json:"doc,omitempty"`    // of a source text
	Pixels  []string `json:"pixels,omitempty"` // how they are understood, by input
	Steps   int      `json:"steps"`            // 0 where they were not found
	Inputs  []port   `json:"inputs"`
	Outputs []port   `json:"outputs"`
	metrics.Size
	Neurons         []neuronRow     `json:"neurons"`
	Unsupported     []gapRow        `json:"unsupported"`
	Multiplications multiplications `json:"multiplications"`
	// Deviations are the rewrites to integers that are not exact, besides the
	// rounding of weights and biases.
	Deviations []deviation `json:"deviations"`
	// Bounds are of inputs whose numbers are known; Assumed says which pixels were
	// assumed where they are not.
	Bounds  []boundRow `json:"bounds"`
	Assumed string     `json:"assumed,omitempty"`
	// Fidelity is how near layers of integers are to those of real numbers on the calibration samples, in net order.
	Fidelity []metrics.LayerFidelity `json:"fidelity,omitempty"`
	Warnings []string                `json:"warnings"`
	// Error is the fault that is the exit status.
	Error   *problem `json:"error,omitempty"`
	refusal error
}

type port struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Read says how one result is made of all time steps, where that is not in the file.
	Read  ir.Readout `json:"read,omitzero"`
	words string
}

type deviation struct {
	Value string `json:"value"`
	What  string `json:"what"`
}

type gapRow struct {
	Nodes  []string `json:"nodes"`
	Op     string   `json:"op"`
	Domain string   `json:"domain"`
	Opset  int      `json:"opset"`
	Reason string   `json:"reason"`
}

// multiplications is the verdict before the passes, on one step as it was
// imported, and after them, on integers.
type multiplications struct {
	Before      string         `json:"before"`
	After       string         `json:"after"` // empty when the passes refused
	Refused     string         `json:"refused,omitempty"`
	Shifts      bool           `json:"shifts"`
	EdgesBefore []metrics.Edge `json:"edges_before"`
	Edges       []metrics.Edge `json:"edges"`
}

func checkCommand() *cobra.Command {
	var flags compileFlags
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "check MODEL",
		Short: "Say what was understood, what was not, and what multiplies",
		Long: `Import a model and say what was understood: neurons, time steps, inputs and
outputs; every operator that is not supported, at once; and for each weighted
operand what its product costs, before and after the passes:

  L0  0 or 1: add or not            L3  words, run as bit planes: add and shift
  L1  −1, 0 or 1: add or subtract   L4  a multiplication

Time steps are those that the results need: of 6 steps of a network in which
spikes are read a step late, the file may have 5.

Without --mean and --std the input is taken as 8-bit pixels for the verdict.
With them the last table says how far results and membranes on integers may be
off from those of real numbers, given the same spikes; "without weights" is that
without what the rounding of weights and factors adds, and "beside" what to hold
both against: the least threshold, or the largest that the result may be.

With --calibrate it measures each layer on images, and says which loses most:
how far the sums of its weights stand above what rounding adds to them, how many
of its spikes flip, how many words are the largest there is, and how its spike
rates or words go with those of the network as imported. A .sir file of integers
that was made with --calibrate has these figures, and needs no images.

The exit status is 0 where all of the network becomes integers, and 1 where an
operator or a rewrite of it is refused.

Neurons that are operators of your own domain are told by --neurons FILE, as

  [{"op": "mine::LIF", "kind": "leaky", "inputs": ["x", "mem"],
    "outputs": ["spike", "mem"], "beta": 0.9, "threshold": 1,
    "reset": "subtract", "compare": "gt"}]

where kind is leaky, lif or if; reset is subtract, zero or none; compare is gt
or ge. EXPORTING.md tells the rest.`,
		Example: `  nomul check model.onnx
  nomul check model.onnx --neurons neurons.json
  nomul check model.onnx --json`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			options, err := flags.options()
			if err != nil {
				return err
			}
			u, err := understand(c, args[0], options, &flags)
			if err != nil {
				return err
			}
			return u.put(c, asJSON, all)
		},
	}
	flags.register(c.Flags())
	c.Flags().BoolVar(&all, "all", false, "show tables whole, and those before the passes also where these refuse")
	jsonFlag(c, &asJSON)
	return c
}

func understand(c *cobra.Command, file string, o *passes.Options, flags *compileFlags) (*understanding, error) {
	r, err := flags.reading(o)
	if err != nil {
		return nil, err
	}
	m, list, err := readWanted(file, r)
	if err != nil {
		return nil, err
	}
	declared(o, m.pixels)
	net := m.net
	formulas, err := normalisations(file, net, o)
	if err != nil {
		return nil, err
	}
	u := &understanding{Model: net.Name, Doc: m.doc, Pixels: formulas, Neurons: []neuronRow{}, Unsupported: []gapRow{}, Deviations: []deviation{}, Bounds: []boundRow{}, Warnings: []string{}}
	u.Multiplications.EdgesBefore, u.Multiplications.Edges = []metrics.Edge{}, []metrics.Edge{}
	for _, w := range list.Warnings() {
		u.Warnings = append(u.Warnings, w.Error())
	}
	u.ports(net)
	gaps := onnx.Unsupported(net)
	for _, g := range gaps {
		u.Unsupported = append(u.Unsupported, gapRow{g.Nodes, g.Op, g.Domain, g.Opset, g.Reason})
	}
	if len(gaps) > 0 {
		u.refusal = gapErrors(file, gaps)
		u.Multiplications.Refused = "operators are not supported"
		return u, nil
	}
	return u, u.lower(c, file, net, o, flags)
}

func (u *understanding) ports(net *ir.Net) {
	for _, v := range net.All(ir.OpInput) {
		u.Inputs = append(u.Inputs, port{Name: v.Name, Type: v.Type.String()})
	}
	for _, v := range net.All(ir.OpOutput) {
		u.Outputs = append(u.Outputs, port{Name: v.Name, Type: v.Type.String()})
	}
	u.read(net)
}

// read notes how the outputs are read over the time steps.
func (u *understanding) read(net *ir.Net) {
	for i, p := range u.Outputs {
		if v := net.Find(p.Name); v != nil {
			r := ir.ReadoutOf(v)
			u.Outputs[i].Read, u.Outputs[i].words = r, r.Words(net.Steps)
		}
	}
}

// lower runs the passes as far as they go and takes the verdict on the way.
func (u *understanding) lower(c *cobra.Command, file string, net *ir.Net, o *passes.Options, flags *compileFlags) error {
	rounded := roundedInputs(net, o) != nil
	unsaid := !rounded && o.Pixels == nil && o.InputType.Kind == 0 && slices.ContainsFunc(net.All(ir.OpInput), func(v *ir.Value) bool { return v.Type.IsReal() })
	if !rounded {
		o = pixelsAssumed(net, o)
	}
	o.Tell = func(d *diag.Diagnostic) { u.Warnings = append(u.Warnings, d.Error()) }
	o.Note = func(v *ir.Value, text string) { u.Deviations = append(u.Deviations, deviation{v.Name, text}) }
	if o.Bound = func(b *ir.Bound) { u.Bounds = append(u.Bounds, rowOf(b)) }; unsaid {
		o.Bound, u.Assumed = nil, assumedBytes
	}
	of, met := &model{net: net, options: o, file: file}, nets{}
	if err := flags.measure(c, of); err != nil {
		return err
	}
	u.Multiplications.before(net)
	fixed, err := passes.Lower(net, ir.Fixed, "", o, func(p passes.Pass, n *ir.Net) {
		met.see(p, n)
		if p.Name == "name-layers" { // the net is still as it was raised
			u.Steps = n.Steps
			u.read(n)
			u.Neurons, u.Size = neuronRows(n), metrics.SizeOf(n)
			u.Multiplications.before(n)
		}
	})
	if net.Level > ir.Source {
		u.Steps = net.Steps
		u.Neurons, u.Size = neuronRows(net), metrics.SizeOf(net)
	}
	if err != nil {
		u.refusal, u.Multiplications.Refused = err, err.Error()
		return nil
	}
	m := &u.Multiplications
	m.Edges = metrics.Verdict(fixed)
	m.After, m.Shifts = metrics.Worst(m.Edges), metrics.UsesShifts(fixed)
	if u.Fidelity = metrics.Kept(fixed); of.calibration != nil {
		u.Fidelity, err = of.calibration.fidelity(met, fixed)
	}
	return err
}

func (m *multiplications) before(n *ir.Net) {
	m.EdgesBefore = metrics.Verdict(n)
	m.Before = metrics.Worst(m.EdgesBefore)
}

// assumedBytes is the note on a verdict without pixels.
const assumedBytes = "how far integers may be off from real numbers depends on the size of the inputs: say --mean M --std S, or --input-type (without them the verdict is of inputs 0 to 255)"

// pixelsAssumed adds the usual 8-bit pixels where nothing is said: the verdict
// does not depend on the numbers. Integers that are narrower stay as they are.
func pixelsAssumed(net *ir.Net, o *passes.Options) *passes.Options {
	assumed, bytes := *o, ir.UintType(8, ir.Shape{})
	narrow := func(v *ir.Value) bool { return !v.Type.IsReal() && !v.Type.Full().Contains(bytes.Full()) }
	switch {
	case o.Pixels != nil || o.InputType.Kind != 0:
	case slices.ContainsFunc(net.All(ir.OpInput), narrow):
		assumed.Pixels = &passes.Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}
	default:
		assumed.InputType = bytes
	}
	return &assumed
}
