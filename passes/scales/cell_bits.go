package scales

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// tree is a number that only bits decide: constants, chosen by bits.
type tree struct {
	data    *ir.Tensor // of a leaf
	bit     choice
	yes, no *tree
}

// maxLeaves bounds the constants of a tree.
const maxLeaves = 16

func (t *tree) leaves() int {
	if t.data != nil {
		return 1
	}
	return t.yes.leaves() + t.no.leaves()
}

// arithmetic is that of instructions on real numbers.
var arithmetic = map[update.Kind]func(a, b float64) float64{
	update.Add:     func(a, b float64) float64 { return a + b },
	update.Sub:     func(a, b float64) float64 { return a - b },
	update.Times:   func(a, b float64) float64 { return a * b },
	update.Over:    func(a, b float64) float64 { return a / b },
	update.Min:     math.Min,
	update.Max:     math.Max,
	update.AtLeast: func(a, b float64) float64 { return oneWhere(a >= b) },
	update.Above:   func(a, b float64) float64 { return oneWhere(a > b) },
}

func oneWhere(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// with is an operation on two trees, where some bits are known.
func (t *tree) with(o *tree, f func(a, b float64) float64, known map[int]bool) *tree {
	for _, at := range []**tree{&t, &o} {
		for (*at).data == nil {
			is, ok := known[(*at).bit.node]
			if !ok {
				break
			}
			if is != (*at).bit.not {
				*at = (*at).yes
			} else {
				*at = (*at).no
			}
		}
	}
	if t.data != nil && o.data != nil {
		return &tree{data: rewrite.Zip(t.data, o.data, f)}
	}
	by := t
	if t.data != nil {
		by = o
	}
	branch := func(is bool) *tree {
		known[by.bit.node] = is != by.bit.not
		defer delete(known, by.bit.node)
		return t.with(o, f, known)
	}
	return &tree{bit: by.bit, yes: branch(true), no: branch(false)}
}

// onlyBits reports whether all constants of a tree are 0 or 1.
func onlyBits(t tree) bool {
	if t.data == nil {
		return onlyBits(*t.yes) && onlyBits(*t.no)
	}
	return !slices.ContainsFunc(t.data.F, func(f float64) bool { return f != 0 && f != 1 })
}

// compare is a comparison: of loose numbers by the bits that decide them.
func (b *cellBuilder) compare(k update.Kind, x, y cellNumber) *choice {
	if x.loose != nil && y.loose != nil {
		return b.decided(b.looseOf(k, x.loose, y.loose).loose)
	}
	if x.loose != nil { // c ≥ y is not y > c
		out := *b.compare(update.AtLeast+update.Above-k, y, x)
		out.not, out.is = !out.not, !out.is
		return &out
	}
	if y.loose != nil {
		if c := b.moved(k, x, y); c != nil {
			return c
		}
	}
	at := b.inClass(y)
	if y.loose != nil {
		b.limits = append(b.limits, limit{at, x.node, map[update.Kind]ir.Compare{update.AtLeast: ir.GE, update.Above: ir.GT}[k]})
	}
	return &choice{node: b.add(Node{Kind: k, A: x.node, B: at})}
}

// limit is a comparison of a number with constants.
type limit struct {
	at, number int
	is         ir.Compare
}

// markLimits marks the constants of comparisons. A number that is made of rounded constants, too, is
// compared with a rounded one: where it is that constant, it stays equal to it.
func (b *cellBuilder) markLimits() {
	for _, l := range b.limits {
		if !b.madeOfConstants(l.number, map[int]bool{}) {
			b.mark(l.at, l.is)
		}
		b.compared = append(b.compared, l.at)
	}
}

func (b *cellBuilder) mark(at int, is ir.Compare) {
	n := &b.Nodes[at]
	if n.Kind == update.Const {
		n.Limit = is
		return
	}
	b.mark(n.A, is)
	b.mark(n.B, is)
}

// madeOfConstants reports whether a constant that is not 0 may be in a number.
func (b *cellBuilder) madeOfConstants(at int, seen map[int]bool) bool {
	if seen[at] {
		return false
	}
	seen[at] = true
	switch n := b.Nodes[at]; n.Kind {
	case update.Operand:
		return false
	case update.Const:
		return layers.AnyNonZero(n.Data.F)
	case update.Load:
		v := b.Vars[n.At]
		return layers.AnyNonZero(v.Start.F) || b.madeOfConstants(v.Stored, seen)
	case update.Times:
		return b.madeOfConstants(n.A, seen)
	default:
		return b.madeOfConstants(n.A, seen) || b.madeOfConstants(n.B, seen)
	}
}

// moved brings constants of a compared number to the other side, so that it is known on each side
// of the comparison how large the number is: x − c ≥ y is x ≥ y + c. It is nil where there is
// nothing to move.
func (b *cellBuilder) moved(k update.Kind, x, y cellNumber) *choice {
	n := b.Nodes[x.node]
	loose := func(at int) *cellNumber {
		if t := b.looseAt[at]; t != nil {
			return &cellNumber{node: -1, loose: t}
		}
		return nil
	}
	number := func(at int) cellNumber { return cellNumber{node: at} }
	switch n.Kind {
	case update.Add:
		if c := loose(n.B); c != nil {
			return b.compare(k, number(n.A), b.combine(update.Sub, y, *c))
		}
		if c := loose(n.A); c != nil {
			return b.compare(k, number(n.B), b.combine(update.Sub, y, *c))
		}
	case update.Sub:
		if c := loose(n.B); c != nil {
			return b.compare(k, number(n.A), b.combine(update.Add, y, *c))
		}
		if c := loose(n.A); c != nil {
			return b.compare(k, b.combine(update.Sub, *c, y), number(n.B))
		}
		if zero(y) {
			return b.compare(k, number(n.A), number(n.B))
		}
	case update.Times:
		if f := n.Data.F; !slices.ContainsFunc(f, func(f float64) bool { return f <= 0 }) {
			return b.compare(k, number(n.A), b.looseOf(update.Over, y.loose, &tree{data: n.Data}))
		}
	}
	return nil
}

// decided is the bit of a tree of zeros and ones.
func (b *cellBuilder) decided(t *tree) *choice {
	if t.data != nil {
		f, same := t.data.Uniform()
		if !same {
			one := cellNumber{node: b.add(Node{Kind: update.Const, Data: rewrite.Scalar(1)})}
			return &choice{node: b.add(Node{Kind: update.AtLeast, A: b.add(Node{Kind: update.Const, Data: t.data}), B: one.node})}
		}
		return &choice{known: true, is: f != 0}
	}
	yes, no := b.decided(t.yes), b.decided(t.no)
	return b.logic(update.Or, b.logic(update.And, &t.bit, yes), b.logic(update.AndNot, no, &t.bit))
}

// logic is an operation on bits. Opposites are moved outward.
func (b *cellBuilder) logic(k update.Kind, x, y *choice) *choice {
	opposite := func(c *choice) *choice {
		out := *c
		out.not, out.is = !out.not, !out.is
		return &out
	}
	switch k {
	case update.AndNot:
		return b.logic(update.And, x, opposite(y))
	case update.Or:
		return opposite(b.logic(update.And, opposite(x), opposite(y)))
	case update.Xor:
		return b.logic(update.Or, b.logic(update.And, x, opposite(y)), b.logic(update.And, opposite(x), y))
	}
	switch {
	case x.known && !x.is, y.known && y.is:
		return x
	case x.known, y.known:
		return y
	case x.node == y.node && x.not == y.not:
		return x
	case x.node == y.node:
		return &choice{known: true}
	}
	switch {
	case x.not && y.not:
		return &choice{node: b.add(Node{Kind: update.Or, A: x.node, B: y.node}), not: true}
	case x.not:
		x, y = y, x
		fallthrough
	case y.not:
		return &choice{node: b.add(Node{Kind: update.AndNot, A: x.node, B: y.node})}
	}
	return &choice{node: b.add(Node{Kind: update.And, A: x.node, B: y.node})}
}

// bitNode is the node of a bit: an opposite is another comparison.
func (b *cellBuilder) bitNode(c choice) int {
	switch {
	case c.known:
		b.decides = true
		return 0
	case !c.not:
		return c.node
	}
	if n := b.Nodes[c.node]; n.compares() { // not x ≥ y is y > x
		return b.add(Node{Kind: update.AtLeast + update.Above - n.Kind, A: n.B, B: n.A})
	}
	zero := b.add(Node{Kind: update.Const, Data: rewrite.Scalar(0)})
	one := b.add(Node{Kind: update.Const, Data: rewrite.Scalar(1)})
	same := b.add(Node{Kind: update.Select, A: one, B: zero, C: c.node})
	none := b.add(Node{Kind: update.Const, Data: rewrite.Scalar(0)})
	return b.add(Node{Kind: update.AtLeast, A: none, B: same})
}

// addsBias reports whether a value has a term that need not be whole in its units.
func addsBias(x *ir.Value) bool {
	known := map[*ir.Value]bool{}
	var reaches func(x *ir.Value) bool
	reaches = func(x *ir.Value) bool {
		if x == nil || !x.Type.IsReal() || known[x] {
			return false
		}
		known[x] = true
		if w, ok := layers.AsWeighted(x); ok {
			bias := w.Bias()
			return bias != nil && layers.AnyNonZero(bias.F)
		}
		if c := x.Const(); c != nil {
			return layers.AnyNonZero(c.F)
		}
		return !x.IsNeuron() && slices.ContainsFunc(x.Args, reaches)
	}
	return reaches(x)
}
