package goasm

import (
	"fmt"

	"nomul/backends/lower"
)

// product plans a fold of two arrays, one of them spikes: each adds a row of the other side,
// which is laid out so that each row lies together; so does the result. Of spikes on both
// sides those are rows that a product behind takes as columns, if there is one.
func (p *plan) product(f *folded) {
	x := side{f, f.Fold.X.Array, f.Positions, func(group, row, input int) int { return f.X(row, group, input) }}
	w := side{f, f.Fold.Weight.Array, f.Outputs, f.Weight}
	if x.of.Type.IsSpike() && !(w.of.Type.IsSpike() && p.isChosenFrom(f.To)) {
		p.chooseRows(x, w, func(group, row, column int) int { return f.Place(row, group, column) })
	} else {
		p.chooseRows(w, x, func(group, row, column int) int { return f.Place(column, group, row) })
	}
}

// side is an operand of a product: rows of inputs, in groups.
type side struct {
	*folded
	of   *lower.Array
	rows int
	at   func(group, row, input int) int // the element
}

// chosen is the expression of a side as spikes, with tables for each of their places: the key
// is the row that a spike adds to, the entry where the row that it adds begins.
func (p *plan) chosen(t *stage, x side, length int) string {
	wanted := x.grid(x.rows, x.Inputs, x.at)
	var keys, entries order
	for i := range wanted {
		group, row, input := i/(x.rows*x.Inputs), i/x.Inputs%x.rows, i%x.Inputs
		keys, entries = append(keys, int32(group*x.rows+row)), append(entries, int32((group*x.Inputs+input)*length))
	}
	if have := p.home(x.of); have.form == packed && wanted.covers(have.size) {
		at := pick(have.order, wanted.places(have.size)).plain()
		wanted, keys, entries = nil, pick(at, keys), pick(at, entries)
	}
	taken := p.take(x.of, packed, wanted)
	p.needs.chosen = max(p.needs.chosen, taken.size)
	return fmt.Sprintf("m.%s, %s, %s", taken.name, p.table(t.dst.name+"Keys", keys), p.table(t.dst.name+"Entries", entries))
}

// isChosenFrom reports whether a product reads numbers of the array by their columns.
func (p *plan) isChosenFrom(a *lower.Array) bool {
	for _, r := range p.readers[a] {
		if f := r.Fold; f != nil && f.X.Array == a && f.Weight != nil && !f.Weight.Array.Const() && !a.Type.IsSpike() {
			return true
		}
	}
	return false
}

// chooseRows adds the rows of words that spikes choose.
func (p *plan) chooseRows(x, words side, place func(group, row, column int) int) {
	t := p.stage(p.result(x.To, full, x.grid(x.rows, words.rows, place)), x.Stage.String())
	spikes, number := p.chosen(t, x, words.rows), x.Groups*x.rows
	p.needs.begins = max(p.needs.begins, number+2)
	wanted := x.grid(x.Inputs, words.rows, func(group, input, row int) int { return words.at(group, row, input) })
	t.do("m.chooseRows(m.%s, m.%s, %s, %d, %d)", t.dst.name, p.take(words.of, full, wanted).name, spikes, number, words.rows)
	p.add(t)
}
