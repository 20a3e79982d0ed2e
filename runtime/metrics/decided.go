package metrics

import (
	"strings"

	"nomul/ir"
)

const decided = ".decided"

// Decided is a net with one more neuron before each silent one that a threshold resets:
// NAME.decided, the same but that it gives the spikes, which the silent one decides by and
// does not show.
func Decided(net *ir.Net) *ir.Net {
	out := *net
	out.Values = nil
	for _, v := range net.Values {
		if a, ok := v.Attrs.(ir.NeuronAttrs); ok && a.Silent && a.Fires() {
			fires := *v
			a.Silent = false
			fires.Name, fires.Attrs = v.Name+decided, a
			fires.Type, fires.Range = ir.SpikeType(v.Type.Shape), ir.Range{Lo: 0, Hi: 1}
			out.Values = append(out.Values, &fires)
		}
		out.Values = append(out.Values, v)
	}
	return &out
}

// IsDecided reports whether a value is a neuron that Decided has added.
func IsDecided(v *ir.Value) bool { return v.Op == ir.OpNeuron && strings.HasSuffix(v.Name, decided) }
