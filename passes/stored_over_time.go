package passes

import (
	"slices"

	"nomul/ir"
)

// A neuron that looks at what it has stored once more makes that of the step before when
// it reads it. A file that gives what the last step has stored has one value more of
// these: then the step makes its own.

// storedOverTime finds what layers have stored in every step, where the file has it of the last.
func storedOverTime(n *ir.Net, h []history) []history {
	again := comparedAgain(n, comparisons(n))
	var out []history
	for _, layer := range h {
		var chain []*ir.Value
		for _, m := range layer.membranes[1:] {
			if v := storedOf(n, m, again); v != nil {
				chain = append(chain, v)
			}
		}
		steps := len(layer.membranes)
		if steps < 3 || len(chain) < steps-1 {
			continue
		}
		l := later{{layer.membranes[steps-2], layer.membranes[steps-1]}: true, {chain[steps-3], chain[steps-2]}: true}
		i := slices.IndexFunc(n.Values, func(v *ir.Value) bool { return v != chain[steps-2] && l.match(chain[steps-2], v) })
		if i >= 0 {
			out = append(out, history{append(chain, n.Values[i])})
		}
	}
	return out
}

// storedOf is the last value that is compared again of those that a membrane is computed from;
// nil when there is none.
func storedOf(n *ir.Net, membrane *ir.Value, again map[*ir.Value]bool) *ir.Value {
	c := coneOf(membrane)
	for _, v := range slices.Backward(n.Values) {
		if c[v] && again[v] {
			return v
		}
	}
	return nil
}

// followingHidden is the value that is to the last membrane of a layer what that one is to
// the one before, where no membrane is computed from the one before: all is one step later,
// the membranes of other layers, too. Nil when there is none, or not one alone.
func followingHidden(n *ir.Net, all []history, membranes []*ir.Value) *ir.Value {
	last, past := membranes[len(membranes)-1], membranes[len(membranes)-2]
	if coneOf(last)[past] {
		return nil
	}
	l := later{}
	for _, h := range all {
		for t, m := range h.membranes[1:] {
			l[[2]*ir.Value{h.membranes[t], m}] = true
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

// walk notes of two values, of which the second is the first one step later, what they are
// computed from, neuron by neuron.
func (l later) walk(v, w *ir.Value) {
	if v == nil || w == nil || v == w {
		return
	}
	for i, a := range v.Args {
		if b := w.Args[i]; byElement[v.Op] && a != b && a != nil && b != nil && sameForm(a, b) && !given(a) {
			if pair := [2]*ir.Value{a, b}; !l[pair] {
				l[pair] = true
				l.walk(a, b)
			}
		}
	}
}

// later holds whether the second value of a pair is the first one step later.
type later map[[2]*ir.Value]bool

func (l later) match(v, w *ir.Value) bool {
	if v == w {
		return v == nil || given(v)
	}
	if v == nil || w == nil {
		return false
	}
	pair := [2]*ir.Value{v, w}
	if is, known := l[pair]; known {
		return is
	}
	l[pair] = sameForm(v, w) && !given(v)
	for i, a := range v.Args {
		l[pair] = l[pair] && l.match(a, w.Args[i])
	}
	return l[pair]
}
