package layers

import (
	"maps"
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// GroupLeaks makes layers with a leak for each neuron, of the membrane or of a
// current, several layers with one leak each, for integers leak by shifts that a
// whole layer shares. Weighted layers before and behind are put in the order of the
// groups; other readers of the spikes have them joined in the old order. A layer with more leaks than
// it may become layers is a cell: there each neuron is multiplied by the bits of its own leak.
func GroupLeaks(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	g := &grouper{options: o, plans: map[*ir.Value]*leakPlan{}, cells: map[*ir.Value]bool{}, rows: map[*ir.Value]*leakPlan{}, counts: map[*ir.Value]*leakPlan{}, sorted: map[*ir.Value]*ir.Value{}}
	readers := n.Readers()
	for _, v := range n.All(ir.OpNeuron) {
		plan, err := g.plan(v, readers)
		if err != nil {
			return nil, err
		}
		if plan == nil {
			continue
		}
		g.plans[v] = plan
		if w, ok := AsWeighted(v.Args[ir.NeuronX]); ok && plan.axis >= 0 && w.Out == plan.axis && w.groups == 1 && len(readers[w.Value]) == 1 {
			g.rows[w.Value] = plan
		}
	}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		g.r = r
		switch {
		case g.cells[v]:
			return cellOf(r, v)
		case g.plans[v] != nil:
			return g.neurons(v, g.plans[v])
		case g.rows[v] != nil || len(v.Args) > 0 && g.ordering(v) != nil:
			return g.weights(v)
		case g.counts[v] != nil:
			var err error
			g.sorted[v], err = r.Add(v.Op, r.Unique(v.Name), v.Attrs, g.sorted[v.Args[0]])
			return g.sorted[v], err
		}
		return nil, nil
	})
}

// maxLeaks bounds the layers that one becomes, and maxRuns the pieces in which its
// neurons are put together again.
const (
	maxLeaks = 16
	maxRuns  = 64
)

type grouper struct {
	r       *ir.Rebuilder
	options *rewrite.Options
	plans   map[*ir.Value]*leakPlan // by neuron
	cells   map[*ir.Value]bool      // neurons that become cells
	rows    map[*ir.Value]*leakPlan // by the weighted layer whose outputs are put in order
	counts  map[*ir.Value]*leakPlan // by the sum over time of a neuron's spikes that weights alone read
	sorted  map[*ir.Value]*ir.Value // by neuron, or sum of it: in the order of the groups
}

// leakPlan is how the neurons of a layer are grouped along an axis, −1 for all axes
// as one. A single group is a layer whose leaks are equal after all.
type leakPlan struct {
	axis   int
	groups []leakGroup
	joined bool // something reads the spikes in their old order
}

// leakGroup are neurons with one leak.
type leakGroup struct {
	leaks   map[int]float64 // by the slot of the factor
	members []int
}

// orders reports whether a reader's weights can be put in the order of the groups.
func (p *leakPlan) orders(reader *ir.Value) bool {
	w, ok := AsWeighted(reader)
	return ok && w.in == p.axis && w.groups == 1
}

// order are the neurons as the groups list them.
func (p *leakPlan) order() []int {
	var out []int
	for _, g := range p.groups {
		out = append(out, g.members...)
	}
	return out
}

// plan groups a layer's neurons; nil when there is nothing to group, or when a
// leak has no integer form, which is refused later.
func (g *grouper) plan(v *ir.Value, readers map[*ir.Value][]*ir.Value) (*leakPlan, error) {
	leaks, factors := map[int]*ir.Tensor{}, []*ir.Tensor(nil)
	differ, a := false, v.Attrs.(ir.NeuronAttrs)
	for _, l := range a.Leaks() {
		c := v.Args[l.Slot].Const()
		if c == nil {
			continue
		}
		leak := Compact(g.likeOthers(v, l.Slot, SpreadTo(c, v.Type.Shape)))
		if !rewrite.Everywhere(leak, func(f float64) bool { return f >= 0 && f <= 1 }) {
			return nil, nil
		}
		leaks[l.Slot], factors = leak, append(factors, leak)
		_, same := c.Uniform()
		differ = differ || !same
	}
	if !differ {
		return nil, nil
	}
	plan := &leakPlan{axis: variesAlong(v.Type.Shape, factors...)}
	extent, at := v.Type.Size(), v.Type.Shape
	if plan.axis >= 0 {
		extent = v.Type.Shape.Dim(plan.axis)
		dims := Ones(at.Rank()).Dims()
		dims[plan.axis] = extent
		at = ir.ShapeOf(dims...)
	}
	plan.group(leaks, at)
	plan.joined = slices.ContainsFunc(readers[v], func(r *ir.Value) bool { return !plan.orders(r) && !plan.counted(r, readers) })
	if why := plan.check(v); why != nil {
		_, _, g.cells[v] = v.AsCell()
		if !g.cells[v] {
			return nil, why
		}
		return nil, nil
	}
	for _, r := range readers[v] {
		if !plan.joined && plan.counted(r, readers) { // else they are counted in their old order
			g.counts[r] = plan
		}
	}
	return plan, nil
}

