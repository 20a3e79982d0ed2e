package canonical

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// StripBatch drops the batch axis, of extent 1 and first in every input, from each value that
// depends on an input. It follows the axis through the net; constants that meet such a value in a
// broadcast lose the same axis. A matrix product with a constant becomes a linear layer, which
// needs no row axis. Where the batch is moved so that no axis is it any more, later values keep it
// (kept_batch.go). A file of a larger batch is one of a single sample, if nothing tells its samples
// apart. A net that has its loop has lost the batch: loops are made behind this pass, and the text
// of such a net may come back.
func StripBatch(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	if rewrite.Looped(n) {
		return n, nil
	}
	b := followBatch(n, 1)
	if extent := largerBatch(n); extent > 1 && len(b.errs) > 0 {
		larger := followBatch(n, extent)
		if len(larger.errs) == 0 || !timeFirst(n) {
			b = larger
		}
	}
	if err := b.errs.Err(); err != nil {
		return nil, err
	}
	return ir.Rebuild(n, n.Level, b.strip)
}

// followBatch finds the axis of a batch of an extent in all values.
func followBatch(n *ir.Net, extent int) *batch {
	b := &batch{
		readers: n.Readers(), extent: extent, axis: map[*ir.Value]int{}, lost: map[*ir.Value]bool{}, stripped: map[stripKey]*ir.Value{},
		kept: map[*ir.Value]bool{}, whole: map[*ir.Value]*ir.Value{},
		told: map[string]*diag.Diagnostic{}, more: map[string]int{},
	}
	for _, v := range n.Values {
		b.follow(v)
	}
	return b
}

// largerBatch is the extent that the first axes of all inputs have, before others; 0
// when they differ.
func largerBatch(n *ir.Net) int {
	extent := 0
	for _, v := range n.All(ir.OpInput) {
		if v.Type.Shape.Rank() < 2 || extent > 0 && v.Type.Shape.Dim(0) != extent {
			return 0
		}
		extent = v.Type.Shape.Dim(0)
	}
	return extent
}

// timeFirst reports whether an input has an axis of extent 1 behind the first, which
// may be the batch behind time steps.
func timeFirst(n *ir.Net) bool {
	return slices.ContainsFunc(n.All(ir.OpInput), func(v *ir.Value) bool { return v.Type.Shape.Rank() > 1 && v.Type.Shape.Dim(1) == 1 })
}

// batch knows where the batch axis of each value is.
type batch struct {
	extent   int // of the batch axis
	readers  map[*ir.Value][]*ir.Value
	axis     map[*ir.Value]int // absent for constants
	lost     map[*ir.Value]bool
	kept     map[*ir.Value]bool      // values with the batch as data
	whole    map[*ir.Value]*ir.Value // values with the axis that they lost, for readers that have it as data
	errs     diag.List
	told     map[string]*diag.Diagnostic // by op and message
	more     map[string]int              // how often besides the first
	stripped map[stripKey]*ir.Value
}

type stripKey struct {
	v    *ir.Value
	axis int
}

// follow finds the batch axis of v. Values that depend on one whose axis was lost are
// skipped: one error is enough.
func (b *batch) follow(v *ir.Value) {
	if v.Op == ir.OpConst {
		return
	}
	for _, a := range v.Args {
		if b.lost[a] {
			b.lost[v] = true
			return
		}
	}
	if slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return b.kept[a] }) {
		b.kept[v] = true
		return
	}
	if c := v.Args; v.Op == ir.OpOutput && c[0].Const() != nil {
		if s := c[0].Type.Shape; b.extent > 1 && s.Rank() > 0 && s.Dim(0) == b.extent {
			b.lose(v, rewrite.Refuse(v, diag.NoBatch, "is the same for every input, one row for each sample of a batch").WithHelp("leave it out of the outputs, or export a batch of one sample"))
		}
		return
	}
	if len(v.Args) > 0 && !slices.ContainsFunc(v.Args, b.moves) {
		b.lose(v, rewrite.Refuse(v, diag.NoBatch, "is computed from constants alone, so it has no batch axis").WithHelp("run fold-constants before"))
		return
	}
	switch axis, d := b.axisOf(v); {
	case d == nil:
		b.axis[v] = axis
	case b.mayKeep(v, d):
		b.kept[v] = true
	default:
		b.lose(v, d)
	}
}

// lose reports that v has no batch axis. The same of several values, as those of the
// time steps that a file writes out, is told once, with how many more there are.
func (b *batch) lose(v *ir.Value, d *diag.Diagnostic) {
	b.lost[v] = true
	_, text, _ := strings.Cut(d.Message, ": ")
	key := v.Op.String() + text
	first := b.told[key]
	if first == nil {
		b.told[key] = d
		b.errs = append(b.errs, d)
		return
	}
	if v.Origin.Node != "" && v.Origin == first.Origin {
		return // another result of the node
	}
	b.more[key]++
	first.Notes = []string{fmt.Sprintf("%d more of the same", b.more[key])}
}

