package passes_test

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/metrics"
)

// Leaks that are no sums of two powers run as N/2^K: the stated bounds hold beside the
// factors of the file, are no more than three times the distance that the end of the input
// shows, and are small for a channel with small weights.
func TestBoundsCountTheLeakThatIsMissed(t *testing.T) {
	const text = `net t spiking steps=8 {
once
	%%x = input : u8[2]
	%%w = const {data=[-0.5,-0.25,0.0078125,0]} : real[2,2]
	%%th = const {fill=1} : real[]
	%%beta = const {fill=%v} : real[]
	%%alpha = const {fill=%v} : real[]
	%%i = linear %%x, %%w : real[2]
step
	%%s = neuron %%i, %%th, leak=%%beta%s {leak=factor round=floor compare=ge reset=zero when=fire%s} : spike[2]
	%%v = neuron %%i, leak=%%beta%s {leak=factor round=floor compare=ge reset=none when=fire silent=true%s} : real[2]
end
	%%n = sum %%s : u4[2]
	%%m = last %%v : real[2]
	%%y = output %%n : u4[2]
	%%z = output %%m : real[2]
}
`
	for _, beta := range []float64{0.7, 0.9, 0.3} {
		for _, order := range []string{"", "before", "after", "late"} {
			operand, attribute := "", ""
			if order != "" {
				operand, attribute = ", current=%alpha", " current=factor order="+order
			}
			net := ir.Prune(irtest.ParseNet(t, "t", fmt.Sprintf(text, beta, beta, operand, attribute, operand, attribute)))
			real, fixed, bounds, err := lowered(net)
			if err != nil {
				t.Fatal(err)
			}
			b, err := metrics.NewBounds(real, fixed, bounds)
			if err != nil {
				t.Fatal(err)
			}
			if real.Find("v").Args[ir.NeuronLeak] == nil {
				t.Fatalf("the leak %v is compared with its own stand-in", beta)
			}
			in := map[string]*ir.Tensor{"x": ir.Ints(ir.ShapeOf(2), []int64{255, 255})}
			if err := b.Run(in); err != nil {
				t.Errorf("leak %v, current %q: %v", beta, order, err)
			}
			if share := b.Worst[ir.OfLeak]; share < 0.3 {
				t.Errorf("leak %v, current %q: at most %v of what is stated", beta, order, share)
			}
			for _, bound := range bounds {
				if most := bound.Most.F; bound.Real == "v" && !(len(most) == 2 && most[1] < most[0]/4) {
					t.Errorf("leak %v, current %q: the membranes may be off by %v", beta, order, most)
				}
			}
		}
	}
}

// The membranes of a layer may be the same at their least, and differ at their most.
func TestBoundsOfRangesThatDifferAtOneEnd(t *testing.T) {
	const text = `net t spiking steps=8 {
once
	%x = input : spike[3]
	%w = const {data=[-1,0.5,0.5,-1,0.5,0]} : real[2,3]
	%beta = const {fill=0.9} : real[]
	%i = linear %x, %w : real[2]
step
	%v = neuron %i, leak=%beta {leak=factor round=floor compare=ge reset=none when=fire silent=true} : real[2]
end
	%m = last %v : real[2]
	%y = output %m : real[2]
}
`
	_, _, bounds, err := lowered(ir.Prune(irtest.ParseNet(t, "t", text)))
	if err != nil {
		t.Fatal(err)
	}
	if len(bounds) == 0 {
		t.Error("no bound is stated")
	}
}
