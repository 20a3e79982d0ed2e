package quantised

import (
	"math/big"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// ofInput reports whether the curve is that of an input, which takes thresholds where it can: pixels seldom need
// a table.
func (c *curve) ofInput() bool { return c.n.Op == ir.OpInput && c.rising }

// lookedUp is a rounded curve as a table of its integers; nil where thresholds have to stand for it.
func (q *reader) lookedUp(v *ir.Value, f *form) (*form, error) {
	c := curveOf(f)
	_, all := elements(c.params...)
	switch {
	case c.tabular():
	case c.rising && c.at(all[0], c.n.Range.Lo) != nil && c.at(all[0], c.n.Range.Hi) != nil:
		return nil, nil
	case c.size() > maxCurve+1:
		return nil, rewrite.Refuse(v, diag.NotExact, "rounds a function of integers in %d..%d that does not only rise", c.n.Range.Lo, c.n.Range.Hi).
			WithHelp("quantise the operand of the function, too, so that a table has all of its numbers")
	default:
		return nil, rewrite.Refuse(v, diag.NotExact, "rounds a function that does not only rise, by other scales for each channel").
			WithHelp("quantise activations by one scale for all channels")
	}
	entries := c.entries()
	if i := slices.Index(entries, nil); i >= 0 {
		return nil, rewrite.Refuse(v, diag.NotExact, "rounds a function that has no number at %d steps of its operand", c.n.Range.Lo+int64(i))
	}
	least := slices.MinFunc(entries, (*big.Rat).Cmp)
	if !slices.ContainsFunc(entries, func(x *big.Rat) bool { return x.Cmp(least) != 0 }) {
		return &form{shift: one(least)}, nil
	}
	return q.table(v, c, entries, least)
}

// table appends the lookup of an integer.
func (q *reader) table(v *ir.Value, c *curve, entries []*big.Rat, least *big.Rat) (*form, error) {
	a := ir.TableAttrs{Entries: make([]int, len(entries))}
	for i, x := range entries {
		a.Entries[i] = int(new(big.Rat).Sub(x, least).Num().Int64())
	}
	n, err := q.entryOf(v, v.Name, c.n, a)
	if err != nil {
		return nil, err
	}
	q.origins[n] = c.plus(one(new(big.Rat).Neg(least)))
	return &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: one(least)}, nil
}

// greatestRank is the greatest of a function's numbers: its ranks among them are looked up, and their greatest
// is that of the number.
func (q *reader) greatestRank(v *ir.Value, c *curve) (*form, error) {
	if !c.tabular() {
		return nil, nil
	}
	entries := c.entries()
	if slices.Contains(entries, nil) {
		return nil, nil
	}
	ranked := slices.SortedFunc(slices.Values(entries), (*big.Rat).Cmp)
	ranked = slices.CompactFunc(ranked, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	a := ir.TableAttrs{Entries: make([]int, len(entries))}
	for i, x := range entries {
		a.Entries[i], _ = slices.BinarySearchFunc(ranked, x, (*big.Rat).Cmp)
	}
	n, err := q.entryOf(v, v.Name+".rank", c.n, a)
	if err == nil {
		n, err = q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, n)
	}
	if err != nil {
		return nil, err
	}
	return (&curve{n: n, rising: true, at: func(_ []*big.Rat, n int64) *big.Rat { return ranked[n] }}).form(), nil
}

// entryOf appends the lookup of an integer, whose least one has the first entry.
func (q *reader) entryOf(v *ir.Value, name string, n *ir.Value, a ir.TableAttrs) (*ir.Value, error) {
	n, err := q.fromZero(v, n)
	if err != nil {
		return nil, err
	}
	return q.r.Add(ir.OpTable, q.r.Unique(name), a, n)
}

// fromZero is an integer less its least one.
func (q *reader) fromZero(v, n *ir.Value) (*ir.Value, error) {
	if n.Range.Lo == 0 {
		return n, nil
	}
	c, err := q.r.Const(q.r.Unique(v.Name+".least"), ir.Ints(ir.Shape{}, []int64{-n.Range.Lo}))
	if err != nil {
		return nil, err
	}
	return q.r.Add(ir.OpAdd, q.r.Unique(v.Name+".index"), nil, n, c)
}

// tabular reports whether one table has the curve's numbers for all elements.
func (c *curve) tabular() bool {
	_, all := elements(c.params...)
	return len(distinct(all)) == 1 && c.size() <= maxCurve+1
}

// entries are the numbers of a tabular curve, from the least integer on; nil where there is none.
func (c *curve) entries() []*big.Rat {
	_, all := elements(c.params...)
	out := make([]*big.Rat, c.size())
	for i := range out {
		out[i] = c.at(all[0], c.n.Range.Lo+int64(i))
	}
	return out
}

// distinct are the numbers of elements, each once.
func distinct(all [][]*big.Rat) [][]*big.Rat {
	var out [][]*big.Rat
	known := map[string]bool{}
	for _, e := range all {
		if key := keyOf(e); !known[key] {
			known[key] = true
			out = append(out, e)
		}
	}
	return out
}
