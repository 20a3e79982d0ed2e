package cgen

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends/lower"
)

// classesWorth is how many bytes of flash classes of places must save to be worth the code and
// time of their tables.
const classesWorth = 128

// classed is a constant by classes of places, as a grid goes through it.
type classed struct {
	at      place
	strides []int    // on the grid, of the axes that do not go by class
	tables  []string // by axis of the grid, of offsets of its places; "" where it goes by stride
}

// index is the C expression of the element.
func (c *classed) index(w *walk) string {
	var terms []string
	if at := w.along(0, c.strides).name; at != "0u" {
		terms = append(terms, at)
	}
	return strings.Join(append(terms, indices(w, c.tables)...), " + ")
}

// indices are the offsets of the places of a walk that tables tell.
func indices(w *walk, tables []string) []string {
	var out []string
	for axis, table := range tables {
		if table != "" {
			one := make([]int, len(tables))
			one[axis] = 1
			out = append(out, fmt.Sprintf("%s[%s]", table, w.along(0, one).name))
		}
	}
	return out
}

// byClass lays out data of a constant, its elements or others in their places, by the classes of the places
// of a grid that see them through a view, where that saves flash; else it returns nil.
func (p *plan) byClass(use string, v lower.View, data []int64, e elem, grid []int) *classed {
	key := fmt.Sprint(use, v.Array.Name, v.Start, v.Strides, grid)
	if known, tried := p.classes[key]; tried {
		return known
	}
	p.classes[key] = nil
	var axes []int
	for axis, stride := range v.Strides {
		if stride != 0 && grid[axis] > 1 {
			axes = append(axes, axis)
		}
	}
	dims := lower.Pick(grid, axes)
	seen := lower.Elements[int64](v.Start, dims, lower.Pick(v.Strides, axes))
	for i, at := range seen {
		seen[i] = data[at]
	}
	c := lower.ClassesOf(seen, dims, upTo(len(dims)))
	if saves(e, len(data), c) < classesWorth {
		return nil
	}
	what, offsets := fmt.Sprint("classes", len(p.classes)), make([][]int64, len(grid))
	of := &classed{strides: make([]int, len(grid))}
	of.at = place{p.flash(v.Array, what, e, c.Data, comment(v.Array)+", by class of places").name, e, len(c.Data)}
	for i, axis := range axes {
		of.strides[axis], offsets[axis] = c.Strides[i], c.Offsets[i]
	}
	of.tables = p.layOffsets(v.Array, what, offsets)
	p.classes[key] = of
	return of
}

// saves is how many bytes of flash classes take less than so many elements.
func saves(e elem, elements int, c lower.Classes) int {
	n := e.bytes(elements - len(c.Data))
	for _, offsets := range c.Offsets {
		if offsets != nil {
			n -= offsetsElem(offsets).bytes(len(offsets))
		}
	}
	return n
}

func offsetsElem(offsets []int64) elem { return unsignedFor(int(slices.Max(offsets)) + 1) }

// layOffsets lays out the offsets of axes that go by class, equal ones once, and returns the tables' names by axis.
func (p *plan) layOffsets(of *lower.Array, what string, offsets [][]int64) []string {
	tables := make([]string, len(offsets))
	for axis, offsets := range offsets {
		if offsets == nil {
			continue
		}
		key := fmt.Sprint(offsets)
		if p.offsets[key] == "" {
			p.offsets[key] = p.flash(of, fmt.Sprint(what, "by", axis), offsetsElem(offsets), offsets, "where the classes of an axis begin, by place").name
		}
		tables[axis] = p.offsets[key]
	}
	return tables
}
