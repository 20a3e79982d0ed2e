package metrics

import (
	"nomul/ir"
	"nomul/runtime/interp"
)

// Activity has the averages of a net's figures over samples.
type Activity struct {
	Layers []Layer `json:"layers"`
	Totals Totals  `json:"totals"`
}

// Layer is one layer of neurons, or a weighted op that no neuron reads: of words, when its sums
// become numbers of bits for the next one, or a readout.
type Layer struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // neuron, words or readout
	Neurons int    `json:"neurons"`
	// SpikeRate is spikes per neuron and time step; 0 of other layers.
	SpikeRate float64 `json:"spike_rate"`
	// Synops are the synaptic operations per sample that bring the layer its
	// input. One is one element of a weight row, added for one spike or for
	// one set bit of a word; in a product of two values, one pair of elements
	// that are both not 0.
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
	spikes  map[*ir.Value]int64      // of a neuron
	synops  map[*ir.Value]int64      // of a weighted op
	price   map[*ir.Value]price      // of a weighted op
	operand map[*ir.Value]*ir.Tensor // of weighted ops, as last seen
}

// NewCounter prepares to count on a net.
func NewCounter(net *ir.Net) *Counter {
	c := &Counter{net: net,
		spikes: map[*ir.Value]int64{}, synops: map[*ir.Value]int64{},
		price: map[*ir.Value]price{}, operand: map[*ir.Value]*ir.Tensor{}}
	for _, v := range net.Values {
		if of, ok := prices[v.Op]; ok {
			c.price[v] = of(v)
			for _, a := range v.Args {
				if a != nil {
					c.operand[a] = a.Const()
				}
			}
		}
	}
	return c
}

// Sample tells that a sample has been run.
func (c *Counter) Sample() { c.samples++ }

// Tap counts one value of a step; it is an interp.Tap.
func (c *Counter) Tap(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
	if v.IsNeuron() {
		for _, s := range interp.Fired(v, result) {
			c.spikes[v] += max(s, -s)
		}
	}
	if _, watched := c.operand[v]; watched {
		c.operand[v] = result
	}
	if price := c.price[v]; price != nil {
		args := make([]*ir.Tensor, len(v.Args))
		for i, a := range v.Args {
			args[i] = c.operand[a]
		}
		c.synops[v] += price(args)
	}
}

// Merge adds the counts of another counter of the same net.
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
	readers := c.net.Readers()
	feeds := feeders(c.net, readers)
	for _, v := range c.net.Values {
		fed, layer := feeds[v]
		if !v.IsNeuron() && !layer {
			continue
		}
		l := Layer{Name: v.Name, Kind: "readout", Neurons: v.Type.Size()}
		for _, linear := range fed {
			l.Synops += float64(c.synops[linear]) / samples
		}
		if v.IsNeuron() {
			spikes := float64(c.spikes[v]) / samples
			l.Kind, l.SpikeRate = "neuron", spikes/float64(l.Neurons*c.net.Steps)
			out.Totals.Spikes += spikes
		} else if reached(v, readers, isLevels, map[*ir.Value]bool{}) != nil {
			l.Kind = "words"
		}
		out.Totals.Synops += l.Synops
		out.Layers = append(out.Layers, l)
	}
	out.Totals.DenseMACs = DenseMACs(c.net)
	return out
}

// feeders maps every neuron to the weighted ops that bring its input, and every
// weighted op that reaches none to itself. One that reaches several neurons
// belongs to the first.
func feeders(net *ir.Net, readers map[*ir.Value][]*ir.Value) map[*ir.Value][]*ir.Value {
	out := map[*ir.Value][]*ir.Value{}
	for _, v := range net.Values {
		if prices[v.Op] == nil {
			continue
		}
		to := reached(v, readers, (*ir.Value).IsNeuron, map[*ir.Value]bool{})
		if to == nil {
			to = v
		}
		out[to] = append(out[to], v)
	}
	return out
}

func isLevels(v *ir.Value) bool { return v.Op == ir.OpLevels }

// reached is the first value of a kind, such as a neuron, that reads another one, directly or through
// ops without weights, such as products with other values; nil when there is none.
func reached(v *ir.Value, readers map[*ir.Value][]*ir.Value, kind func(*ir.Value) bool, seen map[*ir.Value]bool) *ir.Value {
	for _, r := range readers[v] {
		if kind(r) {
			return r
		}
		if seen[r] || macs[r.Op] != nil && r.Op != ir.OpMatmul {
			continue
		}
		seen[r] = true
		if to := reached(r, readers, kind, seen); to != nil {
			return to
		}
	}
	return nil
}
