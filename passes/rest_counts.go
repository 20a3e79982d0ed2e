package passes

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"nomul/ir"
)

// countedSpikes are the values that comparisons and constants alone make.
func countedSpikes(n *ir.Net) map[*ir.Value]bool {
	counted := map[*ir.Value]bool{}
	for _, v := range n.Values {
		uncounted := func(a *ir.Value) bool { return !counted[a] }
		counted[v] = v.Op == ir.OpConst || v.Op == ir.OpCompare || byElement[v.Op] && !slices.ContainsFunc(v.Args, uncounted)
	}
	return counted
}

// counting is a layer of an unrolled net that rests after its spikes.
type counting struct {
	fires  []*ir.Value       // its comparisons, step by step
	steps  map[*ir.Value]int // the comparisons of its counts, by how many steps they count
	window window
	reads  map[*ir.Value]restReading
	left   []*ir.Value // the counts as they are written anew, by step
}

// restReading is what a value of a layer that rests is: whether it rests in a step, whether it
// does not, or its spikes of a step.
type restReading struct {
	step          int
	spikes, other bool
}

// withRestCounts writes the counts of a refractory period in one way: a file may count up or
// down, in numbers or spikes, and what it has in the first steps may be folded. In step t
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
	c := newRewriter(n)
	for _, v := range n.Values {
		var err error
		if l := of[v]; l != nil {
			c.became[v], err = l.write(c, v, l.reads[v])
		} else {
			_, err = c.copy(v)
		}
		if err != nil {
			return nil, err
		}
	}
	return ir.Prune(c.b.Net()), nil
}

