package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/ir"
)

// targets lists the back ends that build knows.
func targets() []backends.Backend {
	return []backends.Backend{goasm.New(), cgen.New(), verilog.New()}
}

func targetNamed(name string) (backends.Backend, error) {
	for _, t := range targets() {
		if t.Name() == name {
			return t, nil
		}
	}
	return nil, usageError{fmt.Errorf("there is no target %q; %s", name, oneOf(name, targetNames()))}
}

func buildCommand() *cobra.Command {
	var flags compileFlags
	var target, dir, name string
	var given sampleFlags
	var lanes int
	var force, asJSON bool
	var within limits
	c := &cobra.Command{
		Use:   "build MODEL -t go|c|verilog -o DIR",
		Short: "Emit a directory that builds and tests itself",
		Long: `Emit a model as source code in a directory of its own, with a test that replays
samples and compares every spike, membrane and output. The samples are noise
unless --images or --vectors gives real ones, of which at most 16 are taken.`,
		Example: `  nomul build model.onnx -t go -o model_go --mean .286 --std .353
  nomul build model.onnx -t c -o model_c --flash 512K --ram 96K --mean 0 --std 1
  nomul build model.onnx -t c -o model_c --images photos/ --mean 0 --std 1
  nomul build model.onnx -t verilog --lanes 16 -o model_v --mean .286 --std .353`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := require(c, "target", "out"); err != nil {
				return err
			}
			t, err := targetNamed(target)
			if err != nil {
				return err
			}
			if err := checkLanes(c, t, lanes); err != nil {
				return err
			}
			if err := checkName(name); err != nil {
				return err
			}
			if err := errors.Join(within.check(t), given.check()); err != nil {
				return err
			}
			if err := vacant(c, dir, force); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err != nil {
				return err
			}
			files, needs, err := m.emit(t, &given, within, backends.Options{Name: name, Lanes: lanes})
			if err != nil {
				return err
			}
			if file := given.file(); file != "" {
				m.inputs = append(m.inputs, file)
			}
			if err := writeDir(c.Context(), dir, files, m.inputs); err != nil {
				return err
			}
			return builtOf(t.Name(), name, dir, files, needs).put(c, asJSON)
		},
	}
	flags.register(c.Flags())
	c.Flags().StringVarP(&target, "target", "t", "", "what to emit, `TARGET`: go, c or verilog")
	c.Flags().StringVarP(&dir, "out", "o", "", "the directory to make: `DIR`")
	c.Flags().StringVar(&name, "name", modelName, "what files and symbols begin with: `NAME`, and the Go package is called")
	given.register(c.Flags(), "test on")
	c.Flags().IntVar(&lanes, "lanes", 0, "verilog: `N` parallel accumulators per layer, a power of two (default 32)")
	within.register(c.Flags())
	c.Flags().BoolVar(&force, "force", false, "replace DIR if nomul made it")
	jsonFlag(c, &asJSON)
	return c
}

// checkLanes refuses lanes that no hardware has, and those of a target without any.
func checkLanes(c *cobra.Command, t backends.Backend, lanes int) error {
	switch {
	case !c.Flags().Changed("lanes"):
		return nil
	case t.Name() != verilog.New().Name():
		return usageError{fmt.Errorf("--lanes is for -t verilog; target %s has none", t.Name())}
	case lanes < 1 || lanes&(lanes-1) != 0:
		return usageError{fmt.Errorf("--lanes %d: wanted a power of two", lanes)}
	}
	return nil
}

// modelName is the name of emitted models unless the user gives another.
const modelName = "model"

var simpleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// otherFiles are the names of the files that are emitted beside a model's.
var otherFiles = []string{"board", "example", "host", "main", "ports", "start", "stream", "tb", "test", "vectors"}

// checkName refuses names that are no identifier, or another file's.
func checkName(name string) error {
	switch {
	case !simpleName.MatchString(name):
		return usageError{fmt.Errorf("--name %q: wanted lower-case letters, digits and underscores, a letter first, at most 40", name)}
	case slices.Contains(otherFiles, name):
		return usageError{fmt.Errorf("--name %s: a file beside the model has this name", name)}
	case name == "testdata":
		return usageError{fmt.Errorf("--name %s: Go does not look into folders of this name", name)}
	}
	return nil
}

