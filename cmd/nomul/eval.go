package main

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
)

// activitySamples bounds the samples on which spikes and operations are counted
// when another engine than the interpreter classifies.
const activitySamples = 500

func evalCommand() *cobra.Command {
	var flags compileFlags
	var images, labels, level, engineName string
	var limit, flips int
	var asJSON bool
	c := &cobra.Command{
		Use:   "eval MODEL --images F --labels F",
		Short: "Measure accuracy, agreement, spike rates and operations on labelled images",
		Long: `Classify images and report accuracy, before and after; the share of predictions equal
to those of the network as imported; the confusion of classes, spike rates and
synaptic operations (one weight-row element added for one spike or one set bit).

Images are an idx file (.gz or not), an .npz, or a folder with one folder of
PNGs per class, which brings its own labels.`,
		Example: `  nomul eval model.onnx --images t10k-images.gz --labels t10k-labels.gz --mean .286 --std .353
  nomul eval model.onnx --images photos/ --engine go --limit 1000 --mean .5 --std .5 --json`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := require(c, "images"); err != nil {
				return err
			}
			if err := errors.Join(checkEngine(engineName), checkCount(c, "limit", limit), checkCount(c, "flips", flips)); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err != nil {
				return err
			}
			l, err := parseLevel(level)
			if err != nil {
				return err
			}
			set, err := dataset.Load(images, labels)
			if err != nil {
				return err
			}
			e := evaluator{c: c, model: m, images: set, count: len(set.Labels)}
			if limit > 0 {
				e.count = min(e.count, limit)
			}
			report, err := e.report(l, engineName, flips)
			if err != nil {
				return err
			}
			return report.put(c, asJSON, set.Classes)
		},
	}
	flags.register(c.Flags())
	levelFlag(c.Flags(), &level, "fixed")
	engineFlag(c.Flags(), &engineName)
	c.Flags().StringVar(&images, "images", "", "images: an idx file, an .npz or a `FOLDER` of PNGs per class")
	c.Flags().StringVar(&labels, "labels", "", "labels: an idx or .npz `FILE`")
	c.Flags().IntVar(&limit, "limit", 0, "take only the first `N` images")
	c.Flags().IntVar(&flips, "flips", 0, "count on the first `N` images how often each layer, fed the spikes of the net of real numbers, decides otherwise on integers")
	jsonFlag(c, &asJSON)
	return c
}

// checkCount refuses a number of images that leaves nothing.
func checkCount(c *cobra.Command, flag string, n int) error {
	if c.Flags().Changed(flag) && n < 1 {
		return usageError{fmt.Errorf("--%s %d: wanted at least 1", flag, n)}
	}
	return nil
}

type evaluator struct {
	c      *cobra.Command
	model  *model
	images *dataset.Images
	count  int
}

// evaluation is the report, with what the counts of spikes rest on.
type evaluation struct {
	metrics.Evaluation
	ActivitySamples int `json:"activity_samples"`
	// KeptAccuracy is that with residuals where they were trained, when they were moved.
	KeptAccuracy *float64 `json:"kept_residuals_accuracy,omitempty"`
	// Flips are those of each layer, when they were asked for.
	Flips []metrics.LayerFlips `json:"flips,omitempty"`
}

// report evaluates; on the first flips images, if any, it also counts flips.
func (e *evaluator) report(level ir.Level, engineName string, flips int) (*evaluation, error) {
	r, err := e.run(level, engineName)
	if err == nil && flips > 0 {
		r.Flips, err = e.flips(min(flips, e.count))
	}
	return r, err
}

// put prints the report for machines or for people.
func (r *evaluation) put(c *cobra.Command, asJSON bool, classes []string) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), r)
	}
	printEvaluation(c, r, classes)
	if r.Flips != nil {
		printFlips(c.OutOrStdout(), r.Flips)
	}
	return nil
}

