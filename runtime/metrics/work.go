package metrics

import (
	"math/bits"

	"nomul/ir"
)

// Part is a layer as Activity has it, with all that it computes.
type Part struct {
	Head *ir.Value // the neurons, or the weighted op that no neuron reads
	// Weighted are the convolutions, linear layers and matrix products that bring its input.
	Weighted []*ir.Value
	// Others are the values besides them: the head itself if it is neurons, pools, sums, tables.
	Others []*ir.Value
}

// Parts divides a net into its layers, in the order of Activity. A value belongs to the first layer that it
// reaches; behind the last one, to that which it reads.
func Parts(net *ir.Net) []Part {
	readers := net.Readers()
	feeds := feeders(net, readers)
	var out []Part
	at := map[*ir.Value]int{}
	for _, v := range net.Values {
		if fed, layer := feeds[v]; layer || v.IsNeuron() {
			at[v] = len(out)
			out = append(out, Part{Head: v, Weighted: fed})
			for _, w := range fed {
				at[w] = at[v]
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	isHead := func(v *ir.Value) bool { _, ok := at[v]; return ok }
	for _, v := range net.Values {
		i, known := at[v]
		switch to := reached(v, readers, isHead, map[*ir.Value]bool{}); {
		case known && !v.IsNeuron():
			continue
		case !known && to != nil:
			i = at[to]
		case !known && len(v.Args) > 0 && v.Arg(0) != nil:
			i = at[v.Arg(0)]
		}
		at[v] = i
		out[i].Others = append(out[i].Others, v)
	}
	return out
}

// Calls is how often a value is evaluated per sample; one over time, such as a sum, in each step.
func Calls(net *ir.Net, v *ir.Value) int64 {
	if v.Clock == ir.Step || v.Op.Class() == ir.OverTime {
		return int64(net.Steps)
	}
	return 1
}

// Connections is the number of products of one evaluation of a weighted op or a matrix product, padding spared.
func Connections(v *ir.Value) int64 {
	if !isConnection(v) {
		return macs[v.Op](v)
	}
	var n int64
	fanout := Fanout(v, true)
	for _, f := range fanout {
		n += f
	}
	return n * int64(v.Arg(0).Type.Size()/len(fanout))
}

// LayerOperations are the operations of a layer per sample.
type LayerOperations struct {
	Name string `json:"name"`
	Operations
}

// Work counts the operations of a net at the fixed level, by kind. It serves one goroutine; those of one
// net can be merged.
type Work struct {
	net     *ir.Net
	parts   []Part
	samples int64
	driven  map[*ir.Value]*driven    // of a weighted op
	operand map[*ir.Value]*ir.Tensor // of weighted ops, as last seen
}

// driven are the operations that events drive, summed over samples.
type driven struct {
	price                     price
	adds, subtracts, products int64
}

// NewWork prepares to count on a net.
func NewWork(net *ir.Net) *Work {
	w := &Work{net: net, parts: Parts(net), driven: map[*ir.Value]*driven{}, operand: map[*ir.Value]*ir.Tensor{}}
	for _, v := range net.Values {
		of, ok := prices[v.Op]
		if !ok {
			continue
		}
		w.driven[v] = &driven{price: of(v)}
		for _, a := range v.Args[:2] {
			w.operand[a] = a.Const()
		}
	}
	return w
}

// Sample tells that a sample has been run.
func (w *Work) Sample() { w.samples++ }

// Tap counts one value of a step; it is an interp.Tap.
func (w *Work) Tap(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
	if _, watched := w.operand[v]; watched {
		w.operand[v] = result
	}
	if d := w.driven[v]; d != nil {
		d.count(v, w.operand[v.Arg(0)], w.operand[v.Arg(1)])
	}
}

// count adds the operations of one evaluation: one addition of a weight for a spike or a set bit of a word; a
// subtraction for an input of −1 or the sign bit of a word. A matrix product of spikes is counted by words.
func (d *driven) count(v *ir.Value, x, y *ir.Tensor) {
	if v.Op == ir.OpMatmul {
		if !v.Arg(0).Type.IsSpike() || !v.Arg(1).Type.IsSpike() {
			n := d.price([]*ir.Tensor{x, y})
			if isSign(v.Arg(0)) || isSign(v.Arg(1)) {
				d.adds += n
			} else {
				d.products += n
			}
		}
		return
	}
	all, minus := d.price([]*ir.Tensor{x}), int64(0)
	if v.Arg(0).Range.Lo < 0 {
		minus = d.price([]*ir.Tensor{negatives(v.Arg(0), x)})
	}
	if isWordRun(v) {
		d.adds, d.subtracts = d.adds+all-minus, d.subtracts+minus
	} else {
		d.products += all
	}
}

// isWordRun reports whether a layer is run without products: of −1, 0 and 1, or by bit planes.
func isWordRun(v *ir.Value) bool {
	slots := ir.SlotsNone
	switch a := v.Attrs.(type) {
	case ir.LinearAttrs:
		slots = a.Slots
	case ir.ConvAttrs:
		slots = a.Slots
	}
	return isSign(v.Arg(0)) || slots == ir.SlotsPlanes
}

// negatives has, for each negative element of an operand, a number that costs one operation: its sign.
func negatives(v *ir.Value, x *ir.Tensor) *ir.Tensor {
	out := ir.NewTensor(x.Type)
	for i, e := range x.I {
		if e >= 0 {
			continue
		}
		out.I[i] = -1
		if !isSign(v) {
			out.I[i] = int64(-1) << (min(v.Type.Bits, bits.UintSize) - 1)
		}
	}
	return out
}

// Merge adds the counts of another one of the same net.
func (w *Work) Merge(other *Work) {
	w.samples += other.samples
	for v, o := range other.driven {
		d := w.driven[v]
		d.adds, d.subtracts, d.products = d.adds+o.adds, d.subtracts+o.subtracts, d.products+o.products
	}
}

// Layers are the operations of each layer per sample, on average over the samples so far.
func (w *Work) Layers() []LayerOperations {
	each := 1 / float64(max(1, w.samples))
	var out []LayerOperations
	for _, p := range w.parts {
		l := LayerOperations{Name: p.Head.Name}
		for _, v := range p.Weighted {
			d := w.driven[v]
			l.Operations = l.Plus(Operations{Adds: float64(d.adds), Subtracts: float64(d.subtracts), Multiplies: float64(d.products)}.Times(each))
			l.Operations = l.Plus(Elementwise(v, w.net.Steps).Times(float64(Calls(w.net, v))))
		}
		for _, v := range p.Others {
			l.Operations = l.Plus(Elementwise(v, w.net.Steps).Times(float64(Calls(w.net, v))))
		}
		out = append(out, l)
	}
	return out
}
