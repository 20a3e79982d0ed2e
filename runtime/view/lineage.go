package view

import (
	"slices"

	"nomul/ir"
)

// A link says that a value has become one of the next stage: the same, or a part of it.
type link struct {
	to   int // the place in the next stage
	part bool
}

// mostLinks is how many values one may become a part of.
const mostLinks = 12

// linking finds the links of a stage's values to those of the next one.
type linking struct {
	from, to *frame
	links    [][]link // by place in from
	byNode   map[string][]int
	byText   map[string][]int // constants
	byShape  map[string][]int // others, by op and type
}

// linksOf finds for each value those that it has become. A value keeps its name, or else its node of the
// file, or it is a copy: a constant of the same numbers, or the same op on values that have become the operands,
// as of time steps that were folded. One of which nothing is left is a part of its readers.
func linksOf(from, to *frame) [][]link {
	l := &linking{from: from, to: to, links: make([][]link, len(from.values)),
		byNode: map[string][]int{}, byText: map[string][]int{}, byShape: map[string][]int{}}
	l.index()
	for i := range from.values {
		l.links[i] = l.same(i)
	}
	for l.absorb() {
	}
	l.split()
	return l.links
}

func (l *linking) index() {
	for i, v := range l.to.values {
		if v.Node != "" {
			l.byNode[v.Node] = append(l.byNode[v.Node], i)
		}
		if v.Kind == Const {
			l.byText[v.content()] = append(l.byText[v.content()], i)
		} else {
			l.byShape[v.Op+v.Type] = append(l.byShape[v.Op+v.Type], i)
		}
	}
}

// same finds the values that one still is.
func (l *linking) same(i int) []link {
	v := l.from.values[i]
	if at, ok := l.to.at[v.Name]; ok { // data of another size have the name alone
		return []link{{at, v.Kind == Const && v.Size != l.to.values[at].Size}}
	}
	if v.Kind == Const {
		return first(l.byText[v.content()])
	}
	if found := l.node(v); found != nil {
		return found
	}
	if found := l.weighted(i); found != nil {
		return found
	}
	if found := slices.IndexFunc(l.byShape[v.Op+v.Type], func(c int) bool { return l.copies(i, c) }); found >= 0 {
		return []link{{to: l.byShape[v.Op+v.Type][found]}}
	}
	if args := l.from.args[i]; v.copying() && len(args) == 1 {
		return l.links[args[0]]
	}
	return nil
}

// copying reports whether a value has the numbers of its operand.
func (v *Value) copying() bool { return v.Kind == Moves || v.Op == ir.OpCast.String() }

// weighted finds a layer of weights by these, which may read something else than before.
func (l *linking) weighted(i int) []link {
	v := l.from.values[i]
	if v.Kind != Weights {
		return nil
	}
	for _, a := range l.from.args[i] {
		if !l.from.constant(a) || l.from.values[a].Size == 1 {
			continue
		}
		for _, k := range l.links[a] {
			for _, r := range l.to.readers[k.to] {
				if l.to.values[r].Op == v.Op {
					return []link{{to: r}}
				}
			}
		}
	}
	return nil
}

// node finds the values of a value's node of the file; those of its op alone, if there are such. Data that a
// pass has made of a node are not its result, and weights stay weights.
func (l *linking) node(v *Value) []link {
	var all, alike []link
	for _, c := range l.byNode[v.Node] {
		kind := l.to.values[c].Kind
		if kind == Const || v.Kind == Weights && kind != Weights {
			continue
		}
		all = append(all, link{to: c})
		if l.to.values[c].Op == v.Op {
			alike = append(alike, link{to: c})
		}
	}
	if alike != nil {
		return alike
	}
	return all
}

// copies reports whether a value's operands have become those of a candidate, as far as it is known
// of which they are; of one it must be.
func (l *linking) copies(i, candidate int) bool {
	args, others := l.from.args[i], l.to.args[candidate]
	if len(args) != len(others) {
		return false
	}
	known := false
	for slot, a := range args {
		if len(l.links[a]) == 0 {
			continue
		}
		if !l.becomes(a, others[slot]) {
			return false
		}
		known = known || !l.from.constant(a) || len(l.from.readers[a]) == 1 || l.from.values[a].Size > 1
	}
	return known
}

// becomes reports whether a value has become one of the next stage, or what that holds of the step before.
func (l *linking) becomes(i, to int) bool {
	for _, at := range l.to.behind(to) {
		if slices.Contains(l.links[i], link{to: at}) {
			return true
		}
	}
	return false
}

// absorb makes values of which nothing is left a part of those that their readers have become, and reports
// whether there are more now: a latch is read as its delay is, which is above it.
func (l *linking) absorb() bool {
	more := false
	for i, v := range slices.Backward(l.from.values) {
		if l.links[i] != nil {
			continue
		}
		for _, r := range l.from.readers[i] {
			if v.Kind != Const || !l.data(i, r) {
				l.partOf(i, r)
			}
		}
		if d, ok := l.from.at[v.Latch]; ok {
			l.partOf(i, d)
		}
		more = more || l.links[i] != nil
	}
	return more
}

// data makes a constant a part of one of its size that a reader has instead, as of weights that were multiplied,
// and reports whether there is such.
func (l *linking) data(i, reader int) bool {
	for _, k := range l.links[reader] {
		for _, a := range l.to.args[k.to] {
			if size := l.to.values[a].Size; l.to.constant(a) && size > 1 && size == l.from.values[i].Size {
				l.links[i] = append(l.links[i], link{a, true})
				return true
			}
		}
	}
	return false
}

func (l *linking) partOf(i, reader int) {
	for _, k := range l.links[reader] {
		k.part = true
		if !slices.Contains(l.links[i], k) && len(l.links[i]) < mostLinks {
			l.links[i] = append(l.links[i], k)
		}
	}
}

// split links values that none has become to those of their node, which a pass has taken apart, or of which it
// has made data.
func (l *linking) split() {
	found := make([]bool, len(l.to.values))
	for _, links := range l.links {
		for _, k := range links {
			found[k.to] = true
		}
	}
	for i, v := range l.from.values {
		for _, c := range l.byNode[v.Node] {
			if !found[c] {
				l.links[i] = append(l.links[i], link{c, l.to.values[c].Kind == Const})
			}
		}
	}
}

// first is a link to the first place of a list.
func first(places []int) []link {
	if len(places) == 0 {
		return nil
	}
	return []link{{to: places[0]}}
}
