package timing

import (
	"fmt"

	"nomul/ir"
)

// Frames need not be the rows of an input, one for each step: they may lie along any
// axis, at a distance, from some entry on, backwards, and a step may read several,
// as x[:, t+1] − x[:, t] does. Step t reads the entries from first + t·every on. Then
// the input is rewritten as one with a row of such entries for each step.

// framing is an input of an unrolled net whose entries the steps read.
type framing struct {
	net   *ir.Net
	x     *ir.Value
	axis  int
	steps int
	step  map[*ir.Value]int  // of membranes
	reach map[*ir.Value]int  // the first step whose membrane depends on a value
	only  map[*ir.Value]bool // computed from entries of the input alone
	from  []int              // per step: the first entry that it reads
	count int                // how many entries a step reads, from the first to the last
}

// WithFrames is the net, and its membranes, with a row for each step of the inputs
// of which each step reads entries of its own.
func WithFrames(n *ir.Net, h []History) (*ir.Net, []History, error) {
	for _, x := range n.All(ir.OpInput) {
		f := newFraming(n, x, h)
		if f == nil || !f.steady() || f.plain() {
			continue
		}
		out, err := f.rewrite()
		if err != nil {
			return nil, nil, err
		}
		if h, err = MembranesOverTime(out); err != nil {
			return nil, nil, err
		}
		out, h = WithLastSpikes(out, h)
		return WithFrames(out, SameLength(h))
	}
	return n, h, nil
}

// plain reports whether the input has a row for each step as it is.
func (f *framing) plain() bool {
	return f.axis == 0 && f.count == 1 && f.from[0] == 0 && f.from[1] == 1 && f.x.Type.Shape.Dim(0) == f.steps
}

// newFraming is nil when something else than entries along one axis is read.
func newFraming(n *ir.Net, x *ir.Value, h []History) *framing {
	f := &framing{net: n, x: x, axis: -1, steps: len(h[0].Membranes), step: map[*ir.Value]int{}, reach: map[*ir.Value]int{}, only: map[*ir.Value]bool{}}
	for _, layer := range h {
		for t, m := range layer.Membranes {
			f.step[m] = t
		}
	}
	for _, v := range n.Values {
		reads := len(v.Args) > 0 && v.Args[0] == x
		a, ok := v.Attrs.(ir.SliceAttrs)
		switch {
		case reads && (!ok || a.Step != 1 || f.axis >= 0 && a.Axis != f.axis):
			return nil
		case reads:
			f.axis = a.Axis
		}
		f.only[v] = reads || f.onlyFrames(v)
	}
	for i := len(n.Values) - 1; i >= 0; i-- {
		v := n.Values[i]
		t, isMembrane := f.step[v]
		if r, ok := f.reach[v]; isMembrane && (!ok || t < r) {
			f.reach[v] = t
		}
		for _, a := range v.Args {
			if r, ok := f.reach[v]; ok && a != nil {
				if old, known := f.reach[a]; !known || r < old {
					f.reach[a] = r
				}
			}
		}
	}
	return f
}

// onlyFrames reports whether a value, no membrane and no output, is computed from
// entries and constants.
func (f *framing) onlyFrames(v *ir.Value) bool {
	if _, isMembrane := f.step[v]; isMembrane || v.Op == ir.OpOutput {
		return false
	}
	some := false
	for _, a := range v.Args {
		if a != nil && a.Const() == nil && !f.only[a] {
			return false
		}
		some = some || f.only[a]
	}
	return some
}

// stepOf returns the step of a value that reads values of frames alone.
func (f *framing) stepOf(v *ir.Value) (int, bool) {
	if t, ok := f.step[v]; ok {
		return t, true
	}
	t, ok := f.reach[v]
	return t, ok
}

// steady reports whether the entries that the steps read are at a fixed distance, and
// notes which.
func (f *framing) steady() bool {
	first, last := map[int]int{}, map[int]int{}
	for _, v := range f.net.Values {
		if f.only[v] {
			continue
		}
		for _, a := range v.Args {
			if !f.only[a] {
				continue
			}
			t, ok := f.stepOf(v)
			if !ok {
				return false
			}
			lo, hi := f.extent(a)
			if old, known := first[t]; !known || lo < old {
				first[t] = lo
			}
			last[t] = max(last[t], hi)
		}
	}
	if f.axis < 0 || f.steps < 2 || len(first) != f.steps {
		return false
	}
	every := first[1] - first[0]
	for t := range f.steps {
		lo, ok := first[t]
		if !ok || lo != first[0]+t*every {
			return false
		}
		f.from = append(f.from, lo)
		f.count = max(f.count, last[t]-lo)
	}
	for _, lo := range f.from {
		if lo+f.count > f.x.Type.Shape.Dim(f.axis) {
			return false
		}
	}
	return every != 0
}

