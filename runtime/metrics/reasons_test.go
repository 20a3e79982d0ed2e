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
