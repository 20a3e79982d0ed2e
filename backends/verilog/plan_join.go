package verilog

import (
	"fmt"
	"strings"

	"nomul/backends/lower"
	"nomul/ir"
)

// join puts a unit without a program before one that takes tiles as they come but reads several
// units: an element of it has, side by side, an element of each, that of the first in the lowest bits.
func (p *plan) join(u *unit) {
	j := &unit{Kind: kindMap, Array: &lower.Array{Name: u.Array.Name + ".operands"}, Text: "the operands of " + u.Array.Name + ", side by side",
		Clock: ir.Step, Xs: u.Xs, vector: u.vector}
	at := make([]int, len(u.Xs))
	j.Bits, j.Signed = 0, false
	for port, x := range u.Xs {
		j.Operands = append(j.Operands, operand{port, port, x.Bits, x.Signed, 0, x.Bits})
		at[port], j.Bits = j.Bits, j.Bits+x.Bits
	}
	for i, o := range u.Operands {
		u.Operands[i].Port, u.Operands[i].at, u.Operands[i].of = 0, at[o.Port], j.Bits
	}
	u.Xs = []*unit{p.add(j)}
}

// sideBySide is an element of a unit that joins.
func (u *unit) sideBySide() string {
	var names []string
	for _, o := range u.Operands {
		names = append([]string{fmt.Sprint("x", o.Slot)}, names...)
	}
	return "{" + strings.Join(names, ", ") + "}"
}
