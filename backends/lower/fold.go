package lower

import (
	"slices"

	"nomul/ir"
)

// linear sees the last axis of x with each row of weights.
func (l *lowering) linear(v *ir.Value, a *Array) {
	places := v.Type.Shape.Dims()
	x, w := l.at[v.Args[0]], l.at[v.Args[1]]
	last := len(places) - 1
	xs := slices.Concat(x.strides[:last], []int{0, x.strides[last]})
	ws := append(make([]int, last), w.strides...)
	f := &Fold{Monoid: Sum, Places: places, Taps: []int{x.dims[last]}, X: x.through(xs),
		Weight: new(w.through(ws))}
	f.Start = l.start(v, places, last)
	l.add(v, &Stage{To: a, Fold: f})
}

// start is the view of a bias: of one axis, that of the outputs, or broadcast to the places.
func (l *lowering) start(v *ir.Value, places []int, outputs int) *View {
	if v.Args[2] == nil {
		return nil
	}
	b := l.at[v.Args[2]]
	if len(b.dims) == 1 {
		view := b.through(make([]int, len(places)))
		view.Strides[outputs] = b.strides[0]
		return &view
	}
	view := b.stretched(places)
	return &view
}

// conv sees the channels of a group through a window. The grid of places has the axis of
// outputs as groups and outputs within one.
func (l *lowering) conv(v *ir.Value, a *Array) {
	attrs := v.Attrs.(ir.ConvAttrs)
	w := ir.WindowsOf(v)
	x, weight := l.at[v.Args[0]], l.at[v.Args[1]]
	spatial := len(w.Out)
	outer := len(x.dims) - spatial - 1
	groups, channels, outputs := attrs.Groups, weight.dims[1], weight.dims[0]/attrs.Groups
	channel := x.strides[outer]
	g := newWindow(x, w, outer+2, slices.Concat(x.dims[:outer], []int{groups, outputs}, w.Out), slices.Concat([]int{channels}, w.Kernel), 1)
	copy(g.X.Strides, x.strides[:outer])
	g.X.Strides[outer], g.X.Strides[len(g.Places)] = channels*channel, channel
	strides := make([]int, len(g.Places)+len(g.Taps))
	strides[outer], strides[outer+1] = outputs*weight.strides[0], weight.strides[0]
	copy(strides[len(g.Places):], weight.strides[1:])
	g.Weight = new(weight.through(strides))
	if bias := v.Args[2]; bias != nil {
		g.Start = l.convStart(bias, g.Places, outer, outputs)
	}
	l.add(v, &Stage{To: a, Fold: g})
}

// convStart is the view of a bias of one axis, or of outputs and places.
func (l *lowering) convStart(bias *ir.Value, places []int, outer, outputs int) *View {
	b := l.at[bias]
	view := b.through(make([]int, len(places)))
	if len(b.dims) == 1 {
		view.Strides[outer], view.Strides[outer+1] = outputs*b.strides[0], b.strides[0]
		return &view
	}
	all := b.stretched(slices.Concat(places[:outer], []int{places[outer] * places[outer+1]}, places[outer+2:]))
	copy(view.Strides, all.Strides[:outer])
	view.Strides[outer], view.Strides[outer+1] = outputs*all.Strides[outer], all.Strides[outer]
	copy(view.Strides[outer+2:], all.Strides[outer+1:])
	return &view
}

// newWindow folds the elements of windows: their places are those from an axis on, their taps
// those behind so many others. Each axis has its within, also where no window sees padding, so
// that readers know the windows.
func newWindow(x grid, w ir.Windows, place int, places, taps []int, others int) *Fold {
	f := &Fold{Monoid: Sum, Places: places, Taps: taps, X: x.through(make([]int, len(places)+len(taps)))}
	apart := pointwise(w)
	for axis := range w.Out {
		from, to := place+axis, len(places)+others+axis
		stride := x.strides[len(x.strides)-len(w.Out)+axis]
		f.X.Start -= w.Begin[axis] * stride
		f.X.Strides[from], f.X.Strides[to] = w.Stride[axis]*stride, w.Dilation[axis]*stride
		if apart {
			continue
		}
		in := Within{Start: -w.Begin[axis], Strides: make([]int, len(f.X.Strides)), Extent: w.In[axis]}
		in.Strides[from], in.Strides[to] = w.Stride[axis], w.Dilation[axis]
		f.X.Within = append(f.X.Within, in)
	}
	return f
}

// pointwise reports whether each window is one element, and no two are the same.
func pointwise(w ir.Windows) bool {
	return w.Taps() == 1 && slices.Equal(w.In, w.Out) && !slices.ContainsFunc(w.Begin, func(n int) bool { return n > 0 })
}

func (l *lowering) pool(v *ir.Value, a *Array) {
	w, x := ir.WindowsOf(v), l.at[v.Args[0]]
	outer := len(x.dims) - len(w.Out)
	f := newWindow(x, w, outer, v.Type.Shape.Dims(), w.Kernel, 0)
	copy(f.X.Strides, x.strides[:outer])
	if v.Op == ir.OpMaxPool {
		f.Monoid = Max
	}
	l.add(v, &Stage{To: a, Fold: f})
}

// matmul sees a row of a and a column of b; the axes before the last two broadcast.
func (l *lowering) matmul(v *ir.Value, a *Array) {
	places := v.Type.Shape.Dims()
	x, y := l.at[v.Args[0]], l.at[v.Args[1]]
	outer, inner := len(places)-2, x.dims[len(x.dims)-1]
	left := x.stretched(slices.Concat(places[:outer+1], []int{inner}))
	right := y.stretched(slices.Concat(places[:outer], []int{inner, places[outer+1]}))
	xs := slices.Concat(left.Strides[:outer+1], []int{0, left.Strides[outer+1]})
	ys := slices.Concat(right.Strides[:outer], []int{0, right.Strides[outer+1], right.Strides[outer]})
	l.add(v, &Stage{To: a, Fold: &Fold{Monoid: Sum, Places: places, Taps: []int{inner},
		X: x.through(xs), Weight: new(y.through(ys))}})
}

var reductions = map[ir.Op]Monoid{ir.OpReduceSum: Sum, ir.OpReduceMax: Max, ir.OpReduceMin: Min}

// reduce sees the axes that are reduced; the others are the places.
func (l *lowering) reduce(v *ir.Value, a *Array) {
	x := l.at[v.Args[0]]
	reduced := make([]bool, len(x.dims))
	for _, axis := range v.Attrs.(ir.ReduceAttrs).Axes {
		reduced[axis] = true
	}
	f := &Fold{Monoid: reductions[v.Op]}
	var taps []int
	for axis, d := range x.dims {
		if reduced[axis] {
			f.Taps, taps = append(f.Taps, d), append(taps, x.strides[axis])
		} else {
			f.Places, f.X.Strides = append(f.Places, d), append(f.X.Strides, x.strides[axis])
		}
	}
	f.X.Array, f.X.Start, f.X.Strides = x.array, x.start, append(f.X.Strides, taps...)
	l.add(v, &Stage{To: a, Fold: f})
}