// The samples that are emitted as a test are at most so many, and their expected
// values take at most so many bytes; there is always one, if only with its outputs.
const (
	maxVectors  = 16
	maxExpected = 64 << 20
)

// emitted is how many of some samples are emitted as a test, with their outputs only or
// with all spikes and states.
func emitted(net *ir.Net, samples int) (count int, outputsOnly bool) {
	each := max(1, backends.PortsOf(net).TraceBytes(net.Steps))
	return min(samples, maxVectors, max(1, maxExpected/each)), each > maxExpected
}

// emit lowers the model, checks it for the target, and returns the artefact's files, and
// the memory that they need, if that is known, which may be limited.
func (m *model) emit(t backends.Backend, given *sampleFlags, within limits, o backends.Options) ([]backends.File, []backends.Need, error) {
	net, err := m.at(ir.Fixed)
	if err != nil {
		return nil, nil, err
	}
	m.net = nil // real numbers are not needed any more
	if err := t.Check(net).Err(); err != nil {
		return nil, nil, err
	}
	var needs []backends.Need
	if t, ok := t.(backends.Sized); ok {
		needs = t.Needs(net)
	}
	if err := within.hold(needs); err != nil {
		return nil, nil, err
	}
	if err := m.expect(t, net, given, &o); err != nil {
		return nil, nil, err
	}
	artefact := t.Emit(net, o)
	if t, ok := t.(backends.Counted); ok {
		needs = t.Memories(artefact)
	}
	return artefact, needs, nil
}

// expect computes the samples of the emitted test.
func (m *model) expect(t backends.Backend, net *ir.Net, given *sampleFlags, o *backends.Options) error {
	samples, err := given.read(m, net, maxVectors)
	if err != nil {
		return err
	}
	if given.file() == "" {
		samples = noise(net, 4)
	}
	var count int
	count, o.OutputsOnly = emitted(net, len(samples))
	counted := t.Name() == verilog.New().Name() // the clocks that a sample takes, from its spikes
	trace := counted || !o.OutputsOnly
	if o.Vectors, err = reference(net, samples[:count], trace); err != nil || given.file() != "" {
		return err
	}
	o.Vectors, err = louder(net, o.Vectors, trace)
	return err
}

// louder puts a sample of extreme inputs first where all others leave the outputs alike, if one of
// them does not: a test and an example show the more then.
func louder(net *ir.Net, vs backends.Vectors, trace bool) (backends.Vectors, error) {
	if slices.ContainsFunc(vs, backends.Sample.Tells) {
		return vs, nil
	}
	for _, sample := range loud(net) {
		got, err := reference(net, []map[string]*ir.Tensor{sample}, trace)
		if err != nil {
			return nil, err
		}
		if got[0].Tells() {
			return append(got, vs[:max(0, len(vs)-1)]...), nil
		}
	}
	return vs, nil
}

// noise is reproducible samples over the inputs' whole ranges.
func noise(net *ir.Net, n int) []map[string]*ir.Tensor {
	return drawn(net, n, func(_ int, r ir.Range, bits uint64) int64 { return r.Lo + int64(bits%uint64(r.Hi-r.Lo+1)) })
}

// loud is reproducible samples of the ends of the inputs' ranges, the greatest ones more often in
// each sample, and alone in the last.
func loud(net *ir.Net) []map[string]*ir.Tensor {
	const levels = 8
	return drawn(net, levels, func(sample int, r ir.Range, bits uint64) int64 {
		if bits%levels <= uint64(sample) {
			return r.Hi
		}
		return r.Lo
	})
}

// drawn makes samples of pseudo-random bits, of which each makes an element of an input.
func drawn(net *ir.Net, n int, element func(sample int, r ir.Range, bits uint64) int64) []map[string]*ir.Tensor {
	state := uint64(1)
	out := make([]map[string]*ir.Tensor, n)
	for i := range out {
		out[i] = map[string]*ir.Tensor{}
		for _, in := range net.All(ir.OpInput) {
			t := ir.NewTensor(net.SampleType(in))
			for j := range t.I {
				state = state*6364136223846793005 + 1442695040888963407
				t.I[j] = element(i, in.Range, state>>33)
			}
			out[i][in.Name] = t
		}
	}
	return out
}
