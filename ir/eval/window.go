package eval

import "nomul/ir"

// tap is one link from an input place to an output place through a tap of the
// window, each counted in C order over the spatial axes.
type tap struct{ out, tap int }

// links lists, for each input place, the windows that see it, and through which
// tap: a convolution scatters each input that is not zero along them; zeros and
// padding cost nothing.
func links(w ir.Windows) [][]tap {
	out := [][]tap{{{0, 0}}}
	for axis := range w.In {
		var next [][]tap
		for _, before := range out {
			next = append(next, crossed(before, along(w, axis), w.Out[axis], w.Kernel[axis])...)
		}
		out = next
	}
	return out
}

// along is links for one axis.
func along(w ir.Windows, axis int) [][]tap {
	out := make([][]tap, w.In[axis])
	for o := range w.Out[axis] {
		lo, hi := w.Span(axis, o)
		for k := lo; k < hi; k++ {
			in := o*w.Stride[axis] + k*w.Dilation[axis] - w.Begin[axis]
			out[in] = append(out[in], tap{o, k})
		}
	}
	return out
}

// crossed combines the links of the axes so far with those of each place of the next.
func crossed(before []tap, places [][]tap, outs, kernel int) [][]tap {
	out := make([][]tap, len(places))
	for i, here := range places {
		for _, b := range before {
			for _, h := range here {
				out[i] = append(out[i], tap{b.out*outs + h.out, b.tap*kernel + h.tap})
			}
		}
	}
	return out
}

func conv(v *ir.Value) Kernel {
	if v.Type.IsReal() {
		return newConvolution(v, onReals()).run
	}
	return newConvolution(v, onInts()).run
}

// convolution is conv in one arithmetic. Sums are made output place by output
// place, all channels of a group side by side, in the order of the inputs; the
// bias is added last.
type convolution[T number] struct {
	arithmetic[T]
	links             [][]tap
	groups, ins, outs int // channels of one group
	taps, places      int // of a window; of the output, per channel
	x, weight, bias   *View
	constant          *ir.Tensor // of the weights
	rows              []T        // the weights as [group][in][tap][out]
	laidOut           bool
	sums              []T // one group's output as [place][out]
}

func newConvolution[T number](v *ir.Value, a arithmetic[T]) *convolution[T] {
	x, w, groups := v.Args[0], v.Args[1], v.Attrs.(ir.ConvAttrs).Groups
	windows := ir.WindowsOf(v)
	c := &convolution[T]{
		arithmetic: a, links: links(windows),
		groups: groups, ins: w.Type.Shape.Dim(1), outs: w.Type.Shape.Dim(0) / groups,
		taps: windows.Taps(), places: size(windows.Out),
		x: NewView(x, x.Type.Shape), weight: NewView(w, w.Type.Shape), constant: w.Const(),
	}
	c.rows, c.sums = make([]T, w.Type.Size()), make([]T, c.outs*c.places)
	if bias := v.Args[2]; bias != nil {
		c.bias = newBias(bias, c.groups*c.outs, windows.Out)
	}
	return c
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// newBias shows a bias as [channel, places]: one number per channel, or a map.
func newBias(bias *ir.Value, channels int, places []int) *View {
	per := *bias
	if bias.Type.Shape.Rank() == 1 {
		column := []int{channels}
		for range places {
			column = append(column, 1)
		}
		per.Type = bias.Type.WithShape(ir.ShapeOf(column...))
	}
	return NewView(&per, ir.ShapeOf(append([]int{channels}, places...)...))
}

func (c *convolution[T]) run(args []*ir.Tensor, dst *ir.Tensor) {
	x, y, rows := c.show(c.x, args[0]), c.data(dst), c.layOut(args[1])
	var bias []T
	if c.bias != nil {
		bias = c.show(c.bias, args[2])
	}
	whole, each := c.groups*c.outs*c.places, c.outs*c.places
	for ; len(y) > 0; y = y[whole:] {
		for g := range c.groups {
			n := c.ins * len(c.links)
			c.scatter(x[:n], rows[g*c.ins*c.taps*c.outs:])
			c.gather(y[g*each:][:each])
			x = x[n:]
		}
		add(y[:len(bias)], y[:len(bias)], bias)
	}
}

// scatter adds one group's inputs into the sums.
func (c *convolution[T]) scatter(x, rows []T) {
	clear(c.sums)
	for in := range c.ins {
		for place, to := range c.links {
			n := x[in*len(c.links)+place]
			if n == 0 {
				continue
			}
			for _, l := range to {
				addOne(c.sums[l.out*c.outs:][:c.outs], n, rows[(in*c.taps+l.tap)*c.outs:])
			}
		}
	}
}

// gather turns the sums into [out][place].
func (c *convolution[T]) gather(y []T) {
	for i, sum := range c.sums {
		y[i%c.outs*c.places+i/c.outs] = sum
	}
}

// layOut puts the weights of one input through one tap together.
func (c *convolution[T]) layOut(t *ir.Tensor) []T {
	if c.laidOut && t == c.constant {
		return c.rows
	}
	for i, w := range c.show(c.weight, t) {
		rest, tap := i/c.taps, i%c.taps
		m, in := rest/c.ins, rest%c.ins
		g, out := m/c.outs, m%c.outs
		c.rows[((g*c.ins+in)*c.taps+tap)*c.outs+out] = w
	}
	c.laidOut = t == c.constant
	return c.rows
}

// pool walks every window of every plane: from lists, for each output place of a
// plane, the input places that it sees.
type pool struct {
	from   [][]int
	in     int // places of a plane of x
	window int // taps of a window, padding included
}

func newPool(v *ir.Value) pool {
	w := ir.WindowsOf(v)
	p := pool{from: make([][]int, size(w.Out)), in: size(w.In), window: w.Taps()}
	for place, to := range links(w) {
		for _, l := range to {
			p.from[l.out] = append(p.from[l.out], place)
		}
	}
	return p
}

// pooled folds each window with f, from its first element on.
func pooled[T number](p pool, dst, x []T, f func(a, b T) T) {
	for ; len(x) > 0; x, dst = x[p.in:], dst[len(p.from):] {
		for o, from := range p.from {
			y := x[from[0]]
			for _, i := range from[1:] {
				y = f(y, x[i])
			}
			dst[o] = y
		}
	}
}

func maxPool(v *ir.Value) Kernel { return poolWith(v, maxReal, maxInt) }

func sumPool(v *ir.Value) Kernel { return poolWith(v, plus[float64], plus[int64]) }

func plus[T number](a, b T) T { return a + b }

func poolWith(v *ir.Value, onReals func(a, b float64) float64, onInts func(a, b int64) int64) Kernel {
	p := newPool(v)
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { pooled(p, dst.F, args[0].F, onReals) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { pooled(p, dst.I, args[0].I, onInts) }
}

// avgPool divides each window's sum by the elements it sees, or by all of them.
func avgPool(v *ir.Value) Kernel {
	p, x := newPool(v), NewView(v.Args[0], v.Args[0].Type.Shape)
	countPad := v.Attrs.(ir.AvgPoolAttrs).CountPad
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		pooled(p, dst.F, x.Reals(args[0]), plus[float64])
		for i := range dst.F {
			n := p.window
			if !countPad {
				n = len(p.from[i%len(p.from)])
			}
			dst.F[i] /= float64(n)
		}
	}
}
