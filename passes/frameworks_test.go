package passes

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/irtest"
)

const frameworksDir = "../testdata/onnx/frameworks/"

// exported is a small network that a framework exported, with its own results.
type exported struct {
	File     string
	Arrays   string
	Steps    int
	State    [][2]string
	Readout  string
	Compared *bool // whether the results are those of the file; yes when absent
}

// TestFrameworks raises every network that the export scripts made. One that is
// raised must answer as its framework did; those that are refused are written
// down, with the reason.
func TestFrameworks(t *testing.T) {
	irtest.Long(t)
	path := "../testdata/onnx/refused.txtar"
	archive := irtest.Load(t, path)
	for _, manifest := range irtest.Files(t, frameworksDir+"*/manifest.json") {
		folder := filepath.Dir(manifest)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			data, err := os.ReadFile(manifest)
			if err != nil {
				t.Fatal(err)
			}
			var list []exported
			if err := json.Unmarshal(data, &list); err != nil {
				t.Fatal(err)
			}
			refused := []string{}
			for _, e := range list {
				if err := e.raisedOf(t, folder); err != nil {
					refused = append(refused, err.Error())
				}
			}
			irtest.Check(t, path, archive, filepath.Base(folder), strings.Join(refused, "\n"))
		})
	}
}

// raise raises the network and holds it against the framework, or says why it is refused.
func (e exported) raisedOf(t *testing.T, folder string) error {
	file := filepath.Join(folder, e.File)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	net, list := onnx.Import(e.File, data, onnx.Options{Load: irtest.Beside(file)})
	if err := list.Err(); err != nil {
		return err
	}
	o := &Options{}
	for _, s := range e.State {
		o.State = append(o.State, Binding{In: s[0], Out: s[1]})
		o.Steps, o.Readout = e.Steps, e.Readout
	}
	low, err := Lower(net, ir.Spiking, "", o, nil)
	if err != nil {
		if _, bug := err.(*Bug); bug {
			t.Errorf("%s: %v", e.File, err)
		}
		return err
	}
	if e.Compared == nil || *e.Compared {
		e.hold(t, folder, low)
	}
	return nil
}

// hold runs the raised network on the framework's samples.
func (e exported) hold(t *testing.T, folder string, n *ir.Net) {
	arrays, err := npz.Open(filepath.Join(folder, e.Arrays))
	if err != nil {
		t.Fatal(err)
	}
	defer arrays.Close()
	x := array[float32](t, arrays, "x")
	input, run := n.All(ir.OpInput)[0], machine(t, n)
	outputs := n.All(ir.OpOutput)
	size := input.Type.Size()
	if input.Clock == ir.Step {
		size *= n.Steps
	}
	places := input.Attrs.(ir.InputAttrs).Places(n.Steps, input.Type.Shape)
	if places != nil {
		size = ir.ShapeOf(input.Attrs.(ir.InputAttrs).Of...).Size()
	}
	for sample := range len(x) / size {
		in := ir.NewTensor(input.Type)
		if input.Clock == ir.Step {
			in = ir.NewTensor(ir.RealType(ir.ShapeOf(append([]int{n.Steps}, input.Type.Shape.Dims()...)...)))
		}
		for i := range in.F {
			at := i
			if places != nil {
				at = places[i]
			}
			in.F[i] = float64(x[sample*size+at])
		}
		out, err := run.Run(map[string]*ir.Tensor{input.Name: in}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outputs {
			e.same(t, o.Name, out[o.Name], array[float32](t, arrays, recorded(arrays, o.Name)), sample)
		}
	}
}

// recorded is the array of an output: its own name, else y.
func recorded(arrays *npz.Reader, name string) string {
	for _, key := range arrays.Keys() {
		if strings.TrimSuffix(key, ".npy") == name {
			return name
		}
	}
	return "y"
}

func (e exported) same(t *testing.T, name string, got *ir.Tensor, want []float32, sample int) {
	size := got.Type.Size()
	for i := range size {
		if d := math.Abs(got.At(i) - float64(want[sample*size+i])); !(d <= 1e-5) {
			t.Errorf("%s, sample %d: %s[%d] is %v, the framework's %v", e.File, sample, name, i, got.At(i), want[sample*size+i])
			return
		}
	}
}
