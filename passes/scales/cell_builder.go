package scales

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// NewCell writes the program of a cell of real numbers with units.
func NewCell(v *ir.Value) (*Cell, error) {
	p := v.Attrs.(ir.CellAttrs).Do.Program
	bits := make([]bool, len(p.Vars)) // state that is 0 or 1
	for i, s := range p.Vars {
		bits[i] = onlyBits(tree{data: start(v, s)})
	}
	for {
		b := &cellBuilder{v: v, p: p, bits: bits, Cell: Cell{Value: v}}
		stored := b.run()
		if b.err != nil {
			return nil, b.err
		}
		b.markLimits()
		b.trim()
		b.foldGains()
		again := false
		for i, s := range stored {
			if bits[i] && (s.loose == nil || !onlyBits(*s.loose)) {
				bits[i], again = false, true
			}
		}
		if !again {
			if b.decides {
				b.refuse("has a spike in every step or in none, as its constants decide")
			}
			return &b.Cell, b.err
		}
	}
}

// start is the number that a state variable starts from.
func start(v *ir.Value, s update.Var) *ir.Tensor {
	if s.Init >= 0 {
		return rewrite.Reals(v.Args[s.Init].Const())
	}
	return rewrite.Scalar(float64(s.Start))
}

// cellBuilder makes the nodes of a cell.
type cellBuilder struct {
	Cell
	v    *ir.Value
	p    *update.Program
	bits []bool
	env  []cellNumber
	err  error
	// decides is whether constants decide the result: while a counter is taken for a bit, which never reaches 3, too.
	decides bool
	limits  []limit
	// operands are the nodes of operands, by slot: an operand has one unit.
	operands map[int]int
	// looseAt are the numbers of no class that nodes were made of.
	looseAt map[int]*tree
}

// cellNumber is a value of the program: a number of a class, or loose, or a bit; an operand of
// spikes is a bit and a loose number.
type cellNumber struct {
	node  int
	loose *tree
	bit   *choice
}

// choice is a bit: a node or its opposite, or known.
type choice struct {
	node  int
	not   bool
	known bool
	is    bool
}

// run writes all instructions, and returns the values that are stored.
func (b *cellBuilder) run() []cellNumber {
	b.operands, b.looseAt, b.Vars = map[int]int{}, map[int]*tree{}, make([]CellState, len(b.p.Vars))
	stored := make([]cellNumber, len(b.p.Vars))
	for i, s := range b.p.Vars {
		b.Vars[i] = CellState{Load: -1, Start: start(b.v, s)}
	}
	for _, i := range b.p.Code {
		b.env = append(b.env, b.instr(i, stored))
		if b.err != nil {
			return nil
		}
	}
	return stored
}

func (b *cellBuilder) instr(i update.Instr, stored []cellNumber) cellNumber {
	x, y := b.at(i.A), b.at(i.B)
	switch i.Kind {
	case update.Load:
		return b.load(int(i.At))
	case update.Operand:
		return b.operand(int(i.At))
	case update.Const:
		return leaf(rewrite.Scalar(float64(i.At)))
	case update.Add, update.Sub, update.Min, update.Max:
		return b.combine(i.Kind, x, y)
	case update.Times:
		return b.times(x, y)
	case update.Over:
		return b.over(x, y)
	case update.AtLeast, update.Above:
		return cellNumber{bit: b.compare(i.Kind, x, y)}
	case update.And, update.Or, update.Xor, update.AndNot:
		return cellNumber{bit: b.logic(i.Kind, x.bit, y.bit)}
	case update.Select:
		return b.choose(b.at(i.C).bit, x, y)
	case update.Store:
		stored[i.At] = x
		at := b.inClass(x)
		b.Vars[i.At].Stored = at
		if load := b.Vars[i.At].Load; load >= 0 {
			b.unify(load, at)
		}
	case update.Result:
		if b.p.IsBit(i.A) {
			b.Result = b.bitNode(*x.bit)
		} else {
			b.Result = b.inClass(x)
		}
	}
	return x
}

func (b *cellBuilder) at(v update.Value) cellNumber {
	if int(v) < len(b.env) {
		return b.env[v]
	}
	return cellNumber{}
}

// add appends a node, whose operands that are numbers are in its class.
func (b *cellBuilder) add(n Node) int {
	at := len(b.Nodes)
	b.Nodes, b.parent = append(b.Nodes, n), append(b.parent, at)
	switch n.Kind {
	case update.Add, update.Sub, update.Min, update.Max, update.Select:
		b.unify(at, n.A)
		b.unify(at, n.B)
	case update.Times:
		b.unify(at, n.A)
	case update.AtLeast, update.Above:
		b.unify(n.A, n.B)
	}
	return at
}

func (b *cellBuilder) unify(x, y int) { b.parent[b.Class(y)] = b.Class(x) }

func (b *cellBuilder) load(variable int) cellNumber {
	s := &b.Vars[variable]
	if s.Load < 0 {
		s.Load = b.add(Node{Kind: update.Load, At: variable})
	}
	if !b.bits[variable] {
		return cellNumber{node: s.Load}
	}
	one := b.add(Node{Kind: update.Const, Data: rewrite.Scalar(1)})
	return b.number(choice{node: b.add(Node{Kind: update.AtLeast, A: s.Load, B: one})})
}

