package onnx

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// gemm is alpha·A'·B' + beta·C, A' and B' being A and B or their transposes.
// Known B' become the weights of a linear value, which holds them as [N,K].
func gemm(n *node) (*tensor, error) {
	a, b, c := n.in[0], n.in[1], n.arg(2)
	if err := n.floats(a, b, c); err != nil {
		return nil, err
	}
	if a.shape.Rank() != 2 || b.shape.Rank() != 2 {
		return nil, n.errorf(diag.ShapeMismatch, "multiplies %v and %v, wanted two matrices", a.shape, b.shape)
	}
	alpha, beta := n.floatAttr("alpha", 1), n.floatAttr("beta", 1)
	if beta == 0 {
		c = nil
	}
	a, err := n.transposedIf(a, n.intAttr("transA", 0) != 0, "a")
	if err != nil {
		return nil, err
	}
	g := &product{n: n, a: a, b: b, c: c, flip: n.intAttr("transB", 0) != 0, alpha: alpha, beta: beta}
	return g.build()
}

func (n *node) transposedIf(x *tensor, flip bool, suffix string) (*tensor, error) {
	if !flip {
		return x, nil
	}
	return n.emit(suffix, x.elem, ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 0}}, x)
}

// product is a Gemm whose A is in place.
type product struct {
	n           *node
	a, b, c     *tensor
	flip        bool // B is [N,K]
	alpha, beta float64
}

// build multiplies, scales by alpha and adds beta·C, putting as much of it into
// one linear value as is exact: float32 weights times a power of two, and a C
// that is one number per column.
func (g *product) build() (*tensor, error) {
	weights, scaled, err := g.weights()
	if err != nil {
		return nil, err
	}
	c, err := g.addend()
	if err != nil {
		return nil, err
	}
	var bias *tensor
	if weights != nil && scaled {
		if bias, err = g.columns(c, weights.shape.Dim(0)); err != nil {
			return nil, err
		}
	}
	if bias != nil {
		c = nil
	}
	y, err := g.multiply(weights, bias, suffixIf(!scaled || c != nil, "product"))
	if err == nil && !scaled {
		y, err = g.n.emit(suffixIf(c != nil, "scaled"), y.elem, ir.OpMul, nil, y, g.n.number("alpha", y.elem, g.alpha))
	}
	if err == nil && c != nil {
		if !c.shape.BroadcastsTo(y.shape) {
			return nil, g.n.errorf(diag.ShapeMismatch, "adds %v to a product of %v", c.shape, y.shape)
		}
		y, err = g.n.emit("", y.elem, ir.OpAdd, nil, y, c)
	}
	return y, err
}

func suffixIf(on bool, suffix string) string {
	if on {
		return suffix
	}
	return ""
}

// weights is B' as [N,K], or nil when B is computed at run time; scaled tells
// whether nothing remains of alpha.
func (g *product) weights() (w *tensor, scaled bool, err error) {
	if g.b.data == nil {
		return nil, g.alpha == 1, nil
	}
	scaled = scalesExactly(g.b.data.F, g.alpha)
	alpha := g.alpha
	if !scaled {
		alpha = 1
	}
	w, err = g.n.imp.weightsOf(g.n, weightKey{of: g.b, transpose: !g.flip, factor: alpha})
	return w, scaled, err
}

func (g *product) multiply(weights, bias *tensor, suffix string) (*tensor, error) {
	if weights != nil {
		return g.n.emit(suffix, g.a.elem, ir.OpLinear, ir.LinearAttrs{}, g.a, weights, bias)
	}
	b, err := g.n.transposedIf(g.b, g.flip, "b")
	if err != nil {
		return nil, err
	}
	return g.n.emit(suffix, g.a.elem, ir.OpMatmul, nil, g.a, b)
}

// addend is beta·C, or nil. The product of a known C is rounded to float32, as
// ONNX computes it.
func (g *product) addend() (*tensor, error) {
	switch {
	case g.c == nil || g.beta == 1:
		return g.c, nil
	case g.c.data == nil:
		return g.n.emit("c", g.c.elem, ir.OpMul, nil, g.c, g.n.number("beta", g.c.elem, g.beta))
	}
	if err := g.n.imp.charge(g.n.at, len(g.c.data.F)); err != nil {
		return nil, err
	}
	out := scaleReals(g.c.data, g.beta)
	if d := checkFinite(out.F); d != nil {
		d.Origin = g.n.at
		return nil, d
	}
	return known(g.c.name+".scaled", g.c.elem, g.c.origin, out), nil
}

// columns is a known C as one number per column, [n]; nil when it is no such thing.
func (g *product) columns(c *tensor, n int) (*tensor, error) {
	switch {
	case c == nil || c.data == nil:
		return nil, nil
	case c.shape == ir.ShapeOf(n):
		return c, nil
	case c.shape == ir.ShapeOf(1, n):
		return known(c.name, c.elem, c.origin, ir.Reals(ir.ShapeOf(n), c.data.F)), nil
	case c.shape.Size() == 1 && c.shape.Rank() <= 2:
		err := g.n.imp.charge(g.n.at, n)
		if err != nil {
			return nil, err
		}
		return known(c.name, c.elem, c.origin, filled(c.data, ir.ShapeOf(n))), nil
	}
	return nil, nil
}

// scalesExactly reports whether a factor changes exponents only, without leaving
// float32.
func scalesExactly(data []float64, alpha float64) bool {
	if frac, _ := math.Frexp(alpha); frac != 0.5 && frac != -0.5 {
		return false
	}
	for _, f := range data {
		if p := float64(f * alpha); float64(float32(p)) != p {
			return false
		}
	}
	return true
}

func scaleReals(t *ir.Tensor, by float64) *ir.Tensor {
	out := ir.NewTensor(t.Type)
	for i, f := range t.F {
		out.F[i] = float64(float32(f * by))
	}
	return out
}

// weightKey is a form of a known matrix, made once however many nodes (the
// unrolled time steps) use it.
type weightKey struct {
	of        *tensor
	transpose bool
	factor    float64
	groups    int // of a ConvTranspose; 0 for a matrix
}

// weightsOf is the matrix in the form of the key.
func (imp *importer) weightsOf(n *node, k weightKey) (*tensor, error) {
	if !k.transpose && k.factor == 1 {
		return k.of, nil
	}
	if w := imp.weights[k]; w != nil {
		return w, nil
	}
	if err := imp.charge(n.at, len(k.of.data.F)); err != nil {
		return nil, err
	}
	data := scaleReals(k.of.data, k.factor)
	name := k.of.name
	if k.transpose {
		data = transposed(data)
		name += ".T"
	}
	if k.factor != 1 {
		name += ".scaled"
	}
	w := known(name, k.of.elem, k.of.origin, data)
	imp.weights[k] = w
	return w, nil
}

func transposed(m *ir.Tensor) *ir.Tensor {
	rows, cols := m.Type.Shape.Dim(0), m.Type.Shape.Dim(1)
	out := ir.NewTensor(ir.RealType(ir.ShapeOf(cols, rows)))
	for r := range rows {
		for c := range cols {
			out.F[c*rows+r] = m.F[r*cols+c]
		}
	}
	return out
}
