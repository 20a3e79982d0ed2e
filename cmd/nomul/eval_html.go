package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/runtime/files"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
	"nomul/runtime/report"
)

// writePage writes the report of a record as a page.
func (f *evalFlags) writePage(c *cobra.Command, m *model, net *ir.Net, r *record.Record, e *evaluation) error {
	p, err := pageOf(r, e)
	if err != nil {
		return err
	}
	if net.Level == ir.Fixed {
		p.Sections = append(p.Sections, verdictSection(metrics.Verdict(net)))
	}
	p.Sections = append(p.Sections, repeatSection(c, m, r))
	return m.write(c, []files.Output{{Path: f.html, Fill: p.Write}})
}

// pageOf is the page of the figures of a record.
func pageOf(r *record.Record, e *evaluation) (*report.Report, error) {
	p := &report.Report{
		Title:   r.Run.Model,
		Lead:    fmt.Sprintf("%s on %s, %s level, engine %s", counted(r.Run.Steps, "time step"), counted(e.Samples, "image"), e.Level, e.Engine),
		Figures: e.headlines(),
	}
	for _, make := range []func(*record.Record) (*report.Section, error){e.stepSection, e.rateSection, e.energySection, e.alarmSection, e.confusionSection, e.flipSection, e.benchSection} {
		s, err := make(r)
		if err != nil {
			return nil, err
		}
		if s != nil {
			p.Sections = append(p.Sections, *s)
		}
	}
	return p, nil
}

// headlines are the figures at the top.
func (e *evaluation) headlines() []report.Figure {
	sure := metrics.Wilson(e.Correct, e.Samples)
	out := []report.Figure{{Name: "Accuracy", Value: fmt.Sprintf("%.2f %%", 100*e.Accuracy), Note: fmt.Sprintf("%.2f to %.2f %% with 95 %% confidence", 100*sure.Lo, 100*sure.Hi)}}
	if e.Agreement != nil {
		out = append(out, report.Figure{Name: "Equal to imported", Value: fmt.Sprintf("%.2f %%", 100**e.Agreement), Note: fmt.Sprintf("of predictions on %s, of which the network as imported has %.2f %% right", counted(e.ComparedSamples, "image"), 100**e.ImportedAccuracy)})
	}
	if spiking(e.Layers) {
		out = append(out, report.Figure{Name: "Spikes per image", Value: grouped(e.Totals.Spikes)})
	}
	out = append(out, report.Figure{Name: "Synaptic operations", Value: grouped(e.Totals.Synops), Note: fmt.Sprintf("per image, additions; %s multiply-accumulates without spikes", grouped(float64(e.Totals.DenseMACs)))})
	if e.SecondsPerSample > 0 {
		out = append(out, report.Figure{Name: "Time per image", Value: fmt.Sprintf("%.1f µs", 1e6*e.SecondsPerSample), Note: "engine " + e.Engine + ", one thread of the machine that ran it"})
	}
	if e.Costs != nil {
		t := e.Costs.Regimes[len(e.Costs.Regimes)-1].Total
		out = append(out, report.Figure{Name: "Energy, estimated", Value: energy(t.Spikes), Note: "with memory, 45 nm; quantised ANN " + energy(t.ANN)})
	}
	return out
}

