package passes

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"nomul/frontend/onnx"
	"nomul/ir"
)

// TestReadMembranesOnIntegers: where all neurons fire alike on reals and on integers, the membranes
// that a network gives differ by rounding.
func TestReadMembranesOnIntegers(t *testing.T) {
	for _, file := range []string{
		"snntorch/leaky-last.ts17.onnx", "snntorch/leaky-largest.ts17.onnx", "snntorch/synaptic-last.ts17.onnx", "snntorch/leaky-membrane.ts17.onnx",
		"spikingjelly/lif-membrane.ts17.onnx", "norse/li-last.ts17.onnx", "norse/li-max.ts17.onnx", "norse/li-mean.ts17.onnx",
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(frameworksDir + file)
			if err != nil {
				t.Fatal(err)
			}
			net, list := onnx.Import(file, data, onnx.Options{})
			if err := list.Err(); err != nil {
				t.Fatal(err)
			}
			pixels := &Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0}, Std: []float64{1}}
			low := func(level ir.Level, o *Options) *ir.Net {
				n, err := Lower(net, level, "", o, nil)
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			holdMembranes(t, low(ir.Spiking, &Options{}), low(ir.Fixed, &Options{Pixels: pixels}))
		})
	}
}

func holdMembranes(t *testing.T, reals, integers *ir.Net) {
	const wanted, most = 4, 0.1 // samples that fire alike; the error, of the threshold, which is 1, or of the largest membrane
	r, alike := rand.New(rand.NewPCG(1, 2)), 0
	for range 64 {
		in := integers.All(ir.OpInput)[0]
		p, x := ir.NewTensor(in.Type), ir.NewTensor(ir.RealType(in.Type.Shape))
		for i := range p.I {
			p.I[i] = int64(r.IntN(256))
			x.F[i] = float64(p.I[i]) / 255
		}
		want, fired := fire(t, reals, in.Name, x)
		got, firedToo := fire(t, integers, in.Name, p)
		for name, spikes := range firedToo {
			if !slices.Equal(spikes, fired[name]) {
				want = nil
			}
		}
		if want == nil {
			continue
		}
		alike++
		for name, y := range want {
			if !y.Type.IsReal() {
				continue // spikes that are counted
			}
			scale := integers.Find(name).Scale.Data
			largest := 1.0
			for _, f := range y.F {
				largest = max(largest, math.Abs(f))
			}
			for i, f := range y.F {
				if found := float64(got[name].I[i]) * scale.F[i%len(scale.F)]; math.Abs(found-f) > most*largest {
					t.Fatalf("%s[%d] is %v on integers, %v on reals", name, i, found, f)
				}
			}
		}
	}
	if alike < wanted {
		t.Errorf("only %d samples fire alike, wanted %d", alike, wanted)
	}
}

// fire runs a net and gives its outputs and, by neuron, the spikes of all steps.
func fire(t *testing.T, n *ir.Net, input string, x *ir.Tensor) (map[string]*ir.Tensor, map[string][]int64) {
	spikes := map[string][]int64{}
	out, err := machine(t, n).Run(map[string]*ir.Tensor{input: x}, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if v.Op == ir.OpNeuron && v.Type.IsSpike() {
			spikes[v.Name] = append(spikes[v.Name], result.I...)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, spikes
}
