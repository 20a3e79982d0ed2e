package raise

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A rest of one step is the spike of the step before: no count need be kept. In step t
//
//	spikes = fires ∧ ¬(spikes of t − 1)
//
// or, where spikes are not held back, the membrane reads the spikes of t − 1. People write them in
// numbers, as choices, or by a count of one step.

// resting is a layer of an unrolled net that rests for one step after a spike.
type resting struct {
	fires  []*ir.Value             // its comparisons, step by step
	gated  bool                    // whether spikes are held back
	silent bool                    // whether the opposite of spikes is read, too
	later  func() []canonical.Cone // the values that all membranes are made of
	d      *Diagrams
	known  map[*ir.Value]*Diagram
	spikes []*Diagram // by step
	reads  map[*ir.Value]lastReading
	done   []*ir.Value // the spikes that are held back, by step, in the new net
}

// lastReading is a reading of a layer's spikes of a step, or of their opposite.
type lastReading struct {
	step  int
	other bool
}

// WithOneStepRests writes the rests of one step of a net whose steps are written out in one way.
func WithOneStepRests(n *ir.Net) (*ir.Net, error) {
	of := map[*ir.Value]*resting{}
	for _, l := range restings(n) {
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
			return l.write(c, v)
		}
		if l := ofOpposite(v, of); l != nil {
			return l.silence(c, v)
		}
		return nil, nil
	})
}

// ofOpposite is the layer of which v is the number of the opposite of spikes; nil where it is not.
func ofOpposite(v *ir.Value, of map[*ir.Value]*resting) *resting {
	if v.Op != ir.OpCast || !v.Type.IsReal() {
		return nil
	}
	if l := of[v.Args[0]]; l != nil && l.reads[v.Args[0]].other {
		return l
	}
	return nil
}

// silence writes the number of the opposite of spikes as 1 less theirs.
func (l *resting) silence(c *canonical.Rewriter, v *ir.Value) (*ir.Value, error) {
	spikes, err := l.fired(c, l.reads[v.Args[0]].step)
	if err != nil {
		return nil, err
	}
	number, err := c.CastTo(v, spikes)
	if err != nil {
		return nil, err
	}
	one, err := c.Constant(v.Name+".one", canonical.Filled(v.Type.WithShape(ir.Shape{}), 1), v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpSub, nil, one, number)
}

// restings finds the layers that rest for one step.
func restings(n *ir.Net) []*resting {
	counted := CountedSpikes(n)
	inOrder := FiresInOrder(n, counted)
	bits := Bits(n)
	later := sync.OnceValue(func() []canonical.Cone { return madeOf(n, counted) })
	layers, of, first := []*resting{}, map[*ir.Value][]*ir.Value{}, map[*ir.Value]*resting{}
	for _, v := range n.Values {
		if !counted[v] || !bits[v] || v.Const() != nil || v.Op == ir.OpCast {
			continue
		}
		fires := inOrder(v)
		if len(fires) == 0 || fires[0] == v {
			continue
		}
		l := first[fires[0]]
		if l == nil {
			l = &resting{reads: map[*ir.Value]lastReading{}, later: later, d: NewDiagrams()}
			first[fires[0]], layers = l, append(layers, l)
		}
		of[fires[0]] = append(of[fires[0]], v)
		if len(fires) > len(l.fires) {
			l.fires = fires
		}
	}
	counts := canonical.Cone{}
	layers = slices.DeleteFunc(layers, func(l *resting) bool { return !l.follow(of[l.fires[0]], counts) })
	turned := silences(n)
	for _, l := range layers {
		l.silent = len(l.fires) > 1 || len(turned) > 0
		for _, v := range of[l.fires[0]] {
			l.read(v, counts)
		}
	}
	return append(layers, turned...)
}

