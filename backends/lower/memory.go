package lower

import (
	"cmp"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Elem is an integer in memory: so many bits, 1 in a word of packed spikes.
type Elem struct {
	Bits   int
	Signed bool
}

// Slot is memory of one kind of element, which arrays share that are not alive at the same time.
type Slot struct {
	Elem Elem
	Size int // elements
	Uses []*Use
}

// Use is the part of an array in a slot, from the position of its writer to that of its last
// reader. An array that one group writes and another reads has a copy for each step, others 0.
type Use struct {
	Array    *Array
	Slot     *Slot
	Copies   int
	from, to int
}

// Copy is an array that a target makes of another for its own use: at the first of the moments
// at which it is read.
type Copy struct {
	Array *Array
	Read  []Moment
}

// place gives arrays and states their memory.
func (p *Plan) place() {
	p.Lay(p.memory, nil)
	for _, s := range p.Program.Stages {
		if s.Each == nil {
			continue
		}
		ranges := s.Ranges(p.Program.Steps)
		for i, v := range s.Each.Program.Vars {
			p.States[s] = append(p.States[s], p.Layout.variable(v, ranges.Vars[i]))
		}
	}
}

// Lay gives arrays their memory, by the kind and number of elements that each takes, and with
// them the copies of a target.
func (p *Plan) Lay(memory func(*Array) (Elem, int), copies []Copy) {
	p.Slots, p.At, p.Kept, p.Passed = nil, map[*Array]*Use{}, map[*Array]int{}, map[*Array]Elem{}
	for _, u := range p.uses(copies) {
		if at := kept(p.sweepOf[u.Array], u.Array); at >= 0 && u.Copies == 0 {
			p.Kept[u.Array] = at
			continue
		}
		e, size := memory(u.Array)
		u.Slot = p.slot(e, size*max(1, u.Copies), u.from)
		u.Slot.Uses = append(u.Slot.Uses, u)
		if p.sweepOf[u.Array] != nil {
			p.At[u.Array] = u
		}
	}
	for a := range p.sweepOf {
		if _, kept := p.Kept[a]; !kept && p.At[a] == nil {
			p.Passed[a] = p.elem(a)
		}
	}
}

// kept is the state variable that an array is, or -1.
func kept(s *Sweep, a *Array) int {
	if s == nil {
		return -1
	}
	at := slices.IndexFunc(s.Stages, func(stage *Stage) bool { return stage.To == a })
	return s.Stages[at].Kept()
}

// Kept returns the state variable that the result of a stage is, or -1: the program stores it.
func (s *Stage) Kept() int {
	if s.Each == nil {
		return -1
	}
	program := s.Each.Program
	for v := range program.Vars {
		if program.Stored(v) == program.Result() {
			return v
		}
	}
	return -1
}

// slot is the smallest one that is free before a position and large enough, else the
// largest free one, which grows, else a new one.
func (p *Plan) slot(e Elem, size, from int) *Slot {
	var fits, grows *Slot
	for _, s := range p.Slots {
		switch {
		case s.Elem != e || s.Uses[len(s.Uses)-1].to >= from || !p.Layout.Overlay:
		case s.Size >= size && (fits == nil || s.Size < fits.Size):
			fits = s
		case s.Size < size && (grows == nil || s.Size > grows.Size):
			grows = s
		}
	}
	switch {
	case fits != nil:
		return fits
	case grows != nil:
		grows.Size = size
		return grows
	}
	s := &Slot{Elem: e, Size: size}
	p.Slots = append(p.Slots, s)
	return s
}

// memory is the kind and the number of the elements of an array; packed spikes fill words.
func (p *Plan) memory(a *Array) (Elem, int) {
	n := a.Type.Size()
	if word := p.Layout.Packed; word > 0 && a.Type.IsSpike() {
		n = (n + word - 1) / word * word
	}
	return p.elem(a), n
}

// weighs reports whether the elements of an array are sums of weights.
func (p *Plan) weighs(a *Array) bool {
	s := p.sweepOf[a]
	return s != nil && s.Stages[0].To == a && s.weighs()
}

// elem is that of an array: of its type, and of sums by their range.
func (p *Plan) elem(a *Array) Elem {
	if p.weighs(a) {
		return p.Layout.Sum(a.Range)
	}
	return p.Layout.Type(a.Type)
}

// Type is the element of a type.
func (l Layout) Type(t ir.Type) Elem {
	switch {
	case len(l.Widths) == 0:
		return Elem{64, true}
	case t.IsSpike() && l.Packed > 0:
		return Elem{1, false}
	}
	width := l.Widths[len(l.Widths)-1]
	for _, w := range l.Widths {
		if int(t.Bits) <= w && w < width {
			return Elem{w, t.Kind == ir.Sint}
		}
	}
	return Elem{width, true}
}

// variable is the element of a state variable.
func (l Layout) variable(v update.Var, r ir.Range) Elem {
	if v.Bit && l.Packed > 0 && len(l.Widths) > 0 {
		return Elem{1, false}
	}
	return l.Number(r)
}

// Number is the narrowest element that holds a range.
func (l Layout) Number(r ir.Range) Elem {
	for i := 0; i < len(l.Widths)-1 && r.Lo >= 0; i++ {
		if w := l.Widths[i]; r.Hi < 1<<w {
			return Elem{w, false}
		}
	}
	return l.signed(r, 0)
}

// Sum is the element of sums of weights with a range.
func (l Layout) Sum(r ir.Range) Elem { return l.signed(r, l.LeastSum) }

// signed is the narrowest signed integer that a range fits.
func (l Layout) signed(r ir.Range, least int) Elem {
	if len(l.Widths) == 0 {
		return Elem{64, true}
	}
	for _, w := range l.Widths {
		if w >= least && r.SignedBits() <= w {
			return Elem{w, true}
		}
	}
	return Elem{l.Widths[len(l.Widths)-1], true}
}

// Wrap returns the number that an element holds when another is written to it.
func (e Elem) Wrap(x int64) int64 {
	switch {
	case e.Bits == 64:
		return x
	case e.Signed:
		return x << (64 - e.Bits) >> (64 - e.Bits)
	}
	return x & (1<<e.Bits - 1)
}

// uses lists the arrays that need memory, in the order in which it begins to hold them. Those
// that delays show are there from the beginning.
func (p *Plan) uses(copies []Copy) (out []*Use) {
	all, outside := map[*Array]*Use{}, map[*Array]bool{}
	var order []*Use
	for _, sweep := range p.Sweeps() {
		for _, s := range sweep.Stages {
			u := &Use{Array: s.To, from: sweep.position, to: sweep.position}
			if p.Layout.Watched && s.traced() {
				u.from, u.to = startPosition, outputsPosition
			}
			all[s.To], outside[s.To], order = u, s.traced(), append(order, u)
		}
	}
	p.reads(func(v View, reader *Sweep, m Moment) {
		if u := all[v.Array]; u != nil {
			outside[v.Array] = outside[v.Array] || p.sweepOf[v.Array] != reader
			p.extend(u, p.sweepOf[v.Array].group, m)
		}
	})
	for _, g := range p.Groups {
		for _, latch := range g.Latches {
			outside[latch.To] = true
			if u := all[latch.To]; u != nil {
				u.from = startPosition
				p.extend(u, nil, g.Turn())
			}
		}
	}
	for _, u := range order {
		if outside[u.Array] {
			out = append(out, u)
		}
	}
	for _, c := range copies {
		c.Array.Name = p.Program.unused(c.Array.Name)
		first := c.Read[0]
		u := &Use{Array: c.Array, from: first.position, to: first.position}
		for _, m := range c.Read[1:] {
			p.extend(u, first.group, m)
		}
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(a, b *Use) int { return cmp.Compare(a.from, b.from) })
	return out
}

// reads calls f with each view that sweeps, latches and outputs read through, the sweep if it
// is one, and the moment.
func (p *Plan) reads(f func(v View, reader *Sweep, m Moment)) {
	each := func(s *Stage, reader *Sweep, m Moment) {
		for _, v := range s.Views() {
			f(v, reader, m)
		}
	}
	for _, sweep := range p.Sweeps() {
		for _, s := range sweep.Stages {
			each(s, sweep, sweep.Moment())
		}
	}
	for _, g := range p.Groups {
		for _, latch := range g.Latches {
			each(latch, nil, g.Turn())
		}
	}
	for _, s := range p.Outputs {
		each(s, nil, Shown)
	}
}

// traced reports whether a stage has state that traces show, with its result.
func (s *Stage) traced() bool {
	return s.Each != nil && slices.ContainsFunc(s.Each.Program.Vars, func(v update.Var) bool { return v.Traced })
}

// Sweeps returns all sweeps in the order in which they run.
func (p *Plan) Sweeps() []*Sweep {
	out := slices.Clone(p.Once)
	for _, g := range p.Groups {
		out = append(out, g.Sweeps...)
	}
	return append(out, p.End...)
}

// extend lets an array of a group, or of none, live until it is read. A loop over the steps
// reads an earlier array in every step; the array of another loop it reads step by step, from
// copies. All loops end together, so that a step may run its groups one after another, too.
func (p *Plan) extend(u *Use, writer *Group, m Moment) {
	switch {
	case m.group != nil && writer != nil && writer != m.group:
		u.Copies, u.from, m.position = p.Program.Steps, writer.Sweeps[0].position, m.group.end
	case m.group != nil && writer == nil:
		m.position = p.Groups[len(p.Groups)-1].end
	}
	u.to = max(u.to, m.position)
}
