package toolchain

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestMissingToolsAreListed(t *testing.T) {
	err := Need("sh", "no-such-tool-1", "no-such-tool-2")
	if !IsMissing(err) || err.Error() != "needs no-such-tool-1, no-such-tool-2" {
		t.Errorf("got %v", err)
	}
	if err := Need("sh"); err != nil {
		t.Error(err)
	}
	if _, _, err := Run(context.Background(), Command{Args: []string{"no-such-tool-1"}}); !IsMissing(err) {
		t.Errorf("running a missing tool gave %v", err)
	}
}

func TestRun(t *testing.T) {
	out, said, err := Run(context.Background(), Command{
		Env: []string{"WORD=spike"}, Stdin: strings.NewReader("in"),
		Args: []string{"sh", "-c", "cat; echo $WORD >&2"},
	})
	if err != nil || string(out) != "in" || string(said) != "spike\n" {
		t.Errorf("got %q, %q, %v", out, said, err)
	}
	_, _, err = Run(context.Background(), Command{Args: []string{"sh", "-c", "echo why >&2; exit 3"}})
	var f *Failure
	if !errors.As(err, &f) || f.Output != "why" || IsMissing(err) {
		t.Errorf("a failing tool gave %v", err)
	}
}

func TestVersion(t *testing.T) {
	line, err := Version(context.Background(), "go", "version")
	if err != nil || !strings.HasPrefix(line, "go version go") {
		t.Errorf("got %q, %v", line, err)
	}
}
