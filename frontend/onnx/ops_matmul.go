package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// matMul follows numpy: vectors become matrices and lose that axis again. A
// known matrix on the right becomes the weights of a linear value.
func matMul(n *node) (*tensor, error) {
	a, b := n.in[0], n.in[1]
	if err := n.floats(a, b); err != nil {
		return nil, err
	}
	switch {
	case a.shape.Rank() == 0 || b.shape.Rank() == 0:
		return nil, n.errorf(diag.ShapeMismatch, "multiplies %v and %v, wanted at least one axis each", a.shape, b.shape)
	case b.data != nil && b.shape.Rank() == 2:
		w, err := n.imp.weightsOf(n, weightKey{of: b, transpose: true, factor: 1})
		if err != nil {
			return nil, err
		}
		return n.emit("", a.elem, ir.OpLinear, ir.LinearAttrs{}, a, w, nil)
	}
	return n.multiplyAny(a, b)
}

func (n *node) multiplyAny(a, b *tensor) (*tensor, error) {
	row, col := a.shape.Rank() == 1, b.shape.Rank() == 1
	var err error
	if row {
		if a, err = n.reshaped("row", a, []int{1, a.shape.Dim(0)}); err != nil {
			return nil, err
		}
	}
	if col {
		if b, err = n.reshaped("column", b, []int{b.shape.Dim(0), 1}); err != nil {
			return nil, err
		}
	}
	y, err := n.emit(suffixIf(row || col, "product"), a.elem, ir.OpMatmul, nil, a, b)
	if err != nil || !row && !col {
		return y, err
	}
	var dims []int
	rank := y.shape.Rank()
	for i, d := range y.shape.Dims() {
		if row && i == rank-2 || col && i == rank-1 {
			continue
		}
		dims = append(dims, d)
	}
	return n.reshaped("", y, dims)
}
