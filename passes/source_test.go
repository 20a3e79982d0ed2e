package passes

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"

	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
)

// TestArchives runs each pass of the source level on the nets in its archives:
// in.sir must become out.sir and compute the same, or fail with the error.
func TestArchives(t *testing.T) {
	for _, p := range All {
		for _, path := range irtest.Files(t, "../testdata/passes/"+p.Name+"-*.txtar") {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { archive(t, p, path) })
		}
	}
}

func archive(t *testing.T, p Pass, path string) {
	a := irtest.Load(t, path)
	in := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
	o := &Options{}
	if irtest.Has(a, "pixels") { // the normalisation that the archive is compiled with
		o.Pixels = &Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.5}, Std: []float64{0.25}}
	}
	var told []string
	if irtest.Has(a, "options") {
		setOptions(t, o, irtest.Section(t, path, a, "options"))
		o.Tell = func(d *diag.Diagnostic) { told = append(told, d.Error()) }
	}
	out, err := Apply(p, in, o)
	if len(told) > 0 {
		irtest.Check(t, path, a, "told", strings.Join(told, "\n"))
	}
	if err != nil {
		if _, bug := err.(*Bug); bug {
			t.Fatal(err)
		}
		irtest.Check(t, path, a, "error", err.Error())
		return
	}
	irtest.Check(t, path, a, "out.sir", ir.Print(out, ""))
	if in.All(ir.OpInput)[0].Type == out.All(ir.OpInput)[0].Type && out.Level != ir.Fixed && o.Steps == 0 {
		same(t, p.Name, in, out)
	}
}

// setOptions reads the choices of an archive, key=value separated by spaces.
func setOptions(t *testing.T, o *Options, text string) {
	for _, item := range strings.Fields(text) {
		key, value, _ := strings.Cut(item, "=")
		switch key {
		case "state":
			in, out, _ := strings.Cut(value, "=")
			o.State = append(o.State, Binding{in, out})
		case "steps":
			o.Steps, _ = strconv.Atoi(value)
		case "readout":
			o.Readout = value
		case "stream":
			o.Stream = true
		default:
			t.Fatalf("option %q is not known", item)
		}
	}
}

// TestEveryRule: the archive of each canonical rule comes out differently without
// the rule.
func TestEveryRule(t *testing.T) {
	for i, rule := range canonicalRules {
		path := "../testdata/passes/canonicalise-" + rule.name + ".txtar"
		a := irtest.Load(t, path)
		in := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
		others := append(append([]canonicalRule{}, canonicalRules[:i]...), canonicalRules[i+1:]...)
		out, err := canonical(in, others)
		if err != nil {
			t.Fatal(err)
		}
		if ir.Print(out, "") == irtest.Section(t, path, a, "out.sir") {
			t.Errorf("%s does not need the rule %s (%s)", path, rule.name, rule.doc)
		}
	}
}

const trained = "../testdata/models/fmnist-mlp-sj/"

// raised is each export of the trained network behind raise-neurons, by file.
func raised(t *testing.T) map[string]*ir.Net {
	t.Helper()
	files, err := filepath.Glob(trained + "*.onnx")
	if err != nil || len(files) != 4 {
		t.Fatalf("found %v (%v), wanted 4 files", files, err)
	}
	out := map[string]*ir.Net{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		net, list := onnx.Import(file, data, onnx.Options{Load: irtest.Beside(file)})
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		if out[file], err = Lower(net, ir.Spiking, "raise-neurons", &Options{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestExportsAgree: all exports of one trained network give the same spiking net,
// line for line, but for names.
func TestExportsAgree(t *testing.T) {
	want := ""
	for file, net := range raised(t) {
		got := anonymous(net)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s gives another net:\n%s\nthan another export:\n%s", file, got, want)
		}
	}
	if !strings.Contains(want, "spiking steps=4") || strings.Count(want, "= neuron ") != 2 {
		t.Errorf("not two neuron layers over four steps:\n%s", want)
	}
}

// TestTrainedSpikes: the neurons of every export fire as the framework's did, at
// every step, and the outputs are the framework's.
func TestTrainedSpikes(t *testing.T) {
	images, outputs := array[float32](t, "io.npz", "x"), array[float32](t, "io.npz", "y")
	spikes := [][]uint8{array[uint8](t, "trace.npz", "lif1"), array[uint8](t, "trace.npz", "lif2")}
	for file, net := range raised(t) {
		m := machine(t, net)
		layers := net.All(ir.OpNeuron)
		for sample := range 8 {
			x := ir.NewTensor(net.Find("x").Type)
			for i := range x.F {
				x.F[i] = float64(images[sample*len(x.F)+i])
			}
			differ := 0
			out, err := m.Run(map[string]*ir.Tensor{"x": x}, func(step int, v *ir.Value, result, _ *ir.Tensor) {
				if layer := slices.Index(layers, v); layer >= 0 {
					from := (sample*net.Steps + step) * len(result.I)
					for i, s := range result.I {
						if int64(spikes[layer][from+i]) != s {
							differ++
						}
					}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if differ > 0 {
				t.Errorf("%s, sample %d: %d spikes differ", file, sample, differ)
			}
			for i, f := range out["y"].F {
				if d := math.Abs(f - float64(outputs[sample*10+i])); !(d <= 1e-5) {
					t.Errorf("%s, sample %d: y[%d] differs by %g", file, sample, i, d)
				}
			}
		}
	}
}

// array reads an array of the trained network's records.
func array[T any](t *testing.T, file, name string) []T {
	t.Helper()
	f, err := npz.Open(trained + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	if err := f.Read(name+".npy", &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// anonymous is the text of a net with its values numbered in order.
func anonymous(n *ir.Net) string {
	plain := *n
	plain.Name = "net"
	text := regexp.MustCompile(`file="[^"]*"`).ReplaceAllString(ir.Print(&plain, "x"), `file=""`)
	names := map[string]string{}
	return regexp.MustCompile(`%[^ ,]+`).ReplaceAllStringFunc(text, func(name string) string {
		if names[name] == "" {
			names[name] = "%" + string(rune('0'+len(names)/10)) + string(rune('0'+len(names)%10))
		}
		return names[name]
	})
}
