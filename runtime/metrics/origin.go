package metrics

import (
	"fmt"
	"strings"

	"nomul/ir"
)

// originRow tells the origin of a value; of tells that of an operand.
type originRow func(v *ir.Value, of func(*ir.Value) string) string

// origins say in words why a value is not spikes, by its op; ops without a row
// only move elements, and have their operand's origin.
var origins = map[ir.Op]originRow{
	ir.OpInput: func(v *ir.Value, _ func(*ir.Value) string) string { return "the input " + v.Name },
	ir.OpAdd:   summands,
	ir.OpSub: func(v *ir.Value, of func(*ir.Value) string) string {
		return fmt.Sprintf("%s minus %s", v.Arg(0).Name, v.Arg(1).Name)
	},
	ir.OpSum: func(v *ir.Value, of func(*ir.Value) string) string {
		return "counts over the time steps of " + of(v.Arg(0))
	},
	ir.OpFirst: func(v *ir.Value, of func(*ir.Value) string) string {
		return "the step of the first spike of " + v.Arg(0).Name
	},
	ir.OpReduceSum: func(v *ir.Value, of func(*ir.Value) string) string {
		return fmt.Sprintf("sums of %d elements of %s", v.Arg(0).Type.Size()/v.Type.Size(), of(v.Arg(0)))
	},
	ir.OpSumPool: func(v *ir.Value, of func(*ir.Value) string) string {
		return fmt.Sprintf("pools of %d elements of %s", ir.WindowsOf(v).Taps(), of(v.Arg(0)))
	},
	ir.OpNeuron: func(v *ir.Value, of func(*ir.Value) string) string {
		if v.Attrs.(ir.NeuronAttrs).Silent {
			return "the membrane of " + v.Name
		}
		return "spikes of " + v.Name
	},
	ir.OpCell:   func(v *ir.Value, _ func(*ir.Value) string) string { return "the result of the cell " + v.Name },
	ir.OpLinear: func(v *ir.Value, of func(*ir.Value) string) string { return "the sum of weights " + v.Name },
	ir.OpConv:   func(v *ir.Value, of func(*ir.Value) string) string { return "the sum of weights " + v.Name },
	ir.OpDelay:  func(v *ir.Value, of func(*ir.Value) string) string { return "the last step's " + v.Name },
}

// origin names the source of a value's words, down to the op that makes them.
func origin(v *ir.Value) string {
	if row := origins[v.Op]; row != nil {
		return row(v, origin)
	}
	if len(v.Args) == 1 {
		return origin(v.Arg(0))
	}
	return v.Name
}

// summands names the terms of a sum.
func summands(v *ir.Value, _ func(*ir.Value) string) string {
	var names []string
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if v.Op == ir.OpAdd {
			walk(v.Arg(0))
			walk(v.Arg(1))
			return
		}
		names = append(names, v.Name)
	}
	walk(v)
	return strings.Join(names, " + ")
}
