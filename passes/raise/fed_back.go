package raise

import (
	"slices"
	"strings"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A current may take in the layer's own spikes of the step before, as that of snnTorch's
// RSynaptic does with all_to_all=False. Its membrane has them then besides those that reset
// it, and one factor for both. So they become an input like any other:
//
//	i' = α·i + x + v·s,  H = β·h + p/α·i' + c·s  with s as an input of its own

// fedBack is the membrane as a form in which the spikes that its current takes in are an
// input; as it was when it takes in none.
func (u *unit) fedBack(f form) form {
	all, spikes := u.currents[0].update, u.pastSpikes()
	p, alpha, v := f.of(monomial{i: true}), all.of(monomial{i: true}), all.of(monomial{s: true})
	update := all.without(func(m monomial) bool { return m == monomial{s: true} })
	if v == nil || spikes == nil || p == nil || !canonical.NonZero(alpha) || slices.ContainsFunc(update, func(t term) bool { return t.s }) {
		return f
	}
	by := canonical.Combine(canonical.Ratio(p, alpha), v, canonical.Product)
	u.currents[0].update = update.add(monomial{x: spikes}, v)
	out := form(nil).plus(f, 1).add(monomial{x: spikes}, by)
	if kills(f) { // (1 − s)·s is nothing
		return out.add(monomial{s: true, x: spikes}, canonical.Scaled(by, -1))
	}
	if c := f.of(monomial{s: true}); c != nil && canonical.Near(c, by) {
		return out.without(func(m monomial) bool { return m == monomial{s: true} })
	}
	return out.add(monomial{s: true}, canonical.Scaled(by, -1))
}

// pastSpikes is a delay of the unit's own spikes that begins without any; nil when there is none.
func (u *unit) pastSpikes() *ir.Value {
	var all []*ir.Value
	for delay, stored := range u.latched {
		if canonical.Compared(stored) == u.fire && canonical.Every(delay.Args[0], 0) {
			all = append(all, delay)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return slices.MinFunc(all, func(a, b *ir.Value) int { return strings.Compare(a.Name, b.Name) })
}
