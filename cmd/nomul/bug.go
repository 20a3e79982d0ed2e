package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/files"
)

// reported is a bug in a pass whose input was written to a file.
type reported struct {
	bug  *passes.Bug
	file string
	args []string // of the command that repeats it
}

func (r *reported) Unwrap() error { return r.bug }

func (r *reported) Error() string {
	words := []string{"nomul", "opt", shellQuoted(r.file), "-p", r.bug.Pass}
	for _, arg := range r.args {
		words = append(words, shellQuoted(arg))
	}
	return fmt.Sprintf("bug in pass %s: %v\nits input is in %s; this repeats it:\n  %s\nand this makes the smallest network with it:\n  nomul reduce %s -- %s",
		r.bug.Pass, r.bug.Cause, r.file, strings.Join(words, " "), shellQuoted(r.file), strings.Replace(strings.Join(words, " "), shellQuoted(r.file), "{}", 1))
}

// withInput writes the input of a pass that failed by nomul's own fault beside where the
// command runs. Any other error, and one that cannot be written, is itself.
func withInput(c *cobra.Command, err error) error {
	var bug *passes.Bug
	if !errors.As(err, &bug) {
		return err
	}
	r := &reported{bug, "nomul-bug-" + bug.Pass + ".sir", passArgs(c, bug.Input)}
	if files.Write(context.Background(), netOutputs(bug.Input, r.file)...) != nil {
		return err
	}
	return r
}

// passArgs are the flags of a command that a pass is run with: those of pixels while
// the network takes real numbers.
func passArgs(c *cobra.Command, net *ir.Net) []string {
	names := []string{"pixel-weights", "csd-digits", "residual"}
	if slices.ContainsFunc(net.All(ir.OpInput), func(in *ir.Value) bool { return in.Type.IsReal() }) {
		names = append(names, "mean", "std", "scale", "input-type")
	}
	var out []string
	c.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(names, f.Name) {
			out = append(out, "--"+f.Name, f.Value.String())
		}
	})
	return out
}
