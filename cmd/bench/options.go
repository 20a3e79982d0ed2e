package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"nomul/passes"
)

// bundled is the network that comes with nomul, and the images it was trained for.
const (
	bundledModel  = "testdata/models/fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx"
	bundledImages = "testdata/data/fashion-mnist/t10k-images-idx3-ubyte.gz"
	bundledLabels = "testdata/data/fashion-mnist/t10k-labels-idx1-ubyte.gz"
)

// options are the flags and arguments; empty files mean the bundled ones.
type options struct {
	model, images, labels string
	only                  []string
	ort                   string
	limit                 int // images on the CPU
	slow                  int // images under QEMU and in simulation
	rounds                int
	lanes                 int
	layer                 string
	pixels                passes.Pixels
	json                  bool
}

const usage = `Measures the engines that nomul emits for a network, on real images.

Usage:
  bench [flags] [MODEL.onnx]

Example:
  go run ./cmd/bench --only go,c

Flags:
`

// parseOptions reads the command line; --help prints and gives pflag.ErrHelp.
func parseOptions(args []string) (*options, error) {
	o := &options{}
	fs := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.StringSliceVar(&o.only, "only", nil, "sections to run: "+strings.Join(sectionNames(), ", ")+" (default all)")
	fs.StringVar(&o.images, "images", "", "idx(.gz), npz, or a folder of PNGs per class (default the bundled test images)")
	fs.StringVar(&o.labels, "labels", "", "labels of --images, when it does not hold them")
	fs.Float64SliceVar(&o.pixels.Scale, "scale", []float64{1.0 / 255}, "A of x = (p·A − M)/S: what the model's input x is of a pixel p")
	fs.Float64SliceVar(&o.pixels.Mean, "mean", []float64{0.286}, "M, one or one per channel")
	fs.Float64SliceVar(&o.pixels.Std, "std", []float64{0.353}, "S, one or one per channel")
	fs.IntVar(&o.limit, "limit", 10000, "images on the CPU")
	fs.IntVar(&o.rounds, "rounds", 3, "times the images are run on the CPU")
	fs.IntVar(&o.slow, "slow", 4, "images under QEMU and in simulation")
	fs.IntVar(&o.lanes, "lanes", 0, "lanes of the Verilog engine, a power of two (default its own)")
	fs.StringVar(&o.layer, "layer", "", "neuron layer whose cells are counted (default the last)")
	fs.StringVar(&o.ort, "ort", "", "the onnxruntime shared library (default that of the Python package onnxruntime)")
	fs.BoolVar(&o.json, "json", false, "print JSON")
	fs.Usage = func() { fmt.Fprint(os.Stdout, usage, fs.FlagUsages()) }
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 1 {
		return nil, fmt.Errorf("wanted one model, got %d: %s", fs.NArg(), strings.Join(fs.Args(), " "))
	}
	o.model = fs.Arg(0)
	return o, o.check()
}

func (o *options) check() error {
	for _, name := range o.only {
		if !slices.Contains(sectionNames(), name) {
			return fmt.Errorf("--only: there is no section %q; there are %s", name, strings.Join(sectionNames(), ", "))
		}
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"limit", o.limit}, {"rounds", o.rounds}, {"slow", o.slow}} {
		if f.value < 1 {
			return fmt.Errorf("--%s must be at least 1, got %d", f.name, f.value)
		}
	}
	if o.lanes < 0 || o.lanes&(o.lanes-1) != 0 {
		return fmt.Errorf("--lanes must be a power of two, got %d", o.lanes)
	}
	if o.images == "" && o.labels != "" {
		return fmt.Errorf("--labels without --images")
	}
	return nil
}

func sectionNames() []string {
	var out []string
	for _, s := range sections {
		out = append(out, s.name)
	}
	return out
}

// wants reports whether a section is to run.
func (o *options) wants(name string) bool { return len(o.only) == 0 || slices.Contains(o.only, name) }
