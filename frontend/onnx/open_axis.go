package onnx

import (
	"errors"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// opening is an axis of inputs that the file leaves open. It is taken for the
// batch, and has an extent of 1, until a node tells its entries from one another:
// then they are time steps or data, and how many there are must be said.
type opening struct {
	input  string
	symbol string
	shape  string // of the input, as the file writes it
	axis   int
	told   bool
}

// errTold is the error of a node whose fault is reported already.
var errTold = errors.New("reported already")

// lost says that an open axis does not run through a result as an axis of its own.
const lost = -1

// checkOpen reports a node that works along an axis which the file leaves open.
func (n *node) checkOpen(op ir.Op, attrs ir.Attrs, args []*tensor) error {
	works := worksAlong[op]
	for i, x := range args {
		if works != nil && x != nil && x.open != nil && works(attrs, i, x) {
			return n.apart(x.open)
		}
	}
	return nil
}

// follow notes which axis of a result is an open one.
func follow(y *tensor, op ir.Op, attrs ir.Attrs, args []*tensor) {
	rule := openRules[op]
	if rule == nil {
		rule = inBroadcast
	}
	for _, x := range args {
		if x == nil || x.open == nil || y.open != nil {
			continue
		}
		if at := rule(attrs, x, y); at != lost {
			y.open, y.openAt = x.open, at
		}
	}
}

// apart reports, once, that the node works along an axis that the file leaves open.
func (n *node) apart(o *opening) error {
	if o.told {
		return errTold
	}
	o.told = true
	return n.errorf(diag.NoBatch, "works along axis %d of input %q, which the file leaves open (%s): it is not the batch, and its extent is not known", o.axis, o.input, o.shape).
		WithHelp("say the extents: --input-shape %s=%s with numbers for the open ones", o.input, o.shape[1:len(o.shape)-1])
}

// alongOpen reports a node that works along an axis of x which the file leaves open.
func (n *node) alongOpen(x *tensor, axis int) error {
	if x.open == nil || x.openAt != axis {
		return nil
	}
	return n.apart(x.open)
}

// worksAlong tells, of ops that do not treat all axes alike, whether one works along
// the open axis of operand i.
var worksAlong = map[ir.Op]func(a ir.Attrs, i int, x *tensor) bool{
	ir.OpGather:     alongAxis,
	ir.OpSlice:      func(a ir.Attrs, _ int, x *tensor) bool { return a.(ir.SliceAttrs).Axis == x.openAt },
	ir.OpArgmax:     func(a ir.Attrs, _ int, x *tensor) bool { return a.(ir.ArgAttrs).Axis == x.openAt },
	ir.OpArgmin:     func(a ir.Attrs, _ int, x *tensor) bool { return a.(ir.ArgAttrs).Axis == x.openAt },
	ir.OpSoftmax:    alongAxis,
	ir.OpBatchNorm:  func(a ir.Attrs, _ int, x *tensor) bool { return a.(ir.BatchNormAttrs).Axis == x.openAt },
	ir.OpReduceSum:  reducesOpen,
	ir.OpReduceMean: reducesOpen,
	ir.OpReduceMax:  reducesOpen,
	ir.OpReduceMin:  reducesOpen,
	ir.OpReduceProd: reducesOpen,
	ir.OpPad:        func(a ir.Attrs, _ int, x *tensor) bool { return padsAxis(a.(ir.PadAttrs), x.openAt) },
	ir.OpLinear:     func(_ ir.Attrs, _ int, x *tensor) bool { return x.openAt == x.shape.Rank()-1 },
	ir.OpMatmul:     func(_ ir.Attrs, i int, x *tensor) bool { return x.openAt == x.shape.Rank()-1-i },
	ir.OpConv:       func(a ir.Attrs, _ int, x *tensor) bool { return x.openAt > 0 },
	ir.OpMaxPool:    func(a ir.Attrs, _ int, x *tensor) bool { return x.openAt > 1 },
	ir.OpAvgPool:    func(a ir.Attrs, _ int, x *tensor) bool { return x.openAt > 1 },
}

func alongAxis(a ir.Attrs, i int, x *tensor) bool { return i == 0 && a.(ir.AxisAttrs).Axis == x.openAt }

func padsAxis(a ir.PadAttrs, axis int) bool { return a.Before[axis] != 0 || a.After[axis] != 0 }

// reducesOpen reports whether a reduction is over the open axis; one over all axes is not
// counted, as its result is one number for all.
func reducesOpen(a ir.Attrs, _ int, x *tensor) bool {
	axes := a.(ir.ReduceAttrs).Axes
	return len(axes) < x.shape.Rank() && slices.Contains(axes, x.openAt)
}

// openRules give the axis of a result that is the open axis of x; without a row it
// is that of a broadcast.
var openRules = map[ir.Op]func(a ir.Attrs, x, y *tensor) int{
	ir.OpReshape:   reshapedOpen,
	ir.OpTranspose: func(a ir.Attrs, x, _ *tensor) int { return slices.Index(a.(ir.PermAttrs).Perm, x.openAt) },
	ir.OpConcat:    func(a ir.Attrs, x, _ *tensor) int { return unless(a.(ir.AxisAttrs).Axis == x.openAt, x.openAt) },
	ir.OpSlice:     sameOpen,
	ir.OpSoftmax:   sameOpen,
	ir.OpBatchNorm: sameOpen,
	ir.OpPad:       sameOpen,
	ir.OpConv:      sameOpen,
	ir.OpMaxPool:   sameOpen,
	ir.OpAvgPool:   sameOpen,
	ir.OpLinear:    sameOpen,
	ir.OpScatter:   func(ir.Attrs, *tensor, *tensor) int { return lost },
	ir.OpGather:    gatheredOpen,
	ir.OpArgmax: func(a ir.Attrs, x, _ *tensor) int {
		return keptOpen([]int{a.(ir.ArgAttrs).Axis}, a.(ir.ArgAttrs).Keep, x)
	},
	ir.OpArgmin: func(a ir.Attrs, x, _ *tensor) int {
		return keptOpen([]int{a.(ir.ArgAttrs).Axis}, a.(ir.ArgAttrs).Keep, x)
	},
	ir.OpReduceSum:  reducedOpen,
	ir.OpReduceMean: reducedOpen,
	ir.OpReduceMax:  reducedOpen,
	ir.OpReduceMin:  reducedOpen,
	ir.OpReduceProd: reducedOpen,
}

func unless(gone bool, axis int) int {
	if gone {
		return lost
	}
	return axis
}

func sameOpen(_ ir.Attrs, x, _ *tensor) int { return x.openAt }

// inBroadcast: counted from the right, an axis stays; stretched, its entries are one.
func inBroadcast(_ ir.Attrs, x, y *tensor) int {
	at := y.shape.Rank() - x.shape.Rank() + x.openAt
	return unless(at < 0 || y.shape.Dim(at) != x.shape.Dim(x.openAt), at)
}

// reshapedOpen follows an axis of extent 1. Among several next to each other it is
// the one in the same place, as long as there are as many.
func reshapedOpen(_ ir.Attrs, x, y *tensor) int {
	first, count := onesAround(x.shape.Dims(), x.openAt)
	before := ir.ShapeOf(x.shape.Dims()[:first]...).Size()
	for i, d := range y.shape.Dims() {
		if d != 1 || ir.ShapeOf(y.shape.Dims()[:i]...).Size() != before {
			continue
		}
		_, there := onesAround(y.shape.Dims(), i)
		return unless(there != count, i+x.openAt-first)
	}
	return lost
}

// onesAround is the run of extents of 1 that an axis stands in.
func onesAround(dims []int, axis int) (first, count int) {
	first, end := axis, axis
	for first > 0 && dims[first-1] == 1 {
		first--
	}
	for end < len(dims) && dims[end] == 1 {
		end++
	}
	return first, end - first
}

// opened says where the open axis of x is in a result, when the node knows it.
func opened(y, x *tensor, at int) {
	if y != nil && x.open != nil {
		y.open, y.openAt = x.open, at
	}
}

func gatheredOpen(a ir.Attrs, x, y *tensor) int {
	if x.openAt < a.(ir.AxisAttrs).Axis {
		return x.openAt
	}
	return x.openAt + y.shape.Rank() - x.shape.Rank()
}

func reducedOpen(a ir.Attrs, x, _ *tensor) int {
	return keptOpen(a.(ir.ReduceAttrs).Axes, a.(ir.ReduceAttrs).Keep, x)
}

// keptOpen is an axis behind a reduction over others.
func keptOpen(axes []int, keep bool, x *tensor) int {
	at := x.openAt
	for _, axis := range axes {
		switch {
		case axis == x.openAt:
			return lost
		case axis < x.openAt && !keep:
			at--
		}
	}
	return at
}

// counted says which elements of known integers are extents of an open axis, or
// computed from one: 1 where that is so.
type counted struct {
	of   *opening
	mask *tensor
}

// countsOf notes which of the extents that a Shape gives is that of an open axis.
func (n *node) countsOf(y, x *tensor, start int) {
	if x.open == nil || y.data == nil || x.openAt < start || x.openAt >= start+len(y.data.I) {
		return
	}
	mask := ir.NewTensor(y.data.Type)
	mask.I[x.openAt-start] = 1
	y.counts = &counted{x.open, known(y.name, y.elem, n.at, mask)}
}

// followCounts notes which elements of a result that is worked out here come from
// extents of an open axis: an op that moves elements moves the marks alike, others
// mark all.
func (n *node) followCounts(y *tensor, op ir.Op, attrs ir.Attrs, args []*tensor) error {
	if !slices.ContainsFunc(args, func(t *tensor) bool { return t.counts != nil }) {
		return nil
	}
	var of *opening
	marks := slices.Clone(args)
	for i, t := range args {
		switch {
		case t.counts != nil:
			of, marks[i] = t.counts.of, t.counts.mask
		case !n.row.moves || op != ir.OpGather || i == 0:
			marks[i] = known(t.name, t.elem, n.at, ir.NewTensor(t.data.Type))
		}
	}
	if n.row.moves {
		mask, err := n.fold(y.name, y.elem, op, attrs, marks)
		y.counts = &counted{of, mask}
		return err
	}
	all := ir.NewTensor(y.data.Type)
	for i := range all.I {
		all.I[i] = 1
	}
	y.counts = &counted{of, known(y.name, y.elem, n.at, all)}
	return nil
}

// notCounted reports a loop that makes as many turns as an open axis is long.
func (n *node) notCounted(t *tensor) error {
	if t.counts == nil || !slices.Contains(t.counts.mask.data.I, 1) {
		return nil
	}
	return n.apart(t.counts.of)
}
