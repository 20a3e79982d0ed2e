package main

import (
	"fmt"
	"io"
)

// printNeurons shows neurons by the equation, and those with an update of their own, of which a table has
// other columns: the equation's leak and reset are in their programs.
func printNeurons(w io.Writer, neurons []neuronRow, table func([]string, [][]string)) {
	var rows, owns [][]string
	for _, n := range neurons {
		if n.own && n.of == "" {
			owns = append(owns, ownCells(n))
			continue
		}
		rows = append(rows, []string{n.Name, n.Kind, fmt.Sprint(n.Count), n.Threshold, n.Leak, n.Reset, symbol(n.Compare)})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		table([]string{"neurons", "kind", "count", "threshold", "leak", "reset", "fires at"}, rows)
	}
	if len(owns) > 0 {
		fmt.Fprintln(w)
		table([]string{"own updates", "count", "states", "starting from", "compares with", "gives"}, owns)
		wrapped(w, "own updates: no neurons by the equation, compiled as they are written; nomul ir --level spiking shows their programs")
	}
	for _, text := range []string{givenOut(neurons), started(neurons)} {
		if text != "" {
			wrapped(w, text)
		}
	}
}

// ownCells is the row of a neuron with an update of its own.
func ownCells(n neuronRow) []string {
	start, limits := "0", n.limits
	if n.Start != "" {
		start += " but " + n.Start
	}
	if limits == "" && n.Compare == own {
		limits = "its states"
	} else if limits == "" {
		limits = "nothing"
	}
	return []string{n.Name, fmt.Sprint(n.Count), fmt.Sprint(n.States), start, limits, n.gives}
}

// symbols are comparisons as people write them.
var symbols = map[string]string{"ge": "≥", "gt": ">"}

// symbol is a comparison, or never, for a table.
func symbol(compare string) string {
	if s := symbols[compare]; s != "" {
		return s
	}
	return compare
}
