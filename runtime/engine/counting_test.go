package engine_test

import (
	"reflect"
	"testing"

	"nomul/backends"
	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/irtest/drawn"
	"nomul/runtime/engine"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
)

// countedNets are archives with spikes in all kinds of layers, words, spikes with a sign, products
// of two values, delays, padding, groups, and weighted ops of each clock.
var countedNets = []string{"matmul-attention", "matmul-spikes", "readouts-of-spikes", "linear", "linear-spikes", "linear-map",
	"conv", "conv-words", "conv-strides", "conv-pointwise", "delay-integers", "latches", "end-reads", "word-ternary", "word-ilif", "word-most",
	"neuron-silent", "neuron-silent-spikes", "neuron-silent-bit", "layers-behind", "constant-beside-frames"}

// counted runs the interpreter's counter on samples.
func counted(t *testing.T, net *ir.Net, samples []map[string]*ir.Tensor) *metrics.Counter {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	c := metrics.NewCounter(net)
	for _, s := range samples {
		if _, err := m.Run(s, c.Tap); err != nil {
			t.Fatal(err)
		}
		c.Sample()
	}
	return c
}

// The engine counts as the interpreter's counter does, to the digit, in each layer, op and step.
func TestCounting(t *testing.T) {
	irtest.Long(t)
	nets := map[string]*ir.Net{}
	for _, name := range countedNets {
		nets[name] = irtest.ArchivedNet(t, "../../testdata/run/"+name+".txtar")
	}
	for seed := range uint64(12) {
		net := drawn.Net(seed)
		nets[net.Name] = net
	}
	operations, spikes := 0, 0
	for name, net := range nets {
		t.Run(name, func(t *testing.T) {
			o, s := sameCounts(t, net)
			operations, spikes = operations+o, spikes+s
		})
	}
	if operations < 10000 || spikes < 1000 {
		t.Errorf("the nets have %d operations and %d spikes only", operations, spikes)
	}
}

// sameCounts compares the engine's counts on two runs with those of the interpreter, and gives the sums.
func sameCounts(t *testing.T, net *ir.Net) (operations, spikes int) {
	e, err := engine.GoCounting(t.Context(), net, goasm.New(), engine.GoOptions{Options: backends.Options{Name: "counted"}, Kernel: "auto"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	samples := irtest.Inputs(net, 3, 9)
	got := metrics.NewCounter(net)
	for _, part := range [][]map[string]*ir.Tensor{samples[:5], samples[5:]} {
		given := make([][][]int64, len(part))
		for i, s := range part {
			for _, in := range net.All(ir.OpInput) {
				given[i] = append(given[i], s[in.Name].I)
			}
		}
		results, counts, err := e.RunCounting(t.Context(), given)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := e.Run(t.Context(), given, false)
		if err != nil || !engine.Compare(plain, results).None() {
			t.Fatalf("counting changes the outputs: %v", err)
		}
		if err := got.Add(len(part), counts.Spikes, counts.Synops); err != nil {
			t.Fatal(err)
		}
	}
	gotLayers, gotOperations := got.Record()
	layers, ops := counted(t, net, samples).Record()
	if !reflect.DeepEqual(gotLayers, layers) || !reflect.DeepEqual(gotOperations, ops) {
		t.Errorf("the engine counted\n%+v\n%+v\nthe interpreter\n%+v\n%+v", gotLayers, gotOperations, layers, ops)
	}
	for _, o := range ops {
		operations += sum(o.Synops)
	}
	for _, l := range layers {
		spikes += sum(l.Spikes)
	}
	return operations, spikes
}

func sum(counts []int64) (n int) {
	for _, c := range counts {
		n += int(c)
	}
	return n
}

// A count that is one spike off, or missing, is noticed.
func TestCountingControl(t *testing.T) {
	irtest.Long(t)
	net := irtest.ArchivedNet(t, "../../testdata/run/matmul-attention.txtar")
	e, err := engine.GoCounting(t.Context(), net, goasm.New(), engine.GoOptions{Options: backends.Options{Name: "counted"}, Kernel: "go"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a, b := irtest.Inputs(net, 3, 1), irtest.Inputs(net, 4, 1)
	_, counts, err := e.RunCounting(t.Context(), [][][]int64{{a[0]["x"].I}})
	if err != nil {
		t.Fatal(err)
	}
	got := metrics.NewCounter(net)
	if err := got.Add(1, counts.Spikes, counts.Synops); err != nil {
		t.Fatal(err)
	}
	layers, ops := got.Record()
	for want, samples := range map[bool][]map[string]*ir.Tensor{true: a, false: b} {
		l, o := counted(t, net, samples).Record()
		if same := reflect.DeepEqual(l, layers) && reflect.DeepEqual(o, ops); same != want {
			t.Errorf("the counts of one sample are those of it: %v, of another: %v", want, same)
		}
	}
	delete(counts.Synops, "m")
	if err := got.Add(1, counts.Spikes, counts.Synops); err == nil {
		t.Error("a count that is missing was not noticed")
	}
}
