package main

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"time"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
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

// predicted holds the classes that an engine gave the images, and its activity and time.
type predicted struct {
	classes  []int
	activity metrics.Activity
	counted  int // samples the activity is from
	took     times
	err      error
}

// times are the engine's own, that of preparing its samples and reading its results, and
// that of starting it.
type times struct{ engine, data, start time.Duration }

// put writes the times of a number of samples into a report.
func (t times) put(r *metrics.Evaluation, count int) {
	each := func(d time.Duration) float64 { return d.Seconds() / float64(max(1, count)) }
	r.SecondsPerSample, r.DataSecondsPerSample, r.StartSeconds = each(t.engine), each(t.data), t.start.Seconds()
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

// classesOf classifies all images, starting once ready is closed; the interpreter
// also counts.
func (e *evaluator) classesOf(net *ir.Net, engineName string, ready <-chan struct{}) (predicted, error) {
	if engineName != "interp" {
		return e.classify(net, engineName, ready)
	}
	<-ready
	bar := progress(e.c, e.count, "interpreting")
	defer bar.Close()
	p := e.interpret(net, true, func() { bar.Add(1) })
	return p, p.err
}

// predict classifies all images and counts the activity on some of them.
func (e *evaluator) predict(net *ir.Net, engineName string, ready <-chan struct{}) (predicted, error) {
	p, err := e.classesOf(net, engineName, ready)
	if err != nil || engineName == "interp" {
		return p, err
	}
	counted := e.some(activitySamples).interpret(net, true, nil)
	p.activity, p.counted = counted.activity, counted.counted
	return p, counted.err
}

// interpret classifies all images with the interpreter on all processors.
func (e *evaluator) interpret(net *ir.Net, active bool, done func()) predicted {
	start, count := time.Now(), e.count
	d, err := e.decide(net)
	if err != nil {
		return predicted{err: err}
	}
	p := predicted{classes: make([]int, count), counted: count}
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
	p.took.start = time.Since(start)
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
			return diag.Errorf(diag.Origin{File: e.images.File}, diag.BadData, "image %d: %v", i, err)
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
	for _, d := range spent {
		p.took.engine += d / time.Duration(len(spent))
	}
	p.took.data = time.Since(start) - p.took.start - p.took.engine
	p.activity = counters[0].Activity()
	return p
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
