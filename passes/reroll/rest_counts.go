package reroll

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
)

// counting is a layer of an unrolled net that rests after its spikes.
type counting struct {
	fires  []*ir.Value       // its comparisons, step by step
	steps  map[*ir.Value]int // the comparisons of its counts, by how many steps they count
	window raise.Window
	reads  map[*ir.Value]restReading
	left   []*ir.Value // the counts as they are written anew, by step
}

// restReading is a reading of a layer's rest as a value: whether it rests in a step, whether it
// does not, or its spikes of a step.
type restReading struct {
	step          int
	spikes, other bool
}

// withRestCounts writes the counts of a refractory period in one way: a file may count up or
// down, in numbers or spikes, and those of the first steps may be folded. In step t
//
//	rests = left > 0,  spikes = fires ∧ ¬rests,  left' = where(spikes, R − ½, left − 1)
//
// and left is 0 in the first; ¬rests is left out where spikes are not held back. The half is
// there so that no canonical rule makes spikes of numbers in the first steps alone.
func withRestCounts(n *ir.Net) (*ir.Net, error) {
	of := map[*ir.Value]*counting{}
	for _, l := range countings(n) {
		for v := range l.reads {
			of[v] = l
		}
	}
	if len(of) == 0 {
		return n, nil
	}
	c := canonical.NewRewriter(n)
	return c.Sweep(n, func(v *ir.Value) (*ir.Value, error) {
		if l := of[v]; l != nil {
			return l.write(c, v, l.reads[v])
		}
		return nil, nil
	})
}

// countings finds the layers that rest: whether they do is a window of their spikes.
func countings(n *ir.Net) []*counting {
	counted := raise.CountedSpikes(n)
	inOrder := raise.FiresInOrder(n, counted)
	first := map[*ir.Value]*counting{}
	var out []*counting
	for _, v := range n.Values {
		if v.Op != ir.OpCompare || !counted[v.Args[0]] || !counted[v.Args[1]] || v.Args[0].Const() == nil == (v.Args[1].Const() == nil) {
			continue
		}
		fires := inOrder(v)
		if len(fires) == 0 {
			continue
		}
		l := first[fires[0]]
		if l == nil {
			l = &counting{steps: map[*ir.Value]int{}, reads: map[*ir.Value]restReading{}}
			first[fires[0]], out = l, append(out, l)
		}
		if l.steps[v] = len(fires); len(fires) > len(l.fires) {
			l.fires = fires
		}
	}
	return slices.DeleteFunc(out, func(l *counting) bool { return !l.holdsBack() || !l.understand(n, counted) })
}

// holdsBack reports whether the layer's counts decide of its membranes.
func (l *counting) holdsBack() bool {
	seen := canonical.Cone{}
	var decided func(v *ir.Value) bool
	decided = func(v *ir.Value) bool {
		if seen[v] || v.Op.Class() != ir.Element {
			return false
		}
		seen[v] = true
		return l.steps[v] > 0 || slices.ContainsFunc(v.Args, decided)
	}
	return slices.ContainsFunc(l.fires, decided)
}

// understand finds the window that the comparisons of the counts are, and the spikes that are
// held back; false when there is none.
func (l *counting) understand(n *ir.Net, counted map[*ir.Value]bool) bool {
	l.fires = append(l.fires, l.lastFire(n, counted)...)
	d := raise.NewDiagrams()
	known := map[*ir.Value]*raise.Diagram{}
	for i, f := range l.fires {
		known[f] = d.Bit(i)
	}
	for v := range l.steps {
		if d.Of(v, known) == nil {
			return false
		}
	}
	for steps := 1; steps <= len(l.fires); steps++ {
		for _, heldBack := range []bool{true, false} {
			if l.window = (raise.Window{Steps: steps, HeldBack: heldBack}); l.window != lastSpike && l.is(d, known) {
				l.findSpikes(n, d, known, counted)
				return true
			}
		}
	}
	return false
}

// lastSpike is the window of the spikes of the step before, which resets look at.
var lastSpike = raise.Window{Steps: 1, HeldBack: false}

// lastFire is the comparison of the last step, whose spikes no count has.
func (l *counting) lastFire(n *ir.Net, counted map[*ir.Value]bool) []*ir.Value {
	past := l.fires[len(l.fires)-1]
	for _, v := range n.Values {
		if !counted[v] || v.Op == ir.OpCompare || v.Type.Shape != past.Type.Shape {
			continue
		}
		fires := raise.FiresIn(v, counted)
		for _, f := range l.fires {
			delete(fires, f)
		}
		for f := range fires {
			if len(fires) == 1 && l.restsIn(v) && firesAlike(f, past) {
				return []*ir.Value{f}
			}
		}
	}
	return nil
}

