package metrics

import (
	"math/bits"

	"nomul/ir"
)

// Activity is what a net does on average over samples.
type Activity struct {
	Layers []Layer `json:"layers"`
	Totals Totals  `json:"totals"`
}

// Layer is one layer of neurons, or a readout: a weighted op that no neuron reads.
type Layer struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // neuron or readout
	Neurons int    `json:"neurons"`
	// SpikeRate is spikes per neuron and time step; 0 for a readout.
	SpikeRate float64 `json:"spike_rate"`
	// Synops are the synaptic operations per sample that bring the layer its
	// input. One is one element of a weight row, added for one spike or for
	// one set bit of a word.
	Synops float64 `json:"synops"`
}

// Totals are per sample, over the whole net.
type Totals struct {
	Synops float64 `json:"synops"`
	Spikes float64 `json:"spikes"`
	// DenseMACs are the multiply-accumulates that the same weighted ops cost
	// when every operand is a number: the price without spikes.
	DenseMACs int64 `json:"dense_macs"`
}

// Counter gathers the activity of a net over samples. It serves one goroutine;
// counters of one net can be merged.
type Counter struct {
	net     *ir.Net
	samples int
	spikes  map[*ir.Value]int64 // of a neuron
	synops  map[*ir.Value]int64 // of a weighted op
	data    map[*ir.Value]*ir.Tensor
	fan     map[*ir.Value][]int64 // of a weighted op: the weights that each element of its operand meets
}

// NewCounter prepares to count on a net.
func NewCounter(net *ir.Net) *Counter {
	c := &Counter{net: net,
		spikes: map[*ir.Value]int64{}, synops: map[*ir.Value]int64{},
		data: map[*ir.Value]*ir.Tensor{}, fan: map[*ir.Value][]int64{}}
	for _, v := range net.Values {
		if !weighted(v) {
			continue
		}
		c.fan[v] = fanOut(v)
		c.data[v.Arg(0)] = v.Arg(0).Const() // nil until it is seen
	}
	return c
}

// weighted tells whether an op sums up weights.
func weighted(v *ir.Value) bool { return v.Op == ir.OpLinear || v.Op == ir.OpConv }

// Sample tells that a sample has been run.
func (c *Counter) Sample() { c.samples++ }

// Tap counts one value of a step; it is an interp.Tap.
func (c *Counter) Tap(_ int, v *ir.Value, result, _ *ir.Tensor) {
	if v.Op == ir.OpNeuron {
		for _, s := range result.I {
			c.spikes[v] += s
		}
	}
	if _, watched := c.data[v]; watched {
		c.data[v] = result
	}
	if fan := c.fan[v]; fan != nil {
		c.synops[v] += cost(v.Arg(0), c.data[v.Arg(0)], fan)
	}
}

// fanOut is the number of weights that each element of a weighted op's operand
// meets: all outputs of a linear, and of a convolution the outputs of its group
// at each place whose window has a tap on it.
func fanOut(v *ir.Value) []int64 {
	x, w := v.Arg(0).Type.Shape, v.Arg(1).Type.Shape
	a, isConv := v.Attrs.(ir.ConvAttrs)
	perPlace := int64(w.Dim(0))
	out := []int64{perPlace}
	if isConv {
		out[0] /= int64(a.Groups)
		windows := ir.WindowsOf(v)
		for axis, extent := range windows.In {
			places := make([]int64, extent)
			for o := range windows.Out[axis] {
				lo, hi := windows.Span(axis, o)
				for tap := lo; tap < hi; tap++ {
					places[o*windows.Stride[axis]-windows.Begin[axis]+tap*windows.Dilation[axis]]++
				}
			}
			var next []int64
			for _, n := range out {
				for _, p := range places {
					next = append(next, n*p)
				}
			}
			out = next
		}
	}
	full := make([]int64, x.Size())
	for i := range full {
		full[i] = out[i%len(out)]
	}
	return full
}

// cost is what an operand costs: its spikes, its entries where they are −1, 0 or
// 1, or the set bits of its words, each times the weights it meets. Real numbers
// have no spikes to count.
func cost(v *ir.Value, data *ir.Tensor, fan []int64) int64 {
	if data == nil {
		return 0
	}
	mask := uint64(1)<<min(v.Type.Bits, 63) - 1
	ternary := v.Range.Lo >= -1 && v.Range.Hi <= 1
	var n int64
	for i, x := range data.I {
		switch {
		case x == 0:
		case ternary:
			n += fan[i]
		default:
			n += fan[i] * int64(bits.OnesCount64(uint64(x)&mask))
		}
	}
	return n
}

// Merge adds what another counter of the same net has seen.
func (c *Counter) Merge(other *Counter) {
	c.samples += other.samples
	for v, n := range other.spikes {
		c.spikes[v] += n
	}
	for v, n := range other.synops {
		c.synops[v] += n
	}
}

// Activity is the average over the samples so far.
func (c *Counter) Activity() Activity {
	samples := float64(max(1, c.samples))
	out := Activity{Layers: []Layer{}}
	feeds := feeders(c.net)
	for _, v := range c.net.Values {
		fed, layer := feeds[v]
		if v.Op != ir.OpNeuron && !layer {
			continue
		}
		l := Layer{Name: v.Name, Kind: "readout", Neurons: v.Type.Size()}
		for _, linear := range fed {
			l.Synops += float64(c.synops[linear]) / samples
		}
		if v.Op == ir.OpNeuron {
			spikes := float64(c.spikes[v]) / samples
			l.Kind, l.SpikeRate = "neuron", spikes/float64(l.Neurons*c.net.Steps)
			out.Totals.Spikes += spikes
		}
		out.Totals.Synops += l.Synops
		out.Layers = append(out.Layers, l)
	}
	out.Totals.DenseMACs = DenseMACs(c.net)
	return out
}

// feeders maps every neuron to the weighted ops that bring its input, and every
// one that reaches none to itself. One that reaches several neurons belongs to
// the first.
func feeders(net *ir.Net) map[*ir.Value][]*ir.Value {
	readers := net.Readers()
	out := map[*ir.Value][]*ir.Value{}
	for _, v := range net.Values {
		if !weighted(v) {
			continue
		}
		to := reached(v, readers, map[*ir.Value]bool{})
		if to == nil {
			to = v
		}
		out[to] = append(out[to], v)
	}
	return out
}

// reached is the first neuron that reads a value, directly or through ops
// without weights; nil when there is none.
func reached(v *ir.Value, readers map[*ir.Value][]*ir.Value, seen map[*ir.Value]bool) *ir.Value {
	for _, r := range readers[v] {
		if r.Op == ir.OpNeuron {
			return r
		}
		if seen[r] || weighted(r) || r.Op == ir.OpMatmul {
			continue
		}
		seen[r] = true
		if to := reached(r, readers, seen); to != nil {
			return to
		}
	}
	return nil
}

// DenseMACs counts the multiply-accumulates of a net's weighted ops and matrix
// products per sample, every operand dense.
func DenseMACs(net *ir.Net) int64 {
	var total int64
	for _, v := range net.Values {
		if !weighted(v) && v.Op != ir.OpMatmul {
			continue
		}
		x, w := v.Arg(0).Type.Shape, v.Arg(1).Type.Shape
		perResult := x.Dim(x.Rank() - 1)
		if weighted(v) {
			perResult = w.Size() / w.Dim(0)
		}
		macs := int64(v.Type.Size()) * int64(perResult)
		if v.Clock == ir.Step {
			macs *= int64(net.Steps)
		}
		total += macs
	}
	return total
}
