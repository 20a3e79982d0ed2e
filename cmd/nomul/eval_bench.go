package main

import (
	"fmt"
	"io"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
)

// benchmark has NeuroBench's figures and the operations by kind, of some images.
type benchmark struct {
	// Imported are the figures of the network as its framework runs it, nil where it is given at a later level.
	Imported *metrics.NeuroBench `json:"imported,omitempty"`
	// Integers are those of the net of integers.
	Integers   metrics.NeuroBench        `json:"integers"`
	Operations []metrics.LayerOperations `json:"operations"`
}

// bench counts on all images of the evaluator.
func (e *evaluator) bench() (*benchmark, error) {
	out := &benchmark{}
	if e.model.net.Level == ir.Source {
		given, err := passes.Lower(e.model.net, ir.Spiking, "raise-neurons", e.model.options, nil)
		if err != nil {
			return nil, err
		}
		var all *metrics.Bench
		err = e.tapped(given, func() tap { return metrics.NewBench(given) }, func(t tap) { all = merged(all, t.(*metrics.Bench)) })
		if err != nil {
			return nil, err
		}
		figures := all.Figures()
		out.Imported = &figures
	}
	fixed, err := e.model.at(ir.Fixed)
	if err != nil {
		return nil, err
	}
	var all *metrics.Bench
	var work *metrics.Work
	err = e.tapped(fixed, func() tap { return both{metrics.NewBench(fixed), metrics.NewWork(fixed)} }, func(t tap) {
		all, work = merged(all, t.(both).bench), merged(work, t.(both).work)
	})
	if err != nil {
		return nil, err
	}
	out.Integers, out.Operations = all.Figures(), work.Layers()
	return out, nil
}

// tap counts on the values that a machine computes.
type tap interface {
	Tap(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor)
	Sample()
}

// both are two counts of one run.
type both struct {
	bench *metrics.Bench
	work  *metrics.Work
}

func (b both) Tap(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
	b.bench.Tap(step, v, result, states)
	b.work.Tap(step, v, result, states)
}

func (b both) Sample() {
	b.bench.Sample()
	b.work.Sample()
}

// merged adds the counts of one part to those of all before; the first part is all.
func merged[T interface {
	comparable
	Merge(T)
}](all, part T) T {
	var none T
	if all == none {
		return part
	}
	all.Merge(part)
	return all
}

// tapped interprets all images, and gives the taps of the workers to see.
func (e *evaluator) tapped(net *ir.Net, make func() tap, see func(tap)) error {
	var machines []*interp.Machine
	var taps []tap
	for range workers(net, e.count) {
		m, err := interp.New(net)
		if err != nil {
			return err
		}
		machines, taps = append(machines, m), append(taps, make())
	}
	bar := progress(e.c, e.count, "counting operations")
	defer bar.Close()
	feed := e.model.feed(net)
	err := share(len(machines), e.count, func(w, i int) error {
		defer bar.Add(1)
		in, err := feed.images(e.images, i, i+1)
		if err != nil {
			return err
		}
		if _, err := machines[w].Run(in[0], taps[w].Tap); err != nil {
			return err
		}
		taps[w].Sample()
		return e.c.Context().Err()
	})
	for _, t := range taps {
		see(t)
	}
	return err
}

// printBench prints the figures of NeuroBench and the operations by kind.
func printBench(w io.Writer, b *benchmark) {
	head, rows := benchRows(b)
	fmt.Fprintln(w)
	printTable(w, head, rows)
	fmt.Fprintln(w)
	head, rows = operationRows(b.Operations)
	cutTable(w, head, rows, "--json")
}

// benchRows are NeuroBench's figures under a head.
func benchRows(b *benchmark) (head []string, rows [][]string) {
	head = []string{"NeuroBench's figures, per sample", "integers"}
	if b.Imported != nil {
		head = []string{head[0], "as imported", head[1]}
	}
	for _, figure := range []struct {
		name, form string
		of         func(metrics.NeuroBench) any
	}{
		{"footprint, bytes", "%d", func(n metrics.NeuroBench) any { return n.Footprint }},
		{"connection sparsity", "%.4f", func(n metrics.NeuroBench) any { return n.ConnectionSparsity }},
		{"activation sparsity", "%.4f", func(n metrics.NeuroBench) any { return n.ActivationSparsity }},
		{"effective MACs", "%.0f", func(n metrics.NeuroBench) any { return n.EffectiveMACs }},
		{"effective ACs", "%.0f", func(n metrics.NeuroBench) any { return n.EffectiveACs }},
		{"dense operations", "%.0f", func(n metrics.NeuroBench) any { return n.Dense }},
		{"membrane updates", "%.0f", func(n metrics.NeuroBench) any { return n.MembraneUpdates }},
	} {
		row := []string{figure.name}
		if b.Imported != nil {
			row = append(row, fmt.Sprintf(figure.form, figure.of(*b.Imported)))
		}
		rows = append(rows, append(row, fmt.Sprintf(figure.form, figure.of(b.Integers))))
	}
	return head, rows
}

// operationRows have a column for each kind of which a layer has some, and the last, which should have none.
func operationRows(layers []metrics.LayerOperations) (head []string, rows [][]string) {
	total := metrics.Operations{}
	for _, l := range layers {
		total = total.Plus(l.Operations)
	}
	layers = append(layers[:len(layers):len(layers)], metrics.LayerOperations{Name: "total", Operations: total})
	head, rows = []string{"operations"}, make([][]string, len(layers))
	for i, l := range layers {
		rows[i] = []string{l.Name}
	}
	for _, kind := range []struct {
		name string
		of   func(metrics.Operations) float64
	}{
		{"add", func(o metrics.Operations) float64 { return o.Adds }},
		{"subtract", func(o metrics.Operations) float64 { return o.Subtracts }},
		{"compare", func(o metrics.Operations) float64 { return o.Compares }},
		{"shift", func(o metrics.Operations) float64 { return o.Shifts }},
		{"select", func(o metrics.Operations) float64 { return o.Selects }},
		{"logic", func(o metrics.Operations) float64 { return o.Logic }},
		{"popcount", func(o metrics.Operations) float64 { return o.Popcounts }},
		{"look-up", func(o metrics.Operations) float64 { return o.Lookups }},
		{"multiply", func(o metrics.Operations) float64 { return o.Multiplies }},
	} {
		if kind.of(total) == 0 && kind.name != "multiply" {
			continue
		}
		head = append(head, kind.name)
		for i, l := range layers {
			rows[i] = append(rows[i], fmt.Sprintf("%.0f", kind.of(l.Operations)))
		}
	}
	return head, rows
}
