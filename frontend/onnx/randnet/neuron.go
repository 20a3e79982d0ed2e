package randnet

import (
	"fmt"
	"slices"
)

// cell is a layer of neurons in one step.
type cell struct {
	*builder
	name  string
	dims  []int
	theta tensor
	leak  tensor
	open  *tensor // 1 where the neuron does not rest; nil where none does
	grown *tensor // the growth of the threshold, nil without one
}

// neuron is the spikes of a layer of neurons driven by a current.
func (b *builder) neuron(c tensor) tensor {
	n := &cell{builder: b, name: fmt.Sprintf("layer%d", b.layer), dims: c.dims}
	if b.is("neuron", "current-only") {
		b.ends[b.layer] = c
		return c
	}
	var thresholds []float32
	n.theta, thresholds = b.thresholds(c.dims)
	if b.step == 0 {
		b.fired = append(b.fired, Fired{Name: n.name, Thresholds: thresholds, Shape: n.theta.dims})
	}
	n.leak = b.leakOf(c.dims)
	return n.step(c)
}

func (b *builder) leakOf(dims []int) tensor {
	if b.level("neuron") == "if" {
		return tensor{}
	}
	return b.leak("leak", dims)
}

// step is one step: old membrane, charge, spike, reset.
func (n *cell) step(c tensor) tensor {
	when := n.get("when")
	v, known := n.membrane(when)
	c = n.driven(c)
	n.secondState(when)
	if when == "old" {
		s := n.spike(v)
		v = n.charge(n.reset(v, s), true, c)
		return n.done(v, s)
	}
	if n.open != nil && n.is("keeps", "rest-drive") {
		c = n.elementwise("Mul", c, *n.open)
	}
	h := n.charge(v, known, c)
	if n.open != nil && known && n.is("keeps", "rest-hold") {
		h = n.elementwise("Add", n.elementwise("Mul", h, *n.open), n.elementwise("Mul", v, n.elementwise("Sub", n.number(1), *n.open)))
	}
	if when == "next" {
		if s, ok := n.old(n.name+"_s", n.dims, n.level("start") == "omitted"); ok {
			h = n.reset(h, s)
		}
		s := n.spike(h)
		n.keep(n.name+"_s", s)
		return n.done(h, s)
	}
	s := n.spike(h)
	return n.done(n.reset(h, s), s)
}

// done keeps the state for the next step, and returns the spikes.
func (n *cell) done(v, s tensor) tensor {
	n.keepSecond(s)
	n.keep(n.name+"_v", v)
	if n.is("neuron", "recurrent") {
		n.keep(n.name+"_r", s)
	}
	n.ends[n.layer] = v
	return s
}

// membrane is the stored membrane; known is false where it is 0 and left out.
func (n *cell) membrane(when string) (v tensor, known bool) {
	if n.step0() {
		name := fmt.Sprintf("init%d", n.layer)
		switch n.get("membrane") {
		case "half":
			return n.floats(name, n.dims, repeat(0.5, n.dims)...), true
		case "per-neuron":
			return n.drawn(name, -0.9, 0.9, n.dims...), true
		}
	} else if n.loop {
		n.used["membrane=0"] = true
	}
	omitted := n.level("start") == "omitted" && when != "old"
	if !n.loop {
		n.get("start")
	}
	return n.old(n.name+"_v", n.dims, omitted)
}

// step0 reports whether this is the first of steps that are written out.
func (n *cell) step0() bool { return n.builder.step == 0 && !n.loop }

func repeat(x float32, dims []int) []float32 {
	out := make([]float32, tensor{dims: dims}.size())
	for i := range out {
		out[i] = x
	}
	return out
}

// driven returns the current plus the terms of the layer's own spikes and its synapses.
func (n *cell) driven(c tensor) tensor {
	switch {
	case n.is("neuron", "recurrent"):
		s, ok := n.old(n.name+"_r", n.dims, n.level("start") == "omitted")
		if !ok {
			return c
		}
		size := c.size()
		w := n.weights("recurrent", size, size, size, size)
		z := n.node("MatMul", []int{1, size}, []tensor{n.flat(s), w})
		return n.elementwise("Add", c, n.reshape(z, c.dims))
	case n.is("neuron", "synaptic"):
		old, ok := n.old(n.name+"_i", n.dims, n.level("start") == "omitted")
		if ok {
			c = n.elementwise("Add", n.elementwise("Mul", old, n.builder.leak("alpha", n.dims)), c)
		}
		n.keep(n.name+"_i", c)
	}
	return c
}

// charge is the membrane before the spike.
func (n *cell) charge(v tensor, known bool, c tensor) tensor {
	kind := n.get("neuron")
	swapped := n.is("spelling", "swapped")
	add := func(a, b tensor) tensor {
		if swapped {
			a, b = b, a
		}
		return n.elementwise("Add", a, b)
	}
	switch {
	case kind == "decay":
		if !known {
			return n.elementwise("Mul", c, n.gain())
		}
		return add(v, n.elementwise("Mul", n.elementwise("Sub", c, v), n.gain()))
	case !known:
		return c
	case kind == "if":
		return add(v, c)
	}
	return add(n.elementwise("Mul", v, n.leak), c)
}

// gain is 1 − leak.
func (n *cell) gain() tensor {
	one := n.number(1)
	return n.elementwise("Sub", one, n.leak)
}

// spike compares a membrane with the threshold.
func (n *cell) spike(h tensor) tensor {
	step := n.builder.step
	name := fmt.Sprintf("/%s/s_%d", n.name, step)
	watched := fmt.Sprintf("/%s/h_%d", n.name, step)
	theta, above := n.theta, h
	if n.grown == nil {
		h = n.named(watched, "Identity", h.dims, []tensor{h})
		above = h
	} else {
		theta = n.elementwise("Add", theta, *n.grown)
		above = n.named(watched, "Sub", h.dims, []tensor{h, *n.grown})
	}
	fired := name
	if n.gated() {
		fired = name + "_awake"
	}
	kind := n.level("compare")
	if n.opset < 12 && (kind == "ge" || kind == "minus-ge") {
		kind = "not-less"
	}
	n.used["compare="+kind] = true
	var s tensor
	switch kind {
	case "ge":
		s = n.fires("GreaterOrEqual", n.dims, fired, h, theta)
	case "gt":
		s = n.fires("Greater", n.dims, fired, h, theta)
	case "minus-ge":
		s = n.fires("GreaterOrEqual", n.dims, fired, n.elementwise("Sub", h, theta), n.number(0))
	case "minus-gt":
		s = n.fires("Greater", n.dims, fired, n.elementwise("Sub", h, theta), n.number(0))
	case "not-less":
		s = n.fires("Less", n.dims, fired, h, theta)
	}
	if n.gated() {
		s = n.named(name, "Mul", n.dims, []tensor{s, *n.open})
	}
	f := &n.fired[slices.IndexFunc(n.fired, func(f Fired) bool { return f.Name == n.name })]
	f.Spikes, f.Membranes = append(f.Spikes, s.name), append(f.Membranes, above.name)
	n.watched = append(n.watched, s, above)
	return s
}
