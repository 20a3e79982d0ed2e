package main

import (
	"fmt"
	"io"

	"nomul/runtime/cost"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
)

// costs are the estimated energies of a net, by regime.
type costs struct {
	// ANNBits are those of the activations of the quantised network that is as fine as the time steps.
	ANNBits int             `json:"ann_bits"`
	Steps   int             `json:"steps"`
	Layers  []costedLayer   `json:"layers"`
	Regimes []cost.Estimate `json:"regimes"`
}

// costedLayer is a layer's counts, and the bytes that it moves, with spikes and without.
type costedLayer struct {
	cost.Layer
	Traffic    []cost.Flow `json:"traffic"`
	ANNTraffic []cost.Flow `json:"ann_traffic"`
}

// costsOf estimates those of layers in so many steps; of a net of real numbers, which has none, there are none.
func costsOf(counts []record.LayerCost, steps int, activity metrics.Activity) *costs {
	if counts == nil {
		return nil
	}
	layers := cost.Measured(counts, activity)
	out := &costs{ANNBits: annBits(steps, layers), Steps: steps, Regimes: cost.Estimates(layers)}
	for _, l := range layers {
		out.Layers = append(out.Layers, costedLayer{l, l.Traffic(l.Synops), l.ANNTraffic()})
	}
	return out
}

// annBits are those of the time steps; of a net of one step, which has words, the most that a layer reads.
func annBits(steps int, layers []cost.Layer) int {
	bits := cost.Bits(steps)
	if steps == 1 {
		for _, l := range layers {
			if l.Spiking {
				bits = max(bits, l.InputBits)
			}
		}
	}
	return bits
}

// printCosts prints the energy in each regime beside that of the quantised network.
func printCosts(w io.Writer, c *costs) {
	if c == nil {
		return
	}
	var rows [][]string
	for _, e := range c.Regimes {
		t := e.Total
		rows = append(rows, []string{e.Name, energy(t.Spikes), energy(t.ANN), meeting(t), advantage(t)})
	}
	rate := "spike rate"
	if c.Steps == 1 {
		rate = "set bits"
	}
	fmt.Fprintf(w, "energy per sample, estimated for 45 nm; %s of the connections %.1f %%:\n", rate, 100*c.Regimes[1].Total.Rate)
	printTable(w, []string{"regime", "this network", fmt.Sprintf("quantised ANN, %d bits", c.ANNBits), "equal at", "verdict"}, rows)
	for _, e := range c.Regimes {
		fmt.Fprintf(w, "%s: %s\n", e.Name, e.Doc)
	}
	fmt.Fprintln(w)
}

// energy prints pJ in a unit that leaves a few digits.
func energy(pj float64) string {
	switch {
	case pj >= 1e9:
		return fmt.Sprintf("%.2f mJ", pj/1e9)
	case pj >= 1e6:
		return fmt.Sprintf("%.2f µJ", pj/1e6)
	case pj >= 1e3:
		return fmt.Sprintf("%.2f nJ", pj/1e3)
	}
	return fmt.Sprintf("%.1f pJ", pj)
}

// meeting is the spike rate at which both need the same.
func meeting(c cost.Comparison) string {
	switch {
	case c.BreakEven == nil:
		return ""
	case *c.BreakEven <= 0:
		return "no rate"
	}
	return fmt.Sprintf("%.1f %%", 100**c.BreakEven)
}

func advantage(c cost.Comparison) string {
	switch {
	case c.Spikes == c.ANN:
		return "both need the same"
	case c.Better():
		return "this network needs less"
	}
	return "the ANN would need less"
}
