package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"nomul/runtime/metrics"
)

// put prints the tables of a model, for machines or for people. Errors come first, and
// with them only the tables that belong to them.
func (u *understanding) put(c *cobra.Command, asJSON, all bool) error {
	fault := u.refusal
	if asJSON {
		u.Error = problemOf(fault)
		if err := printJSON(c.OutOrStdout(), u); err != nil {
			return err
		}
		return fault
	}
	if fault != nil {
		tell(fault, c.ErrOrStderr())
		fault = told{fault}
	}
	table := tables(c.OutOrStdout(), all)
	u.print(c.OutOrStdout(), table)
	if fault == nil || all && len(u.Unsupported) == 0 {
		u.Multiplications.print(c.OutOrStdout(), table)
		u.printInexact(c.OutOrStdout(), table)
		printFidelity(c.OutOrStdout(), table, u.Fidelity)
	}
	for _, warning := range u.Warnings {
		fmt.Fprintln(c.ErrOrStderr(), warning)
	}
	return fault
}

// tables prints tables, whole or cut.
func tables(w io.Writer, all bool) func(head []string, rows [][]string) {
	return func(head []string, rows [][]string) {
		if all {
			printTable(w, head, rows)
			return
		}
		cutTable(w, head, rows, "--all")
	}
}

func (u *understanding) print(w io.Writer, table func([]string, [][]string)) {
	wrapped(w, u.head())
	if u.Doc != "" {
		wrapped(w, u.Doc)
	}
	for _, formula := range u.Pixels {
		wrapped(w, formula)
	}
	for _, p := range u.Outputs {
		if p.words != "" {
			wrapped(w, fmt.Sprintf("output %s: %s", p.Name, p.words))
		}
	}
	if u.Positions > 0 {
		fmt.Fprintf(w, "%s parameters, %s synaptic positions per step\n", large(int64(u.Parameters)), large(u.Positions))
	}
	printNeurons(w, u.Neurons, table)
	if len(u.Unsupported) > 0 {
		fmt.Fprintln(w)
		var rows [][]string
		for _, g := range u.Unsupported {
			rows = append(rows, []string{g.Op, g.Domain, fmt.Sprint(g.Opset), fmt.Sprint(len(g.Nodes)), g.Nodes[0], g.Reason})
		}
		table([]string{"not supported", "domain", "opset", "nodes", "the first", "because"}, rows)
	}
}

// head is the line of the model's time steps, inputs and outputs.
func (u *understanding) head() string {
	text := u.Model + ": time steps not found"
	if u.Steps > 0 {
		text = fmt.Sprintf("%s: %s", u.Model, counted(u.Steps, "time step"))
	}
	for _, p := range u.Inputs {
		text += fmt.Sprintf(", input %s %s", p.Name, p.Type)
	}
	for _, p := range u.Outputs {
		text += fmt.Sprintf(", output %s %s", p.Name, p.Type)
	}
	return text
}

func (u *understanding) printInexact(w io.Writer, table func([]string, [][]string)) {
	if len(u.Deviations) > 0 {
		fmt.Fprintln(w)
		var rows [][]string
		for _, d := range u.Deviations {
			rows = append(rows, []string{d.Value, d.What})
		}
		table([]string{"not exact", "because"}, rows)
	}
	if u.Assumed != "" {
		fmt.Fprintln(w)
		wrapped(w, u.Assumed)
	}
	printBounds(w, u.Bounds)
}

func (m *multiplications) print(w io.Writer, table func([]string, [][]string)) {
	fmt.Fprintf(w, "\nbefore the passes: %s, %d of %d products are multiplications\n",
		m.Before, metrics.Multiplications(m.EdgesBefore), len(m.EdgesBefore))
	table(verdictHead, edgeRows(m.EdgesBefore))
	if m.After == "" {
		fmt.Fprintf(w, "\nafter the passes: not reached\n")
		return
	}
	shifts := "no shifts"
	if m.Shifts {
		shifts = "with shifts"
	}
	fmt.Fprintf(w, "\nafter the passes: %s, %d of %d products are multiplications, %s\n",
		m.After, metrics.Multiplications(m.Edges), len(m.Edges), shifts)
	table(verdictHead, edgeRows(m.Edges))
}

var verdictHead = []string{"value", "op", "operand", "level", "because"}

// edgeRows are products; those of one value that cost the same for the same reason are one row.
func edgeRows(edges []metrics.Edge) [][]string {
	var rows [][]string
	for i := 0; i < len(edges); {
		e, n := edges[i], i+1
		for n < len(edges) && edges[n] == e {
			n++
		}
		if n > i+1 {
			e.Reason += fmt.Sprintf(", %d times", n-i)
		}
		rows, i = append(rows, []string{e.Value, e.Op, e.Operand, e.Level, e.Reason}), n
	}
	return rows
}

// counted is a number of things, one or more.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// large is a count in millions or thousands of millions, when it is one.
func large(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f G", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.2f M", float64(n)/1e6)
	}
	return strconv.FormatInt(n, 10)
}
