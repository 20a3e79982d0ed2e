package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/dataset"
	"nomul/runtime/metrics"
)

// activitySamples bounds the samples on which spikes and operations are counted
// when another engine than the interpreter classifies.
const activitySamples = 500

func evalCommand() *cobra.Command {
	var flags compileFlags
	var images, labels, level, engineName, negative string
	var limit, flips, neurobench int
	var asJSON bool
	c := &cobra.Command{
		Use:   "eval MODEL --images F --labels F",
		Short: "Measure accuracy, spike rates and operations on labelled images",
		Long: `Classify images and report accuracy, before and after; the share of predictions
equal to those of the network as imported; the confusion of classes, spike rates
and synaptic operations (one weight-row element added for one spike or one set
bit).

The class is the index of the greatest element of the output; of the least where
the output is the number of the step of the first spike (--readout first): the
earliest wins. Of several, the first. Of a model with several outputs --outputs
says which one it is.

Images are an idx file (.gz or not), an .npz of whole numbers from 0 to 255, in
rows, flat, or with their channels first or last, or a folder with one folder of
PNGs or JPEGs per class, which brings its own labels: the lines of a file
classes.txt beside the folders, else the numbers that their names end with,
as in 0, 1, 2 or class0, class1 (from 1 where all are there), else their order
by name. Which folder is which class is printed.`,
		Example: `  nomul eval model.onnx --images t10k-images.gz --labels t10k-labels.gz \
      --mean .286 --std .353
  nomul eval model.onnx --images photos/ --engine go --mean .5 --std .5 --json
  nomul eval model.onnx --images parts/ --negative good --mean 0 --std 1`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := require(c, "images"); err != nil {
				return err
			}
			if err := errors.Join(checkEngine(engineName), checkCount(c, "limit", limit), checkCount(c, "flips", flips), checkCount(c, "neurobench", neurobench)); err != nil {
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
			if limit > 0 {
				set = set.Some(limit)
			}
			e := evaluator{c: c, model: m, images: set, count: len(set.Labels), negative: negative}
			report, err := e.report(l, engineName, flips)
			if err == nil && neurobench > 0 {
				report.Bench, err = e.some(neurobench).bench()
			}
			if err != nil {
				return err
			}
			return report.put(c, asJSON)
		},
	}
	flags.register(c.Flags())
	levelFlag(c.Flags(), &level, "fixed")
	engineFlag(c.Flags(), &engineName)
	c.Flags().StringVar(&images, "images", "", "images: an idx file, an .npz or a `FOLDER` of folders of pictures, one per class")
	c.Flags().StringVar(&labels, "labels", "", "labels: an idx or .npz `FILE`")
	c.Flags().StringVar(&negative, "negative", "", "the `CLASS` of images with nothing to find, by name or number: missed ones of the others and false alarms are counted")
	c.Flags().IntVar(&limit, "limit", 0, "take only `N` images: the first, of folders some of each")
	c.Flags().IntVar(&flips, "flips", 0, "count on `N` images, taken as by --limit, how often each layer, fed the spikes of the net of real numbers, decides otherwise on integers")
	c.Flags().IntVar(&neurobench, "neurobench", 0, "count on `N` images, taken as by --limit, NeuroBench's figures and the operations by kind")
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
	// negative is the class of images with nothing to find, by its name or number; none if empty.
	negative string
}

// evaluation is the report of eval.
type evaluation struct {
	metrics.Evaluation
	// Alarms are those of a negative class, if one was named.
	Alarms *metrics.Alarms `json:"alarms,omitempty"`
	// Decides says which element of the output is the class.
	Decides string `json:"decides"`
	// Classes are the names of the classes that have some.
	Classes         map[int]string `json:"classes,omitempty"`
	ActivitySamples int            `json:"activity_samples"`
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
}

// some is the same of fewer images.
func (e *evaluator) some(n int) *evaluator {
	few := *e
	few.images = e.images.Some(n)
	few.count = few.images.Len()
	return &few
}

