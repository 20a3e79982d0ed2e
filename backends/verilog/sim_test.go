package verilog_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

func parse(t *testing.T, text string) *ir.Net {
	t.Helper()
	net, err := ir.Parse("test.sir", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// sample runs the interpreter on noise in which about a share of the elements is not 0.
func sample(t *testing.T, m *interp.Machine, net *ir.Net, rng *rand.Rand, share float64) backends.Sample {
	t.Helper()
	ports := backends.PortsOf(net)
	var s backends.Sample
	in := map[string]*ir.Tensor{}
	for _, v := range ports.Inputs {
		x := ir.NewTensor(net.SampleType(v))
		for i := range x.I {
			if rng.Float64() < share {
				x.I[i] = v.Range.Lo + rng.Int64N(v.Range.Hi-v.Range.Lo+1)
			}
		}
		in[v.Name] = x
		s.Inputs = append(s.Inputs, x.I)
	}
	s.Steps = make([]backends.StepTrace, net.Steps)
	out, err := m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
		if v.IsNeuron() {
			s.Steps[step].Add(interp.Spikes(v, result), interp.States(states)...)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range ports.Outputs {
		s.Outputs = append(s.Outputs, append([]int64(nil), out[v.Name].I...))
	}
	return s
}

// samples are count runs on noise: the first on nothing, the second on full inputs.
func samples(t *testing.T, net *ir.Net, seed uint64, count int) backends.Vectors {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	var vs backends.Vectors
	for i := range count {
		share := []float64{0, 1, .5, .2}[i%4]
		vs = append(vs, sample(t, m, net, rng, share))
	}
	return vs
}

// emit writes the artefact into a fresh directory.
func emit(t *testing.T, net *ir.Net, lanes int, vs backends.Vectors) string {
	t.Helper()
	return emitOf(t, net, backends.Options{Name: "net", Lanes: lanes, Vectors: vs})
}

func emitOf(t *testing.T, net *ir.Net, o backends.Options) string {
	t.Helper()
	b := verilog.New()
	if err := b.Check(net).Err(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range b.Emit(net, o) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a command in a directory and gives its output.
func run(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func mustRun(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := run(dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// simulate runs the bench under iverilog, which must not say anything.
func simulate(t *testing.T, dir string, plusargs ...string) string {
	t.Helper()
	compile(t, dir)
	return mustRun(t, dir, "vvp", append([]string{"-n", "tb.vvp"}, plusargs...)...)
}

// fails runs a bench that must end with a status other than 0, without the simulator's options.
func fails(t *testing.T, dir string) string {
	t.Helper()
	compile(t, dir)
	log, err := run(dir, "vvp", "tb.vvp")
	if err == nil {
		t.Errorf("the bench ends with 0:\n%s", log)
	}
	return log
}

func compile(t *testing.T, dir string) {
	t.Helper()
	if said := mustRun(t, dir, "iverilog", "-g2005", "-Wall", "-Wno-timescale", "-s", "tb", "-o", "tb.vvp", "tb.v", "net.v"); said != "" {
		t.Errorf("iverilog: %s", said)
	}
}

var clocksLine = regexp.MustCompile(`(?m)^sample (\d+): (\d+) clocks$`)

// passes demands that the bench found every value and every latency right, and
// that the clocks it measured are those that Cycles computes.
func passes(t *testing.T, net *ir.Net, lanes int, vs backends.Vectors, log string) {
	t.Helper()
	if !strings.Contains(log, fmt.Sprintf("PASS: %d samples", len(vs))) || strings.Contains(log, "FAIL") {
		t.Fatal(log)
	}
	found := clocksLine.FindAllStringSubmatch(log, -1)
	if len(found) != len(vs) {
		t.Fatalf("%d latencies of %d samples\n%s", len(found), len(vs), log)
	}
	for i, f := range found {
		if want := fmt.Sprint(verilog.Cycles(net, vs[i], lanes)); f[2] != want {
			t.Errorf("sample %d: simulated %s clocks, Cycles says %s", i, f[2], want)
		}
	}
}

// lint demands that verilator, with every warning on, says nothing; iverilog's
// silence is demanded by simulate.
func lint(t *testing.T, dir string) {
	t.Helper()
	irtest.Need(t, "verilator")
	if said := mustRun(t, dir, "verilator", "--lint-only", "-Wall", "--top-module", verilog.Top("net"), "net.v"); said != "" {
		t.Errorf("verilator: %s", said)
	}
	if said := mustRun(t, dir, "verilator", "--lint-only", "--timing", "-Wall", "--top-module", "tb", "tb.v", "net.v"); said != "" {
		t.Errorf("verilator, of the bench: %s", said)
	}
}

// stream is the engine stream of samples as text.
func stream(vs backends.Vectors) string {
	var b strings.Builder
	for _, s := range vs {
		for _, step := range s.Steps {
			for i := range step.Spikes {
				lines(&b, step.Spikes[i])
				lines(&b, step.States[i])
			}
		}
		for _, y := range s.Outputs {
			lines(&b, y)
		}
	}
	return b.String()
}

func lines[T any](b *strings.Builder, xs []T) {
	for _, x := range xs {
		fmt.Fprintln(b, x)
	}
}

// latencies is the header's line of the samples' clocks.
func latencies(net *ir.Net, vs backends.Vectors, lanes int) string {
	line := "// Clocks of the samples in vectors.hex:"
	for _, s := range vs {
		line += fmt.Sprintf(" %d", verilog.Cycles(net, s, lanes))
	}
	return line + "\n"
}
