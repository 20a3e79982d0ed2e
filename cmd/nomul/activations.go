package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"nomul/passes/rewrite"
)

// activationFlags say which words stand for the numbers that a ReLU sends.
type activationFlags struct{ code, levels, thresholds string }

func (f *activationFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.code, "code", "radix", "how a network of ReLUs sends numbers: `radix`, as words of bits, the highest first; rate, as so many spikes, of which a layer has all before it sends its own; pipelined, as spikes in time steps, each passed on at once")
	fs.StringVar(&f.thresholds, "thresholds", rewrite.ThresholdNames[0], "by calibration, the largest number that the word of a ReLU stands for: `mse`, where the squared error is least; max, the largest seen; percentile, that of 99.9 %; balance, by local threshold balancing")
	fs.StringVar(&f.levels, "activations", "", "with radix the bits of a word, 1 to 16 (default 8), with rate how many spikes a neuron sends at most, with pipelined how many time steps there are (default 15): `N` for all, N,LAYER=N or LAYER=N for some layers")
}

// codes are, per code, the levels above 0 that a number of the flag means, the largest and the usual one.
var codes = map[string]struct {
	levels      func(n int) int
	most, usual int
}{
	"radix": {func(n int) int { return 1<<n - 1 }, 16, 8},
	"rate":  {func(n int) int { return n }, 1<<16 - 1, 15},

	"pipelined": {func(n int) int { return n }, 1<<12 - 1, 15},
}

// set reads the flags.
func (f *activationFlags) set(o *rewrite.Options) error {
	if f.thresholds != "" && !slices.Contains(rewrite.ThresholdNames, f.thresholds) { // not every command has the flag
		return usageError{fmt.Errorf("--thresholds %s: %s", f.thresholds, oneOf(f.thresholds, rewrite.ThresholdNames))}
	}
	o.Thresholds = f.thresholds
	levels, err := f.perLayer()
	if o.Activations = levels; err == nil && f.code == "pipelined" {
		if len(levels.Of) > 0 {
			return usageError{fmt.Errorf("--activations %s: with --code pipelined all layers have as many time steps", f.levels)}
		}
		o.Pipelined = levels.All
	}
	return err
}

// perLayer reads the levels of activations.
func (f *activationFlags) perLayer() (rewrite.PerLayer, error) {
	code, ok := codes[f.code]
	if !ok {
		return rewrite.PerLayer{}, usageError{fmt.Errorf("--code %s: wanted radix, rate or pipelined", f.code)}
	}
	usual := rewrite.PerLayer{All: code.levels(code.usual)}
	if f.levels == "" {
		return usual, nil
	}
	out, err := parsePerLayer("activations", strings.Split(f.levels, ","), func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > code.most {
			return 0, fmt.Errorf("%q is no number from 1 to %d", text, code.most)
		}
		return code.levels(n), nil
	})
	if out.All == 0 {
		out.All = usual.All
	}
	return out, err
}
