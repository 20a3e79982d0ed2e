package eval_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/eval"
)

// windows is a drawn geometry of 1 to 3 spatial axes in which every window sees
// some of the input.
type windows struct {
	in, out, kernel, strides, begin, end, dilations []int
}

func drawWindows(t *rapid.T) windows {
	for {
		var w windows
		good := true
		for range rapid.IntRange(1, 3).Draw(t, "spatial axes") {
			in, k := rapid.IntRange(1, 5).Draw(t, "in"), rapid.IntRange(1, 3).Draw(t, "kernel")
			s, d := rapid.IntRange(1, 3).Draw(t, "stride"), rapid.IntRange(1, 3).Draw(t, "dilation")
			b, e := rapid.IntRange(0, 3).Draw(t, "begin"), rapid.IntRange(0, 3).Draw(t, "end")
			out := 0
			for start := -b; start+(k-1)*d < in+e; start += s {
				seen := 0
				for tap := range k {
					if at := start + tap*d; at >= 0 && at < in {
						seen++
					}
				}
				good = good && seen > 0
				out++
			}
			good = good && out > 0
			w.in, w.out, w.kernel = append(w.in, in), append(w.out, out), append(w.kernel, k)
			w.strides, w.dilations = append(w.strides, s), append(w.dilations, d)
			w.begin, w.end = append(w.begin, b), append(w.end, e)
		}
		if good {
			return w
		}
	}
}

func (w windows) pool() ir.PoolAttrs {
	return ir.PoolAttrs{Kernel: w.kernel, Strides: w.strides, Pads: slices.Concat(w.begin, w.end), Dilations: w.dilations}
}

// seen calls f for each tap of a window, with the place of the input it sees,
// or nil for padding.
func (w windows) seen(out []int, f func(tap, in []int)) {
	for _, tap := range places(ir.ShapeOf(w.kernel...)) {
		in := make([]int, len(tap))
		for i := range tap {
			in[i] = out[i]*w.strides[i] + tap[i]*w.dilations[i] - w.begin[i]
			if in[i] < 0 || in[i] >= w.in[i] {
				in = nil
				break
			}
		}
		f(tap, in)
	}
}

// drawn is a random conv.
type drawn struct {
	windows
	attrs         ir.ConvAttrs
	ins, outs     int // channels of a group
	x, w, bias    *ir.Tensor
	leading, dims []int // the axes of x before the channels; of the result without them
}

func drawConv(t *rapid.T, fill func(*rapid.T, ir.Shape) *ir.Tensor) drawn {
	c := drawn{windows: drawWindows(t)}
	groups := rapid.IntRange(1, 3).Draw(t, "groups")
	c.ins, c.outs = rapid.IntRange(1, 3).Draw(t, "ins"), rapid.IntRange(1, 3).Draw(t, "outs")
	c.attrs = ir.ConvAttrs{Strides: c.strides, Pads: slices.Concat(c.begin, c.end), Dilations: c.dilations, Groups: groups}
	c.leading = rapid.SliceOfN(rapid.IntRange(1, 2), 0, 2).Draw(t, "leading")
	c.dims = append([]int{groups * c.outs}, c.out...)
	c.x = fill(t, ir.ShapeOf(slices.Concat(c.leading, []int{groups * c.ins}, c.in)...))
	c.w = fill(t, ir.ShapeOf(slices.Concat([]int{groups * c.outs, c.ins}, c.kernel)...))
	switch rapid.IntRange(0, 2).Draw(t, "bias") {
	case 0:
		c.bias = fill(t, ir.ShapeOf(groups*c.outs))
	case 1:
		if s := stretchable(t, ir.ShapeOf(c.dims...)); s.Rank() > 1 {
			c.bias = fill(t, s)
		}
	}
	return c
}

func (c drawn) operands() []*ir.Tensor {
	if c.bias == nil {
		return []*ir.Tensor{c.x, c.w}
	}
	return []*ir.Tensor{c.x, c.w, c.bias}
}

// sum is the naive convolution at a place of the result, with term(x, w) in place
// of each product.
func (c drawn) sum(place []int, term func(x, w float64) float64) (sum float64) {
	lead, m, out := place[:len(c.leading)], place[len(c.leading)], place[len(c.leading)+1:]
	for i := range c.ins {
		c.seen(out, func(tap, in []int) {
			if in == nil {
				return
			}
			from := slices.Concat(lead, []int{m/c.outs*c.ins + i}, in)
			sum += term(at(c.x, from), at(c.w, slices.Concat([]int{m, i}, tap)))
		})
	}
	switch {
	case c.bias == nil:
	case c.bias.Type.Shape.Rank() == 1:
		sum += c.bias.At(m)
	default:
		sum += at(c.bias, place)
	}
	return sum
}

func product(x, w float64) float64 { return x * w }

func TestConv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConv(t, drawEither)
		y := run(t, ir.OpConv, c.attrs, c.operands()...)
		same(t, y, func(p []int) float64 { return c.sum(p, product) })
	})
}

// Most inputs of a spiking net are 0: they are skipped, also where a whole
// group, or all of it, is silent.
func TestConvOfSpikes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConv(t, drawEither)
		spikes := ir.NewTensor(ir.SpikeType(c.x.Type.Shape))
		for i := range spikes.I {
			spikes.I[i] = max(0, rapid.Int64Range(-5, 1).Draw(t, "spike"))
		}
		c.x = spikes
		y := run(t, ir.OpConv, c.attrs, c.operands()...)
		same(t, y, func(p []int) float64 { return c.sum(p, product) })
	})
}

