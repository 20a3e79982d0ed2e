package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/passes/raise"
)

// A neuron behind a delay starts from the response of its bias to silence, a state that no run has
// left.
func TestStartsInSilence(t *testing.T) {
	late := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		before := s.like(x, 0)
		var own []*ir.Value
		if past != nil {
			before, own = past[0], past[1:]
		}
		z, left := plain()(s, x, own)
		return before, append([]*ir.Value{z}, left...)
	}
	for _, from := range []float64{0, 0.5} {
		behind := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
			if past == nil {
				past = []*ir.Value{s.like(x, from)}
			}
			return plain()(s, x, past)
		}
		low, err := lowered(t, twoLayers(t, late, behind, 5))
		if err != nil {
			t.Fatal(err)
		}
		silent := raise.SilentStarts(low)
		for _, v := range low.All(ir.OpNeuron) {
			if v.Arg(ir.NeuronInit) != nil && silent[v] != (from == 0) {
				t.Errorf("from %v: %s", from, neuronLine(v))
			}
		}
	}
}

// Of layers one behind the other, each a step late, the second has one step before the first and
// the third has two, in whose second it hears the second's spikes. A batch-norm may stand between.
func TestStartsBehindSilentLayers(t *testing.T) {
	const text = `net t spiking steps=4 {
once
	%%x = input : real[2]
	%%one = const {fill=1} : real[]
	%%half = const {fill=0.5} : real[]
	%%ones = const {fill=1} : real[2]
	%%mean = const {fill=-0.25} : real[2]
	%%w = const {data=[1,0.25,0,-0.5]} : real[2,2]
	%%b2 = const {data=[0.5,1.5]} : real[2]
	%%b3 = const {data=[0.25,0.5]} : real[2]
	%%init2 = const {data=[%s]} : real[2]
	%%init3 = const {data=[%s]} : real[2]
step
	%%a = neuron %%x, %%one, leak=%%half {leak=factor round=floor compare=ge reset=zero when=fire} : spike[2]
	%%i2 = linear %%a, %%w, bias=%%b2 : real[2]
	%%b = neuron %%i2, %%one%[3]s, init=%%init2, leak=%%half {leak=factor round=floor compare=ge %[4]s} : spike[2]
	%%i3 = linear %%b, %%w, bias=%%b3 : real[2]
	%[5]s
	%%c = neuron %[6]s, %%one%[3]s, init=%%init3, leak=%%half {leak=factor round=floor compare=ge %[4]s} : spike[2]
end
	%%n = sum %%c : u3[2] range 0..4
	%%y = output %%n : u3[2] range 0..4
}`
	const byOne, normed = ", reset=%one", "%i4 = batch-norm %i3, %ones, %mean, %mean, %ones {axis=0 eps=0} : real[2]"
	for _, test := range []struct {
		name, second, third, reset, attrs, norm, x string
		want2, want3                               bool
	}{
		{"zero", "0.5,0", "0.625,0.25", "", "reset=zero when=fire", "", "%i3", true, true},
		{"subtract", "0.5,0.5", "0.625,0.25", byOne, "reset=subtract when=fire", "", "%i3", true, true},
		{"value", "0.5,1", "0.625,0.25", byOne, "reset=value when=fire", "", "%i3", true, true},
		{"none", "0.5,1.5", "0.625,0.25", "", "reset=none when=fire", "", "%i3", true, true},
		{"next step", "0.5,1.5", "0.625,0.25", byOne, "reset=subtract when=next", "", "%i3", true, true},
		{"next step, masked", "0.5,1.5", "0.625,0.25", "", "reset=zero when=next masks=true", "", "%i3", true, true},
		{"one step more", "0.75,1.25", "0.8125,0.125", byOne, "reset=subtract when=next", "", "%i3", true, true},
		{"batch-norm", "0.5,0", "0.625,0.25", "", "reset=zero when=fire", normed, "%i4", true, true},
		{"another second state", "0.5,0.125", "0.625,0.25", "", "reset=zero when=fire", "", "%i3", false, false},
		{"another third state", "0.5,0", "0.625,0.125", "", "reset=zero when=fire", "", "%i3", true, false},
	} {
		net, err := ir.Parse("t.sir", fmt.Sprintf(text, test.second, test.third, test.reset, test.attrs, test.norm, test.x), nil)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		silent := raise.SilentStarts(net)
		if got2, got3 := silent[net.Find("b")], silent[net.Find("c")]; got2 != test.want2 || got3 != test.want3 {
			t.Errorf("%s: %v and %v, wanted %v and %v", test.name, got2, got3, test.want2, test.want3)
		}
	}
}

// A rest, and the growth of a threshold, are nothing before the first spike; behind one the start is
// not known.
func TestStartsOfNeuronsThatRememberSpikes(t *testing.T) {
	const text = `net t spiking steps=4 {
once
	%%x = input : real[2]
	%%one = const {fill=1} : real[]
	%%half = const {fill=0.5} : real[]
	%%w = const {data=[1,0.25,0,-0.5]} : real[2,2]
	%%b = const {data=[0.5,%s]} : real[2]
	%%init = const {data=[0.5,%s]} : real[2]
	%%none = const {fill=0} : spike[2]
step
	%%late = delay %%none : spike[2]
	%%a = neuron %%x, %%one, leak=%%half {leak=factor round=floor compare=ge reset=zero when=fire} : spike[2]
	%%i = linear %%late, %%w, bias=%%b : real[2]
	%%c = neuron %%i, %%one, init=%%init, leak=%%half {leak=factor round=floor compare=ge reset=zero when=fire refractory=hold:2} : spike[2]
	%%late.latch = latch %%late, %%a : spike[2]
end
	%%n = sum %%c : u3[2] range 0..4
	%%y = output %%n : u3[2] range 0..4
}`
	for _, test := range []struct {
		bias, init string
		want       bool
	}{{"0.25", "0.25", true}, {"0.25", "0.125", false}, {"1.5", "0", false}} {
		net, err := ir.Parse("t.sir", fmt.Sprintf(text, test.bias, test.init), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(raise.SilentStarts(net)) == 1; got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
