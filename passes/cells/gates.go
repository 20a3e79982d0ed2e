package cells

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A number times a value that several comparisons of one membrane decide, as a reset to zero by a spike of either sign, is
// a sum of such products with one comparison each, which spikes gate. One of these at most is not 0 in a step, or they
// take turns, so that the sum is exact.

// mostGates bounds the comparisons of a gate.
const mostGates = 8

// gate says by which numbers a value is made of, and the cuts, by height, of the comparisons that decide it.
type gate struct {
	of   *ir.Value
	cuts []float64
}

// gatesIn are the values that comparisons of one number with uniform constants decide.
func gatesIn(n *ir.Net) map[*ir.Value]*gate {
	out := map[*ir.Value]*gate{}
	for _, v := range n.Values {
		if g := gateOf(v, out); g != nil {
			out[v] = g
		}
	}
	return out
}

func gateOf(v *ir.Value, known map[*ir.Value]*gate) *gate {
	f := functions[v.Op]
	if v.Op != ir.OpCompare && v.Op != ir.OpCast && v.Op != ir.OpWhere && f == nil {
		return nil
	}
	out := &gate{}
	for i, a := range v.Args {
		_, same := uniform(a)
		g := known[a]
		switch {
		case same:
			continue
		case g == nil && v.Op == ir.OpCompare && canonical.MembraneOf(v) == a && a.Type.Shape == v.Type.Shape:
			cut, uniformly := uniform(v.Args[1-i])
			if !uniformly {
				return nil
			}
			return &gate{a, []float64{cut}}
		case g == nil || out.of != nil && out.of != g.of:
			return nil
		}
		out.of = g.of
		for _, cut := range g.cuts {
			if !slices.Contains(out.cuts, cut) {
				out.cuts = append(out.cuts, cut)
			}
		}
	}
	if out.of == nil || len(out.cuts) > mostGates {
		return nil
	}
	slices.Sort(out.cuts)
	return out
}

// at is a value where the number of a gate lies at a place: 2i is below cut i and above the one before, 2i + 1 on it.
func (g *gate) at(v *ir.Value, place int) float64 {
	if f, same := uniform(v); same {
		return f
	}
	if v.Op == ir.OpWhere {
		if g.at(v.Args[0], place) != 0 {
			return g.at(v.Args[1], place)
		}
		return g.at(v.Args[2], place)
	}
	of := make([]float64, 2)
	for i, a := range v.Args {
		if a == g.of {
			of[i] = float64(place)
			cut, _ := uniform(v.Args[1-i])
			of[1-i] = float64(2*slices.Index(g.cuts, cut) + 1)
			break
		}
		of[i] = g.at(a, place)
	}
	switch v.Op {
	case ir.OpCompare:
		return holds[v.Attrs.(ir.CompareAttrs).Is](of[0], of[1])
	case ir.OpCast:
		return of[0]
	}
	return functions[v.Op](of[0], of[1])
}

// stairs are those that a value climbs, or descends, which the number of a gate decides.
func (g *gate) stairs(v *ir.Value) *stairs {
	s := &stairs{of: g.of, low: g.at(v, 0)}
	for i, cut := range g.cuts {
		for place, strict := 2*i+1, false; place <= 2*i+2; place, strict = place+1, true {
			if f := g.at(v, place); f != s.last() {
				s.steps = append(s.steps, stair{cut, strict, f})
			}
		}
	}
	return s
}

// Gates is a net in which products with gates of several comparisons are sums of products with one each, and so are
// choices between a number and 0; the net itself where there are none.
func Gates(n *ir.Net) (*ir.Net, error) {
	gates, found := gatesIn(n), false
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		s, x := gated(v, gates)
		if s == nil {
			return nil, nil
		}
		found = true
		return s.gate(r, v, x)
	})
	if err != nil || !found {
		return n, err
	}
	return ir.Prune(out), nil
}

// gated is the gate of a product or choice, and the number that it lets through.
func gated(v *ir.Value, gates map[*ir.Value]*gate) (*stairs, *ir.Value) {
	if !v.Type.IsReal() || gates[v] != nil {
		return nil, nil
	}
	several := func(g *ir.Value) bool {
		return gates[g] != nil && len(gates[g].cuts) > 1 && g.Type.Shape == v.Type.Shape
	}
	switch {
	case v.Op == ir.OpMul && several(v.Args[0]):
		return gates[v.Args[0]].stairs(v.Args[0]), v.Args[1]
	case v.Op == ir.OpMul && several(v.Args[1]):
		return gates[v.Args[1]].stairs(v.Args[1]), v.Args[0]
	case v.Op == ir.OpWhere && several(v.Args[0]) && canonical.Every(v.Args[2], 0):
		return gates[v.Args[0]].stairs(v.Args[0]), v.Args[1]
	case v.Op == ir.OpWhere && several(v.Args[0]) && canonical.Every(v.Args[1], 0):
		s := gates[v.Args[0]].stairs(v.Args[0])
		s.low = 1 - s.low
		for i := range s.steps {
			s.steps[i].number = 1 - s.steps[i].number
		}
		return s, v.Args[2]
	}
	return nil, nil
}

// gate writes x times stairs, for a value.
func (s *stairs) gate(r *ir.Rebuilder, v, x *ir.Value) (*ir.Value, error) {
	c := &climb{r: r, v: v}
	if s.low != 0 {
		if err := c.add(r.Of(x), s.low); err != nil {
			return nil, err
		}
	}
	err := s.climb(r, v, func(fires *ir.Value, by float64) error {
		gated, err := r.Add(ir.OpMul, r.Unique(v.Name+".gated"), nil, fires, r.Of(x))
		if err != nil {
			return err
		}
		return c.add(gated, by)
	})
	if err != nil || c.out != nil {
		return c.out, err
	}
	return r.Const(r.Unique(v.Name), ir.NewTensor(v.Type))
}
