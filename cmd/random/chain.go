package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/randnet"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
)

// verdict is the end that a network came to.
type verdict string

const (
	held     verdict = "held"     // every oracle agrees
	refused  verdict = "refused"  // nomul says that it cannot
	wrong    verdict = "wrong"    // two that should agree do not
	internal verdict = "internal" // a message that no user should see
	panicked verdict = "panicked"
)

// outcome is the verdict on a network, and the stage where it fell.
type outcome struct {
	verdict verdict
	stage   string
	message string
}

func (o outcome) String() string { return fmt.Sprintf("%s at %s: %s", o.verdict, o.stage, o.message) }

// network is one drawn network on its way.
type network struct {
	plan    randnet.Plan
	model   *randnet.Model
	source  *ir.Net
	spiking *ir.Net
	exact   *ir.Net // the last that is exact; it takes integers
	real    *ir.Net // the last of real numbers
	fixed   *ir.Net
	samples []sample
	peered  bool // compared with onnxruntime
	outcome outcome
	ties    int
	partly  map[string]bool // layers of a rolled net that are read in some steps alone
	live    map[string]bool // values of the source that an output reads
	ahead   map[string]int  // by layer: in step t the net computes the file's step t + ahead
	parted  int             // samples in which a silent neuron decides otherwise on integers
	bounds  []*ir.Bound
	worst   map[string]float64 // by kind of bound: the largest measured/stated
	where   map[string]string
}

// internalWords are of nomul's own workings; no message may hold them.
var internalWords = []string{"bug in", "nil pointer", "runtime error", "type-mismatch", "no rule gives", "real at the fixed level", "internal", "latch %", "; run ", "out of its range", "bad-net"}

// run takes a network through all that can be done without building engines.
func (n *network) run() (out outcome) {
	stage := "import"
	defer func() {
		if r := recover(); r != nil {
			out = outcome{panicked, stage, fmt.Sprintf("%v\n%s", r, debug.Stack())}
		}
	}()
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"import", n.toSource}, {"source", n.runSource}, {"raise", n.toSpiking}, {"spiking", n.runSpiking},
		{"lower", n.toFixed}, {"exact", n.runExact}, {"bounds", n.runBounds}, {"fixed", n.runFixed}, {"rows", n.runRows}, {"forced", n.runForced}, {"emit", n.emit},
	} {
		stage = s.name
		if err := s.do(); err != nil {
			return judged(stage, err)
		}
	}
	return outcome{verdict: held}
}

// disagreement is an error that says that two oracles differ.
type disagreement struct{ text string }

func (d disagreement) Error() string { return d.text }

func differ(format string, args ...any) error { return disagreement{fmt.Sprintf(format, args...)} }

// judged tells a refusal from a fault.
func judged(stage string, err error) outcome {
	var d disagreement
	var bug *passes.Bug
	text := err.Error()
	switch {
	case errors.As(err, &d):
		return outcome{wrong, stage, text}
	case errors.As(err, &bug) && strings.Contains(text, "panic: "):
		return outcome{panicked, stage, text}
	case errors.As(err, &bug), !diag.IsDiagnostic(err):
		return outcome{internal, stage, text}
	}
	for _, w := range internalWords {
		if strings.Contains(text, w) {
			return outcome{internal, stage, text}
		}
	}
	return outcome{refused, stage, text}
}

func (n *network) toSource() error {
	net, list := onnx.Import("net.onnx", n.model.Data, onnx.Options{})
	if err := list.Err(); err != nil {
		return err
	}
	for _, g := range onnx.Unsupported(net) {
		list = append(list, g.Diagnostic("net.onnx"))
	}
	n.source, n.live = net, map[string]bool{}
	for _, v := range ir.Prune(net).Values {
		n.live[v.Name] = true
	}
	return list.Err()
}

// options returns the options that a user would give with the network.
func (n *network) options() *passes.Options {
	o := &passes.Options{Steps: n.model.Said, Readout: n.model.Readout, Stream: n.model.Stream}
	for _, s := range n.model.State {
		o.State = append(o.State, passes.Binding{In: s[0], Out: s[1]})
	}
	if n.model.Mean != nil {
		o.Pixels = &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: n.model.Mean, Std: n.model.Std}
	} else {
		o.InputType, _ = ir.ParseElem(n.model.Elem)
	}
	return o
}

func (n *network) toSpiking() error {
	net, err := passes.Lower(n.source, ir.Spiking, "", n.options(), nil)
	n.spiking = net
	return err
}

func (n *network) toFixed() error {
	o := n.options()
	o.Bound = func(b *ir.Bound) { n.bounds = append(n.bounds, b) }
	net, err := passes.Lower(n.source, ir.Fixed, "", o, func(p passes.Pass, net *ir.Net) {
		switch p.Name {
		case "fold-gain":
			n.exact = net
		case "lower-leak":
			n.real = net
		}
	})
	n.fixed = net
	return err
}
