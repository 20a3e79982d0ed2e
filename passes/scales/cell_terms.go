package scales

import (
	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// A membrane that is charged as V + (X − V)/τ is (1 − 1/τ)·V + X/τ: terms of one number are one product, which is
// rounded once. A factor that all operands of a class have is none in another unit.

// term is a node times a constant.
type term struct {
	node   int
	factor *ir.Tensor
}

// terms writes a number as a sum of products with constants.
func (b *cellBuilder) terms(at int) []term {
	switch n := b.Nodes[at]; n.Kind {
	case update.Add:
		return append(b.terms(n.A), b.terms(n.B)...)
	case update.Sub:
		return append(b.terms(n.A), scaled(b.terms(n.B), rewrite.Scalar(-1))...)
	case update.Times:
		return scaled(b.terms(n.A), n.Data)
	}
	return []term{{at, rewrite.Scalar(1)}}
}

func scaled(terms []term, by *ir.Tensor) []term {
	out := make([]term, len(terms))
	for i, t := range terms {
		out[i] = term{t.node, layers.Times(t.factor, by)}
	}
	return out
}

// gathered is a sum or difference of two numbers that have a term of the same node, with one term for each;
// false where they have none in common.
func (b *cellBuilder) gathered(k update.Kind, x, y int) (cellNumber, bool) {
	left, right := b.terms(x), b.terms(y)
	if k == update.Sub {
		right = scaled(right, rewrite.Scalar(-1))
	}
	var sum []term
	place, shared := map[int]int{}, false
	for i, t := range append(left, right...) {
		at, known := place[t.node]
		if !known {
			place[t.node] = len(sum)
			sum = append(sum, t)
			continue
		}
		shared = shared || i >= len(left)
		sum[at].factor = layers.Plus(sum[at].factor, t.factor)
	}
	if !shared {
		return cellNumber{}, false
	}
	out := leaf(rewrite.Scalar(0))
	for _, t := range sum {
		out = b.plus(out, t)
	}
	return out, true
}

// plus adds a term.
func (b *cellBuilder) plus(x cellNumber, t term) cellNumber {
	f, same := t.factor.Uniform()
	if same && f == 0 {
		return x
	}
	k := update.Add
	if same && f < 0 && !zero(x) {
		k, t.factor = update.Sub, rewrite.Scalar(-f)
	}
	product := b.times(cellNumber{node: t.node}, cellNumber{node: -1, loose: &tree{data: t.factor}})
	if zero(x) && k == update.Add {
		return product
	}
	return cellNumber{node: b.add(Node{Kind: k, A: b.inClass(x), B: b.inClass(product)})}
}

// foldGains measures each class that hands on nothing in units of the one factor above 0 that all of its operands
// have: they have none then, and constants are as many times smaller.
func (b *cellBuilder) foldGains() {
	for _, class := range b.Classes() {
		if gain := b.gain(class); gain != 0 {
			b.divide(class, gain)
		}
	}
}

// gain is the factor of all operands of a class; 0 where they have none, or several.
func (b *cellBuilder) gain(class int) float64 {
	gain := 0.0
	if len(b.Operands(class)) == 0 || !b.Bit(b.Result) && b.Class(b.Result) == class {
		return 0
	}
	for at, n := range b.Nodes {
		for _, place := range n.takes() {
			a := *place
			if b.Bit(a) || b.Nodes[a].Kind != update.Operand || b.Class(a) != class {
				continue
			}
			f, same := 0.0, false
			if n.Kind == update.Times {
				f, same = n.Data.Uniform()
			}
			if !same || f <= 0 || gain != 0 && f != gain || b.Nodes[at].Kind != update.Times {
				return 0
			}
			gain = f
		}
	}
	return gain
}

// divide divides a class by a factor that its operands have.
func (b *cellBuilder) divide(class int, gain float64) {
	over := layers.Constant(gain, ir.Shape{})
	for _, at := range b.Of(class) {
		switch n := &b.Nodes[at]; {
		case n.Kind == update.Const:
			n.Data = layers.Divide(n.Data, over)
		case n.Kind == update.Times && b.Nodes[n.A].Kind == update.Operand:
			n.Data = rewrite.Scalar(1)
		}
	}
	for i, v := range b.Vars {
		if b.Class(v.Stored) == class {
			b.Vars[i].Start = layers.Divide(v.Start, over)
		}
	}
}

// trim leaves out nodes that neither the result nor the state depends on, as sums that were gathered.
func (b *cellBuilder) trim() {
	live := make([]bool, len(b.Nodes))
	var reach func(at int)
	reach = func(at int) {
		if live[at] {
			return
		}
		live[at] = true
		n := b.Nodes[at]
		for _, a := range n.takes() {
			reach(*a)
		}
	}
	reach(b.Result)
	for _, v := range b.Vars {
		reach(v.Stored)
		if v.Load >= 0 {
			reach(v.Load)
		}
	}
	places, roots := make([]int, len(b.Nodes)), map[int]int{}
	var nodes []Node
	var parent []int
	for at, n := range b.Nodes {
		if !live[at] {
			continue
		}
		places[at] = len(nodes)
		root := b.Class(at)
		if _, known := roots[root]; !known {
			roots[root] = len(nodes)
		}
		for _, a := range n.takes() {
			*a = places[*a]
		}
		nodes, parent = append(nodes, n), append(parent, roots[root])
	}
	b.Nodes, b.parent, b.Result = nodes, parent, places[b.Result]
	var compared []int
	for _, at := range b.compared {
		if live[at] {
			compared = append(compared, places[at])
		}
	}
	b.compared = compared
	for i, v := range b.Vars {
		b.Vars[i].Stored = places[v.Stored]
		if v.Load >= 0 {
			b.Vars[i].Load = places[v.Load]
		}
	}
}

// takes are the places of a node's operands.
func (n *Node) takes() []*int {
	switch n.Kind {
	case update.Load, update.Operand, update.Const:
		return nil
	case update.Times:
		return []*int{&n.A}
	case update.Select:
		return []*int{&n.A, &n.B, &n.C}
	}
	return []*int{&n.A, &n.B}
}
