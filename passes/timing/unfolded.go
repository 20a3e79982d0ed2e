package timing

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/unsupported"
)

// A neuron that keeps more than the IR's has, such as a threshold that adapts, is not found
// to be one: each of its steps is a layer without memory, which reads the spikes of those
// before it element by element. That computes the same. It is no network in time any more,
// and who wrote it would not know, so it is told.

// fewestUnfolded is the number of layers from which on such are taken for one neuron: two may be a
// neuron whose two steps do not show its state.
const fewestUnfolded = 3

// Unfolded is a neuron that was taken for layers without memory, in the order of its steps.
type Unfolded struct {
	layers []*ir.Value
	state  *ir.Value // made of spikes of several layers alone, which the last one reads; or nil
	// product is one of two numbers that the steps make, of which the last one is computed neuron by neuron; or nil.
	product *ir.Value
}

// Unfoldings finds such layers, by the membranes that they compare: compares is nil of other
// values.
func Unfoldings(n *ir.Net, compares func(*ir.Value) *ir.Value) []Unfolded {
	before, length, followed := map[*ir.Value]*ir.Value{}, map[*ir.Value]int{}, map[*ir.Value]bool{}
	var ends []*ir.Value
	for _, v := range n.Values {
		x := compares(v)
		if x == nil {
			continue
		}
		length[v] = 1
		reads := canonical.ConeOf(x)
		for _, u := range slices.Backward(ends) {
			if reads[u] && length[u] >= length[v] {
				before[v], length[v] = u, length[u]+1
			}
		}
		followed[before[v]] = true
		ends = append(ends, v)
	}
	var out []Unfolded
	for _, v := range ends {
		if followed[v] || length[v] < fewestUnfolded {
			continue
		}
		chain := Unfolded{state: keptOfSpikes(n, compares(v), length), product: productIn(compares(v))}
		for ; v != nil; v = before[v] {
			chain.layers = append(chain.layers, v)
		}
		slices.Reverse(chain.layers)
		out = append(out, chain)
	}
	return distinct(out)
}

// distinct leaves of those that share a layer the longest, of equals the last: they are one
// neuron that compares more than once in a step.
func distinct(all []Unfolded) []Unfolded {
	byLength := slices.Clone(all)
	slices.Reverse(byLength)
	slices.SortStableFunc(byLength, func(a, b Unfolded) int { return len(b.layers) - len(a.layers) })
	met, left := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, u := range byLength {
		last := u.layers[len(u.layers)-1]
		left[last] = !slices.ContainsFunc(u.layers, func(v *ir.Value) bool { return met[v] })
		for _, v := range u.layers {
			met[v] = true
		}
	}
	return slices.DeleteFunc(all, func(u Unfolded) bool { return !left[u.layers[len(u.layers)-1]] })
}

// mostOfTwo is the number of comparisons, each fed by those before it, that layers of two
// steps may have.
const mostOfTwo = 5

// SeemsShort is the error of layers that look as if they had two steps, in a net of more: the state
// of two steps is found by trying, which takes long and finds nothing there.
func SeemsShort(n *ir.Net, layers []History) *diag.Diagnostic {
	if len(layers[0].Membranes) != 2 {
		return nil
	}
	for _, u := range Unfoldings(n, canonical.MembraneOf) {
		if len(u.layers) > mostOfTwo {
			return diag.Errorf(u.layers[0].Origin, diag.NotUnrolled, "%s and the %d comparisons behind it, which read each other's spikes one by one, are steps of a neuron that is not known: a neuron keeps its membrane, which is linear but for its threshold, and one current that drives it",
				canonical.Where(u.layers[0]), len(u.layers)-1)
		}
	}
	return nil
}

