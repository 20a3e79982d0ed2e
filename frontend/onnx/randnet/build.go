package randnet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"nomul/frontend/onnx/onnxpb"
)

// Model is a network as a file, and the options that a user would give with it.
type Model struct {
	Data   []byte
	Traced []byte // the file with all spikes and membranes as outputs
	Steps  int
	// Elem is the integer type of the input's elements, Mean and Std the
	// normalisation of pixels, or nil.
	Elem      string
	Mean, Std []float64
	// Of a file of one step: the states, and how its output is read.
	State   [][2]string
	Said    int // steps to say, 0 when the file has them
	Readout string
	Stream  bool
	Stacked map[string]bool // outputs that hold every step
	Outputs []string        // but those of states
	// Input is the shape of x in the file, Frames how the steps read it.
	Input  []int
	Frames Frames
	Layers []Fired
	// Features are those that the file has, not those that were wished.
	Features []string
}

// Fired says where the spikes of a layer of neurons are found in the file.
type Fired struct {
	Name       string
	Spikes     []string // of each step
	Membranes  []string // the values compared with the threshold
	Thresholds []float32
	Shape      []int // of the thresholds; broadcasts to that of the spikes
}

// Turns is how often the file is run for a sample: once, or for each step.
func (m *Model) Turns() int { return max(1, m.Said) }

// Turn is the part of a sample that one run takes.
func (m *Model) Turn(all []float64, t int) []float64 {
	if !m.Stream {
		return all
	}
	size := len(all) / m.Steps
	return all[t*size:][:size]
}

// builder writes the file of a plan.
type builder struct {
	*file
	plan     Plan
	used     map[string]bool
	steps    int
	step     int
	loop     bool // one step, with its state outside
	bindings [][2]string
	state    map[string]tensor
	next     map[string]tensor
	fired    []Fired
	watched  []tensor
	spikes   []tensor // of this step: the input and every layer's
	history  [][]tensor
	first    *tensor // the first layer's current, when it is computed once
	layer    int
	elem     string
	ends     map[int]tensor   // the stored membranes of this step
	stored   []map[int]tensor // those of all steps
}

// Build writes the network of a plan.
func Build(p Plan) (*Model, error) {
	b := &builder{plan: p, used: map[string]bool{}, state: map[string]tensor{}, ends: map[int]tensor{}}
	b.file = newFile(p.Seed, b.whole("opset"))
	b.steps = b.whole("steps")
	b.loop = b.get("form") == "step"
	m := &Model{Steps: b.steps, Stacked: map[string]bool{}}
	frames := b.input(m)
	turns := b.steps
	if b.loop {
		turns = 1
	}
	if b.loop || b.steps == 1 {
		m.Said = b.steps
	}
	var read []tensor
	for b.step = range turns {
		b.next = map[string]tensor{}
		read = append(read, b.forward(frames[b.step]))
		b.state = b.next
	}
	b.outputs(m, read)
	for _, out := range b.pb.Graph.Output {
		m.Outputs = append(m.Outputs, out.Name)
	}
	b.bind()
	m.State, m.Layers, m.Elem = b.bindings, b.fired, b.elem
	for _, f := range Features() {
		if b.used[f] {
			m.Features = append(m.Features, f)
		}
	}
	var err error
	if m.Data, err = b.bytes(); err != nil {
		return nil, err
	}
	m.Traced, err = b.bytes(b.watched...)
	return m, err
}

// level is the answer to a question, of the network or of the layer at hand.
func (b *builder) level(name string) string {
	if i := slices.IndexFunc(netDims, func(d dimension) bool { return d.name == name }); i >= 0 {
		return netDims[i].levels[b.plan.net[i]]
	}
	i := slices.IndexFunc(layerDims, func(d dimension) bool { return d.name == name })
	return layerDims[i].levels[b.plan.layers[b.layer][i]]
}

// get is level, counted as used.
func (b *builder) get(name string) string {
	level := b.level(name)
	b.used[name+"="+level] = true
	return level
}

// is reports whether the answer is the one given, and counts it as used then.
func (b *builder) is(name, level string) bool {
	if _, _, ok := find(slices.Concat(netDims, layerDims), name+"="+level); !ok {
		panic("no feature " + name + "=" + level)
	}
	if b.level(name) != level {
		return false
	}
	b.used[name+"="+level] = true
	return true
}

