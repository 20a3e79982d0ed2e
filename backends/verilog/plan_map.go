package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// Lanewise is what is particular to the hardware of an op that works lane by lane.
type Lanewise struct {
	Operands []operand
	Work     int  // bits of its arithmetic
	UsesStep bool // it asks whether this is the first step
	Formula  string
}

// operand is one operand of a lanewise op: the unit that keeps it, or a constant.
type operand struct {
	Name  string // a, b, c
	From  int    // in Xs; −1 for a constant
	Unit  *unit
	Param param
}

// Bits and Signed are those of the operand's elements.
func (o operand) Bits() int {
	if o.Unit != nil {
		return o.Unit.Bits
	}
	return o.Param.Bits
}

// Signed tells whether the operand's elements have a sign.
func (o operand) Signed() bool { return o.Unit == nil || o.Unit.Signed }

// operandName is the name of an operand of a lanewise op.
func operandName(slot int) string { return string(rune('a' + slot)) }

// formula is the result of a program in Work bits, given the expression of each
// leaf: an operand, a number or a state variable.
func formula(p *update.Program, work int, leaf func(i update.Instr) string) string {
	d := datapath{Program: p, Work: work}
	d.read = func(v update.Value) string {
		switch i := p.Code[v]; i.Kind {
		case update.Load, update.Step, update.Operand, update.Param, update.Const:
			return leaf(i)
		default:
			return "(" + d.expression(i) + ")"
		}
	}
	return d.word(p.Result())
}

// lanewise plans an op whose operands lie in one order: that of the first that
// is computed.
func (p *plan) lanewise(v *ir.Value) {
	u := &unit{Kind: kindMap, V: v, Clock: v.Clock}
	p.lay(u, v.Args)
	program, _ := v.Update(p.Net.Steps)
	u.Formula = formula(program, u.Work, func(i update.Instr) string {
		if i.Kind == update.Const {
			return number(u.Work, i.At)
		}
		return operandName(int(i.At))
	})
	p.add(u, true)
}

// lay finds units and constants for the operands of a lanewise unit. Something
// must be read, so that of constants alone the first is stored like any other value.
func (p *plan) lay(u *unit, args []*ir.Value) {
	shape := u.V.Type.Shape
	read := slices.IndexFunc(args, func(a *ir.Value) bool { return a.Const() == nil })
	for i, a := range args {
		if i == max(0, read) {
			x, order := p.stored(a, p.view(a).spread(a.Type.Shape, shape))
			u.vector = newVector(u.V, x.Lanes, order)
		}
	}
	u.Work = u.V.Range.SignedBits()
	for i, a := range args {
		o := operand{Name: operandName(i), From: -1}
		if a.Const() == nil || i == 0 && read < 0 {
			o.Unit = p.arranged(a, p.view(a).spread(a.Type.Shape, shape), u.Lanes, u.Order)
			o.From = u.port(o.Unit)
		} else {
			o.Param = sized(newParam("constant_"+o.Name, a, shape, 0, u.vector))
		}
		u.Work = max(u.Work, a.Range.SignedBits())
		u.Operands = append(u.Operands, o)
	}
}

// port is the number of the port that reads x's memory.
func (u *unit) port(x *unit) int {
	for i, have := range u.Xs {
		if have == x {
			return i
		}
	}
	u.Xs = append(u.Xs, x)
	return len(u.Xs) - 1
}

// csd is a product with a constant as a sum of shifted copies: one term for each
// bit that some element's canonical digits have, added where the digit is 1 and
// subtracted where it is −1; then one rounding shift.
func (p *plan) csd(v *ir.Value) {
	u := &unit{Kind: kindMap, V: v, Clock: v.Clock}
	p.lay(u, v.Args[:1])
	factor := newParam("", v.Args[1], v.Type.Shape, 0, u.vector)
	plus, minus, top := digitMasks(factor.Data)
	u.Operands = append(u.Operands,
		operand{Name: "plus", From: -1, Param: param{Name: "plus", Bits: top + 1, Data: plus}},
		operand{Name: "minus", From: -1, Param: param{Name: "minus", Bits: top + 1, Data: minus}})
	a := v.Attrs.(ir.CSDAttrs)
	u.Work = csdBits(v)
	u.Formula = csdFormula(plus, minus, a, u.Work)
	p.add(u, true)
}