// The range of a conv contains all possible results, and without padding it is no
// wider.
func TestConvRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConv(t, drawInts)
		limits := ir.Range{Lo: rapid.Int64Range(-9, 8).Draw(t, "lo")}
		limits.Hi = rapid.Int64Range(limits.Lo, 9).Draw(t, "hi")
		b := ir.NewBuilder("t", ir.Spiking, 1)
		args := []*ir.Value{limited(t, b, c.x.Type.Shape, limits)}
		for i, x := range c.operands()[1:] {
			args = append(args, must(t)(b.Const(string(rune('p'+i)), x)))
		}
		v := must(t)(b.Add(ir.OpConv, "y", c.attrs, args...))
		var reached []float64
		for _, p := range places(v.Type.Shape) {
			reached = append(reached,
				c.sum(p, func(_, w float64) float64 { return min(w*float64(args[0].Range.Lo), w*float64(args[0].Range.Hi)) }),
				c.sum(p, func(_, w float64) float64 { return max(w*float64(args[0].Range.Lo), w*float64(args[0].Range.Hi)) }))
		}
		got := ir.Range{Lo: int64(slices.Min(reached)), Hi: int64(slices.Max(reached))}
		if !v.Range.Contains(got) {
			t.Fatalf("range %v, but %v is reached", v.Range, got)
		}
		if slices.Max(c.attrs.Pads) == 0 && v.Range != got {
			t.Fatalf("range %v, wanted %v", v.Range, got)
		}
	})
}

// limited is an input of a range.
func limited(t *rapid.T, b *ir.Builder, s ir.Shape, r ir.Range) *ir.Value {
	x := must(t)(b.Input("x", ir.SintType(8, s), ir.InputAttrs{}))
	x.Range = r
	return x
}

func must(t *rapid.T) func(v *ir.Value, err error) *ir.Value {
	return func(v *ir.Value, err error) *ir.Value {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPools(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWindows(t)
		leading := rapid.SliceOfN(rapid.IntRange(1, 3), 0, 2).Draw(t, "leading")
		x := drawEither(t, ir.ShapeOf(slices.Concat(leading, w.in)...))
		window := func(p []int) (seen []float64, all int) {
			w.seen(p[len(leading):], func(_, in []int) {
				if all++; in != nil {
					seen = append(seen, at(x, slices.Concat(p[:len(leading)], in)))
				}
			})
			return seen, all
		}
		sum := func(p []int) (sum float64) {
			seen, _ := window(p)
			for _, f := range seen {
				sum += f
			}
			return sum
		}
		same(t, run(t, ir.OpMaxPool, w.pool(), x), func(p []int) float64 {
			seen, _ := window(p)
			return slices.Max(seen)
		})
		same(t, run(t, ir.OpSumPool, w.pool(), x), sum)
		for _, count := range []bool{false, true} {
			a := ir.AvgPoolAttrs{Kernel: w.kernel, Strides: w.strides, Pads: w.pool().Pads, Dilations: w.dilations, CountPad: count}
			same(t, run(t, ir.OpAvgPool, a, x), func(p []int) float64 {
				seen, all := window(p)
				if !count {
					all = len(seen)
				}
				return sum(p) / float64(all)
			})
		}
	})
}

// The bounds of a sum-pool are reached in its fullest and its emptiest windows.
func TestSumPoolRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWindows(t)
		limits := ir.Range{Lo: rapid.Int64Range(-9, 8).Draw(t, "lo")}
		limits.Hi = rapid.Int64Range(limits.Lo, 9).Draw(t, "hi")
		b := ir.NewBuilder("t", ir.Spiking, 1)
		x := limited(t, b, ir.ShapeOf(w.in...), limits)
		v := must(t)(b.Add(ir.OpSumPool, "y", w.pool(), x))
		var reached []int64
		for _, p := range places(v.Type.Shape) {
			n := int64(0)
			w.seen(p, func(_, in []int) {
				if in != nil {
					n++
				}
			})
			reached = append(reached, n*x.Range.Lo, n*x.Range.Hi)
		}
		if want := (ir.Range{Lo: slices.Min(reached), Hi: slices.Max(reached)}); v.Range != want {
			t.Fatalf("range %v, wanted %v", v.Range, want)
		}
	})
}

// A conv of spikes does nothing for those that are silent: its time grows with
// the spikes, not with the size.
func BenchmarkConv(b *testing.B) {
	for name, rate := range map[string]int{"2%": 50, "20%": 5, "all": 1} {
		b.Run(name, func(b *testing.B) {
			net := ir.NewBuilder("t", ir.Fixed, 1)
			x, err := net.Input("x", ir.SpikeType(ir.ShapeOf(32, 32, 32)), ir.InputAttrs{})
			if err != nil {
				b.Fatal(err)
			}
			data := ir.NewTensor(ir.SintType(8, ir.ShapeOf(64, 32, 3, 3)))
			for i := range data.I {
				data.I[i] = int64(i%255 - 127)
			}
			w, err := net.Const("w", data)
			if err != nil {
				b.Fatal(err)
			}
			v, err := net.Add(ir.OpConv, "y", ir.ConvAttrs{Strides: []int{1, 1}, Pads: []int{1, 1, 1, 1}, Dilations: []int{1, 1}, Groups: 1}, x, w)
			if err != nil {
				b.Fatal(err)
			}
			spikes, kernel, dst := ir.NewTensor(x.Type), eval.Prepare(v), ir.NewTensor(v.Type)
			for i := range spikes.I {
				if i*7919%rate == 0 {
					spikes.I[i] = 1
				}
			}
			for range b.N {
				kernel([]*ir.Tensor{spikes, data, nil}, dst)
			}
		})
	}
}