func (b *builder) whole(name string) int {
	n, _ := strconv.Atoi(b.get(name))
	return n
}

// old is the state kept from the step before. Networks may leave out the terms of
// a state that is still nothing: ok is false then.
func (b *builder) old(name string, dims []int, omitted bool) (tensor, bool) {
	if b.loop {
		in := tensor{"in_" + name, dims}
		if !b.known[in.name] {
			b.known[in.name] = true
			b.file.input(in.name, dims...)
		}
		return in, true
	}
	if t, ok := b.state[name]; ok {
		return t, true
	}
	if omitted {
		return tensor{}, false
	}
	return b.zeros(dims), true
}

func (b *builder) keep(name string, t tensor) {
	b.next[name] = t
}

// bind makes states of one step inputs and outputs of the file.
func (b *builder) bind() {
	if !b.loop {
		return
	}
	for _, in := range b.pb.Graph.Input {
		if name, ok := cut(in.Name, "in_"); ok {
			b.output("out_"+name, b.state[name])
			b.bindings = append(b.bindings, [2]string{in.Name, "out_" + name})
		}
	}
}

func cut(s, prefix string) (string, bool) {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return "", false
}

func (b *builder) zeros(dims []int) tensor {
	n := tensor{dims: dims}.size()
	return b.floats(fmt.Sprint("zeros", dims), dims, make([]float32, n)...)
}

// forward writes one step of the network, and returns the operand of the readout.
func (b *builder) forward(x tensor) tensor {
	b.spikes = []tensor{x}
	for b.layer = range b.plan.layers {
		s := b.layerOf()
		b.spikes = append(b.spikes, s)
	}
	b.history = append(b.history, b.spikes)
	b.stored = append(b.stored, maps.Clone(b.ends))
	b.layer = len(b.plan.layers) - 1
	return b.head(b.spikes[len(b.spikes)-1])
}

// layerOf is the layer at hand in the step at hand: its spikes.
func (b *builder) layerOf() tensor {
	hoisted := b.layer == 0 && b.is("frames", "same") && b.is("first-layer", "once") && !b.loop
	if b.layer == 0 && !hoisted {
		b.used["first-layer=once"] = false
		b.used["first-layer=each-step"] = true
	}
	if hoisted && b.first != nil {
		return b.neuron(*b.first)
	}
	c := b.current(b.spikes[b.layer], !hoisted)
	if hoisted {
		b.first = &c
	}
	return b.neuron(c)
}

// flat is a value as a row.
func (b *builder) flat(t tensor) tensor {
	if len(t.dims) == 2 {
		return t
	}
	return b.node("Flatten", []int{1, t.size()}, []tensor{t}, integer("axis", 1))
}

func (b *builder) reshape(t tensor, dims []int) tensor {
	if slices.Equal(t.dims, dims) {
		return t
	}
	return b.node("Reshape", dims, []tensor{t, b.ints(dims...)})
}

func (b *builder) unsqueeze(t tensor, axis int) tensor {
	dims := slices.Insert(slices.Clone(t.dims), axis, 1)
	if b.opset < 13 {
		return b.node("Unsqueeze", dims, []tensor{t}, integers("axes", axis))
	}
	return b.node("Unsqueeze", dims, []tensor{t, b.ints(axis)})
}

func (b *builder) concat(axis int, in ...tensor) tensor {
	dims := slices.Clone(in[0].dims)
	for _, t := range in[1:] {
		dims[axis] += t.dims[axis]
	}
	return b.node("Concat", dims, in, integer("axis", axis))
}

// slice takes count entries of an axis from start on, or backwards.
func (b *builder) slice(t tensor, axis, start, end, step int) tensor {
	dims := slices.Clone(t.dims)
	if step < 0 {
		return b.node("Slice", dims, []tensor{t, b.ints(-1), b.ints(-1 << 30), b.ints(axis), b.ints(-1)})
	}
	dims[axis] = end - start
	return b.node("Slice", dims, []tensor{t, b.ints(start), b.ints(end), b.ints(axis), b.ints(1)})
}

func (b *builder) fires(op string, dims []int, name string, in ...tensor) tensor {
	g := b.node(op, dims, in)
	if op == "Less" {
		g = b.node("Not", dims, []tensor{g})
	}
	return b.named(name, "Cast", dims, []tensor{g}, integer("to", int(onnxpb.TensorProto_FLOAT)))
}
