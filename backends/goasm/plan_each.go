package goasm

import (
	"nomul/ir"
	"nomul/ir/update"
)

// lanewise reports whether each plans an op, as a program in lanes of 32 bits.
func lanewise(op ir.Op) bool { return op.Elementwise() && placers[op] == nil }

// mostLeaves is the number of operands of a program that may become a part of another: three
// such parts, and what they give, are slices that every machine has registers for.
const mostLeaves = 2

// leaf is an operand of one or several ops that are one program.
type leaf struct {
	of   *ir.Value
	slot int
}

// each runs an elementwise op as a program, together with operands that nothing else reads.
// Small sums of spikes are counted.
func (p *plan) each(v *ir.Value) {
	if p.countable(v) {
		p.addPlanes(v)
		return
	}
	b := &update.Builder{}
	var leaves []leaf
	b.Result(p.joined(b, v, &leaves))
	if len(leaves) <= mostLeaves && p.joins(v) {
		p.fused[v], p.of[v] = true, p.at(p.computed(v))
		return
	}
	o := p.orderOfResult(v)
	u := expanded{Program: b.Program()}
	u.ranges = u.Ranges(p.net.Steps, func(slot int) ir.Range { return leaves[slot].of.Args[leaves[slot].slot].Range })
	s := p.layer(u, full, p.stage(v, p.result(v, full, o)), operands{
		lanes: func(slot int) string { return p.lanes(leaves[slot].of, leaves[slot].slot, o) },
		data:  func(slot int) []int64 { return o.pick(spread(leaves[slot].of.Args[leaves[slot].slot], v.Type.Shape)) },
	})
	p.add(v.Clock, s)
}

// joined writes an op's program, with those of operands that are parts of it.
func (p *plan) joined(b *update.Builder, v *ir.Value, leaves *[]leaf) update.Value {
	program, _ := v.Update(p.net.Steps)
	return b.Append(program, func(i update.Instr) update.Value {
		if x := v.Args[i.At]; p.fused[x] {
			return p.joined(b, x, leaves)
		}
		*leaves = append(*leaves, leaf{v, int(i.At)})
		if i.Kind == update.Param {
			return b.Param(len(*leaves) - 1)
		}
		return b.Operand(len(*leaves) - 1)
	})
}

// joins reports whether an op is computed by its only reader, which runs as often, on as many
// elements.
func (p *plan) joins(v *ir.Value) bool {
	readers := p.readers[v]
	if len(readers) != 1 || !lanewise(readers[0].Op) {
		return false
	}
	reader := readers[0]
	return v.Clock == reader.Clock && v.Type.Shape == reader.Type.Shape && p.computed(v) != nil
}
