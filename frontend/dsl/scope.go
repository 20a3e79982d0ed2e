package dsl

import (
	"sort"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// scope maps names to what they stand for, inside others.
type scope struct {
	outer *scope
	names map[string]value
}

func newScope(outer *scope) *scope { return &scope{outer: outer, names: map[string]value{}} }

func (s *scope) find(name string) (value, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return bad, false
}

// assign changes what a name stands for where it was declared.
func (s *scope) assign(name string, v value) bool {
	for ; s != nil; s = s.outer {
		if _, ok := s.names[name]; ok {
			s.names[name] = v
			return true
		}
	}
	return false
}

// frame is one use of a block: its text, its names, its place in the tree of layers.
type frame struct {
	src    *source
	scope  *scope
	path   string         // of the block; layers inside have it before their own name
	counts map[string]int // layers of each kind without a name, so far
	from   *frame         // the use of the block that this one stands in
	at     lexer.Position // of the call, in from
	depth  int
}

// inner is the same use of a block with a scope of its own.
func (f *frame) inner() *frame {
	g := *f
	g.scope = newScope(f.scope)
	return &g
}

// join puts a path before a name.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// nearest is the candidate that a misspelt name probably means, if any is close:
// at most a third of its letters differ, and at most three.
func nearest(name string, candidates []string) string {
	sort.Strings(candidates)
	best, bestDistance := "", min(3, (len(name)+2)/3)+1
	for _, c := range candidates {
		if c == name {
			continue
		}
		if d := editDistance(strings.ToLower(name), strings.ToLower(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance is how many letters are to be changed, added, left out or swapped
// with their neighbour to get from one word to another; limit when it is more.
func editDistance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}

func abs(n int) int { return max(n, -n) }
