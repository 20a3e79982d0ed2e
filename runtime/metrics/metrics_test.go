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
	for negative, want := range []Alarms{{0, 3, 0, 1, 0}, {1, 3, 1, 1, 1}, {2, 2, 1, 2, 1}} {
		if got := s.Alarms(negative); got != want {
			t.Errorf("class %d: %+v, wanted %+v", negative, got, want)
		}
	}
	if a := Agreement([]int{1, 2, 3, 4}, []int{1, 2, 0, 4}); a != 0.75 {
		t.Errorf("agreement %v", a)
	}
	for _, c := range []struct {
		out   []int64
		least bool
		want  int
	}{
		{[]int64{-3, 5, 5, 1}, false, 1}, {[]int64{-5, -7, -6}, false, 0}, {[]int64{0, 0}, false, 0},
		{[]int64{4, 2, 7, 2}, true, 1}, {[]int64{4, 4}, true, 0}, {[]int64{-5, -7, -6}, true, 1},
	} {
		real := make([]float64, len(c.out))
		for i, y := range c.out {
			real[i] = float64(y) / 4
		}
		if got := []int{Predict(c.out, c.least), Predict(real, c.least)}; got[0] != c.want || got[1] != c.want {
			t.Errorf("%v, least %v: classes %v, wanted %d", c.out, c.least, got, c.want)
		}
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

// One spike is one addition in each window that sees it, for each channel of
// its group; one word, as many as it has set bits.
const convs = `net convs fixed steps=2 {
once
	%x = input : u4[2,3]
	%w1 = const {data=[1,2,3,4]} : u3[2,1,2]
	%th = const {fill=1} : spike[]
	%i = conv %x, %w1 {strides=[1] pads=[1,0] dilations=[1] groups=2 slots=planes} : u7[2,3]
	%w2 = const {data=[1,1,-1,1,1,1,-1,1,1,1,-1,1]} : s8[3,2,2]
step
	%s = neuron %i, %th {leak=csd:3/4 round=floor compare=ge reset=zero when=fire current=shift:1} : spike[2,3]
	%p = max-pool %s {kernel=[2] strides=[1] pads=[0,0] dilations=[1]} : spike[2,2]
	%c = conv %p, %w2 {strides=[2] pads=[0,0] dilations=[1] groups=1} : s8[3,1]
	%v = neuron %c {leak=none round=floor compare=ge reset=none when=fire silent=true} : s8[3,1]
end
	%l = last %v : s8[3,1]
	%y = output %l : s8[3,1]
}
`

func TestActivityOfConvs(t *testing.T) {
	net := parse(t, convs)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCounter(net)
	// The windows of the first conv see places {0}, {0,1}, {1,2}: 3 is two bits
	// at a place that two windows see, 15 four at one that one sees: 4 + 4, for
	// one output channel each. Then window sums 0·x … are 6, 3, 0 and 0, 0, 60.
	if _, err := m.Run(map[string]*ir.Tensor{"x": {Type: net.Values[0].Type, I: []int64{3, 0, 0, 0, 0, 15}}}, c.Tap); err != nil {
		t.Fatal(err)
	}
	c.Sample()
	got := c.Activity()
	// Places 0 and 1 of channel 0 fire, place 2 of channel 1, in both steps; the
	// pools of two are 1 1 and 0 1, seen by one window of three channels.
	want := Activity{
		Layers: []Layer{{"s", "neuron", 6, 0.5, 8}, {"v", "neuron", 3, 0, 3 * 3 * 2}},
		Totals: Totals{Synops: 8 + 18, Spikes: 6, DenseMACs: 6*2 + 3*4*2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestVerdictOfConvs(t *testing.T) {
	net := parse(t, convs)
	edges := Verdict(net)
	if got := listed(edges); got != "i:L3:x s:L3:s c:L0:p" || !UsesShifts(net) {
		t.Errorf("got %s, shifts %v", got, UsesShifts(net))
	}
	source := parse(t, `net export source steps=1 {
once
	%x = input : real[1,4]
	%w = const {data=[0.5,1]} : real[1,1,2]
	%c = conv %x, %w {strides=[1] pads=[0,0] dilations=[1] groups=1} : real[1,3]
	%r = map %c {fn=relu} : real[1,3]
	%g = map %c {fn=sigmoid} : real[1,3]
	%b = compare %r, %g {is=ge} : spike[1,3]
	%s = cast %b : real[1,3]
	%m = max-pool %s {kernel=[2] strides=[1] pads=[0,0] dilations=[1]} : real[1,2]
	%d = conv %m, %w {strides=[1] pads=[0,1] dilations=[1] groups=1} : real[1,2]
	%a = avg-pool %d {kernel=[2] strides=[1] pads=[0,0] dilations=[1]} : real[1,1]
	%q = softmax %a {axis=0} : real[1,1]
	%z = reduce-prod %m {axes=[1]} : real[1]
	%y = output %q : real[1,1]
	%k = output %z : real[1]
}
`)
	edges = Verdict(source)
	if got := listed(edges); got != "c:L4:x g:L4:c d:L0:m a:L4:d q:L4:a z:L0:m" || UsesShifts(source) {
		t.Errorf("got %s", got)
	}
	for _, e := range edges {
		if e.Reason == "" || e.Op == "" {
			t.Errorf("edge without a reason: %+v", e)
		}
	}
}

// Scores count coincidences of spikes, and spikes choose scores to add.
const attention = `net attention fixed steps=1 {
once
	%q = input : spike[2,3]
	%k = input : spike[3,2]
	%v = input : spike[2,2]
	%th = const {fill=2} : u2[]
	%a = matmul %q, %k : u2[2,2]
	%m = matmul %a, %v : u3[2,2]
step
	%s = neuron %m, %th {leak=all round=floor compare=ge reset=zero when=fire} : spike[2,2]
end
	%n = sum %s : spike[2,2]
	%y = output %n : spike[2,2]
}
`

func TestActivityOfProducts(t *testing.T) {
	net := parse(t, attention)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCounter(net)
	in := map[string]*ir.Tensor{}
	for name, data := range map[string][]int64{"q": {1, 0, 1, 0, 1, 1}, "k": {1, 0, 0, 1, 0, 1}, "v": {1, 0, 1, 1}} {
		in[name] = &ir.Tensor{Type: net.Find(name).Type, I: data}
	}
	if _, err := m.Run(in, c.Tap); err != nil {
		t.Fatal(err)
	}
	c.Sample()
	// Scores are [1 1][0 2]: 4 coincidences. Their rows meet [1 0][1 1] at 3 and 2
	// places. Both products bring the neuron [2 1][2 2], its input.
	want := Layer{"s", "neuron", 4, 0.75, 4 + 5}
	if got := c.Activity().Layers; len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, wanted %+v", got, want)
	}
	if n := SizeOf(net).Positions; n != 4*3+4*2 {
		t.Errorf("%d positions", n)
	}
}

func TestVerdictOfProducts(t *testing.T) {
	edges := Verdict(parse(t, attention))
	if got := listed(edges); got != "a:L0:q m:L0:v" {
		t.Errorf("got %s", got)
	}
	for i, want := range []string{"both sides", "2-bit words of %a"} {
		if !strings.Contains(edges[i].Reason, want) {
			t.Errorf("got %q, wanted %q in it", edges[i].Reason, want)
		}
	}
}
