package passes

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
	"nomul/passes/canonical"
	"nomul/runtime/interp"
)

// TestArchives runs each pass of the source level on the nets in its archives:
// in.sir must become out.sir and compute the same, or fail with the error.
func TestArchives(t *testing.T) {
	irtest.Long(t)
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
	}
	o.Tell = func(d *diag.Diagnostic) { told = append(told, d.Error()) }
	o.Note = func(v *ir.Value, text string) { told = append(told, v.Name+": "+text) }
	if irtest.Has(a, "error") && irtest.Has(a, "out.sir") {
		t.Errorf("%s expects both a net and an error", path)
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
	if p.Name == "drop-softmax" {
		sameRows(t, in, out)
		return
	}
	if in.All(ir.OpInput)[0].Type == out.All(ir.OpInput)[0].Type && out.Level == in.Level && o.InputType.Kind == 0 && o.Steps == 0 && o.Readout == "" && !o.MembraneResiduals && o.Samples == nil {
		same(t, p.Name, in, out)
	}
}

// stepOf is the scale of an output that is integers; 0 of others.
func stepOf(n *ir.Net, name string) float64 {
	for _, v := range n.All(ir.OpOutput) {
		if v.Name == name && v.Scale != nil && !v.Type.IsReal() {
			return v.Scale.Data.F[0]
		}
	}
	return 0
}

// sameRows demands that the last axes of a net's outputs are the softmax of
// another's, or its logarithm, or the sigmoid or tanh of its elements, or the same; of one that is rounded to steps, the
// softmax within half a step.
func sameRows(t *testing.T, before, after *ir.Net) {
	a, b := machine(t, before), machine(t, after)
	for i, in := range irtest.Inputs(before, 3, 12) {
		want, err := a.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, w := range want {
			s := w.Type.Shape
			row := s.Dim(s.Rank() - 1)
			for j := range w.Type.Size() {
				sum := 0.0
				for k := range row {
					sum += math.Exp(got[name].At(j/row*row + k))
				}
				y := got[name].At(j)
				off := min(distance(w.At(j), 1/(1+math.Exp(-y))), distance(w.At(j), math.Tanh(y)))
				if step := stepOf(before, name); step > 0 && math.Abs(w.At(j)*step-math.Exp(y)/sum) <= step/2 {
					continue
				}
				if min(off, distance(w.At(j), y), distance(w.At(j), math.Exp(y)/sum), distance(w.At(j), y-math.Log(sum))) > 1e-5 {
					t.Fatalf("sample %d: %s[%d] was %v, is %v", i, name, j, w.At(j), y)
				}
			}
		}
	}
}

// setOptions reads the choices of an archive, key=value separated by spaces.
func setOptions(t *testing.T, o *Options, text string) {
	for _, item := range strings.Fields(text) {
		key, value, _ := strings.Cut(item, "=")
		switch key {
		case "state":
			in, rest, _ := strings.Cut(value, "=")
			out, start, _ := strings.Cut(rest, "=")
			b := Binding{In: in, Out: out}
			b.Start, _ = strconv.ParseFloat(start, 64) // 0 where none is said
			o.State = append(o.State, b)
		case "steps":
			o.Steps, _ = strconv.Atoi(value)
		case "readout":
			o.Readout = value
		case "input-type":
			o.InputType, _ = ir.ParseElem(value)
		case "stream":
			o.Stream = true
		case "samples": // of %x, such as 1,2/0,-1
			o.Samples = sampled(t, value)
		case "levels":
			o.Activations.All, _ = strconv.Atoi(value)
		case "thresholds":
			o.Thresholds = value
		case "pipelined":
			o.Pipelined, _ = strconv.Atoi(value)
		case "csd-digits":
			o.CSDDigits, _ = strconv.Atoi(value)
		case "residual":
			o.MembraneResiduals = value == "membrane"
		default:
			t.Fatalf("option %q is not known", item)
		}
	}
}

// sampled runs nets on samples of %x, which are written out.
func sampled(t *testing.T, text string) func(*ir.Net, []*ir.Value, func(sample, step int, v *ir.Value, t *ir.Tensor)) error {
	var samples [][]float64
	for _, sample := range strings.Split(text, "/") {
		var list []float64
		for _, number := range strings.Split(sample, ",") {
			f, err := strconv.ParseFloat(number, 64)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, f)
		}
		samples = append(samples, list)
	}
	return func(net *ir.Net, want []*ir.Value, see func(sample, step int, v *ir.Value, t *ir.Tensor)) error {
		return interp.Observe(net, want, 1, len(samples), func(i int) (map[string]*ir.Tensor, error) {
			x := ir.NewTensor(net.Find("x").Type)
			copy(x.F, samples[i])
			for k := range x.I {
				x.I[k] = int64(samples[i][k])
			}
			return map[string]*ir.Tensor{"x": x}, nil
		}, see)
	}
}

// TestEveryRule: the archive of each canonical rule comes out differently without
// the rule.
func TestEveryRule(t *testing.T) {
	for i, rule := range canonical.CanonicalRules {
		path := "../testdata/passes/canonicalise-" + rule.Name + ".txtar"
		a := irtest.Load(t, path)
		in := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
		others := append(append([]canonical.CanonicalRule{}, canonical.CanonicalRules[:i]...), canonical.CanonicalRules[i+1:]...)
		out, err := canonical.Canonical(in, others)
		if err != nil {
			t.Fatal(err)
		}
		if ir.Print(out, "") == irtest.Section(t, path, a, "out.sir") {
			t.Errorf("%s does not need the rule %s (%s)", path, rule.Name, rule.Doc)
		}
	}
}
