package drawn

import (
	"math/bits"

	"nomul/ir"
)

// either puts two operands in one of their orders.
func (d *drawing) either(x, y *ir.Value) []*ir.Value {
	if d.coin() {
		return []*ir.Value{y, x}
	}
	return []*ir.Value{x, y}
}

func (d *drawing) pair() *ir.Value {
	x := d.operand(below(1 << 20))
	if x == nil {
		return nil
	}
	args := d.either(x, d.partner(x, -100, 100, below(1<<20)))
	return d.add(pick(d.Rand, ir.OpAdd, ir.OpAdd, ir.OpSub, ir.OpMin, ir.OpMax), nil, args...)
}

// logic joins spikes, as bits and as numbers.
func (d *drawing) logic() *ir.Value {
	x := d.operand(spike)
	if x == nil {
		return nil
	}
	op := pick(d.Rand, ir.OpAnd, ir.OpOr, ir.OpXor, ir.OpAndNot, ir.OpAdd, ir.OpSub, ir.OpMax, ir.OpMin)
	return d.add(op, nil, d.either(x, d.partner(x, 0, 1, spike))...)
}

func (d *drawing) where() *ir.Value {
	x := d.operand(spike)
	if x == nil {
		return nil
	}
	return d.add(ir.OpWhere, nil, x, d.partner(x, -9, 9, below(1<<20)), d.partner(x, -9, 9, below(1<<20)))
}

func (d *drawing) single() *ir.Value {
	x := d.operand(below(1 << 16))
	if x == nil {
		return nil
	}
	switch d.IntN(4) {
	case 0:
		return d.add(ir.OpNeg, nil, x)
	case 1:
		return d.add(ir.OpShl, ir.ShlAttrs{K: d.IntN(7)}, x)
	}
	return d.add(ir.OpMap, ir.MapAttrs{Fn: pick(d.Rand, ir.FnRelu, ir.FnAbs)}, x)
}

func (d *drawing) levels() *ir.Value {
	x := d.operand(below(1 << 20))
	if x == nil {
		return nil
	}
	return d.levelsOf(x, 300<<8)
}

// levelsOf spreads the thresholds over numbers up to a greatest.
func (d *drawing) levelsOf(x *ir.Value, most int64) *ir.Value {
	a := ir.LevelsAttrs{Count: 1 + d.IntN(pick(d.Rand, 1, 16, 255)), Ties: pick(d.Rand, ir.TiesUp, ir.TiesEven, ir.TiesOdd)}
	below := 1 + d.Int64N(max(1, min(300, most>>bits.Len(uint(a.Count))))) // the sum of all lower bits, at most
	args := []*ir.Value{x, d.constant(-200, 300, d.part(x.Type.Shape)...), d.constant(1, below, d.part(x.Type.Shape)...)}
	if d.coin() {
		for b := 1; b < bits.Len(uint(a.Count)); b++ {
			most := below + 1 + below/4
			args = append(args, d.constant(below+1, most, d.part(x.Type.Shape)...))
			below += most
		}
	}
	return d.add(ir.OpLevels, a, args...)
}

func (d *drawing) table() *ir.Value {
	x := d.operand(func(v *ir.Value) bool { return !v.Type.IsReal() && v.Range.Lo >= 0 && v.Range.Hi < 600 })
	if x == nil {
		return nil
	}
	entries, spread := make([]int, x.Range.Hi+1+int64(d.IntN(3))), pick(d.Rand, 2, 200, 70000)
	for i := range entries {
		entries[i] = d.IntN(spread) - d.IntN(2)*spread/2
	}
	return d.add(ir.OpTable, ir.TableAttrs{Entries: entries}, x)
}

func (d *drawing) csd() *ir.Value {
	x := d.operand(below(1 << 16))
	if x == nil {
		return nil
	}
	a := ir.CSDAttrs{Shift: d.IntN(9), Round: pick(d.Rand, ir.RoundFloor, ir.RoundCeil, ir.RoundZero)}
	return d.add(ir.OpCSD, a, x, d.constant(-200, 300, d.part(x.Type.Shape)...))
}