// countings finds the layers that rest: whether they do is a window of their spikes.
func countings(n *ir.Net) []*counting {
	counted, place := countedSpikes(n), map[*ir.Value]int{}
	for i, v := range n.Values {
		place[v] = i
	}
	first := map[*ir.Value]*counting{}
	var out []*counting
	for _, v := range n.Values {
		if v.Op != ir.OpCompare || !counted[v.Args[0]] || !counted[v.Args[1]] || v.Args[0].Const() == nil == (v.Args[1].Const() == nil) {
			continue
		}
		fires := slices.SortedFunc(maps.Keys(firesIn(v, counted)), func(a, b *ir.Value) int { return place[a] - place[b] })
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

// firesIn are the comparisons of membranes that a count is made of.
func firesIn(count *ir.Value, counted map[*ir.Value]bool) cone {
	fires, seen := cone{}, cone{}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if seen[v] {
			return
		}
		seen[v] = true
		if v.Op == ir.OpCompare && !(counted[v.Args[0]] && counted[v.Args[1]]) {
			fires[v] = true
			return
		}
		for _, a := range v.Args {
			walk(a)
		}
	}
	walk(count)
	return fires
}

// holdsBack reports whether the layer's counts decide of its membranes.
func (l *counting) holdsBack() bool {
	seen := cone{}
	var decided func(v *ir.Value) bool
	decided = func(v *ir.Value) bool {
		if seen[v] || !byElement[v.Op] && v.Op != ir.OpCompare {
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
	d := newDiagrams()
	known := map[*ir.Value]*diagram{}
	for i, f := range l.fires {
		known[f] = d.bit(i)
	}
	for v := range l.steps {
		if d.of(v, known) == nil {
			return false
		}
	}
	for steps := 1; steps <= len(l.fires); steps++ {
		for _, heldBack := range []bool{true, false} {
			if l.window = (window{steps, heldBack}); l.window != lastSpike && l.is(d, known) {
				l.findSpikes(n, d, known, counted)
				return true
			}
		}
	}
	return false
}

// lastSpike is the window of the spikes of the step before, which resets look at.
var lastSpike = window{1, false}

// lastFire is the comparison of the last step, whose spikes no count has.
func (l *counting) lastFire(n *ir.Net, counted map[*ir.Value]bool) []*ir.Value {
	past := l.fires[len(l.fires)-1]
	for _, v := range n.Values {
		if !counted[v] || v.Op == ir.OpCompare || v.Type.Shape != past.Type.Shape {
			continue
		}
		fires := firesIn(v, counted)
		for _, f := range l.fires {
			delete(fires, f)
		}
		for f := range fires {
			if len(fires) == 1 && l.restsIn(v) && comparedAlike(f, past) {
				return []*ir.Value{f}
			}
		}
	}
	return nil
}

// restsIn reports whether a value reads the last of the layer's counts.
func (l *counting) restsIn(v *ir.Value) bool {
	for u := range coneOf(v) {
		if l.steps[u] == len(l.fires) {
			return true
		}
	}
	return false
}

// is reports whether all comparisons are the window or its opposite, or spikes of a step.
func (l *counting) is(d *diagrams, known map[*ir.Value]*diagram) bool {
	rests := d.resting(l.window, len(l.fires)+1)
	for v, step := range l.steps {
		w := rests[step]
		if w == nil {
			return false
		}
		switch known[v] {
		case w:
			l.reads[v] = restReading{step: step}
		case d.choose(w, d.leaf(0), d.leaf(1)):
			l.reads[v] = restReading{step: step, other: true}
		case d.fired(rests, step-1):
			l.reads[v] = restReading{step: step - 1, spikes: true}
		default:
			return false
		}
	}
	return true
}

// fired is the bit that a layer that rests, and whose spikes are held back then, fires in a step.
func (d *diagrams) fired(rests []*diagram, step int) *diagram {
	return d.choose(rests[step], d.leaf(0), d.bit(step))
}

// findSpikes notes the values that are the layer's spikes, held back where it rests.
func (l *counting) findSpikes(n *ir.Net, d *diagrams, known map[*ir.Value]*diagram, counted map[*ir.Value]bool) {
	step := map[*diagram]int{}
	rests := d.resting(l.window, len(l.fires))
	for t := 1; t < len(l.fires) && l.window.heldBack; t++ {
		step[d.fired(rests, t)] = t
	}
	for _, v := range n.Values {
		if _, ok := l.reads[v]; ok || !counted[v] || v.Const() != nil || v.Type.Shape != l.fires[0].Type.Shape || !v.Type.IsReal() && !v.Type.IsSpike() {
			continue
		}
		if t, ok := step[d.of(v, known)]; ok {
			l.reads[v] = restReading{step: t, spikes: true}
		}
	}
}

// write writes a value anew.
func (l *counting) write(c *rewriter, v *ir.Value, is restReading) (*ir.Value, error) {
	if is.spikes {
		out, err := l.fired(c, v, is.step)
		if err == nil && v.Type.IsReal() {
			out, err = c.castTo(v, out)
		}
		return out, err
	}
	left, err := l.count(c, v, is.step)
	if err != nil {
		return nil, err
	}
	zero, err := c.constant(v.Name+".none", scalar(0), v)
	if err != nil {
		return nil, err
	}
	if is.other {
		return c.as(v, ir.OpCompare, ir.CompareAttrs{Is: ir.GE}, zero, left)
	}
	return c.as(v, ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, left, zero)
}

// fired writes the spikes of a step.
func (l *counting) fired(c *rewriter, v *ir.Value, step int) (*ir.Value, error) {
	fires := c.became[l.fires[step]]
	if step == 0 || !l.window.heldBack {
		return fires, nil
	}
	rests, err := l.write(c, v, restReading{step: step})
	if err != nil {
		return nil, err
	}
	return c.as(v, ir.OpAndNot, nil, fires, rests)
}

// count writes the steps of rest that are left in a step.
func (l *counting) count(c *rewriter, v *ir.Value, step int) (*ir.Value, error) {
	if step < len(l.left) {
		return l.left[step], nil
	}
	var out *ir.Value
	var err error
	if step == 0 {
		out, err = c.constant(v.Name+".left", ir.NewTensor(ir.RealType(l.fires[0].Type.Shape)), v)
	} else {
		out, err = l.after(c, v, step-1)
	}
	l.left = append(l.left, out)
	return out, err
}

// after writes the count behind a step.
func (l *counting) after(c *rewriter, v *ir.Value, step int) (*ir.Value, error) {
	left, err := l.count(c, v, step)
	if err != nil {
		return nil, err
	}
	spikes, err := l.fired(c, v, step)
	number := func(f float64) (k *ir.Value) {
		if err == nil {
			k, err = c.constant(v.Name+".number", scalar(f), v)
		}
		return k
	}
	steps, one := number(float64(l.window.steps)-0.5), number(1)
	if err == nil {
		left, err = c.as(v, ir.OpSub, nil, left, one)
	}
	if err != nil {
		return nil, err
	}
	return c.as(v, ir.OpWhere, nil, spikes, steps, left)
}

// withLastRests is the net with what its last step leaves of rests, and the counts and the
// spikes of all steps as rows of values of their own.
func withLastRests(n *ir.Net, h []history) (*ir.Net, []history) {
	counts := map[*ir.Value]*ir.Value{} // by the comparison that fires
	for _, v := range n.Values {
		if fires := countedFire(v); fires != nil {
			counts[fires] = v
		}
	}
	fires := comparisons(n)
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	var rows []history
	for _, layer := range h {
		steps := len(layer.membranes)
		var left, spikes history
		for _, m := range layer.membranes[:steps-1] {
			if i := slices.IndexFunc(fires[m], func(f *ir.Value) bool { return counts[f] != nil }); i >= 0 {
				count := counts[fires[m][i]]
				left.membranes, spikes.membranes = append(left.membranes, count), append(spikes.membranes, count.Args[0])
			}
		}
		if steps < 3 || len(left.membranes) < steps-1 {
			continue
		}
		past := left.membranes[steps-2]
		last := lastRest(past, twinOf(countedFire(past), layer.membranes[steps-1], fires), out)
		if last == nil {
			continue
		}
		rows = append(rows, history{append(left.membranes, last)})
		if last.Args[0].Op == ir.OpAndNot {
			rows = append(rows, history{append(spikes.membranes, last.Args[0])})
		}
	}
	return out, rows
}

// countedFire is the comparison whose spikes a count of withRestCounts counts; nil of others.
func countedFire(v *ir.Value) *ir.Value {
	if v.Op != ir.OpWhere || !v.Type.IsReal() {
		return nil
	}
	if steps, ok := uniformOf(v.Args[1]); !ok || steps-math.Floor(steps) != 0.5 || v.Args[2].Op != ir.OpSub && !every(v.Args[2], -1) {
		return nil
	}
	if s := v.Args[0]; s.Op == ir.OpAndNot {
		return s.Args[0]
	}
	return v.Args[0]
}

// twinOf is the comparison of a membrane as f compares its own.
func twinOf(f, membrane *ir.Value, fires map[*ir.Value][]*ir.Value) *ir.Value {
	for _, g := range fires[membrane] {
		if comparedAlike(f, g) {
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
			if sameForm(v, like) && slices.Equal(v.Args, args) {
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
