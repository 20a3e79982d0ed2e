package canonical

import (
	"slices"

	"nomul/ir"
)

// rowProducts: matrices of one row times constant ones of one column, as einsum writes a sum of products along an axis
// for each neuron.
func rowProducts(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpMatmul || v.Args[1].Const() == nil {
		return nil, nil
	}
	a, b := v.Args[0].Type.Shape.Dims(), v.Args[1].Type.Shape.Dims()
	r := len(a)
	if r < 3 || len(b) != r || a[r-2] != 1 || b[r-1] != 1 || v.Type.Shape.Size() == 1 || !slices.Equal(a[:r-2], b[:r-2]) || !v.Type.IsReal() {
		return nil, nil
	}
	row, err := c.Make(&ir.Value{Name: v.Name + ".row", Op: ir.OpReshape, Attrs: ir.ShapeAttrs{Shape: a}, Args: []*ir.Value{v.Args[1]}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	products, err := c.Make(&ir.Value{Name: v.Name + ".products", Op: ir.OpMul, Args: []*ir.Value{v.Args[0], row}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpReduceSum, ir.ReduceAttrs{Axes: []int{r - 1}, Keep: true}, products)
}
