package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir/diag"
	"nomul/passes"
)

// meant is the question after the candidate that a misspelt word is probably for, or after those that begin with it, if any.
func meant(word string, candidates []string) string {
	near := diag.Nearest(word, candidates)
	if near == "" {
		near = strings.Join(begun(word, candidates), " or ")
	}
	if near == "" {
		return ""
	}
	return "; did you mean " + near + "?"
}

// begun are the candidates that a word of two letters or more begins.
func begun(word string, candidates []string) []string {
	var out []string
	for _, c := range candidates {
		if len(strings.TrimLeft(word, "-")) > 1 && strings.HasPrefix(c, word) {
			out = append(out, c)
		}
	}
	return out
}

// oneOf lists the words that are wanted instead of another.
func oneOf(word string, candidates []string) string {
	return "wanted one of " + strings.Join(candidates, ", ") + meant(word, candidates)
}

// passNames are those of all passes.
func passNames() []string {
	var out []string
	for _, p := range passes.All {
		out = append(out, p.Name)
	}
	return out
}

// targetNames are those of all targets.
func targetNames() []string {
	var out []string
	for _, t := range targets() {
		out = append(out, t.Name())
	}
	return out
}

// onlyCommands refuses a word in the place of a command that is none.
func onlyCommands(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	hint := meant(args[0], names)
	if args[0] == "version" {
		hint = "; did you mean --version?"
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], c.CommandPath(), hint)
}

// misread is the error of a command line that would be read as another than it looks: flags of
// several letters behind one dash, whose first may be a flag of its own, and a misspelt
// command beside --help, which would show the help of all.
func misread(root *cobra.Command, args []string) (*cobra.Command, error) {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // a shell's question
		return root, nil
	}
	c, rest, err := root.Find(args)
	if err != nil {
		return c, nil // which is told when it is carried out
	}
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	var words []string
	for _, arg := range rest {
		if arg == "--" {
			break
		}
		if !strings.HasPrefix(arg, "-") {
			words = append(words, arg)
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if f := c.Flags().Lookup(name); f != nil && len(name) > 1 {
			return c, usageError{fmt.Errorf("-%s: a flag of several letters has two dashes; did you mean --%[1]s?\nsee %s --help", name, c.CommandPath())}
		}
	}
	if c.HasSubCommands() && len(words) > 0 {
		return c, asUsage(onlyCommands)(c, words)
	}
	return c, nil
}

// flagFault is the error of a command's flags, with the probable flag for one that is not there.
func flagFault(c *cobra.Command, err error) error {
	hint := ""
	var missing *pflag.NotExistError
	if errors.As(err, &missing) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		hint = meant("--"+cmp.Or(missing.GetSpecifiedShortnames(), missing.GetSpecifiedName()), names)
		if missing.GetSpecifiedName() == "output" {
			hint = "; which outputs of the model are wanted is --outputs NAME"
			if c.Flags().Lookup("out") != nil {
				hint += ", and where results go -o, or --out"
			}
		}
	}
	return usageError{fmt.Errorf("%w%s\nsee %s --help", err, hint, c.CommandPath())}
}

// words is a completion of flags' values by a list.
func words(list ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// completionCommand words the help of the command that prints completions for shells.
func completionCommand(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Short = "Print the script that makes a shell complete command lines"
			c.Long = "Print the script that makes a shell complete commands, flags, their values and\nmodels."
			c.Example = `  nomul completion bash > ~/.local/share/bash-completion/completions/nomul
  nomul completion zsh  > "${fpath[1]}/_nomul"
  nomul completion fish > ~/.config/fish/completions/nomul.fish
  nomul completion powershell >> $PROFILE`
		}
	}
}

// complete lets shells complete models, and the values of flags that are words of a list.
func complete(root *cobra.Command) {
	lists := map[string][]string{"level": {"source", "spiking", "fixed"}, "engine": engineNames,
		"target": targetNames(), "targets": targetNames(), "after": passNames(), "passes": passNames(),
		"readout": passes.ReadoutNames, "residual": {"keep", "membrane"}, "input-type": {"u8", "u4", "spike", "s8"}}
	for _, c := range root.Commands() {
		if strings.Contains(c.Use, "MODEL") {
			c.ValidArgsFunction = cobra.FixedCompletions([]string{"onnx", "snn", "sir"}, cobra.ShellCompDirectiveFilterFileExt)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if list := lists[f.Name]; list != nil {
				c.RegisterFlagCompletionFunc(f.Name, words(list...)) // fails for a flag that is not there, or twice
			}
		})
	}
}
