package main

import (
	"fmt"
	"io"

	"nomul/runtime/report"
)

func (c *comparison) print(w io.Writer) {
	fmt.Fprintf(w, "%s, the same in all runs\n\n", counted(c.Samples, "image"))
	for _, t := range []report.Table{c.models(), c.runs(), c.energies(), c.differences()} {
		if t.Rows != nil {
			cutTable(w, t.Head, t.Rows, "--json")
			fmt.Fprintln(w)
		}
	}
	fmt.Fprintln(w, "p: of so large a difference if neither were better (McNemar); noise above 0.05")
}

// models tell runs from each other.
func (c *comparison) models() report.Table {
	t := report.Table{Title: "Models and settings", Words: true, Head: []string{"run", "model and settings that not all have"}}
	for _, r := range c.Runs {
		t.Rows = append(t.Rows, []string{r.Name, r.is()})
	}
	return t
}

func (c *comparison) runs() report.Table {
	t := report.Table{Title: "Runs", Head: []string{"run", "accuracy", "95 % interval", "steps", "spikes", "synops", "front"}}
	for _, r := range c.Runs {
		front := ""
		if r.Front {
			front = "yes"
		}
		t.Rows = append(t.Rows, []string{r.Name, fmt.Sprintf("%.2f %%", 100*r.Accuracy), fmt.Sprintf("%.2f to %.2f", 100*r.Interval.Lo, 100*r.Interval.Hi), fmt.Sprint(r.Steps),
			fmt.Sprintf("%.0f", r.Spikes), fmt.Sprintf("%.0f", r.Synops), front})
	}
	return t
}

// energies has a column for each regime, each cell with the quantised network of the run behind it.
func (c *comparison) energies() report.Table {
	t := report.Table{Title: "Energy per image, estimated; quantised ANN", Head: []string{"energy; quantised ANN"}}
	for _, r := range c.Runs {
		row := []string{r.Name}
		for i, e := range r.Energies {
			if len(t.Head) <= i+1 {
				t.Head = append(t.Head, e.Regime)
			}
			row = append(row, energy(e.Spikes)+"; "+energy(e.ANN))
		}
		if r.Energies != nil {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func (c *comparison) differences() report.Table {
	t := report.Table{Title: "Differences", Head: []string{"runs", "accuracy, points", "right in one alone", "p", "is"}}
	for _, d := range c.Differences {
		is := "larger than noise"
		if d.Noise {
			is = "noise"
		}
		p := fmt.Sprintf("%.3f", d.P)
		if d.P < 0.001 {
			p = "< 0.001"
		}
		t.Rows = append(t.Rows, []string{d.First + " − " + d.Second, fmt.Sprintf("%+.2f", 100*d.Accuracy), fmt.Sprintf("%d, %d", d.OnlyFirst, d.OnlySecond), p, is})
	}
	return t
}

// page is the comparison as a page.
func (c *comparison) page() (*report.Report, error) {
	p := &report.Report{Title: "Comparison", Lead: fmt.Sprintf("%s of the same %s", counted(len(c.Runs), "run"), counted(c.Samples, "image"))}
	runs := report.Section{ID: "runs", Title: "Runs", Texts: []string{"Accuracy with its 95 % interval (Wilson); spikes and synaptic operations per image. Front: no other run is both as accurate and as cheap, and better in one."}, Tables: []report.Table{c.runs(), c.models()}}
	for _, axis := range []struct {
		title, name string
		of          func(compared) (float64, bool)
	}{
		{"Accuracy over energy with memory", "energy per image (µJ)", func(r compared) (float64, bool) {
			if r.Energies == nil {
				return 0, false
			}
			return r.cheapest() / 1e6, true
		}},
		{"Accuracy over synaptic operations", "additions per image (thousands)", func(r compared) (float64, bool) { return r.Synops / 1000, true }},
	} {
		plot, err := c.plot(axis.title, axis.name, axis.of)
		if err != nil {
			return nil, err
		}
		if plot != nil {
			runs.Plots = append(runs.Plots, *plot)
		}
	}
	p.Sections = []report.Section{runs,
		{ID: "differences", Title: "Differences of accuracy", Texts: []string{"McNemar's test on the images that one of two runs alone has right: p is the probability of so large a difference if neither were better; above 0.05 it is noise. Of many pairs one in twenty is below by chance alone."}, Tables: []report.Table{c.differences()}},
	}
	if t := c.energies(); t.Rows != nil {
		p.Sections = append(p.Sections, report.Section{ID: "energy", Title: "Energy per image, estimated", Texts: []string{"In each regime this network, then the quantised network of the same layers."}, Tables: []report.Table{t}})
	}
	p.Sections = append(p.Sections, report.Section{ID: "data", Title: "Images", Tables: []report.Table{{Title: "Digest", Words: true, Head: []string{"of", "is"}, Rows: [][]string{{"images and labels", c.DataDigest}}}}})
	return p, nil
}

// plot has accuracies over a figure; nil where no run has it.
func (c *comparison) plot(title, name string, of func(compared) (float64, bool)) (*report.Plot, error) {
	behind := report.Table{Title: title, Head: []string{"run", name, "accuracy"}}
	var all []report.Mark
	for _, r := range c.Runs {
		x, ok := of(r)
		if !ok {
			continue
		}
		all = append(all, report.Mark{Point: report.Point{X: x, Y: 100 * r.Accuracy, Lo: 100 * r.Interval.Lo, Hi: 100 * r.Interval.Hi}, Name: r.Name})
		behind.Rows = append(behind.Rows, []string{r.Name, fmt.Sprintf("%.4g", x), fmt.Sprintf("%.2f %%", 100*r.Accuracy)})
	}
	if all == nil {
		return nil, nil
	}
	p, err := report.Scatter(title, name, "accuracy (%)", all, behind)
	return &p, err
}
