package metrics

import (
	"reflect"
	"testing"

	"nomul/ir"
	"nomul/runtime/interp"
)

// The cost of a layer of weights belongs to the neurons behind it, also through ops
// without weights; where another layer of weights comes first it is a row of its own.
// Spikes 1 0 in each of two steps: 1·2 additions for j, 2 neurons of a firing twice
// for k, whose sums [2 2] are then words of one bit.
func TestActivityThroughOps(t *testing.T) {
	net := parse(t, `net through fixed steps=2 {
once
	%x = input : spike[2]
	%w = const {fill=1} : u2[2,2]
	%th = const {fill=1} : u2[]
	%j = linear %x, %w : u2[2]
	%twice = shl %j {k=1} : u3[2]
	%side = reshape %twice {shape=[2]} : u3[2]
step
	%a = neuron %side, %th {leak=all round=floor compare=ge reset=zero when=fire} : spike[2]
	%k = linear %a, %w : u2[2]
end
	%n = sum %k : u4[2]
	%minus = neg %n : s5[2]
	%l = linear %minus, %w {slots=planes} : s6[2]
	%y = output %l : s6[2]
}
`)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCounter(net)
	if _, err := m.Run(map[string]*ir.Tensor{"x": {Type: net.Values[0].Type, I: []int64{1, 0}}}, c.Tap); err != nil {
		t.Fatal(err)
	}
	c.Sample()
	// n is [4 4], minus 4 in 5 bits 11100: three bits, two additions each.
	want := []Layer{{"a", "neuron", 2, 1, 2}, {"k", "readout", 2, 0, 2 * 2 * 2}, {"l", "readout", 2, 0, 2 * 3 * 2}}
	if got := c.Activity().Layers; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Integers within −1 and 1 are added or subtracted, whatever their type could hold.
func TestVerdictByRange(t *testing.T) {
	for _, c := range []struct{ x, want string }{
		{"u8[2] range 0..1", "l:L0:x"}, {"s8[2] range -1..1", "l:L1:x"}, {"s8[2] range -1..0", "l:L1:x"},
		{"s8[2] range -2..1", "l:L3:x"}, {"u8[2] range 0..2", "l:L3:x"}, {"s8[2] range -1..2", "l:L3:x"},
	} {
		net := parse(t, `net by_range fixed steps=1 {
once
	%x = input : `+c.x+`
	%w = const {data=[3,5]} : u3[1,2]
	%l = linear %x, %w {slots=planes} : s12[1]
	%y = output %l : s12[1]
}
`)
		if got := listed(Verdict(net)); got != c.want {
			t.Errorf("%s: %s, wanted %s", c.x, got, c.want)
		}
	}
}

// Each way in which a neuron shifts is enough, and none of them is needed.
func TestUsesShifts(t *testing.T) {
	for attrs, want := range map[string]bool{
		"leak=none": false, "leak=all": false, "leak=shift:1": true, "leak=decay:2": true, "leak=csd:3/4": true,
		"leak=none guard=2": true, "leak=none current=shift:1": true, "leak=none current=decay:1": true, "leak=none current=none": false,
	} {
		net := parse(t, `net shifts fixed steps=2 {
once
	%x = input : spike[1]
	%th = const {fill=9} : u4[]
step
	%s = neuron %x, %th {`+attrs+` round=floor compare=ge reset=zero when=fire} : spike[1]
end
	%n = sum %s : u2[1]
	%y = output %n : u2[1]
}
`)
		if got := UsesShifts(net); got != want {
			t.Errorf("%s: %v", attrs, got)
		}
	}
}

// 1 minus a spike is 0 or 1; another number minus a spike is not.
func TestVerdictOfOpposites(t *testing.T) {
	for from, want := range map[string]string{"1": "p:L0:k", "2": "p:L4:k", "0": "p:L4:k"} {
		net := parse(t, `net opposites source steps=1 {
once
	%x = input : real[2]
	%from = const {fill=`+from+`} : real[]
	%b = compare %x, %from {is=ge} : spike[2]
	%s = cast %b : real[2]
	%k = sub %from, %s : real[2]
	%p = mul %k, %x : real[2]
	%y = output %p : real[2]
}
`)
		if got := listed(Verdict(net)); got != want {
			t.Errorf("%s minus a spike: %s, wanted %s", from, got, want)
		}
	}
}
