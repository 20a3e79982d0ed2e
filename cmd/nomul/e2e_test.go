package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/interp"
)

// frameworks is the folder of networks that the scripts of testdata/export wrote:
// those kept in the tree, or fresh ones that `make e2e` names.
func frameworks() string {
	if fresh := os.Getenv("NOMUL_E2E"); fresh != "" {
		return fresh
	}
	return "../../testdata/onnx/frameworks"
}

// export is a row of a manifest: a file, and the arrays that the framework itself
// computed on eight samples.
type export struct {
	File, Arrays string
	Steps        int
	State        [][2]string // of a file of one time step
	Readout      string
	folder       string
}

func (e *export) path() string  { return filepath.Join(e.folder, e.File) }
func (e *export) title() string { return filepath.Base(e.folder) + "/" + e.File }

func (e *export) options() *passes.Options {
	o := &passes.Options{}
	for _, s := range e.State {
		o.State, o.Steps, o.Readout = append(o.State, passes.Binding{In: s[0], Out: s[1]}), e.Steps, e.Readout
	}
	return o
}

// flags are the options on the command line.
func (e *export) flags() []string {
	if len(e.State) == 0 {
		return nil
	}
	var pairs []string
	for _, s := range e.State {
		pairs = append(pairs, s[0]+"="+s[1])
	}
	return []string{"--state", strings.Join(pairs, ","), "--steps", fmt.Sprint(e.Steps), "--readout", e.Readout}
}

func exported(t *testing.T) []*export {
	t.Helper()
	manifests, err := filepath.Glob(frameworks() + "/*/manifest.json")
	if err != nil || len(manifests) == 0 {
		t.Fatalf("%s has no manifests (%v)", frameworks(), err)
	}
	var all []*export
	for _, file := range manifests {
		var rows []*export
		if err := json.Unmarshal([]byte(read(t, file)), &rows); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, e := range rows {
			e.folder = filepath.Dir(file)
		}
		all = append(all, rows...)
	}
	return all
}

// exception is a line of testdata/export/expected.txt, which tells the kinds.
type exception struct {
	pattern, kind string
	message       *regexp.Regexp
	used          bool
}

func exceptions(t *testing.T) []*exception {
	t.Helper()
	line := regexp.MustCompile(`(?m)^([^#\s]\S*)\s+(source|refused|broken|rounded)\s+"(.*)"$`)
	var all []*exception
	for _, m := range line.FindAllStringSubmatch(read(t, "../../testdata/export/expected.txt"), -1) {
		all = append(all, &exception{pattern: m[1], kind: m[2], message: regexp.MustCompile(m[3])})
	}
	return all
}

func exceptionFor(t *testing.T, all []*exception, e *export) *exception {
	t.Helper()
	for _, x := range all {
		ok, err := path.Match(x.pattern, e.title())
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			x.used = true
			return x
		}
	}
	return &exception{kind: "exact"}
}

// Every file that a framework exports is either understood exactly (its outputs,
// every spike, one net for all exporters) or refused by name.
func TestFrameworks(t *testing.T) {
	irtest.Long(t)
	known := exceptions(t)
	nets := map[string]*ir.Net{} // the spiking net of the first export of a network
	for _, e := range exported(t) {
		x := exceptionFor(t, known, e)
		t.Run(e.title(), func(t *testing.T) {
			if x.kind != "refused" && x.kind != "broken" {
				sourceEquals(t, e)
			}
			dir := t.TempDir()
			code, text := e.attempt(t, dir)
			switch {
			case x.kind == "refused", x.kind == "source":
				if code != 1 || !x.message.MatchString(text) {
					t.Errorf("exit %d, wanted a refusal that says %q:\n%s", code, x.message, text)
				}
			case x.kind == "broken":
				if code > 1 || !strings.Contains(text, "warning") || !x.message.MatchString(text) {
					t.Errorf("exit %d, wanted a warning that says %q, got\n%s", code, x.message, text)
				}
			case code != 0:
				t.Errorf("exit %d:\n%s", code, text)
			default:
				if text != "" && !(strings.Contains(e.File, "starts-") && strings.Contains(text, "do not start from 0")) {
					t.Errorf("wanted no warnings but of first states, got\n%s", text)
				}
				spikesEqual(t, e, dir)
				oneNet(t, e, x, nets)
			}
		})
	}
	for _, x := range known {
		if !x.used && allExported(t) {
			t.Errorf("expected.txt: no file is %s", x.pattern)
		}
	}
}