// counted reports whether a reader is the sum over time, which weights alone read.
func (p *leakPlan) counted(reader *ir.Value, readers map[*ir.Value][]*ir.Value) bool {
	return reader.Op == ir.OpSum && !slices.ContainsFunc(readers[reader], func(r *ir.Value) bool { return !p.orders(r) })
}

// cellOf makes a neuron a cell.
func cellOf(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	attrs, slots, _ := v.AsCell()
	var args []*ir.Value
	for _, slot := range slots {
		args = append(args, r.Of(v.Args[slot]))
	}
	return r.Add(ir.OpCell, r.Unique(v.Name), attrs, args...)
}

// likeOthers writes leaks that are equal but for rounding as one: training and
// sigmoids leave such.
func (g *grouper) likeOthers(v *ir.Value, slot int, leaks *ir.Tensor) *ir.Tensor {
	out := ir.NewTensor(leaks.Type)
	var known []float64
	moved := 0.0
	for i, f := range leaks.F {
		j := slices.IndexFunc(known, func(k float64) bool { return math.Abs(k-f) <= sameLeak })
		if j < 0 {
			j, known = len(known), append(known, nearShift(f))
		}
		out.F[i] = known[j]
		moved = max(moved, math.Abs(known[j]-f))
	}
	if moved > 0 {
		g.options.Remark(v, "its %ss that differ by less than %.2g are run as one", v.Op.Operands()[slot].Name, moved)
	}
	return out
}

// sameLeak is how far leaks are apart that are the same but for rounding to float32.
const sameLeak = 1e-7

// nearShift is a leak, or the one next to it that is exact on integers.
func nearShift(f float64) float64 {
	for k := range ir.MaxLeakBits + 1 {
		for _, exact := range []float64{math.Ldexp(1, -k), 1 - math.Ldexp(1, -k)} {
			if math.Abs(exact-f) <= sameLeak {
				return exact
			}
		}
	}
	return f
}

// variesAlong is the only axis of a shape along which tensors differ, −1 when they
// differ along several.
func variesAlong(s ir.Shape, tensors ...*ir.Tensor) int {
	axis, count := -1, 0
	for i := range s.Rank() {
		if slices.ContainsFunc(tensors, func(t *ir.Tensor) bool { return !FlatOn(t, s, []int{i}) }) {
			axis, count = i, count+1
		}
	}
	switch count {
	case 0:
		return 0
	case 1:
		return axis
	}
	return -1
}

// group lists the neurons of each leak, or of each integer form that leaks have.
func (p *leakPlan) group(leaks map[int]*ir.Tensor, shape ir.Shape) {
	place, all := map[string]int{}, map[int][]float64{}
	for slot, t := range leaks {
		all[slot] = rewrite.Stretched(t, shape)
	}
	for i := range shape.Size() {
		form := ""
		for _, slot := range slices.Sorted(maps.Keys(all)) {
			form += integerLeak(all[slot][i]).String() + " "
		}
		at, ok := place[form]
		if !ok {
			at, place[form] = len(p.groups), len(p.groups)
			g := leakGroup{leaks: map[int]float64{}}
			for slot, leak := range all {
				g.leaks[slot] = leak[i]
			}
			p.groups = append(p.groups, g)
		}
		p.groups[at].members = append(p.groups[at].members, i)
	}
}

// integerLeak is the form that a leak has on integers.
func integerLeak(beta float64) ir.Leak {
	form, ok := shiftLeak(beta)
	if !ok {
		form, _ = fractionLeak(beta)
	}
	return form
}

// check refuses a layer that would become too many layers.
func (p *leakPlan) check(v *ir.Value) error {
	if len(p.groups) > maxLeaks {
		return rewrite.Refuse(v, diag.NotExact, "its neurons have %d different leaks; a layer is run as one for each leak, and at most %d", len(p.groups), maxLeaks).
			WithHelp("use fewer leaks, for example one for each layer, or powers of two")
	}
	if n := p.runs(); p.joined && n > maxRuns {
		return rewrite.Refuse(v, diag.NotExact, "its leaks change %d times from one neuron to the next, and not only weights read its spikes; at most %d times can be put together again", n-1, maxRuns-1).
			WithHelp("put neurons of equal leak next to each other")
	}
	return nil
}

// runs counts the stretches of neurons with one leak.
func (p *leakPlan) runs() int {
	n := 0
	for _, g := range p.groups {
		n += len(runsOf(g.members))
	}
	return n
}

// run is a stretch of indices that follow each other.
type run struct{ start, count int }

func runsOf(members []int) []run {
	var out []run
	for _, m := range members {
		if k := len(out) - 1; k >= 0 && out[k].start+out[k].count == m {
			out[k].count++
			continue
		}
		out = append(out, run{m, 1})
	}
	return out
}
