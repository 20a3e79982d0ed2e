package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/runtime/dataset"
	"nomul/runtime/engine"
	"nomul/runtime/proof"
)

// slowSamples bounds the samples for engines that simulate every clock or instruction.
const slowSamples = 8

// loweredRoom bounds the bytes of the lowered program's values: of larger networks the
// reference and the engines need the memory.
const loweredRoom = 256 << 20

func verifyCommand() *cobra.Command {
	var flags compileFlags
	var targetList string
	var given sampleFlags
	var samples int
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify MODEL",
		Short: "Compare all targets bit for bit, and prove that nothing multiplies",
		Long: fmt.Sprintf(`Build every target, run the same samples on all engines, and compare spikes and
membranes with the interpreter's at every step (on at most %d samples where
every clock or instruction is simulated). Then scan the built programs and
netlists for multiplications and divisions, and put every kind of proof of these
targets to the test with an artefact that does multiply. Engines and proofs
whose tools are missing are reported as skipped; where no engine or no proof is
left, of a target that --targets names or of all, nothing was verified: exit
status 1.`, slowSamples),
		Example: `  nomul verify model.onnx --images t10k-images.gz --mean .286 --std .353
  nomul verify model.onnx --targets c --samples 16 --mean .286 --std .353 --json`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			list, err := parseTargets(targetList)
			if err != nil {
				return err
			}
			if err := checkSamples(&given, samples); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err != nil {
				return err
			}
			net, err := m.at(ir.Fixed)
			if err != nil {
				return err
			}
			in, err := m.verifySamples(net, &given, samples)
			if err != nil {
				return err
			}
			v := &verifier{c: c, net: net, samples: elements(net, in), report: verification{Model: net.Name, Engines: []engineRow{}, Proofs: []proof.Proof{}}}
			if err := v.run(list); err != nil {
				return err
			}
			return v.report.put(c, asJSON, cmp.Or(v.report.verdict(), v.report.coverage(list, c.Flags().Changed("targets"))))
		},
	}
	flags.register(c.Flags())
	c.Flags().StringVar(&targetList, "targets", "go,c,verilog", "the `TARGETS` to verify, a comma list")
	given.register(c.Flags(), "run on")
	c.Flags().IntVar(&samples, "samples", 64, "how many samples, `N`")
	jsonFlag(c, &asJSON)
	return c
}

// checkSamples refuses samples from two places, and none.
func checkSamples(given *sampleFlags, n int) error {
	if n < 1 {
		return usageError{fmt.Errorf("--samples %d: wanted at least 1", n)}
	}
	return given.check()
}

