package rounding

import (
	"nomul/ir"
	"nomul/passes/layers"
)

// blockColumns bounds the columns whose errors make good one another: the Gram matrix of longer
// rows is one of blocks.
const blockColumns = 1024

// meter measures the vectors that a layer's operand has.
type meter struct {
	patches
	groups [][]*gram // by group of channels and block
	held   [][]*gram // likewise of every other sample, which have no part in the rounding but show what it loses; nil for none
	turn   int
}

// gram is the sum of outer products of the vectors of some columns, its upper triangle, and the
// sum of the vectors.
type gram struct {
	from, size int
	count      int
	products   []float64 // [size,size]
	sums       []float64
}

// newMeter is that of a layer; with every other sample held back, if that is wanted.
func newMeter(w layers.Weighted, hold bool) *meter {
	m := &meter{patches: newPatches(w), groups: gramsOf(w)}
	if hold {
		m.held = gramsOf(w)
	}
	return m
}

func gramsOf(w layers.Weighted) [][]*gram {
	out, blocks := make([][]*gram, w.Groups()), (w.Row()+blockColumns-1)/blockColumns
	for g := range out {
		for b := range blocks {
			from, to := b*w.Row()/blocks, (b+1)*w.Row()/blocks
			out[g] = append(out[g], &gram{from: from, size: to - from, products: make([]float64, (to-from)*(to-from)), sums: make([]float64, to-from)})
		}
	}
	return out
}

// see takes vectors of an operand, evenly, and others in the next step.
func (m *meter) see(sample int, t *ir.Tensor) {
	groups := m.groups
	if m.held != nil && sample%2 == 1 {
		groups = m.held
	}
	all := m.count()
	stride := max(1, all/patchesPerStep)
	for i := m.turn % stride; i < all; i += stride {
		for g, blocks := range groups {
			v := m.vector(t, i, g)
			for _, b := range blocks {
				v = b.add(v)
			}
		}
	}
	m.turn++
}

// add takes the part of a vector in the columns of a block, and returns the rest.
func (g *gram) add(v []entry) []entry {
	n := 0
	for n < len(v) && v[n].column < g.from+g.size {
		n++
	}
	part := v[:n]
	g.count++
	for i, a := range part {
		at := a.column - g.from
		g.sums[at] += a.value
		row := g.products[at*g.size:][:g.size]
		for _, b := range part[i:] {
			row[b.column-g.from] += float64(a.value * b.value)
		}
	}
	return v[n:]
}

// mean is the mean vector.
func (g *gram) mean() []float64 {
	out := make([]float64, g.size)
	for i, s := range g.sums {
		out[i] = s / float64(max(1, g.count))
	}
	return out
}

// covariance is the mean outer product of the vectors' differences from their mean, whole.
func (g *gram) covariance() []float64 {
	out, mean := make([]float64, len(g.products)), g.mean()
	for i := range g.size {
		for j := i; j < g.size; j++ {
			c := g.products[i*g.size+j]/float64(max(1, g.count)) - float64(mean[i]*mean[j])
			out[i*g.size+j], out[j*g.size+i] = c, c
		}
	}
	return out
}