// keptOfSpikes is the last value of those that x is computed from, element by element, that
// is made of the spikes of several layers and constants alone; x itself where it is a spike.
func keptOfSpikes(n *ir.Net, x *ir.Value, layers map[*ir.Value]int) *ir.Value {
	kept := canonical.ConeOf(x)
	for _, v := range slices.Backward(n.Values) {
		if !kept[v] || v == x && !madeSpike(v) || layers[v] > 0 || !canonical.DecidedBy(v, func(u *ir.Value) (fires, fits bool) { return layers[u] > 0, true }) {
			continue
		}
		spikes := 0
		for u := range canonical.ConeOf(v) {
			spikes += min(layers[u], 1)
		}
		if spikes > 1 {
			return v
		}
	}
	return nil
}

// productIn is the product nearest to x of two numbers, neither a spike nor decided by one, of which x is computed
// neuron by neuron.
func productIn(x *ir.Value) *ir.Value {
	computed := func(v *ir.Value) bool { return v.Const() == nil && canonical.SpikeOf(v) == nil }
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{x}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if seen[v] || !canonical.ByElement(v.Op) {
			continue
		}
		if v.Op == ir.OpMul && computed(v.Args[0]) && computed(v.Args[1]) {
			return v
		}
		seen[v], queue = true, append(queue, v.Args...)
	}
	return nil
}

// madeSpike reports whether a value is a spike, or the number of one.
func madeSpike(v *ir.Value) bool {
	return v.Type.IsSpike() || v.Op == ir.OpCast && v.Args[0].Type.IsSpike()
}

// WithoutMemory is the compared operand of a neuron that keeps nothing from step to step; nil of
// others.
func WithoutMemory(v *ir.Value) *ir.Value {
	a, ok := v.Attrs.(ir.NeuronAttrs)
	if !ok || a.Silent || a.Leak.Kind != ir.LeakAll || a.Reset != ir.ResetNone {
		return nil
	}
	return v.Args[ir.NeuronX]
}

// Kind is the same for equal layers: the number of steps, and the ops that the state beside the membrane is made by.
func (u Unfolded) Kind() string {
	out := fmt.Sprint(len(u.layers))
	for _, v := range []*ir.Value{u.state, u.product} {
		if v != nil {
			out += " " + v.Op.String()
		}
	}
	return out
}

// message names the layers that were found, and the state beside their membrane.
func (u Unfolded) message() string {
	all := u.layers
	if u.product != nil {
		return fmt.Sprintf("the %d layers %%%s, %%%s … %%%s are steps of %s, see %s", len(all), all[0].Name, all[1].Name, all[len(all)-1].Name,
			unsupported.OfProduct(u.product).What, canonical.Where(u.product))
	}
	kept := "no membrane was found in them that each makes of the one before"
	switch {
	case u.state == nil:
	case madeSpike(u.state):
		kept = fmt.Sprintf("beside its membrane it keeps a spike, %s, by which the next step fires", canonical.Where(u.state))
	default:
		kept = fmt.Sprintf("beside its membrane it keeps %s, a sum of its own spikes, as a threshold or a current that adapts does, or a count of steps to rest", canonical.Where(u.state))
	}
	return fmt.Sprintf("the %d layers %%%s, %%%s … %%%s, which read each other's spikes one by one, are steps of a neuron that was not recognised: %s",
		len(all), all[0].Name, all[1].Name, all[len(all)-1].Name, kept)
}

// Refused is the error of a neuron that was not recognised.
func (u Unfolded) Refused() *diag.Diagnostic {
	return diag.Errorf(u.layers[0].Origin, diag.NotUnrolled, "%s", u.message()).WithHelp("%s", u.help())
}

// help tells how to write them as one layer.
func (u Unfolded) help() string {
	if u.product != nil {
		return unsupported.OfProduct(u.product).Help
	}
	if u.state != nil {
		return "without it the network is one layer in time; as it is, it takes few time steps only"
	}
	return "written with a membrane that is linear but for its threshold and its reset, it is one layer in time; as it is, it takes few time steps only"
}