// digitMasks are the bits of the digits that are 1 and −1, and the highest position.
func digitMasks(factors []int64) (plus, minus []int64, top int) {
	plus, minus = make([]int64, len(factors)), make([]int64, len(factors))
	for i, f := range factors {
		for _, d := range update.CSD(f) {
			at := &plus[i]
			if d.Sign < 0 {
				at = &minus[i]
			}
			*at |= 1 << d.Shift
			top = max(top, d.Shift)
		}
	}
	return plus, minus, top
}

// csdBits holds the product, each shifted copy, and what is added to round up.
func csdBits(v *ir.Value) int {
	x, w := v.Args[0].Range.SignedBits(), v.Args[1].Range.SignedBits()
	return max(x+w, v.Attrs.(ir.CSDAttrs).Shift) + 2
}

func csdFormula(plus, minus []int64, a ir.CSDAttrs, work int) string {
	var some int64
	for i := range plus {
		some |= plus[i] | minus[i]
	}
	zero := fmt.Sprintf("%d'sd0", work)
	var terms []string
	for at := range 62 {
		if some>>at&1 == 0 {
			continue
		}
		terms = append(terms, fmt.Sprintf("(plus[%d] ? (a <<< %d) : minus[%d] ? -(a <<< %d) : %s)", at, at, at, at, zero))
	}
	if len(terms) == 0 {
		return zero
	}
	sum := strings.Join(terms, " + ")
	up := fmt.Sprintf("%d'sd%d", work, int64(1)<<a.Shift-1)
	switch {
	case a.Shift == 0:
		return sum
	case a.Round == ir.RoundCeil:
		sum += " + " + up
	case a.Round == ir.RoundZero:
		sum = fmt.Sprintf("(%s) + ((%s) < %s ? %s : %s)", sum, sum, zero, up, zero)
	}
	return fmt.Sprintf("(%s) >>> %d", sum, a.Shift)
}

// A delay is a unit that gives the memory of its latch, or its initial value in
// the first step; the latch stores at the end of the step. The latch's unit
// comes first, for the delay reads it.
func (p *plan) delay(v *ir.Value) {
	latch := p.latches[v]
	lanes, order := inOrder(v.Type.Size(), p.Lanes)
	kept := &unit{Kind: kindMap, V: latch, Clock: ir.Step, vector: newVector(latch, lanes, order)}
	p.add(kept, true)
	u := &unit{Kind: kindMap, V: v, Clock: ir.Step, vector: newVector(v, lanes, order), Xs: []*unit{kept}}
	u.UsesStep, u.Formula, u.Work = true, "first ? a : b", v.Range.SignedBits()
	u.Operands = []operand{
		{Name: "a", From: -1, Param: sized(newParam("constant_a", v.Args[0], v.Type.Shape, 0, u.vector))},
		{Name: "b", Unit: kept},
	}
	p.add(u, true)
}

// latch fills in what the latch's unit stores.
func (p *plan) latch(v *ir.Value) {
	u := p.byVal[v]
	x := v.Args[1]
	from := p.arranged(x, p.view(x), u.Lanes, u.Order)
	u.Xs, u.X = []*unit{from}, from
	u.Operands = []operand{{Name: "a", Unit: from}}
	u.Work, u.Formula = max(v.Range.SignedBits(), x.Range.SignedBits()), "a"
}

// Result is the lane's result in the bits of the unit.
func (u *unit) Result() string { return slice("result", u.Bits, u.Work) }
