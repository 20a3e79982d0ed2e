package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
)

// A readout may weigh the time steps by a matrix product, or a file's tensordot or
// einsum: one row or column of constants times a stack of the steps. That is the sum
// of the parts of the stack, each times its weight, which keeps the steps apart.

// weighParts writes such products as sums, where nothing fires on them: the weights of
// a parallel spiking neuron are none over the steps of others.
func weighParts(n *ir.Net) (*ir.Net, error) {
	fires := firesOn(n)
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpMatmul || fires[v] {
			return nil, nil
		}
		for i, w := range v.Args {
			weights, stack := w.Const(), v.Args[1-i]
			if weights == nil || w.Type.Size() < 2 || w.Type.Size() != w.Type.Shape.Dim(w.Type.Shape.Rank()-1-i) {
				continue
			}
			p := &partition{r: r}
			if parts, err := p.along(stack, stack.Type.Shape.Rank()-2+i); parts != nil || err != nil {
				return p.weighed(v, weights, parts, err)
			}
		}
		return nil, nil
	})
}

// firesOn are the values that a comparison depends on.
func firesOn(n *ir.Net) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, v := range slices.Backward(n.Values) {
		if out[v] || v.Op == ir.OpCompare {
			for _, a := range v.Args {
				out[a] = true
			}
		}
	}
	return out
}

// partition takes stacks apart, and values whose blocks along an axis are known.
type partition struct {
	r      *ir.Rebuilder
	blocks func(v *ir.Value, axis int) []*ir.Value // nil where none are
}

// along are the parts of a stack along an axis, each one deep there; nil when v is none.
func (p *partition) along(v *ir.Value, axis int) ([]*ir.Value, error) {
	if p.blocks != nil {
		if blocks := p.blocks(v, axis); len(blocks) == v.Type.Shape.Dim(axis) {
			return slices.Clone(blocks), nil
		}
	}
	switch v.Op {
	case ir.OpConcat:
		if ir.AxisOf(v.Attrs) != axis || v.Type.Shape.Dim(axis) != len(v.Args) {
			return nil, nil
		}
		var out []*ir.Value
		for _, a := range v.Args {
			out = append(out, p.r.Of(a))
		}
		return out, nil
	case ir.OpTranspose, ir.OpReshape:
		from := v.Axes()[0][axis]
		if from < 0 {
			return nil, nil
		}
		parts, err := p.along(v.Args[0], from)
		return p.each(v, partAttrs(v, axis), parts, err)
	}
	return nil, nil
}

// partAttrs are the attributes of an op on parts, each one deep along an axis of the result.
func partAttrs(v *ir.Value, axis int) ir.Attrs {
	if v.Op != ir.OpReshape {
		return v.Attrs
	}
	shape := v.Type.Shape.Dims()
	shape[axis] = 1
	return ir.ShapeAttrs{Shape: shape}
}

// each applies the op of v to every part instead of the stack. A transpose that moves
// extents of 1 alone is a reshape, and of two of these the last one counts.
func (p *partition) each(v *ir.Value, attrs ir.Attrs, parts []*ir.Value, err error) ([]*ir.Value, error) {
	for i, part := range parts {
		op, attrs := v.Op, attrs
		if a, ok := attrs.(ir.PermAttrs); ok && movesOnes(part.Type.Shape.Dims(), a.Perm) {
			op, attrs = ir.OpReshape, ir.ShapeAttrs{Shape: permuted(part.Type.Shape.Dims(), a.Perm)}
		}
		if op == ir.OpReshape && part.Op == ir.OpReshape {
			part = part.Args[0]
		}
		if err == nil {
			parts[i], err = p.r.Add(op, p.r.Unique(v.Name), attrs, part)
		}
	}
	return parts, err
}

// movesOnes reports whether a transposition leaves the other axes in their order.
func movesOnes(dims, perm []int) bool {
	return slices.IsSorted(slices.DeleteFunc(slices.Clone(perm), func(axis int) bool { return dims[axis] == 1 }))
}

func permuted(dims, perm []int) []int {
	out := make([]int, len(perm))
	for i, axis := range perm {
		out[i] = dims[axis]
	}
	return out
}

// weighed adds up the parts, each times its weight.
func (p *partition) weighed(v *ir.Value, weights *ir.Tensor, parts []*ir.Value, err error) (*ir.Value, error) {
	var sum *ir.Value
	for t, part := range parts {
		if err == nil {
			part, err = raise.WithConst(p.r, ir.OpMul, v.Name+".part", part, rewrite.Scalar(weights.At(t)))
		}
		switch {
		case err != nil:
			return nil, err
		case sum == nil:
			sum = part
		default:
			sum, err = p.r.Add(ir.OpAdd, p.r.Unique(v.Name), nil, sum, part)
		}
	}
	return sum, err
}
