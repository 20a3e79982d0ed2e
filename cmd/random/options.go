package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"

	"github.com/spf13/pflag"
)

// options are the flags of the command.
type options struct {
	count   int
	seed    uint64
	engines [3]int // how many networks each group of engines gets
	keep    string
	workers int
	json    bool
	plan    string
}

const usage = `Draws random spiking networks, takes each through nomul, and holds every stage
against the one before: the file as nomul reads it against onnxruntime (when
python3 has it), one step of neurons against the file, integers against real
numbers within their bounds, engines against integers.

Usage:
  random [flags]

Flags:
`

// batchSize is how many networks are compared, and built into one program, at once.
const batchSize = 200

// parseOptions reads the command line; --help prints and gives pflag.ErrHelp.
func parseOptions(args []string) (*options, error) {
	o := &options{}
	fs := pflag.NewFlagSet("random", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.IntVarP(&o.count, "count", "n", 1000, "how many networks to draw")
	fs.Uint64Var(&o.seed, "seed", 0, "repeat the draws of a seed; 0 draws one")
	fs.IntVar(&o.engines[0], "processors", 0, "how many of them to run on Go and on C of this machine")
	fs.IntVar(&o.engines[1], "boards", 0, "how many to run on boards under QEMU")
	fs.IntVar(&o.engines[2], "hardware", 0, "how many to simulate as Verilog")
	fs.StringVar(&o.keep, "keep", "out/random", "folder for the files of faults and of frequent refusals")
	fs.IntVar(&o.workers, "workers", runtime.NumCPU(), "networks to compile at once")
	fs.StringVar(&o.plan, "plan", "", "take this one network, as the report prints it")
	fs.BoolVar(&o.json, "json", false, "print the report as JSON")
	fs.Usage = func() { fmt.Fprint(os.Stderr, usage, fs.FlagUsages()) }
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 || o.count < 1 || o.workers < 1 {
		return nil, fmt.Errorf("takes no files, and at least one network and worker")
	}
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	return o, nil
}
