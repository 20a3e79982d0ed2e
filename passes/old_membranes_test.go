package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// firesOnOld is a leaky neuron that compares the membrane it has stored, and then
// takes in its input.
func firesOnOld(reset ir.Reset) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v := s.like(x, 0)
		if past != nil {
			v = past[0]
		}
		f, left := s.spike(ir.GE, v, s.num(0.75)), v
		switch reset {
		case ir.ResetSubtract:
			left = s.op(ir.OpSub, v, s.op(ir.OpMul, f, s.num(0.75)))
		case ir.ResetZero:
			left = s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), v)
		}
		return f, []*ir.Value{s.op(ir.OpAdd, s.op(ir.OpMul, left, s.num(0.5)), x)}
	}
}

// A neuron that fires on the old membrane is known by its unrolled steps, on an
// input that stays and on frames.
func TestFiresOnOldMembrane(t *testing.T) {
	for _, reset := range []ir.Reset{ir.ResetNone, ir.ResetSubtract, ir.ResetZero} {
		for steps := 4; steps <= 6; steps++ {
			net, err := raisedOf(t, mlp(t, firesOnOld(reset), steps, "sum", nil))
			if err != nil {
				t.Errorf("%v, T=%d: %v", reset, steps, err)
			} else if neurons := net.All(ir.OpNeuron); len(neurons) != 2 {
				t.Errorf("%v, T=%d: %d neurons\n%s", reset, steps, len(neurons), ir.Print(net, ""))
			}
		}
		net := framesOf4(t, []int{1, 4, 5}, firesOnOld(reset), func(s *sketch, x *ir.Value, t int) *ir.Value { return s.entries(x, 1, t, 1) })
		out, err := Lower(net, ir.Spiking, "", &Options{}, nil)
		if err != nil {
			t.Errorf("%v, frames: %v", reset, err)
			continue
		}
		sameFrames(t, net, out)
	}
}

// A layer without reset, leaky or not, of which only the last step's spikes are read, is
// compared in no other step; it fires in all of them.
func TestLastSpikesWithoutReset(t *testing.T) {
	for _, leak := range []float64{1, 0.5} {
		for steps := 3; steps <= 5; steps++ {
			s := newSketch(t)
			x := s.input(4)
			var past []*ir.Value
			var h *ir.Value
			for range steps {
				var f *ir.Value
				f, past = sjIF14(false)(s, s.dense(1, 5, x), past)
				in := s.dense(2, 3, f)
				switch {
				case h == nil:
					h = in
				case leak == 1:
					h = s.op(ir.OpAdd, h, in)
				default:
					h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(leak)), in)
				}
			}
			net, err := raisedOf(t, s.output(s.spike(ir.GT, h, s.num(0.25))))
			if err != nil {
				t.Errorf("leak %v, T=%d: %v", leak, steps, err)
			} else if neurons := net.All(ir.OpNeuron); len(neurons) != 2 || net.Steps != steps || neurons[1].Attrs.(ir.NeuronAttrs).Reset != ir.ResetNone {
				t.Errorf("leak %v, T=%d:\n%s", leak, steps, ir.Print(net, ""))
			}
		}
	}
}

// A neuron of one step that compares its stored membrane again, to reset it a step later,
// gives its membrane as well: as spiking neurons it is the same, and integers take it.
func TestComparedAgainAndRead(t *testing.T) {
	resets := map[string]string{"subtract": "%a = sub %c, %old", "to a value": "%gone = mul %old, %c\n\t%a = sub %c, %gone", "none": "%a = mul %c, %one"}
	for name, reset := range resets {
		for _, is := range []string{"gt", "ge"} {
			t.Run(name+"/"+is, func(t *testing.T) {
				net := irtest.ParseNet(t, "step.sir", fmt.Sprintf(comparedAgainAndRead, is, ofThree(reset)))
				out, err := Lower(net, ir.Spiking, "", &Options{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				sameFrames(t, net, out)
				if _, err := Lower(net, ir.Fixed, "", &Options{Pixels: &Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}}, nil); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// ofThree writes the type of each value behind it.
func ofThree(lines string) string {
	return strings.ReplaceAll(lines, "\n", " : real[3]\n") + " : real[3]"
}

const comparedAgainAndRead = `net step source steps=5 {
once
	%%x = input : real[2]
	%%w = const {data=[0.75,-0.25,0.5,1.25,1,0.5]} : real[3,2]
	%%j = linear %%x, %%w : real[3]
	%%init = const {fill=0} : real[3]
	%%half = const {fill=0.5} : real[]
	%%one = const {fill=1} : real[]
step
	%%v = delay %%init : real[3]
	%%fired = compare %%v, %%one {is=%[1]s} : spike[3]
	%%old = cast %%fired : real[3]
	%%left = mul %%v, %%half : real[3]
	%%c = add %%left, %%j : real[3]
	%[2]s
	%%f = compare %%a, %%one {is=%[1]s} : spike[3]
	%%s = cast %%f : real[3]
	%%both = add %%s, %%a : real[3]
	%%v.latch = latch %%v, %%a : real[3]
end
	%%sum = sum %%both : real[3]
	%%y = output %%sum : real[3]
}
`

// A current of a state of its own, which the membrane takes before this step's input comes
// into it, is one of a neuron; integers take it.
func TestCurrentOfTheStepBefore(t *testing.T) {
	net := irtest.ParseNet(t, "step.sir", currentOfTheStepBefore)
	out, err := Lower(net, ir.Spiking, "", &Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameFrames(t, net, out)
	if neurons := out.All(ir.OpNeuron); len(neurons) != 1 || neurons[0].Attrs.(ir.NeuronAttrs).Order != ir.OrderLate {
		t.Errorf("wanted one neuron with a late current:\n%s", ir.Print(out, ""))
	}
	if _, err := Lower(net, ir.Fixed, "", &Options{Pixels: &Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}}, nil); err != nil {
		t.Error(err)
	}
}

// A bias of such a current is told.
func TestCurrentOfTheStepBeforeHasBias(t *testing.T) {
	text := strings.Replace(currentOfTheStepBefore, "%next = add %wane, %j", "%more = add %wane, %j : real[3]\n\t%next = add %more, %quarter", 1)
	net := irtest.ParseNet(t, "step.sir", text)
	wantCells(t, "bias", net, 5, 1)
}

const currentOfTheStepBefore = `net step source steps=5 {
once
	%x = input : real[2]
	%w = const {data=[0.75,-0.25,0.5,1.25,1,0.5]} : real[3,2]
	%j = linear %x, %w : real[3]
	%init = const {fill=0} : real[3]
	%half = const {fill=0.5} : real[]
	%quarter = const {fill=0.25} : real[]
	%one = const {fill=1} : real[]
step
	%v = delay %init : real[3]
	%i = delay %init : real[3]
	%wane = mul %i, %quarter : real[3]
	%next = add %wane, %j : real[3]
	%left = mul %v, %half : real[3]
	%h = add %left, %i : real[3]
	%f = compare %h, %one {is=gt} : spike[3]
	%s = cast %f : real[3]
	%rest = sub %h, %s : real[3]
	%v.latch = latch %v, %rest : real[3]
	%i.latch = latch %i, %next : real[3]
end
	%sum = sum %s : real[3]
	%y = output %sum : real[3]
}
`
