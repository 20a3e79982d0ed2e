package cgen

import (
	"fmt"
	"math/bits"
	"slices"

	"nomul/backends/lower"
)

// walk is a nest of loops over the elements of a grid, the last axis
// innermost. Its indices are kept by additions: each path goes through some
// memory with a stride per axis.
type walk struct {
	grid   []int
	axes   []int // of the grid
	levels []int // of each axis: the loops of a level are in the body of the one before
	dims   []int
	letter string // of indices
	paths  []*path
}

// path is an index that begins at start and has a stride for each axis of the walk.
type path struct {
	name    string // of the index, or a number where it never moves
	start   int
	strides []int
}

// newWalk goes over some axes of a grid, level by level.
func newWalk(grid []int, levels ...[]int) *walk {
	w := &walk{grid: grid, letter: "i"}
	for level, axes := range levels {
		for _, axis := range axes {
			w.axes, w.levels, w.dims = append(w.axes, axis), append(w.levels, level), append(w.dims, grid[axis])
		}
	}
	return w
}

// over is a walk over a whole grid.
func over(grid []int) *walk { return newWalk(grid, upTo(len(grid))) }

// within is a walk in the body of another, whose indices it does not hide.
func within(grid []int) *walk {
	w := over(grid)
	w.letter = "p"
	return w
}

// inOrder reports whether a walk goes through its grid in C order.
func (w *walk) inOrder() bool {
	last := -1
	for axis, at := range w.axes {
		if w.dims[axis] > 1 && at < last {
			return false
		}
		last = max(last, at)
	}
	return true
}

// along is the path with these strides of the grid, an earlier one where it is the same.
func (w *walk) along(start int, strides []int) *path {
	p := &path{"", start, make([]int, len(w.dims))}
	moves := false
	for axis, d := range w.dims {
		if d > 1 {
			p.strides[axis] = strides[w.axes[axis]]
			moves = moves || p.strides[axis] != 0
		}
	}
	if !moves {
		p.name = fmt.Sprintf("%du", start)
		return p
	}
	for _, known := range w.paths {
		if known.start == start && slices.Equal(known.strides, p.strides) {
			return known
		}
	}
	p.name = fmt.Sprint(w.letter, len(w.paths))
	w.paths = append(w.paths, p)
	return p
}

// elements is the path through the elements of the grid, which are in C order.
func (w *walk) elements() *path { return w.along(0, lower.Strides(w.grid)) }

// collapse makes one axis of neighbours that all paths go through as if they
// were one, and drops axes of extent 1.
func (w *walk) collapse() {
	for axis := len(w.dims) - 1; axis >= 0; axis-- {
		if w.dims[axis] == 1 {
			w.drop(axis)
		}
	}
	for axis := len(w.dims) - 2; axis >= 0; axis-- {
		one := w.levels[axis] == w.levels[axis+1]
		for _, p := range w.paths {
			one = one && p.strides[axis] == p.strides[axis+1]*w.dims[axis+1]
		}
		if one {
			w.dims[axis+1] *= w.dims[axis]
			w.drop(axis)
		}
	}
}

func (w *walk) drop(axis int) {
	w.dims, w.levels = slices.Delete(w.dims, axis, axis+1), slices.Delete(w.levels, axis, axis+1)
	for _, p := range w.paths {
		p.strides = slices.Delete(p.strides, axis, axis+1)
	}
}

// indices prints the declaration of a walk's indices. One is hidden: gcc 12 finds
// addresses of one array by those of another, forgets which memory they are in, and
// leaves out calls of functions that it then takes to write none. And clang shifts
// several spikes to their places at once by a multiplication, where it knows the places.
func (b *printer) indices(w *walk) {
	text := ""
	for i, p := range w.paths {
		if i == 0 {
			text += fmt.Sprintf(", %s = @_hide(%du)", p.name, p.start)
			continue
		}
		text += fmt.Sprintf(", %s = %du", p.name, p.start)
	}
	if text != "" {
		b.line("\tuint32_t %s;", b.p.fill(text[2:]))
	}
	w.collapse()
	for _, p := range w.paths {
		if last := len(w.dims) - 1; w.multiple(p) {
			b.line("\tvolatile uint32_t by_%s = %du;", p.name, p.strides[last])
		}
	}
	b.WriteByte('\n')
}

// loops prints the loops of a level around a body; the indices are declared already.
func (b *printer) loops(w *walk, level int, body func()) {
	first, _ := slices.BinarySearch(w.levels, level)
	end, _ := slices.BinarySearch(w.levels, level+1)
	b.loop(w, first, end, body)
}

// moves reports whether a level has loops.
func (w *walk) moves(level int) bool { return slices.Contains(w.levels, level) }

// again prints the way of the indices back to where they were before the loops of a level.
func (b *printer) again(w *walk, level int) {
	if axis, some := slices.BinarySearch(w.levels, level); some {
		for _, p := range w.paths {
			b.hop(p, axis, -p.strides[axis]*w.dims[axis])
		}
	}
}

