package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/ir/reduce"
	"nomul/runtime/files"
)

func reduceCommand() *cobra.Command {
	var flags compileFlags
	var out, says string
	c := &cobra.Command{
		Use:   "reduce MODEL [flags] -- COMMAND [ARGUMENT]...",
		Short: "Make the smallest network with which a command still fails",
		Long: `Make the smallest network with which a command still fails: for a report of a
fault, or to see what a refusal is about. Outputs, layers, time steps and the
numbers of constants are left out one by one as long as COMMAND ends with the
same exit status as with the whole network (and prints --says TEXT, if given).

COMMAND gets the file of the network in the place of {}, or behind its
arguments. The smallest network so far is in the output file at any time.`,
		Example: `  nomul reduce model.onnx -- nomul check
  nomul reduce nomul-bug-quantise.sir -o small.sir -- nomul opt {} -p quantise
  nomul reduce model.sir --says "not linear" -- nomul build {} -t c -o c`,
		Args: func(c *cobra.Command, args []string) error {
			if at := c.ArgsLenAtDash(); at != 1 || len(args) < 2 {
				return usageError{errors.New("wanted MODEL -- COMMAND [ARGUMENT]...")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			m, err := flags.open(c, args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0])) + "-reduced.sir"
			}
			return m.reduce(c, out, &reduction{command: args[1:], says: says})
		},
	}
	flags.registerReading(c.Flags())
	c.Flags().StringVarP(&out, "out", "o", "", "write the network to `FILE` (default MODEL-reduced.sir)")
	c.Flags().StringVar(&says, "says", "", "the command must print `TEXT`, too")
	return c
}

// reduction is a command that fails of a network.
type reduction struct {
	command []string
	says    string
	status  int // with which it ends, of the whole network
	err     error
}

// reduce writes the smallest network that the command still fails of.
func (m *model) reduce(c *cobra.Command, out string, r *reduction) error {
	if err := apart([]string{out}, m.inputs); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "reduce-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "net.sir")
	status, printed, err := r.run(c.Context(), m.net, file)
	if err != nil {
		return err
	}
	if r.status = status; status == 0 || !strings.Contains(printed, r.says) {
		return usageError{fmt.Errorf("%s ends with status %d of the whole network%s: there is nothing to reduce", shellQuoted(r.command[0]), status,
			map[bool]string{true: " and does not print the text of --says"}[status != 0])}
	}
	fmt.Fprintf(c.ErrOrStderr(), "status %d; %s\n", status, extentOf(m.net))
	told := len(m.net.Values)
	keep := func(net *ir.Net) {
		if len(net.Values) != told {
			told = len(net.Values)
			fmt.Fprintf(c.ErrOrStderr(), "status %d; %s\n", status, extentOf(net))
		}
		r.err = errors.Join(r.err, files.Write(c.Context(), netOutputs(net, out)...))
	}
	last := reduce.Net(m.net, func(net *ir.Net) bool { return r.holds(c.Context(), net, file) }, keep)
	if last == m.net {
		keep(last)
	}
	if r.err != nil {
		return r.err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %s, of %d\n", out, extentOf(last), len(m.net.Values))
	return nil
}

func extentOf(net *ir.Net) string {
	steps := "1 time step"
	if net.Steps != 1 {
		steps = fmt.Sprint(net.Steps, " time steps")
	}
	return fmt.Sprintf("%d values, %s", len(net.Values), steps)
}

// holds reports whether the command fails of a smaller network as it does of the whole.
func (r *reduction) holds(ctx context.Context, net *ir.Net, file string) bool {
	if r.err != nil {
		return false
	}
	status, printed, err := r.run(ctx, net, file)
	r.err = err
	return err == nil && status == r.status && strings.Contains(printed, r.says)
}

// run runs the command on a network, and returns its exit status and all that it printed.
func (r *reduction) run(ctx context.Context, net *ir.Net, file string) (status int, printed string, err error) {
	if err := files.Write(ctx, netOutputs(net, file)...); err != nil {
		return 0, "", err
	}
	words := slices.Clone(r.command)
	if at := slices.Index(words, "{}"); at >= 0 {
		words[at] = file
	} else {
		words = append(words, file)
	}
	var both bytes.Buffer
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdout, command.Stderr = &both, &both
	err = command.Run()
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, "", ctx.Err()
	case errors.As(err, &failed):
		return failed.ExitCode(), both.String(), nil
	case err != nil:
		return 0, "", usageError{fmt.Errorf("%s cannot be run: %w", words[0], err)}
	}
	return 0, both.String(), nil
}
