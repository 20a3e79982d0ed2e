package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/runtime/dataset"
	"nomul/runtime/files"
	"nomul/runtime/interp"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func runCommand() *cobra.Command {
	var flags compileFlags
	var level, engineName, in, out, trace string
	c := &cobra.Command{
		Use:   "run MODEL -i IN.npz -o OUT.npz",
		Short: "Run a model on arrays",
		Long: `Run a model on arrays named after its inputs, with a batch along the first axis;
a lone array needs no name. Results are named after the outputs. At the fixed
level floats are taken for normalised pixels and turned back into integers;
results are decoded into real numbers. Of --readout first a result is the number
of the step of the first spike.

In a trace NAME has the spikes of a layer, and NAME.membrane its membranes. At
the fixed level these are integers, and NAME.threshold is there too: a membrane
divided by it is that of the network divided by the network's threshold. A layer
that never fires has NAME.scale in its place, by which its membranes are
multiplied.

At the source level results have the types of the file, and of one sample its
shapes. Of N samples they have a first axis of N before these, in the place of
one of extent 1 where the file has that first, as a batch: [1,10] becomes
[N,10], and [25,1,10], which holds 25 time steps, [N,25,1,10].`,
		Example: `  nomul run model.onnx -i in.npz -o out.npz --level source
  nomul run model.onnx -i in.npz -o out.npz --mean .286 --std .353 --trace t.npz`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := require(c, "out"); err != nil {
				return err
			}
			if err := checkEngine(engineName); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err == nil {
				err = apart([]string{out, trace}, append(m.inputs, in))
			}
			if err == nil {
				err = overArrays(out, trace)
			}
			if err != nil {
				return err
			}
			if level == loweredLevel {
				if c.Flags().Changed("engine") {
					return usageError{fmt.Errorf("--level lowered is run by an interpreter of its own: leave --engine out")}
				}
				level, engineName = "fixed", loweredLevel
			}
			l, err := parseLevel(level)
			if err != nil {
				return err
			}
			net, err := m.at(l)
			if err != nil {
				return err
			}
			if len(net.All(ir.OpInput)) > 0 { // others compute the same of anything
				if err := require(c, "input"); err != nil {
					return err
				}
			}
			samples, err := m.feed(net).read(in)
			if err != nil {
				return err
			}
			rec, err := recordRun(c, net, engineName, samples, trace != "")
			if err != nil {
				return err
			}
			return m.write(c, rec.files(out, trace), in)
		},
	}
	flags.register(c.Flags())
	levelFlag(c.Flags(), &level, "fixed")
	withLowered(c.Flags())
	engineFlag(c.Flags(), &engineName)
	c.Flags().StringVarP(&in, "input", "i", "", "arrays to run on: `FILE`.npz or .npy")
	c.Flags().StringVarP(&out, "out", "o", "", "where results go: `FILE`.npz; replaces arrays, and no other file")
	c.Flags().StringVar(&trace, "trace", "", "also write spikes and state variables of every neuron layer and step to `FILE`.npz")
	return c
}

// require demands flags that have no default.
func require(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := c.Flags().Lookup(name); !f.Changed || f.Value.String() == "" {
			return usageError{fmt.Errorf("%s needs --%s\nsee %s --help", c.Name(), name, c.CommandPath())}
		}
	}
	return nil
}

// recording collects results of many samples, array by array.
type recording struct {
	net     *ir.Net
	samples int
	outputs map[string]*dataset.Array
	traces  map[string][]float64 // NAME for spikes, NAME.membrane
	shapes  map[string][]int
	words   bool // whether traces have the whole numbers that cells hand on, which engines do not tell
}

func newRecording(net *ir.Net, samples int) *recording {
	r := &recording{net: net, samples: samples, outputs: map[string]*dataset.Array{}, traces: map[string][]float64{}, shapes: map[string][]int{}}
	for _, v := range net.All(ir.OpOutput) {
		r.outputs[v.Name] = &dataset.Array{DType: r.elem(v), Shape: r.outputShape(v)}
	}
	for _, v := range net.Neurons() {
		shape := append([]int{samples, net.Steps}, v.Type.Shape.Dims()...)
		r.shapes[v.Name] = shape
	}
	return r
}

