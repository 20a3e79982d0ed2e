package goasm

import "nomul/backends/lower"

// product plans a fold of two arrays. Of spikes on both sides, coincidences are counted. Of
// spikes on one, every spike adds a row of the other side, which is laid out so that what it
// adds lies together; so does the result.
func (p *plan) product(f *folded) {
	x := side{f, f.Fold.X.Array, f.Positions, func(group, row, input int) int { return f.X(row, group, input) }}
	w := side{f, f.Fold.Weight.Array, f.Outputs, f.Weight}
	place := func(group, row, column int) int { return f.Place(row, group, column) }
	switch {
	case !w.of.Type.IsSpike():
		p.chooseRows(x, w, place)
	case !x.of.Type.IsSpike():
		p.chooseRows(w, x, func(group, row, column int) int { return f.Place(column, group, row) })
	default:
		p.meet(x, w, place)
	}
}

// side is an operand of a product: rows of inputs, in groups.
type side struct {
	*folded
	of   *lower.Array
	rows int
	at   func(group, row, input int) int // the element
}

// elements are those of the rows.
func (x side) elements() order {
	var out order
	for group := range x.Groups {
		for row := range x.rows {
			for input := range x.Inputs {
				out = append(out, int32(x.at(group, row, input)))
			}
		}
	}
	return out
}

// spikes is the expression of a side as spikes, with tables of two numbers for each of their
// places, from the group, row and input of the element.
func (p *plan) spikes(t *stage, x side, name string, numbers func(group, row, input int) (key, entry int)) (spikes, keys, entries string) {
	wanted := x.elements()
	var key, entry order
	for i := range wanted {
		k, e := numbers(i/(x.rows*x.Inputs), i/x.Inputs%x.rows, i%x.Inputs)
		key, entry = append(key, int32(k)), append(entry, int32(e))
	}
	if have := p.home(x.of); have.form == packed && wanted.covers(have.size) {
		at := have.order.of(wanted.places(have.size))
		wanted, key, entry = nil, pick(at, key), pick(at, entry)
	}
	taken := p.take(x.of, packed, wanted, x.Stage)
	p.needs.chosen = max(p.needs.chosen, taken.size)
	return "m." + taken.name, p.table(t.dst.name+name+"Keys", key), p.table(t.dst.name+name+"Entries", entry)
}

// grid is the order of a result that lies by group, row and column.
func (f *folded) grid(rows, columns int, at func(group, row, column int) int) order {
	var out order
	for group := range f.Groups {
		for row := range rows {
			for column := range columns {
				out = append(out, int32(at(group, row, column)))
			}
		}
	}
	return out
}

// meet counts coincidences; the key is the group and what is summed.
func (p *plan) meet(x, w side, place func(group, row, column int) int) {
	row, column, o := w.rows, 1, x.grid(x.rows, w.rows, place)
	if p.isChosenFrom(x.To) {
		row, column, o = 1, x.rows, x.grid(w.rows, x.rows, func(group, row, column int) int { return place(group, column, row) })
	}
	t := p.stage(p.result(x.To, full, o), x.Stage.String())
	a, keysA, rows := p.spikes(t, x, "A", func(group, m, k int) (int, int) {
		return group*x.Inputs + k, group*x.rows*w.rows + m*row
	})
	b, keysB, columns := p.spikes(t, w, "B", func(group, n, k int) (int, int) { return group*x.Inputs + k, n * column })
	keys := x.Groups * x.Inputs
	p.needs.begins = max(p.needs.begins, keys+2)
	t.do("m.meet(m.%s, %s, %s, %s, %s, %s, %s, %d)", t.dst.name, a, b, keysA, rows, keysB, columns, keys)
	p.add(x.Clock, t)
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

// chooseRows adds what spikes choose: for each of their rows, the inputs of words. The key is
// where it is added.
func (p *plan) chooseRows(x, words side, place func(group, row, column int) int) {
	t := p.stage(p.result(x.To, full, x.grid(x.rows, words.rows, place)), x.Stage.String())
	spikes, keys, entries := p.spikes(t, x, "Spike", func(group, row, input int) (int, int) {
		return group*x.rows + row, (group*x.Inputs + input) * words.rows
	})
	number := x.Groups * x.rows
	p.needs.begins = max(p.needs.begins, number+2)
	wanted := x.grid(x.Inputs, words.rows, func(group, input, row int) int { return words.at(group, row, input) })
	t.do("m.chooseRows(m.%s, m.%s, %s, %s, %s, %d, %d)", t.dst.name, p.take(words.of, full, wanted, x.Stage).name, spikes, keys, entries, number, words.rows)
	p.add(x.Clock, t)
}
