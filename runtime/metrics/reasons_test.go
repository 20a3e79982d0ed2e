package metrics

import "testing"

// The reason of a multiplication names the constant where it is one number.
func TestReasonsNameTheConstant(t *testing.T) {
	net := parse(t, `net lif spiking steps=2 {
once
	%x = input : real[2]
	%th = const {fill=1} : real[2]
	%half = const {fill=0.5} : real[]
	%each = const {data=[0.5,0.25]} : real[2]
step
	%s = neuron %x, %th, leak=%half, gain=%each {leak=factor round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%c = sum %s : u2[2] range 0..2
	%y = output %c : u2[2] range 0..2
}
`)
	var got []string
	for _, e := range Verdict(net) {
		got = append(got, e.Reason)
	}
	want := []string{"membrane times leak, 0.5", "input times gain"}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Constants alone do not make a constant of a value that changes from step to step: a
// membrane that begins with one, the spikes of a neuron that only one drives, and
// their number.
func TestVerdictOfChangingValues(t *testing.T) {
	net := parse(t, `net steps spiking steps=3 {
once
	%x = input : real[2]
	%zero = const {fill=0} : real[2]
	%half = const {fill=0.5} : real[]
	%w = const {data=[0.5,1,2,3]} : real[2,2]
	%k = mul %half, %half : real[]
step
	%v = delay %zero : real[2]
	%leaky = mul %v, %half : real[2]
	%m = add %leaky, %x : real[2]
	%l = latch %v, %m : real[2]
	%s = neuron %w, %half {leak=none round=floor compare=ge reset=zero when=fire} : spike[2,2]
	%i = linear %s, %w : real[2,2]
end
	%n = sum %s : u2[2,2]
	%c = linear %n, %w : real[2,2]
	%last = last %m : real[2]
	%y = output %last : real[2]
	%z = output %c : real[2,2]
}
`)
	if got := listed(Verdict(net)); got != "leaky:L4:v i:L0:s c:L3:n" {
		t.Errorf("got %s", got)
	}
}
