package metrics

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Edge is one weighted operand: a place where the mathematics has a product.
// The level is the cost of the product:
//
//	L0  one side is 0 or 1: add or not
//	L1  one side is −1, 0 or 1: add, subtract or not
//	L3  K-bit words run as K bit planes: additions and shifts
//	L4  a multiplication
type Edge struct {
	Value   string `json:"value"`
	Op      string `json:"op"`
	Operand string `json:"operand"` // the side that decides the level
	Level   string `json:"level"`
	Reason  string `json:"reason"`
}

// The levels that occur; L2 (unary slots) has no op in the IR.
const (
	L0 = "L0"
	L1 = "L1"
	L3 = "L3"
	L4 = "L4"
)

// judges hold, per op that has products, how its edges are found. Ops without
// a row have none.
var judges = map[ir.Op]func(k knowledge, v *ir.Value) []Edge{
	ir.OpLinear:     knowledge.linear,
	ir.OpConv:       knowledge.linear,
	ir.OpMatmul:     knowledge.matmul,
	ir.OpMul:        knowledge.product,
	ir.OpDiv:        knowledge.division,
	ir.OpMod:        knowledge.division,
	ir.OpPow:        knowledge.power,
	ir.OpReduceProd: knowledge.factors,
	ir.OpMap:        knowledge.function,
	ir.OpSoftmax:    knowledge.softmax,
	ir.OpCSD:        knowledge.digits,
	ir.OpBatchNorm:  knowledge.batchNorm,
	ir.OpReduceMean: knowledge.mean,
	ir.OpAvgPool:    knowledge.poolMean,
	ir.OpNeuron:     knowledge.neuron,
	ir.OpCell:       knowledge.cell,
	ir.OpUnknown:    knowledge.unknown,
}

// Verdict lists every weighted edge of a net, in net order. Products of
// constants are not among them: they are made once, by the compiler.
func Verdict(net *ir.Net) []Edge {
	edges := []Edge{}
	known := know(net)
	for _, v := range net.Values {
		if judge := judges[v.Op]; judge != nil && !known[v].constant {
			edges = append(edges, judge(known, v)...)
		}
	}
	return edges
}

// Worst is the highest level among the edges; L0 when there are none.
func Worst(edges []Edge) string {
	worst := L0
	for _, e := range edges {
		worst = max(worst, e.Level)
	}
	return worst
}

// Multiplications counts the edges that multiply.
func Multiplications(edges []Edge) int {
	n := 0
	for _, e := range edges {
		if e.Level == L4 {
			n++
		}
	}
	return n
}

// UsesShifts reports whether a net is run with shifts: leaks by a power of two or
// by digits, guard bits, bit planes, shifted sums.
func UsesShifts(net *ir.Net) bool {
	for _, v := range net.Values {
		switch a := v.Attrs.(type) {
		case ir.NeuronAttrs:
			if shifts(a.Leak) || shifts(a.Current) || a.Guard > 0 {
				return true
			}
		case ir.CellAttrs:
			if slices.ContainsFunc(a.Do.Code, func(i update.Instr) bool { return i.Kind == update.Leak || i.Kind == update.Shl }) {
				return true
			}
		case ir.LinearAttrs:
			if a.Slots == ir.SlotsPlanes {
				return true
			}
		case ir.ConvAttrs:
			if a.Slots == ir.SlotsPlanes {
				return true
			}
		case ir.ShlAttrs, ir.CSDAttrs, ir.LevelsAttrs, ir.TableAttrs:
			return true
		}
	}
	return false
}

func shifts(l ir.Leak) bool {
	return l.Kind == ir.LeakShift || l.Kind == ir.LeakDecay || l.Kind == ir.LeakCSD
}

func edge(v, operand *ir.Value, level, format string, args ...any) []Edge {
	return []Edge{{v.Name, v.Op.String(), operand.Name, level, fmt.Sprintf(format, args...)}}
}

func (k knowledge) linear(v *ir.Value) []Edge {
	x, w := v.Arg(0), v.Arg(1)
	if edges := k.sides(v, x, w); edges != nil {
		return edges
	}
	if x.Type.IsReal() {
		return edge(v, x, L4, "real numbers times weights")
	}
	return edge(v, x, L3, "%d-bit words, run as bit planes: %s", x.Type.Bits, origin(x))
}

func (k knowledge) product(v *ir.Value) []Edge {
	a, b := v.Arg(0), v.Arg(1)
	if edges := k.sides(v, a, b); edges != nil {
		return edges
	}
	if k[a].constant {
		a, b = b, a
	}
	if f, ok := uniform(b); ok {
		return edge(v, a, L4, "times the constant %v", f)
	}
	if k[b].constant {
		return edge(v, a, L4, "times constants")
	}
	return edge(v, a, L4, "two computed values, %s and %s, are multiplied", a.Name, b.Name)
}

