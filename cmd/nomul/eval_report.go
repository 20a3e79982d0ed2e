package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
)

// evaluation is the report of eval.
type evaluation struct {
	metrics.Evaluation
	// Alarms are those of a negative class, if one was named.
	Alarms *metrics.Alarms `json:"alarms,omitempty"`
	// Decides says which element of the output is the class.
	Decides string `json:"decides"`
	// Classes are the names of the classes that have some.
	Classes map[int]string `json:"classes,omitempty"`
	// ActivitySamples are those that spikes and operations were counted on.
	ActivitySamples int `json:"activity_samples"`
	// ComparedSamples are those that the network as imported classified too, and TimedSamples those
	// that the engine's time is of.
	ComparedSamples int `json:"compared_samples"`
	TimedSamples    int `json:"timed_samples"`
	// AccuracyAfter is by time step, of the prediction behind it; FirstRight counts the images by the step, from 1, from
	// which the prediction is right and stays right. Unstepped says why they are absent.
	AccuracyAfter []float64 `json:"accuracy_after,omitempty"`
	FirstRight    []int     `json:"first_right,omitempty"`
	Unstepped     string    `json:"unstepped,omitempty"`
	// Quiet are the layers that can fire and never did: their readers saw nothing.
	Quiet []string `json:"never_fire,omitempty"`
	// KeptAccuracy is that with residuals where they were trained, when they were moved.
	KeptAccuracy *float64 `json:"kept_residuals_accuracy,omitempty"`
	// Costs are estimates of energy, of a net at the fixed level.
	Costs *costs `json:"costs,omitempty"`
	// Bench has NeuroBench's figures and operations by kind, when they were asked for.
	Bench *benchmark `json:"neurobench,omitempty"`
	// Flips are those of each layer, when they were asked for.
	Flips []metrics.LayerFlips `json:"flips,omitempty"`
	// counts says which counted the activity, on which images.
	counts string
}

// reportOf derives the figures of a record.
func reportOf(r *record.Record) *evaluation {
	e := &evaluation{Decides: r.Run.Decides, Classes: r.Run.Names, ActivitySamples: r.Counted, TimedSamples: r.Times.Measured, counts: r.Run.Counts}
	e.Score = metrics.NewScore(r.Run.Classes, r.Images.Labels, r.Images.Classes)
	e.Engine, e.Level, e.Steps = r.Run.Engine, r.Run.Level, r.Run.Steps
	e.Activity, e.Quiet = metrics.ActivityOf(r.Layers, r.Operations, r.Counted, r.Run.Steps), quietLayers(r.Layers)
	e.SecondsPerSample = r.Times.Engine / float64(max(1, r.Times.Measured))
	e.DataSecondsPerSample = r.Times.Data / float64(max(1, e.Samples))
	e.StartSeconds = r.Times.Start
	e.Costs = costsOf(r.Costs, r.Run.Steps, e.Activity)
	e.steps(r)
	if c := r.Compared; c != nil {
		e.ComparedSamples = c.Images
		e.ImportedAccuracy, e.Agreement = shareOf(c.Correct, c.Images), shareOf(c.Equal, c.Images)
	}
	if r.Kept != nil {
		e.KeptAccuracy = shareOf(r.Kept.Correct, e.Samples)
	}
	return e
}

// steps derives the figures of predictions behind each time step.
func (e *evaluation) steps(r *record.Record) {
	e.Unstepped = r.Unstepped
	if r.Images.After == nil {
		return
	}
	e.FirstRight = make([]int, r.Run.Steps)
	for _, n := range r.Images.Correct() {
		e.AccuracyAfter = append(e.AccuracyAfter, float64(n)/float64(max(1, e.Samples)))
	}
	for _, first := range r.Images.Steps() {
		if first > 0 {
			e.FirstRight[first-1]++
		}
	}
}

// stepRows are the accuracy behind each time step, and from which step on images are right.
func (e *evaluation) stepRows() [][]string {
	if e.AccuracyAfter == nil {
		return nil
	}
	var accuracy, first []string
	for t, a := range e.AccuracyAfter {
		accuracy = append(accuracy, fmt.Sprintf("%.2f", 100*a))
		first = append(first, fmt.Sprint(e.FirstRight[t]))
	}
	return [][]string{
		{"after step", fmt.Sprintf("1 to %d: %s %% accuracy", len(accuracy), strings.Join(accuracy, ", "))},
		{"right from", fmt.Sprintf("step 1 to %d on and to the end: %s images", len(first), strings.Join(first, ", "))},
	}
}

// shareOf is a part of a whole; of nothing it is nil.
func shareOf(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	x := float64(part) / float64(whole)
	return &x
}

// quietLayers lists the layers of neurons without any spike, but for those that only have a membrane.
func quietLayers(layers []record.Layer) []string {
	var out []string
	for _, l := range layers {
		if l.Spikes != nil && !slices.ContainsFunc(l.Spikes, func(n int64) bool { return n != 0 }) {
			out = append(out, l.Name)
		}
	}
	return out
}

