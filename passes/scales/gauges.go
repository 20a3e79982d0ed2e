package scales

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// gauge says in which units the elements of a real value are counted: element i
// in units of ratio[i] times the scale of class id[i]. Its shape broadcasts to
// the value's. Classes are numbers of a classes.
type gauge struct {
	shape ir.Shape
	id    []int
	ratio []float64
	// source is the weighted op whose free power of two the units are multiplied
	// with, or −1.
	source int
}

// classes are scales that have to agree: scale(id) = weight[id]·scale(root of id).
type classes struct {
	parent []int
	weight []float64
}

// add makes n new classes and gives the first.
func (c *classes) add(n int) int {
	first := len(c.parent)
	for range n {
		c.parent = append(c.parent, len(c.parent))
		c.weight = append(c.weight, 1)
	}
	return first
}

// root is the class that stands for all that agree with id, and the scale of id in its units.
func (c *classes) root(id int) (int, float64) {
	w := 1.0
	for c.parent[id] != id {
		w *= c.weight[id]
		id = c.parent[id]
	}
	return id, w
}

// of reports, by root, the classes of some gauges.
func (c *classes) of(list []gauge) []bool {
	out := make([]bool, len(c.parent))
	for _, g := range list {
		for _, id := range g.id {
			root, _ := c.root(id)
			out[root] = true
		}
	}
	return out
}

// unify demands scale(a)·x = scale(b)·y. It reports whether that can be: where the
// two agree already in another way, nothing changes.
func (c *classes) unify(a int, x float64, b int, y float64) bool {
	ra, wa := c.root(a)
	rb, wb := c.root(b)
	if ra == rb {
		return Equal(wa*x, wb*y)
	}
	c.parent[rb] = ra
	c.weight[rb] = wa * x / (wb * y)
	return true
}

// Equal reports whether numbers are equal but for the rounding of float64.
func Equal(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(a) }

// unifyAll makes one class of all elements of a gauge, if they agree.
func (c *classes) unifyAll(s gauge) bool {
	agree := true
	for i := range s.id {
		agree = c.unify(s.id[0], s.ratio[0], s.id[i], s.ratio[i]) && agree
	}
	return agree
}

// stretch returns the elements of a gauge in a shape it broadcasts to.
func (s gauge) stretch(to ir.Shape) gauge {
	if s.shape == to {
		return s
	}
	return gauge{to, ir.Stretch(s.id, s.shape, to), ir.Stretch(s.ratio, s.shape, to), s.source}
}

// pick takes the elements that an index lists.
func (s gauge) pick(shape ir.Shape, index []int) gauge {
	out := gauge{shape: shape, id: make([]int, len(index)), ratio: make([]float64, len(index)), source: s.source}
	for i, j := range index {
		out.id[i], out.ratio[i] = s.id[j], s.ratio[j]
	}
	return out
}

// finer divides the units by 2^bits.
func (s gauge) finer(bits int) gauge {
	out := s.pick(s.shape, rewrite.UpTo(len(s.id)))
	for i := range out.ratio {
		out.ratio[i] = math.Ldexp(out.ratio[i], -bits)
	}
	return out
}

// squeeze drops the axes along which a gauge is the same.
func (s gauge) squeeze() gauge {
	shape, index := layers.SqueezeAxes(s.shape, func(a, b int) bool { return s.id[a] == s.id[b] && s.ratio[a] == s.ratio[b] })
	if shape == s.shape {
		return s
	}
	return s.pick(shape, index)
}

// scaled multiplies the units by the magnitude of a tensor; where it is 0 any
// unit does, and the old one stays.
func (s gauge) scaled(by *ir.Tensor) gauge {
	shape, _ := ir.Broadcast(s.shape, by.Type.Shape)
	out := s.stretch(shape)
	if shape == s.shape {
		out = out.pick(shape, rewrite.UpTo(shape.Size()))
	}
	for i, f := range rewrite.Stretched(by, shape) {
		if f != 0 {
			out.ratio[i] *= math.Abs(f)
		}
	}
	return out
}

// moveGauges applies an op that only moves elements to the gauges of its operands.
// Elements that it adds (padding) belong to the class of their neighbours.
func moveGauges(v *ir.Value, gauges []gauge) (gauge, error) {
	if v.Op == ir.OpReshape {
		same := gauges[0].stretch(v.Args[0].Type.Shape)
		same.shape = v.Type.Shape
		return same.squeeze(), nil
	}
	args := make([]*ir.Tensor, len(v.Args))
	joined := gauge{source: gauges[0].source}
	for i, a := range v.Args {
		if i >= len(gauges) { // the value of a pad
			break
		}
		full := gauges[i].stretch(a.Type.Shape)
		numbers := ir.NewTensor(ir.SintType(32, a.Type.Shape))
		for j := range numbers.I {
			numbers.I[j] = int64(len(joined.id) + j)
		}
		args[i] = numbers
		joined.id, joined.ratio = append(joined.id, full.id...), append(joined.ratio, full.ratio...)
		if gauges[i].source != joined.source {
			joined.source = -1
		}
	}
	moved, err := rewrite.Compute(v.Op, v.Attrs, args...)
	if err != nil {
		return gauge{}, err
	}
	index := make([]int, len(moved.I))
	for i, n := range moved.I {
		index[i] = int(n)
	}
	return joined.pick(v.Type.Shape, index).squeeze(), nil
}