// grouped is a number with its digits in threes.
func grouped(x float64) string {
	digits := fmt.Sprintf("%.0f", x)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

// stepSection is the accuracy behind each time step.
func (e *evaluation) stepSection(r *record.Record) (*report.Section, error) {
	s := &report.Section{ID: "steps", Title: "Accuracy over time steps"}
	if e.AccuracyAfter == nil {
		s.Texts = []string{"There is none: " + e.Unstepped + "."}
		return s, nil
	}
	s.Texts = []string{"The prediction if the network had stopped behind the step; bars are 95 % intervals (Wilson)."}
	var all []report.Point
	table := report.Table{Title: "Accuracy by time step", Head: []string{"after step", "accuracy", "from", "to"}}
	for t, n := range r.Images.Correct() {
		sure := metrics.Wilson(n, e.Samples)
		all = append(all, report.Point{X: float64(t + 1), Y: 100 * e.AccuracyAfter[t], Lo: 100 * sure.Lo, Hi: 100 * sure.Hi})
		table.Rows = append(table.Rows, []string{fmt.Sprint(t + 1), percent(n, e.Samples), fmt.Sprintf("%.2f %%", 100*sure.Lo), fmt.Sprintf("%.2f %%", 100*sure.Hi)})
	}
	behind, err := report.Line("Accuracy behind each time step", "time step", "accuracy (%)", all, table)
	if err != nil {
		return nil, err
	}
	settled, err := e.settledPlot()
	s.Plots = []report.Plot{behind, settled}
	return s, err
}

// settledPlot has the step from which on images are right to the end.
func (e *evaluation) settledPlot() (report.Plot, error) {
	table := report.Table{Title: "Images by the step from which they are right", Head: []string{"right from", "images", "share"}}
	var names []string
	var shares []float64
	add := func(name string, n int) {
		names, shares = append(names, name), append(shares, 100*float64(n)/float64(max(1, e.Samples)))
		table.Rows = append(table.Rows, []string{name, fmt.Sprint(n), percent(n, e.Samples)})
	}
	for t, n := range e.FirstRight {
		add(fmt.Sprint("step ", t+1), n)
	}
	add("wrong at the end", e.Samples-e.Correct)
	return report.Bars("Right from this step on", "images (%)", names, shares, table)
}

// rateSection has spikes and operations of layers.
func (e *evaluation) rateSection(r *record.Record) (*report.Section, error) {
	s := &report.Section{ID: "layers", Title: "Layers", Texts: []string{fmt.Sprintf("Counted on %s %s.", counted(r.Counted, "image"), r.Run.Counts)}}
	if len(e.Quiet) > 0 {
		s.Texts = append(s.Texts, "No neuron of "+strings.Join(e.Quiet, ", ")+" fires in any step, so accuracy does not depend on it.")
	}
	var names, others []string
	var rates, synops []float64
	spikes := report.Table{Title: "Spike rates", Head: []string{"layer", "neurons", "spikes per neuron and step", "spikes per image"}}
	additions := report.Table{Title: "Synaptic operations", Head: []string{"layer", "kind", "per image"}}
	for _, l := range e.Layers {
		if l.Kind == "neuron" {
			names, rates = append(names, l.Name), append(rates, 100*l.SpikeRate)
			spikes.Rows = append(spikes.Rows, []string{l.Name, fmt.Sprint(l.Neurons), fmt.Sprintf("%.2f %%", 100*l.SpikeRate), grouped(l.SpikeRate * float64(l.Neurons*r.Run.Steps))})
		}
		others, synops = append(others, l.Name), append(synops, l.Synops/1000)
		additions.Rows = append(additions.Rows, []string{l.Name, l.Kind, grouped(l.Synops)})
	}
	if names != nil {
		plot, err := report.Bars("Spike rate", "spikes per neuron and step (%)", names, rates, spikes)
		if err != nil {
			return nil, err
		}
		s.Plots = append(s.Plots, plot)
	}
	plot, err := report.Bars("Synaptic operations", "additions per image (thousands)", others, synops, additions)
	s.Plots = append(s.Plots, plot)
	if byStep := ratesByStep(r); byStep.Rows != nil && r.Run.Steps > 1 {
		s.Tables = append(s.Tables, byStep)
	}
	return s, err
}

// ratesByStep are the spike rates of layers in each time step, as far as a table can show them.
func ratesByStep(r *record.Record) report.Table {
	const most = 16
	t := report.Table{Title: "Spike rate by time step (%)", Head: []string{"layer"}}
	steps := min(r.Run.Steps, most)
	for i := range steps {
		t.Head = append(t.Head, fmt.Sprint(i+1))
	}
	if steps < r.Run.Steps {
		t.Title = fmt.Sprintf("Spike rate in the first %d of %d time steps (%%)", steps, r.Run.Steps)
	}
	greatest := 0.0
	for _, l := range r.Layers {
		if l.Spikes == nil {
			continue
		}
		row, shades := []string{l.Name}, []float64{}
		for _, n := range l.Spikes[:steps] {
			rate := float64(n) / float64(max(1, l.Neurons*r.Counted))
			row, shades = append(row, fmt.Sprintf("%.1f", 100*rate)), append(shades, rate)
			greatest = max(greatest, rate)
		}
		t.Rows, t.Shades = append(t.Rows, row), append(t.Shades, shades)
	}
	for _, row := range t.Shades {
		for i := range row {
			row[i] /= max(greatest, 1e-9)
		}
	}
	return t
}

// confusionSection is the table of classes, or of the most frequent mistakes where there are many.
func (e *evaluation) confusionSection(*record.Record) (*report.Section, error) {
	const wide, most = 20, 20
	s := &report.Section{ID: "confusion", Title: "Confusion"}
	if len(e.Confusion) > wide {
		rows := e.mistakes()
		s.Texts = []string{fmt.Sprintf("The most frequent mistakes, of %d pairs of classes.", len(rows))}
		s.Tables = []report.Table{{Title: "Mistakes", Head: []string{"label", "taken for", "images"}, Rows: rows[:min(most, len(rows))]}}
		return s, nil
	}
	s.Texts = []string{"Images by their label (row) and the class that they are taken for (column); shades are shares of the row."}
	t := report.Table{Title: "Images", Head: e.confusionHead(), Rows: e.confusionRows()}
	for _, counts := range e.Confusion {
		all, shades := 0, []float64{}
		for _, n := range counts {
			all += n
		}
		for _, n := range counts {
			shades = append(shades, float64(n)/float64(max(1, all)))
		}
		t.Shades = append(t.Shades, shades)
	}
	s.Tables = []report.Table{t}
	return s, nil
}

// repeatSection says how the figures come out again.
func repeatSection(c *cobra.Command, m *model, r *record.Record) report.Section {
	words := []string{"nomul eval", shellQuoted(m.file)}
	c.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains([]string{"out", "resume", "html", "json"}, f.Name) {
			return
		}
		if f.Value.Type() == "bool" {
			words = append(words, fmt.Sprintf("--%s=%s", f.Name, f.Value))
			return
		}
		words = append(words, "--"+f.Name, shellQuoted(f.Value.String()))
	})
	return report.Section{
		ID: "repeat", Title: "How to repeat it", Code: strings.Join(words, " "),
		Texts: []string{"The same model, images and settings give the same figures, but for times."},
		Tables: []report.Table{{Title: "Digests", Words: true, Head: []string{"of", "is"}, Rows: [][]string{
			{"nomul", r.Run.Version}, {"model " + filepath.Base(m.file), r.Run.ModelDigest}, {"network of integers", r.Run.NetDigest}, {"images and labels", r.Run.DataDigest},
		}}},
	}
}
