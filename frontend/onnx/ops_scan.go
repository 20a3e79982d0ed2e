package onnx

import (
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// scan is Scan, written out: one turn per entry of the scanned inputs. Opset 8
// has lengths as input 1, and a batch in front of everything.
func scan(n *node) ([]*tensor, error) {
	if n.opset < 9 {
		return n.batchedScan()
	}
	return n.scanAll()
}

// batchedScan takes the batch, of 1, away and puts it back.
func (n *node) batchedScan() ([]*tensor, error) {
	if n.arg(0) != nil {
		return nil, n.errorf(diag.UnsupportedAttribute, "has lengths as an input, which is not supported")
	}
	var in []*tensor
	for i, x := range n.in[min(1, len(n.in)):] {
		if x == nil || x.empty || x.shape.Rank() == 0 || x.shape.Dim(0) != 1 {
			return nil, n.errorf(diag.NoBatch, "input %d has no first axis of extent 1, the batch", i+2)
		}
		y, err := n.reshaped("input."+strconv.Itoa(i), x, x.shape.Dims()[1:])
		if err != nil {
			return nil, err
		}
		in = append(in, y)
	}
	n.in = in
	out, err := n.scanAll()
	for i, y := range out {
		if err != nil || y == nil {
			continue
		}
		dims := append([]int{1}, y.shape.Dims()...)
		out[i], err = n.emitAs(n.nameOf(i, "batch"), y.elem, ir.OpReshape, ir.ShapeAttrs{Shape: dims}, y)
	}
	return out, err
}

func (n *node) scanAll() ([]*tensor, error) {
	count := n.intAttr("num_scan_inputs", 0)
	if count < 1 || count > int64(len(n.in)) {
		return nil, n.errorf(diag.BadAttribute, "attribute \"num_scan_inputs\" is %d, wanted 1 to %d", count, len(n.in))
	}
	first := len(n.in) - int(count)
	l := &turns{n: n, body: n.graphAttr("body"), states: n.in[:first]}
	scanned := n.in[first:]
	axes, backwards, length, err := n.scanned(scanned)
	if err != nil {
		return nil, err
	}
	for i := range length {
		args := append([]*tensor{}, l.states...)
		for k, x := range scanned {
			entry := i
			if backwards[k] {
				entry = length - 1 - i
			}
			t, err := n.entry(x, axes[k], entry, strconv.Itoa(k)+"."+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			args = append(args, t)
		}
		if rest, err := l.turn(args, 0); err != nil || rest == nil {
			return nil, err
		}
	}
	outAxes, _ := n.intsAttr("scan_output_axes")
	directions, _ := n.intsAttr("scan_output_directions")
	return l.finish(outAxes, directions)
}

// scanned says how the inputs are gone through: along which axes, in which
// direction, and how many entries there are.
func (n *node) scanned(inputs []*tensor) (axes []int, backwards []bool, length int, err error) {
	along, _ := n.intsAttr("scan_input_axes")
	directions, _ := n.intsAttr(suffixOr(n.opset < 9, "directions", "scan_input_directions"))
	for k, x := range inputs {
		if x.empty || x.shape.Rank() == 0 {
			return nil, nil, 0, n.errorf(diag.ShapeMismatch, "input %q has nothing to go through", x.name)
		}
		axes = append(axes, n.axis(entryOf(along, k), x.shape.Rank()))
		backwards = append(backwards, entryOf(directions, k) != 0)
		if n.err != nil {
			return nil, nil, 0, n.err
		}
		if d := x.shape.Dim(axes[k]); k > 0 && d != length {
			return nil, nil, 0, n.errorf(diag.ShapeMismatch, "inputs differ in the number of entries: %d and %d", length, d)
		}
		length = x.shape.Dim(axes[k])
	}
	return axes, backwards, length, n.err
}

// entryOf is entry i of a list that may be absent or short: 0 then.
func entryOf(list []int64, i int) int64 {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// entry is one entry of x along an axis, without the axis.
func (n *node) entry(x *tensor, axis, i int, suffix string) (*tensor, error) {
	index := n.number("entry."+strconv.Itoa(i), elemInt64, float64(i))
	return n.emit("input."+suffix, x.elem, ir.OpGather, ir.AxisAttrs{Axis: axis}, x, index)
}
