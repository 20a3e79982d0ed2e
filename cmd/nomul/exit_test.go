package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
)

// The exit code tells who is at fault.
func TestExitCodes(t *testing.T) {
	irtest.Long(t)
	for _, c := range []struct {
		code int
		args string
	}{
		{0, "passes"},
		{0, "--help"},
		{1, "ir nowhere.onnx"},
		{0, "check " + mlpFolder + "/mlp_ts113_sj014_bn.onnx"},
		{1, "check ../../testdata/models/fmnist-relu-cnn/relucnn_ts113.onnx"},
		{1, "ir " + mlpFolder + "/io.npz.onnx"},
		{2, "ir"},
		{2, "ir a b"},
		{2, "ir model.txt"},
		{2, "nothing"},
		{2, "ir --nothing x.onnx"},
		{2, "build x.onnx -t go"},
		{2, "eval x.onnx --images y --engine abacus"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(strings.Fields(c.args), &stdout, &stderr); code != c.code {
			t.Errorf("nomul %s: exit %d, wanted %d\n%s", c.args, code, c.code, stderr.String())
		}
	}
	var stderr bytes.Buffer
	bug := &passes.Bug{Pass: "some-pass", Input: &ir.Net{Name: "n", Level: ir.Source, Steps: 1}, Cause: errors.New("broken")}
	if code := tell(bug, &stderr); code != exitBug || !strings.Contains(stderr.String(), "some-pass") {
		t.Errorf("a bug gives exit %d: %s", code, stderr.String())
	}
}

// The input of a pass that fails by nomul's own fault is written, with the command that
// repeats it, which runs.
func TestBugHasInput(t *testing.T) {
	t.Chdir(t.TempDir())
	net := irtest.ParseNet(t, "n.sir", "net n spiking steps=1 {\nonce\n\t%x = input : real[2]\n\t%y = output %x : real[2]\n}\n")
	var flags compileFlags
	c := &cobra.Command{Use: "ir"}
	flags.register(c.Flags())
	if err := c.ParseFlags([]string{"--mean", ".5", "--std", "1/2", "--csd-digits", "3"}); err != nil {
		t.Fatal(err)
	}
	err := withInput(c, &passes.Bug{Pass: "encode-input", Input: net, Cause: errors.New("broken")})
	want := "nomul opt nomul-bug-encode-input.sir -p encode-input --csd-digits 3 --mean .5 --std 1/2"
	if !strings.Contains(err.Error(), want+"\n") || !isBug(err) {
		t.Fatalf("said %v, wanted %s", err, want)
	}
	var stdout, stderr bytes.Buffer
	if code := run(strings.Fields(want)[1:], &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "u8[2]") {
		t.Errorf("%s: exit %d, said %s%s", want, code, stdout.String(), stderr.String())
	}
}

// A refusal comes first, before the description of the model.
func TestErrorsFirst(t *testing.T) {
	irtest.Long(t)
	dir := t.TempDir()
	if err := spoil(mlpSlice, dir); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{dir + "/unsupported.onnx", "../../testdata/models/fmnist-relu-cnn/relucnn_ts113.onnx"} {
		var both bytes.Buffer
		code := run([]string{"check", file}, &both, &both)
		first, _, _ := strings.Cut(both.String(), "\n")
		if code != exitFault || !strings.Contains(first, "error: ") || !strings.Contains(both.String(), "input x real") {
			t.Errorf("exit %d, said first %q", code, first)
		}
	}
}

// The help of every command has an example, and every flag has a help text.
func TestHelp(t *testing.T) {
	for _, c := range rootCommand(io.Discard, io.Discard).Commands() {
		if c.Example == "" || c.Short == "" || !strings.Contains(c.Example, "nomul "+c.Name()) {
			t.Errorf("%s has no example of itself", c.Name())
		}
		if wide := regexp.MustCompile(`(?m)^.{81,}$`).FindString(nomul(t, c.Name(), "--help")); wide != "" {
			t.Errorf("%s --help is wider than 80 columns: %s", c.Name(), wide)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s says nothing", c.Name(), f.Name)
			}
		})
	}
}

// An interrupted command says so, and leaves no temporary directory.
func TestInterrupted(t *testing.T) {
	irtest.Long(t)
	t.Setenv("TMPDIR", t.TempDir())
	file := mlpFolder + "/mlp_ts26_sjhead_bn.onnx"
	for _, args := range [][]string{
		{"eval", file, "--images", images, "--labels", labels, "--mean", ".286", "--std", ".353"},
		{"run", file, "-i", mlpFolder + "/io.npz", "-o", t.TempDir() + "/o.npz", "--level", "source"},
		{"verify", file, "--mean", ".286", "--std", ".353"},
	} {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		var stdout, stderr bytes.Buffer
		if code := runUntil(ctx, args, &stdout, &stderr); code != 130 || !strings.HasSuffix("\n"+stderr.String(), "\nnomul: interrupted\n") || stdout.Len() > 0 {
			t.Errorf("%s: exit %d, said %q, printed %q", args[0], code, &stderr, &stdout)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
