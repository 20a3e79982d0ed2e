package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"nomul/passes/rewrite"
)

// activationFlags say which words stand for the numbers that a ReLU sends.
type activationFlags struct{ code, levels string }

func (f *activationFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.code, "code", "radix", "how a network of ReLUs sends numbers: `radix`, as words of bits, the highest first; rate, as so many spikes, of which a layer has all before it sends its own; pipelined, as spikes in time steps, each passed on at once")
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
	out := rewrite.PerLayer{All: code.levels(code.usual), Of: map[string]int{}}
	if f.levels == "" {
		return out, nil
	}
	for _, item := range strings.Split(f.levels, ",") {
		name, number, named := strings.Cut(strings.TrimSpace(item), "=")
		if !named {
			name, number = "", name
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > code.most {
			return out, usageError{fmt.Errorf("--activations %s: wanted a number from 1 to %d, or LAYER=NUMBER, or a comma list of them", item, code.most)}
		}
		if named {
			out.Of[name] = code.levels(n)
		} else {
			out.All = code.levels(n)
		}
	}
	return out, nil
}
