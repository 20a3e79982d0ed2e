package passes_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// numbersFor are multiples of 1/128 that weights of 8 bits have, twice as large too.
func numbersFor(seed uint64, n int) string {
	random, out := rand.New(rand.NewPCG(seed, 1)), make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(float64(random.IntN(127)-63) / 128)
	}
	return strings.Join(out, ",")
}

// Spikes of any two numbers, one of which may be theirs in silence, act as spikes on their readers:
// on a readout that leaks, in however many steps, and on neurons behind a pool.
func TestSpikesThatAreTwoNumbers(t *testing.T) {
	pairs := map[string][2]string{
		"2 and 1":          {"fill=2} : real[]", "fill=1} : real[]"},
		"inverted":         {"fill=0} : real[]", "fill=1} : real[]"},
		"of a channel":     {"data=[0.5,1.5]} : real[2,1]", "data=[-0.5,-0.5]} : real[2,1]"},
		"larger or less":   {"data=[2,0.5]} : real[2,1]", "data=[1,1.5]} : real[2,1]"},
		"less or the same": {"data=[0.5,1.5]} : real[2,1]", "data=[1,1.5]} : real[2,1]"},
	}
	const text = `net two spiking steps=%d {
once
	%%x = input : u8[4]
	%%w = const {data=[%s]} : real[8,4]
	%%flat = linear %%x, %%w : real[8]
	%%c = reshape %%flat {shape=[2,4]} : real[2,4]
	%%th = const {fill=100} : real[]
	%%high = const {%s
	%%low = const {%s
	%%v = const {data=[%s]} : real[3,%d]
	%%two = const {fill=2} : real[]
step
	%%f = neuron %%c, %%th, reset=%%th {leak=shift:1 round=ceil compare=gt reset=subtract when=fire} : spike[2,4]
	%%s = where %%f, %%high, %%low : real[2,4]
	%s
	%%d = linear %%rows, %%v : real[3]
	%s
end
	%s
	%%y = output %%out : %s[3]
}`
	moved := "%rows = reshape %s {shape=[8]} : real[8]"
	pooled := "%p = max-pool %s {kernel=[2] strides=[2] pads=[0,0] dilations=[1]} : real[2,2]\n\t%rows = reshape %p {shape=[4]} : real[4]"
	leaky := "%m = neuron %d {leak=shift:1 round=floor compare=ge reset=none when=fire silent=true} : real[3]"
	fires := "%m = neuron %d, %two {leak=shift:1 round=ceil compare=gt reset=zero when=fire} : spike[3]"
	for name, pair := range pairs {
		for _, steps := range []int{3, 4, 5, 7} {
			t.Run(fmt.Sprintf("%s, T=%d", name, steps), func(t *testing.T) {
				holdWithin(t, fmt.Sprintf(text, steps, numbersFor(1, 32), pair[0], pair[1], numbersFor(2, 24), 8, moved, leaky, "%out = last %m : real[3]", "real"), 0.01)
				holdWithin(t, fmt.Sprintf(text, steps, numbersFor(1, 32), pair[0], pair[1], numbersFor(3, 12), 4, pooled, fires, "%out = sum %m : u3[3]", "u3"), 0)
			})
		}
	}
}
