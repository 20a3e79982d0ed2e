package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"nomul/backends"
	"nomul/ir"
)

// FuzzStream: whatever comes from an engine is read as samples that are written
// back the same, or is refused for its length.
func FuzzStream(f *testing.F) {
	nets := streamNets(f)
	for i, net := range nets {
		for _, trace := range []bool{false, true} {
			f.Add(uint8(i), uint8(2), trace, bytes.Repeat([]byte{1, 0, 255, 128}, (2*newStream(net).size(trace)+3)/4))
		}
	}
	f.Fuzz(func(t *testing.T, which, count uint8, trace bool, data []byte) {
		s := newStream(nets[int(which)%len(nets)])
		samples := make([][][]int64, count)
		got, err := s.decode(bytes.NewReader(data), samples, trace)
		if fits := len(data) == len(samples)*s.size(trace); fits != (err == nil) {
			t.Fatalf("%d bytes for %d samples: %v", len(data), count, err)
		}
		if err == nil && !bytes.Equal(written(got), data) {
			t.Fatalf("%v is read as %v", data, got)
		}
	})
}

// written returns the bytes that an engine writes for vectors.
func written(vectors backends.Vectors) []byte {
	var out []byte
	word := func(x int32) { out = binary.LittleEndian.AppendUint32(out, uint32(x)) }
	for _, sample := range vectors {
		for _, step := range sample.Steps {
			for l := range step.Spikes {
				out = append(out, step.Spikes[l]...)
				for _, x := range step.States[l] {
					word(x)
				}
			}
		}
		for _, output := range sample.Outputs {
			for _, x := range output {
				word(int32(x))
			}
		}
	}
	return out
}

// streamNets are nets of one layer and of several, and with several outputs.
func streamNets(t testing.TB) []*ir.Net {
	t.Helper()
	var out []*ir.Net
	for layers := 1; layers <= 3; layers++ {
		b := ir.NewBuilder("stream", ir.Fixed, layers)
		must := func(v *ir.Value, err error) *ir.Value {
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		x := must(b.Input("x", ir.SpikeType(ir.ShapeOf(layers)), ir.InputAttrs{Per: ir.Step}))
		for i := range layers {
			name := func(s string) string { return fmt.Sprint(s, i) }
			theta := must(b.Const(name("theta"), ir.Ints(ir.Shape{}, []int64{1})))
			x = must(b.Add(ir.OpNeuron, name("s"), ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetZero, When: ir.WhenFire}, x, theta))
			must(b.Add(ir.OpOutput, name("y"), nil, must(b.Add(ir.OpSum, name("n"), nil, x))))
		}
		out = append(out, b.Net())
	}
	return out
}
