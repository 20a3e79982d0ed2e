package backends

import (
	"fmt"

	"nomul/ir"
)

// Meanings returns lines for the first comment of an artefact: of each input the real
// numbers that its pixels stand for, of each output the way it predicts a class.
func Meanings(net *ir.Net) []string {
	var out []string
	for _, v := range net.All(ir.OpInput) {
		if m := v.Attrs.(ir.InputAttrs).Meaning(); m != "" {
			out = append(out, fmt.Sprintf("A pixel p of %s stands for %s.", v.Name, m))
		}
	}
	for _, v := range net.All(ir.OpOutput) {
		which := "greatest"
		if ir.LeastWins(v) {
			which = "least, the earliest spike"
		}
		out = append(out, fmt.Sprintf("A class that %s predicts is its %s; of several the first.", v.Name, which))
	}
	return out
}
