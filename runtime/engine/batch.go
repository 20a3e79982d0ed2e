package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/engine/toolchain"
)

// Case is a net of a batch, with the samples that it is to run.
type Case struct {
	Net     *ir.Net
	Samples [][][]int64
}

// Result is the result of a case: vectors with all steps, or the error of a case that
// is refused, not compiled, or ended before its time.
type Result struct {
	Vectors backends.Vectors
	Err     error
}

// Each runs every case on an engine of its own, one after another: for engines
// that cannot be built for many nets at once.
func Each(ctx context.Context, cases []Case, open func(context.Context, *ir.Net) (Engine, error)) []Result {
	out := make([]Result, len(cases))
	for i, c := range cases {
		out[i].Vectors, out[i].Err = runOne(ctx, c, open)
	}
	return out
}

func runOne(ctx context.Context, c Case, open func(context.Context, *ir.Net) (Engine, error)) (backends.Vectors, error) {
	e, err := open(ctx, c.Net)
	if err != nil {
		return nil, err
	}
	out, err := e.Run(ctx, c.Samples, true)
	return out, errors.Join(err, e.Close())
}

// batch is cases on their way into one program; results of those that fell out
// on the way have an error.
type batch struct {
	cases   []Case
	results []Result
	backend backends.Backend
}

// newBatch takes the cases; those that the back end refuses, or whose samples do
// not fit, are out.
func newBatch(cases []Case, b backends.Backend) *batch {
	out := &batch{cases, make([]Result, len(cases)), b}
	for i, c := range cases {
		out.results[i].Err = b.Check(c.Net).Err()
		if out.results[i].Err == nil {
			out.results[i].Err = fit(c.Net, c.Samples)
		}
	}
	return out
}

// left lists the cases that are still in.
func (b *batch) left() []int {
	var out []int
	for i, r := range b.results {
		if r.Err == nil {
			out = append(out, i)
		}
	}
	return out
}

// run starts the program for the cases in it, in the order in which they are
// built in, from a number on. It gives, per case, four bytes of length and its vectors.
// When it ends early, the case at which it did is out, and the program begins anew behind
// it.
func (b *batch) run(ctx context.Context, start func(from int) ([]byte, error), built []int) ([]Result, error) {
	out := append([]Result(nil), b.results...)
	for from := 0; from < len(built); {
		text, failed := start(from)
		if ctx.Err() != nil || toolchain.IsMissing(failed) {
			return nil, failed
		}
		for from < len(built) && len(text) >= 4 {
			n := int(binary.LittleEndian.Uint32(text))
			if len(text) < 4+n {
				break
			}
			c := b.cases[built[from]]
			r := &out[built[from]]
			r.Vectors, r.Err = newStream(c.Net).decode(bytes.NewReader(text[4:4+n]), c.Samples, true)
			text, from = text[4+n:], from+1
		}
		if from == len(built) && failed != nil {
			return nil, failed
		}
		if from < len(built) {
			out[built[from]].Err = fmt.Errorf("the program ended at this net: %w", orSilent(failed))
			from++
		}
	}
	return out, nil
}

// process starts a program of this machine. It takes the number of the case to begin
// with as its last argument, and reads, per case, four bytes for the number of samples,
// and the samples.
func (b *batch) process(ctx context.Context, built []int, command ...string) func(from int) ([]byte, error) {
	return func(from int) ([]byte, error) {
		args := append(command[:len(command):len(command)], fmt.Sprint(from))
		text, _, err := toolchain.Run(ctx, toolchain.Command{Args: args, Stdin: bytes.NewReader(b.input(built[from:]))})
		return text, err
	}
}

// orSilent stands for the error of a program that gave none.
func orSilent(err error) error {
	if err == nil {
		return errors.New("without an error")
	}
	return err
}

func (b *batch) input(built []int) []byte {
	var out []byte
	for _, i := range built {
		c := b.cases[i]
		out = binary.LittleEndian.AppendUint32(out, uint32(len(c.Samples)))
		out = append(out, newStream(c.Net).encode(c.Samples)...)
	}
	return out
}
