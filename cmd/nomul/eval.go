package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/runtime/dataset"
	"nomul/runtime/record"
)

// evalFlags are the flags of eval besides those that lower a model.
type evalFlags struct {
	images, labels, level, engine string
	compare                       string
	negative                      string
	shard, output, html           string
	limit, flips, neurobench      int
	asJSON, resume                bool
}

// comparedImages is how many images are classified by the network as imported, too, unless it is said.
const comparedImages = 500

func evalCommand() *cobra.Command {
	var flags compileFlags
	var f evalFlags
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
by name. Which folder is which class is printed.

The network as imported takes far longer than an engine, so predictions are
compared with its own on 500 images spread over all of them; --compare N or
--compare all says on how many. The Go engine counts spikes and operations
itself, on all images; for the others but interp, the interpreter counts them on
500. Time per sample is that of one thread. Where the output is a sum, the last
or the greatest of the time steps, the Go engine also tells how accurate the
predictions are behind each, and from which step on they stay right.

-o writes the record of the evaluation: what was run and the counts from which
all figures follow. --shard 2/7 runs the second of seven parts of the images, on
any machine; nomul merge adds the records of all parts up to that of one run.

--html writes a report as one page that needs no network: accuracy over time
steps, spike rates, confusion, energies beside those of a quantised network, the
verdict by edge, how to repeat it. With --resume it is that of a record that is
there; with --flips and --neurobench it has their figures too.`,
		Example: `  nomul eval model.onnx --images t10k-images.gz --labels t10k-labels.gz \
      --mean .286 --std .353
  nomul eval model.onnx --images photos/ --engine go --mean .5 --std .5 --json
  nomul eval model.onnx --images parts/ --negative good --mean 0 --std 1
  nomul eval model.onnx --images photos/ --engine go --mean .5 --std .5 \
      --shard 2/7 --resume -o run2.json
  nomul eval model.onnx --images photos/ --engine go --mean .5 --std .5 \
      --html report.html`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := errors.Join(require(c, "images"), f.check(c)); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err != nil {
				return err
			}
			return f.run(c, m)
		},
	}
	flags.register(c.Flags())
	levelFlag(c.Flags(), &f.level, "fixed")
	engineFlag(c.Flags(), &f.engine)
	c.Flags().StringVar(&f.images, "images", "", "images: an idx file, an .npz or a `FOLDER` of folders of pictures, one per class")
	c.Flags().StringVar(&f.labels, "labels", "", "labels: an idx or .npz `FILE`")
	c.Flags().StringVar(&f.negative, "negative", "", "the `CLASS` of images with nothing to find, by name or number: missed ones of the others and false alarms are counted")
	c.Flags().IntVar(&f.limit, "limit", 0, "take only `N` images: the first, of folders some of each")
	c.Flags().IntVar(&f.flips, "flips", 0, "count on `N` images, taken as by --limit, how often each layer, fed the spikes of the net of real numbers, decides otherwise on integers")
	c.Flags().IntVar(&f.neurobench, "neurobench", 0, "count on `N` images, taken as by --limit, NeuroBench's figures and the operations by kind")
	c.Flags().StringVar(&f.compare, "compare", fmt.Sprint(comparedImages), "compare predictions with those of the network as imported on `N` images, spread over all, or on all; 0 on none")
	c.Flags().StringVar(&f.shard, "shard", "", "run part `I/N` of the images, from 1/N to N/N; nomul merge adds up the records of all parts")
	c.Flags().StringVarP(&f.output, "out", "o", "", "write the record of the evaluation to `FILE`, whole or not at all")
	c.Flags().StringVar(&f.html, "html", "", "write a report of the evaluation as a page to `FILE`")
	c.Flags().BoolVar(&f.resume, "resume", false, "where the file of -o has the record of the same run, leave it and run nothing")
	jsonFlag(c, &f.asJSON)
	return c
}

// notSettings are the flags on which no count depends, or which a record has besides the settings:
// where files lie, which part is run, how it is shown.
var notSettings = []string{"images", "labels", "level", "engine", "negative", "flips", "neurobench", "shard", "out", "html", "resume", "json"}

// check refuses flags that no evaluation can have.
func (f *evalFlags) check(c *cobra.Command) error {
	err := errors.Join(checkEngine(f.engine), checkCount(c, "limit", f.limit), checkCount(c, "flips", f.flips), checkCount(c, "neurobench", f.neurobench))
	if n, bad := strconv.Atoi(f.compare); f.compare != "all" && (bad != nil || n < 0) {
		err = errors.Join(err, usageError{fmt.Errorf("--compare %s: wanted a number of images, or all", f.compare)})
	}
	switch {
	case f.shard != "" && f.output == "":
		err = errors.Join(err, usageError{errors.New("--shard: wanted -o FILE for the record of the part")})
	case f.resume && f.output == "":
		err = errors.Join(err, usageError{errors.New("--resume: wanted -o FILE with the record")})
	case f.shard != "" && f.html != "":
		err = errors.Join(err, usageError{errors.New("--html: is a report of all images, not of a shard; merge the records, then take that by --resume -o")})
	case f.shard != "" && f.flips+f.neurobench > 0:
		err = errors.Join(err, usageError{errors.New("--flips, --neurobench: are counted on images of a whole run, not of a shard")})
	}
	return err
}

// compared is how many of so many images the network as imported classifies.
func (f *evalFlags) compared(images int) int {
	if n, err := strconv.Atoi(f.compare); err == nil {
		return min(n, images)
	}
	return images
}

// part is the shard of so many images that is to be run; nil for all of them.
func (f *evalFlags) part(images int) (*record.Shard, error) {
	if f.shard == "" {
		return nil, nil
	}
	first, last, ok := strings.Cut(f.shard, "/")
	i, err := strconv.Atoi(first)
	n, bad := strconv.Atoi(last)
	if !ok || err != nil || bad != nil || i < 1 || i > n {
		return nil, usageError{fmt.Errorf("--shard %s: wanted I/N, from 1/N to N/N", f.shard)}
	}
	if n > images {
		return nil, usageError{fmt.Errorf("--shard %s: there are %d images only", f.shard, images)}
	}
	p := record.Part(i, n, images)
	return &p, nil
}

// checkCount refuses a number of images that leaves nothing.
func checkCount(c *cobra.Command, flag string, n int) error {
	if c.Flags().Changed(flag) && n < 1 {
		return usageError{fmt.Errorf("--%s %d: wanted at least 1", flag, n)}
	}
	return nil
}

// run evaluates, writes the record and prints the report.
func (f *evalFlags) run(c *cobra.Command, m *model) error {
	level, err := parseLevel(f.level)
	if err != nil {
		return err
	}
	if err := apart([]string{f.output, f.html}, append(m.inputs, f.images, f.labels)); err != nil {
		return err
	}
	set, err := dataset.Load(f.images, f.labels)
	if err != nil {
		return err
	}
	if f.limit > 0 {
		set = set.Some(f.limit)
	}
	e := &evaluator{c: c, model: m, images: set, count: len(set.Labels)}
	net, err := f.lowered(m, level)
	if err != nil {
		return err
	}
	r, err := e.evaluate(f, net)
	if err != nil {
		return err
	}
	report := reportOf(r)
	if err := report.alarm(f.negative); err != nil {
		return err
	}
	if f.flips > 0 {
		if report.Flips, err = e.some(f.flips).flips(); err != nil {
			return err
		}
	}
	if f.neurobench > 0 {
		if report.Bench, err = e.some(f.neurobench).bench(); err != nil {
			return err
		}
	}
	if f.html != "" {
		if err := f.writePage(c, m, net, r, report); err != nil {
			return err
		}
	}
	return report.put(c, f.asJSON)
}

// lowered is the model at the level, or an error naming the engine that does not run it.
func (f *evalFlags) lowered(m *model, level ir.Level) (*ir.Net, error) {
	net, err := m.at(level)
	if err == nil && f.engine != "interp" {
		err = onlyFixed(f.engine, net)
	}
	return net, err
}
