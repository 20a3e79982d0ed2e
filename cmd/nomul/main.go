// Command nomul compiles trained spiking networks into programs without multiplications.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// The exit codes, besides 0.
const (
	exitFault = 1 // the model or the data is at fault
	exitUsage = 2 // the command line is
	exitBug   = 3 // nomul is

	exitSignal = 128 // and the number of the signal that ended it
)

// signals are those that end a command, unless whoever started it has them ignored.
var signals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// grace is how long a command that a signal ends has for tidying up.
const grace = 300 * time.Millisecond

// garbage is the share of dead memory, in percent of the live, that is waited for before
// it is collected: large networks need their memory for weights.
const garbage = 35

// memory is the bytes from which on garbage is collected at once: dead weights must not
// add to live ones where these already take most of 4 GB.
const memory = 3 << 30

func main() { os.Exit(process(os.Args[1:])) }

// process runs the command line of this process. A signal ends it in time whatever it
// is computing: outputs take their places at the very end, and everything else is in
// one folder that goes with the process.
func process(args []string) int {
	debug.SetGCPercent(garbage)
	debug.SetMemoryLimit(memory)
	if scratch, err := os.MkdirTemp("", "nomul-*"); err == nil {
		defer os.RemoveAll(scratch)
		os.Setenv("TMPDIR", scratch) // for tools, too
	}
	heard := make(chan os.Signal, 1)
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(heard, s)
		}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // writing to nobody is an error as others are
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	done := make(chan int, 1)
	go func() { done <- runUntil(ctx, args, os.Stdout, os.Stderr) }()
	select {
	case code := <-done:
		return code
	case s := <-heard:
		end(interruption{s})
	}
	select {
	case code := <-done:
		return code
	case <-time.After(grace):
		return interrupted(ctx, os.Stderr)
	}
}

// interruption is the signal that ended a command.
type interruption struct{ os.Signal }

func (i interruption) Error() string { return i.String() }

// interrupted prints that a signal ended the command, and returns the exit code.
func interrupted(ctx context.Context, stderr io.Writer) int {
	fmt.Fprintln(stderr, "nomul: interrupted")
	if i, ok := context.Cause(ctx).(interruption); ok {
		if number, ok := i.Signal.(syscall.Signal); ok {
			return exitSignal + int(number)
		}
	}
	return exitSignal + int(syscall.SIGINT)
}

// run executes one command line and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	return runUntil(context.Background(), args, stdout, stderr)
}

// runUntil is run, ended early and tidily when ctx is.
func runUntil(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			code = tell(panicked{r}, stderr)
		}
	}()
	printed := &sink{Writer: stdout}
	root := rootCommand(printed, stderr)
	root.SetArgs(args)
	command, err := misread(root, args)
	if err == nil {
		command, err = root.ExecuteContextC(ctx)
	}
	if err != nil && asksJSON(args) {
		printProblem(printed, command, err)
	}
	err = withInput(command, err)
	unread := errors.Is(printed.err, syscall.EPIPE)
	switch {
	case err == nil && printed.err == nil:
		return 0
	case ctx.Err() != nil:
		return interrupted(ctx, stderr)
	case unread && (err == nil || errors.Is(err, printed.err)):
		return exitSignal + int(syscall.SIGPIPE) // who went away needs no message
	case unread:
		return tell(err, stderr)
	case err == nil || errors.Is(err, printed.err):
		return tell(printed.err, stderr)
	case printed.err != nil:
		tell(printed.err, stderr)
	}
	return tell(err, stderr)
}

// usageError is a wrong command line.
type usageError struct{ error }

func rootCommand(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "nomul",
		Short: "Compile a trained network into a program without multiplications",
		Long: `nomul compiles a trained network, spiking, of ReLUs or quantised, into a program
that runs without a single multiplication: Go with assembly for a CPU, C for a
microcontroller, or Verilog for an FPGA, all bit-exact with each other.

MODEL is an .onnx file, a .snn file (a model in nomul's own language) or a .sir
file (the text form of the intermediate representation). A first round:

  nomul check  model.onnx                              what was understood
  nomul ir     model.onnx --level spiking              one step, with neurons
  nomul eval   model.onnx --images F --labels F --mean .286 --std .353
  nomul build  model.onnx -t c -o out --mean .286 --std .353
  nomul verify model.onnx --mean .286 --std .353       all targets, bit for bit

Exit status: 0 success, 1 the model or the data is at fault, or a result cannot
be written, 2 wrong usage, 3 a bug in nomul; ended by a signal, 128 and its
number: 130 for Ctrl-C, 143 for SIGTERM, and 141 where whoever read standard
output went away, as head does. Files and directories are written whole or not
at all.

With --json standard output is one JSON document: the result, or the error as
{"error": {"code", "node", "message", "help"}}; a result that is also an error,
as of check and verify, has it as "error". The text of it is on standard error
all the same. Where a signal ends a command there may be no document.`,
		Version:       version(debug.ReadBuildInfo()),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(flagFault)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprint(".FlagUsagesWrapped ", lineWidth)))
	root.AddCommand(checkCommand(), irCommand(), viewCommand(), optCommand(), reduceCommand(), buildCommand(), runCommand(),
		evalCommand(), compareCommand(), mergeCommand(), verifyCommand(), exportCommand(), fmtCommand(), newCommand(), passesCommand(), opsCommand(), targetsCommand(), manCommand())
	complete(root)
	completionCommand(root) // which prints where root does by now
	for _, c := range root.Commands() {
		if c.HasSubCommands() {
			onlySubcommands(c)
			for _, sub := range c.Commands() {
				sub.Args = asUsage(noArguments)
			}
			continue
		}
		c.Args = asUsage(c.Args)
	}
	onlySubcommands(root)
	root.SetHelpCommand(helpCommand())
	root.InitDefaultHelpCmd()
	return root
}

// helpCommand shows the help of a command, and refuses a word that is none.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: `  nomul help build`,
		RunE: func(c *cobra.Command, args []string) error {
			of, left, err := c.Root().Find(args)
			if err != nil || len(left) > 0 {
				return asUsage(onlyCommands)(c.Root(), args)
			}
			return of.Help()
		},
	}
}

// onlySubcommands makes a command show its help, and take nothing but its subcommands.
func onlySubcommands(c *cobra.Command) {
	c.Args = asUsage(onlyCommands)
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// asUsage marks the errors of a check of arguments as wrong usage.
func asUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{fmt.Errorf("%w\nsee %s --help", err, c.CommandPath())}
		}
		return nil
	}
}

// Arguments of commands.
var (
	oneModel    = takes("one file", 1, 1)
	oneFolder   = takes("one directory", 1, 1)
	someFiles   = takes("one file or more", 1, math.MaxInt)
	noArguments = takes("no arguments", 0, 0)
)

// takes demands a number of arguments.
func takes(wanted string, least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s takes %s, got %d", c.Name(), wanted, len(args))
		}
		return nil
	}
}