// put prints the report for machines or for people.
func (r *evaluation) put(c *cobra.Command, asJSON bool) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), r)
	}
	printEvaluation(c, r)
	if len(r.Quiet) > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "warning: no neuron of %s fires in any step of %d samples, so accuracy and agreement do not depend on it\n",
			strings.Join(r.Quiet, ", "), r.ActivitySamples)
	}
	if r.Flips != nil {
		printFlips(c.OutOrStdout(), r.Flips)
	}
	if r.Bench != nil {
		printBench(c.OutOrStdout(), r.Bench)
	}
	return nil
}

func printEvaluation(c *cobra.Command, r *evaluation) {
	w := c.OutOrStdout()
	rows := [][]string{
		{"samples", fmt.Sprint(r.Samples)},
		{"accuracy", fmt.Sprintf("%.2f %%", 100*r.Accuracy)},
		{"a class is", r.Decides},
	}
	rows = append(rows, r.stepRows()...)
	if len(r.Classes) > 0 {
		rows = append(rows, []string{"classes", r.mapping()})
	}
	if r.Alarms != nil {
		rows = append(rows, r.alarmRows()...)
	}
	if r.Agreement != nil {
		rows = append(rows,
			[]string{"as imported", fmt.Sprintf("%.2f %% accuracy of the network as imported%s", 100**r.ImportedAccuracy, r.onPart())},
			[]string{"agreement", fmt.Sprintf("%.2f %% of predictions equal those of the network as imported%s", 100**r.Agreement, r.onPart())})
	}
	if r.KeptAccuracy != nil {
		rows = append(rows, r.keptRow())
	}
	rows = append(rows,
		[]string{"engine", fmt.Sprintf("%s, %s level, %s", r.Engine, r.Level, counted(r.Steps, "step"))},
		[]string{"time", r.times()},
		[]string{"operations", r.operations()})
	if spiking(r.Layers) {
		rows = append(rows, []string{"spikes", fmt.Sprintf("%.0f per sample, counted on %d samples %s", r.Totals.Spikes, r.ActivitySamples, r.counts)})
	}
	printTable(w, []string{"figure", "value"}, rows)
	fmt.Fprintln(w)
	printLayers(w, r.Layers)
	printCosts(w, r.Costs)
	if r.Alarms != nil {
		r.printAlarms(w)
	}
	r.printConfusion(w)
}

// onPart says on how many images predictions were compared, if not on all.
func (r *evaluation) onPart() string {
	if r.ComparedSamples == r.Samples {
		return ""
	}
	return fmt.Sprintf(", on %d of %d images", r.ComparedSamples, r.Samples)
}

func spiking(layers []metrics.Layer) bool {
	return slices.ContainsFunc(layers, func(l metrics.Layer) bool { return l.Kind == "neuron" })
}

// operations are those of a sample: of a net without spikes and words, as most are given, multiplications.
func (r *evaluation) operations() string {
	if r.Totals.Synops == 0 && r.Level == ir.Source.String() {
		return fmt.Sprintf("%d multiply-accumulates per sample", r.Totals.DenseMACs)
	}
	return fmt.Sprintf("%.0f synaptic operations per sample, all additions; %d multiply-accumulates without spikes", r.Totals.Synops, r.Totals.DenseMACs)
}

// printLayers prints the operations of layers, and how often neurons fire, where there are some.
func printLayers(w io.Writer, layers []metrics.Layer) {
	head := []string{"layer", "kind", "neurons", "synaptic operations"}
	if spiking(layers) {
		head = slices.Insert(head, 3, "spikes per neuron and step")
	}
	var rows [][]string
	for _, l := range layers {
		row := []string{l.Name, l.Kind, fmt.Sprint(l.Neurons), fmt.Sprintf("%.0f", l.Synops)}
		if spiking(layers) {
			rate := ""
			if l.Kind == "neuron" {
				rate = fmt.Sprintf("%.4f", l.SpikeRate)
			}
			row = slices.Insert(row, 3, rate)
		}
		rows = append(rows, row)
	}
	cutTable(w, head, rows, "--json")
	fmt.Fprintln(w)
}

// times are the seconds of a sample in words. An engine that is a program is measured
// beside its start, which for few samples may leave too little time to show.
func (r *evaluation) times() string {
	engine := fmt.Sprintf("%.1f µs per sample in the engine", 1e6*r.SecondsPerSample)
	if r.TimedSamples != r.Samples {
		engine += fmt.Sprintf(", one thread, on %d samples", r.TimedSamples)
	}
	if r.SecondsPerSample == 0 {
		engine = "too short in the engine to measure beside its start"
	}
	return fmt.Sprintf("%s; %.1f µs to prepare it and read the result; %.0f ms to start", engine, 1e6*r.DataSecondsPerSample, 1e3*r.StartSeconds)
}

// class is the name of a class, or its number.
func (r *evaluation) class(i int) string { return className(i, r.Classes) }

// className is the name of a class, or its number where it has none.
func className(i int, names map[int]string) string {
	if name, named := names[i]; named {
		return name
	}
	return fmt.Sprint(i)
}

// shownClasses bounds the classes of which it is told how they are called.
const shownClasses = 10

// mapping tells which class has which name.
func (r *evaluation) mapping() string {
	var all []string
	for i := range r.Confusion {
		if name, named := r.Classes[i]; named {
			all = append(all, fmt.Sprintf("%d = %s", i, name))
		}
	}
	if len(all) > shownClasses {
		all = append(all[:shownClasses], "…")
	}
	return strings.Join(all, ", ")
}
