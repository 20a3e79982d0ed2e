package canonical

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// byMatrix reports whether a matrix product is one with a constant matrix on the right.
func byMatrix(v *ir.Value) bool {
	return v.Args[1].Const() != nil && v.Args[1].Type.Shape.Rank() == 2
}

// product makes x·W, with W constant, a linear layer with the weights Wᵀ, and
// W·x, which is (xᵀ·Wᵀ)ᵀ, one with the weights W.
func (b *batch) product(r *ir.Rebuilder, v *ir.Value, args []*ir.Value) (*ir.Value, error) {
	switch {
	case byMatrix(v):
		w, err := r.Const(r.Unique(v.Args[1].Name+".t"), transposed(v.Args[1].Const()))
		if err != nil {
			return nil, err
		}
		return r.Add(ir.OpLinear, r.Unique(v.Name), ir.LinearAttrs{}, args[0], w)
	case args[0].Const() != nil && args[0].Type.Shape.Rank() == 2 && args[1].Type.Shape.Rank() >= 2:
		return leftMatmul(r, v, args[0], args[1])
	}
	return r.Add(ir.OpMatmul, r.Unique(v.Name), v.Attrs, args...)
}

// leftMatmul is W·x as a linear layer between transpositions.
func leftMatmul(r *ir.Rebuilder, v, w, x *ir.Value) (*ir.Value, error) {
	rank := x.Type.Shape.Rank()
	turn := ir.PermAttrs{Perm: rewrite.UpTo(rank)}
	turn.Perm[rank-2], turn.Perm[rank-1] = rank-1, rank-2
	columns, err := r.Add(ir.OpTranspose, r.Unique(v.Name+".columns"), turn, x)
	if err != nil {
		return nil, err
	}
	y, err := r.Add(ir.OpLinear, r.Unique(v.Name+".turned"), ir.LinearAttrs{}, columns, w)
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpTranspose, r.Unique(v.Name), turn, y)
}

// transposed is a constant matrix with its axes exchanged.
func transposed(m *ir.Tensor) *ir.Tensor {
	rows, cols := m.Type.Shape.Dim(0), m.Type.Shape.Dim(1)
	out := ir.NewTensor(m.Type.WithShape(ir.ShapeOf(cols, rows)))
	for i := range rows {
		for j := range cols {
			if m.F != nil {
				out.F[j*rows+i] = m.F[i*cols+j]
			} else {
				out.I[j*rows+i] = m.I[i*cols+j]
			}
		}
	}
	return out
}
