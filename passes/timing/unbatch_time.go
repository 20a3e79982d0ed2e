package timing

import (
	"fmt"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// UnbatchTime takes apart the values that hold all time steps in its first axis, [T,N,…] or
// [T·N,…]: a value of k equal blocks along axis 0 becomes k values, and every op that leaves that
// axis alone works on each of them. Blocks come from stacks, from copies and from rows written one
// by one; or a value is cut because someone reads it block by block. So the steps stand side by
// side, as in unrolled files. Where an input [1,T,…] holds a frame for each of T steps, or is
// copied into one, the axis may also stand behind extents of 1. It moves numbers about and changes
// none. A stack of steps that is weighed is taken apart too (weigh_steps.go, mix_steps.go).
//
// Parts of constants are constants, as of a buffer that is rolled: axes of batches are not looked for in these.
func UnbatchTime(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	out, err := takenApart(n, o)
	if err != nil {
		return nil, err
	}
	return canonical.FoldConstants(out, o)
}

// takenApart is the net with the values of all steps taken apart.
func takenApart(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	n, err := weighParts(n)
	if err != nil {
		return nil, err
	}
	if d := mixedStream(n, o); d != nil {
		return nil, d
	}
	u := &unbatching{axis: FirstAxis, blocks: map[*ir.Value][]*ir.Value{}, cut: map[blockKey]*ir.Value{}, mixes: mixers(n), steps: map[*ir.Value]along{}}
	if frames := framesBehind(n); frames > 0 {
		u.axis, u.only = behindOnes, frames
	}
	u.wanted = u.axis.wantedBlocks(n, u.mixes)
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		u.r = r
		return u.value(v)
	})
}

// framesBehind is how many frames there are behind a batch axis, of which something
// is read one by one: those of an input, or copies of it that the file makes; 0 when
// there are none.
func framesBehind(n *ir.Net) int {
	wanted := AxisOfBlocks(behindOnes).wantedBlocks(n, nil)
	for _, v := range n.Values {
		if v.Op != ir.OpInput && !copiesBehind(v) {
			continue
		}
		if s := v.Type.Shape; s.Rank() > 2 && s.Dim(0) == 1 && wanted[v] > 1 && wanted[v] == s.Dim(1) {
			return wanted[v]
		}
	}
	return 0
}

// copiesBehind reports whether v copies along the axis behind the first one, as
// x.unsqueeze(1).repeat(1, T, …) does.
func copiesBehind(v *ir.Value) bool {
	if v.Op != ir.OpBroadcast {
		return false
	}
	x := v.Args[0].Type.Shape
	at := 1 + x.Rank() - v.Type.Shape.Rank()
	return at < 0 || x.Rank() > 0 && x.Dim(at) == 1
}

// unbatching knows the blocks of values of the net before. All blocks of a value
// have the same type; their extents along its axis add up to the value's.
type unbatching struct {
	r      *ir.Rebuilder
	axis   AxisOfBlocks
	only   int // when not 0, the only number of blocks to look for
	wanted map[*ir.Value]int
	blocks map[*ir.Value][]*ir.Value
	cut    map[blockKey]*ir.Value
	mixes  map[*ir.Value]*mixer // products that mix blocks (mix_steps.go)
	steps  map[*ir.Value]along  // of values that are made of mixed blocks and have them on another axis
}

type blockKey struct {
	v    *ir.Value
	k, t int
}

// value makes v. One in blocks is also joined again, for readers that want all
// of it; nobody may.
func (u *unbatching) value(v *ir.Value) (*ir.Value, error) {
	if out, err := u.picked(v); out != nil || err != nil {
		return out, err
	}
	blocks, err := u.find(v)
	if blocks == nil || err != nil || u.only != 0 && len(blocks) != u.only {
		return nil, err
	}
	u.blocks[v] = blocks
	return u.r.Add(ir.OpConcat, u.r.Unique(v.Name+".stack"), ir.AxisAttrs{Axis: u.axis.of(v)}, blocks...)
}

// find returns the blocks of v, nil when it has none.
func (u *unbatching) find(v *ir.Value) ([]*ir.Value, error) {
	if blocks, err := u.mixed(v); blocks != nil || err != nil {
		return blocks, err
	}
	if source := blockSources[v.Op]; source != nil {
		if blocks, err := source(u, v); blocks != nil || err != nil {
			return blocks, err
		}
	}
	if k := u.count(v); k > 1 {
		if attrs, ok := u.axis.blockAttrs(v, k, u.aligned); ok {
			return u.apply(v, k, attrs)
		}
	}
	if k := u.wanted[v]; k > 1 && v.Op != ir.OpConst {
		return u.slices(v, k)
	}
	return nil, nil
}

// count is into how many blocks the operands of v are parted: 0 when none is, or
// when they disagree.
func (u *unbatching) count(v *ir.Value) int {
	k := 0
	for _, a := range v.Args {
		n := len(u.blocks[a])
		if n > 0 && k > 0 && n != k {
			return 0
		}
		k = max(k, n)
	}
	return k
}

