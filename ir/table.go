package ir

import (
	"slices"

	"nomul/ir/diag"
)

// TableAttrs are the results of a function of a word, for each word from 0 on.
type TableAttrs struct {
	Entries []int `ir:"always"`
}

func (TableAttrs) attrs() {}

// inferTable demands words that all have an entry. The result is among those that the words reach.
func inferTable(in *inference) {
	x, entries := in.v.Args[0], in.v.Attrs.(TableAttrs).Entries
	switch {
	case len(entries) > MaxLevels+1:
		in.fail(diag.BadAttribute, "has %d entries, wanted at most %d", len(entries), MaxLevels+1)
	case x.Type.IsReal():
		in.fail(diag.TypeMismatch, "looks up %%%s, which is %v, wanted words", x.Name, x.Type)
	case x.Range.Lo < 0 || x.Range.Hi >= int64(len(entries)):
		in.fail(diag.BadAttribute, "has entries for 0..%d, and %%%s is in %v", len(entries)-1, x.Name, x.Range)
	}
	if in.err != nil {
		return
	}
	reached := entries[x.Range.Lo : x.Range.Hi+1]
	r := Range{Lo: int64(slices.Min(reached)), Hi: int64(slices.Max(reached))}
	in.typ, in.rng = Holding(r, x.Type.Shape), r
}
