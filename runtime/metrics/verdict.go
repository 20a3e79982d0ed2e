package metrics

import (
	"fmt"

	"nomul/ir"
)

// Edge is one weighted operand: a place where the mathematics has a product.
// The level says what the product costs:
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

// The levels that occur. L2, words run as so many slots of 0 or 1, is the same
// edge run another way; engines here take bit planes.
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
	ir.OpMatmul:     knowledge.product,
	ir.OpMul:        knowledge.product,
	ir.OpDiv:        knowledge.division,
	ir.OpBatchNorm:  knowledge.batchNorm,
	ir.OpReduceMean: knowledge.mean,
	ir.OpAvgPool:    knowledge.pool,
	ir.OpSoftmax:    knowledge.softmax,
	ir.OpPow:        knowledge.product,
	ir.OpReduceProd: knowledge.reduceProduct,
	ir.OpMap:        knowledge.function,
	ir.OpCSD:        knowledge.digits,
	ir.OpNeuron:     knowledge.neuron,
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

// UsesShifts tells whether a net is run with shifts: leaks by a power of two or
// its digits, guard bits, bit planes, units that differ by powers of two.
func UsesShifts(net *ir.Net) bool {
	for _, v := range net.Values {
		switch a := v.Attrs.(type) {
		case ir.NeuronAttrs:
			if shiftingLeak(a.Leak) || shiftingLeak(a.Current) || a.Guard > 0 {
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
		case ir.ShlAttrs, ir.CSDAttrs:
			return true
		}
	}
	return false
}

func shiftingLeak(l ir.Leak) bool {
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
	return edge(v, v.Arg(0), L4, "batch-norm scales every channel; it goes into weights or thresholds")
}

func (k knowledge) mean(v *ir.Value) []Edge {
	n := v.Arg(0).Type.Size() / v.Type.Size()
	return edge(v, v.Arg(0), L4, "a mean divides by %d", n)
}

func (k knowledge) pool(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L4, "a mean divides by up to %d", ir.WindowsOf(v).Taps())
}

func (k knowledge) softmax(v *ir.Value) []Edge {
	return edge(v, v.Arg(0), L4, "softmax takes exponentials and divides")
}

func (k knowledge) reduceProduct(v *ir.Value) []Edge {
	if k[v.Arg(0)].class <= ternary {
		return nil
	}
	return edge(v, v.Arg(0), L4, "multiplies elements with one another")
}

// cheap are the functions that need no multiplication.
var cheap = map[ir.Fn]bool{ir.FnRelu: true, ir.FnAbs: true, ir.FnFloor: true, ir.FnCeil: true, ir.FnRound: true, ir.FnSign: true}

func (k knowledge) function(v *ir.Value) []Edge {
	if fn := v.Attrs.(ir.MapAttrs).Fn; !cheap[fn] {
		return edge(v, v.Arg(0), L4, "%v of numbers is not to be had by additions", fn)
	}
	return nil
}

// digits is a product with a constant, run on its signed digits.
func (k knowledge) digits(v *ir.Value) []Edge {
	most := 0
	for _, f := range v.Arg(1).Const().I {
		most = max(most, len(ir.CSD(f)))
	}
	if most <= 1 && v.Attrs.(ir.CSDAttrs).Shift == 0 && k[v.Arg(1)].class <= ternary {
		return edge(v, v.Arg(0), L1, "times −1, 0 or 1")
	}
	return edge(v, v.Arg(0), L3, "times constants of at most %d signed powers of two, run as shifts and additions", most)
}

func (k knowledge) neuron(v *ir.Value) []Edge {
	var out []Edge
	if a := v.Attrs.(ir.NeuronAttrs); a.Leak.Kind == ir.LeakCSD || a.Current.Kind == ir.LeakCSD {
		out = append(out, edge(v, v, L3, "the membrane's leak, %v, is run as shifts and additions", a.Leak)...)
	}
	if leak := v.Arg(ir.NeuronLeak); leak != nil {
		out = append(out, edge(v, leak, L4, "the membrane is multiplied by its leak%s", value(leak))...)
	}
	if leak := v.Arg(ir.NeuronCurrent); leak != nil {
		out = append(out, edge(v, leak, L4, "the current is multiplied by its leak%s", value(leak))...)
	}
	if gain := v.Arg(ir.NeuronGain); gain != nil {
		out = append(out, edge(v, gain, L4, "the input is multiplied by its gain%s", value(gain))...)
	}
	return out
}

// value prints what a uniform constant is, for a reason.
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