// matmul says both sides of a matrix product of computed values: of spikes on
// both, coincidences are counted; of spikes on one, they choose the terms of a sum.
func (k knowledge) matmul(v *ir.Value) []Edge {
	edges := k.product(v)
	a, b := v.Arg(0), v.Arg(1)
	if k[a].constant || k[b].constant || edges[0].Level != L0 {
		return edges
	}
	other := a
	if edges[0].Operand == a.Name {
		other = b
	}
	if k[other].class == binary {
		edges[0].Reason = "0 or 1 on both sides: coincidences are counted"
	} else {
		edges[0].Reason = fmt.Sprintf("0 or 1, by which %s of %%%s are added", elements(other), other.Name)
	}
	return edges
}

// elements names the elements of a value.
func elements(v *ir.Value) string {
	if v.Type.IsReal() {
		return "numbers"
	}
	return fmt.Sprintf("%d-bit words", v.Type.Bits)
}

// sides decides a product that one side makes cheap; nil when none does.
func (k knowledge) sides(v, x, w *ir.Value) []Edge {
	for _, side := range []*ir.Value{x, w} {
		if k[side].class == binary {
			return edge(v, side, L0, "0 or 1")
		}
	}
	for _, side := range []*ir.Value{x, w} {
		if k[side].class == ternary {
			return edge(v, side, L1, "−1, 0 or 1")
		}
	}
	return nil
}

func (k knowledge) division(v *ir.Value) []Edge {
	if f, ok := uniform(v.Arg(1)); ok {
		return edge(v, v.Arg(0), L4, "divided by the constant %v", f)
	}
	return edge(v, v.Arg(0), L4, "divided by %s", v.Arg(1).Name)
}

func (k knowledge) batchNorm(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L4, "batch-norm: a factor per channel")
}

func (k knowledge) mean(v *ir.Value) []Edge {
	n := v.Arg(0).Type.Size() / v.Type.Size()
	return edge(v, v.Arg(0), L4, "a mean divides by %d", n)
}

func (k knowledge) poolMean(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L4, "a mean divides by the size of its window; the scale goes into weights or thresholds")
}

func (k knowledge) power(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L4, "to a power%s", value(v.Arg(1)))
}

func (k knowledge) factors(v *ir.Value) []Edge {
	if c := k[v.Arg(0)].class; c != other {
		return edge(v, v.Arg(0), map[class]string{binary: L0, ternary: L1}[c], "the factors are 0 or 1, or −1")
	}
	return edge(v, v.Arg(0), L4, "%d factors are multiplied", v.Arg(0).Type.Size()/v.Type.Size())
}

// additive are the functions that compare, negate or round; they have no product.
var additive = map[ir.Fn]bool{
	ir.FnRelu: true, ir.FnAbs: true, ir.FnFloor: true, ir.FnCeil: true, ir.FnRound: true, ir.FnSign: true,
}

func (k knowledge) function(v *ir.Value) []Edge {
	fn := v.Attrs.(ir.MapAttrs).Fn
	if additive[fn] {
		return nil
	}
	return edge(v, v.Arg(0), L4, "%v has no form without products", fn)
}

func (k knowledge) softmax(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L4, "softmax divides by a sum; behind everything else it does not change the largest")
}

func (k knowledge) digits(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L3, "times constants%s, run as additions of shifted copies", value(v.Arg(1)))
}

func (k knowledge) neuron(v *ir.Value) []Edge {
	var out []Edge
	a := v.Attrs.(ir.NeuronAttrs)
	for _, l := range a.Leaks() {
		if by := v.Arg(l.Slot); by != nil {
			out = append(out, edge(v, by, L4, "%s times leak%s", l.Of, value(by))...)
		}
	}
	if by := v.Arg(ir.NeuronGain); by != nil {
		out = append(out, edge(v, by, L4, "input times gain%s", value(by))...)
	}
	for _, l := range a.Leaks() {
		if l.Form.Kind == ir.LeakCSD {
			out = append(out, edge(v, v, L3, "the %s times %d/2^%d, run as additions of shifted copies", l.Of, l.Form.N, l.Form.K)...)
		}
	}
	return out
}

// cell judges the products of a cell's program: of real numbers, and those run as additions of
// shifted copies.
func (k knowledge) cell(v *ir.Value) []Edge {
	var out []Edge
	for _, i := range v.Attrs.(ir.CellAttrs).Do.Code {
		switch {
		case i.OfReals():
			out = append(out, edge(v, v, L4, "its state %v a number", i.Kind)...)
		case i.Kind == update.Leak && len(i.Decay.Digits) > 1:
			out = append(out, edge(v, v, L3, "its state times a constant, run as additions of shifted copies")...)
		}
	}
	return out
}

// value prints a uniform constant, for a reason.
func value(v *ir.Value) string {
	if f, ok := uniform(v); ok {
		return fmt.Sprintf(", %v", f)
	}
	return ""
}

func (k knowledge) unknown(v *ir.Value) []Edge {
	a := v.Attrs.(ir.UnknownAttrs)
	return edge(v, v, L4, "operator %s is not known: %s", a.Op, a.Reason)
}
