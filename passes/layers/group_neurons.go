package layers

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// ordering is the plan in whose order a weighted layer reads spikes, or counts of
// them; nil when it reads them as they were.
func (g *grouper) ordering(v *ir.Value) *leakPlan {
	x := v.Args[0]
	if plan := g.counts[x]; plan != nil {
		return plan
	}
	if plan := g.plans[x]; plan != nil && !plan.joined && plan.orders(v) {
		return plan
	}
	return nil
}

// weights puts a layer's rows and columns in the order of the groups behind and
// before it.
func (g *grouper) weights(v *ir.Value) (*ir.Value, error) {
	w, _ := AsWeighted(v)
	weights, bias, x := w.Weights, w.Bias(), g.r.Of(v.Args[0])
	if plan := g.rows[v]; plan != nil {
		weights = picked(weights, 0, plan.order())
		if bias != nil {
			bias = picked(SpreadTo(bias, v.Type.Shape), w.Out, plan.order())
		}
	}
	if plan := g.ordering(v); plan != nil {
		weights, x = picked(weights, 1, plan.order()), g.sorted[v.Args[0]]
	}
	return w.rebuild(g.r, x, weights, bias)
}

// picked is a tensor with the entries along an axis that the indices list.
func picked(t *ir.Tensor, axis int, indices []int) *ir.Tensor {
	dims := t.Type.Shape.Dims()
	inner := 1
	for _, d := range dims[axis+1:] {
		inner *= d
	}
	extent := dims[axis]
	dims[axis] = len(indices)
	out := ir.NewTensor(t.Type.WithShape(ir.ShapeOf(dims...)))
	for i := range out.F {
		at := i/inner/len(indices)*extent + indices[i/inner%len(indices)]
		out.F[i] = t.F[at*inner+i%inner]
	}
	return out
}

// neurons makes a layer for each group, and joins their spikes.
func (g *grouper) neurons(v *ir.Value, plan *leakPlan) (*ir.Value, error) {
	if len(plan.groups) == 1 {
		out, err := g.neuron(v, plan, 0, g.r.Of(v.Args[ir.NeuronX]), v.Name)
		g.sorted[v] = out
		return out, err
	}
	all, err := g.inRow(v, plan)
	if err != nil {
		return nil, err
	}
	parts := make([]*ir.Value, len(plan.groups))
	done := 0
	for i, group := range plan.groups {
		members := group.members
		if g.rows[v.Args[ir.NeuronX]] == plan {
			members = []int{}
			for range group.members {
				members = append(members, done+len(members))
			}
		}
		done += len(group.members)
		x, err := g.members(v.Name+".in", plan, all, members)
		if err != nil {
			return nil, err
		}
		if parts[i], err = g.neuron(v, plan, i, x, g.r.Unique(fmt.Sprintf("%s.%d", v.Name, i))); err != nil {
			return nil, err
		}
	}
	return g.join(v, plan, parts)
}

// along is the axis of the values that are grouped.
func (p *leakPlan) along() int { return max(p.axis, 0) }

// inRow is a layer's input, as one row where its neurons are grouped along all axes.
func (g *grouper) inRow(v *ir.Value, plan *leakPlan) (*ir.Value, error) {
	x := g.r.Of(v.Args[ir.NeuronX])
	if plan.axis >= 0 {
		return x, nil
	}
	return g.r.Add(ir.OpReshape, g.r.Unique(v.Name+".row"), ir.ShapeAttrs{Shape: []int{x.Type.Size()}}, x)
}

// members are some of a layer's inputs.
func (g *grouper) members(name string, plan *leakPlan, x *ir.Value, members []int) (*ir.Value, error) {
	var pieces []*ir.Value
	for _, piece := range runsOf(members) {
		s, err := g.slice(name, plan, x, piece)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, s)
	}
	return g.concat(name, plan, pieces)
}

func (g *grouper) slice(name string, plan *leakPlan, x *ir.Value, piece run) (*ir.Value, error) {
	if piece.count == x.Type.Shape.Dim(plan.along()) {
		return x, nil
	}
	return g.r.Add(ir.OpSlice, g.r.Unique(name), ir.SliceAttrs{Axis: plan.along(), Start: piece.start, Count: piece.count, Step: 1}, x)
}

func (g *grouper) concat(name string, plan *leakPlan, parts []*ir.Value) (*ir.Value, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	return g.r.Add(ir.OpConcat, g.r.Unique(name), ir.AxisAttrs{Axis: plan.along()}, parts...)
}

// neuron is the layer of one group, with its part of the constants.
func (g *grouper) neuron(v *ir.Value, plan *leakPlan, i int, x *ir.Value, name string) (*ir.Value, error) {
	group := plan.groups[i]
	args := []*ir.Value{x}
	for slot := ir.NeuronThreshold; slot < len(v.Args); slot++ {
		c := v.Args[slot].Const()
		leak, leaks := group.leaks[slot]
		switch {
		case c == nil:
			args = append(args, nil)
			continue
		case leaks:
			c = rewrite.Scalar(leak)
		case c.Type.Size() > 1:
			full := SpreadTo(c, v.Type.Shape)
			if plan.axis < 0 {
				full = ir.Reals(ir.ShapeOf(len(full.F)), full.F)
			}
			c = Compact(picked(full, plan.along(), group.members))
		}
		k, err := g.r.Const(g.r.Unique(name+"."+v.Op.Operands()[slot].Name), c)
		if err != nil {
			return nil, err
		}
		args = append(args, k)
	}
	return g.r.Add(ir.OpNeuron, name, v.Attrs, args...)
}

// join puts the spikes of the groups together: in their order where weights alone
// read them, and else in the old order.
func (g *grouper) join(v *ir.Value, plan *leakPlan, parts []*ir.Value) (*ir.Value, error) {
	if !plan.joined {
		out, err := g.concat(v.Name, plan, parts)
		g.sorted[v] = out
		return out, err
	}
	type piece struct{ part, at, start, count int } // at: in the old order
	var pieces []piece
	for i, group := range plan.groups {
		start := 0
		for _, r := range runsOf(group.members) {
			pieces = append(pieces, piece{i, r.start, start, r.count})
			start += r.count
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int { return a.at - b.at })
	var ordered []*ir.Value
	for _, p := range pieces {
		s, err := g.slice(v.Name+".part", plan, parts[p.part], run{p.start, p.count})
		if err != nil {
			return nil, err
		}
		ordered = append(ordered, s)
	}
	if plan.axis >= 0 {
		return g.concat(v.Name, plan, ordered)
	}
	row, err := g.concat(v.Name+".all", plan, ordered)
	if err != nil {
		return nil, err
	}
	return g.r.Add(ir.OpReshape, g.r.Unique(v.Name), ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, row)
}
