package metrics

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/runtime/interp"
)

func TestScore(t *testing.T) {
	s := NewScore(3, []int{0, 1, 2, 2}, []int{0, 2, 2, 1})
	want := Score{4, 2, 0.5, [][]int{{1, 0, 0}, {0, 0, 1}, {0, 1, 1}}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if a := Agreement([]int{1, 2, 3, 4}, []int{1, 2, 0, 4}); a != 0.75 {
		t.Errorf("agreement %v", a)
	}
	if p := Predict([]int64{-3, 5, 5}); p != 1 {
		t.Errorf("a tie went to class %d", p)
	}
}

func parse(t *testing.T, text string) *ir.Net {
	t.Helper()
	net, err := ir.Parse("test.sir", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(net); err != nil {
		t.Fatal(err)
	}
	return net
}

// Small enough to count by hand: 3 pixels, 2 neurons, 2 steps, 2 classes.
const small = `net small fixed steps=2 {
once
	%x = input : u8[3]
	%w1 = const {data=[1,0,0,0,1,2]} : s8[2,3]
	%th = const {data=[4,300]} : s32[2]
	%w2 = const {data=[1,-1,1,1]} : s8[2,2]
	%i = linear %x, %w1 {slots=planes} : s16[2]
step
	%s = neuron %i, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%c = sum %s : u2[2]
	%l = linear %c, %w2 {slots=planes} : s8[2]
	%y = output %l : s8[2]
}
`

func TestActivity(t *testing.T) {
	net := parse(t, small)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	var counters [2]*Counter
	for i, pixels := range [][]int64{{5, 255, 1}, {0, 0, 0}} {
		counters[i] = NewCounter(net)
		x := net.All(ir.OpInput)[0]
		if _, err := m.Run(map[string]*ir.Tensor{"x": {Type: x.Type, I: pixels}}, counters[i].Tap); err != nil {
			t.Fatal(err)
		}
		counters[i].Sample()
	}
	counters[0].Merge(counters[1])
	// First sample: i = (5, 257); neuron 0 fires in both steps, neuron 1 in
	// the second (257, then 514 ≥ 300). Set bits of the pixels: 2 + 8 + 1, each
	// costs 2 additions. Counts are (2, 1): one set bit each, 2 additions each.
	// The second sample does nothing.
	want := Activity{
		Layers: []Layer{{"s", "neuron", 2, 1.5 / 4, 11}, {"l", "readout", 2, 0, 2}},
		Totals: Totals{Synops: 13, Spikes: 1.5, DenseMACs: 3*2 + 2*2},
	}
	if got := counters[0].Activity(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestSpikingOperandsCountPerStep(t *testing.T) {
	net := parse(t, `net deep fixed steps=3 {
once
	%x = input : spike[2]
	%one = const {fill=1} : s8[2,2]
	%th = const {fill=1} : s8[2]
	%i = linear %x, %one : u2[2]
step
	%a = neuron %i, %th {leak=all round=floor compare=ge reset=zero when=fire} : spike[2]
	%j = linear %a, %one : u2[2]
	%b = neuron %j, %th {leak=all round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%c = sum %b : u2[2]
	%y = output %c : u2[2]
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
	got := c.Activity()
	// One spike in, once: 2. Both neurons of a fire in 3 steps: 2·2·3.
	if got.Layers[0].Synops != 2 || got.Layers[1].Synops != 12 || got.Totals.DenseMACs != 4+4*3 {
		t.Errorf("got %+v", got)
	}
	if got.Layers[0].SpikeRate != 1 || got.Layers[1].SpikeRate != 1 {
		t.Errorf("rates %+v", got.Layers)
	}
}

func TestReportFields(t *testing.T) {
	half := 0.5
	data, err := json.Marshal(Evaluation{Agreement: &half, Activity: Activity{Layers: []Layer{{}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields("samples correct accuracy agreement engine level steps layers name neurons spike_rate synops totals dense_macs seconds_per_sample") {
		if !strings.Contains(string(data), `"`+field+`":`) {
			t.Errorf("no field %s in %s", field, data)
		}
	}
}

func TestVerdictFixed(t *testing.T) {
	net := parse(t, small)
	edges := Verdict(net)
	if got := listed(edges); got != "i:L3:x l:L1:w2" {
		t.Errorf("got %s: %+v", got, edges)
	}
	if Worst(edges) != L3 || !UsesShifts(net) || Multiplications(edges) != 0 {
		t.Errorf("worst %s, shifts %v", Worst(edges), UsesShifts(net))
	}
}

// As an exporter writes one step: analog first layer, batch-norm, spikes as
// floats, a hard reset by a product.
func TestVerdictSource(t *testing.T) {
	net := parse(t, `net export source steps=1 {
once
	%x = input : real[2]
	%w = const {data=[0.5,1,2,3]} : real[2,2]
	%g = const {fill=1.5} : real[2]
	%one = const {fill=1} : real[]
	%two = const {fill=2} : real[]
	%gg = mul %g, %two : real[2]
	%i = linear %x, %w : real[2]
	%n = batch-norm %i, %gg, %g, %g, %g {axis=0 eps=1e-05} : real[2]
	%q = div %n, %two : real[2]
	%b = compare %q, %one {is=ge} : spike[2]
	%s = cast %b : real[2]
	%k = sub %one, %s : real[2]
	%v = mul %k, %q : real[2]
	%d = mul %v, %two : real[2]
	%r = reshape %s {shape=[2]} : real[2]
	%j = linear %r, %w : real[2]
	%m = reduce-mean %j {axes=[0]} : real[]
	%p = mul %j, %d : real[2]
	%y = output %p : real[2]
	%z = output %m : real[]
}
`)
	edges := Verdict(net)
	want := "i:L4:x n:L4:i q:L4:n v:L0:k d:L4:v j:L0:r m:L4:j p:L4:j"
	if got := listed(edges); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if Worst(edges) != L4 || Multiplications(edges) != 6 || UsesShifts(net) {
		t.Errorf("worst %s, %d multiplications", Worst(edges), Multiplications(edges))
	}
	for _, e := range edges {
		if e.Reason == "" || e.Op == "" {
			t.Errorf("edge without a reason: %+v", e)
		}
	}
}

func TestVerdictSpiking(t *testing.T) {
	net := parse(t, `net lif spiking steps=2 {
once
	%x = input : real[2]
	%w = const {data=[0.5,1,2,3]} : real[2,2]
	%th = const {fill=1} : real[2]
	%half = const {fill=0.5} : real[]
	%i = linear %x, %w : real[2]
step
	%s = neuron %i, %th, leak=%half, gain=%half {leak=factor round=floor compare=ge reset=zero when=fire} : spike[2]
	%j = linear %s, %w : real[2]
end
	%c = sum %j : real[2]
	%y = output %c : real[2]
}
`)
	if got := listed(Verdict(net)); got != "i:L4:x s:L4:half s:L4:half j:L0:s" {
		t.Errorf("got %s", got)
	}
}

func listed(edges []Edge) string {
	var words []string
	for _, e := range edges {
		words = append(words, fmt.Sprintf("%s:%s:%s", e.Value, e.Level, e.Operand))
	}
	return strings.Join(words, " ")
}

// A convolution with padding, counted by hand: a spike in the corner of 2×3 meets
// 4 taps of 3×3 twice (2 outputs), one in the middle of a row 6.
func TestConvolutionsCountTheTapsThatSpikesMeet(t *testing.T) {
	net := parse(t, `net conv fixed steps=1 {
once
	%x = input : spike[1,2,3]
	%y1 = input : spike[1,2,3]
	%w = const {fill=1} : s8[2,1,3,3]
	%v = const {fill=1} : s8[1,2,1,1]
	%s = add %x, %y1 : u2[1,2,3]
	%c = conv %s, %w {strides=[1,1] pads=[1,1,1,1] dilations=[1,1] groups=1 slots=planes} : u5[2,2,3] range 0..18
	%d = conv %c, %v {strides=[1,2] pads=[0,0,0,0] dilations=[1,1] groups=1 slots=planes} : u6[1,2,2] range 0..36
	%f = const {data=[-1,1,-1]} : s8[3]
	%e = csd %s, %f {shift=0 round=floor} : s8[1,2,3] range -2..2
	%g = const {fill=6} : u3[1]
	%h = csd %s, %g {shift=1 round=floor} : u3[1,2,3] range 0..6
	%k = output %d : u6[1,2,2] range 0..36
	%l = output %e : s8[1,2,3] range -2..2
	%m = output %h : u3[1,2,3] range 0..6
}
`)
	c := NewCounter(net)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]*ir.Tensor{
		"x":  {Type: net.Find("x").Type, I: []int64{1, 1, 0, 0, 0, 0}},
		"y1": {Type: net.Find("x").Type, I: []int64{0, 1, 0, 0, 0, 0}},
	}
	if _, err := m.Run(in, c.Tap); err != nil {
		t.Fatal(err)
	}
	c.Sample()
	// Words 1 and 2 have one set bit each: 2·4 + 2·6. What they make, by row, is
	// 3 3 2 and again 3 3 2 for each of 2 channels; columns 0 and 2 are read once.
	got := c.Activity()
	if len(got.Layers) != 2 || got.Layers[0].Synops != 20 || got.Layers[1].Synops != 2*2*(2+1) {
		t.Errorf("got %+v", got.Layers)
	}
	if want := int64(12*9 + 4*2); got.Totals.DenseMACs != want {
		t.Errorf("%d dense multiply-accumulates, wanted %d", got.Totals.DenseMACs, want)
	}
	want := []Edge{
		{"c", "conv", "s", L3, "2-bit words, run as bit planes: x + y1"},
		{"d", "conv", "c", L3, "5-bit words, run as bit planes: the sum of weights c"},
		{"e", "csd", "s", L1, "times −1, 0 or 1"},
		{"h", "csd", "s", L3, "times constants of at most 2 signed powers of two, run as shifts and additions"},
	}
	// The constant weights 1 would make the convolutions L0: every edge is judged by its cheaper side.
	want[0].Operand, want[0].Level, want[0].Reason = "w", L0, "0 or 1"
	want[1].Operand, want[1].Level, want[1].Reason = "v", L0, "0 or 1"
	if edges := Verdict(net); !reflect.DeepEqual(edges, want) {
		t.Errorf("verdict\n%+v\nwant\n%+v", edges, want)
	}
	if !UsesShifts(net) {
		t.Error("bit planes and digits are shifts")
	}
}
