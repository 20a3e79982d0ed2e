package cgen

import (
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
)

// sum is a planned fold of constant weights: for each of its places, the rows of the inputs
// that count are listed and added.
//
// The inputs of a place are listed in place where they stand one element after another.
// Else places are those of an image: thought of with its padding around it, in C order, a
// window is the same list of taps everywhere. Spikes are first sorted by place: the list of
// a window is then that of its taps, and a row is a channel at a tap. Words are copied to
// between their padding, if there is any; then a window is collected from there, channel by
// channel, and sorted by digits.
type sum struct {
	rowSum
	*lower.Fold
	fold     *lower.Rows
	around   []int      // axes of the places that are gone through one by one
	over     []int      // those of the image
	windows  ir.Windows // on the image; none where the inputs stand one after another
	inputs   int        // channels of a group
	padded   []int      // the image with its padding
	places   int        // of the image, per channel
	base     int        // the first element of the operand
	chunks   []chunk
	byWeight []int // strides of the places in the laid out weights
	byStart  []int // and in the start values
	// startOffsets are those of places in the start values, of axes that go by class.
	startOffsets [][]int64
}

// chunk is a run of channels whose spikes are listed together, and the
// segments that consist of them.
type chunk struct {
	first, channels int
	segments        []segment
}

// weighs reports whether a stage adds rows of constant weights, of at most 16 bits.
func weighs(s *lower.Stage) bool {
	f := s.Fold
	return f != nil && f.Monoid == lower.Sum && f.Weight != nil && f.Weight.Array.Const() && wideWeights.holds(f.Weight.Array.Data.Range())
}

// planSum plans a stage, with a copy of its operand where no kernel goes through it.
func (p *plan) planSum(s *lower.Stage) *lower.Stage {
	f, r := *s.Fold, s.Fold.Rows()
	t := &sum{Fold: &f, fold: r, windows: r.Windows}
	channels := len(f.Taps) - len(t.windows.In)
	t.inputs = lower.Size(f.Taps[:channels])
	apart, even := lower.OneStride(f.Taps[:channels], f.X.Strides[len(f.Places):])
	for i := range t.windows.In {
		t.over = append(t.over, len(f.Places)-len(t.windows.In)+i)
	}
	inRows := len(t.windows.In) == 0 && even && (apart == 1 || t.inputs == 1)
	if !inRows && !(even && t.isImage(apart)) {
		p.gather(t, s.Clock, channels)
	}
	for axis := range f.Places {
		if !slices.Contains(r.OutputAxes, axis) && !slices.Contains(t.over, axis) {
			t.around = append(t.around, axis)
		}
	}
	t.base = f.X.Start + t.begin()
	t.places, t.padded = lower.Size(t.windows.In), paddedOf(t.windows)
	t.groups, t.outs, t.rows = r.Groups, r.Outputs, r.Inputs
	t.planRows(memoryElem(layout.Sum(s.To.Range)), p.packs(f.X.Array))
	p.sums[s.To] = t
	return &lower.Stage{Clock: s.Clock, To: s.To, Fold: &f}
}

// isImage reports whether the operand is an image for each channel, of elements one after
// another. Where there are no windows, the places of one are those in which the channels
// stand apart.
func (t *sum) isImage(apart int) bool {
	if len(t.windows.In) > 0 {
		own := lower.Strides(t.windows.In)
		for i, d := range t.windows.In {
			if d > 1 && unit(t.Fold, t.windows, i) != own[i] {
				return false
			}
		}
		return t.inputs == 1 || apart == lower.Size(t.windows.In)
	}
	size, over := 1, []int(nil)
	for _, axis := range slices.Backward(t.fold.PositionAxes) {
		if size == apart {
			break
		}
		if t.Places[axis] > 1 && t.X.Strides[axis] != size {
			return false
		}
		size, over = size*t.Places[axis], append([]int{axis}, over...)
	}
	if size != apart || size > maxEvents {
		return false
	}
	ones, dims := make([]int, len(over)), lower.Pick(t.Places, over)
	for i := range ones {
		ones[i] = 1
	}
	t.over = over
	t.windows = ir.Windows{In: dims, Out: dims, Kernel: ones, Stride: ones, Dilation: ones, Begin: make([]int, len(over))}
	return true
}

// begin is the distance from where the first window begins to the image.
func (t *sum) begin() int {
	at := 0
	for i, n := range t.windows.Begin {
		at += n * unit(t.Fold, t.windows, i)
	}
	return at
}

// gather copies the operand: for each place its inputs, or the image of each channel.
func (p *plan) gather(t *sum, clock ir.Clock, channels int) {
	grid, w := slices.Concat(t.Places, t.Taps), t.windows
	x := lower.View{Array: t.X.Array, Start: t.X.Start + t.begin(), Strides: slices.Clone(t.X.Strides)}
	var axes []int
	for axis := range t.Places {
		if t.X.Strides[axis] != 0 && !slices.Contains(t.over, axis) && !slices.Contains(t.fold.OutputAxes, axis) {
			axes = append(axes, axis)
		}
	}
	for axis := range channels {
		axes = append(axes, len(t.Places)+axis)
	}
	for i, axis := range t.over {
		grid[axis], x.Strides[axis] = w.In[i], unit(t.Fold, t.windows, i)
	}
	x = p.gathered(clock, x, grid, append(axes, t.over...))
	for i, axis := range t.over {
		unit := x.Strides[axis]
		x.Start -= w.Begin[i] * unit
		x.Strides[axis], x.Strides[len(x.Strides)-len(w.In)+i] = w.Stride[i]*unit, w.Dilation[i]*unit
	}
	x.Within = t.X.Within
	t.X = x
}