func parseTargets(list string) ([]string, error) {
	var out []string
	for _, name := range strings.Split(list, ",") {
		if _, err := targetNamed(name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, nil
}

func (m *model) verifySamples(net *ir.Net, given *sampleFlags, n int) ([]map[string]*ir.Tensor, error) {
	if given.file() != "" {
		return given.read(m, net, n)
	}
	size := sampleOverhead
	for _, in := range net.All(ir.OpInput) {
		size += net.SampleType(in).Size()
	}
	if most := max(1, dataset.MaxElements/size); n > most {
		return nil, usageError{fmt.Errorf("--samples %d: wanted at most %d for this model", n, most)}
	}
	return noise(net, n), nil
}

// sampleOverhead is the memory of a sample besides its numbers, in numbers.
const sampleOverhead = 64

// verification is the report of verify.
type verification struct {
	Model    string          `json:"model"`
	Engines  []engineRow     `json:"engines"`
	Proofs   []proof.Proof   `json:"proofs"`
	Controls []proof.Control `json:"controls"`
	Total    total           `json:"total"`
	Error    *problem        `json:"error,omitempty"`
}

type engineRow struct {
	Name    string `json:"name"`
	Target  string `json:"target,omitempty"` // none of the interpreter
	Samples int    `json:"samples"`
	engine.Mismatches
	engine.Cost
	Skipped string `json:"skipped,omitempty"`
	// Unproved says why nothing was proved of an engine that ran.
	Unproved string `json:"unproved,omitempty"`
	// Proved is how many proofs there are of it.
	Proved int `json:"proved"`
}

// trials lists every engine there is, whether its tools are here or not.
func (v *verifier) trials() []*trial {
	o := backends.Options{Name: modelName}
	// The level below fixed belongs to no target: it is held against the interpreter, but is no engine.
	out := []*trial{v.loweredTrial(loweredLevel, "", func() *lower.Plan { return lower.NewPlan(lower.Of(v.net), lower.Plain) })}
	for _, t := range targets() {
		if t, ok := t.(planned); ok {
			out = append(out, v.loweredTrial(loweredLevel+"-"+t.Name(), t.Name(), func() *lower.Plan { return t.Plan(v.net) }))
		}
	}
	for _, k := range goKernels() {
		out = append(out, &trial{row: engineRow{Name: k.name(), Target: "go"}, slow: k.arch != "", open: func(ctx context.Context) (engine.Engine, error) {
			return engine.Go(ctx, v.net, goasm.New(), engine.GoOptions{Options: o, Kernel: k.kernel, Arch: k.arch})
		}, prove: k.prove})
	}
	for _, compiler := range []string{"gcc", "clang"} {
		out = append(out, &trial{row: engineRow{Name: "c-" + compiler, Target: "c"}, open: func(ctx context.Context) (engine.Engine, error) {
			return engine.C(ctx, v.net, cgen.New(), o, compiler)
		}, prove: func(ctx context.Context, e engine.Engine) ([]proof.Proof, error) {
			return v.proveC(ctx, e.Name(), e.(*engine.Process).Binary(), "objdump")
		}})
	}
	for _, t := range engine.Targets() {
		out = append(out, &trial{row: engineRow{Name: "c-" + t.Name, Target: "c"}, slow: true, open: func(ctx context.Context) (engine.Engine, error) {
			return engine.NewBoard(ctx, v.net, cgen.New(), o, t)
		}, prove: func(ctx context.Context, e engine.Engine) ([]proof.Proof, error) {
			return v.proveC(ctx, e.Name(), e.(*engine.Board).Binary(), t.Objdump)
		}})
	}
	for _, simulator := range []string{"iverilog", "verilator"} {
		prove := proveNetlist
		if simulator == "verilator" { // the same sources
			prove = nil
		}
		out = append(out, &trial{row: engineRow{Name: "verilog-" + simulator, Target: "verilog"}, slow: simulator == "iverilog", open: func(ctx context.Context) (engine.Engine, error) {
			return engine.Verilog(ctx, v.net, verilog.New(), o, simulator)
		}, prove: prove})
	}
	return out
}

// planned is a back end whose code follows a plan of the lowered program.
type planned interface {
	backends.Backend
	Plan(net *ir.Net) *lower.Plan
}

// loweredTrial interprets a plan, of a target or of none.
func (v *verifier) loweredTrial(name, target string, plan func() *lower.Plan) *trial {
	return &trial{row: engineRow{Name: name}, planOf: target, slow: true, open: func(context.Context) (engine.Engine, error) {
		e := engine.NewPlanned(v.net, plan())
		return e, e.Fits(loweredRoom)
	}}
}

// proveC scans a whole C program, in which the model's functions must be.
func (v *verifier) proveC(ctx context.Context, name, binary, objdump string) ([]proof.Proof, error) {
	p, err := proof.Binary(ctx, proof.Object{Target: name, Path: binary, Objdump: objdump,
		Functions: []string{modelName + "_start", modelName + "_step", modelName + "_finish"}})
	return []proof.Proof{p}, err
}

func proveNetlist(ctx context.Context, e engine.Engine) ([]proof.Proof, error) {
	s := e.(*engine.Simulation)
	p, err := proof.Netlist(ctx, proof.Hardware{Target: "verilog", Dir: s.Dir(), Files: []string{modelName + ".v"}, Top: s.Top()})
	return []proof.Proof{p}, err
}