func (e *evaluator) run(level ir.Level, engineName string) (*evaluation, error) {
	net, err := e.model.at(level)
	if err != nil {
		return nil, err
	}
	outputs := net.All(ir.OpOutput)
	if len(outputs) != 1 {
		return nil, fmt.Errorf("eval needs a model with one output, this one has %d", len(outputs))
	}
	classes := outputs[0].Type.Size()
	if _, err := e.model.feed(net).images(e.images, 0, min(1, e.count)); err != nil {
		return nil, err
	}
	if err := e.images.CheckLabels(classes); err != nil {
		return nil, err
	}
	// The source level's predictions are made while the engine under test is
	// built, but not while it runs: its time is measured.
	var want predicted
	done := make(chan struct{})
	go func() {
		defer close(done)
		want = e.sourcePredictions(net)
	}()
	got, err := e.predict(net, engineName, done)
	<-done
	if err == nil {
		err = want.err
	}
	if err != nil {
		return nil, err
	}
	r := &evaluation{ActivitySamples: got.counted}
	r.Score = metrics.NewScore(classes, e.images.Labels[:e.count], got.classes)
	r.Engine, r.Level, r.Steps = engineName, net.Level.String(), net.Steps
	r.Activity = got.activity
	r.SecondsPerSample = got.elapsed.Seconds() / float64(max(1, e.count))
	if want.classes != nil {
		accuracy, agreement := metrics.Agreement(want.classes, e.images.Labels[:e.count]), metrics.Agreement(want.classes, got.classes)
		r.ImportedAccuracy, r.Agreement = &accuracy, &agreement
	}
	r.KeptAccuracy, err = e.keptAccuracy(net, engineName)
	return r, err
}

// predicted is what an engine made of the images.
type predicted struct {
	classes  []int
	activity metrics.Activity
	counted  int // samples the activity is from
	elapsed  time.Duration
	err      error
}

// sourcePredictions classifies with the network as it was given, imported or
// written as a text of an earlier level; nothing when that is the net itself.
func (e *evaluator) sourcePredictions(net *ir.Net) predicted {
	given := e.model.net
	switch {
	case given.Level == net.Level:
		return predicted{}
	case given.Level == ir.Spiking:
		return e.asImported(given)
	}
	tidy, err := passes.Lower(e.model.net, ir.Spiking, "bind-state", e.model.options, nil)
	if err != nil {
		return predicted{err: err}
	}
	return e.asImported(tidy)
}

// asImported classifies all images, which takes longest of all for a large net.
func (e *evaluator) asImported(net *ir.Net) predicted {
	bar := progress(e.c, e.count, "running the network as imported")
	defer bar.Close()
	return e.interpret(net, e.count, false, func() { bar.Add(1) })
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
	p := e.interpret(net, e.count, true, func() { bar.Add(1) })
	return p, p.err
}

// predict classifies all images and counts what is active on the first of them.
func (e *evaluator) predict(net *ir.Net, engineName string, ready <-chan struct{}) (predicted, error) {
	p, err := e.classesOf(net, engineName, ready)
	if err != nil || engineName == "interp" {
		return p, err
	}
	counted := e.interpret(net, min(e.count, activitySamples), true, nil)
	p.activity, p.counted = counted.activity, counted.counted
	return p, counted.err
}

// interpret classifies the first images with the interpreter on all processors.
func (e *evaluator) interpret(net *ir.Net, count int, active bool, done func()) predicted {
	start := time.Now()
	p := predicted{classes: make([]int, count), counted: count}
	workers, feed := min(runtime.GOMAXPROCS(0), max(1, count)), e.model.feed(net)
	counters, errs := make([]*metrics.Counter, workers), make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		counters[w] = metrics.NewCounter(net)
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[w] = e.share(feed, w, workers, active, counters[w], p.classes, done)
		}()
	}
	wg.Wait()
	for w := range workers {
		if errs[w] != nil && p.err == nil {
			p.err = errs[w]
		}
		if w > 0 {
			counters[0].Merge(counters[w])
		}
	}
	p.elapsed, p.activity = time.Since(start), counters[0].Activity()
	return p
}