// report evaluates; on so many images, if any, it also counts flips.
func (e *evaluator) report(level ir.Level, engineName string, flips int) (*evaluation, error) {
	r, err := e.run(level, engineName)
	if err == nil && flips > 0 {
		r.Flips, err = e.some(flips).flips()
	}
	return r, err
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

func (e *evaluator) run(level ir.Level, engineName string) (*evaluation, error) {
	net, err := e.model.at(level)
	if err != nil {
		return nil, err
	}
	d, err := e.decide(net)
	if err != nil {
		return nil, err
	}
	e.images = e.model.feed(net).arranged(e.images)
	if _, err := e.model.feed(net).images(e.images, 0, min(1, e.count)); err != nil {
		return nil, err
	}
	if err := e.images.FitLabels(d.classes); err != nil {
		return nil, err
	}
	negative, err := e.negativeClass(d.classes)
	if err != nil {
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
	r := &evaluation{ActivitySamples: got.counted, Decides: d.rule(), Classes: e.images.Classes}
	r.Score = metrics.NewScore(d.classes, e.images.Labels[:e.count], got.classes)
	if negative >= 0 {
		a := r.Score.Alarms(negative)
		r.Alarms = &a
	}
	r.Engine, r.Level, r.Steps = engineName, net.Level.String(), net.Steps
	r.Activity, r.Quiet = got.activity, quietLayers(net, got.activity)
	got.took.put(&r.Evaluation, e.count)
	r.Costs = costsOf(net, got.activity)
	if want.classes != nil {
		accuracy, agreement := metrics.Agreement(want.classes, e.images.Labels[:e.count]), metrics.Agreement(want.classes, got.classes)
		r.ImportedAccuracy, r.Agreement = &accuracy, &agreement
	}
	r.KeptAccuracy, err = e.keptAccuracy(net, engineName)
	return r, err
}

// quietLayers lists the layers without any spike, but for those that only have a membrane.
func quietLayers(net *ir.Net, a metrics.Activity) []string {
	var out []string
	for _, l := range a.Layers {
		v := net.Find(l.Name)
		if l.Kind == "neuron" && l.SpikeRate == 0 && v.Type.IsSpike() {
			out = append(out, l.Name)
		}
	}
	return out
}

func printEvaluation(c *cobra.Command, r *evaluation) {
	w := c.OutOrStdout()
	rows := [][]string{
		{"samples", fmt.Sprint(r.Samples)},
		{"accuracy", fmt.Sprintf("%.2f %%", 100*r.Accuracy)},
		{"a class is", r.Decides},
	}
	if len(r.Classes) > 0 {
		rows = append(rows, []string{"classes", r.mapping()})
	}
	if r.Alarms != nil {
		rows = append(rows, r.alarmRows()...)
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
		[]string{"engine", fmt.Sprintf("%s, %s level, %s", r.Engine, r.Level, counted(r.Steps, "step"))},
		[]string{"time", r.times()},
		[]string{"operations", r.operations()})
	if spiking(r.Layers) {
		rows = append(rows, []string{"spikes", fmt.Sprintf("%.0f per sample, counted on %d samples", r.Totals.Spikes, r.ActivitySamples)})
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
	if r.SecondsPerSample == 0 {
		engine = "too short in the engine to measure beside its start"
	}
	return fmt.Sprintf("%s; %.1f µs to prepare it and read the result; %.0f ms to start", engine, 1e6*r.DataSecondsPerSample, 1e3*r.StartSeconds)
}

// class is the name of a class, or its number.
func (r *evaluation) class(i int) string {
	if name, named := r.Classes[i]; named {
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

// onlyFixed refuses an engine that cannot run the level.
func onlyFixed(name string, net *ir.Net) error {
	if net.Level != ir.Fixed {
		return diag.Errorf(diag.Origin{}, diag.BadLevel, "engine %s runs the fixed level only; the interpreter runs %v", name, net.Level).
			WithHelp("say --engine interp, or --level fixed")
	}
	return nil
}
