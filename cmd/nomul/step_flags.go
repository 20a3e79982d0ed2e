package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
)

// stepFlags say how a file of one time step is run.
type stepFlags struct {
	state   []string
	steps   int
	readout string
	stream  bool
	said    func() []string // the flags of these that were given
}

func (f *stepFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.state, "state", nil, "`IN=OUT` of a file of one time step: the input that is a state, and the output it becomes, IN=OUT=START where it begins at another number than 0; a comma list, found by itself where names or shapes leave no choice")
	fs.IntVar(&f.steps, "steps", 0, "how many `STEPS` a file of one time step runs for a sample")
	fs.StringVar(&f.readout, "readout", "", "how an output that a file of one time step gives, or that holds every step, is `READ` over the steps: "+strings.Join(passes.ReadoutNames, ", ")+" (sum for one time step); spk=sum,mem=last says it for each output; first is the number of the step of the first spike, T where there is none: the earliest wins")
	fs.BoolVar(&f.stream, "stream", false, "the other inputs of a file of one time step are new in each step, not the same in all")
	f.said = func() []string {
		var out []string
		for _, name := range []string{"steps", "state", "readout", "stream"} {
			if fs.Changed(name) {
				out = append(out, "--"+name)
			}
		}
		return out
	}
}

func (f *stepFlags) set(o *passes.Options) error {
	for _, item := range f.state {
		b, err := bindingOf(item)
		if err != nil {
			return usageError{fmt.Errorf("--state %s: %w", item, err)}
		}
		o.State = append(o.State, b)
	}
	switch {
	case slices.Contains(f.said(), "--steps") && f.steps < 1 || f.steps > ir.MaxSteps:
		return usageError{fmt.Errorf("--steps %d: wanted 1 to %d", f.steps, ir.MaxSteps)}
	case f.steps == 0 && (len(f.state) > 0 || f.stream):
		return usageError{fmt.Errorf("%s: only a file of one time step is run so, with --steps T", strings.Join(f.said(), ", "))}
	}
	o.Steps, o.Stream = f.steps, f.stream
	return f.setReadouts(o)
}

// bindingOf reads IN=OUT or IN=OUT=START.
func bindingOf(item string) (passes.Binding, error) {
	parts := strings.Split(item, "=")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return passes.Binding{}, errors.New("wanted IN=OUT, or IN=OUT=START")
	}
	b := passes.Binding{In: parts[0], Out: parts[1]}
	if len(parts) == 3 {
		start, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || math.IsNaN(start) || math.IsInf(start, 0) {
			return b, fmt.Errorf("%s is no number that a state can begin at", parts[2])
		}
		b.Start = start
	}
	return b, nil
}

// setReadouts reads the readout of all outputs, and those of single ones: READ, NAME=READ.
func (f *stepFlags) setReadouts(o *passes.Options) error {
	if f.readout == "" {
		return nil
	}
	o.Readouts = map[string]string{}
	for _, item := range strings.Split(f.readout, ",") {
		name, read, named := strings.Cut(strings.TrimSpace(item), "=")
		if !named {
			read = name
		}
		out := ir.CleanName(name)
		switch {
		case !slices.Contains(passes.ReadoutNames, read):
			return usageError{fmt.Errorf("--readout %s: %s", f.readout, oneOf(read, passes.ReadoutNames))}
		case named && o.Readouts[out] != "" || !named && o.Readout != "":
			return usageError{fmt.Errorf("--readout %s: wanted one readout for each output", f.readout)}
		case named:
			o.Readouts[out] = read
		default:
			o.Readout = read
		}
	}
	return nil
}

// useless refuses the flags for a net whose time steps are known.
func (f *stepFlags) useless(file string, net *ir.Net) error {
	if net.Level > ir.Source && len(f.said()) > 0 {
		return usageError{fmt.Errorf("%s: %s has its %s already", strings.Join(f.said(), ", "), file, counted(net.Steps, "time step"))}
	}
	return nil
}

// telling prints the diagnostics of passes, each text once.
func telling(c *cobra.Command) func(*diag.Diagnostic) {
	told := map[string]bool{}
	return func(d *diag.Diagnostic) {
		if text := d.Error(); !told[text] {
			told[text] = true
			fmt.Fprintln(c.ErrOrStderr(), text)
		}
	}
}
