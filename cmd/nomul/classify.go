package main

import (
	"context"
	"math"
	"sync"
	"time"

	"nomul/backends"
	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/runtime/engine"
	"nomul/runtime/metrics"
)

// portion is how many images an engine is given at a time.
const portion = 1000

// timedSamples is on how many images the Go engine's time is measured: alone, on one thread and
// without counting.
const timedSamples = 200

// classify predicts with a built engine, starting once ready is closed.
func (e *evaluator) classify(net *ir.Net, name string, ready <-chan struct{}) (predicted, error) {
	built, err := openEngine(e.c.Context(), net, name)
	if err != nil {
		return predicted{}, err
	}
	defer built.Close()
	<-ready
	bar := progress(e.c, e.count, "running on "+name)
	defer bar.Close()
	p, err := e.timedRun(net, built, e.count, func(n int) { bar.Add(n) })
	p.why = unsteppedBy(name)
	return p, err
}

// timedRun classifies the first images, one portion after another, and measures the time.
func (e *evaluator) timedRun(net *ir.Net, built engine.Engine, count int, done func(int)) (predicted, error) {
	var p predicted
	d, err := e.decide(net)
	if err != nil {
		return p, err
	}
	start, err := startOf(e.c.Context(), built)
	if err != nil {
		return p, err
	}
	var took engine.Timing
	for from := 0; from < count; from += portion {
		to := min(from+portion, count)
		began := time.Now()
		samples, err := e.samples(net, from, to)
		if err != nil {
			return p, err
		}
		took.Data += time.Since(began)
		got, spent, err := timed(e.c.Context(), built, samples)
		if err != nil {
			return p, err
		}
		took.Program += max(0, spent.Program-start)
		took.Data += spent.Data
		for _, s := range got {
			p.classes = append(p.classes, metrics.Predict(s.Outputs[0], d.least))
		}
		done(to - from)
	}
	p.took = timesOf(count, took.Program, took.Data, start)
	return p, nil
}

// samples are images as an engine takes them.
func (e *evaluator) samples(net *ir.Net, from, to int) ([][][]int64, error) {
	images, err := e.model.feed(net).images(e.images, from, to)
	return elements(net, images), err
}

// timed runs samples, and says how long that took.
func timed(ctx context.Context, e engine.Engine, samples [][][]int64) (backends.Vectors, engine.Timing, error) {
	began := time.Now()
	got, err := e.Run(ctx, samples, false)
	if p, ok := e.(interface{ Took() engine.Timing }); ok && err == nil {
		return got, p.Took(), nil
	}
	return got, engine.Timing{Program: time.Since(began)}, err
}

// starts is how often a program is started to learn how long that takes.
const starts = 4

// startOf is how long a program takes until it could read a sample, at best.
func startOf(ctx context.Context, e engine.Engine) (time.Duration, error) {
	if _, ok := e.(interface{ Took() engine.Timing }); !ok {
		return 0, nil
	}
	least := time.Duration(math.MaxInt64)
	for range starts {
		_, took, err := timed(ctx, e, nil)
		if err != nil {
			return 0, err
		}
		least = min(least, took.Program)
	}
	return least, nil
}

// counting predicts with the Go engine, which counts. Its time is measured first; then portions
// of the images are run on all processors.
func (e *evaluator) counting(net *ir.Net, ready <-chan struct{}) (predicted, error) {
	if err := onlyFixed("go", net); err != nil {
		return predicted{}, err
	}
	plain, err := openEngine(e.c.Context(), net, "go")
	if err != nil {
		return predicted{}, err
	}
	defer plain.Close()
	run := &countingRun{evaluator: e, net: net}
	var why string
	if run.stepped, why = behindEachStep(net); run.stepped != nil {
		run.net = run.stepped.net
	}
	o := engine.GoOptions{Options: backends.Options{Name: modelName}, Kernel: "auto"}
	if run.built, err = engine.GoCounting(e.c.Context(), run.net, goasm.New(), o); err != nil {
		return predicted{}, err
	}
	defer run.built.Close()
	<-ready
	p, err := e.timedRun(net, plain, min(timedSamples, e.count), func(int) {})
	if err != nil {
		return p, err
	}
	p.classes, p.counter, p.why, run.to = make([]int, e.count), metrics.NewCounter(net), why, &p
	if run.decision, err = e.decide(net); err != nil {
		return p, err
	}
	run.places()
	bar := progress(e.c, e.count, "running on go")
	defer bar.Close()
	processors := workers(net, e.count)
	size := max(1, min(portion, (e.count+processors-1)/processors))
	err = share(processors, (e.count+size-1)/size, func(_, i int) error {
		from, to := i*size, min((i+1)*size, e.count)
		defer bar.Add(to - from)
		return run.portion(from, to)
	})
	return p, err
}

// countingRun is a run of portions at a time that add to one result.
type countingRun struct {
	*evaluator
	net      *ir.Net
	built    *engine.Counting
	decision decision
	stepped  *stepped // nil without
	own      int      // the place of the net's own output
	behind   []int    // and of those behind each step
	to       *predicted
	adding   sync.Mutex
}

// places finds the outputs by their names.
func (r *countingRun) places() {
	at := map[string]int{}
	for i, v := range backends.PortsOf(r.net).Outputs {
		at[v.Name] = i
	}
	r.own = at[r.decision.output]
	if r.stepped == nil {
		return
	}
	for _, name := range r.stepped.outputs {
		r.behind = append(r.behind, at[name])
		r.to.after = append(r.to.after, make([]int, r.count))
	}
}

// portion runs some of the images.
func (r *countingRun) portion(from, to int) error {
	began := time.Now()
	samples, err := r.samples(r.net, from, to)
	if err != nil {
		return err
	}
	data := time.Since(began)
	got, counts, err := r.built.RunCounting(r.c.Context(), samples)
	if err != nil {
		return err
	}
	r.adding.Lock()
	defer r.adding.Unlock()
	for i, s := range got {
		r.to.classes[from+i] = metrics.Predict(s.Outputs[r.own], r.decision.least)
		for t, at := range r.behind {
			r.to.after[t][from+i] = r.stepped.class(t, s.Outputs[at], r.decision)
		}
	}
	r.to.took.Data += data.Seconds()
	return r.to.counter.Add(len(samples), counts.Spikes, counts.Synops)
}
