package main

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
)

// decision is how a net's output becomes a class.
type decision struct {
	output  string
	classes int
	least   bool // the earliest spike wins
}

// decide finds the output that predicts, the only one. It must have one number for each class.
func (e *evaluator) decide(net *ir.Net) (decision, error) {
	outputs := net.All(ir.OpOutput)
	if len(outputs) != 1 {
		return decision{}, diag.Errorf(e.place(), diag.BadData, "eval needs one output that says the class, the model has %d: %s", len(outputs), names(outputs)).
			WithHelp("say which with --outputs NAME")
	}
	out := outputs[0]
	d := decision{out.Name, out.Type.Size(), ir.LeastWins(out)}
	switch dims := squeeze(out.Type.Shape.Dims()); {
	case len(dims) == 0:
		return d, diag.Errorf(e.place(), diag.BadData, "the output %s is a single number; eval wanted one for each class", out.Name)
	case len(dims) > 1:
		return d, diag.Errorf(e.place(), diag.BadData, "the output %s is %v; eval wanted one number for each class", out.Name, out.Type).
			WithHelp("if it holds every time step, say --readout %s", strings.Join(passes.ReadoutNames, ", "))
	}
	return d, nil
}

func (e *evaluator) place() diag.Origin { return diag.Origin{File: e.model.file} }

func names(values []*ir.Value) string {
	var out []string
	for _, v := range values {
		out = append(out, v.Name)
	}
	return strings.Join(out, ", ")
}

// rule says which element of the output is the class.
func (d decision) rule() string {
	if d.least {
		return "the least of " + d.output + ", which counts steps to the first spike: the earliest wins, of several the first"
	}
	return "the greatest of " + d.output + ", of several the first"
}

// class is the class that a result stands for.
func (d decision) class(t *ir.Tensor) (int, error) {
	if !t.Type.IsReal() {
		return metrics.Predict(t.I, d.least), nil
	}
	for i, y := range t.F {
		if math.IsNaN(y) {
			return 0, fmt.Errorf("element %d of the output %s is NaN, which stands for no class", i, d.output)
		}
	}
	return metrics.Predict(t.F, d.least), nil
}

// activitySamples bounds the images on which the interpreter counts for an engine that does not.
const activitySamples = 500

// unsteppedBy says that an engine is not asked for predictions behind each time step.
func unsteppedBy(engineName string) string {
	return "the engine " + engineName + " is not asked for predictions behind each step, go is"
}

// countedBy says which counts the activity of an engine, and on which images.
func countedBy(engineName string) string {
	switch engineName {
	case "interp", "go":
		return "by the engine"
	}
	return "by the interpreter"
}

// predicted holds the classes that an engine gave the images, and its activity and time.
type predicted struct {
	classes []int
	after   [][]int // by time step but the last, if the engine gives them
	why     string  // there is no after
	counter *metrics.Counter
	took    record.Times
	err     error
}

// sourcePredictions classifies with the network as it was given, imported or
// written as a text of an earlier level; nothing when that is the net itself.
func (e *evaluator) sourcePredictions(net *ir.Net) predicted {
	given := e.model.net
	if given.Level == net.Level {
		return predicted{}
	}
	if given.Level == ir.Source {
		var err error
		if given, err = e.model.given("bind-state"); err != nil {
			return predicted{err: err}
		}
	}
	bar := progress(e.c, e.count, "running the network as imported") // which takes longest of all for a large net
	defer bar.Close()
	return e.interpret(given, false, func() { bar.Add(1) })
}

// classesOf classifies all images, starting once ready is closed; the interpreter and the Go engine
// also count.
func (e *evaluator) classesOf(net *ir.Net, engineName string, ready <-chan struct{}) (predicted, error) {
	switch engineName {
	case "interp":
		<-ready
		bar := progress(e.c, e.count, "interpreting")
		defer bar.Close()
		p := e.interpret(net, true, func() { bar.Add(1) })
		return p, p.err
	case "go":
		return e.counting(net, ready)
	}
	return e.classify(net, engineName, ready)
}

// predict classifies all images and counts the activity: on those of some numbers, where the
// engine does not count.
func (e *evaluator) predict(net *ir.Net, engineName string, some []int, ready <-chan struct{}) (predicted, error) {
	p, err := e.classesOf(net, engineName, ready)
	if err != nil || p.counter != nil {
		return p, err
	}
	if e.numbers != nil {
		some = slices.Clone(some)
		for i := range some {
			some[i] -= e.numbers[0]
		}
	}
	counted := e.pick(some).interpret(net, true, nil)
	p.counter = counted.counter
	return p, counted.err
}

// interpret classifies all images with the interpreter on all processors.
func (e *evaluator) interpret(net *ir.Net, active bool, done func()) predicted {
	start, count := time.Now(), e.count
	d, err := e.decide(net)
	if err != nil {
		return predicted{err: err}
	}
	p := predicted{classes: make([]int, count), why: unsteppedBy("interp")}
	machines := make([]*interp.Machine, workers(net, count))
	counters, taps := make([]*metrics.Counter, len(machines)), make([]interp.Tap, len(machines))
	for w := range machines {
		if machines[w], err = interp.New(net); err != nil {
			return predicted{err: err}
		}
		counters[w] = metrics.NewCounter(net)
		if active {
			taps[w] = counters[w].Tap
		}
	}
	feed, spent := e.model.feed(net), make([]time.Duration, len(machines))
	started := time.Since(start)
	p.err = share(len(machines), count, func(w, i int) error {
		if err := e.c.Context().Err(); err != nil {
			return err
		}
		in, err := feed.images(e.images, i, i+1)
		if err != nil {
			return err
		}
		began := time.Now()
		out, err := machines[w].Run(in[0], taps[w])
		if err != nil {
			return err
		}
		spent[w] += time.Since(began)
		if p.classes[i], err = d.class(out[d.output]); err != nil {
			return diag.Errorf(diag.Origin{File: e.images.File}, diag.BadData, "image %d: %v", e.number(i), err)
		}
		counters[w].Sample()
		if done != nil {
			done()
		}
		return nil
	})
	for _, other := range counters[1:] {
		counters[0].Merge(other)
	}
	var engine time.Duration
	for _, d := range spent {
		engine += d / time.Duration(len(spent))
	}
	p.took = timesOf(count, engine, time.Since(start)-started-engine, started)
	p.counter = counters[0]
	return p
}

// timesOf are the times of a record: those of the engine on so many images, of preparing images
// and reading results, and of starting the engine.
func timesOf(measured int, engine, data, start time.Duration) record.Times {
	return record.Times{Measured: measured, Engine: engine.Seconds(), Data: data.Seconds(), Start: start.Seconds()}
}

// largeNet is the number of elements of a net's values from which on one machine at a
// time takes all the memory that there should be.
const largeNet = 1 << 25

// workers is the number of machines, one a processor, that run count samples of a net.
func workers(net *ir.Net, count int) int {
	elements := 0
	for _, v := range net.Values {
		elements += v.Type.Size()
	}
	if elements > largeNet {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), max(1, count))
}

// share has each worker do every workers-th of count things, until one fails.
func share(workers, count int, do func(worker, i int) error) error {
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < count && errs[w] == nil; i += workers {
				errs[w] = do(w, i)
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}
