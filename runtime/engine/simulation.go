package engine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/engine/toolchain"
)

// Simulation is an engine that is hardware under a simulator.
type Simulation struct {
	*artefact
	name    string
	command []string
	top     string
	cost    Cost
}

// simulators says how each builds the emitted bench, and how it is run.
var simulators = map[string]struct{ needs, build, run []string }{
	"iverilog": {
		[]string{"iverilog", "vvp"},
		[]string{"iverilog", "-g2005", "-s", "tb", "-o", "build/tb.vvp", "tb.v"},
		[]string{"vvp", "-n", "build/tb.vvp"},
	},
	"verilator": {
		[]string{"verilator", "make", "g++"},
		[]string{"verilator", "--binary", "--timing", "-j", "0", "-Wno-fatal", "--top-module", "tb", "--Mdir", "build/vl", "-o", "tb", "tb.v"},
		[]string{"build/vl/tb"},
	},
}

// Verilog builds the emitted hardware and its bench for iverilog or verilator.
// Missing tools are a *toolchain.Missing.
func Verilog(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options, simulator string) (*Simulation, error) {
	s, ok := simulators[simulator]
	if !ok {
		return nil, fmt.Errorf("%q is not a simulator; wanted iverilog or verilator", simulator)
	}
	if err := toolchain.Need(s.needs...); err != nil {
		return nil, err
	}
	a, err := emit(net, b, o)
	if err != nil {
		return nil, err
	}
	e := &Simulation{artefact: a, name: "verilog-" + simulator, command: s.run}
	if len(s.run) == 1 {
		e.command = []string{e.path(s.run[0])} // a program, not a tool to be found
	}
	if e.top, err = topOf(e.path("Makefile")); err == nil {
		err = e.build(ctx, nil, append(slices.Clone(s.build), o.Name+".v")...)
	}
	if err != nil {
		return nil, e.abandon(err)
	}
	return e, nil
}

var topLine = regexp.MustCompile(`(?m)^TOP = (\w+)$`)

// topOf reads the name of the top module from the emitted Makefile.
func topOf(makefile string) (string, error) {
	text, err := os.ReadFile(makefile)
	if err != nil {
		return "", err
	}
	found := topLine.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s does not name the top module", makefile)
	}
	return string(found[1]), nil
}

// Top is the name of the top module, for proofs.
func (e *Simulation) Top() string { return e.top }

// Name is verilog-iverilog or verilog-verilator.
func (e *Simulation) Name() string { return e.name }

// Cost is the clock cycles per sample of the last run.
func (e *Simulation) Cost() Cost { return e.cost }

// Run feeds the samples to the bench, which writes all it sees to a file.
func (e *Simulation) Run(ctx context.Context, samples [][][]int64, trace bool) (backends.Vectors, error) {
	if err := fit(e.net, samples); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	if err := os.WriteFile(e.path("build/inputs.hex"), hexadecimal(samples), 0o644); err != nil {
		return nil, err
	}
	args := append(e.command[:len(e.command):len(e.command)],
		"+inputs=build/inputs.hex", "+samples="+strconv.Itoa(len(samples)), "+trace=build/trace.txt")
	log, _, err := toolchain.Run(ctx, toolchain.Command{Dir: e.dir, Args: args})
	if err != nil {
		return nil, err
	}
	if err := e.clocks(log, len(samples)); err != nil {
		return nil, err
	}
	got, err := e.read(samples)
	if err == nil && !trace {
		got = got.WithoutSteps()
	}
	return got, err
}

// hexadecimal prints the elements of samples, one a line, as the bench reads them.
func hexadecimal(samples [][][]int64) []byte {
	var b bytes.Buffer
	for _, sample := range samples {
		for _, input := range sample {
			for _, x := range input {
				fmt.Fprintf(&b, "%x\n", uint32(x))
			}
		}
	}
	return b.Bytes()
}

var clocksOf = regexp.MustCompile(`(?m)^sample \d+: (\d+) clocks$`)

// clocks averages the latencies that the bench measured.
func (e *Simulation) clocks(log []byte, samples int) error {
	found := clocksOf.FindAllSubmatch(log, -1)
	if len(found) != samples {
		return fmt.Errorf("the bench measured %d of %d samples:\n%s", len(found), samples, log)
	}
	e.cost = Cost{}
	for _, f := range found {
		n, err := strconv.Atoi(string(f[1]))
		if err != nil {
			return err
		}
		e.cost.Cycles += float64(n) / float64(samples)
	}
	return nil
}

// read takes the samples from the bench's trace, one integer a line.
func (e *Simulation) read(samples [][][]int64) (backends.Vectors, error) {
	data, err := os.ReadFile(e.path("build/trace.txt"))
	if err != nil {
		return nil, err
	}
	r := &lines{scanner: bufio.NewScanner(bytes.NewReader(data))}
	s := newStream(e.net)
	out := make(backends.Vectors, len(samples))
	for i := range out {
		out[i] = s.sample(r, samples[i], true)
	}
	if r.err == nil && r.scanner.Scan() {
		r.err = errors.New("the bench's trace is longer than the samples")
	}
	return out, r.err
}

// lines is a source of integers, one a line. After an error it gives zeros.
type lines struct {
	scanner *bufio.Scanner
	err     error
}

func (l *lines) spikes(n int) []uint8 { return backends.Elements[uint8](l.words(n)) }

func (l *lines) words(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		if l.err != nil {
			break
		}
		if !l.scanner.Scan() {
			l.err = errors.New("the bench's trace ends early")
			break
		}
		text := strings.TrimSpace(l.scanner.Text())
		x, err := strconv.ParseInt(text, 10, 32)
		if out[i] = int32(x); err != nil {
			l.err = fmt.Errorf("the bench's trace has %q, wanted an integer of 32 bits", text) // an x is a value never set
		}
	}
	return out
}
