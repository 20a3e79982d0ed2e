package goasm_test

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

// parse reads a net in the text form.
func parse(t testing.TB, path string) *ir.Net {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	net, err := ir.Parse(path, string(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(net); err != nil {
		t.Fatal(err)
	}
	return net
}

// vectors runs random samples through the interpreter.
func vectors(t testing.TB, net *ir.Net, n int) backends.Vectors {
	t.Helper()
	machine, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	machine.Checked = true
	var out backends.Vectors
	for _, in := range irtest.Inputs(net, 1, n) {
		out = append(out, sample(t, net, machine, in))
	}
	return out
}

func sample(t testing.TB, net *ir.Net, machine *interp.Machine, in map[string]*ir.Tensor) backends.Sample {
	t.Helper()
	s := backends.Sample{Steps: make([]backends.StepTrace, net.Steps)}
	ports := backends.PortsOf(net)
	for _, v := range ports.Inputs {
		s.Inputs = append(s.Inputs, in[v.Name].I)
	}
	results, err := machine.Run(in, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
		if v.IsNeuron() {
			s.Steps[step].Add(interp.Spikes(v, result), interp.States(states)...)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range ports.Outputs {
		s.Outputs = append(s.Outputs, append([]int64(nil), results[v.Name].I...))
	}
	return s
}

// workspace is a module with several emitted packages.
type workspace struct {
	dir   string
	names []string
}

// emit writes nets with vectors from the interpreter into a new workspace.
func emit(t testing.TB, samples int, nets ...*ir.Net) workspace {
	t.Helper()
	w := workspace{dir: t.TempDir()}
	for _, net := range nets {
		v := vectors(t, net, samples)
		w.write(t, net, backends.Options{Name: net.Name, Vectors: v})
		w.names = append(w.names, net.Name)
	}
	return w
}

// write adds a package; its command is named after it.
func (w workspace) write(t testing.TB, net *ir.Net, o backends.Options) {
	t.Helper()
	target := goasm.New()
	if err := target.Check(net).Err(); err != nil {
		t.Fatal(err)
	}
	for _, f := range target.Emit(net, o) {
		path := filepath.Join(w.dir, strings.Replace(f.Name, "cmd/run", "cmd/"+net.Name, 1))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a command in the module, offline, and returns its output.
func (w workspace) run(t testing.TB, env []string, command ...string) (string, error) {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir = w.dir
	c.Env = append(os.Environ(), append(env, "GOFLAGS=-trimpath", "CGO_ENABLED=0", "GOWORK=off", "GOPROXY=off")...)
	out, err := c.CombinedOutput()
	return string(out), err
}

func (w workspace) mustRun(t testing.TB, env []string, command ...string) string {
	t.Helper()
	out, err := w.run(t, env, command...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return out
}

// testBinaries builds the emitted tests.
func (w workspace) testBinaries(t testing.TB, arch string) []string {
	t.Helper()
	command := []string{"go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", "bin-" + arch + "/"}
	var out []string
	for _, name := range w.names {
		command = append(command, "./"+name)
		out = append(out, filepath.Join(w.dir, "bin-"+arch, name+".test"))
	}
	w.mustRun(t, []string{"GOARCH=" + arch}, command...)
	return out
}

// way is a way to run the emitted tests, and the kernels that must have run.
type way struct {
	name, arch string
	env, under []string
	kernels    string
}

func ways(t testing.TB) []way {
	emulator := []string{"qemu-aarch64", "-cpu", "max"}
	irtest.Need(t, emulator[0])
	irtest.Need(t, "qemu-x86_64")
	irtest.Need(t, "qemu-s390x")
	return []way{
		{name: "amd64", arch: "amd64", kernels: "[avx2 go]"},
		{name: "plain", arch: "amd64", under: []string{"qemu-x86_64", "-cpu", "Nehalem"}, kernels: "[go]"},
		{name: "big-endian", arch: "s390x", under: []string{"qemu-s390x"}, kernels: "[go]"},
		{name: "arm64", arch: "arm64", under: emulator, kernels: "[neon go]"},
	}
}

// replay runs the emitted tests in every way.
func (w workspace) replay(t *testing.T) {
	binaries := map[string][]string{}
	for _, way := range ways(t) {
		if binaries[way.arch] == nil {
			binaries[way.arch] = w.testBinaries(t, way.arch)
		}
		for i, binary := range binaries[way.arch] {
			out := w.mustRun(t, way.env, append(append([]string{}, way.under...), binary, "-test.v")...)
			if !strings.Contains(out, "kernels of this machine: "+way.kernels) || !strings.Contains(out, "PASS: TestReplay") {
				t.Errorf("%s, %s: kernels %s did not all run\n%s", way.name, w.names[i], way.kernels, out)
			}
		}
	}
}

const testdata = "../../testdata/backends/goasm/"

// TestNets replays the nets of testdata and random ones: every kernel must give
// the interpreter's spikes and membranes at every step.
func TestNets(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	nets := []*ir.Net{parse(t, testdata+"mlp.sir"), parse(t, testdata+"dag.sir"), parse(t, testdata+"wire.sir"), parse(t, testdata+"conv.sir"),
		parse(t, testdata+"leaks.sir")}
	for seed := range 5 {
		net := randomNet.Example(seed)
		net.Name += fmt.Sprint(seed)
		nets = append(nets, net)
	}
	emit(t, 6, nets...).replay(t)
}

// TestLargeMatrix replays a linear of as many weights as convolutions are refused for.
func TestLargeMatrix(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net, err := ir.Parse("large.sir", `net large fixed steps=2 {
once
	%x = input : u8[8200]
	%th = const {fill=200} : u8[]
	%w = const {seed=3 lo=-127 hi=127} : s8[1030,8200]
	%t = const {fill=900} : u10[]
step
	%s = neuron %x, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[8200]
	%a = linear %s, %w {slots=planes} : s21[1030]
	%h = neuron %a, %t {leak=none round=floor compare=ge reset=zero when=fire} : spike[1030]
end
	%y.sum = sum %h : u2[1030]
	%y = output %y.sum : u2[1030]
}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := emit(t, 2, net)
	w.mustRun(t, nil, w.testBinaries(t, "amd64")[0], "-test.run=Replay")
}

// TestWrongWeight shows that the replay notices one weight that is one off.
func TestWrongWeight(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	w := emit(t, 3, parse(t, testdata+"dag.sir"))
	path := filepath.Join(w.dir, "dag", "weights.bin")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[0]++
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := w.run(t, nil, w.testBinaries(t, "amd64")[0], "-test.run=Replay")
	if err == nil || !strings.Contains(out, "membrane 0 of sb is") {
		t.Errorf("a wrong weight went unnoticed: %v\n%s", err, out)
	}
}

// TestReplayOfOutputs sees a wrong output where outputs alone are expected, and no spike.
func TestReplayOfOutputs(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := parse(t, testdata+"dag.sir")
	v := vectors(t, net, 2)
	v[0].Steps[1].Spikes[0][0] ^= 1
	for _, wrong := range []int64{0, 1} {
		v[1].Outputs[0][0] += wrong
		w := workspace{dir: t.TempDir(), names: []string{net.Name}}
		w.write(t, net, backends.Options{Name: net.Name, Vectors: v, OutputsOnly: true})
		if out, err := w.run(t, nil, w.testBinaries(t, "amd64")[0], "-test.run=Replay"); (err != nil) != (wrong == 1) {
			t.Errorf("with %d wrong outputs: %v\n%s", wrong, err, out)
		}
	}
}

// TestReplaySeesStates notices each state variable that is one off, of a layer that has all.
func TestReplaySeesStates(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := irtest.ArchivedNet(t, "../../testdata/run/neuron-adapt-reset.txtar")
	for at, name := range net.Find("m").StateVars() {
		v := vectors(t, net, 1)
		v[0].Steps[4].States[2][3*at+1]++
		w := workspace{dir: t.TempDir(), names: []string{net.Name}}
		w.write(t, net, backends.Options{Name: net.Name, Vectors: v})
		if out, err := w.run(t, nil, w.testBinaries(t, "amd64")[0], "-test.run=Replay"); err == nil || !strings.Contains(out, "step 4: "+name+" 1 of m is") {
			t.Errorf("a wrong %s went unnoticed: %v\n%s", name, err, out)
		}
	}
}

// TestDeterministic demands the same files from the same net, in Go's format.
func TestDeterministic(t *testing.T) {
	net := parse(t, testdata+"dag.sir")
	v := vectors(t, net, 1)
	first := goasm.New().Emit(net, backends.Options{Name: "dag", Vectors: v})
	again := goasm.New().Emit(parse(t, testdata+"dag.sir"), backends.Options{Name: "dag", Vectors: v})
	if len(first) != len(again) {
		t.Fatalf("%d files, then %d", len(first), len(again))
	}
	for i, f := range first {
		if strings.HasSuffix(f.Name, ".go") {
			formatted, err := format.Source(f.Data)
			if err != nil || string(formatted) != string(f.Data) {
				t.Errorf("%s is not formatted (%v)", f.Name, err)
			}
			if !strings.HasPrefix(string(f.Data), "// Code generated by nomul; DO NOT EDIT.\n") {
				t.Errorf("%s does not say that it is generated", f.Name)
			}
		}
		if f.Name != again[i].Name || string(f.Data) != string(again[i].Data) {
			t.Errorf("%s differs from run to run", f.Name)
		}
	}
}
