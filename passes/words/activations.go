package words

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
)

// activation is a function of numbers whose results layers of weights read.
type activation struct {
	v, x *ir.Value
	// most bounds the results; +Inf where nothing does.
	most float64
	// slope is the factor of numbers below 0, which broadcasts to x; nil is 0.
	slope *ir.Tensor
	// cone is the ops of any other function, in net order, the last of which is v; most and slope say
	// nothing of it.
	cone []*ir.Value
}

// find lists the activations of a net, in its order.
func find(n *ir.Net) []activation {
	weighed, readers, place := readByWeights(n), n.Readers(), map[*ir.Value]int{}
	for i, v := range n.Values {
		place[v] = i
	}
	inner := map[*ir.Value]bool{} // parts of larger activations
	var out []activation
	for i := len(n.Values) - 1; i >= 0; i-- {
		v := n.Values[i]
		if inner[v] || !weighed[v] || !v.Type.IsReal() {
			continue
		}
		if a, ok := pointwise(v, place); ok {
			out = append([]activation{a}, out...)
			a.hide(inner, readers)
			continue
		}
		if a, parts, ok := match(v); ok {
			out = append([]activation{a}, out...)
			for _, p := range parts {
				inner[p] = true
			}
		}
	}
	return out
}

// readByWeights finds the real values that layers of weights read, directly or through ops that move,
// choose or add elements.
func readByWeights(n *ir.Net) map[*ir.Value]bool {
	out, readers := map[*ir.Value]bool{}, n.Readers()
	for i := len(n.Values) - 1; i >= 0; i-- {
		v := n.Values[i]
		for _, r := range readers[v] {
			_, weights := layers.AsWeighted(r)
			stops := r.Op == ir.OpNeuron || r.Op == ir.OpCell || r.Op == ir.OpLevels || r.Op == ir.OpOutput
			if weights && r.Args[0] == v || r.Op == ir.OpMatmul || !stops && !weights && out[r] {
				out[v] = true
			}
		}
	}
	return out
}

// match reads a value as an activation, and lists the other values that it is made of.
func match(v *ir.Value) (a activation, parts []*ir.Value, ok bool) {
	if m, isMap := v.Attrs.(ir.MapAttrs); isMap {
		switch m.Fn {
		case ir.FnRelu:
			return activation{v: v, x: v.Args[0], most: math.Inf(1)}, nil, true
		case ir.FnLeakyRelu:
			return activation{v: v, x: v.Args[0], most: math.Inf(1), slope: layers.Constant(m.Alpha, ir.Shape{})}, nil, true
		}
		return a, nil, false
	}
	switch v.Op {
	case ir.OpMax:
		if x, bound, ok := bounded(v); ok && bound == 0 {
			return activation{v: v, x: x, most: math.Inf(1)}, nil, true
		}
	case ir.OpMin:
		x, bound, ok := bounded(v)
		if !ok || bound <= 0 {
			return a, nil, false
		}
		if a, parts, ok = match(x); ok && a.slope == nil {
			a.v, a.most = v, min(a.most, bound)
			return a, append(parts, x), true
		}
	case ir.OpAdd:
		return sloped(v)
	}
	return activation{}, nil, false
}

// bounded reads a minimum or maximum of a value and one number.
func bounded(v *ir.Value) (x *ir.Value, bound float64, ok bool) {
	for slot, c := range v.Args {
		if layers.RealConst(c) {
			bound, ok = c.Const().Uniform()
			return v.Args[1-slot], bound, ok
		}
	}
	return nil, 0, false
}

// sloped reads max(x, 0) + slope·min(x, 0), a PReLU.
func sloped(v *ir.Value) (a activation, parts []*ir.Value, ok bool) {
	for slot, above := range v.Args {
		below := v.Args[1-slot]
		x, slope := layers.FactorOf(below)
		if below.Op != ir.OpMul || slope == nil || x.Op != ir.OpMin {
			continue
		}
		of, bound, isMin := bounded(x)
		if a, _, ok = match(above); ok && isMin && bound == 0 && a.x == of && a.slope == nil && math.IsInf(a.most, 1) {
			a.v, a.slope = v, slope
			return a, []*ir.Value{above, below, x}, true
		}
	}
	return activation{}, nil, false
}
