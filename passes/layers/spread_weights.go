package layers

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// spreadProducts bounds the products of weights and numbers that are run as signed
// powers of two, each of them some additions.
const spreadProducts = 1 << 12

// SpreadWeights writes a linear layer that reads membranes, or sums of weights that
// it could not be made one layer with, as products with constants that are added up,
// y_i = Σ_j w_ij·x_j + b_i. Their units are chosen, and the products brought into them,
// as those of any factor.
func SpreadWeights(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		w, ok := AsWeighted(v)
		if !ok || !v.Args[0].Type.IsReal() {
			return nil, nil
		}
		if x := r.Of(v.Args[0]).Const(); x != nil { // a part of a concat
			out, err := rewrite.Compute(v.Op, v.Attrs, x, w.Weights, v.Args[2].Const())
			if err != nil {
				return nil, err
			}
			return r.Const(v.Name, out)
		}
		met, products := MeetsLayer(v.Args[0]), v.Type.Size()*w.Row()
		small := v.Op == ir.OpLinear && products <= spreadProducts
		switch {
		case met != nil && (!small || met.Op == ir.OpMap): // choose-scales tells why
			return nil, nil
		case !small:
			return nil, rewrite.Refuse(v, diag.NotExact, "multiplies the numbers of %%%s, which are neither spikes nor words, with weights: %d products for each input", v.Args[0].Name, products).
				WithHelp("a linear layer with at most %d products is run as signed powers of two; otherwise put a neuron before it, or let it read spikes or their count", spreadProducts)
		}
		return spread(r, w)
	})
}

// spread appends the products and their sums.
func spread(r *ir.Rebuilder, w Weighted) (*ir.Value, error) {
	x := r.Of(w.Args[0])
	dims := x.Type.Shape.Dims()
	rows := append(append(dims[:w.in:w.in], 1), dims[w.in])
	out, err := r.Add(ir.OpReshape, r.Unique(x.Name+".rows"), ir.ShapeAttrs{Shape: rows}, x)
	if err != nil {
		return nil, err
	}
	if out, err = r.Add(ir.OpMul, r.Unique(w.Name+".products"), nil, out, r.Of(w.Args[1])); err != nil {
		return nil, err
	}
	name := w.Name
	if w.Args[2] != nil {
		name = r.Unique(name + ".sum")
	}
	out, err = r.Add(ir.OpReduceSum, name, ir.ReduceAttrs{Axes: []int{len(rows) - 1}}, out)
	if err != nil || w.Args[2] == nil {
		return out, err
	}
	return r.Add(ir.OpAdd, w.Name, nil, out, r.Of(w.Args[2]))
}
