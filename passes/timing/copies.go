package timing

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// Copies tells which values of a net are one value in successive steps, whatever a neuron keeps: a
// value and its copy in the step before are one op, and so are their operands, down to step 0,
// where constants of the initial state take their place.
type Copies struct {
	net     *ir.Net
	frames  Frames
	earlier map[*ir.Value]*ir.Value
	later   map[*ir.Value]*ir.Value // the inverse
	todo    []*ir.Value
}

// NewCopies lines up the last of the values that are computed alike, down to a depth, with the one
// before it, then their operands.
func NewCopies(n *ir.Net, depth int, f Frames) *Copies {
	c := &Copies{net: n, frames: f, earlier: map[*ir.Value]*ir.Value{}, later: map[*ir.Value]*ir.Value{}}
	colour, last := colours(n, depth), map[int]*ir.Value{}
	before := map[*ir.Value]*ir.Value{}
	for _, v := range n.Values {
		if !f.Holds(v) && !Given(v) && TellsStep(v) && v.Op != ir.OpCast {
			before[v], last[colour[v]] = last[colour[v]], v
		}
	}
	for _, v := range n.Values {
		if last[colour[v]] == v {
			c.pair(v, before[v])
		}
	}
	c.operands()
	for c.results() || c.weightedSums() || c.comparisons() {
		c.operands()
	}
	return c
}

// operands pairs those of all pairs.
func (c *Copies) operands() {
	for len(c.todo) > 0 {
		v := c.todo[0]
		c.todo = c.todo[1:]
		for i, a := range v.Args {
			c.pair(a, c.earlier[v].Args[i])
		}
	}
}

// results pairs the first copies with values that are computed so of the copies of their operands
// in the step before, and the last ones with those of the step behind; false where there are none.
func (c *Copies) results() bool {
	key := func(v *ir.Value, of map[*ir.Value]*ir.Value) string {
		out := formOf(v)
		for _, a := range v.Args {
			if of[a] != nil {
				a = of[a]
			}
			out += fmt.Sprintf(" %p", a)
		}
		return out
	}
	all, found := map[string]*ir.Value{}, false
	for _, v := range c.net.Values {
		all[key(v, nil)] = v
	}
	for _, v := range c.net.Values {
		if c.frames.Holds(v) { // a form that all frames have
			continue
		}
		if c.earlier[v] == nil && c.later[v] != nil {
			w := all[key(v, c.earlier)]
			c.pair(v, w)
			found = found || w != nil && c.earlier[v] == w
		}
		if c.later[v] == nil && c.earlier[v] != nil {
			w := all[key(v, c.later)]
			c.pair(w, v)
			found = found || w != nil && c.later[v] == w
		}
	}
	return found
}

// weightedSums pairs the first copy of a weighted sum with the last value of the same weights that is
// no copy yet: nothing leads there where a state of the layer behind it was folded away in its step.
func (c *Copies) weightedSums() bool {
	alone, found := map[string]*ir.Value{}, false
	for _, v := range c.net.Values {
		if v.Op.Class() == ir.Contract && c.earlier[v] == nil && c.later[v] == nil {
			alone[weightsOf(v)] = v
		}
	}
	for _, v := range c.net.Values {
		if w := alone[weightsOf(v)]; w != nil && c.earlier[v] == nil && c.later[v] != nil {
			c.pair(v, w)
			found = found || c.earlier[v] == w
		}
	}
	return found
}

// comparisons pairs the first copy of a comparison with the last one on the same layer of weights that is no copy yet: the
// first steps of delays add up fewer values than a copy does.
func (c *Copies) comparisons() bool {
	alone, found, layer := map[string]*ir.Value{}, false, layersOf(c.net)
	for _, v := range c.net.Values {
		if v.Op != ir.OpCompare || layer[v] == "" || c.later[v] != nil {
			continue
		}
		if c.earlier[v] == nil {
			alone[weightsOf(v)+layer[v]] = v
		}
	}
	for _, v := range c.net.Values {
		if v.Op == ir.OpCompare && c.earlier[v] == nil && c.later[v] != nil {
			w := alone[weightsOf(v)+layer[v]]
			c.pair(v, w)
			found = found || w != nil && c.earlier[v] == w
		}
	}
	return found
}

// layersOf names the layer of weights from which alone a value is computed, without another comparison between; nothing
// where there are none, or several.
func layersOf(n *ir.Net) map[*ir.Value]string {
	out, several := map[*ir.Value]string{}, map[*ir.Value]bool{}
	for _, v := range n.Values {
		if v.Op.Class() == ir.Contract {
			out[v] = weightsOf(v)
			continue
		}
		for _, a := range v.Args {
			if a == nil || a.Op == ir.OpCompare || out[a] == "" && !several[a] {
				continue
			}
			several[v] = several[v] || several[a] || out[v] != "" && out[v] != out[a]
			out[v] = out[a]
		}
		if several[v] {
			out[v] = ""
		}
	}
	return out
}

