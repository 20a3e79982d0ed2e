package scales

import (
	"fmt"
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// Cell is the program of a cell of real numbers, written so that each number has a unit: numbers
// that are added, chosen between or compared are in one class, and a product is with a constant.
// Numbers that only bits decide, such as 1 − s, are in no class: they become constants, chosen by
// the bits, in the class of each of their readers.
type Cell struct {
	Value *ir.Value
	Nodes []Node
	// Vars are the state variables of the program, in its order.
	Vars   []CellState
	Result int

	parent   []int // union-find over nodes
	compared []int // constants, and choices of them, that numbers are compared with
}

// Node is an instruction of a Cell. A constant is Data, and a product is of A and Data. The others
// are those of a program; numbers that are taken are of one class.
type Node struct {
	Kind    update.Kind
	A, B, C int
	At      int // the operand, or the state variable
	Data    *ir.Tensor
	// Limit is the comparison that takes a constant, beside a number that no constants are added to;
	// 0 is none.
	Limit ir.Compare
}

// CellState is a state variable: its node of loading, −1 for none, the one that is stored, and the
// real numbers it starts from.
type CellState struct {
	Load, Stored int
	Start        *ir.Tensor
}

// Bit reports whether a node is a bit.
func (c *Cell) Bit(at int) bool {
	n := c.Nodes[at]
	return update.Instr{Kind: n.Kind}.Bit() || n.Kind == update.Operand && c.Value.Args[n.At].Type.IsSpike()
}

// Class returns the node that stands for the class of a number.
func (c *Cell) Class(at int) int {
	for c.parent[at] != at {
		at = c.parent[at]
	}
	return at
}

// Classes lists the classes of numbers.
func (c *Cell) Classes() []int {
	var out []int
	for at := range c.Nodes {
		if root := c.Class(at); root == at && !c.Bit(at) {
			out = append(out, at)
		}
	}
	return out
}

// Of lists the nodes of a class.
func (c *Cell) Of(class int) []int {
	var out []int
	for at := range c.Nodes {
		if !c.Bit(at) && c.Class(at) == class {
			out = append(out, at)
		}
	}
	return out
}

// Operands lists the slots of a class's operands.
func (c *Cell) Operands(class int) []int {
	var out []int
	for _, at := range c.Of(class) {
		if n := c.Nodes[at]; n.Kind == update.Operand && !slices.Contains(out, n.At) {
			out = append(out, n.At)
		}
	}
	return out
}

// Constants lists those of a class that are not 0: those that are compared, of all if there are
// none, and all.
func (c *Cell) Constants(class int) (limits, all []*ir.Tensor) {
	add := func(t *ir.Tensor, limit bool) {
		if t != nil && layers.AnyNonZero(t.F) {
			if all = append(all, t); limit {
				limits = append(limits, t)
			}
		}
	}
	limit := map[int]bool{}
	for _, at := range c.compared {
		c.reach(at, limit)
	}
	for _, at := range c.Of(class) {
		add(c.Nodes[at].constant(), limit[at])
	}
	for _, v := range c.Vars {
		if v.Load >= 0 && c.Class(v.Load) == class {
			add(v.Start, false)
		}
	}
	if limits == nil {
		limits = all
	}
	return limits, all
}

// reach notes a node, and those that a choice is between.
func (c *Cell) reach(at int, seen map[int]bool) {
	if seen[at] = true; c.Nodes[at].Kind == update.Select {
		c.reach(c.Nodes[at].A, seen)
		c.reach(c.Nodes[at].B, seen)
	}
}

func (n Node) constant() *ir.Tensor {
	if n.Kind == update.Const {
		return n.Data
	}
	return nil
}

// Leaks reports whether a number of a class is multiplied by a constant.
func (c *Cell) Leaks(class int) bool {
	return slices.ContainsFunc(c.Of(class), func(at int) bool { return c.Nodes[at].Kind == update.Times })
}

// Errors are made in each step, in units: of each operand, of each product, and of each constant.
type Errors struct{ Operand, Product, Constant float64 }

// Response is the largest error of a comparison or a result in a class, after so many steps.
func (c *Cell) Response(class, steps int, e Errors) float64 {
	state, most := make([]float64, len(c.Vars)), 0.0
	for range steps {
		of := c.errors(state, e)
		for at, n := range c.Nodes {
			if n.compares() && c.Class(n.A) == class {
				most = max(most, of[n.A]+of[n.B])
			}
			if at == c.Result && c.Class(at) == class {
				most = max(most, of[at])
			}
		}
		before := slices.Clone(state)
		for i, v := range c.Vars {
			state[i] = of[v.Stored]
		}
		if slices.Equal(before, state) {
			break
		}
	}
	return min(most, math.MaxFloat32)
}

func (n Node) compares() bool { return update.Instr{Kind: n.Kind}.Compares() }

// partsOfFactor is how many parts of a number are rounded, on average, where factors differ from
// element to element.
const partsOfFactor = 8

// errors are those of the nodes in a step, where the state has some already.
func (c *Cell) errors(state []float64, e Errors) []float64 {
	of := make([]float64, len(c.Nodes))
	for at, n := range c.Nodes {
		if c.Bit(at) {
			continue
		}
		switch n.Kind {
		case update.Load:
			of[at] = state[n.At]
		case update.Operand:
			of[at] = e.Operand
		case update.Const:
			of[at] = e.Constant
		case update.Add, update.Sub:
			of[at] = of[n.A] + of[n.B]
		case update.Times:
			product := e.Product
			if f, same := n.Data.Uniform(); !same { // several may be added up
				product *= partsOfFactor
			} else if f == math.Trunc(f) {
				product = 0
			}
			of[at] = min(of[n.A]*Greatest(n.Data)+product, math.MaxFloat32)
		case update.Min, update.Max, update.Select:
			of[at] = max(of[n.A], of[n.B])
		}
	}
	return of
}

// LostUnits bounds the loss of the numbers of a class by rounding, in their units.
func (c *Cell) LostUnits(class, steps int) float64 {
	e := Errors{}
	if c.LeakRounding(class) == LeakRounded {
		e.Product = 1
	}
	if slices.ContainsFunc(c.Operands(class), func(slot int) bool { return addsBias(c.Value.Args[slot]) }) {
		e.Operand = 0.5
	}
	return c.Response(class, steps, e)
}

// cell gives the operands of each class one unit, if they agree on one, and lets the constants of
// the class be whole in it.
func (s *scaler) cell(v *ir.Value) error {
	c, err := NewCell(v)
	if err != nil {
		return err
	}
	for _, class := range c.Classes() {
		var of []gauge
		for _, slot := range c.Operands(class) {
			if g, ok := s.gauges[v.Args[slot]]; ok {
				of = append(of, g.stretch(gaugeShape(g, v)))
			}
		}
		if len(of) == 0 {
			continue
		}
		joint := of[0]
		s.agree(of, nil, func() bool {
			agree := true
			for _, g := range of[1:] {
				agree = s.meet(&joint, g) && agree
			}
			return agree
		})
		s.cellClass(c, class, joint)
	}
	if _, ok := s.gauges[v]; !ok && v.Type.IsReal() {
		return s.ownResult(c)
	}
	return nil
}

// ownResult gives a result that is made of constants alone, which spikes choose, a unit of these.
func (s *scaler) ownResult(c *Cell) error {
	class, v := c.Class(c.Result), c.Value
	_, all := c.Constants(class)
	if len(all) == 0 || len(c.Operands(class)) > 0 {
		return rewrite.Refuse(v, diag.NotExact, "hands on a number that only its spikes make, which has no unit of weights").
			WithHelp("hand on its spikes, and filter them where they are read")
	}
	g := s.fresh(layers.Ones(v.Type.Shape.Rank()))
	src := &source{gauge: g, least: []float64{math.Inf(1)}, whole: []float64{0}, free: true}
	for _, t := range all {
		src.least[0] = min(src.least[0], LeastMagnitude(finely(t.F)))
	}
	s.cellClass(c, class, s.ask(src))
	return nil
}

// cellClass notes a class: a sink of its operands, and its unit if it has the result.
func (s *scaler) cellClass(c *Cell, class int, g gauge) {
	v := c.Value
	limits, all := c.Constants(class)
	for _, t := range all {
		s.note(g.stretch(gaugeShape(g, v)), t, true)
	}
	if len(limits) > 0 {
		s.sinks = append(s.sinks, &sink{value: v, gauge: g, limits: limits, numbers: all,
			lost: c.LostUnits(class, s.steps), grows: c.Response(class, s.steps, Errors{Operand: 1})})
	}
	if !v.Type.IsReal() || c.Class(c.Result) != class {
		return
	}
	s.gauges[v] = g.finer(ResultGuard(c, s.sizes, s.steps))
}

// ResultGuard is how many fraction bits a result has that is a number, as SilentGuard.
func ResultGuard(c *Cell, sizes map[*ir.Value]RealSize, steps int) int {
	return cellSize(c, sizes, steps).guard(c.LostUnits(c.Class(c.Result), steps))
}

// cellSize is the size of a result that is a number, without its guard bits.
func cellSize(c *Cell, sizes map[*ir.Value]RealSize, steps int) RealSize {
	class, out := c.Class(c.Result), RealSize{}
	for _, slot := range c.Operands(class) {
		out = out.joined(sizes[c.Value.Args[slot]])
	}
	out.Most *= c.Response(class, steps, Errors{Operand: 1})
	_, all := c.Constants(class)
	for _, t := range all {
		out = out.beside(t)
	}
	return out
}

// OwnUnit is the unit of a class without operands that have one: that of which its constants are
// whole multiples, or one that is fine beside the least of them.
func (c *Cell) OwnUnit(class, bits int) float64 {
	_, all := c.Constants(class)
	var numbers []float64
	if len(c.Operands(class)) > 0 {
		numbers = append(numbers, 1)
	}
	for _, t := range all {
		numbers = append(numbers, t.F...)
	}
	if len(numbers) == 0 {
		return 1
	}
	if unit := commonUnit(numbers, 1<<factorBits); unit > 0 && !c.Leaks(class) {
		return unit
	}
	return math.Ldexp(PowerAbove(LeastMagnitude(numbers)), -bits)
}

// refuse names a cell's instruction that has no integer form.
func (b *cellBuilder) refuse(format string, args ...any) {
	if b.err == nil {
		b.err = rewrite.Refuse(b.v, diag.NotExact, "%s", fmt.Sprintf(format, args...))
	}
}
