package passes

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// The steps of a net are told apart by all its layers together, so that one layer that is no
// neuron keeps the others from being known, and what is found then depends on all of them.
// Where a net is refused, each layer is therefore taken by itself, from the first on: what it
// reads is given from outside, what it hands on is added up, and nothing else is there. The
// first that is refused even so is told, and it alone.

// firstRefused is the reason why the first layer of a net that is refused by itself is; nil
// when none is.
func firstRefused(n *ir.Net, o *Options) *diag.Diagnostic {
	for _, layer := range layersApart(n) {
		if d := layer.refused(o); d != nil {
			return d
		}
	}
	return nil
}

// becauseOf is an error in making neurons of a net: that of the layer which is the cause.
func becauseOf(n *ir.Net, err error, o *Options) error {
	if n == nil {
		return err
	}
	found := diag.Of(err)
	for _, d := range found {
		if d.Code != diag.NotANeuron && d.Code != diag.NotUnrolled {
			return err
		}
	}
	if len(found) > 0 {
		if d := firstRefused(n, o); d != nil {
			return d
		}
	}
	return err
}

// layerApart is all that is connected neuron by neuron, in all time steps.
type layerApart struct {
	net    *ir.Net
	inside map[*ir.Value]bool
}

// layersApart lists the layers of a net that compare, each where it begins.
func layersApart(n *ir.Net) []layerApart {
	root := map[*ir.Value]*ir.Value{}
	find := func(v *ir.Value) *ir.Value {
		for root[v] != v {
			v = root[v]
		}
		return v
	}
	place := map[*ir.Value]int{}
	for i, v := range n.Values {
		if v.Const() != nil || !byElement[v.Op] && v.Op != ir.OpCompare {
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
	layers, compares := map[*ir.Value]layerApart{}, map[*ir.Value]bool{}
	for _, v := range n.Values {
		if root[v] == nil {
			continue
		}
		r := find(v)
		if r == v {
			order, layers[r] = append(order, r), layerApart{n, map[*ir.Value]bool{}}
		}
		layers[r].inside[v] = true
		compares[r] = compares[r] || membraneOf(v) != nil
	}
	var out []layerApart
	for _, r := range order {
		if compares[r] {
			out = append(out, layers[r])
		}
	}
	return out
}

// refused is the reason why a layer by itself is no layer of neurons; nil when it is one, or
// when it does not show by itself how its steps follow each other.
func (l layerApart) refused(o *Options) *diag.Diagnostic {
	n, err := l.isolated()
	if err != nil || len(n.All(ir.OpOutput)) == 0 {
		return nil
	}
	if d := risingIn(n, false); d != nil {
		return d
	}
	_, unlinked := membranesOverTime(n)
	quiet, written := &Options{manySteps: o.manySteps}, n
	for _, name := range []string{"reroll-time", "raise-neurons"} {
		pass, _ := Named(name)
		switch n, err = Apply(pass, n, quiet); {
		case err != nil && unlinked != nil:
			return nil
		case err != nil:
			return mainReason(written, diag.Of(err))
		}
	}
	for _, u := range unfoldings(n, withoutMemory) {
		if d := risingIn(written, true); d != nil {
			return d
		}
		return u.refused()
	}
	return nil
}

// mainReason is the first of some errors about one layer, one that names its kind if there is one.
func mainReason(n *ir.Net, errs diag.List) *diag.Diagnostic {
	for _, d := range errs {
		if namesKind(d) {
			return d
		}
	}
	switch {
	case len(errs) == 0:
		return nil
	case errs[0].Code == diag.NotUnrolled:
		if d := coupledIn(n); d != nil {
			return d
		}
	}
	return errs[0]
}

// rising is a neuron that fires by how its membrane changes.
var rising = odd{what: "a neuron that compares its membrane with that of another step", help: "compare the membrane with a constant"}

// risingIn refuses a comparison of a membrane with one that it is made of, or else of the
// difference of both with a constant; nil when there is none.
func risingIn(n *ir.Net, difference bool) *diag.Diagnostic {
	for _, v := range n.All(ir.OpCompare) {
		pair := v.Args
		if m := membraneOf(v); difference {
			if m == nil || m.Op != ir.OpSub {
				continue
			}
			pair = m.Args
		}
		for i, a := range pair {
			under := coneOf(a)
			if b := pair[1-i]; b.Const() == nil && a.Type.IsReal() && a != b && under[b] && byElement[b.Op] && spikeOf(b) == nil {
				o := rising
				o.at = a
				return o.refused(v)
			}
		}
	}
	return nil
}

// coupled are two numbers of a neuron that feed each other.
var coupled = odd{what: "a neuron that keeps a second state, which its membrane makes and is made of", help: onlyCurrent}

// coupledIn refuses a layer whose membrane reads that of the step before, and one from further
// back by another way; nil when it does not.
func coupledIn(n *ir.Net) *diag.Diagnostic {
	fires := comparisons(n)
	layers := chained(n, fires)
	if len(layers) != 1 || looksAgain(n) {
		return nil
	}
	h := layers[0].membranes
	steps, seen := 0, cone{}
	for queue := slices.Clone(h[len(h)-1].Args); len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		switch {
		case x == nil || seen[x]:
			continue
		case slices.Contains(h, x):
			steps++
		case byElement[x.Op]:
			queue = append(queue, x.Args...)
		}
		seen[x] = true
	}
	fire := fireOf(layers[0], fires)
	if steps < 2 || fire == nil {
		return nil
	}
	o := coupled
	o.at = h[len(h)-1]
	return o.refused(fire)
}

// isolated is the layer as a net of its own.
func (l layerApart) isolated() (*ir.Net, error) {
	c := newRewriter(l.net)
	if err := l.give(c); err != nil {
		return nil, err
	}
	for _, v := range l.net.Values {
		if !l.inside[v] {
			continue
		}
		if _, err := c.copy(v); err != nil {
			return nil, err
		}
	}
	if err := l.handOn(c); err != nil {
		return nil, err
	}
	return ir.Prune(c.b.Net()), nil
}

// give makes what the layer reads: its constants, and rows of inputs. What is computed alike in
// several steps are rows of one input.
func (l layerApart) give(c *rewriter) error {
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
			if _, err := c.copy(v); err != nil {
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

// computedAs is how a value is computed, but for what changes from step to step.
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
func giveRows(c *rewriter, values []*ir.Value) error {
	first := values[0]
	dims := first.Type.Shape.Dims()
	rows := first.Type.WithShape(ir.ShapeOf(append([]int{len(values)}, dims...)...))
	x, err := c.make(&ir.Value{Name: first.Name + ".rows", Op: ir.OpInput, Attrs: ir.InputAttrs{}, Type: rows, Range: first.Range, Origin: first.Origin})
	if err != nil {
		return err
	}
	for i, v := range values {
		row, err := c.make(&ir.Value{Name: v.Name + ".row", Op: ir.OpSlice, Attrs: ir.SliceAttrs{Start: i, Count: 1, Step: 1}, Args: []*ir.Value{x}, Origin: v.Origin})
		if err == nil {
			c.became[v], err = c.as(v, ir.OpReshape, ir.ShapeAttrs{Shape: dims}, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// handOn makes outputs of what others read of the layer, added up.
func (l layerApart) handOn(c *rewriter) error {
	readers := l.net.Readers()
	sums := map[ir.Shape]*ir.Value{}
	var shapes []ir.Shape
	for _, v := range l.net.Values {
		if !l.inside[v] || !slices.ContainsFunc(readers[v], func(r *ir.Value) bool { return !l.inside[r] }) || c.became[v].Const() != nil {
			continue
		}
		x, shape := c.became[v], v.Type.Shape
		var err error
		if !x.Type.IsReal() {
			x, err = c.make(&ir.Value{Name: v.Name + ".number", Op: ir.OpCast, Args: []*ir.Value{x}, Type: ir.RealType(shape), Origin: v.Origin})
		}
		if err == nil && sums[shape] != nil {
			x, err = c.make(&ir.Value{Name: v.Name + ".sum", Op: ir.OpAdd, Args: []*ir.Value{sums[shape], x}, Origin: v.Origin})
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
		if _, err := c.make(&ir.Value{Name: fmt.Sprintf("out%d", i), Op: ir.OpOutput, Args: []*ir.Value{sums[shape]}}); err != nil {
			return err
		}
	}
	return nil
}
