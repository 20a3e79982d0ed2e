package main

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/passes/rewrite"
	"nomul/runtime/metrics"
)

// setOps reads a number of additions, such as 500K or 2M, in thousands and millions.
func (b *budgetFlag) setOps(text string) error {
	digits, times := strings.ToUpper(text), 1.0
	for _, unit := range []struct {
		name  string
		times float64
	}{{"K", 1e3}, {"M", 1e6}, {"G", 1e9}} {
		if rest, ok := strings.CutSuffix(digits, unit.name); ok {
			digits, times = rest, unit.times
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(n > 0) || n > 1e12 {
		return fmt.Errorf("wanted a number of additions above 0, such as 500K or 2M")
	}
	b.ops = n * times
	return nil
}

// fewerOps gives words of activations the most bits with which a sample takes no more additions than there may be,
// at the densities of the calibration.
func (b *budgetFlag) fewerOps(c *cobra.Command, m *model) error {
	if len(m.options.Activations.Of) > 0 {
		return usageError{fmt.Errorf("--budget: it chooses the bits of all words; --activations may give the most of all, not those of single layers")}
	}
	p := &planner{c: c, model: m}
	for width := bits.Len(uint(m.options.Activations.All)); ; width-- {
		levels := rewrite.PerLayer{All: min(1<<width-1, m.options.Activations.All)}
		net, err := p.quietly(func(o *passes.Options) { o.Activations = levels })
		if err != nil {
			return err
		}
		ops, err := m.calibration.additions(net)
		if err != nil {
			return err
		}
		words := len(net.All(ir.OpLevels)) > 0
		switch {
		case ops <= b.ops:
			m.options.Activations.All = levels.All
			of := plan{net: net}
			if err := p.expect(&of); err != nil {
				return err
			}
			p.printOps(ops, b.ops, width, words, of)
			return nil
		case !words:
			return tooMany(m, ops, b.ops, "no bits of words make them fewer, for layers send spikes; fewer time steps or sparser spikes would")
		case width == 1:
			return tooMany(m, ops, b.ops, "words of one bit are as few as there are")
		}
	}
}

func tooMany(m *model, ops, most float64, help string) error {
	return diag.Errorf(diag.Origin{File: m.file}, diag.TooLarge, "a sample takes %.0f additions at the densities of the calibration, and --budget is %.0f", ops, most).WithHelp("%s", help)
}

// countedSamples bounds the samples on which additions are counted.
const countedSamples = 64

// additions are the synaptic operations of a net for a sample, on average over some of the calibration.
func (k *calibration) additions(net *ir.Net) (float64, error) {
	few := *k
	few.limit = min(k.limit, countedSamples)
	if k.images != nil {
		few.images = k.images.Some(few.limit)
	}
	counter, last := metrics.NewCounter(net), -1
	err := few.observe(net, nil, func(sample, step int, v *ir.Value, t *ir.Tensor) {
		if sample != last {
			counter.Sample()
			last = sample
		}
		counter.Tap(step, v, t, nil)
	})
	return counter.Activity().Totals.Synops, err
}

// printOps tells the bits of words, the additions, and the predictions that are expected to stay.
func (p *planner) printOps(ops, most float64, width int, words bool, of plan) {
	w := p.c.ErrOrStderr()
	fmt.Fprintf(w, "budget: %.0f of %.0f additions a sample, at the densities of the calibration\n", ops, most)
	if words {
		fmt.Fprintf(w, "words of activations have %d bits\n", width)
	}
	p.printExpected(of)
}
