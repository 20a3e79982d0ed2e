package main

import (
	"fmt"
	"io"
	"math"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/metrics"
)

// nets are those of a pipeline that are compared with the integers at its end.
type nets struct {
	imported *ir.Net // at the spiking level, before anything is made for integers
	real     *ir.Net // the last of real numbers
}

// see notes the nets behind passes.
func (n *nets) see(p passes.Pass, net *ir.Net) {
	if net.Level == ir.Spiking && p.Goal == ir.Spiking {
		n.imported = net
	}
	if net.Level == ir.Spiking {
		n.real = net
	}
}

// fidelity is how near the layers of integers are to those of real numbers, on the calibration samples.
func (k *calibration) fidelity(n nets, fixed *ir.Net) ([]metrics.LayerFidelity, error) {
	if n.real == nil {
		return nil, nil
	}
	if n.imported == nil {
		n.imported = k.model.net
	}
	count, sample, err := k.samples(fixed)
	if err != nil {
		return nil, err
	}
	_, imported, err := k.samples(n.imported)
	if err != nil {
		return nil, err
	}
	parts := make([]*metrics.Fidelity, workers(fixed, count))
	for w := range parts {
		if parts[w], err = metrics.NewFidelity(n.imported, n.real, fixed); err != nil {
			return nil, err
		}
	}
	bar := progress(k.c, count, "comparing layers")
	defer bar.Close()
	err = share(len(parts), count, func(w, i int) error {
		defer bar.Add(1)
		if err := k.c.Context().Err(); err != nil {
			return err
		}
		a, err := imported(i)
		if err != nil {
			return err
		}
		b, err := sample(i)
		if err != nil {
			return err
		}
		return parts[w].Run(a, b)
	})
	for _, other := range parts[1:] {
		parts[0].Merge(other)
	}
	layers := parts[0].Layers()
	for i := range layers {
		layers[i].Round()
	}
	return layers, err
}

// printFidelity shows the layers, and names the one that hurts most.
func printFidelity(w io.Writer, table func([]string, [][]string), layers []metrics.LayerFidelity) {
	if len(layers) == 0 {
		return
	}
	figure := func(x *float64, format string, times float64) string {
		if x == nil {
			return ""
		}
		return fmt.Sprintf(format, *x*times)
	}
	var rows [][]string
	for _, l := range layers {
		rows = append(rows, []string{l.Name, figure(l.SNR, "%.1f dB", 1), figure(l.Flips, "%.3f %%", 100), figure(l.Clipped, "%.3f %%", 100), figure(l.Correlation, "%.4f", 1)})
	}
	fmt.Fprintln(w)
	table([]string{"layer", "weights: signal to rounding", "spikes that flip", "words cut", "correlation"}, rows)
	wrapped(w, "signal to rounding and flips: each layer fed what it is fed in real numbers; correlation: of spike rates or words with the network as imported, each by itself")
	for _, text := range hurts(layers) {
		wrapped(w, text)
	}
}

// The least that is told of as hurting.
const (
	poorSNR   = 40 // decibels: a hundredth of the amplitude
	manyFlips = 1e-3
	manyCut   = 1e-2
)

// hurts says in words which layers lose most, where they lose much.
func hurts(layers []metrics.LayerFidelity) []string {
	var weights, spikes, words *metrics.LayerFidelity
	for i := range layers {
		l := &layers[i]
		if l.SNR != nil && (weights == nil || *l.SNR < *weights.SNR) {
			weights = l
		}
		if l.Flips != nil && (spikes == nil || *l.Flips > *spikes.Flips) {
			spikes = l
		}
		if l.Clipped != nil && (words == nil || *l.Clipped > *words.Clipped) {
			words = l
		}
	}
	var out []string
	if weights != nil && *weights.SNR < poorSNR {
		out = append(out, fmt.Sprintf("the weights of %s hurt most: rounding adds %.2g %% to the variance of their sums; more bits there help first, --weights %s=BITS",
			weights.Name, 100*math.Pow(10, -*weights.SNR/10), weights.Name))
	}
	if spikes != nil && *spikes.Flips > manyFlips {
		out = append(out, fmt.Sprintf("the spikes of %s flip most, %.2g %% of its decisions: what it reads is rounded too coarsely beside its threshold", spikes.Name, 100**spikes.Flips))
	}
	if words != nil && *words.Clipped > manyCut {
		out = append(out, fmt.Sprintf("the words of %s are cut most, %.2g %% of them are the largest: see --activations %s=N", words.Name, 100**words.Clipped, words.Name))
	}
	if out == nil {
		out = append(out, "no layer loses much")
	}
	return out
}
