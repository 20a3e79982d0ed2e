package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir/diag"
	"nomul/passes"
)

// problem is an error for machines; --json prints it in the place of a result.
type problem struct {
	// Code is that of a diagnostic, or usage, interrupted, bug, or failed.
	Code    string    `json:"code"`
	Node    string    `json:"node"` // of an .onnx file
	File    string    `json:"file,omitempty"`
	Line    int       `json:"line,omitempty"` // of a text
	Column  int       `json:"column,omitempty"`
	Message string    `json:"message"`
	Help    string    `json:"help"`
	Others  []problem `json:"others,omitempty"` // told at the same time
}

// problemOf is an error for machines; nil for none.
func problemOf(err error) *problem {
	if err == nil {
		return nil
	}
	list := slices.DeleteFunc(diag.Of(err).Sorted(), func(d *diag.Diagnostic) bool { return d.Severity != diag.Error })
	if len(list) == 0 {
		return &problem{Code: plainCode(err), Message: err.Error()}
	}
	var all []problem
	for _, d := range list {
		at := d.Origin
		all = append(all, problem{Code: string(d.Code), Node: at.Node, File: at.File, Line: at.Line, Column: at.Col, Message: d.Message, Help: d.Help})
	}
	all[0].Others = all[1:]
	return &all[0]
}

// plainCode is the code of an error that is no diagnostic.
func plainCode(err error) string {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return "usage"
	case isBug(err):
		return "bug"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return "failed"
}

func isBug(err error) bool {
	var bug *passes.Bug
	var p panicked
	return errors.As(err, &bug) || errors.As(err, &p)
}

// asksJSON reports whether a command line, right or wrong, asks for JSON.
func asksJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// printProblem prints an error of a command for machines, where no result was printed that has it.
func printProblem(out *sink, c *cobra.Command, err error) {
	if out.begun {
		return
	}
	p := problemOf(err)
	if p.Code == "usage" {
		p.Message, p.Help = helped(p.Message, c.CommandPath())
	}
	printJSON(out, map[string]*problem{"error": p})
}

// helped takes the message of wrong usage and the help behind it apart; there is always the
// command's own.
func helped(message, command string) (text, help string) {
	own := fmt.Sprintf("see %s --help", command)
	text, _, _ = strings.Cut(message, "\n")
	if text, meant, found := strings.Cut(text, "; did you mean "); found {
		return text, "did you mean " + meant + "\n" + own
	}
	return text, own
}

// panicked is a bug that no pass can be named for.
type panicked struct{ what any }

func (p panicked) Error() string { return fmt.Sprint(p.what) }

// told is an error that was printed already.
type told struct{ error }

func (t told) Unwrap() error { return t.error }

// tell prints an error, unless that is done, and returns the exit code.
func tell(err error, stderr io.Writer) int {
	var usage usageError
	var done told
	if errors.As(err, &done) {
		stderr = io.Discard
	}
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "nomul: %v\n", err)
		return exitUsage
	case isBug(err):
		fmt.Fprintf(stderr, "nomul: a bug in nomul, please report it: %v\n", err)
		return exitBug
	}
	if !diag.IsDiagnostic(err) {
		err = fmt.Errorf("error: %w", err)
	}
	fmt.Fprintf(stderr, "%v\n", err)
	return exitFault
}