// aligned reports whether an operand can be had in k blocks: it is in blocks, or
// is a constant to cut.
func (u *unbatching) aligned(a *ir.Value, k int) bool {
	return len(u.blocks[a]) == k || a.Const() != nil && a.Type.Shape.Rank() > 0 && u.axis.extent(a)%k == 0
}

// apply makes v on each block of its operands. Blocks on the same operands as the one before are
// the same: values that all steps share are made once.
func (u *unbatching) apply(v *ir.Value, k int, attrs ir.Attrs) ([]*ir.Value, error) {
	out := make([]*ir.Value, k)
	var last []*ir.Value
	for t := range k {
		args, err := u.operands(v, k, t)
		if err != nil {
			return nil, err
		}
		if t > 0 && sameValues(args, last) {
			out[t] = out[t-1]
			continue
		}
		if out[t], err = u.make(v, t, attrs, args); err != nil {
			return nil, err
		}
		last = args
	}
	return out, nil
}

func sameValues(a, b []*ir.Value) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// operands are those of block t.
func (u *unbatching) operands(v *ir.Value, k, t int) ([]*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		switch {
		case a == nil:
		case u.axis.stretches(v, i):
			args[i], err = u.block(a, k, t)
		default:
			args[i] = u.r.Of(a)
		}
		if err != nil {
			return nil, err
		}
	}
	return args, nil
}

// block is block t of k of a value of the net before.
func (u *unbatching) block(a *ir.Value, k, t int) (*ir.Value, error) {
	if blocks := u.blocks[a]; len(blocks) == k {
		return blocks[t], nil
	}
	key := blockKey{a, k, t}
	if out := u.cut[key]; out != nil {
		return out, nil
	}
	whole, m := u.r.Of(a), u.axis.extent(a)/k
	out, err := u.sliced(u.r.Unique(blockName(a, t)), ir.SliceAttrs{Axis: u.axis.of(a), Start: t * m, Count: m, Step: 1}, whole)
	u.cut[key] = out
	return out, err
}

// sliced is a slice, computed where the value is a constant, for later passes demand constants in
// place of values that depend on constants only.
func (u *unbatching) sliced(name string, a ir.SliceAttrs, whole *ir.Value) (*ir.Value, error) {
	data := whole.Const()
	if data == nil {
		return u.r.Add(ir.OpSlice, name, a, whole)
	}
	part, err := rewrite.Compute(ir.OpSlice, a, data)
	if err != nil {
		return nil, err
	}
	return u.r.Const(name, part)
}

func blockName(v *ir.Value, t int) string {
	if t == 0 {
		return v.Name
	}
	return fmt.Sprintf("%s.t%d", v.Name, t)
}

func (u *unbatching) make(v *ir.Value, t int, attrs ir.Attrs, args []*ir.Value) (*ir.Value, error) {
	typ := ir.Type{}
	if v.Op == ir.OpCast {
		typ = v.Type.WithShape(args[0].Type.Shape)
	}
	return u.r.AddTyped(v.Op, u.r.Unique(blockName(v, t)), attrs, typ, args...)
}

// slices cuts a value that is not in blocks itself into k.
func (u *unbatching) slices(v *ir.Value, k int) ([]*ir.Value, error) {
	whole, err := u.r.Copy(v)
	if err != nil {
		return nil, err
	}
	m := u.axis.extent(whole) / k
	out := make([]*ir.Value, k)
	for t := range out {
		attrs := ir.SliceAttrs{Axis: u.axis.of(whole), Start: t * m, Count: m, Step: 1}
		if out[t], err = u.r.Add(ir.OpSlice, u.r.Unique(fmt.Sprintf("%s.t%d", v.Name, t)), attrs, whole); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// picked is v where it takes blocks of its operand: a slice or a gather along
// their axis. Nil when it does not.
func (u *unbatching) picked(v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSlice && v.Op != ir.OpGather {
		return nil, nil
	}
	k := len(u.blocks[v.Args[0]])
	start, count, ok := u.axis.Rows(v)
	if k == 0 || !ok {
		return nil, nil
	}
	m := u.axis.extent(v.Args[0]) / k
	if start%m != 0 || count != m {
		return nil, nil
	}
	return u.r.Add(ir.OpReshape, u.r.Unique(v.Name), ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, u.blocks[v.Args[0]][start/m])
}

// Rows are the entries along the axis of blocks that a slice or a gather takes, when
// they follow each other.
func (axis AxisOfBlocks) Rows(v *ir.Value) (start, count int, ok bool) {
	first := axis.of(v.Args[0])
	switch a := v.Attrs.(type) {
	case ir.SliceAttrs:
		return a.Start, a.Count, a.Axis == first && a.Step == 1
	case ir.AxisAttrs:
		index := v.Args[1].Const()
		if a.Axis != first || index == nil || len(index.I) == 0 {
			return 0, 0, false
		}
		for i, at := range index.I {
			if at != index.I[0]+int64(i) {
				return 0, 0, false
			}
		}
		return int(index.I[0]), len(index.I), true
	}
	return 0, 0, false
}
