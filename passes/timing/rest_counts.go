package timing

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
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

// WithRestCounts writes the counts of a refractory period in one way: a file may count up or
// down, in numbers or spikes, and those of the first steps may be folded. In step t
//
//	rests = left > 0,  spikes = fires ∧ ¬rests,  left' = where(spikes, R − ½, left − 1)
//
// and left is 0 in the first; ¬rests is left out where spikes are not held back. The half is
// there so that no canonical rule makes spikes of numbers in the first steps alone.
func WithRestCounts(n *ir.Net) (*ir.Net, error) {
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
			if len(fires) == 1 && l.restsIn(v) && FiresAlike(f, past) {
				return []*ir.Value{f}
			}
		}
	}
	return nil
}

// FiresAlike reports whether two comparisons are with one constant, or both with a threshold that
// adapts.
func FiresAlike(f, g *ir.Value) bool {
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

// CountedFire is the comparison whose spikes a count of WithRestCounts counts; nil of others.
func CountedFire(v *ir.Value) *ir.Value {
	if v.Op != ir.OpWhere || !v.Type.IsReal() {
		return nil
	}
	if steps, ok := canonical.UniformOf(v.Args[1]); !ok || steps-math.Floor(steps) != 0.5 || v.Args[2].Op != ir.OpSub && !canonical.Every(v.Args[2], -1) {
		return nil
	}
	if s := v.Args[0]; s.Op == ir.OpAndNot {
		return s.Args[0]
	}
	return v.Args[0]
}
