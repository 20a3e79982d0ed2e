package randnet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// dimension is a question to which each network, or each of its layers, has one
// answer. The first is the simplest.
type dimension struct {
	name   string
	levels []string
}

// netDims are answered once for a network.
var netDims = []dimension{
	{"form", []string{"unrolled", "step"}},
	{"steps", []string{"3", "2", "5", "4", "8", "1"}},
	{"shape", []string{"vector", "image", "tokens", "one"}},
	{"input", []string{"pixels", "normalised", "spikes", "signed"}},
	{"frames", []string{"same", "first-axis", "second-axis", "last-axis", "offset", "stride", "difference"}},
	{"integers", []string{"none", "narrow", "int32", "int32-sum", "as-int8", "sum-int8", "less-uint8", "product-int32"}},
	{"first-layer", []string{"each-step", "once"}},
	{"start", []string{"omitted", "zeros"}},
	{"head", []string{"spikes", "linear", "linear-bn", "integrator", "membrane", "count+membrane"}},
	{"readout", []string{"sum", "mean", "last", "max", "weights", "last-k", "every-step"}},
	{"behind", []string{"nothing", "factor", "factors", "affine", "negative", "softmax", "linear"}},
	{"more", []string{"none", "membrane", "count", "hidden-membrane", "twice", "constant", "count+membrane", "count+factors", "mean+membranes", "membranes", "unlike", "count-int32", "count-int8"}},
	{"summing", []string{"left", "right", "nary"}},
	{"opset", []string{"17", "11", "13", "21"}},
}

// layerDims are answered for each layer.
var layerDims = []dimension{
	{"weights", []string{"gemm", "matmul", "none", "left", "conv", "groups", "strided", "einsum", "two", "integer"}},
	{"numbers", []string{"plain", "coarse", "integers", "far", "tiny", "zero-rows", "zero", "repeated", "positive", "far-columns"}},
	{"bias", []string{"none", "drawn", "large", "threshold", "silent"}},
	{"width", []string{"3", "2", "1", "6"}},
	{"before", []string{"nothing", "batch-norm", "factor", "max-pool", "average-pool", "transpose", "tile", "pad", "reflect", "edge", "resize", "reshape", "slice", "concat-self", "concat-constant", "concat-far", "reverse"}},
	{"after", []string{"nothing", "batch-norm", "channel-factor", "token-factor", "far-factor", "negative", "add-constant", "average-pool", "max-pool", "transpose", "tile", "slice", "concat-negative"}},
	{"again", []string{"nothing", "before", "after"}},
	{"join", []string{"none", "add", "weighted", "subtract", "and", "or", "concat", "current", "everything"}},
	{"delay", []string{"0", "1", "2", "0+1", "0+2"}},
	{"neuron", []string{"if", "leaky", "decay", "synaptic", "recurrent", "current-only"}},
	{"keeps", []string{"nothing", "rest-hold", "rest-drive", "rest-spike", "growth", "growth-reset"}},
	{"leak", []string{"0.5", "0.9", "0.75", "0.37", "per-neuron", "grouped", "0", "1"}},
	{"compare", []string{"ge", "gt", "minus-ge", "minus-gt", "not-less"}},
	{"reset", []string{"zero", "subtract", "none", "value"}},
	{"when", []string{"now", "next", "old"}},
	{"spelling", []string{"arithmetic", "where", "swapped", "detached"}},
	{"threshold", []string{"1", "0.75", "per-neuron", "large", "far", "0", "near-0", "negative"}},
	{"membrane", []string{"0", "half", "per-neuron"}},
}

// choices answer the questions of a table: the number of a level for each.
type choices []uint8

// Plan describes a network. The same plan is the same file.
type Plan struct {
	// Seed gives the weights; each constant draws from a source of its own.
	Seed   uint64
	net    choices
	layers []choices
}

// most is the number of layers of a drawn plan.
const most = 3

// Draw draws a plan in which the given features occur if they can.
func Draw(random *rand.Rand, wanted ...string) Plan {
	odd := []float64{0.05, 0.1, 0.2, 0.4}[random.IntN(4)]
	p := Plan{Seed: random.Uint64(), net: draw(random, netDims, odd)}
	for range 1 + random.IntN(most) {
		p.layers = append(p.layers, draw(random, layerDims, odd))
	}
	for _, feature := range wanted {
		p.prepare(random, feature)
	}
	for _, feature := range wanted {
		p.set(feature, random.IntN(len(p.layers)))
	}
	return p
}

// draw answers questions, oddly with the given probability: were all answers odd,
// every network would be refused, for several reasons at once.
func draw(random *rand.Rand, dims []dimension, odd float64) choices {
	c := make(choices, len(dims))
	for i, d := range dims {
		if random.Float64() < odd {
			c[i] = uint8(random.IntN(len(d.levels)))
		}
	}
	return c
}

