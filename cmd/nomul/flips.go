package main

import (
	"fmt"
	"io"
	"runtime"
	"sync"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/metrics"
)

// flips compares the fixed net with what it was rounded from, on the first
// count images.
func (e *evaluator) flips(count int) ([]metrics.LayerFlips, error) {
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
	workers := min(runtime.GOMAXPROCS(0), max(1, count))
	parts, errs := make([]*metrics.Flips, workers), make([]error, workers)
	bar := progress(e.c, count, "counting flips")
	defer bar.Close()
	var wg sync.WaitGroup
	for w := range workers {
		if parts[w], err = metrics.NewFlips(real, fixed); err != nil {
			return nil, err
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < count && errs[w] == nil; i += workers {
				in, err := e.model.feed(fixed).images(e.images, i, i+1)
				if err == nil {
					err = parts[w].Run(in[0])
				}
				errs[w] = err
				bar.Add(1)
			}
		}()
	}
	wg.Wait()
	for w := range workers {
		if errs[w] != nil {
			return nil, errs[w]
		}
		if w > 0 {
			parts[0].Merge(parts[w])
		}
	}
	return parts[0].Layers(), nil
}

func printFlips(w io.Writer, layers []metrics.LayerFlips) {
	var rows [][]string
	for _, l := range layers {
		rows = append(rows, []string{l.Name, fmt.Sprint(l.Neurons), fmt.Sprint(l.Decisions), fmt.Sprint(l.Flips), fmt.Sprintf("%.4f %%", 100*l.Share)})
	}
	fmt.Fprintln(w)
	printTable(w, []string{"layer, fed the real net's spikes", "neurons", "decisions", "flips", "share"}, rows)
}
