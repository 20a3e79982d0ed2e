package update

import (
	"slices"
	"strconv"
	"strings"
)

// reached is the range of the entries that indices of a range reach; those beyond a table, which
// Within tells, count as its ends.
func (i Instr) reached(index Range) Range {
	last := int64(len(i.Table) - 1)
	lo, hi := min(max(index.Lo, 0), last), min(max(index.Hi, 0), last)
	entries := i.Table[lo : hi+1]
	return Range{slices.Min(entries), slices.Max(entries)}
}

// Within reports whether all tables that a program looks up have an entry for each index, which is
// in such ranges.
func (p *Program) Within(r Ranges) bool {
	return !slices.ContainsFunc(p.Code, func(i Instr) bool {
		return i.Kind == Lookup && (r.Values[i.A].Lo < 0 || r.Values[i.A].Hi >= int64(len(i.Table)))
	})
}

// tableText is the entries of a table, apart by commas.
func tableText(table []int64) string {
	words := make([]string, len(table))
	for i, n := range table {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ",")
}

// parseTable reads the text of a table; of none it is an error.
func parseTable(text string) ([]int64, error) {
	var out []int64
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}
