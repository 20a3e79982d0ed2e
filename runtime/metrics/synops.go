package metrics

import (
	"math/bits"

	"nomul/ir"
	"nomul/ir/eval"
)

// price counts the synaptic operations of one evaluation from its operands.
type price func(args []*ir.Tensor) int64

// prices hold, per op that is driven by events, how its operations are counted.
var prices = map[ir.Op]func(v *ir.Value) price{
	ir.OpLinear: linearPrice,
	ir.OpConv:   convPrice,
	ir.OpMatmul: matmulPrice,
}

// matmulPrice: where a[…,m,k] and b[…,k,n] are both not 0 there is something to
// add: of spikes on both sides, their coincidences.
func matmulPrice(v *ir.Value) price {
	a, b := v.Arg(0), v.Arg(1)
	signs := []*ir.Tensor{ir.NewTensor(ir.SpikeType(a.Type.Shape)), ir.NewTensor(ir.SpikeType(b.Type.Shape))}
	pairs := ir.NewTensor(ir.SintType(64, v.Type.Shape))
	count := eval.Prepare(signsOf(v))
	return func(args []*ir.Tensor) int64 {
		for i, x := range args {
			for j := range x.Type.Size() {
				signs[i].I[j] = 0
				if x.At(j) != 0 {
					signs[i].I[j] = 1
				}
			}
		}
		count(signs, pairs)
		var n int64
		for _, p := range pairs.I {
			n += p
		}
		return n
	}
}

// signsOf returns a matrix product on spikes: 1 for each element of the operands that is not 0.
func signsOf(v *ir.Value) *ir.Value {
	out := &ir.Value{Op: v.Op, Type: ir.SintType(64, v.Type.Shape)}
	for _, a := range v.Args {
		out.Args = append(out.Args, &ir.Value{Op: ir.OpInput, Type: ir.SpikeType(a.Type.Shape), Attrs: ir.InputAttrs{}})
	}
	return out
}

// linearPrice: each input has a weight to every output.
func linearPrice(v *ir.Value) price {
	cost, outs := costOf(v.Arg(0)), int64(v.Arg(1).Type.Shape.Dim(0))
	return func(args []*ir.Tensor) int64 {
		var n int64
		for _, e := range args[0].I {
			n += cost(e)
		}
		return n * outs
	}
}

// convPrice: each input is added into all channels of its group at every place
// whose window sees it; padding costs nothing.
func convPrice(v *ir.Value) price {
	cost, reach := costOf(v.Arg(0)), reachOf(ir.WindowsOf(v))
	outs := int64(v.Arg(1).Type.Shape.Dim(0) / v.Attrs.(ir.ConvAttrs).Groups)
	return func(args []*ir.Tensor) int64 {
		var n int64
		for i, e := range args[0].I {
			if e != 0 {
				n += cost(e) * reach[i%len(reach)]
			}
		}
		return n * outs
	}
}

// reachOf counts, for each input place, the windows that see it.
func reachOf(w ir.Windows) []int64 {
	out := []int64{1}
	for axis := range w.In {
		along := make([]int64, w.In[axis])
		for o := range w.Out[axis] {
			lo, hi := w.Span(axis, o)
			for tap := lo; tap < hi; tap++ {
				along[o*w.Stride[axis]+tap*w.Dilation[axis]-w.Begin[axis]]++
			}
		}
		var next []int64
		for _, before := range out {
			for _, n := range along {
				next = append(next, before*n)
			}
		}
		out = next
	}
	return out
}

// costOf returns the cost of one number of a value as an operand: 1 for a spike,
// or where all are −1, 0 or 1; the set bits of a word. Real numbers have no
// spikes to count.
func costOf(v *ir.Value) func(x int64) int64 {
	mask := uint64(1)<<min(v.Type.Bits, 63) - 1
	ternary := v.Range.Lo >= -1 && v.Range.Hi <= 1
	return func(x int64) int64 {
		switch {
		case x == 0:
			return 0
		case ternary:
			return 1
		}
		return int64(bits.OnesCount64(uint64(x) & mask))
	}
}

// macs hold, per op with weights or two matrices, the multiply-accumulates of
// one evaluation, every operand dense.
var macs = map[ir.Op]func(v *ir.Value) int64{
	ir.OpLinear: rowMACs,
	ir.OpMatmul: rowMACs,
	ir.OpConv: func(v *ir.Value) int64 {
		w := v.Arg(1).Type
		return int64(v.Type.Size()) * int64(w.Size()/w.Shape.Dim(0))
	},
}

func rowMACs(v *ir.Value) int64 {
	x := v.Arg(0).Type.Shape
	return int64(v.Type.Size()) * int64(x.Dim(x.Rank()-1))
}

// DenseMACs counts the multiply-accumulates of a net's convolutions, linears
// and matrix products per sample, every operand dense and padding not spared.
func DenseMACs(net *ir.Net) int64 {
	var total int64
	for _, v := range net.Values {
		if count := macs[v.Op]; count != nil {
			n := count(v)
			if v.Clock == ir.Step {
				n *= int64(net.Steps)
			}
			total += n
		}
	}
	return total
}
