package backends_test

import (
	"slices"
	"testing"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/irtest"
)

// TestMeanings holds the words on frames that are taken from another axis, on pixels and on
// the earliest spike.
func TestMeanings(t *testing.T) {
	net := irtest.ParseNet(t, "frames", `net frames fixed steps=3 {
once
	%p = input {scale=[0.5] mean=[1,2] std=[1,1]} : u8[2,5]
	%th = const {fill=3} : u2[]
	%same = output %p : u8[2,5] scale 0.75
step
	%events = input {per=step of=[2,9] axis=1 first=1 every=2} : spike[2,3]
	%s = neuron %events, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2,3]
end
	%f = first %s : u2[2,3]
	%when = output %f : u2[2,3]
}
`)
	got := backends.Meanings(net, backends.PortNames(net), func(v *ir.Value) string { return v.Op.String() })
	want := []string{
		"        type    shape  integers  in the model",
		"p       input   2,5    0 to 255  p",
		"events  input   3,2,3  0 to 1    events",
		"same    output  2,5    0 to 255  same",
		"when    output  2,3    0 to 3    when",
		"",
		"Elements are in C order: the index of the last axis changes first.",
		"p is one sample, the same in all 3 time steps.",
		"A pixel p of p stands for (p/2 - [1, 2])/[1, 1].",
		"The lists have a number for each channel, the first axis of an image.",
		"events is a frame for each of 3 time steps, that of the first step first.",
		"Frame t is 3 entries from 1 + 2*t on, along axis 1 of the model's own input of shape 2,9.",
		"An element of events is 1 for a spike and 0 for none.",
		"An element of same times 0.75 is the network's real output.",
		"A class that same predicts is its greatest; of several the first.",
		"An element of when is the network's real output.",
		"A class that when predicts is its least, the earliest spike; of several the first.",
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			t.Logf("got  %q", at(got, i))
			t.Logf("want %q", at(want, i))
		}
		t.Error("other words")
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