// firesAlike reports whether two comparisons are with one constant, or both with a threshold that
// adapts.
func firesAlike(f, g *ir.Value) bool {
	adapts := func(v *ir.Value) bool { return v.Args[0].Const() == nil && v.Args[1].Const() == nil }
	return canonical.ComparedAlike(f, g) || f.Attrs == g.Attrs && adapts(f) && adapts(g)
}

// restsIn reports whether a value reads the last of the layer's counts.
func (l *counting) restsIn(v *ir.Value) bool {
	for u := range canonical.ConeOf(v) {
		if l.steps[u] == len(l.fires) {
			return true
		}
	}
	return false
}

// is reports whether all comparisons are the window or its opposite, or spikes of a step.
func (l *counting) is(d *raise.Diagrams, known map[*ir.Value]*raise.Diagram) bool {
	rests := d.Resting(l.window, len(l.fires)+1)
	for v, step := range l.steps {
		w := rests[step]
		if w == nil {
			return false
		}
		switch known[v] {
		case w:
			l.reads[v] = restReading{step: step}
		case d.Choose(w, d.Leaf(0), d.Leaf(1)):
			l.reads[v] = restReading{step: step, other: true}
		case l.spikesOf(d, rests, step-1):
			l.reads[v] = restReading{step: step - 1, spikes: true}
		default:
			return false
		}
	}
	return true
}

// spikesOf are the spikes of a step: all that fire, where none are held back.
func (l *counting) spikesOf(d *raise.Diagrams, rests []*raise.Diagram, step int) *raise.Diagram {
	if l.window.HeldBack {
		return d.Fired(rests, step)
	}
	return d.Bit(step)
}

// findSpikes notes the values that are the layer's spikes, held back where it rests. They are made
// of bits: times a threshold that adapts, which is 1 behind so few steps, they are no longer spikes.
func (l *counting) findSpikes(n *ir.Net, d *raise.Diagrams, known map[*ir.Value]*raise.Diagram, counted map[*ir.Value]bool) {
	step := map[*raise.Diagram]int{}
	rests := d.Resting(l.window, len(l.fires))
	for t := 1; t < len(l.fires) && l.window.HeldBack; t++ {
		step[d.Fired(rests, t)] = t
	}
	bits := raise.Bits(n)
	number := func(a *ir.Value) bool { return !bits[a] && a.Const() == nil }
	for _, v := range n.Values {
		if _, ok := l.reads[v]; ok || !counted[v] || slices.ContainsFunc(v.Args, number) || v.Const() != nil || v.Type.Shape != l.fires[0].Type.Shape || !v.Type.IsReal() && !v.Type.IsSpike() {
			continue
		}
		if t, ok := step[d.Of(v, known)]; ok {
			l.reads[v] = restReading{step: t, spikes: true}
		}
	}
}

// write writes a value anew.
func (l *counting) write(c *canonical.Rewriter, v *ir.Value, is restReading) (*ir.Value, error) {
	if is.spikes {
		out, err := l.fired(c, v, is.step)
		if err == nil && v.Type.IsReal() {
			out, err = c.CastTo(v, out)
		}
		return out, err
	}
	left, err := l.count(c, v, is.step)
	if err != nil {
		return nil, err
	}
	zero, err := c.Constant(v.Name+".none", rewrite.Scalar(0), v)
	if err != nil {
		return nil, err
	}
	if is.other {
		return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: ir.GE}, zero, left)
	}
	return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, left, zero)
}

// fired writes the spikes of a step.
func (l *counting) fired(c *canonical.Rewriter, v *ir.Value, step int) (*ir.Value, error) {
	fires := c.Became[l.fires[step]]
	if step == 0 || !l.window.HeldBack {
		return fires, nil
	}
	rests, err := l.write(c, v, restReading{step: step})
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpAndNot, nil, fires, rests)
}

// count writes the steps of rest that are left in a step.
func (l *counting) count(c *canonical.Rewriter, v *ir.Value, step int) (*ir.Value, error) {
	if step < len(l.left) {
		return l.left[step], nil
	}
	var out *ir.Value
	var err error
	if step == 0 {
		out, err = c.Constant(v.Name+".left", ir.NewTensor(ir.RealType(l.fires[0].Type.Shape)), v)
	} else {
		out, err = l.after(c, v, step-1)
	}
	l.left = append(l.left, out)
	return out, err
}

