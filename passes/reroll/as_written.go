package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
)

// Two steps may not show the state of a layer: the common start of both may be a membrane or a
// current, and an op of the second alone may be a reset or an input. And steps that keep nothing of
// one another may be one. Such nets are taken as they are written: each step is a layer of its own,
// whose membranes are computed from the state of the layer before.

// asWritten is a net of one step; an output that holds several steps is read as the
// user says.
func asWritten(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	c, said := canonical.NewRewriter(n), false
	c.Rules = canonical.WithoutState()
	for _, v := range n.Values {
		readout, read := o.ReadoutOf(v), v.Op == ir.OpOutput && isRecord(v.Args[0])
		var err error
		switch {
		case read && readout == "":
			err = unsaid(n, v.Args[0])
		case read:
			said = true
			err = readRecord(c, v, readout)
		case v.Op == ir.OpOutput && o.Readouts[v.Name] != "":
			err = noRecordOf(v, readout)
		default:
			_, err = c.Copy(v)
		}
		if err != nil {
			return nil, err
		}
	}
	if o.Readout != "" && !said {
		return nil, noRecord(n, o.Readout)
	}
	return ir.Prune(c.Builder.Net()), nil
}

// isRecord reports whether a value puts rows one after another, each one deep.
func isRecord(v *ir.Value) bool {
	return v.Op == ir.OpConcat && len(v.Args) > 1 && v.Type.Shape.Rank() > 1 && v.Type.Shape.Dim(ir.AxisOf(v.Attrs)) == len(v.Args)
}

// readRecord makes an output the readout of the record that it gives.
func readRecord(c *canonical.Rewriter, out *ir.Value, readout string) error {
	v := out.Args[0]
	axis, dims := ir.AxisOf(v.Attrs), v.Type.Shape.Dims()
	op, read := map[string]ir.Op{"sum": ir.OpReduceSum, "mean": ir.OpReduceMean, "max": ir.OpReduceMax}[readout], c.Became[v]
	var err error
	switch {
	case op != 0:
		read, err = c.As(v, op, ir.ReduceAttrs{Axes: []int{axis}}, read)
	case readout == "last":
		read, err = c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: slices.Delete(dims, axis, axis+1)}, c.Became[v.Args[len(v.Args)-1]])
	default:
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the steps that %s holds are not computed alike, so that they have no %s spike", canonical.Where(v), readout)
	}
	if err == nil {
		_, err = c.Output(out, timing.ReadAs(readout), read)
	}
	return err
}

// isRaised reports whether the layers of a net of one step are neurons by the equation,
// and none has a membrane that grows by itself: two steps may look so.
func isRaised(n *ir.Net) bool {
	out, err := raise.ByEquation(n)
	return err == nil && raise.StaysIn(out)
}

// isWhole reports whether a net of one step is one of neurons and cells, with no other numbers between layers.
func isWhole(n *ir.Net) bool {
	out, err := raise.RaiseNeurons(n, &rewrite.Options{})
	return err == nil && raise.StaysIn(out) && !rounds(out) && raise.IsWhole(out)
}

// keptBy counts the numbers that a net of one step keeps beside neurons and cells, and the cells: some placings
// make one of a neuron by the equation. False where it has others than these, or a membrane that grows by itself.
func keptBy(n *ir.Net) (int, bool) {
	out, err := raise.RaiseNeurons(n, &rewrite.Options{})
	if err != nil || !raise.StaysIn(out) {
		return 0, false
	}
	return raise.NumbersKept(out) + len(out.All(ir.OpCell)), true
}

// orAsWritten is the net of layers whose steps were made one, unless that was not possible, or its
// layers are no neurons by the equation, because too few steps show their state: then it is the net as it is
// written, if no layer is one that has a name and is not known, or that chooses by its numbers more than its
// spikes.
func orAsWritten(n *ir.Net, layers []timing.History, rolled *ir.Net, err error, o *rewrite.Options) (*ir.Net, error) {
	apart := err == nil && (isUnfolded(rolled) || seemsTwo(n, rolled))
	if len(layers) > 0 && !apart && !isShort(n, timing.SameLength(layers)) || err == nil && !apart && (isRaised(rolled) || rounds(n) && isWhole(rolled)) || unsupportedLayers(n, layers) != nil {
		return rolled, err
	}
	written, unread := asWritten(n, o)
	switch {
	case unread != nil:
		return nil, unread
	case isRaised(written) && (err != nil || !choosesMore(written)):
		return written, nil
	}
	return rolled, err
}

// isUnfolded reports whether a net of one step still has several steps of a layer in it.
func isUnfolded(n *ir.Net) bool {
	if len(timing.Unfoldings(n, canonical.MembraneOf)) == 0 {
		return false
	}
	out, err := raise.ByEquation(n)
	return err == nil && len(timing.Unfoldings(out, timing.WithoutMemory)) > 0
}

// seemsTwo reports whether two steps were found where more follow each other, and one of those
// is left beside the two: no membrane is made of them as the second is of the first.
func seemsTwo(n, rolled *ir.Net) bool {
	if rolled.Steps != 2 || len(timing.Unfoldings(n, canonical.MembraneOf)) == 0 {
		return false
	}
	out, err := raise.ByEquation(rolled)
	return err == nil && slices.ContainsFunc(out.All(ir.OpNeuron), func(v *ir.Value) bool { return timing.WithoutMemory(v) != nil })
}

// choosesMore reports whether, in a net of one step whose layers are neurons, other ops compare real numbers
// or hold them at a bound, too: as the floor of a membrane, which is a part of the update of a cell.
func choosesMore(n *ir.Net) bool {
	out, err := raise.ByEquation(n)
	return err == nil && slices.ContainsFunc(out.Values, func(v *ir.Value) bool {
		bounds := canonical.IsFn(v, ir.FnRelu) || v.Op == ir.OpMin || v.Op == ir.OpMax
		return v.Op == ir.OpCompare || bounds && v.Type.IsReal() && v.Clock != ir.End && canonical.SpikeOf(v) == nil
	})
}

// isShort reports whether there are two steps, or three of which the last one alone reads the
// first, as a delay of two steps does; neurons that compare their stored membrane again read it,
// too.
func isShort(n *ir.Net, layers []timing.History) bool {
	steps := len(layers[0].Membranes)
	if steps != 3 || timing.LooksAgain(n) {
		return steps == 2
	}
	at, seen := spans(n, layers, nil), map[*ir.Value]bool{}
	var readsFirst func(v *ir.Value) bool
	readsFirst = func(v *ir.Value) bool {
		t, single := at[v].single()
		switch {
		case v == nil || seen[v] || single && t == 1:
			return false
		case single && t == 0:
			return true
		}
		seen[v] = true
		return slices.ContainsFunc(v.Args, readsFirst)
	}
	return slices.ContainsFunc(layers, func(h timing.History) bool { return readsFirst(h.Membranes[2]) })
}
