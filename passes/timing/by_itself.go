package timing

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// LayerApart is all that is connected neuron by neuron, in all time steps.
type LayerApart struct {
	net    *ir.Net
	inside map[*ir.Value]bool
}

// LayersApart lists the layers of a net that compare, each where it begins.
func LayersApart(n *ir.Net) []LayerApart {
	root := map[*ir.Value]*ir.Value{}
	find := func(v *ir.Value) *ir.Value {
		for root[v] != v {
			v = root[v]
		}
		return v
	}
	place := map[*ir.Value]int{}
	for i, v := range n.Values {
		if v.Const() != nil || v.Op.Class() != ir.Element {
			continue
		}
		root[v], place[v] = v, i
		for _, a := range v.Args {
			if root[a] == nil {
				continue
			}
			one, other := find(v), find(a)
			if place[other] < place[one] {
				one, other = other, one
			}
			root[other] = one
		}
	}
	var order []*ir.Value
	layers, compares := map[*ir.Value]LayerApart{}, map[*ir.Value]bool{}
	for _, v := range n.Values {
		if root[v] == nil {
			continue
		}
		r := find(v)
		if r == v {
			order, layers[r] = append(order, r), LayerApart{n, map[*ir.Value]bool{}}
		}
		layers[r].inside[v] = true
		compares[r] = compares[r] || canonical.MembraneOf(v) != nil
	}
	var out []LayerApart
	for _, r := range order {
		if compares[r] {
			out = append(out, layers[r])
		}
	}
	return out
}

// Isolated is the layer as a net of its own.
func (l LayerApart) Isolated() (*ir.Net, error) {
	c := canonical.NewRewriter(l.net)
	if err := l.give(c); err != nil {
		return nil, err
	}
	for _, v := range l.net.Values {
		if !l.inside[v] {
			continue
		}
		if _, err := c.Copy(v); err != nil {
			return nil, err
		}
	}
	if err := l.handOn(c); err != nil {
		return nil, err
	}
	return ir.Prune(c.Builder.Net()), nil
}

// give makes the operands of the layer: its constants, and rows of inputs. Values that are computed
// alike in several steps are rows of one input.
func (l LayerApart) give(c *canonical.Rewriter) error {
	read := map[*ir.Value]bool{}
	for v := range l.inside {
		for _, a := range v.Args {
			read[a] = a != nil && !l.inside[a]
		}
	}
	var kinds []string
	alike := map[string][]*ir.Value{}
	for _, v := range l.net.Values {
		if !read[v] {
			continue
		}
		if v.Const() != nil {
			if _, err := c.Copy(v); err != nil {
				return err
			}
			continue
		}
		kind := computedAs(v)
		if alike[kind] == nil {
			kinds = append(kinds, kind)
		}
		alike[kind] = append(alike[kind], v)
	}
	for _, kind := range kinds {
		if err := giveRows(c, alike[kind]); err != nil {
			return err
		}
	}
	return nil
}

// computedAs is the text of a value's computation, without the numbers that change from step to
// step.
func computedAs(v *ir.Value) string {
	if v.Op == ir.OpInput {
		return "%" + v.Name
	}
	kind := fmt.Sprint(v.Op, v.Type)
	if v.Op != ir.OpSlice {
		kind += fmt.Sprint(v.Attrs)
	}
	for _, a := range v.Args {
		if a != nil && (a.Const() != nil || a.Op == ir.OpInput) {
			kind += fmt.Sprintf(" %p", a)
		}
	}
	return kind
}

// giveRows makes an input with a row for each of some values of one type.
func giveRows(c *canonical.Rewriter, values []*ir.Value) error {
	first := values[0]
	dims := first.Type.Shape.Dims()
	rows := first.Type.WithShape(ir.ShapeOf(append([]int{len(values)}, dims...)...))
	x, err := c.Make(&ir.Value{Name: first.Name + ".rows", Op: ir.OpInput, Attrs: ir.InputAttrs{}, Type: rows, Range: first.Range, Origin: first.Origin})
	if err != nil {
		return err
	}
	for i, v := range values {
		row, err := c.Make(&ir.Value{Name: v.Name + ".row", Op: ir.OpSlice, Attrs: ir.SliceAttrs{Start: i, Count: 1, Step: 1}, Args: []*ir.Value{x}, Origin: v.Origin})
		if err == nil {
			c.Became[v], err = c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: dims}, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// handOn makes outputs of the layer's values that others read, added up.
func (l LayerApart) handOn(c *canonical.Rewriter) error {
	readers := l.net.Readers()
	sums := map[ir.Shape]*ir.Value{}
	var shapes []ir.Shape
	for _, v := range l.net.Values {
		if !l.inside[v] || !slices.ContainsFunc(readers[v], func(r *ir.Value) bool { return !l.inside[r] }) || c.Became[v].Const() != nil {
			continue
		}
		x, shape := c.Became[v], v.Type.Shape
		var err error
		if !x.Type.IsReal() {
			x, err = c.Make(&ir.Value{Name: v.Name + ".number", Op: ir.OpCast, Args: []*ir.Value{x}, Type: ir.RealType(shape), Origin: v.Origin})
		}
		if err == nil && sums[shape] != nil {
			x, err = c.Make(&ir.Value{Name: v.Name + ".sum", Op: ir.OpAdd, Args: []*ir.Value{sums[shape], x}, Origin: v.Origin})
		}
		if err != nil {
			return err
		}
		if sums[shape] == nil {
			shapes = append(shapes, shape)
		}
		sums[shape] = x
	}
	for i, shape := range shapes {
		if _, err := c.Make(&ir.Value{Name: fmt.Sprintf("out%d", i), Op: ir.OpOutput, Args: []*ir.Value{sums[shape]}}); err != nil {
			return err
		}
	}
	return nil
}
