package lower

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Verify reports the first thing that does not hold of a program:
//
//   - a stage reads arrays that are there: constants, inputs, and arrays that a stage before it writes;
//   - a stage writes no constant or input, and no array that another has written, but a latch
//     that of a delay, which a stage has written before the steps;
//   - every operand of a program, and every initial value, has a view;
//   - a table that a program looks up has an entry for each index;
//   - a view has one stride for each axis of its grid, and stays within its array;
//   - a fold has as many places as its array has elements; a move writes its own array.
func Verify(p *Program) error {
	if p.Steps < 1 {
		return errors.New("wanted program NAME steps=N {")
	}
	written, latched := map[*Array]ir.Clock{}, map[*Array]bool{}
	for _, s := range p.running() {
		err := s.verify(p.Steps)
		if err == nil {
			err = s.ordered(written, latched)
		}
		if err != nil {
			return fmt.Errorf("stage %s: %w", s.To.Name, err)
		}
	}
	return nil
}

// running lists the stages as they run in one time step: by clock, latches behind all else.
func (p *Program) running() []*Stage {
	at := func(s *Stage) int { return 2*slices.Index(clocks, s.Clock) + map[bool]int{true: 1}[s.late()] }
	return slices.SortedStableFunc(slices.Values(p.Stages), func(a, b *Stage) int { return cmp.Compare(at(a), at(b)) })
}

// ordered holds a stage against those that run before it, whose arrays are written, and when; it adds its own.
func (s *Stage) ordered(written map[*Array]ir.Clock, latched map[*Array]bool) error {
	for _, v := range s.Views() {
		if _, there := written[v.Array]; !there && !v.Array.Const() && !v.Array.Given {
			return fmt.Errorf("it reads %s, which no stage before it writes", v.Array.Name)
		}
	}
	clock, before := written[s.To]
	switch {
	case s.To.Given || s.To.Const():
		return errors.New("it writes an input or a constant")
	case s.late() && (s.Clock != ir.Step || !before || clock != ir.Once):
		return errors.New("a latch is of a step, and of an array that is written once before")
	case before && (!s.late() || latched[s.To]):
		return errors.New("its array is written already")
	}
	latched[s.To] = s.late()
	written[s.To] = s.Clock
	return nil
}

func (s *Stage) verify(steps int) error {
	switch {
	case s.Each != nil:
		if err := s.Each.verify(s.To.Type.Shape.Dims()); err != nil {
			return err
		}
		if !s.Each.Program.Within(s.Ranges(steps)) {
			return errors.New("a table that it looks up has no entry for some index")
		}
		return nil
	case s.Fold != nil:
		return s.Fold.verify(s.To.Type.Size())
	}
	for _, p := range s.Move.Pieces {
		if p.To.Array != s.To {
			return fmt.Errorf("a piece goes to %s", p.To.Array.Name)
		}
		if err := errors.Join(p.From.verify(p.Dims), p.To.verify(p.Dims)); err != nil {
			return err
		}
	}
	return nil
}

func (e *Each) verify(dims []int) error {
	for _, slot := range e.Program.Slots() {
		v, ok := e.Views[slot]
		if !ok {
			return fmt.Errorf("operand %d has no view", slot)
		}
		if err := v.verify(dims); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fold) verify(size int) error {
	if n, err := gridSize(f.Places); err != nil || n != size {
		return fmt.Errorf("places %v are not %d", f.Places, size)
	}
	grid := slices.Concat(f.Places, f.Taps)
	if f.X.Array == nil {
		return errors.New("wanted x")
	}
	err := f.X.verify(grid)
	if f.Weight != nil {
		err = errors.Join(err, f.Weight.verify(grid))
	}
	if f.Start != nil {
		err = errors.Join(err, f.Start.verify(f.Places))
	}
	return err
}

// maxGrid bounds the elements of a grid.
const maxGrid = 1 << 50

func gridSize(dims []int) (int, error) {
	n := 1
	for _, d := range dims {
		if d < 1 || d > ir.MaxSize || n > maxGrid/d {
			return 0, fmt.Errorf("a grid of %v", dims)
		}
		n *= d
	}
	return n, nil
}

// verify holds a view against its grid. Axes that a within ties together are gone through
// one by one, the others lie between their ends.
func (v *View) verify(dims []int) error {
	if _, err := gridSize(dims); err != nil {
		return err
	}
	if len(v.Strides) != len(dims) {
		return fmt.Errorf("%v has %d strides, wanted %d", *v, len(v.Strides), len(dims))
	}
	tied := make([]bool, len(dims))
	all := update.Range{Lo: int64(v.Start), Hi: int64(v.Start)}
	for _, w := range v.Within {
		r, seen, err := v.inside(w, dims, tied)
		if err != nil || !seen { // nothing but padding
			return err
		}
		all = all.Add(r)
	}
	for axis, d := range dims {
		if !tied[axis] {
			all = all.Add(update.Range{Hi: 1}.Scaled(int64(v.Strides[axis])).Scaled(int64(d - 1)))
		}
	}
	if all.Lo < 0 || all.Hi >= int64(v.Array.Type.Size()) {
		return fmt.Errorf("%v reaches elements %v of %d", *v, all, v.Array.Type.Size())
	}
	return nil
}

// inside returns the range of the terms of the axes in a within, and reports whether
// any index is within.
func (v *View) inside(w Within, dims []int, tied []bool) (r update.Range, seen bool, err error) {
	if len(w.Strides) != len(dims) {
		return r, false, fmt.Errorf("%v: a within has %d strides, wanted %d", *v, len(w.Strides), len(dims))
	}
	var axes, extents []int
	for axis, s := range w.Strides {
		if s == 0 {
			continue
		}
		if tied[axis] {
			return r, false, fmt.Errorf("%v: axis %d is in two withins", *v, axis)
		}
		tied[axis], axes, extents = true, append(axes, axis), append(extents, dims[axis])
	}
	if n, err := gridSize(extents); err != nil || n > 1<<24 {
		return r, false, fmt.Errorf("%v: a within of %v", *v, extents)
	}
	eachIndex(extents, func(_ int, index []int) {
		place, element := w.Start, 0
		for i, axis := range axes {
			place += w.Strides[axis] * index[i]
			element += v.Strides[axis] * index[i]
		}
		if place < 0 || place >= w.Extent {
			return
		}
		one := update.Range{Lo: int64(element), Hi: int64(element)}
		if !seen {
			r, seen = one, true
		}
		r = r.Union(one)
	})
	return r, seen, nil
}
