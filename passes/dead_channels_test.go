package passes_test

import (
	"testing"

	"nomul/ir"
	"nomul/passes"
)

// deadChannels are networks with rows of weights that are 0. Channel 0 of %a is 1.5 everywhere, or 0 where its bias is negative.
var deadChannels = map[string]struct {
	bias    string // of channel 0
	weights int
	body    string
	list    []words
}{
	"constant": {"1.5", 12, `%word = map %a {fn=relu} : real[3,4,4]
	%u = const {data=[0,0,0,0.5,-0.75,1,0.5,1,-0.5]} : real[3,3,1,1]
	%c = const {data=[1.5,0.5,0]} : real[3]
	%next = conv %word, %u, bias=%c {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : real[3,4,4]
	%sum = map %next {fn=relu} : real[3,4,4]`, []words{{8, 0.02}, {12, 0.005}, {16, 0.005}}},
	"residual": {"1.5", 8, `%word = map %a {fn=relu} : real[3,4,4]
	%u = const {data=[0,0,0,0.5,-0.75,1,0.5,1,-0.5]} : real[3,3,1,1]
	%branch = conv %word, %u {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : real[3,4,4]
	%added = add %branch, %word : real[3,4,4]
	%sum = map %added {fn=relu} : real[3,4,4]`, []words{{8, 0.02}, {10, 0.01}}},
	"residual of averages": {"-1.5", 8, `%word = map %a {fn=relu} : real[3,4,4]
	%nine = const {fill=0.1111111111111111} : real[]
	%pooled = sum-pool %word {kernel=[3,3] strides=[1,1] pads=[1,1,1,1] dilations=[1,1]} : real[3,4,4]
	%mean = mul %pooled, %nine : real[3,4,4]
	%u = const {data=[1,2,-1.5,0.5,-0.75,1,0.5,1,-0.5]} : real[3,3,1,1]
	%branch = conv %mean, %u {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : real[3,4,4]
	%added = add %branch, %mean : real[3,4,4]
	%sum = map %added {fn=relu} : real[3,4,4]`, []words{{8, 0.02}, {11, 0.01}}},
}

// A channel without weights, as training and pruning leave some, costs others none of their bits.
func TestDeadChannels(t *testing.T) {
	for name, c := range deadChannels {
		t.Run(name, func(t *testing.T) {
			net, err := ir.Parse("t", `net t spiking steps=1 {
once
	%x = input : real[2,4,4]
	%w = const {data=[0,0,0.75,-1,0.5,1]} : real[3,2,1,1]
	%b = const {data=[`+c.bias+`,0.25,-0.125]} : real[3]
	%a = conv %x, %w, bias=%b {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : real[3,4,4]
	`+c.body+`
	%flat = reshape %sum {shape=[48]} : real[48]
	%v = const {seed=3 lo=-1 hi=1} : real[4,48]
	%out = linear %flat, %v : real[4]
	%y = output %out : real[4]
}
`, nil)
			if err != nil {
				t.Fatal(err)
			}
			samples := pixels(5, 24, 32)
			for _, want := range c.list {
				o := onPixels(samples)
				o.Weights.All = c.weights
				o.Activations.All = 1<<want.bits - 1
				fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
				if err != nil {
					t.Fatalf("words of %d bits: %v", want.bits, err)
				}
				if worst, most := furthest(t, net, fixed, samples); worst > want.off*most {
					t.Errorf("words of %d bits are %.3g off, of %.3g", want.bits, worst, most)
				}
			}
		})
	}
}