// silences are the layers whose thresholds adapt, and of which a comparison of the same numbers says
// that they do not fire.
func silences(n *ir.Net) []*resting {
	fires := map[[2]*ir.Value]*ir.Value{}
	var out []*resting
	for _, v := range n.All(ir.OpCompare) {
		if v.Args[0].Const() != nil || v.Args[1].Const() != nil || !v.Args[0].Type.IsReal() {
			continue
		}
		f := fires[[2]*ir.Value{v.Args[1], v.Args[0]}]
		if f != nil && canonical.Comparison(v) == canonical.Opposed[canonical.Comparison(f)] {
			out = append(out, &resting{fires: []*ir.Value{f}, reads: map[*ir.Value]lastReading{v: {0, true}}})
		}
		fires[[2]*ir.Value{v.Args[0], v.Args[1]}] = v
	}
	return out
}

// Bits are the values of a net that are seen to be 0 or 1.
func Bits(n *ir.Net) map[*ir.Value]bool {
	bits := map[*ir.Value]bool{}
	for _, v := range n.Values {
		bits[v] = isBit(v, bits)
	}
	return bits
}

// isBit reports whether a value is seen to be 0 or 1; others are no gates of spikes, and may be many
// numbers, as the sum of them that a threshold adds up.
func isBit(v *ir.Value, bits map[*ir.Value]bool) bool {
	all := func(args []*ir.Value) bool {
		return !slices.ContainsFunc(args, func(a *ir.Value) bool { return !bits[a] })
	}
	switch {
	case v.Type.IsSpike() || canonical.Every(v, 0) || canonical.Every(v, 1):
		return true
	case !v.Type.IsReal():
		return false
	}
	switch v.Op {
	case ir.OpCast, ir.OpMul, ir.OpMax:
		return all(v.Args)
	case ir.OpWhere:
		return all(v.Args[1:])
	case ir.OpSub:
		return canonical.Every(v.Args[0], 1) && bits[v.Args[1]]
	}
	return false
}

// follow finds whether spikes are held back by those of the step before, and adds the comparisons
// that fire to counts where others read several steps of them at once; false for too long a layer.
func (l *resting) follow(values []*ir.Value, counts canonical.Cone) bool {
	l.known = map[*ir.Value]*Diagram{}
	for i, f := range l.fires {
		l.known[f] = l.d.Bit(i)
	}
	held := make([]*Diagram, len(l.fires))
	rests := l.d.Resting(Window{Steps: 1, HeldBack: true}, len(l.fires))
	for t := range l.fires {
		l.spikes = append(l.spikes, l.d.Bit(t))
		if held[t] = l.d.Fired(rests, t); held[t] == nil {
			return false
		}
	}
	is := func(v *ir.Value) *Diagram { return l.d.Of(v, l.known) }
	if len(held) > 2 && slices.ContainsFunc(values, func(v *ir.Value) bool { return is(v) == held[len(held)-1] }) {
		l.gated, l.spikes = true, held
		return true
	}
	for _, v := range values {
		if v.Op == ir.OpCompare && l.readingOf(v).step < 0 {
			for _, f := range l.fires {
				counts[f] = true
			}
		}
	}
	return true
}

// readingOf is the reading of spikes that a value is; step is −1 of others.
func (l *resting) readingOf(v *ir.Value) lastReading {
	is := l.d.Of(v, l.known)
	for t, s := range l.spikes {
		if other := l.d.Choose(s, l.d.Leaf(0), l.d.Leaf(1)); is == s || is == other {
			return lastReading{t, is == other}
		}
	}
	return lastReading{step: -1}
}

// read notes a value that reads the spikes of a step: where they are not held back, a comparison
// of them that decides of a later membrane of the layer.
func (l *resting) read(v *ir.Value, counts canonical.Cone) {
	r := l.readingOf(v)
	if r.step < 0 || v.Type.Shape != l.fires[r.step].Type.Shape {
		return
	}
	f := l.fires[r.step]
	number := r.other && v.Type.IsReal()
	asks := v.Op == ir.OpCompare && !counts[f] && (!r.other || l.silent)
	if l.gated && r.step > 0 && !number || (l.gated && !number || asks) && l.decides(v, canonical.MembraneOf(f)) {
		l.reads[v] = r
	}
}