// spread reports whether the outputs of a place stand apart in the result, where sums are made
// apart from it.
func (t *sum) spread() bool {
	outputs := t.fold.OutputAxes
	by, even := lower.OneStride(lower.Pick(t.Places, outputs), lower.Pick(lower.Strides(t.Places), outputs))
	return len(t.over) > 0 || t.outs > 1 && (by > 1 || !even)
}

// paddedOf is the extent of the input with all the padding that windows look at.
func paddedOf(w ir.Windows) []int {
	out := make([]int, len(w.In))
	for i := range out {
		out[i] = lower.Reach(w, i)
	}
	return out
}

// isPadded reports whether there is padding at all.
func (t *sum) isPadded() bool { return lower.Size(t.padded) != t.places }

// counted is the element that rows, spikes and places are counted in, and maxEvents bounds
// the spikes listed at a time, and the places of a padded input.
var counted = elem{bits: 16}

const maxEvents = 1<<16 - 1

// planRows lays out the rows of weights for sums of some element, and cuts them into segments.
func (t *sum) planRows(y elem, packed bool) {
	t.elem, t.wide = y.unsigned(), !(elem{8, true, false}).holds(t.Weight.Array.Data.Range())
	t.stored = storedBits(t.Weight.Array.Data.Range(), t.groups*t.outs*t.rows)
	t.planDigits(packed, t.X.Array.Range)
	if len(t.over) > 0 && packed {
		t.planChunks()
	} else {
		t.take(upTo(t.rows))
		t.cut(0, t.rows, 32)
	}
	t.planTiles()
	t.byWeight = strides(t.Places, t.fold.GroupAxes, t.groupSize())
	t.planStart()
}

// take orders the weights by the inputs of the rows.
func (t *sum) take(inputs []int) {
	t.w = nil
	for group := range t.groups {
		for output := range t.outs {
			for _, input := range inputs {
				t.w = append(t.w, t.Weight.Array.Data.I[t.fold.Weight(group, output, input)])
			}
		}
	}
}

// planChunks cuts the channels into chunks, such that a chunk's rows at one tap
// can be added in one go, and gathers taps into segments. A row is a channel at a
// tap; the taps of a chunk follow one another.
func (t *sum) planChunks() {
	taps := t.windows.Taps()
	for size := t.inputs; ; size = max(1, size/2) {
		var rows []int
		t.chunks, t.segments = nil, nil
		for first := 0; first < t.inputs; first += size {
			k := chunk{first: first, channels: min(size, t.inputs-first)}
			for tap := range taps {
				for channel := range k.channels {
					rows = append(rows, (first+channel)*taps+tap)
				}
			}
			t.chunks = append(t.chunks, k)
		}
		t.take(rows)
		if t.cutChunks(taps) || size == 1 {
			return
		}
	}
}

// cutChunks cuts the rows of every chunk, and reports whether it could.
func (t *sum) cutChunks(taps int) bool {
	for i := range t.chunks {
		k, before := &t.chunks[i], len(t.segments)
		if first := k.first * taps; k.channels*t.places > maxEvents || !t.cut(first, first+k.channels*taps, k.channels) {
			return false
		}
		k.segments = t.segments[before:]
	}
	return true
}

// strides are those of a grid in memory that has some of its axes in C order, with so many
// elements for each place on them.
func strides(grid, axes []int, each int) []int {
	out, own := make([]int, len(grid)), lower.Strides(lower.Pick(grid, axes))
	for i, axis := range axes {
		out[axis] = own[i] * each
	}
	return out
}

// on are strides along some axes, and 0 along the others.
func on(axes, strides []int) []int {
	out := make([]int, len(strides))
	for _, axis := range axes {
		out[axis] = strides[axis]
	}
	return out
}

// planStart plans the start values of sums: the bias, low·Σw for the
// offset of the words, less the 2^15 that each level's running sum of 8-bit
// weights carries. All modulo the width of the sum. It is stored by group, then
// by position if the bias is not the same in all of them, or by its class, then by output.
func (t *sum) planStart() {
	base, size, positions, axes := t.constants(), roundUp(t.outs, 4), 1, t.fold.GroupAxes
	if t.Start != nil && slices.ContainsFunc(t.fold.PositionAxes, func(axis int) bool { return t.Start.Strides[axis] != 0 }) {
		positions, axes = t.fold.Positions, slices.Concat(axes, t.fold.PositionAxes)
	}
	same := true
	for group := range t.groups {
		for position := range positions {
			for output := range t.outs {
				value := base[group*t.outs+output]
				if t.Start != nil {
					value += t.Start.Array.Data.I[t.fold.Start(position, group, output)]
				}
				t.starts = append(t.starts, value&(1<<t.elem.bits-1))
				same = same && t.starts[len(t.starts)-1] == t.starts[0]
			}
			t.starts = append(t.starts, make([]int64, size-t.outs)...)
		}
	}
	t.byStart = strides(t.Places, axes, size)
	if same && len(t.digits) == 1 {
		t.startAll, t.starts = t.starts[0], nil
	} else if positions > 1 {
		t.classStarts(axes, size)
	}
}

// classStarts keeps the start values by classes of positions, where that saves flash. They are stored
// by these axes, and for each place there are so many.
func (t *sum) classStarts(axes []int, size int) {
	dims := append(lower.Pick(t.Places, axes), size)
	c := lower.ClassesOf(t.starts, dims, upTo(len(axes))[len(t.fold.GroupAxes):])
	if saves(t.elem, len(t.starts), c) < classesWorth {
		return
	}
	t.starts, t.byStart, t.startOffsets = c.Data, make([]int, len(t.Places)), make([][]int64, len(t.Places))
	for i, axis := range axes {
		t.byStart[axis], t.startOffsets[axis] = c.Strides[i], c.Offsets[i]
	}
}
