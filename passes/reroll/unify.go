package reroll

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// unify lines up the last step with the one before, breadth first from the membranes and their
// comparisons: equal ops, attributes and constants must meet, and a value that meets itself is the
// same in every step. A value of the last step's cone that is also the image of another one is that
// one a step earlier.
func (u *unrolled) unify() *diag.Diagnostic {
	p := &pairing{image: map[*ir.Value]*ir.Value{}, of: map[*ir.Value]*ir.Value{}, chosen: map[operand]bool{}, step: u.steps - 2, frames: u.frames, span: u.span, numbers: u.numbers}
	seeds, d := u.seeds()
	if d != nil {
		return d
	}
	for _, s := range seeds {
		if d := p.pair(s.v, s.past); d != nil {
			return d
		}
	}
	for len(p.queue) > 0 {
		v := p.queue[0]
		p.queue = p.queue[1:]
		for i := range v.Args {
			if d := p.operand(v, i); d != nil {
				return d
			}
		}
	}
	for _, s := range seeds {
		if d := u.include(s.v, p.edge); d != nil {
			return d
		}
		if d := u.setFirst(s); d != nil {
			return d
		}
	}
	return nil
}

// setFirst notes the comparison of step 0 that stands for one with a threshold that adapts: there it
// is a constant, in which the state of the threshold shows.
func (u *unrolled) setFirst(s seed) *diag.Diagnostic {
	last := u.history[s.layer].Membranes[u.steps-1]
	if s.v.Op != ir.OpCompare || s.v.Args[0] != last || s.v.Args[1].Const() != nil {
		return nil
	}
	first := u.history[s.layer].Membranes[0]
	for _, g := range canonical.Comparisons(u.net)[first] {
		if g.Attrs == s.v.Attrs && g.Args[0] == first && g.Args[1].Const() != nil {
			return u.set(0, s.v, g)
		}
	}
	return nil
}

// atTheEnd is a help where a comparison that differs decides on nothing but outputs.
func (u *unrolled) atTheEnd(f *ir.Value) string {
	reached := map[*ir.Value]bool{f: true}
	for _, v := range u.net.Values {
		if slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return reached[a] }) {
			if canonical.MembraneOf(v) != nil {
				return ""
			}
			reached[v] = true
		}
	}
	return fmt.Sprintf("if %s is no spike of the layer but decides at the end, return what it compares: only neurons compare, a membrane with its threshold", canonical.Where(f))
}

// seed is something known to be the same in the last step and the one before: a
// membrane of a layer, or a comparison of it.
type seed struct {
	v, past *ir.Value
	layer   int // in history
}

func (u *unrolled) seeds() ([]seed, *diag.Diagnostic) {
	fires := canonical.Comparisons(u.net)
	var out []seed
	for i, h := range u.history {
		last, past := h.Membranes[u.steps-1], h.Membranes[u.steps-2]
		out = append(out, seed{last, past, i})
		for _, f := range fires[last] {
			g := timing.Twin(f, last, fires[past], past)
			if g == nil {
				g = grownTwin(f, last, fires[past], past)
			}
			if g == nil {
				help := u.atTheEnd(f)
				if others := fires[past]; len(fires[last]) == 1 && len(others) == 1 && others[0].Attrs == f.Attrs {
					help = strings.TrimPrefix(help+overTime, "; ")
				}
				return nil, comparesOther(u.steps-2, f, past, fires[past]).WithHelp("%s", help)
			}
			out = append(out, seed{f, g, i})
		}
	}
	return append(out, u.ends...), nil
}

// grownTwin finds the comparison of one membrane with another number of the step, a threshold that
// adapts, that corresponds to f of its own.
func grownTwin(f, membrane *ir.Value, among []*ir.Value, of *ir.Value) *ir.Value {
	computed := func(v, m *ir.Value) bool { return v != m && canonical.ByElement(v.Op) && v.Type.IsReal() }
	for _, g := range among {
		same := g.Attrs == f.Attrs
		for i, a := range f.Args {
			same = same && (a == membrane && g.Args[i] == of || computed(a, membrane) && computed(g.Args[i], of))
		}
		if same {
			return g
		}
	}
	return nil
}

// pairing is the map from the last step's values to those of the step before.
type pairing struct {
	image  map[*ir.Value]*ir.Value
	of     map[*ir.Value]*ir.Value // the inverse
	chosen map[operand]bool        // by the step, among values of no state (given_steps.go)
	queue  []*ir.Value
	step   int // the number of the step before
	frames frames
	span   map[*ir.Value]span
	// numbers: a number that is not 0 in silence is kept as such, not as the spike it is made of.
	numbers bool
}

// operand pairs operand i of v with that of its image.
func (p *pairing) operand(v *ir.Value, i int) *diag.Diagnostic {
	image := p.image[v]
	a, b := v.Args[i], image.Args[i]
	switch {
	case a == b, p.of[a] != nil:
		return nil
	case byStep(p.span, a, b) && !p.alike(a, b, map[*ir.Value]*ir.Value{}):
		p.chosen[operand{v, i}] = true
		return nil
	case timing.Given(a) || timing.Given(b):
		return readsOther(p.step, image, v, i)
	}
	return p.pair(a, b)
}

// pair says that v in the last step is w in the step before.
func (p *pairing) pair(v, w *ir.Value) *diag.Diagnostic {
	if v == w || p.of[v] != nil {
		return nil
	}
	if known := p.image[v]; known != nil {
		if known != w {
			return standsForTwo(p.step, known, w, v)
		}
		return nil
	}
	if !p.frames.alike(v, w) || !p.frames.of(v, p.step+1) || !p.frames.of(w, p.step) {
		if p.step == 1 {
			return nil // step 1 may look otherwise, which checkLate holds against the body
		}
		return notRepeated(p.step, w, v)
	}
	p.image[v], p.of[w] = w, v
	p.queue = append(p.queue, v)
	return nil
}

// edge returns the edge to operand i of v in the last step, once everything is paired.
func (p *pairing) edge(v *ir.Value, i int) edge {
	a, image := v.Args[i], p.image[v]
	switch {
	case image != nil && a == image.Args[i], image == nil && p.span[a].once(), p.chosen[operand{v, i}]:
		return edge{fromOnce, a}
	case p.of[a] != nil && (p.numbers || !loudInSilence(a)):
		return edge{fromPast, p.of[a]}
	}
	return edge{fromStep, a}
}

// loudInSilence reports whether a value is the number of one spike, and not 0 where that is
// silent: no state that begins at 0 holds such numbers, but the spike does.
func loudInSilence(v *ir.Value) bool {
	spike := canonical.SpikeOf(v)
	if spike == nil || !v.Type.IsReal() {
		return false
	}
	c := &canonical.Rewriter{Level: ir.Source}
	return !canonical.All(c.Outcome(v, map[*ir.Value]*ir.Tensor{spike: canonical.Filled(spike.Type.WithShape(ir.Shape{}), 0)}), 0)
}
