package cost

import (
	"math/bits"

	"nomul/ir"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
)

// Layer has the counts of a layer that energies are made of, per sample.
type Layer struct {
	record.LayerCost
	// Synops are the additions for spikes and set bits.
	Synops float64 `json:"synops"`
}

// Rate is the share of additions that happen: with equal fan-outs, spikes per input and step.
func (l Layer) Rate() float64 {
	if l.Slots == 0 {
		return 0
	}
	return l.Synops / float64(l.Slots)
}

// Layers counts the layers of a net at the fixed level, without any spikes.
func Layers(net *ir.Net) []record.LayerCost {
	out, driven, words := []record.LayerCost{}, fromNeurons(net), wordsOf(net)
	for _, p := range metrics.Parts(net) {
		l := Layer{LayerCost: record.LayerCost{Name: p.Head.Name, Outputs: int64(p.Head.Type.Size()), Steps: int64(net.Steps)}}
		for _, v := range p.Weighted {
			l.weigh(net, v)
			l.Spiking = l.Spiking || driven[v] || isSign(v.Arg(0))
			l.Words = l.Words || words[v.Arg(0)]
		}
		for _, v := range p.Others {
			l.update(net, v)
		}
		l.finish(net, p)
		out = append(out, l.LayerCost)
	}
	return out
}

// Measured are layers with the synaptic operations that were measured, by name.
func Measured(layers []record.LayerCost, activity metrics.Activity) []Layer {
	synops := map[string]float64{}
	for _, l := range activity.Layers {
		synops[l.Name] = l.Synops
	}
	out := make([]Layer, len(layers))
	for i, l := range layers {
		out[i] = Layer{l, synops[l.Name]}
	}
	return out
}

// weigh adds a weighted op.
func (l *Layer) weigh(net *ir.Net, v *ir.Value) {
	x, w, connections, calls := v.Arg(0), v.Arg(1), metrics.Connections(v), metrics.Calls(net, v)
	l.Connections += connections
	l.Slots += connections * calls
	l.Calls = max(l.Calls, calls)
	l.Weights += int64(w.Type.Size())
	l.Inputs += int64(x.Type.Size())
	l.WeightBits = max(l.WeightBits, int(w.Type.Bits))
	l.ANNWeightBits = max(l.ANNWeightBits, l.WeightBits)
	if w.Const() == nil {
		l.ANNWeightBits = max(l.ANNWeightBits, matched(net, w))
	}
	l.InputBits = max(l.InputBits, matched(net, x))
	if bias := v.Arg(2); bias != nil {
		l.ANNUpdates += float64(v.Type.Size())
		l.Parameters += metrics.Bytes(bias.Type) * calls
	}
	if v.Op != ir.OpMatmul { // its additions are all among the synaptic operations
		l.count(metrics.Elementwise(v, net.Steps).Times(float64(calls)))
	}
}

func isSign(v *ir.Value) bool { return v.Range.Lo >= -1 && v.Range.Hi <= 1 }

// update adds a value besides: neurons, pools, sums over time.
func (l *Layer) update(net *ir.Net, v *ir.Value) {
	once := metrics.Elementwise(v, net.Steps)
	l.count(once.Times(float64(metrics.Calls(net, v))))
	if v.IsNeuron() {
		for _, p := range v.Args {
			if p.Const() != nil && p.Type.Size() > 1 {
				l.Parameters += metrics.Bytes(p.Type) * int64(net.Steps)
			}
		}
	} else if v.Op.Class() != ir.OverTime && !isWord(v) {
		l.ANNUpdates += total(once)
	}
}

func (l *Layer) count(o metrics.Operations) {
	l.Updates += total(o)
	l.Multiplies += o.Multiplies
}

// finish adds what depends on the kind of the layer. The network without spikes rounds a sum by a product, and cuts
// it by two comparisons.
func (l *Layer) finish(net *ir.Net, p metrics.Part) {
	l.OutputBits, l.StateBytes = int(p.Head.Type.Bits), stored(int(p.Head.Type.Bits))
	if bits := wordBehind(net, p.Head); bits > 0 {
		l.OutputBits = bits
	} else if !p.Head.IsNeuron() {
		return
	}
	l.Activations = l.Outputs
	l.ANNUpdates += 2 * float64(l.Outputs)
	if p.Head.IsNeuron() {
		l.Stateful, l.OutputBits = true, matched(net, p.Head)
		l.StateBytes = stored(width(p.Head.State)) * int64(len(p.Head.StateVars()))
	}
}

// wordBehind are the bits of the words that a weighted op's sums become; 0 where they become none.
func wordBehind(net *ir.Net, head *ir.Value) int {
	made, bits := map[*ir.Value]bool{head: true}, 0
	for _, v := range net.Values {
		for _, a := range v.Args {
			if a == nil || !made[a] || v.Op.Class() == ir.Contract || v.IsNeuron() {
				continue
			}
			if isWord(v) {
				bits = max(bits, int(v.Type.Bits))
			} else {
				made[v] = true
			}
		}
	}
	return bits
}

// total is the number of operations but products, whatever their kind.
func total(o metrics.Operations) float64 {
	return o.Adds + o.Subtracts + o.Compares + o.Shifts + o.Selects + o.Logic + o.Popcounts + o.Lookups
}

// matched are the bits with which a network without spikes says in one number as much as a value does in all
// steps by its sum: of spikes in T steps ⌈log2(T+1)⌉.
func matched(net *ir.Net, v *ir.Value) int {
	span := v.Range.Hi - v.Range.Lo
	if v.Clock == ir.Step {
		span *= int64(net.Steps)
	}
	return bits.Len64(uint64(span))
}

// Bits are those of the activations of the network without spikes that is as fine as so many steps.
func Bits(steps int) int { return bits.Len64(uint64(steps)) }

// width is that of a signed integer of a range.
func width(r ir.Range) int {
	return 1 + max(bits.Len64(uint64(max(r.Hi, 0))), bits.Len64(uint64(max(-r.Lo-1, 0))))
}

// stored are the bytes of an integer as memories have it: 1, 2, 4 or 8.
func stored(width int) int64 {
	bytes := int64(1)
	for bytes*8 < int64(width) {
		bytes *= 2
	}
	return bytes
}

// fromNeurons tells the values that depend on neurons or words.
func fromNeurons(net *ir.Net) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, v := range net.Values {
		for _, a := range v.Args {
			if a != nil && (out[a] || a.IsNeuron() || isWord(a) || a.Op == ir.OpDelay) {
				out[v] = true
			}
		}
	}
	return out
}

// wordsOf tells the values that are words of activations, or made of such without weights.
func wordsOf(net *ir.Net) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, v := range net.Values {
		out[v] = isWord(v)
		for _, a := range v.Args {
			out[v] = out[v] || out[a] && v.Op.Class() != ir.Contract && !v.IsNeuron()
		}
	}
	return out
}

func isWord(v *ir.Value) bool { return v.Op == ir.OpLevels || v.Op == ir.OpTable }
