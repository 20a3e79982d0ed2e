package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/runtime/files"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages, one for each command",
		Long: `Write manual pages into a directory, which is made if it is not there: nomul.1
and one for each command. They are read by man -l FILE, or by name in a man1
directory of the manual path, such as ~/.local/share/man/man1.`,
		Example: `  nomul man ~/.local/share/man/man1 && man nomul-check`,
		Args:    oneFolder,
		RunE: func(c *cobra.Command, args []string) error {
			if err := makeFolder(args[0]); err != nil {
				return err
			}
			var pages []files.Output
			var add func(*cobra.Command)
			add = func(of *cobra.Command) {
				if of.Hidden {
					return
				}
				pages = append(pages, files.Bytes(filepath.Join(args[0], pageName(of)+".1"), manual(of)))
				for _, sub := range of.Commands() {
					add(sub)
				}
			}
			add(c.Root())
			return files.Write(c.Context(), pages...)
		},
	}
}

// pageName is how a command's manual page is called.
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manual is a command's manual page, in the language of man. Texts stand as they are
// in the help, where they are laid out for lines of a terminal.
func manual(c *cobra.Command) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %q 1\n.SH NAME\n%s \\- %s\n", strings.ToUpper(pageName(c)), roff(pageName(c)), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, ".SH %s\n.nf\n%s\n.fi\n", title, roff(text))
		}
	}
	section("DESCRIPTION", c.Long)
	if flags := c.Flags(); flags.HasAvailableFlags() {
		fmt.Fprintln(&b, ".SH OPTIONS")
		flags.VisitAll(func(f *pflag.Flag) { manualFlag(&b, f) })
	}
	section("EXAMPLES", c.Example)
	if c.HasAvailableSubCommands() {
		fmt.Fprintln(&b, ".SH COMMANDS")
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roff(sub.Short))
			}
		}
	}
	return b.Bytes()
}

func manualFlag(b *bytes.Buffer, f *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	if value != "" {
		name += " " + value
	}
	fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(name), roff(usage))
}

// roff is a text in which nothing is an instruction to the formatter of manual pages.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(text)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
