package metrics

import (
	"math"

	"nomul/ir"
)

// NeuroBench has a net's figures by the definitions of the package of that name (version 2.3), of the
// calls that the net makes: a layer of which the input is the same in all steps is called once.
type NeuroBench struct {
	Samples int `json:"samples"`
	// Footprint is the bytes of weights, biases, batch-norms' factors and statistics, and of neurons'
	// operands other than a single number.
	Footprint int64 `json:"footprint_bytes"`
	// ConnectionSparsity is the share of weights that are 0, rounded to 4 decimals.
	ConnectionSparsity float64 `json:"connection_sparsity"`
	// ActivationSparsity is the share of zeros in the results of all neurons and activations.
	ActivationSparsity float64 `json:"activation_sparsity"`
	// EffectiveMACs and EffectiveACs are operations per sample of which both sides are not 0. Those of a call
	// count as ACs when all its inputs are −1, 0 or 1, else as MACs.
	EffectiveMACs float64 `json:"effective_macs"`
	EffectiveACs  float64 `json:"effective_acs"`
	// Dense are the operations per sample when nothing is 0 but padding.
	Dense float64 `json:"dense_synops"`
	// MembraneUpdates are, per sample, all neurons in the first step, and those in later ones of
	// which the stored membrane is another than before.
	MembraneUpdates float64 `json:"membrane_updates"`
}

// Bench gathers the figures of NeuroBench over samples. It serves one goroutine; those of one net can be merged.
type Bench struct {
	net       *ir.Net
	effective map[*ir.Value][]int64    // fan-outs of weighted layers
	dense     map[*ir.Value]int64      // operations of a call
	operand   map[*ir.Value]*ir.Tensor // of weighted layers, as last seen
	membrane  map[*ir.Value]*ir.Tensor // of the step before
	sums      benchSums
}

// benchSums are sums over samples.
type benchSums struct{ samples, activations, active, macs, acs, dense, updates int64 }

func (s *benchSums) add(o benchSums) {
	s.samples += o.samples
	s.activations += o.activations
	s.active += o.active
	s.macs += o.macs
	s.acs += o.acs
	s.dense += o.dense
	s.updates += o.updates
}

// NewBench prepares to count on a net.
func NewBench(net *ir.Net) *Bench {
	b := &Bench{net: net, effective: map[*ir.Value][]int64{}, dense: map[*ir.Value]int64{},
		operand: map[*ir.Value]*ir.Tensor{}, membrane: map[*ir.Value]*ir.Tensor{}}
	for _, v := range net.Values {
		if !isConnection(v) {
			continue
		}
		b.operand[v.Arg(0)] = v.Arg(0).Const()
		b.effective[v] = Fanout(v, false)
		for _, n := range Fanout(v, true) {
			b.dense[v] += n
		}
		b.dense[v] *= int64(v.Arg(0).Type.Size() / len(b.effective[v]))
	}
	return b
}

// isConnection reports whether a value is a convolution or a linear layer. NeuroBench does not see the
// product of two computed values, which is no layer of PyTorch.
func isConnection(v *ir.Value) bool { return v.Op == ir.OpLinear || v.Op == ir.OpConv }

// isActivation reports whether a value is the result of neurons or of an activation.
func isActivation(v *ir.Value) bool {
	a, ok := v.Attrs.(ir.MapAttrs)
	return v.IsNeuron() || v.Op == ir.OpLevels || ok && (a.Fn == ir.FnRelu || a.Fn == ir.FnSigmoid)
}

// Sample tells that a sample has been run.
func (b *Bench) Sample() { b.sums.samples++ }

// Merge adds the sums of another one of the same net.
func (b *Bench) Merge(other *Bench) { b.sums.add(other.sums) }

// Tap counts one value of a step; it is an interp.Tap.
func (b *Bench) Tap(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
	if isActivation(v) {
		b.sums.activations += int64(result.Type.Size())
		for i := range result.Type.Size() {
			if result.At(i) != 0 {
				b.sums.active++
			}
		}
	}
	if len(states) > 0 {
		b.update(step, v, states[0])
	}
	if _, watched := b.operand[v]; watched {
		b.operand[v] = result
	}
	if fanout := b.effective[v]; fanout != nil {
		b.call(b.operand[v.Arg(0)], fanout)
		b.sums.dense += b.dense[v]
	}
}

// call counts the operations of one evaluation of a layer.
func (b *Bench) call(x *ir.Tensor, fanout []int64) {
	var n int64
	spikes := true
	for i := range x.Type.Size() {
		if e := x.At(i); e != 0 {
			n += fanout[i%len(fanout)]
			spikes = spikes && math.Abs(e) == 1
		}
	}
	if spikes {
		b.sums.acs += n
	} else {
		b.sums.macs += n
	}
}

// update counts the membranes that a step has changed.
func (b *Bench) update(step int, v *ir.Value, now *ir.Tensor) {
	before := b.membrane[v]
	if before == nil {
		before = ir.NewTensor(now.Type)
		b.membrane[v] = before
	}
	for i := range now.Type.Size() {
		if step <= 0 || now.At(i) != before.At(i) {
			b.sums.updates++
		}
	}
	copy(before.F, now.F)
	copy(before.I, now.I)
}

// Figures are the averages over the samples so far.
func (b *Bench) Figures() NeuroBench {
	each := func(n int64) float64 { return float64(n) / float64(max(1, b.sums.samples)) }
	out := NeuroBench{Samples: int(b.sums.samples), Footprint: Footprint(b.net), ConnectionSparsity: connectionSparsity(b.net),
		EffectiveMACs: each(b.sums.macs), EffectiveACs: each(b.sums.acs), Dense: each(b.sums.dense), MembraneUpdates: each(b.sums.updates)}
	if b.sums.activations > 0 {
		out.ActivationSparsity = float64(b.sums.activations-b.sums.active) / float64(b.sums.activations)
	}
	return out
}

// connectionSparsity is the share of zeros among the weights of layers, a shared one counted once.
func connectionSparsity(net *ir.Net) float64 {
	zeros, all, seen := 0, 0, map[*ir.Value]bool{}
	for _, v := range net.Values {
		w := v.Arg(1)
		if !isConnection(v) || w.Const() == nil || seen[w] {
			continue
		}
		seen[w] = true
		all += w.Type.Size()
		for i := range w.Type.Size() {
			if w.Const().At(i) == 0 {
				zeros++
			}
		}
	}
	return math.RoundToEven(1e4*share(zeros, all)) / 1e4
}

// Footprint is the bytes of a net's parameters: see NeuroBench. Real numbers take 4, integers of n bits n/8, and
// each array whole bytes.
func Footprint(net *ir.Net) int64 {
	var total int64
	seen := map[*ir.Value]bool{}
	for _, v := range net.Values {
		for i, p := range v.Args {
			if p.Const() != nil && !seen[p] && isParameter(v, i, p) {
				seen[p] = true
				total += Bytes(p.Type)
			}
		}
	}
	return total
}

func isParameter(v *ir.Value, slot int, p *ir.Value) bool {
	if v.IsNeuron() {
		return p.Type.Size() > 1
	}
	return slot > 0 && (isConnection(v) || v.Op == ir.OpBatchNorm)
}

// Bytes is the memory that an array takes, packed: 4 bytes a real number, n bits an integer of n.
func Bytes(t ir.Type) int64 {
	width := t.Bits
	if t.IsReal() {
		width = 32
	}
	return (int64(t.Size())*int64(width) + 7) / 8
}
