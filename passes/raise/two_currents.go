package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// pair is a membrane that is the sum of two currents, as that of snnTorch's
// Alpha. With x out of the sum, p·g + r·k = 0,
//
//	e' = α·e + g·x,  q' = β·q + k·x,  H = p·e' + r·q' = p·α·e + r·β·q
//
// Since r·q is H − p·e in every step, and all are 0 before the first, this is
//
//	H = β·h + p·(α − β)·e
//
// a membrane with leak β, and a current that reaches it one step late. Of the
// two, e is the one with the longer memory; the other choice fires alike.
type pair struct {
	membrane    form
	e, q        form // stored by the two, each over itself as i
	alpha, beta *ir.Tensor
	p, r        *ir.Tensor
}

// pair finds the two currents of a membrane; nil when they do not make it so.
func (u *unit) pair(f form) *pair {
	s := &pair{membrane: f, e: u.currents[0].update, q: u.currents[1].update}
	own := ofCurrent[0]
	s.alpha, s.beta = s.e.of(own), s.q.of(own)
	e, q := f.of(ofCurrent[0]), f.of(ofCurrent[1])
	if e == nil || q == nil || !canonical.NonZero(s.alpha) || !canonical.NonZero(s.beta) || len(f.without(fired)) != 2 {
		return nil
	}
	s.p, s.r = canonical.Ratio(e, s.alpha), canonical.Ratio(q, s.beta)
	if !s.cancels() {
		return nil
	}
	if s.alpha.F[0] < s.beta.F[0] {
		s.e, s.q, s.alpha, s.beta, s.p, s.r = s.q, s.e, s.beta, s.alpha, s.r, s.p
	}
	return s
}

// fired reports whether a term is there after a spike only.
func fired(m monomial) bool { return m.s }

// cancels reports whether the two take in nothing but the same inputs, and these
// are out of the sum.
func (s *pair) cancels() bool {
	e, q := s.e.without(fired), s.q.without(fired)
	if len(e) != len(q) || len(e) < 2 {
		return false
	}
	return !slices.ContainsFunc(e, func(t term) bool {
		k := q.of(t.monomial)
		return !t.i && (t.x == nil || k == nil || !canonical.Near(canonical.Combine(s.p, t.k, canonical.Product), canonical.Scaled(canonical.Combine(s.r, k, canonical.Product), -1)))
	})
}

// late is the membrane of a pair over itself and the inputs, which the current takes for it. A
// spike must kill the membrane and both currents, or leave all alone.
func (u *unit) late(s *pair) (form, *diag.Diagnostic) {
	all := []form{s.membrane, s.e, s.q}
	spares := func(f form) bool { return !slices.ContainsFunc(f, func(t term) bool { return t.s }) }
	masks := !slices.ContainsFunc(all, func(f form) bool { return !allKilled(f) })
	switch {
	case !masks && slices.ContainsFunc(all, func(f form) bool { return !spares(f) }):
		return nil, u.unlike()
	case u.refired && (!u.startsAtZero() || u.firesAtStart(rewrite.Scalar(0))):
		return nil, u.unlike()
	}
	f := form{{monomial{h: true}, s.beta}}
	by := canonical.Combine(s.p, canonical.Combine(s.alpha, s.beta, func(a, b float64) float64 { return a - b }), canonical.Product)
	for _, t := range s.e.without(fired) {
		if t.x != nil {
			f = append(f, term{t.monomial, canonical.Combine(by, t.k, canonical.Product)})
		}
	}
	if masks {
		quiet, _ := f.times(form{{monomial{}, rewrite.Scalar(1)}, {monomial{s: true}, rewrite.Scalar(-1)}})
		f = quiet
	}
	u.currents, u.isLate = []current{{update: s.e}}, true
	return f, nil
}

// behind is the membrane, over the inputs of the current, that a current drives one step late and
// nothing else does; nil when it is none, or when an input is computed of its spikes.
func (u *unit) behind(f form) form {
	update, p := u.currents[0].update, f.of(ofCurrent[0])
	if p == nil || !canonical.NonZero(p) || !canonical.NonZero(update.of(ofCurrent[0])) || f.inputs() > 0 || kills(f) {
		return nil
	}
	out := f.without(func(m monomial) bool { return m.i })
	for _, t := range update {
		switch {
		case t.monomial == ofCurrent[0]:
		case t.state() || t.x == nil || u.earlier == nil || !u.earlier(t.x):
			return nil
		default:
			out = append(out, term{t.monomial, canonical.Combine(p, t.k, canonical.Product)})
		}
	}
	u.isLate = true
	return out
}

// startsAtZero reports whether the membrane that was compared before the first step is 0.
func (u *unit) startsAtZero() bool {
	for delay, stored := range u.latched {
		if stored == u.membrane && !canonical.Every(delay.Args[0], 0) {
			return false
		}
	}
	return true
}
