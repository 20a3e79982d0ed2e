package verilog

import (
	"fmt"

	"nomul/ir/update"
)

// symbols are the operators of instructions that take two values.
var symbols = map[update.Kind]string{
	update.Add: "+", update.Sub: "-", update.AtLeast: ">=", update.Above: ">",
	update.And: "&", update.Or: "|", update.Xor: "^", update.AndNot: "& ~",
}

// expression is an instruction in Verilog, of its values as signed numbers. Sums wrap.
func expression(i update.Instr, read func(update.Value) string) string {
	a, b := read(i.A), read(i.B)
	switch i.Kind {
	case update.Shl:
		return fmt.Sprintf("%s <<< %d", a, i.At)
	case update.Min:
		return fmt.Sprintf("%s < %s ? %s : %s", a, b, a, b)
	case update.Max:
		return fmt.Sprintf("%s > %s ? %s : %s", a, b, a, b)
	case update.Select:
		return fmt.Sprintf("%s ? %s : %s", read(i.C), a, b)
	}
	return a + " " + symbols[i.Kind] + " " + b
}

// number is a signed literal.
func number(bits int, n int64) string {
	if n < 0 {
		return fmt.Sprintf("-%d'sd%d", bits, -n)
	}
	return fmt.Sprintf("%d'sd%d", bits, n)
}
