package metrics

import (
	"reflect"
	"strings"
	"testing"

	"nomul/ir"
)

// flipsCase is a net of real numbers and one of integers that decides otherwise,
// written as one text of which a word in braces is {real|integer}.
type flipsCase struct {
	name, text string
	input      []int64
	want       []LayerFlips
}

const fire = "leak=none round=floor compare=ge reset=zero when=fire"

var flipsCases = []flipsCase{
	// a, fed alike, fires 0101 and 0001 on real numbers, 0010 and 0010 on integers. b
	// is fed 0 1 0 2 by the real a and fires 0101, on integers 0001: not 0010, as its
	// own a would have it.
	{"layers one after another", `step
	%a = neuron %x, %th {` + fire + `} : spike[2]
	%j = linear %a, %one : {real|u2}[1]
	%b = neuron %j, %two {` + fire + `} : spike[1]
end
	%n = sum %b : u3[1]
	%y = output %n : u3[1]`,
		[]int64{60, 30}, []LayerFlips{{"a", 2, 8, 5, 5.0 / 8}, {"b", 1, 4, 1, 1.0 / 4}}},
	{"one layer", `step
	%a = neuron %x, %th {` + fire + `} : spike[2]
end
	%n = sum %a : u3[2]
	%y = output %n : u3[2]`,
		[]int64{60, 30}, []LayerFlips{{"a", 2, 8, 5, 5.0 / 8}}},
	// A layer that only the net of integers has is left out, and runs as it is.
	{"a layer of one net", `step
	%a = neuron %x, %th {` + fire + `} : spike[2]
	%{other|more} = neuron %x, %th {` + fire + `} : spike[2]
end
	%n = sum %a : u3[2]
	%m = sum %{other|more} : u3[2]
	%y = output %n : u3[2]
	%z = output %m : u3[2]`,
		[]int64{60, 30}, []LayerFlips{{"a", 2, 8, 5, 5.0 / 8}}},
	// The spikes of the step before are the real net's: 0111 meets 0010. With its own
	// the integers would never fire.
	{"recurrent", `step
	%past = delay %none : spike[1]
	%k = linear %past, %back, bias=%in : {real|u3}[1]
	%a = neuron %k, %far {` + fire + `} : spike[1]
	%keep = latch %past, %a : spike[1]
end
	%n = sum %a : u3[1]
	%y = output %n : u3[1]`,
		[]int64{0, 0}, []LayerFlips{{"a", 1, 4, 2, 2.0 / 4}}},
	// A reset at the next step is by the layer's own spikes: 0101 meets 0010.
	{"reset at the next step", `step
	%a = neuron %in, %near, reset=%near {leak=none round=floor compare=ge reset=subtract when=next} : spike[1]
	%b = neuron %x, %th {` + fire + `} : spike[2]
end
	%n = sum %a : u3[1]
	%m = sum %b : u3[2]
	%y = output %n : u3[1]
	%z = output %m : u3[2]`,
		[]int64{60, 30}, []LayerFlips{{"a", 1, 4, 3, 3.0 / 4}, {"b", 2, 8, 5, 5.0 / 8}}},
}

const flipsHead = `net flips {spiking|fixed} steps=4 {
once
	%x = input : u8[2]
	%th = const {data={[100,100]|[130,90]}} : {real|u8}[2]
	%one = const {fill=1} : {real|u2}[1,2]
	%two = const {fill={1|2}} : {real|u2}[1]
	%none = const {fill=0} : spike[1]
	%back = const {fill=2} : {real|u2}[1,1]
	%in = const {fill=1} : {real|u2}[1]
	%far = const {fill={2|5}} : {real|u3}[1]
	%near = const {fill={2|3}} : {real|u2}[1]
`

func (c flipsCase) nets(t *testing.T) (real, fixed *ir.Net) {
	t.Helper()
	texts := [2]strings.Builder{}
	for rest := flipsHead + c.text + "\n}\n"; rest != ""; {
		open := strings.Index(rest, "{")
		word, after, ok := "", "", false
		if open >= 0 {
			word, after, ok = strings.Cut(rest[open+1:], "}")
		}
		left, right, two := strings.Cut(word, "|")
		if !ok || !two || strings.ContainsAny(left, "{ \n") {
			open = max(open, 0)
			left, right, after = rest[open:open+1], rest[open:open+1], rest[open+1:]
		}
		for i, w := range []string{left, right} {
			texts[i].WriteString(rest[:open] + w)
		}
		rest = after
	}
	return parse(t, texts[0].String()), parse(t, texts[1].String())
}

// Flips are exactly those that one counts by hand, and add up over samples and
// comparisons.
func TestFlips(t *testing.T) {
	for _, c := range flipsCases {
		real, fixed := c.nets(t)
		var parts [2]*Flips
		for i := range parts {
			var err error
			if parts[i], err = NewFlips(real, fixed); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			for range i + 1 {
				if err := parts[i].Run(map[string]*ir.Tensor{"x": {Type: real.Find("x").Type, I: c.input}}); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
			}
		}
		if got := parts[0].Layers(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, wanted %+v", c.name, got, c.want)
		}
		parts[0].Merge(parts[1])
		for i, got := range parts[0].Layers() {
			if want := c.want[i]; got.Flips != 3*want.Flips || got.Decisions != 3*want.Decisions || got.Share != want.Share {
				t.Errorf("%s: three samples have %+v, one %+v", c.name, got, want)
			}
		}
	}
}

func TestFlipsOfStrangers(t *testing.T) {
	real, _ := flipsCases[0].nets(t)
	if _, err := NewFlips(real, parse(t, small)); err == nil || !strings.Contains(err.Error(), "no layer of neurons in common") {
		t.Errorf("got %v", err)
	}
}
