package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/passes"
)

// printTable prints aligned columns under a head, within the width of a line.
func printTable(w io.Writer, head []string, rows [][]string) {
	printAligned(w, fitted(append([][]string{head}, rows...)))
}

// printAligned prints aligned columns, without blanks at the ends of lines.
func printAligned(w io.Writer, rows [][]string) {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 4, columnGap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush()
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
}

// printJSON prints a value for machines.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func jsonFlag(c *cobra.Command, to *bool) {
	c.Flags().BoolVar(to, "json", false, "print JSON instead of tables")
}

// listing is a command that prints a fixed table; fields name the JSON keys.
func listing(use, short string, fields []string, rows func() [][]string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     use,
		Short:   short,
		Example: "  nomul " + use,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if !asJSON {
				printTable(c.OutOrStdout(), fields, rows())
				return nil
			}
			var out []map[string]string
			for _, row := range rows() {
				item := map[string]string{}
				for i, f := range fields {
					item[f] = row[i]
				}
				out = append(out, item)
			}
			return printJSON(c.OutOrStdout(), out)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func passesCommand() *cobra.Command {
	return listing("passes", "List the passes, in the order they run",
		[]string{"pass", "from", "to", "optional", "does"}, func() [][]string {
			var rows [][]string
			for _, p := range passes.All {
				optional := "no"
				if p.Optional() {
					optional = "yes"
				}
				rows = append(rows, []string{p.Name, p.From.String(), p.Goal.String(), optional, p.Doc})
			}
			return rows
		})
}

func opsCommand() *cobra.Command {
	return listing("ops", "List the operations of the intermediate representation",
		[]string{"op", "operands", "from", "to", "means"}, func() [][]string {
			var rows [][]string
			for _, op := range ir.AllOps() {
				from, to := op.Levels()
				rows = append(rows, []string{op.String(), operandList(op), from.String(), to.String(), op.Doc()})
			}
			return rows
		})
}

func operandList(op ir.Op) string {
	var out []string
	for _, o := range op.Operands() {
		name := o.Name
		switch {
		case o.Optional:
			name = "[" + name + "]"
		case o.Variadic:
			name += "…"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func targetsCommand() *cobra.Command {
	return listing("targets", "List the targets that build emits",
		[]string{"target", "is"}, func() [][]string {
			var rows [][]string
			for _, t := range targets() {
				rows = append(rows, []string{t.Name(), t.Doc()})
			}
			return rows
		})
}