// allExported reports whether all scripts have written, not some that make e2e was asked for.
func allExported(t *testing.T) bool {
	t.Helper()
	kept, err := filepath.Glob("../../testdata/onnx/frameworks/*/manifest.json")
	fresh, ferr := filepath.Glob(frameworks() + "/*/manifest.json")
	if err = errors.Join(err, ferr); err != nil {
		t.Fatal(err)
	}
	return len(fresh) >= len(kept)
}

// sourceEquals runs a file as it is, step by step where it is a single one.
func sourceEquals(t *testing.T, e *export) {
	t.Helper()
	want := arrays(t, filepath.Join(e.folder, e.Arrays))
	net := loaded(t, e.path())
	machine, err := interp.New(net)
	if err != nil {
		t.Error(err)
		return
	}
	for i := range want["x"].Shape[0] {
		got, err := e.run(net, machine, want["x"], i)
		if err != nil {
			t.Error(err)
			return
		}
		for name, y := range got {
			within(t, "source level: "+name, y, part(want[name], i), 1e-5)
		}
	}
}

// run runs sample i of a file; a single step as often as there are steps.
func (e *export) run(net *ir.Net, machine *interp.Machine, x *dataset.Array, i int) (map[string][]float64, error) {
	in := map[string]*ir.Tensor{}
	for _, v := range net.All(ir.OpInput) {
		in[v.Name] = ir.NewTensor(v.Type)
	}
	in["x"] = ir.Reals(in["x"].Type.Shape, part(x, i))
	if len(e.State) == 0 {
		out, err := machine.Run(in, nil)
		return numbers(out), err
	}
	y := make([]float64, net.Find("y").Type.Size())
	for range e.Steps {
		out, err := machine.Run(in, nil)
		if err != nil {
			return nil, err
		}
		for k := range y {
			y[k] += out["y"].F[k] / map[string]float64{"sum": 1, "mean": float64(e.Steps)}[e.Readout]
		}
		for _, s := range e.State {
			in[s[0]] = out[s[1]]
		}
	}
	return map[string][]float64{"y": y}, nil
}

func numbers(out map[string]*ir.Tensor) map[string][]float64 {
	all := map[string][]float64{}
	for name, t := range out {
		for i := range t.Type.Size() {
			all[name] = append(all[name], t.At(i))
		}
	}
	return all
}

// part is element i of an array along its first axis.
func part(a *dataset.Array, i int) []float64 {
	n := a.Len() / a.Shape[0]
	out := make([]float64, n)
	for k := range out {
		out[k] = a.At(i*n + k)
	}
	return out
}

func within(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, wanted %d", what, len(got), len(want))
		return
	}
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(got[i]-want[i]))
	}
	if !(worst <= tolerance) {
		t.Errorf("%s differs by %v", what, worst)
	}
}

// attempt runs the spiking level on the command line, where warnings can be read.
func (e *export) attempt(t *testing.T, dir string) (code int, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	args := append([]string{"run", e.path(), "-i", e.input(t, dir), "-o", dir + "/out.npz",
		"--trace", dir + "/trace.npz", "--level", "spiking"}, e.flags()...)
	return run(args, &out, &err), err.String()
}

// input writes a file with the samples alone, without the framework's results, and returns its path.
func (e *export) input(t *testing.T, dir string) string {
	t.Helper()
	x := arrays(t, filepath.Join(e.folder, e.Arrays))["x"]
	if err := dataset.WriteArrays(dir+"/x.npz", map[string]*dataset.Array{"x": x}); err != nil {
		t.Fatal(err)
	}
	return dir + "/x.npz"
}

// spikesEqual holds outputs and every spike of the spiking level against the framework's.
func spikesEqual(t *testing.T, e *export, dir string) {
	t.Helper()
	want, got, traces := arrays(t, filepath.Join(e.folder, e.Arrays)), arrays(t, dir+"/out.npz"), arrays(t, dir+"/trace.npz")
	for name, y := range got {
		within(t, "spiking level: "+name, part(whole(y), 0), part(whole(want[name]), 0), 1e-5)
	}
	net, err := passes.Lower(loaded(t, e.path()), ir.Spiking, "", e.options(), nil)
	if err != nil {
		t.Error(err)
		return
	}
	if net.Steps == 1 && e.Steps > 1 {
		stepsEqual(t, net, traces, want)
		return
	}
	layer, readers := 0, net.Readers()
	for _, v := range net.Neurons() {
		if a, ok := v.Attrs.(ir.NeuronAttrs); v.Type.IsReal() || v.Clock != ir.Step || ok && comparesOnce(a, readers[v]) {
			continue
		}
		layer++
		w := want[fmt.Sprintf("spk%d", layer)]
		if w == nil {
			t.Errorf("layer %d (%s) is one too many", layer, v.Name)
			return
		}
		if !stretchOf(traces[v.Name], w) {
			t.Errorf("spikes of %s are not those of the framework", v.Name)
		}
	}
	if want[fmt.Sprintf("spk%d", layer+1)] != nil {
		t.Errorf("%d layers of neurons, the framework has more", layer)
	}
}