// strip makes v without the axis.
func (b *batch) strip(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if b.kept[v] {
		return b.keep(r, v)
	}
	_, ok := b.axis[v]
	if !ok && v.Op == ir.OpOutput {
		return constantSample(r, v)
	}
	if !ok {
		return nil, nil // a constant; readers strip their own copy where they must
	}
	args, err := b.operands(r, v)
	if err != nil {
		return nil, err
	}
	if v.Op == ir.OpMatmul {
		return b.product(r, v, args)
	}
	return b.put(r, v, b.attrs(v), args)
}

// attrs are the attributes of v without the axis; a reshape has its own of the operand.
func (b *batch) attrs(v *ir.Value) ir.Attrs {
	first := slices.IndexFunc(v.Args, b.moves)
	if first < 0 {
		return v.Attrs
	}
	return ir.Without(v.Attrs, v.Axes()[first][b.axis[v]], b.axis[v])
}

// constantSample is an output that no input changes, without a first axis of one sample.
func constantSample(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	c, s := v.Args[0], v.Args[0].Type.Shape
	if s.Rank() == 0 || s.Dim(0) != 1 {
		return nil, nil
	}
	data := *c.Const()
	data.Type = data.Type.WithShape(ir.ShapeOf(s.Dims()[1:]...))
	one, err := r.Const(r.Unique(c.Name+".sample"), &data)
	if err != nil {
		return nil, err
	}
	return r.CopyWith(v, v.Attrs, one)
}

// moves tells values with a batch axis from constants.
func (b *batch) moves(v *ir.Value) bool {
	_, ok := b.axis[v]
	return ok
}

// operands are v's, stripped: each lacks the axis that the result's batch is in the op's axis map.
func (b *batch) operands(r *ir.Rebuilder, v *ir.Value) ([]*ir.Value, error) {
	args, axes := make([]*ir.Value, len(v.Args)), v.Axes()
	for i, a := range v.Args {
		var err error
		args[i] = r.Of(a)
		switch {
		case a == nil || axes[i][b.axis[v]] < 0:
		case a.Const() != nil:
			args[i], err = b.constant(r, a, axes[i][b.axis[v]])
		default:
			if s := without(a.Type.Shape, axes[i][b.axis[v]]); s != args[i].Type.Shape { // it lost another one
				args[i], err = r.Add(ir.OpReshape, r.Unique(a.Name), ir.ShapeAttrs{Shape: s.Dims()}, args[i])
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return args, nil
}

// constant is the constant without one axis, along which all its entries are equal.
func (b *batch) constant(r *ir.Rebuilder, v *ir.Value, axis int) (*ir.Value, error) {
	key := stripKey{v, axis}
	if c := b.stripped[key]; c != nil {
		return c, nil
	}
	data, ok := oneEntry(v.Const(), axis)
	if !ok {
		return nil, noBatch(v, "differs along axis %d, which is the batch", axis)
	}
	c, err := r.Const(r.Unique(v.Name), data)
	b.stripped[key] = c
	return c, err
}

// oneEntry is a tensor without an axis; not ok when its entries along it differ.
func oneEntry(t *ir.Tensor, axis int) (*ir.Tensor, bool) {
	dims := t.Type.Shape.Dims()
	inner, extent := Size(dims[axis+1:]), dims[axis]
	out := ir.NewTensor(t.Type.WithShape(without(t.Type.Shape, axis)))
	for i := range t.Type.Size() {
		to := i/(inner*extent)*inner + i%inner
		switch first := i/inner%extent == 0; {
		case first && t.F != nil:
			out.F[to] = t.F[i]
		case first:
			out.I[to] = t.I[i]
		case t.At(i) != out.At(to):
			return nil, false
		}
	}
	return out, true
}

// put appends v on new operands; a type given by hand loses the axis there.
func (b *batch) put(r *ir.Rebuilder, v *ir.Value, attrs ir.Attrs, args []*ir.Value) (*ir.Value, error) {
	t := ir.Type{}
	if v.Op.Typed() {
		t = v.Type.WithShape(without(v.Type.Shape, b.axis[v]))
	}
	out, err := r.AddTyped(v.Op, r.Unique(v.Name), attrs, t, args...)
	if err == nil && v.Op == ir.OpInput {
		out.Range = v.Range
	}
	if err == nil && v.Op == ir.OpOutput {
		out.Scale = v.Scale
	}
	return out, err
}

// without is the shape without an axis.
func without(s ir.Shape, axis int) ir.Shape {
	return ir.ShapeOf(slices.Delete(s.Dims(), axis, axis+1)...)
}