func (b *cellBuilder) operand(slot int) cellNumber {
	a := b.v.Args[slot]
	if c := a.Const(); c != nil {
		return leaf(rewrite.Reals(c))
	}
	at, known := b.operands[slot]
	if !known {
		at = b.add(Node{Kind: update.Operand, At: slot})
		b.operands[slot] = at
	}
	if a.Type.IsSpike() {
		return b.number(choice{node: at})
	}
	return cellNumber{node: at}
}

// number is a bit as 0 or 1, and as a bit.
func (b *cellBuilder) number(c choice) cellNumber {
	one, zero := &tree{data: rewrite.Scalar(1)}, &tree{data: rewrite.Scalar(0)}
	return cellNumber{node: -1, loose: &tree{bit: c, yes: one, no: zero}, bit: &c}
}

func leaf(t *ir.Tensor) cellNumber { return cellNumber{node: -1, loose: &tree{data: t}} }

// inClass is the node of a number, of a loose one a new one.
func (b *cellBuilder) inClass(x cellNumber) int {
	if x.loose == nil {
		return x.node
	}
	at := b.planted(x.loose)
	b.looseAt[at] = x.loose
	return at
}

func (b *cellBuilder) planted(t *tree) int {
	if t.data != nil {
		return b.add(Node{Kind: update.Const, Data: t.data})
	}
	yes, no := b.planted(t.yes), b.planted(t.no)
	if t.bit.not {
		yes, no = no, yes
	}
	return b.add(Node{Kind: update.Select, A: yes, B: no, C: t.bit.node})
}

// combine is a sum, a difference or an extreme.
func (b *cellBuilder) combine(k update.Kind, x, y cellNumber) cellNumber {
	if x.loose != nil && y.loose != nil {
		return b.looseOf(k, x.loose, y.loose)
	}
	if k == update.Add && zero(x) || (k == update.Add || k == update.Sub) && zero(y) {
		if zero(y) {
			return x
		}
		return y
	}
	if (k == update.Add || k == update.Sub) && x.loose == nil && y.loose == nil {
		if sum, shared := b.gathered(k, x.node, y.node); shared {
			return sum
		}
	}
	return cellNumber{node: b.add(Node{Kind: k, A: b.inClass(x), B: b.inClass(y)})}
}

func zero(x cellNumber) bool {
	return x.loose != nil && x.loose.data != nil && !layers.AnyNonZero(x.loose.data.F)
}

func (b *cellBuilder) looseOf(k update.Kind, x, y *tree) cellNumber {
	t := x.with(y, arithmetic[k], map[int]bool{})
	if t.leaves() > maxLeaves {
		b.refuse("chooses between %d constants by its bits; at most %d are followed", t.leaves(), maxLeaves)
	}
	return cellNumber{node: -1, loose: t}
}

// times is a product with a number that only bits decide: a product with each that it can be.
func (b *cellBuilder) times(x, y cellNumber) cellNumber {
	switch {
	case x.loose != nil && y.loose != nil:
		return b.looseOf(update.Times, x.loose, y.loose)
	case x.loose == nil && y.loose == nil:
		b.refuse("multiplies two numbers that the time steps make")
		return x
	case x.loose != nil:
		x, y = y, x
	}
	if t := y.loose; t.data == nil {
		return b.choose(&t.bit, b.times(x, cellNumber{node: -1, loose: t.yes}), b.times(x, cellNumber{node: -1, loose: t.no}))
	}
	factor := y.loose.data
	if slices.ContainsFunc(factor.F, func(f float64) bool { return math.IsInf(f, 0) || math.IsNaN(f) }) {
		b.refuse("divides by 0")
	}
	f, same := factor.Uniform()
	switch n := b.Nodes[x.node]; {
	case same && f == 1:
		return x
	case same && f == 0:
		return leaf(rewrite.Scalar(0))
	case n.Kind == update.Times:
		return cellNumber{node: b.add(Node{Kind: update.Times, A: n.A, Data: layers.Times(n.Data, factor)})}
	}
	return cellNumber{node: b.add(Node{Kind: update.Times, A: x.node, Data: factor})}
}

func (b *cellBuilder) over(x, y cellNumber) cellNumber {
	if y.loose == nil {
		b.refuse("divides by a number that the time steps make")
		return x
	}
	one := &tree{data: rewrite.Scalar(1)}
	return b.times(x, b.looseOf(update.Over, one, y.loose))
}

// choose is x where a bit is 1, else y.
func (b *cellBuilder) choose(c *choice, x, y cellNumber) cellNumber {
	switch {
	case c.known && c.is:
		return x
	case c.known:
		return y
	case x.bit != nil && y.bit != nil:
		yes, no := b.logic(update.And, c, x.bit), b.logic(update.AndNot, y.bit, c)
		out := cellNumber{node: -1, bit: b.logic(update.Or, yes, no)}
		if x.loose != nil && y.loose != nil {
			out.loose = &tree{bit: *c, yes: x.loose, no: y.loose}
		}
		return out
	case x.loose != nil && y.loose != nil:
		return cellNumber{node: -1, loose: &tree{bit: *c, yes: x.loose, no: y.loose}}
	}
	yes, no := b.inClass(x), b.inClass(y)
	if c.not {
		yes, no = no, yes
	}
	return cellNumber{node: b.add(Node{Kind: update.Select, A: yes, B: no, C: c.node})}
}
