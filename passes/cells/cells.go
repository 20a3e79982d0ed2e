package cells

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// Group is a layer: targets that share state, which are cells together or none of them.
type Group struct {
	members []*member
	Why     *diag.Diagnostic // the reason why they cannot be cells; nil where they can
}

// Counts reports whether the layer hands on a number that spikes of its membrane decide, as one with a sign.
func (l *Layers) Counts(g *Group) bool {
	return g.Why == nil && slices.ContainsFunc(g.members, func(m *member) bool { return l.region.countsAlone(m.target) })
}

// member is a target with its program.
type member struct {
	target  *ir.Value
	program *program
	own     []*ir.Value // delays of state that its own values make
	group   *Group
}

// Layers are those of a net of one step whose neurons may be cells.
type Layers struct {
	Net    *ir.Net // in which delays keep spikes, and not the numbers that are made of them
	region *region
	Groups []*Group
	of     map[*ir.Value]*member
}

// mostKept is the number of spikes of which a delay may keep a number: of each sign and size.
const mostKept = 3

// Find finds the layers of a net of one step.
func Find(n *ir.Net) (*Layers, error) {
	n, err := canonical.KeepsSpikes(n, mostKept)
	if err != nil {
		return nil, err
	}
	r := newRegion(n)
	l := &Layers{Net: n, region: r, of: map[*ir.Value]*member{}}
	targets := r.targets()
	read := map[*ir.Value]bool{}
	for _, t := range targets {
		read[t] = true
	}
	for _, t := range targets {
		stops := func(v *ir.Value) bool { return r.parts(v, t, read) }
		m := &member{target: t}
		for _, d := range r.apart(t, stops, true).delays {
			if s := r.latched[d]; r.state[s] && !stops(s) {
				m.own = append(m.own, d)
			}
		}
		p, why := r.write(t, stops)
		m.program = p
		l.of[t] = m
		l.join(m, why)
	}
	for l.refuseLoop() {
	}
	return l, nil
}

// join puts a target into the group that its state belongs to, and makes groups that meet there one.
func (l *Layers) join(m *member, why *diag.Diagnostic) {
	g := &Group{members: []*member{m}, Why: why}
	l.Groups = slices.DeleteFunc(l.Groups, func(h *Group) bool {
		if !h.shares(m) {
			return false
		}
		g.members = append(h.members, g.members...)
		if h.Why != nil {
			g.Why = h.Why
		}
		return true
	})
	for _, m := range g.members {
		m.group = g
	}
	l.Groups = append(l.Groups, g)
}

func (g *Group) shares(m *member) bool {
	return slices.ContainsFunc(g.members, func(o *member) bool {
		return slices.ContainsFunc(o.own, func(d *ir.Value) bool { return slices.Contains(m.own, d) })
	})
}

// Reaches reports whether a value of the net is one of the layer's, by its name.
func (l *Layers) Reaches(g *Group, name string) bool {
	return slices.ContainsFunc(g.members, func(m *member) bool {
		for v := range l.region.cone(m.target).values {
			if l.region.state[v] && v.Name == name {
				return true
			}
		}
		return false
	})
}

// refuseLoop refuses a layer whose update reads a value that its own spikes make in the same step; false
// where there is none.
func (l *Layers) refuseLoop() bool {
	o := l.order(func(g *Group) bool { return g.Why == nil })
	o.sort()
	if o.loop == nil {
		return false
	}
	m, at := o.loop.member, o.loop.at
	d := rewrite.Refuse(m.target, diag.NotANeuron, "changes its state by what its own result makes in the same step, see %s; a neuron's own update reads what other layers make of its result in the next step", canonical.Where(at))
	if greatest := unsupported.ByGreatest(m.target, at); greatest != nil {
		d = greatest
	} else if !l.region.bits[m.target] {
		d.Help = "if the membranes of other neurons come in, as by torch.roll: let neurons act on one another by their spikes"
	}
	m.group.Why = d
	return true
}

// Names names cells by their targets. A membrane that is read beside the spikes of its neuron is named by those.
type Names func(target *ir.Value, membrane bool) string

// of is the name of a cell.
func (names Names) of(r *region, m *member) string {
	for _, o := range m.group.members {
		if !r.bits[m.target] && r.bits[o.target] {
			return names(o.target, true)
		}
	}
	return names(m.target, false)
}

// With returns the net with the cells of some layers.
func (l *Layers) With(cells func(*Group) bool, names Names) (*ir.Net, error) {
	picked := func(g *Group) bool { return g.Why == nil && cells(g) }
	n := l.Net.Head()
	o := l.order(picked)
	o.sort()
	n.Values = o.values
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if m := o.cell(v); m != nil {
			return m.make(r, names.of(l.region, m))
		}
		return nil, nil
	})
}

// make appends the cell.
func (m *member) make(r *ir.Rebuilder, name string) (*ir.Value, error) {
	t := m.target
	args := make([]*ir.Value, len(m.program.slots))
	for i, s := range m.program.slots {
		var err error
		if args[i] = r.Of(s.value); s.value == nil {
			if args[i], err = r.Const(r.Unique(name+".constant"), s.data); err != nil {
				return nil, err
			}
		}
	}
	c, err := r.Add(ir.OpCell, r.Unique(name), ir.CellAttrs{Do: ir.Routine{Program: m.program.Program}}, args...)
	if err != nil || c.Type == t.Type {
		return c, err
	}
	number, err := r.AddTyped(ir.OpCast, r.Unique(name+".number"), nil, t.Type, c)
	if err != nil || m.program.unit == 1 {
		return number, err
	}
	unit, err := r.Const(r.Unique(name+".unit"), rewrite.Scalar(m.program.unit))
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpMul, r.Unique(name+".sized"), nil, number, unit)
}

// ordering puts the values of a net in an order in which cells stand behind their operands.
type ordering struct {
	layers *Layers
	picked func(*Group) bool
	values []*ir.Value
	state  map[*ir.Value]progress
	path   []*ir.Value
	loop   *loop
}

type progress uint8

const (
	begun progress = iota + 1
	done
)

// loop is a cell that depends on itself in a step, and an operand by which it does.
type loop struct {
	member *member
	at     *ir.Value
}

func (l *Layers) order(picked func(*Group) bool) *ordering {
	return &ordering{layers: l, picked: picked, state: map[*ir.Value]progress{}}
}

func (o *ordering) sort() {
	for _, v := range o.layers.Net.Values {
		o.visit(v)
	}
}

// cell is the cell that a value becomes; nil when it stays.
func (o *ordering) cell(v *ir.Value) *member {
	if m := o.layers.of[v]; m != nil && o.picked(m.group) {
		return m
	}
	return nil
}

func (o *ordering) visit(v *ir.Value) {
	switch {
	case v == nil || o.state[v] == done:
		return
	case o.state[v] == begun:
		o.close(v)
		return
	}
	o.state[v] = begun
	o.path = append(o.path, v)
	if m := o.cell(v); m != nil {
		for _, s := range m.program.slots {
			o.visit(s.value)
		}
	} else {
		for _, a := range v.Args {
			o.visit(a)
		}
	}
	o.path = o.path[:len(o.path)-1]
	o.state[v] = done
	o.values = append(o.values, v)
}

// close notes the loop that ends at a value.
func (o *ordering) close(v *ir.Value) {
	path := append(o.path[slices.Index(o.path, v):], v)
	for i, x := range path[:len(path)-1] {
		if m := o.cell(x); m != nil && o.loop == nil {
			o.loop = &loop{m, path[i+1]}
		}
	}
}
