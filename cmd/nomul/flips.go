package main

import (
	"fmt"
	"io"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/metrics"
)

// flips compares the spikes of the fixed net with those of the real one.
func (e *evaluator) flips() ([]metrics.LayerFlips, error) {
	if e.model.net.Level == ir.Fixed {
		return nil, fmt.Errorf("%s is integers already; flips are counted against real numbers", e.model.file)
	}
	var real *ir.Net
	fixed, err := passes.Lower(e.model.net, ir.Fixed, "", e.model.options, func(p passes.Pass, n *ir.Net) {
		if p.To < ir.Fixed {
			real = n
		}
	})
	if err != nil {
		return nil, err
	}
	parts := make([]*metrics.Flips, workers(fixed, e.count))
	for w := range parts {
		if parts[w], err = metrics.NewFlips(real, fixed); err != nil {
			return nil, err
		}
	}
	bar := progress(e.c, e.count, "counting flips")
	defer bar.Close()
	feed := e.model.feed(fixed)
	err = share(len(parts), e.count, func(w, i int) error {
		defer bar.Add(1)
		in, err := feed.images(e.images, i, i+1)
		if err != nil {
			return err
		}
		return parts[w].Run(in[0])
	})
	if err != nil {
		return nil, err
	}
	for _, other := range parts[1:] {
		parts[0].Merge(other)
	}
	return parts[0].Layers(), nil
}

func printFlips(w io.Writer, layers []metrics.LayerFlips) {
	fmt.Fprintln(w)
	printTable(w, []string{"layer, fed the real net's spikes", "neurons", "decisions", "flips", "share"}, flipRows(layers))
}

func flipRows(layers []metrics.LayerFlips) (rows [][]string) {
	for _, l := range layers {
		rows = append(rows, []string{l.Name, fmt.Sprint(l.Neurons), fmt.Sprint(l.Decisions), fmt.Sprint(l.Flips), fmt.Sprintf("%.4f %%", 100*l.Share)})
	}
	return rows
}
