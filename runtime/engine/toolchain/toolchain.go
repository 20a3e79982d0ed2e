// Package toolchain finds and runs the compilers, emulators and simulators that
// engines and proofs need, and tells a tool that is missing from one that failed.
package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// Missing is the error for tools that are not installed: callers print it as
// "skipped: needs …" and go on.
type Missing struct {
	Tools []string
}

func (m *Missing) Error() string { return "needs " + strings.Join(m.Tools, ", ") }

// Need returns a *Missing that lists every tool that is not in PATH, or nil.
func Need(tools ...string) error {
	var absent []string
	for _, t := range tools {
		if _, err := exec.LookPath(t); err != nil {
			absent = append(absent, t)
		}
	}
	if absent != nil {
		return &Missing{absent}
	}
	return nil
}

// IsMissing reports whether the error is, or wraps, a *Missing.
func IsMissing(err error) bool {
	var m *Missing
	return errors.As(err, &m)
}

// Command is one run of a tool.
type Command struct {
	Dir   string
	Env   []string  // added to the environment
	Stdin io.Reader // may be nil
	Args  []string  // the tool and its arguments
	// Read takes the standard output as it comes, to its end, where it may be too large to
	// be held; Run returns it where Read is nil.
	Read func(io.Reader)
}

// Failure is a tool that ended with an error; Output holds its last messages.
type Failure struct {
	Args   []string
	Err    error
	Output string
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v\n%s", strings.Join(f.Args, " "), f.Err, f.Output)
}

func (f *Failure) Unwrap() error { return f.Err }

// outputKept bounds the part of a failed tool's output that an error repeats.
const outputKept = 2000

// Run runs the tool to its end and returns its standard output and standard
// error. The error is a *Missing or a *Failure.
func Run(ctx context.Context, c Command) (stdout, stderr []byte, err error) {
	if err := Need(c.Args[0]); err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Stdin = c.Dir, c.Stdin
	cmd.Env = append(os.Environ(), c.Env...)
	alone(cmd)
	var out, said bytes.Buffer
	cmd.Stderr = &said
	if err := through(cmd, &out, c.Read); err != nil {
		text := said.String() + out.String()
		if len(text) > outputKept {
			text = "… " + text[len(text)-outputKept:]
		}
		return out.Bytes(), said.Bytes(), &Failure{c.Args, errors.Join(err, ctx.Err()), strings.TrimSpace(text)}
	}
	return out.Bytes(), said.Bytes(), nil
}

// through runs a command whose standard output is read, or kept.
func through(cmd *exec.Cmd, out *bytes.Buffer, read func(io.Reader)) error {
	if read == nil {
		cmd.Stdout = out
		return cmd.Run()
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	read(pipe)
	return cmd.Wait()
}

// Version is the first line a tool prints about itself when asked with flag.
func Version(ctx context.Context, tool, flag string) (string, error) {
	out, said, err := Run(ctx, Command{Args: []string{tool, flag}})
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)+string(said)), "\n")
	return line, nil
}

// Each calls do for 0 … n−1, on as many at a time as there are processors, and
// waits for all: tools that run side by side.
func Each(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}
