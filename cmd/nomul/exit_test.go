package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/passes"
)

// The exit code tells who is at fault.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		code int
		args string
	}{
		{0, "passes"},
		{0, "--help"},
		{1, "ir nowhere.onnx"},
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
	if code := report(bug, &stderr); code != exitBug || !strings.Contains(stderr.String(), "some-pass") {
		t.Errorf("a bug gives exit %d: %s", code, stderr.String())
	}
}