// decides reports whether a value decides of a membrane that is made of another one.
func (l *resting) decides(v, membrane *ir.Value) bool {
	return slices.ContainsFunc(l.later(), func(made canonical.Cone) bool { return made[v] && made[membrane] })
}

// madeOf are the values that compared membranes are made of, element by element, each up to other
// comparisons and their membranes.
func madeOf(n *ir.Net, counted map[*ir.Value]bool) []canonical.Cone {
	membranes := canonical.Cone{}
	for _, f := range n.All(ir.OpCompare) {
		if m := canonical.MembraneOf(f); m != nil && !counted[m] {
			membranes[m] = true
		}
	}
	var out []canonical.Cone
	for m := range membranes {
		made, first := canonical.Cone{m: true}, []*ir.Value(nil)
		if canonical.ByElement(m.Op) {
			first = slices.Clone(m.Args)
		}
		for queue := first; len(queue) > 0; queue = queue[1:] {
			v := queue[0]
			if v != nil && !made[v] && canonical.ByElement(v.Op) && !membranes[v] {
				queue = append(queue, v.Args...)
			}
			made[v] = true
		}
		out = append(out, made)
	}
	return out
}

// write writes a value anew.
func (l *resting) write(c *canonical.Rewriter, v *ir.Value) (*ir.Value, error) {
	is := l.reads[v]
	out, err := l.fired(c, is.step)
	switch {
	case err != nil:
		return nil, err
	case v.Type.IsReal():
		return c.CastTo(v, out)
	case !is.other:
		return out, nil
	}
	one, err := c.Constant(v.Name+".one", canonical.Filled(v.Type.WithShape(ir.Shape{}), 1), v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpXor, nil, out, one)
}

// fired are the spikes of a step.
func (l *resting) fired(c *canonical.Rewriter, step int) (*ir.Value, error) {
	fires := c.Became[l.fires[step]]
	if step == 0 || !l.gated {
		return fires, nil
	}
	for len(l.done) <= step {
		l.done = append(l.done, nil)
	}
	if l.done[step] != nil {
		return l.done[step], nil
	}
	past, err := l.fired(c, step-1)
	if err == nil {
		like := &ir.Value{Name: fmt.Sprintf("%s.held", l.fires[step].Name), Origin: l.fires[step].Origin}
		l.done[step], err = c.As(like, ir.OpAndNot, nil, fires, past)
	}
	return l.done[step], err
}

// CountedSpikes are the values that comparisons and constants alone make.
func CountedSpikes(n *ir.Net) map[*ir.Value]bool {
	counted := map[*ir.Value]bool{}
	for _, v := range n.Values {
		uncounted := func(a *ir.Value) bool { return !counted[a] }
		counted[v] = v.Op == ir.OpConst || v.Op == ir.OpCompare || canonical.ByElement(v.Op) && !slices.ContainsFunc(v.Args, uncounted)
	}
	return counted
}

// FiresIn are the comparisons of membranes that a count is made of.
func FiresIn(count *ir.Value, counted map[*ir.Value]bool) canonical.Cone {
	fires, seen := canonical.Cone{}, canonical.Cone{}
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

// FiresInOrder returns a function that lists the comparisons of membranes that a count is made of,
// in net order.
func FiresInOrder(n *ir.Net, counted map[*ir.Value]bool) func(count *ir.Value) []*ir.Value {
	place := map[*ir.Value]int{}
	for i, v := range n.Values {
		place[v] = i
	}
	return func(count *ir.Value) []*ir.Value {
		return slices.SortedFunc(maps.Keys(FiresIn(count, counted)), func(a, b *ir.Value) int { return place[a] - place[b] })
	}
}
