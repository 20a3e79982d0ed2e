package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir/diag"
	"nomul/passes"
)

// meant is the question after the candidate that a misspelt word is probably for, if any.
func meant(word string, candidates []string) string {
	if near := diag.Nearest(word, candidates); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
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

// flagFault is the error of a command's flags, with the probable flag for one that is not there.
func flagFault(c *cobra.Command, err error) error {
	if words := c.Flags().Args(); !c.HasParent() && len(words) > 0 { // the word is the fault, its flags follow from it
		return usageError{fmt.Errorf("%w\nsee %s --help", onlyCommands(c, words), c.CommandPath())}
	}
	hint := ""
	var missing *pflag.NotExistError
	if errors.As(err, &missing) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		hint = meant("--"+missing.GetSpecifiedName(), names)
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
