package verilog

import (
	"fmt"

	"nomul/ir/update"
)

// symbols are the operators of instructions that take two values.
var symbols = map[update.Kind]string{
	update.Add: "+ ", update.Sub: "- ", update.AtLeast: ">= ", update.Above: "> ",
	update.And: "& ", update.Or: "| ", update.Xor: "^ ", update.AndNot: "& ~",
}

// datapath is a program in Verilog, on signed numbers of Work bits; sums wrap.
type datapath struct {
	*update.Program
	Work int
	read func(v update.Value) string // a value where an instruction takes it
}

// expression is an instruction that depends on values alone.
func (d datapath) expression(i update.Instr) string {
	switch i.Kind {
	case update.Shl:
		return fmt.Sprintf("%s <<< %d", d.word(i.A), i.At)
	case update.Min:
		return fmt.Sprintf("%s < %s ? %s : %s", d.word(i.A), d.word(i.B), d.word(i.A), d.word(i.B))
	case update.Max:
		return fmt.Sprintf("%s > %s ? %s : %s", d.word(i.A), d.word(i.B), d.word(i.A), d.word(i.B))
	case update.Select:
		return fmt.Sprintf("%s ? %s : %s", d.bit(i.C), d.word(i.A), d.word(i.B))
	case update.And, update.Or, update.Xor, update.AndNot:
		return d.bit(i.A) + " " + symbols[i.Kind] + d.bit(i.B)
	}
	return d.word(i.A) + " " + symbols[i.Kind] + d.word(i.B)
}

// word is a value in Work bits.
func (d datapath) word(v update.Value) string {
	switch {
	case d.IsBit(v) && d.Work > 1:
		return fmt.Sprintf("$signed({%s, %s})", decimal(d.Work-1, 0), d.read(v))
	default:
		return d.read(v)
	}
}

// bit is a value of one bit; a number that is 0 or 1 has it lowest.
func (d datapath) bit(v update.Value) string {
	if d.IsBit(v) {
		return d.read(v)
	}
	return d.read(v) + "[0]"
}

// number is a signed literal.
func number(bits int, n int64) string {
	if n < 0 {
		return fmt.Sprintf("-%d'sd%d", bits, -n)
	}
	return fmt.Sprintf("%d'sd%d", bits, n)
}
