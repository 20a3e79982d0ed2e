package metrics

import "nomul/ir"

// Fanout says, for each element of a weighted op's first operand, how many weights that are not 0 it
// meets in one evaluation; with dense, how many weights. Padding meets none. A linear layer has one
// entry for each column of its weights, whatever the rows of its operand.
func Fanout(v *ir.Value, dense bool) []int64 {
	live := liveWeights(v.Arg(1), dense)
	if v.Op == ir.OpLinear {
		return columns(v.Arg(1).Type.Shape, live)
	}
	return planes(v, live)
}

// liveWeights tells the weights that count; all of those that are computed.
func liveWeights(w *ir.Value, dense bool) func(i int) bool {
	data := w.Const()
	return func(i int) bool { return dense || data == nil || data.At(i) != 0 }
}

// columns counts along the outputs of weights[out,in].
func columns(shape ir.Shape, live func(int) bool) []int64 {
	in := shape.Dim(1)
	out := make([]int64, in)
	for i := range shape.Size() {
		if live(i) {
			out[i%in]++
		}
	}
	return out
}

// planes counts for a convolution with weights[out,in/groups,taps]: each place of a channel meets, for every
// tap that some window has there, the weights of that tap to all outputs of the group.
func planes(v *ir.Value, live func(int) bool) []int64 {
	w, windows := v.Arg(1).Type.Shape, ir.WindowsOf(v)
	groups, deep := v.Attrs.(ir.ConvAttrs).Groups, w.Dim(1)
	taps := w.Size() / w.Dim(0) / deep
	met := metBy(windows)
	places := len(met[0])
	out := make([]int64, groups*deep*places)
	for i := range w.Size() {
		if !live(i) {
			continue
		}
		group := i / (deep * taps) / (w.Dim(0) / groups)
		plane := out[(group*deep+i/taps%deep)*places:][:places]
		for at, n := range met[i%taps] {
			plane[at] += n
		}
	}
	return out
}

// metBy tells, for each tap of a window, which places of a channel some window has there: 0 or 1.
func metBy(w ir.Windows) [][]int64 {
	out := [][]int64{{1}}
	for axis := range w.In {
		along := make([][]int64, w.Kernel[axis])
		for tap := range along {
			along[tap] = make([]int64, w.In[axis])
		}
		for o := range w.Out[axis] {
			lo, hi := w.Span(axis, o)
			for tap := lo; tap < hi; tap++ {
				along[tap][o*w.Stride[axis]+tap*w.Dilation[axis]-w.Begin[axis]] = 1
			}
		}
		var next [][]int64
		for _, before := range out {
			for _, here := range along {
				next = append(next, outer(before, here))
			}
		}
		out = next
	}
	return out
}

// outer is the product of two axes, the second innermost.
func outer(a, b []int64) []int64 {
	out := make([]int64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x*y)
		}
	}
	return out
}
