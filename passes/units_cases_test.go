package passes_test

import (
	"math"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

// unitCases are networks whose results were in several units, or lost in units that
// were too coarse: how far each may be from the network of real numbers, in the
// result's own units.
var unitCases = []struct {
	name, net string
	within    float64
}{
	{"a factor for each channel of a membrane that is read", `net w1 spiking steps=4 {
once
	%x = input : u8[4]
	%w = const {data=[0.00099,0.00082,0.01023,-0.00992,-0.00104,-0.0042,0.00743,-0.00489,0.00502,0.00284,-0.00552,0.00032]} : real[3,4]
	%c = linear %x, %w : real[3]
	%none = const {fill=0} : spike[3]
	%minus = const {fill=-1} : real[1]
	%f = const {data=[0.1,1,10]} : real[3]
	%th = const {fill=1} : real[]
step
	%past = delay %none : spike[3]
	%reset = mul %past, %minus : real[3]
	%drive = add %c, %reset : real[3]
	%m = neuron %drive {leak=shift:1 round=floor compare=ge reset=none when=fire silent=true} : real[3]
	%scaled = mul %m, %f : real[3]
	%s = neuron %c, %th, reset=%th {leak=shift:1 round=ceil compare=gt reset=subtract when=next} : spike[3]
	%latch = latch %past, %s : spike[3]
end
	%last = last %scaled : real[3]
	%y = output %last : real[3]
}`, 0.1},
	{"a membrane of bare spikes, by three", `net a2 spiking steps=3 {
once
	%x = input : u8[3]
	%th = const {fill=100} : real[]
	%one = const {fill=1} : real[]
	%none = const {fill=0} : spike[3]
	%minus = const {fill=-1} : real[1]
	%three = const {fill=3} : real[]
step
	%p = neuron %x, %th, reset=%th {leak=shift:1 round=ceil compare=gt reset=subtract when=next} : spike[3]
	%past = delay %none : spike[3]
	%reset = mul %past, %minus : real[3]
	%drive = add %p, %reset : real[3]
	%m = neuron %drive {leak=none round=floor compare=ge reset=none when=fire silent=true} : real[3]
	%q = neuron %p, %one, reset=%one {leak=none round=floor compare=gt reset=subtract when=fire} : spike[3]
	%latch = latch %past, %q : spike[3]
end
	%sum = sum %m : real[3]
	%mean = div %sum, %three : real[3]
	%y = output %mean : real[3]
}`, 1e-12},
	{"batch-norm over tokens at the end", `net b2 spiking steps=2 {
once
	%x = input : u8[3,4]
	%th = const {fill=100} : real[]
	%w = const {data=[0.25146,0.2098,2.608,-2.53084,-0.26421,-1.07134,1.89416,-1.24655,1.28085,0.72319,-1.40747,0.08265]} : real[3,4]
	%gain = const {data=[0.5,0.3,0.7]} : real[3,1]
	%shift = const {data=[0.25,0.7,0.6]} : real[3,1]
step
	%s = neuron %x, %th, reset=%th {leak=shift:1 round=ceil compare=gt reset=subtract when=next} : spike[3,4]
end
	%n = sum %s : u2[3,4]
	%l = linear %n, %w : real[3,3]
	%scaled = mul %l, %gain : real[3,3]
	%moved = add %scaled, %shift : real[3,3]
	%y = output %moved : real[3,3]
}`, 0.06},
	{"weights of 0", `net c2 spiking steps=2 {
once
	%x = input : u2[3]
	%w = const {fill=0} : real[3,3]
	%b = const {data=[-0.5375,0.2,0.4]} : real[3]
	%l = linear %x, %w, bias=%b : real[3]
	%y = output %l : real[3]
}`, 1e-4},
	{"a mean of counts and of words", `net m3 spiking steps=3 {
once
	%x = input : u8[3]
	%th = const {fill=100} : real[]
	%third = const {fill=0.3333333333333333} : real[]
	%fortieth = const {fill=0.025} : real[]
	%z = mul %x, %fortieth : real[3]
	%v = output %z : real[3]
step
	%s = neuron %x, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[3]
end
	%n = sum %s : u2[3]
	%m = mul %n, %third : real[3]
	%y = output %m : real[3]
}`, 1e-12},
	{"integers times numbers that are no powers of two", `net f2 spiking steps=1 {
once
	%x = input : u8[2]
	%f = const {data=[0.3,0.7]} : real[2]
	%z = mul %x, %f : real[2]
	%y = output %z : real[2]
	%far = const {data=[0.0009765625,2]} : real[2]
	%u = mul %x, %far : real[2]
	%v = output %u : real[2]
}`, 1e-12},
	{"a result that no input changes", `net k spiking steps=2 {
once
	%x = input : u2[2]
	%c = const {data=[-0.5375,20]} : real[2]
	%y = output %c : real[2]
}`, 1e-3},
	{"neurons that never fire", `net q spiking steps=2 {
once
	%x = input : u2[2]
	%none = const {fill=0} : spike[2]
	%y = output %none : spike[2]
}`, 0},
	{"weights on a sum of two layers", `net d spiking steps=2 {
once
	%x = input : u8[2]
	%z = input : spike[2]
	%w = const {data=[0.01,0.02,-0.005,0.031]} : real[2,2]
	%v = const {data=[1.5,-2,0.25,0.7]} : real[2,2]
	%head = const {data=[0.7,-0.33,1.21,-0.05]} : real[2,2]
	%a = linear %x, %w : real[2]
	%b = linear %z, %v : real[2]
	%s = add %a, %b : real[2]
	%h = linear %s, %head : real[2]
	%y = output %h : real[2]
}`, 0.06},
	{"a factor for more rows than the value has, all the same", `net r spiking steps=1 {
once
	%x = input : u8[1,3]
	%w = const {data=[1,2,0.7]} : real[1,3]
	%l = mul %x, %w : real[1,3]
	%f = const {fill=0.5} : real[2,3]
	%m = mul %l, %f : real[2,3]
	%y = output %m : real[2,3]
}`, 0.01},
	{"weights on the membrane of a neuron that is reset to zero", `net h spiking steps=4 {
once
	%x = input : u8[4]
	%w = const {data=[0.00099,0.00082,0.01023,-0.00992,-0.00104,-0.0042,0.00743,-0.00489,0.00502,0.00284,-0.00552,0.00032]} : real[3,4]
	%c = linear %x, %w : real[3]
	%th = const {fill=1} : real[]
	%head = const {data=[0.7,-0.33,1.21,-0.05,0.4,0.913]} : real[2,3]
	%bias = const {data=[0.1,-7]} : real[2]
step
	%m = neuron %c, %th {leak=shift:1 round=floor compare=ge reset=zero when=next silent=true} : real[3]
	%h = linear %m, %head, bias=%bias : real[2]
end
	%last = last %h : real[2]
	%y = output %last : real[2]
}`, 0.05},
	{"a bias that is not whole, without weights", `net g spiking steps=1 {
once
	%x = input : u2[2]
	%w = const {data=[0,0,1.7,-0.6]} : real[2,2]
	%b = const {data=[677.33,1]} : real[2]
	%th = const {fill=677.32} : real[]
	%l = linear %x, %w, bias=%b : real[2]
step
	%s = neuron %l, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%n = sum %s : spike[2]
	%y = output %n : spike[2]
}`, 0},
	{"pixels joined with a one", `net ones spiking steps=4 {
once
	%x = input : u8[5]
	%gain = const {fill=0.01568627450980392} : real[]
	%shift = const {fill=-2} : real[]
	%th = const {fill=1.00390625} : real[]
	%half = const {fill=0.5} : real[]
	%scaled = mul %x, %gain : real[5]
	%p = add %scaled, %shift : real[5]
	%one = const {fill=1} : real[1]
	%w = const {data=[0.453125,-0.078125,-0.875,0.78125,-0.765625,0.15625,0.65625,0.109375,-0.53125,-0.140625,0.453125,-0.46875,-0.75,0.5,-0.078125,0.265625,-0.84375,-0.25,-0.640625,-0.25,-0.21875,0.203125,-0.921875,0.203125]} : real[4,6]
	%j = concat %p, %one {axis=0} : real[6]
	%i = linear %j, %w : real[4]
step
	%s = neuron %i, %th, reset=%th, leak=%half {leak=factor round=floor compare=gt reset=subtract when=fire} : spike[4]
end
	%n = sum %s : u3[4]
	%y = output %n : u3[4]
}`, 0},
	{"pixels joined with spikes", `net beside spiking steps=4 {
once
	%x = input : u8[5]
	%gain = const {fill=0.01568627450980392} : real[]
	%shift = const {fill=-2} : real[]
	%th = const {fill=1.00390625} : real[]
	%half = const {fill=0.5} : real[]
	%scaled = mul %x, %gain : real[5]
	%p = add %scaled, %shift : real[5]
	%v = const {data=[-0.203125,-0.015625,0.703125,-0.171875,0.390625,-0.671875,-0.859375,0.765625,-0.4375,0.9375,0.25,0.078125,-0.796875,0.109375,-0.828125,-0.515625,-0.15625,0.234375,0.453125,-0.78125,0.1875,-0.734375,0.296875,0.921875,-0.640625,-0.53125,-0.859375,-0.3125,0.75,-0.109375]} : real[6,5]
	%w = const {data=[-0.328125,-0.34375,-0.71875,-0.59375,-0.21875,-0.890625,-0.09375,0.453125,-0.890625,-0.453125,0.328125,0.59375,-0.15625,0.59375,0.375,-0.796875,-0.09375,-0.4375,0.5,0.671875,0.484375,-0.625,0.90625,-0.109375,-0.15625,0.59375,0.25,-0.46875,-0.03125,-0.140625,-0.234375,0,0.328125,-0.6875,0.328125,-0.640625,0.03125,0.03125,-0.109375,-0.25,-0.296875,0.375,-0.1875,-0.921875]} : real[4,11]
	%one = const {fill=1} : real[]
	%i = linear %p, %v : real[6]
step
	%s = neuron %i, %th, reset=%th, leak=%half {leak=factor round=floor compare=gt reset=subtract when=fire} : spike[6]
	%r = mul %s, %one : real[6]
	%j = concat %r, %p {axis=0} : real[11]
	%k = linear %j, %w : real[4]
	%q = neuron %k, %th, reset=%th, leak=%half {leak=factor round=floor compare=gt reset=subtract when=fire} : spike[4]
end
	%n = sum %q : u3[4]
	%y = output %n : u3[4]
}`, 1},
	{"pixels in turns with spikes", `net woven spiking steps=4 {
once
	%x = input : u8[5]
	%gain = const {fill=0.01568627450980392} : real[]
	%shift = const {fill=-2} : real[]
	%th = const {fill=1.00390625} : real[]
	%half = const {fill=0.5} : real[]
	%scaled = mul %x, %gain : real[5]
	%p = add %scaled, %shift : real[5]
	%v = const {data=[-0.203125,-0.015625,0.703125,-0.171875,0.390625,-0.671875,-0.859375,0.765625,-0.4375,0.9375,0.25,0.078125,-0.796875,0.109375,-0.828125,-0.515625,-0.15625,0.234375,0.453125,-0.78125,0.1875,-0.734375,0.296875,0.921875,-0.640625]} : real[5,5]
	%w = const {data=[-0.328125,-0.34375,-0.71875,-0.59375,-0.21875,-0.890625,-0.09375,0.453125,-0.890625,-0.453125,0.328125,0.59375,-0.15625,0.59375,0.375,-0.796875,-0.09375,-0.4375,0.5,0.671875,0.484375,-0.625,0.90625,-0.109375,-0.15625,0.59375,0.25,-0.46875,-0.03125,-0.140625,-0.234375,0,0.328125,-0.6875,0.328125,-0.640625,0.03125,0.03125,-0.109375,-0.25]} : real[4,10]
	%one = const {fill=1} : real[]
	%i = linear %p, %v : real[5]
	%pc = reshape %p {shape=[5,1]} : real[5,1]
step
	%s = neuron %i, %th, reset=%th, leak=%half {leak=factor round=floor compare=gt reset=subtract when=fire} : spike[5]
	%r = mul %s, %one : real[5]
	%rc = reshape %r {shape=[5,1]} : real[5,1]
	%j = concat %rc, %pc {axis=1} : real[5,2]
	%f = reshape %j {shape=[10]} : real[10]
	%k = linear %f, %w : real[4]
	%q = neuron %k, %th, reset=%th, leak=%half {leak=factor round=floor compare=gt reset=subtract when=fire} : spike[4]
end
	%n = sum %q : u3[4]
	%y = output %n : u3[4]
}`, 0},
}

func TestResultsKeepTheirUnits(t *testing.T) {
	for _, c := range unitCases {
		t.Run(c.name, func(t *testing.T) { holdWithin(t, c.net, c.within) })
	}
}

// holdWithin demands that integers are near the network of real numbers, in the results' own units.
func holdWithin(t *testing.T, text string, within float64) {
	t.Helper()
	net := irtest.ParseNet(t, "net", text)
	_, fixed, _, err := lowered(net)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range irtest.Inputs(net, 3, 20) {
		for name, want := range runOutputs(t, net, in) {
			scale := 1.0
			v := fixed.Find(name)
			if v.Scale != nil {
				scale = v.Scale.Data.F[0]
			}
			got := runOutputs(t, fixed, in)[name]
			for i := range want.Type.Size() {
				if is := got.At(i) * scale; math.Abs(is-want.At(i)) > within*max(1, math.Abs(want.At(i))) {
					t.Fatalf("%s, element %d: %v, wanted %v within %v\n%s", name, i, is, want.At(i), within, ir.Print(fixed, ""))
				}
			}
		}
	}
}

func runOutputs(t testing.TB, net *ir.Net, in map[string]*ir.Tensor) map[string]*ir.Tensor {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = net.Level == ir.Fixed
	out, err := m.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
