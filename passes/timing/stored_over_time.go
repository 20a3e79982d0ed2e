package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A neuron that compares its stored membrane again makes that of the step before when it reads it.
// A file that gives the stored membrane of the last step has one value more of these: then the step
// makes its own.

// StoredOverTime finds the stored values of layers in every step, where the file has that of the
// last.
func StoredOverTime(n *ir.Net, h []History) []History {
	stored := storedUnder(n, ComparedAgain(n, canonical.Comparisons(n)))
	var out []History
	for _, layer := range h {
		var chain []*ir.Value
		for _, m := range layer.Membranes[1:] {
			if v := stored[m]; v != nil {
				chain = append(chain, v)
			}
		}
		steps := len(layer.Membranes)
		if steps < 3 || len(chain) < steps-1 {
			continue
		}
		l := newLater(n)
		l.note(layer.Membranes[steps-2], layer.Membranes[steps-1])
		l.note(chain[steps-3], chain[steps-2])
		i := slices.IndexFunc(n.Values, func(v *ir.Value) bool { return v != chain[steps-2] && l.match(chain[steps-2], v) })
		if i >= 0 {
			out = append(out, History{Membranes: append(chain, n.Values[i])})
		}
	}
	return out
}

// storedUnder gives, of each value, the last one that is compared again of those that it is
// computed from, itself among them; none where there is none. It goes by coneOf, but once
// for all values.
func storedUnder(n *ir.Net, again map[*ir.Value]bool) map[*ir.Value]*ir.Value {
	last, place := map[*ir.Value]*ir.Value{}, map[*ir.Value]int{}
	if len(again) == 0 {
		return last
	}
	for i, v := range n.Values {
		place[v] = i
		switch {
		case again[v]:
			last[v] = v
		case canonical.ByElement(v.Op):
			for _, a := range v.Args {
				if s := last[a]; s != nil && (last[v] == nil || place[s] > place[last[v]]) {
					last[v] = s
				}
			}
		}
	}
	return last
}

// followingHidden is the value computed from the last membrane of a layer as that one is from the
// one before, where no membrane is computed from the one before: all is one step later, the
// membranes of other layers, too. Nil when there is none, or not one alone.
func followingHidden(n *ir.Net, all []History, membranes []*ir.Value) *ir.Value {
	last, past := membranes[len(membranes)-1], membranes[len(membranes)-2]
	if canonical.ConeOf(last)[past] {
		return nil
	}
	l := newLater(n)
	for _, h := range all {
		for t, m := range h.Membranes[1:] {
			l.note(h.Membranes[t], m)
		}
	}
	l.walk(past, last)
	var out *ir.Value
	for _, v := range n.Values {
		if v == last || !l.match(last, v) {
			continue
		}
		if out != nil {
			return nil
		}
		out = v
	}
	return out
}

// later holds whether the second value of a pair is the first one step later.
type later struct {
	known map[[2]*ir.Value]bool
	next  map[*ir.Value]*ir.Value // of values that are noted
	steps map[*ir.Value]bool      // values that depend on spikes; others are the same in all steps
}

func newLater(n *ir.Net) *later {
	l := &later{map[[2]*ir.Value]bool{}, map[*ir.Value]*ir.Value{}, map[*ir.Value]bool{}}
	for _, v := range n.Values {
		l.steps[v] = canonical.MembraneOf(v) != nil || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return l.steps[a] })
	}
	return l
}

func (l *later) note(v, w *ir.Value) { l.known[[2]*ir.Value{v, w}], l.next[v] = true, w }

// walk notes the operands, neuron by neuron, of two values of which the second is the first one
// step later.
func (l *later) walk(v, w *ir.Value) {
	if !canonical.ByElement(v.Op) || !canonical.SameForm(v, w) {
		return
	}
	for i, a := range v.Args {
		b := w.Args[i]
		if a == b || a == nil || b == nil || !canonical.SameForm(a, b) || Given(a) || l.known[[2]*ir.Value{a, b}] {
			continue
		}
		l.note(a, b)
		l.walk(a, b)
	}
}

func (l *later) match(v, w *ir.Value) bool {
	if v == w {
		return !l.steps[v]
	}
	if v == nil || w == nil {
		return false
	}
	pair := [2]*ir.Value{v, w}
	if is, ok := l.known[pair]; ok || l.next[v] != nil {
		return is
	}
	l.known[pair] = canonical.SameForm(v, w) && !Given(v)
	for i, a := range v.Args {
		l.known[pair] = l.known[pair] && l.match(a, w.Args[i])
	}
	return l.known[pair]
}