// weightsOf describes a value by its op and its operands that are the same in every step.
func weightsOf(v *ir.Value) string {
	out := formOf(v)
	for i, a := range v.Args {
		if Given(a) {
			out += fmt.Sprintf(" %d:%p", i, a)
		}
	}
	return out
}

// Frames are the entries of inputs that each step reads for itself.
type Frames interface {
	Holds(v *ir.Value) bool
	Alike(v, w *ir.Value) bool // the same op, or entries of one input for two steps
}

// TellsStep reports whether a value stands in the step in which the file computes it: spikes,
// functions and weighted sums do, while a state may be made at the end of a step or in the next.
func TellsStep(v *ir.Value) bool {
	u, _ := canonical.Rounding(v)
	return v.Type.IsSpike() || v.Op == ir.OpCast && v.Args[0].Type.IsSpike() || v.Op == ir.OpMap || u != nil || v.Op.Class() == ir.Contract
}

// pair notes that w is the copy of v in the step before, if it is computed so.
func (c *Copies) pair(v, w *ir.Value) {
	if v == w || v == nil || w == nil || c.earlier[v] != nil || c.later[w] != nil || !c.alike(v, w) {
		return
	}
	c.earlier[v], c.later[w] = w, v
	c.todo = append(c.todo, v)
}

// alike reports whether two values are one op of the same constants and inputs, and of layers of the same weights.
func (c *Copies) alike(v, w *ir.Value) bool {
	if Given(v) || Given(w) || !c.frames.Alike(v, w) {
		return false
	}
	for i, a := range v.Args {
		if b := w.Args[i]; a != b && (Given(a) || Given(b) || unlikeWeights(a, b)) {
			return false
		}
	}
	return true
}

// unlikeWeights reports whether two values are layers of other weights than one another. A synapse with a delay has
// weights of its own for each, and the first steps lack those on spikes that are older than they.
func unlikeWeights(v, w *ir.Value) bool {
	return v.Op.Class() == ir.Contract && w.Op.Class() == ir.Contract && weightsOf(v) != weightsOf(w)
}

// chains lists the copies of each value that has some, the earliest first, in net order of the last.
func (c *Copies) chains() [][]*ir.Value {
	var out [][]*ir.Value
	single := c.single()
	for _, v := range c.net.Values {
		if (c.earlier[v] == nil || c.later[v] != nil) && !single[v] {
			continue
		}
		var chain []*ir.Value
		for ; v != nil; v = c.earlier[v] {
			chain = append(chain, v)
		}
		slices.Reverse(chain)
		out = append(out, chain)
	}
	return out
}

// single are the values without copies that the last ones read and that are computed from copies: the step
// before has them in another form, as constants are folded there, and the step behind does not read them.
func (c *Copies) single() map[*ir.Value]bool {
	ofCopies, read, out := map[*ir.Value]bool{}, map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, v := range c.net.Values {
		ofCopies[v] = c.earlier[v] != nil || c.later[v] != nil || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return ofCopies[a] })
	}
	for _, v := range slices.Backward(c.net.Values) {
		out[v] = read[v] && ofCopies[v] && c.earlier[v] == nil && c.later[v] == nil
		if out[v] || c.earlier[v] != nil && c.later[v] == nil {
			for _, a := range v.Args {
				read[a] = true
			}
		}
	}
	return out
}

// colours numbers values such that those have one number that are computed alike down to a depth.
func colours(n *ir.Net, depth int) map[*ir.Value]int {
	var colour map[*ir.Value]int
	for round := range depth + 1 {
		number, now := map[string]int{}, map[*ir.Value]int{}
		for _, v := range n.Values {
			form := formOf(v)
			if round > 0 {
				for _, a := range v.Args {
					form += fmt.Sprint(" ", colour[a])
				}
			}
			if _, ok := number[form]; !ok {
				number[form] = len(number) + 1
			}
			now[v] = number[form]
		}
		colour = now
	}
	return colour
}

// formOf describes a value without its operands; entries of an input are alike wherever they lie.
func formOf(v *ir.Value) string {
	if Given(v) {
		return fmt.Sprintf("%p", v)
	}
	if a, ok := v.Attrs.(ir.SliceAttrs); ok && Given(v.Args[0]) {
		a.Start = 0
		return fmt.Sprint(v.Op, v.Type, a)
	}
	return fmt.Sprint(v.Op, v.Type, v.Attrs)
}
