package randnet

import "slices"

// Frames says how the steps read an input: step t reads entry First + Stride·t of
// the axis, less the entry before it when it is a difference. Axis −1: all steps
// read all of it.
type Frames struct {
	Axis, First, Stride int
	Difference          bool
}

// input makes the input and its frames: one for each step.
func (b *builder) input(m *Model) []tensor {
	dims := map[string][]int{"vector": {1, 5}, "image": {1, 2, 4, 4}, "tokens": {1, 3, 4}, "one": {1, 1}}[b.get("shape")]
	switch b.get("input") {
	case "pixels":
		b.elem, m.Mean, m.Std = "u8", []float64{0}, []float64{1}
	case "normalised":
		b.elem, m.Mean, m.Std = "u8", []float64{0.286}, []float64{0.353}
	case "spikes":
		b.elem = "spike"
	case "signed":
		b.elem = "s8"
	}
	m.Frames = Frames{Axis: -1}
	if b.loop {
		m.Stream = !b.is("frames", "same")
		if m.Stream {
			b.used["frames=first-axis"] = true // of the array that is given from outside
		}
		m.Input = dims
		return []tensor{b.taken(m)}
	}
	if b.is("frames", "same") {
		m.Input = dims
		x := b.taken(m)
		return slices.Repeat([]tensor{x}, b.steps)
	}
	return b.frames(m, dims)
}

// frames takes the frames from the axis of an input that holds all of them.
func (b *builder) frames(m *Model, dims []int) []tensor {
	f, extent := Frames{Stride: 1}, b.steps
	switch b.get("frames") {
	case "second-axis":
		f.Axis = 1
	case "last-axis":
		f.Axis = len(dims)
	case "offset":
		f.First, extent = 1, b.steps+1
	case "stride":
		f.Stride, extent = 2, 2*b.steps
	case "difference":
		f.First, f.Difference, extent = 1, true, b.steps+1
	}
	m.Frames = f
	m.Input = slices.Insert(slices.Clone(dims), f.Axis, extent)
	x := b.taken(m)
	var out []tensor
	take := func(i int) tensor {
		return b.node("Gather", dims, []tensor{x, b.index(i)}, integer("axis", f.Axis))
	}
	for t := range b.steps {
		at := f.First + f.Stride*t
		frame := take(at)
		if f.Difference {
			frame = b.elementwise("Sub", frame, take(at-1))
		}
		out = append(out, frame)
	}
	return out
}
