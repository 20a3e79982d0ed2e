package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// maxOpen bounds the operands of a two-step net that may be a current or a
// membrane: each doubles the bodies to try.
const maxOpen = 8

// guessBody finds the body of a net of two steps, where no two steps look alike:
// the second is cut where it reads membranes and spikes of the first. A first
// membrane that is also a static current is open, either may be read: every reading
// is tried, and one that makes both steps come out right is right.
func (u *unrolled) guessBody(first *firstStep) *diag.Diagnostic {
	g, d := newGuess(u)
	if d != nil {
		return d
	}
	for _, first.begins = range []beginning{asState, missing, asGiven} {
		for g.reading = range 1 << len(g.open) {
			if first.begins > asState && g.reading&g.reset != 0 {
				continue
			}
			if d = g.try(first); d == nil {
				return nil
			}
		}
	}
	return d
}

// try takes the second step as it is read for the body. Where step 0 may begin
// otherwise than by its states, only a body that keeps all membranes is one.
func (g *guess) try(first *firstStep) *diag.Diagnostic {
	g.u.clear()
	d := g.body()
	if d == nil {
		d = g.u.match()
	}
	if d == nil {
		d = first.check(g.u)
	}
	if d != nil || first.begins == asState {
		return d
	}
	kept := g.u.delayed()
	for _, h := range g.u.history {
		if !slices.Contains(kept, h.Membranes[1]) {
			return diag.Errorf(h.Membranes[1].Origin, diag.NotUnrolled, "%s keeps nothing of the first step's membrane; two steps do not show what it does", canonical.Where(h.Membranes[1])).
				WithHelp("export the network with three time steps or more")
		}
	}
	return nil
}

// guess is one reading of a two-step net.
type guess struct {
	u       *unrolled
	past    map[*ir.Value][]seed // by the value in step 0
	own     []map[*ir.Value]bool // per layer: the values that update its membrane
	mixed   map[*ir.Value]bool   // computed from the state of step 0
	open    map[operand]int      // at most maxOpen; the others are membranes
	reading int                  // bit k: open operand k is a current
	reset   int                  // bit k: a spike multiplies open operand k
}

func newGuess(u *unrolled) (*guess, *diag.Diagnostic) {
	g := &guess{u: u, past: map[*ir.Value][]seed{}, mixed: map[*ir.Value]bool{}, open: map[operand]int{}}
	seeds, d := u.seeds()
	for _, s := range seeds {
		g.past[s.past] = append(g.past[s.past], s)
	}
	for _, v := range u.net.Values {
		g.mixed[v] = slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return len(g.past[a]) > 0 || g.mixed[a] })
	}
	for _, h := range u.history {
		g.own = append(g.own, updateOf(h))
	}
	g.number()
	return g, d
}

// updateOf holds the values from which a layer's second membrane is computed, back to the first and
// to spikes.
func updateOf(h timing.History) map[*ir.Value]bool {
	seen := map[*ir.Value]bool{}
	for queue := h.Membranes[1:]; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if v == nil || seen[v] || v == h.Membranes[0] || canonical.MembraneOf(v) != nil {
			continue
		}
		seen[v] = true
		queue = append(slices.Clip(queue), v.Args...)
	}
	return seen
}

// pastOf is the value of the body that operand i of v is, one step earlier: a
// membrane only for the layer's own update, since another layer may take the
// same value as its input. Nil when it is none.
func (g *guess) pastOf(v *ir.Value, i int) *ir.Value {
	var out *ir.Value
	for _, s := range g.past[v.Args[i]] {
		if g.own[s.layer][v] {
			return s.v
		}
		if out == nil && canonical.MembraneOf(s.v) != nil {
			out = s.v
		}
	}
	return out
}

// number finds the open operands, breadth first from the membranes: an input current is added closer to
// the membrane than the remainder of the last one behind reset and leak.
func (g *guess) number() {
	var queue []*ir.Value
	for _, h := range g.u.history {
		queue = append(queue, h.Membranes[1])
	}
	for seen := map[*ir.Value]bool{}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if seen[v] || !g.mixed[v] {
			continue
		}
		seen[v] = true
		for i, a := range v.Args {
			if g.u.span[a].once() && a != nil && g.pastOf(v, i) != nil && len(g.open) < maxOpen {
				if v.Op == ir.OpMul && g.mixed[v.Args[1-i]] {
					g.reset |= 1 << len(g.open)
				}
				g.open[operand{v, i}] = len(g.open)
			}
		}
		queue = append(queue, v.Args...)
	}
}

func (g *guess) body() *diag.Diagnostic {
	for _, h := range g.u.history {
		if d := g.u.include(h.Membranes[1], g.edge); d != nil {
			return d
		}
	}
	return nil
}

func (g *guess) edge(v *ir.Value, i int) edge {
	a, past := v.Args[i], g.pastOf(v, i)
	k, isOpen := g.open[operand{v, i}]
	switch {
	case past != nil && !(isOpen && g.reading>>k&1 == 1):
		return edge{fromPast, past}
	case g.u.span[a].once() && !g.mixed[a]:
		return edge{fromOnce, a}
	}
	return edge{fromStep, a}
}
