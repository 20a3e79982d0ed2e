// Command bench measures the engines that nomul emits for one network, on real images:
//
//   - go: the Go engine beside onnxruntime fp32 on the same ONNX file, in one
//     process and one thread, in turn, and the share of time of each layer;
//   - networks: the same for the other bundled networks, convolutional and mixing
//     ones, when no model was named;
//   - c: instructions per image and per synaptic operation on Cortex-M4,
//     Cortex-M0 and RV32I, counted by QEMU, and flash and RAM;
//   - verilog: cycles per image, simulated and as the header says, and the cells
//     of one layer on iCE40 and ECP5.
//
// Tables go to stdout, progress to stderr. A figure whose tool is not installed
// is told as "not measured" and the rest runs; the exit code is then 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/pflag"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// sections are the parts of the report, in order.
var sections = []section{
	{"go", (*bench).measureGo},
	{"networks", (*bench).measureNetworks},
	{"c", (*bench).measureC},
	{"verilog", (*bench).measureVerilog},
}

// section measures one target. It reports missing measurements by
// bench.missed; its figures, if any, are nil or complete.
type section struct {
	name    string
	measure func(*bench, context.Context) figures
}

// figures are results: marshalled for machines, tables for people.
type figures interface{ tables() []table }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	o, err := parseOptions(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := measure(ctx, o)
	if err == nil {
		err = r.write(os.Stdout, o.json)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return exitFailed
	}
	if len(r.Missed) > 0 {
		return exitFailed
	}
	return exitOK
}

// measure runs the sections that were asked for.
func measure(ctx context.Context, o *options) (*report, error) {
	b, err := newBench(ctx, o)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.dir)
	for _, s := range sections {
		if !o.wants(s.name) {
			continue
		}
		b.section = s.name
		if f := s.measure(b, ctx); f != nil {
			b.report.Results = append(b.report.Results, result{s.name, f})
		}
		if err := ctx.Err(); err != nil {
			return nil, errors.New("interrupted")
		}
	}
	return b.report, nil
}
