package goasm

import (
	"fmt"
	"math/bits"

	"nomul/ir"
	"nomul/ir/update"
)

// maxUnary is the largest number that is kept in bit planes, and whose rows are
// listed as often as it says.
const maxUnary = 15

// computed is the first operand that is not constant and is as large as the result.
func (p *plan) computed(v *ir.Value) *ir.Value {
	for _, x := range v.Args {
		if x != nil && x.Const() == nil && x.Type.Shape == v.Type.Shape {
			return x
		}
	}
	return nil
}

// orderOfResult is that of the first operand as large as the result.
func (p *plan) orderOfResult(v *ir.Value) order {
	if x := p.computed(v); x != nil {
		return p.at(x).order
	}
	return order{}
}

// operand is the expression of an operand as a vector of 32 bits in an order.
func (p *plan) operand(s *callStage, v *ir.Value, slot int, o order) string {
	if x := v.Args[slot]; x.Const() != nil {
		return "m." + s.vector(p, upper(v.Op.Operands()[slot].Name), o.pick(spread(x, v.Type.Shape)))
	}
	return "m." + p.lanes(v, slot, o)
}

// lanes is the field of an operand as a vector of 32 bits in an order.
func (p *plan) lanes(v *ir.Value, slot int, o order) string {
	x := v.Args[slot]
	if x.Type.Shape == v.Type.Shape {
		return p.full(x, o).name
	}
	b := p.buffer(v, x.Name+"Stretched", full)
	t := p.call(v, b)
	t.line = fmt.Sprintf("%%%s for %%%s", x.Name, v.Name)
	p.stretch(t, x, v.Type.Shape, o)
	p.add(x.Clock, t)
	return b.name
}

// bitwise plans a logical operation on packed spikes.
func (p *plan) bitwise(v *ir.Value) {
	o := p.orderOfResult(v)
	s := p.call(v, p.result(v, packed, o))
	var args []string
	for slot, x := range v.Args {
		switch {
		case x.Const() != nil:
			args = append(args, "m."+s.spikes(p, upper(v.Op.Operands()[slot].Name), o.pick(spread(x, v.Type.Shape))))
		case x.Type.Shape == v.Type.Shape:
			args = append(args, "m."+p.spikes(x, o).name)
		default:
			args = append(args, p.stretchedSpikes(v, x, v.Type.Shape, o))
		}
	}
	f := map[ir.Op]string{ir.OpAnd: "and", ir.OpOr: "or", ir.OpXor: "xor", ir.OpAndNot: "andNot"}[v.Op]
	s.do("%s(m.%s, %s, %s)", f, s.dst.name, args[0], args[1])
	p.add(v.Clock, s)
}

// stretchedSpikes is the expression of spikes stretched to a shape, for v.
func (p *plan) stretchedSpikes(v, x *ir.Value, to ir.Shape, o order) string {
	wide := p.buffer(v, x.Name+"Stretched", full)
	wide.size = to.Size()
	t := p.call(v, wide)
	t.line = fmt.Sprintf("%%%s for %%%s", x.Name, v.Name)
	p.stretch(t, x, to, o)
	p.add(x.Clock, t)
	b := p.buffer(v, x.Name+"Spikes", packed)
	b.size = to.Size()
	t = p.call(v, b)
	t.line = fmt.Sprintf("%%%s for %%%s, packed", x.Name, v.Name)
	t.do("pack(m.%s, %s)", b.name, wide.elements())
	p.add(x.Clock, t)
	return "m." + b.name
}

// countable reports whether a value is a small sum of spikes or of numbers in planes.
func (p *plan) countable(v *ir.Value) bool {
	if v.Op != ir.OpAdd {
		return false
	}
	for _, x := range v.Args {
		if x.Const() != nil || p.fused[x] || x.Type.Shape != v.Type.Shape || p.at(x).form != packed && p.at(x).form != planes {
			return false
		}
	}
	return v.Range.Hi <= maxUnary
}

// addPlanes adds small numbers in bit planes.
func (p *plan) addPlanes(v *ir.Value) {
	o := p.orderOfResult(v)
	b := p.result(v, planes, o)
	b.planes = bits.Len64(uint64(v.Range.Hi))
	s := p.call(v, b)
	s.do("clear(m.%s)", b.name)
	for _, arg := range v.Args {
		s.count(p.spikes(arg, o))
	}
	p.add(v.Clock, s)
}

// count adds spikes, or numbers in planes, to the stage's planes.
func (s *callStage) count(x *view) {
	words := x.words()
	for plane := range max(1, x.planes) {
		s.do("count(m.%s[%d:], m.%s[%d:%d])", s.dst.name, plane*words, x.name, plane*words, (plane+1)*words)
	}
}

// csd multiplies by constants as sums of shifted copies. The code has, for each
// run of places with one factor, its length, the number of digits, and each
// digit's shift, doubled, with 1 for a digit that is subtracted.
func (p *plan) csd(v *ir.Value) {
	o, a := p.orderOfResult(v), v.Attrs.(ir.CSDAttrs)
	s := p.call(v, p.result(v, full, o))
	factors := o.pick(spread(v.Args[1], v.Type.Shape))
	var code []int
	var digits []update.Digit
	for from := 0; from < len(factors); {
		to := from
		for to < len(factors) && factors[to] == factors[from] {
			to++
		}
		digits = update.AppendCSD(digits[:0], factors[from])
		code = append(code, to-from, len(digits))
		for _, d := range digits {
			code = append(code, d.Shift<<1|(1-d.Sign)>>1)
		}
		from = to
	}
	up, upNegative := roundings(a.Round, a.Shift)
	x := p.operand(s, v, 0, o)
	s.do("csd(m.%s, %s, m.%s, %d, %d, %d)", s.dst.name, x, s.table(p, "Code", code), a.Shift, up, upNegative)
	p.add(v.Clock, s)
}

// roundings are what is added before a right shift, and what to a negative number besides.
func roundings(r ir.Round, shift int) (up, upNegative int64) {
	switch r {
	case ir.RoundCeil:
		return 1<<shift - 1, 0
	case ir.RoundZero:
		return 0, 1<<shift - 1
	}
	return 0, 0
}
