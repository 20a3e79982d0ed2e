package cgen_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

// warnings are the flags under which emitted code must be clean.
var warnings = []string{"-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wpedantic"}

// vectors runs samples through the interpreter and keeps everything it computes.
func vectors(t testing.TB, net *ir.Net, inputs []map[string]*ir.Tensor) backends.Vectors {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = true
	ports := backends.PortsOf(net)
	var out backends.Vectors
	for _, in := range inputs {
		s := backends.Sample{Steps: make([]backends.StepTrace, net.Steps)}
		for _, v := range ports.Inputs {
			s.Inputs = append(s.Inputs, in[v.Name].I)
		}
		tap := func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
			if v.IsNeuron() {
				s.Steps[step].Add(interp.Spikes(v, result), interp.States(states)...)
			}
		}
		results, err := m.Run(in, tap)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range ports.Outputs {
			s.Outputs = append(s.Outputs, slices.Clone(results[v.Name].I))
		}
		out = append(out, s)
	}
	return out
}

// emit writes the artefact of a net, with vectors from the interpreter, to a new directory.
func emit(t testing.TB, net *ir.Net, samples int) (string, backends.Vectors) {
	t.Helper()
	if err := cgen.New().Check(net).Err(); err != nil {
		t.Fatal(err)
	}
	v := vectors(t, net, irtest.Inputs(net, 1, samples))
	return artefact(t, net, v), v
}

// extremes are three samples: all inputs at their largest, all at their smallest,
// and a random one.
func extremes(net *ir.Net) []map[string]*ir.Tensor {
	inputs := irtest.Inputs(net, 1, 3)
	for i := range 2 {
		for name, in := range inputs[i] {
			for j := range in.I {
				r := net.Find(name).Range
				in.I[j] = []int64{r.Hi, r.Lo}[i]
			}
		}
	}
	return inputs
}

// artefact writes the files of a net and its vectors.
func artefact(t testing.TB, net *ir.Net, v backends.Vectors) string {
	t.Helper()
	return artefactOf(t, net, backends.Options{Name: "model", Vectors: v})
}

func artefactOf(t testing.TB, net *ir.Net, o backends.Options) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range cgen.New().Emit(net, o) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a tool in a directory and gives its standard output; it must succeed.
func run(t testing.TB, dir string, stdin []byte, tool string, args ...string) []byte {
	t.Helper()
	out, said, err := try(dir, stdin, tool, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", tool, strings.Join(args, " "), err, said, out)
	}
	return out
}

func try(dir string, stdin []byte, tool string, args ...string) (out, said []byte, err error) {
	cmd := exec.Command(tool, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(stdin), &stdout, &stderr
	err = cmd.Run()
	return stdout.Bytes(), stderr.Bytes(), err
}

// build compiles one of the programs around the model.
func build(t testing.TB, dir, program string, compiler ...string) string {
	t.Helper()
	exe := filepath.Join(dir, program+".exe")
	args := slices.Concat(compiler[1:], warnings, []string{"-o", exe, program + ".c", "model.c", "model_weights.c"})
	run(t, dir, nil, compiler[0], args...)
	return exe
}

// stream is the samples as an engine's input, and the bytes it must answer when tracing.
func stream(net *ir.Net, samples backends.Vectors) (in, out []byte) {
	ports := backends.PortsOf(net)
	for _, s := range samples {
		for i, v := range ports.Inputs {
			for _, e := range s.Inputs[i] {
				in = append(in, binary.LittleEndian.AppendUint64(nil, uint64(e))[:backends.Width(v.Type)]...)
			}
		}
		for _, step := range s.Steps {
			for i := range ports.Neurons {
				out = append(out, step.Spikes[i]...)
				for _, e := range step.States[i] {
					out = binary.LittleEndian.AppendUint32(out, uint32(e))
				}
			}
		}
		for i := range ports.Outputs {
			for _, e := range s.Outputs[i] {
				out = binary.LittleEndian.AppendUint32(out, uint32(e))
			}
		}
	}
	return in, out
}