// company lists pairs of features of which the first needs the second about it.
var company = []struct{ feature, needs string }{
	{"weights=conv", "shape=image"}, {"weights=groups", "shape=image"}, {"weights=strided", "shape=image"},
	{"before=max-pool", "shape=image"}, {"before=average-pool", "shape=image"}, {"before=resize", "shape=image"},
	{"after=max-pool", "shape=image"}, {"after=average-pool", "shape=image"},
	{"after=max-pool", "weights=conv"}, {"after=average-pool", "weights=conv"},
	{"weights=left", "shape=tokens"}, {"before=transpose", "shape=tokens"},
	{"after=transpose", "shape=tokens"}, {"after=token-factor", "shape=tokens"},
	{"after=transpose", "weights=matmul"}, {"after=token-factor", "weights=matmul"},
	{"keeps=rest-hold", "steps=5"}, {"keeps=rest-drive", "steps=5"}, {"keeps=rest-spike", "steps=5"},
	{"keeps=growth", "steps=5"}, {"keeps=growth-reset", "steps=5"},
	{"first-layer=once", "form=unrolled"}, {"first-layer=once", "frames=same"},
}

// prepare draws the features that a feature needs about it: a join, layers to be joined
// that are as wide.
func (p *Plan) prepare(random *rand.Rand, feature string) {
	for strings.HasPrefix(feature, "join=") && len(p.layers) < most {
		p.layers = append(p.layers, make(choices, len(layerDims)))
	}
	if strings.HasPrefix(feature, "join=") && random.IntN(2) == 0 {
		p.layers[0], p.layers[1] = make(choices, len(layerDims)), make(choices, len(layerDims))
	}
	for _, c := range company {
		if c.feature == feature && random.IntN(4) > 0 {
			for l := range p.layers {
				p.set(c.needs, l)
			}
		}
	}
}

// set makes a feature occur, that of a layer in the given one.
func (p *Plan) set(feature string, layer int) {
	if i, level, ok := find(netDims, feature); ok {
		p.net[i] = level
	}
	if i, level, ok := find(layerDims, feature); ok {
		p.layers[layer][i] = level
	}
}

func find(dims []dimension, feature string) (int, uint8, bool) {
	name, level, _ := strings.Cut(feature, "=")
	for i, d := range dims {
		if d.name == name {
			k := slices.Index(d.levels, level)
			return i, uint8(k), k >= 0
		}
	}
	return 0, 0, false
}

// FromBytes makes a plan of any bytes, as a fuzzer gives them.
func FromBytes(data []byte) Plan {
	next := func(n int) uint8 {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b % uint8(n)
	}
	p := Plan{Seed: uint64(next(255)), net: make(choices, len(netDims))}
	fill := func(c choices, dims []dimension) {
		for i, d := range dims {
			c[i] = next(len(d.levels))
		}
	}
	layers := 1 + next(most)
	fill(p.net, netDims)
	for range layers {
		p.layers = append(p.layers, make(choices, len(layerDims)))
		fill(p.layers[len(p.layers)-1], layerDims)
	}
	return p
}

// Simpler lists plans that are simpler by one thing each, those that leave out most first.
func (p Plan) Simpler() []Plan {
	var out []Plan
	for i := range p.layers {
		if len(p.layers) > 1 {
			q := p.clone()
			q.layers = slices.Delete(q.layers, i, i+1)
			out = append(out, q)
		}
	}
	simplify := func(c func(*Plan) choices) {
		for i, level := range c(&p) {
			for _, to := range []uint8{0, 1, level - 1} {
				if to < level {
					q := p.clone()
					c(&q)[i] = to
					out = append(out, q)
				}
			}
		}
	}
	simplify(func(p *Plan) choices { return p.net })
	for l := range p.layers {
		simplify(func(p *Plan) choices { return p.layers[l] })
	}
	return out
}

func (p Plan) clone() Plan {
	q := Plan{Seed: p.Seed, net: slices.Clone(p.net)}
	for _, l := range p.layers {
		q.layers = append(q.layers, slices.Clone(l))
	}
	return q
}

// String lists the features of a plan that are not the simplest of their dimension.
func (p Plan) String() string {
	var b strings.Builder
	list := func(c choices, dims []dimension) {
		for i, level := range c {
			if level > 0 {
				fmt.Fprintf(&b, " %s=%s", dims[i].name, dims[i].levels[level])
			}
		}
	}
	fmt.Fprintf(&b, "seed=%d", p.Seed)
	list(p.net, netDims)
	for i, l := range p.layers {
		fmt.Fprintf(&b, "; layer %d:", i)
		list(l, layerDims)
	}
	return b.String()
}

// Features lists all features, in the order of the tables.
func Features() []string {
	var out []string
	for _, d := range slices.Concat(netDims, layerDims) {
		for _, level := range d.levels {
			out = append(out, d.name+"="+level)
		}
	}
	return out
}

// Parse reads the text of String, and passes over words that it does not know.
func Parse(text string) Plan {
	p := Plan{net: make(choices, len(netDims))}
	for i, part := range strings.Split(text, ";") {
		c, dims := p.net, netDims
		if i > 0 {
			c, dims = make(choices, len(layerDims)), layerDims
			p.layers = append(p.layers, c)
		}
		for _, word := range strings.Fields(part) {
			if k, level, ok := find(dims, word); ok {
				c[k] = level
			}
			fmt.Sscanf(word, "seed=%d", &p.Seed)
		}
	}
	return p
}

// Size is how much of a plan is not simple.
func (p Plan) Size() int {
	size := 100 * len(p.layers)
	for _, c := range append([]choices{p.net}, p.layers...) {
		for _, level := range c {
			size += int(level)
		}
	}
	return size
}

// Exclusive reports whether no network has both of two features: they answer one
// question, asked once for a network.
func Exclusive(a, b string) bool {
	i, _, first := find(netDims, a)
	j, _, second := find(netDims, b)
	return first && second && i == j
}