// extent are the entries that a value is computed from: from the first to behind the last.
func (f *framing) extent(v *ir.Value) (lo, hi int) {
	if v.Args[0] == f.x {
		a := v.Attrs.(ir.SliceAttrs)
		return a.Start, a.Start + a.Count
	}
	lo = f.x.Type.Shape.Dim(f.axis)
	for _, a := range v.Args {
		if f.only[a] {
			l, h := f.extent(a)
			lo, hi = min(lo, l), max(hi, h)
		}
	}
	return lo, hi
}

// rewrite makes the input one of rows, and has each step read its own.
func (f *framing) rewrite() (*ir.Net, error) {
	rows := &rowReader{framing: f, made: map[framed]*ir.Value{}}
	return ir.Rebuild(f.net, f.net.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		rows.r = r
		switch {
		case v == f.x:
			var err error
			rows.rows, err = rows.input()
			return rows.rows, err
		case f.only[v]:
			return rows.rows, nil // made anew for each step that reads it
		}
		args, changed := make([]*ir.Value, len(v.Args)), false
		for i, a := range v.Args {
			args[i] = r.Of(a)
			if f.only[a] {
				t, _ := f.stepOf(v)
				var err error
				if args[i], err = rows.of(a, t); err != nil {
					return nil, err
				}
				changed = true
			}
		}
		if !changed {
			return nil, nil
		}
		return r.CopyWith(v, v.Attrs, args...)
	})
}

// rowReader makes the operands of the steps, each from its row.
type rowReader struct {
	*framing
	r    *ir.Rebuilder
	rows *ir.Value
	made map[framed]*ir.Value
}

type framed struct {
	v    *ir.Value
	step int
}

// input is the input with a row for each step.
func (f *rowReader) input() (*ir.Value, error) {
	a := f.x.Attrs.(ir.InputAttrs)
	a.Of, a.Axis, a.First, a.Every = f.x.Type.Shape.Dims(), f.axis, f.from[0], f.from[1]-f.from[0]
	rows, err := f.r.AddTyped(ir.OpInput, f.x.Name, a, f.x.Type.WithShape(ir.ShapeOf(append([]int{f.steps}, f.frame()...)...)))
	if err == nil {
		rows.Range = f.x.Range
	}
	return rows, err
}

// frame returns the shape of the entries that a step reads.
func (f *framing) frame() []int {
	dims := f.x.Type.Shape.Dims()
	dims[f.axis] = f.count
	return dims
}

// of is a value that is computed from entries alone, in a step.
func (f *rowReader) of(v *ir.Value, step int) (*ir.Value, error) {
	key := framed{v, step}
	if out := f.made[key]; out != nil {
		return out, nil
	}
	name := f.r.Unique(v.Name)
	var out *ir.Value
	var err error
	if v.Args[0] == f.x {
		out, err = f.entries(name, v, step)
	} else {
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			if args[i] = f.r.Of(a); !f.only[a] {
				continue
			}
			if args[i], err = f.of(a, step); err != nil {
				return nil, err
			}
		}
		typ := ir.Type{}
		if v.Op.Typed() {
			typ = v.Type
		}
		out, err = f.r.AddTyped(v.Op, name, v.Attrs, typ, args...)
	}
	f.made[key] = out
	return out, err
}

// entries is a slice of the input, of a step's row.
func (f *rowReader) entries(name string, v *ir.Value, step int) (*ir.Value, error) {
	key := framed{f.x, step}
	row := f.made[key]
	if row == nil {
		one, err := f.r.Add(ir.OpSlice, f.r.Unique(fmt.Sprintf("%s.row%d", f.x.Name, step)), ir.SliceAttrs{Start: step, Count: 1, Step: 1}, f.rows)
		if err != nil {
			return nil, err
		}
		if row, err = f.r.Add(ir.OpReshape, f.r.Unique(fmt.Sprintf("%s.frame%d", f.x.Name, step)), ir.ShapeAttrs{Shape: f.frame()}, one); err != nil {
			return nil, err
		}
		f.made[key] = row
	}
	a := v.Attrs.(ir.SliceAttrs)
	if a.Count == f.count {
		return row, nil
	}
	return f.r.Add(ir.OpSlice, name, ir.SliceAttrs{Axis: f.axis, Start: a.Start - f.from[step], Count: a.Count, Step: 1}, row)
}