// share interprets every workers-th image from the first.
func (e *evaluator) share(f feed, first, workers int, active bool, counter *metrics.Counter, classes []int, done func()) error {
	machine, err := interp.New(f.net)
	if err != nil {
		return err
	}
	var tap interp.Tap
	if active {
		tap = counter.Tap
	}
	output := f.net.All(ir.OpOutput)[0].Name
	for i := first; i < len(classes); i += workers {
		if err := e.c.Context().Err(); err != nil {
			return err
		}
		in, err := f.images(e.images, i, i+1)
		if err != nil {
			return err
		}
		out, err := machine.Run(in[0], tap)
		if err != nil {
			return err
		}
		classes[i] = interp.Predict(out[output])
		counter.Sample()
		if done != nil {
			done()
		}
	}
	return nil
}

func printEvaluation(c *cobra.Command, r *evaluation, names []string) {
	w := c.OutOrStdout()
	rows := [][]string{
		{"samples", fmt.Sprint(r.Samples)},
		{"accuracy", fmt.Sprintf("%.2f %%", 100*r.Accuracy)},
	}
	if r.Agreement != nil {
		rows = append(rows,
			[]string{"as imported", fmt.Sprintf("%.2f %% accuracy of the network as imported", 100**r.ImportedAccuracy)},
			[]string{"agreement", fmt.Sprintf("%.2f %% of predictions equal those of the network as imported", 100**r.Agreement)})
	}
	if r.KeptAccuracy != nil {
		rows = append(rows, r.keptRow())
	}
	rows = append(rows,
		[]string{"engine", fmt.Sprintf("%s, %s level, %d steps", r.Engine, r.Level, r.Steps)},
		[]string{"time", fmt.Sprintf("%.1f µs per sample", 1e6*r.SecondsPerSample)},
		[]string{"operations", fmt.Sprintf("%.0f synaptic operations per sample, all additions; %d multiply-accumulates without spikes", r.Totals.Synops, r.Totals.DenseMACs)},
		[]string{"spikes", fmt.Sprintf("%.0f per sample, counted on %d samples", r.Totals.Spikes, r.ActivitySamples)})
	printTable(w, []string{"figure", "value"}, rows)
	fmt.Fprintln(w)
	rows = nil
	for _, l := range r.Layers {
		rate := ""
		if l.Kind == "neuron" {
			rate = fmt.Sprintf("%.4f", l.SpikeRate)
		}
		rows = append(rows, []string{l.Name, l.Kind, fmt.Sprint(l.Neurons), rate, fmt.Sprintf("%.0f", l.Synops)})
	}
	printTable(w, []string{"layer", "kind", "neurons", "spikes per neuron and step", "synaptic operations"}, rows)
	fmt.Fprintln(w)
	printTable(w, confusionHead(r, names), confusionRows(r, names))
}

func className(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprint(i)
}

func confusionHead(r *evaluation, names []string) []string {
	head := []string{"label \\ predicted"}
	for i := range r.Confusion {
		head = append(head, className(names, i))
	}
	return head
}

func confusionRows(r *evaluation, names []string) [][]string {
	var rows [][]string
	for i, counts := range r.Confusion {
		row := []string{className(names, i)}
		for _, n := range counts {
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, row)
	}
	return rows
}

// onlyFixed refuses an engine that cannot run the level.
func onlyFixed(name string, net *ir.Net) error {
	if net.Level != ir.Fixed {
		return diag.Errorf(diag.Origin{}, diag.BadLevel, "engine %s runs the fixed level only; the interpreter runs %v", name, net.Level).
			WithHelp("say --engine interp, or --level fixed")
	}
	return nil
}