func (b *printer) loop(w *walk, axis, end int, body func()) {
	if axis == end {
		body()
		return
	}
	b.line("\tfor (uint32_t n%d = %du; n%d != 0u; n%d--) {", axis, w.dims[axis], axis, axis)
	b.depth++
	b.loop(w, axis+1, end, body)
	for _, p := range w.paths {
		switch {
		case axis+1 == len(w.dims) && w.multiple(p):
			b.line("\t%s += by_%[1]s;", p.name)
		case axis+1 == len(w.dims):
			b.advance(p.name, p.strides[axis])
		default:
			b.hop(p, axis, p.strides[axis]-p.strides[axis+1]*w.dims[axis+1])
		}
	}
	b.depth--
	b.line("\t}")
}

// multiple reports whether a path goes through the last axis in steps that are some
// times those of another, by a power of two: addresses that compilers would make of
// those of the other.
func (w *walk) multiple(p *path) bool {
	last := len(w.dims) - 1
	return p.strides[last] > 1 && slices.ContainsFunc(w.paths, func(q *path) bool {
		s := q.strides[last]
		return s > 0 && s < p.strides[last] && p.strides[last]%s == 0 && isPower(p.strides[last]/s)
	})
}

// hop moves an index to where the next turn of the loop of an axis begins, if it moves in there. Compilers
// that know where that is would rather multiply the loops' counters by strides.
func (b *printer) hop(p *path, axis, by int) {
	shifts := true
	for _, s := range p.strides {
		shifts = shifts && isPower(s)
	}
	switch {
	case !slices.ContainsFunc(p.strides[axis:], func(s int) bool { return s != 0 }):
	case shifts:
		b.advance(p.name, by)
	case by == 0:
		b.line("\t%s = @_hide(%s);", p.name, p.name)
	case by > 0:
		b.line("\t%s = @_hide(%s + %du);", p.name, p.name, by)
	default:
		b.line("\t%s = @_hide(%s - %du);", p.name, p.name, -by)
	}
}

// isPower tells a power of two, of either sign, or 0.
func isPower(n int) bool { return bits.OnesCount(uint(max(n, -n))) <= 1 }

// advance prints the step of an index or pointer.
func (b *printer) advance(name string, by int) {
	switch {
	case by == 1:
		b.line("\t%s++;", name)
	case by > 0:
		b.line("\t%s += %du;", name, by)
	case by < 0:
		b.line("\t%s -= %du;", name, -by)
	}
}

// operand is an array as a loop's body reads or writes it, element by element.
type operand struct {
	name   string // of the pointer
	at     place
	index  *path
	number *int64 // of a constant that is the same everywhere
	text   string // of an element that is at hand
}

// reads declares a pointer to an array that a view of a walk's grid goes through.
func (b *printer) reads(w *walk, name string, v lower.View) operand {
	if number, ok := uniform(v.Array); ok {
		return operand{number: &number}
	}
	if a := v.Array; a.Const() && !a.Type.IsSpike() && b.p.place[a].expr == "" {
		if c := b.p.byClass("data", v, a.Data.I, constantElem(a), w.grid); c != nil {
			return b.pointer("const ", name, c.at, &path{name: c.index(w)})
		}
	}
	return b.pointer("const ", name, b.p.at(v.Array), w.along(v.Start, v.Strides))
}

// pointer declares one to a place, which an index goes through.
func (b *printer) pointer(constant, name string, at place, index *path) operand {
	b.line("\t%s%s *%s = %s;", constant, at.elem.c(), name, at.expr)
	return operand{name: name, at: at, index: index}
}

// uniform is the number that a constant is everywhere.
func uniform(a *lower.Array) (int64, bool) {
	if !a.Const() {
		return 0, false
	}
	if _, same := a.Data.Uniform(); !same {
		return 0, false
	}
	return a.Data.I[0], true
}

// read is the element as a signed number, with @ for the name of the model.
func (o operand) read() string {
	switch {
	case o.text != "":
		return o.text
	case o.number != nil:
		return number(*o.number)
	case o.at.elem.packed:
		return fmt.Sprintf("@_at_spikes(%s, %s)", o.name, o.index.name)
	}
	return fmt.Sprintf("%s[%s]", o.name, o.index.name)
}

// write prints the assignment of an element; packed ones are set one by one, so all are
// cleared before.
func (b *printer) write(y operand, expr string) {
	if y.at.elem.packed {
		b.line("\t%s[%s >> 5] |= (uint32_t)(%s) << (%s & 31u);", y.name, y.index.name, b.p.fill(expr), y.index.name)
		return
	}
	b.line("\t%s[%s] = (%s)(%s);", y.name, y.index.name, y.at.elem.c(), b.p.fill(expr))
}

// plus is a C expression of a sum; terms of 0 are left out.
func plus(first string, terms ...any) string {
	for _, t := range terms {
		if text := fmt.Sprint(t); text != "0" && text != "0u" {
			first += " + " + text
		}
	}
	return first
}
