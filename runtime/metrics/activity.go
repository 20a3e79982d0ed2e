package metrics

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/runtime/interp"
	"nomul/runtime/record"
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
	spikes  map[*ir.Value][]int64    // of a neuron, by step
	synops  map[*ir.Value][]int64    // of a weighted op, by step or one sum
	price   map[*ir.Value]price      // of a weighted op
	operand map[*ir.Value]*ir.Tensor // of weighted ops, as last seen
}

// NewCounter prepares to count on a net.
func NewCounter(net *ir.Net) *Counter {
	c := &Counter{net: net,
		spikes: map[*ir.Value][]int64{}, synops: map[*ir.Value][]int64{},
		price: map[*ir.Value]price{}, operand: map[*ir.Value]*ir.Tensor{}}
	live := net.Needed(append(net.All(ir.OpOutput), net.Neurons()...)...) // engines run no others
	for _, v := range net.Values {
		if v.IsNeuron() && (v.Type.IsSpike() || v.IsWord()) {
			c.spikes[v] = make([]int64, net.Steps)
		}
		if of, ok := prices[v.Op]; ok && live[v] {
			c.price[v] = of(v)
			c.synops[v] = make([]int64, runs(net, v))
			for _, a := range v.Args {
				if a != nil {
					c.operand[a] = a.Const()
				}
			}
		}
	}
	return c
}

// runs is how often a value is computed for a sample.
func runs(net *ir.Net, v *ir.Value) int {
	if v.Clock == ir.Step {
		return net.Steps
	}
	return 1
}

// Sample tells that a sample has been run.
func (c *Counter) Sample() { c.samples++ }

// Tap counts one value of a step; it is an interp.Tap.
func (c *Counter) Tap(step int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
	if spikes := c.spikes[v]; spikes != nil {
		for _, s := range interp.Fired(v, result) {
			spikes[step] += max(s, -s)
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
		if v.Clock != ir.Step {
			step = 0
		}
		c.synops[v][step] += price(args)
	}
}

// Add adds the counts that an engine made on so many samples: the spikes of layers and the synaptic
// operations of weighted ops, by name, each by step or one sum. A count that is missing is an error.
func (c *Counter) Add(samples int, spikes, synops map[string][]int64) error {
	for _, of := range []struct {
		to   map[*ir.Value][]int64
		from map[string][]int64
	}{{c.spikes, spikes}, {c.synops, synops}} {
		for v, to := range of.to {
			from := of.from[v.Name]
			if len(from) != len(to) {
				return fmt.Errorf("the engine counted %%%s in %d steps, wanted %d", v.Name, len(from), len(to))
			}
			for step, n := range from {
				to[step] += n
			}
		}
	}
	c.samples += samples
	return nil
}

// Merge adds the counts of another counter of the same net.
func (c *Counter) Merge(other *Counter) {
	c.samples += other.samples
	merge(c.spikes, other.spikes)
	merge(c.synops, other.synops)
}

func merge(to, from map[*ir.Value][]int64) {
	for v, counts := range from {
		for step, n := range counts {
			to[v][step] += n
		}
	}
}

// Samples is the number of samples so far.
func (c *Counter) Samples() int { return c.samples }

// Record has the sums over the samples so far, as a record of an evaluation keeps them.
func (c *Counter) Record() ([]record.Layer, []record.Operation) {
	layers, operations := []record.Layer{}, []record.Operation{}
	readers := c.net.Readers()
	feeds := feeders(c.net, readers)
	to := map[*ir.Value]*ir.Value{}
	for _, v := range c.net.Values {
		fed := slices.DeleteFunc(feeds[v], func(w *ir.Value) bool { return c.price[w] == nil })
		for _, linear := range fed {
			to[linear] = v
		}
		if !v.IsNeuron() && len(fed) == 0 {
			continue
		}
		l := record.Layer{Name: v.Name, Kind: "readout", Neurons: v.Type.Size()}
		if v.IsNeuron() {
			l.Kind, l.Spikes = "neuron", slices.Clone(c.spikes[v])
		} else if reached(v, readers, isLevels, map[*ir.Value]bool{}) != nil {
			l.Kind = "words"
		}
		layers = append(layers, l)
	}
	for _, v := range c.net.Values {
		if c.price[v] != nil {
			operations = append(operations, record.Operation{Name: v.Name, Op: v.Op.String(), Layer: to[v].Name, Clock: v.Clock.String(), Dense: macs[v.Op](v), Synops: slices.Clone(c.synops[v])})
		}
	}
	return layers, operations
}

// Activity is the average over the samples so far.
func (c *Counter) Activity() Activity {
	layers, operations := c.Record()
	return ActivityOf(layers, operations, c.samples, c.net.Steps)
}

// ActivityOf is the average over so many samples, of so many steps, that were counted.
func ActivityOf(layers []record.Layer, operations []record.Operation, counted, steps int) Activity {
	samples := float64(max(1, counted))
	out := Activity{Layers: []Layer{}}
	for _, from := range layers {
		l := Layer{Name: from.Name, Kind: from.Kind, Neurons: from.Neurons}
		for _, o := range operations {
			if o.Layer == l.Name {
				l.Synops += float64(total(o.Synops)) / samples
			}
		}
		if l.Kind == "neuron" {
			spikes := float64(total(from.Spikes)) / samples
			l.SpikeRate = spikes / float64(l.Neurons*steps)
			out.Totals.Spikes += spikes
		}
		out.Totals.Synops += l.Synops
		out.Layers = append(out.Layers, l)
	}
	for _, o := range operations {
		out.Totals.DenseMACs += o.Dense * int64(len(o.Synops))
	}
	return out
}

func total(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
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