// recordRun runs the samples on an engine; only the interpreter knows other levels than fixed.
func recordRun(c *cobra.Command, net *ir.Net, engineName string, samples []map[string]*ir.Tensor, trace bool) (*recording, error) {
	if engineName != "interp" {
		return recordEngine(c, net, engineName, samples, trace)
	}
	machine, err := interp.New(net)
	if err != nil {
		return nil, err
	}
	rec := newRecording(net, len(samples))
	rec.words = true
	var tap interp.Tap
	if trace {
		tap = rec.tap
	}
	bar := progress(c, len(samples), "running")
	defer bar.Close()
	for _, s := range samples {
		if err := c.Context().Err(); err != nil {
			return nil, err
		}
		out, err := machine.Run(s, tap)
		if err != nil {
			return nil, err
		}
		for name, t := range out {
			rec.addOutput(net.Find(name), t)
		}
		bar.Add(1)
	}
	return rec, nil
}

func (r *recording) tap(_ int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
	if !v.IsNeuron() {
		return
	}
	for i, spike := range interp.Fired(v, result) {
		r.traces[v.Name] = append(r.traces[v.Name], float64(spike))
		for at, name := range stateNames(v) {
			r.traces[name] = append(r.traces[name], states[at].At(i))
		}
	}
}

// stateNames are the names, in traces, of a neuron layer's state variables.
func stateNames(v *ir.Value) []string {
	var out []string
	for _, name := range v.StateVars() {
		out = append(out, v.Name+"."+name)
	}
	return out
}

// outputShape is the shape of a result of all samples: with these in front, but where a
// file's own batch axis is in their place, or its result of the only sample is as the file has it.
func (r *recording) outputShape(v *ir.Value) []int {
	dims := v.Type.Shape.Dims()
	switch {
	case r.net.Level == ir.Source && r.samples == 1:
		return dims
	case r.net.Level == ir.Source && len(dims) > 1 && dims[0] == 1:
		dims = dims[1:]
	}
	return append([]int{r.samples}, dims...)
}

// elem is the type of a result's elements: that of the file, where no loop is put around it.
func (r *recording) elem(v *ir.Value) dataset.DType {
	if r.net.Level == ir.Source && r.net.Steps == 1 && !v.Type.IsReal() {
		return dataset.TypeOf(v.Type)
	}
	return dataset.Float32
}

// addOutput appends a result; one that is not as in the file is decoded: real = scale ·
// integer, one scale for all.
func (r *recording) addOutput(v *ir.Value, t *ir.Tensor) {
	out := r.outputs[v.Name]
	if !out.DType.IsFloat() {
		out.I = append(out.I, t.I...)
		return
	}
	scale := 1.0
	if v.Scale != nil && r.net.Level == ir.Fixed {
		scale = v.Scale.Data.F[0]
	}
	for i := range t.Type.Size() {
		out.F = append(out.F, t.At(i)*scale)
	}
}

// files are the results and, when it is asked for, the trace.
func (r *recording) files(out, trace string) []files.Output {
	if trace == "" {
		return []files.Output{dataset.Output(out, r.outputs)}
	}
	return []files.Output{dataset.Output(out, r.outputs), dataset.Output(trace, r.traceArrays())}
}

// traceArrays are the spikes and state variables of every neuron layer.
func (r *recording) traceArrays() map[string]*dataset.Array {
	arrays := map[string]*dataset.Array{}
	for _, v := range r.net.Neurons() {
		if fired := dataset.Uint8; !v.IsWord() || r.words {
			if v.IsWord() && v.Range.Lo < 0 {
				fired = dataset.Int16
			}
			arrays[v.Name] = dataset.Ints(fired, r.shapes[v.Name], wholes(r.traces[v.Name]))
		}
		for _, name := range stateNames(v) {
			if r.net.Level == ir.Fixed {
				arrays[name] = dataset.Ints(dataset.Int32, r.shapes[v.Name], wholes(r.traces[name]))
			} else {
				arrays[name] = dataset.Floats(dataset.Float64, r.shapes[v.Name], r.traces[name])
			}
		}
		if r.net.Level == ir.Fixed {
			addUnits(arrays, v)
		}
	}
	return arrays
}

// addUnits adds the threshold or the scale, by which integers of a membrane become real potentials.
func addUnits(arrays map[string]*dataset.Array, v *ir.Value) {
	if th := v.Arg(ir.NeuronThreshold).Const(); th != nil && v.Op == ir.OpNeuron {
		arrays[v.Name+".threshold"] = dataset.Ints(dataset.Int32, th.Type.Shape.Dims(), th.I)
	} else if v.Scale != nil {
		arrays[v.Name+".scale"] = dataset.Floats(dataset.Float64, v.Scale.Data.Type.Shape.Dims(), v.Scale.Data.F)
	}
}

func wholes(x []float64) []int64 {
	out := make([]int64, len(x))
	for i, f := range x {
		out[i] = int64(f)
	}
	return out
}
