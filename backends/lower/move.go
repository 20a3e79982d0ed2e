package lower

import "nomul/ir"

// views are the ops that only change how the elements of their operand are gone through;
// ok is false where strides cannot say how.
var views = map[ir.Op]func(x grid, v *ir.Value) (g grid, ok bool){
	ir.OpReshape: func(x grid, v *ir.Value) (grid, bool) { return x.reshaped(v.Type.Shape.Dims()) },
	ir.OpTranspose: func(x grid, v *ir.Value) (grid, bool) {
		return x.permuted(v.Attrs.(ir.PermAttrs).Perm), true
	},
	ir.OpSlice: func(x grid, v *ir.Value) (grid, bool) {
		a := v.Attrs.(ir.SliceAttrs)
		return x.sliced(a.Axis, a.Start, a.Count, a.Step), true
	},
	ir.OpBroadcast: func(x grid, v *ir.Value) (grid, bool) { return x.broadcast(v.Type.Shape.Dims()), true },
}

// moveOf copies operands to their places in a grid.
func moveOf(v *ir.Value, args []grid, to grid) *Move {
	switch v.Op {
	case ir.OpConcat:
		return &Move{Pieces: joined(args, to, v.Attrs.(ir.AxisAttrs).Axis)}
	case ir.OpPad:
		return padded(v, args[0], to)
	}
	x, ok := views[v.Op](args[0], v)
	if !ok { // the elements in the order of the operand's own axes
		x = args[0]
		to = grid{to.array, to.start, x.dims, Strides(x.dims)}
	}
	return &Move{Pieces: []Piece{copying(x, to)}}
}

// copying is the piece of all elements of x.
func copying(x, to grid) Piece {
	return Piece{x.dims, x.stretched(x.dims), to.stretched(x.dims)}
}

// joined are operands one after another along an axis.
func joined(args []grid, to grid, axis int) []Piece {
	var out []Piece
	at := 0
	for _, x := range args {
		out = append(out, copying(x, to.sliced(axis, at, x.dims[axis], 1)))
		at += x.dims[axis]
	}
	return out
}

func padded(v *ir.Value, x, to grid) *Move {
	for axis, before := range v.Attrs.(ir.PadAttrs).Before {
		to = to.sliced(axis, before, x.dims[axis], 1)
	}
	m := &Move{Pieces: []Piece{copying(x, to)}}
	if value := v.Args[1]; value != nil {
		m.Fill = value.Const().I[0]
	}
	return m
}

// Each calls f with the elements that a piece reads and writes.
func (p Piece) Each(f func(from, to int)) {
	eachIndex(p.Dims, func(_ int, index []int) { f(p.From.At(index), p.To.At(index)) })
}