// stepsEqual holds the layers of a net that has the time steps side by side, as of parallel spiking neurons,
// against the framework's in each step, each way round: steps that are alike are one layer.
func stepsEqual(t *testing.T, net *ir.Net, traces, want map[string]*dataset.Array) {
	t.Helper()
	met := map[string]bool{}
	for _, v := range net.Neurons() {
		known := false
		for layer := 1; want[fmt.Sprintf("spk%d", layer)] != nil; layer++ {
			all := want[fmt.Sprintf("spk%d", layer)]
			for step := range all.Shape[1] {
				if stepOf(traces[v.Name], all, step) {
					met[fmt.Sprint(layer, " in step ", step)], known = true, true
				}
			}
		}
		if !known {
			t.Errorf("spikes of %s are not those of the framework in any step", v.Name)
		}
	}
	for layer := 1; want[fmt.Sprintf("spk%d", layer)] != nil; layer++ {
		for step := range want[fmt.Sprintf("spk%d", layer)].Shape[1] {
			if at := fmt.Sprint(layer, " in step ", step); !met[at] {
				t.Errorf("no neurons have the spikes of layer %s", at)
			}
		}
	}
}

// stepOf reports whether spikes of samples and neurons are those of a step.
func stepOf(got, all *dataset.Array, step int) bool {
	samples, steps, neurons := all.Shape[0], all.Shape[1], all.Len()/all.Shape[0]/all.Shape[1]
	if got.Len() != samples*neurons {
		return false
	}
	for i := range got.Len() {
		if got.At(i) != all.At(i/neurons*steps*neurons+step*neurons+i%neurons) {
			return false
		}
	}
	return true
}

// stretchOf reports whether spikes of samples, steps and neurons are those of a stretch of steps. A
// net leaves out first steps in which nothing has come in, and last ones that no output reads.
func stretchOf(got, all *dataset.Array) bool {
	samples, steps, of, neurons := all.Shape[0], got.Shape[1], all.Shape[1], all.Len()/all.Shape[0]/all.Shape[1]
	for first := range of - steps + 1 {
		same := samples == got.Shape[0] && got.Len() == samples*steps*neurons
		for i := 0; same && i < got.Len(); i++ {
			sample, rest := i/(steps*neurons), i%(steps*neurons)
			same = got.At(i) == all.At(sample*of*neurons+first*neurons+rest)
		}
		if same {
			return true
		}
	}
	return false
}

// comparesOnce reports whether a neuron is a comparison of a sum over all steps, of
// which a framework has no spikes in each step: an output shows those of the last.
func comparesOnce(a ir.NeuronAttrs, readers []*ir.Value) bool {
	last := len(readers) == 1 && readers[0].Op == ir.OpLast
	return last && a.Leak.Kind == ir.LeakNone && a.Reset == ir.ResetNone
}

// whole is an array with an axis of 1 in front.
func whole(a *dataset.Array) *dataset.Array {
	b := *a
	b.Shape = append([]int{1}, a.Shape...)
	return &b
}

// oneNet demands that all exports of a network give one spiking net; where the
// exporter has rounded weights, that the numbers in it differ by no more than that.
func oneNet(t *testing.T, e *export, x *exception, nets map[string]*ir.Net) {
	t.Helper()
	net, err := passes.Lower(loaded(t, e.path()), ir.Spiking, "", e.options(), nil)
	if err != nil {
		t.Error(err)
		return
	}
	key := filepath.Join(e.folder, e.Arrays)
	first := nets[key]
	if first == nil {
		nets[key] = net
		return
	}
	got, want := anonymous(t, net), anonymous(t, first)
	if x.kind == "rounded" {
		got, want = numberless(got), numberless(want)
	}
	if got != want {
		t.Errorf("this export gives another net:\n%s\nthe first gave\n%s", got, want)
		return
	}
	for i, v := range net.All(ir.OpConst) {
		within(t, v.Name, numbersOf(v), numbersOf(first.All(ir.OpConst)[i]), 1e-6)
	}
}

var constant = regexp.MustCompile(`= const {.*}`)

// numberless is the text of a net without the numbers of its constants.
func numberless(text string) string { return constant.ReplaceAllString(text, "= const") }

func numbersOf(v *ir.Value) []float64 {
	return numbers(map[string]*ir.Tensor{"": v.Const()})[""]
}