// after writes the count behind a step.
func (l *counting) after(c *canonical.Rewriter, v *ir.Value, step int) (*ir.Value, error) {
	left, err := l.count(c, v, step)
	if err != nil {
		return nil, err
	}
	spikes, err := l.fired(c, v, step)
	number := func(f float64) (k *ir.Value) {
		if err == nil {
			k, err = c.Constant(v.Name+".number", rewrite.Scalar(f), v)
		}
		return k
	}
	steps, one := number(float64(l.window.Steps)-0.5), number(1)
	if err == nil {
		left, err = c.As(v, ir.OpSub, nil, left, one)
	}
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpWhere, nil, spikes, steps, left)
}

// withLastRests is the net with the counts that its last step leaves, and the counts and the spikes
// of all steps as rows of values of their own.
func withLastRests(n *ir.Net, h []timing.History) (*ir.Net, []timing.History) {
	counts := map[*ir.Value]*ir.Value{} // by the comparison that fires
	for _, v := range n.Values {
		if fires := timing.CountedFire(v); fires != nil {
			counts[fires] = v
		}
	}
	fires := canonical.Comparisons(n)
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	var rows []timing.History
	for _, layer := range h {
		steps := len(layer.Membranes)
		var left, spikes timing.History
		for _, m := range layer.Membranes[:steps-1] {
			if i := slices.IndexFunc(fires[m], func(f *ir.Value) bool { return counts[f] != nil }); i >= 0 {
				count := counts[fires[m][i]]
				left.Membranes, spikes.Membranes = append(left.Membranes, count), append(spikes.Membranes, count.Args[0])
			}
		}
		if steps < 3 || len(left.Membranes) < steps-1 {
			continue
		}
		past := left.Membranes[steps-2]
		last := lastRest(past, twinOf(timing.CountedFire(past), layer.Membranes[steps-1], fires), out)
		if last == nil {
			continue
		}
		rows = append(rows, timing.History{Membranes: append(left.Membranes, last)})
		if last.Args[0].Op == ir.OpAndNot {
			rows = append(rows, timing.History{Membranes: append(spikes.Membranes, last.Args[0])})
		}
	}
	return out, rows
}

// twinOf is the comparison of a membrane as f compares its own.
func twinOf(f, membrane *ir.Value, fires map[*ir.Value][]*ir.Value) *ir.Value {
	for _, g := range fires[membrane] {
		if firesAlike(f, g) {
			return g
		}
	}
	return nil
}

// lastRest appends the count behind the last step, like that of the step before.
func lastRest(past, fires *ir.Value, n *ir.Net) *ir.Value {
	if fires == nil || past.Args[2].Op != ir.OpSub {
		return nil
	}
	add := func(like *ir.Value, args ...*ir.Value) *ir.Value {
		for _, v := range n.Values {
			if canonical.SameForm(v, like) && slices.Equal(v.Args, args) {
				return v
			}
		}
		v := *like
		v.Name, v.Args = fmt.Sprintf("%s.%d", past.Name, len(n.Values)), args
		n.Values = append(n.Values, &v)
		return &v
	}
	s := past.Args[0]
	if s.Op == ir.OpAndNot {
		fires = add(s, fires, add(s.Args[1], past, s.Args[1].Args[1]))
	}
	return add(past, fires, past.Args[1], add(past.Args[2], past, past.Args[2].Args[1]))
}

// heldSpikes are the spikes of the layers that those of the step before hold back, as rows of
// values of their own.
func heldSpikes(n *ir.Net, h []timing.History) []timing.History {
	fires, held := canonical.Comparisons(n), map[*ir.Value][]*ir.Value{} // by the spikes of the step before
	for _, v := range n.All(ir.OpAndNot) {
		held[v.Args[1]] = append(held[v.Args[1]], v)
	}
	var rows []timing.History
	for _, layer := range h {
		for _, f := range fires[layer.Membranes[0]] {
			row := []*ir.Value{f}
			for t, m := range layer.Membranes[1:] {
				i := slices.IndexFunc(held[row[t]], func(v *ir.Value) bool { return slices.Contains(fires[m], v.Args[0]) })
				if i < 0 {
					break
				}
				row = append(row, held[row[t]][i])
			}
			if len(row) == len(layer.Membranes) && len(row) > 1 {
				rows = append(rows, timing.History{Membranes: row})
			}
		}
	}
	return rows
}
