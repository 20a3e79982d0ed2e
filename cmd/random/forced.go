package main

import (
	"fmt"
	"math"
	"slices"

	"nomul/ir"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
)

// runBounds holds every value of the fixed net within its stated bound, up to the
// first spike that differs.
func (n *network) runBounds() error {
	b, err := metrics.NewBounds(n.real, n.fixed, n.bounds)
	if err != nil {
		return err
	}
	for i := range n.samples {
		if err := b.Run(n.give(n.fixed, &n.samples[i])); err != nil {
			return differ("sample %d: %v", i, err)
		}
	}
	for cause, ratio := range b.Worst {
		n.note("bound of "+string(cause), ratio, "")
	}
	for _, bound := range n.bounds {
		if bound.Output && bound.Against > 0 {
			n.note("stated bound of an output, as a share of the largest output", bound.Worst()/bound.Against, fmt.Sprintf("%s: %v of %v (%s)", bound.Fixed, bound.Worst(), bound.Against, bound.Cause()))
		}
	}
	return nil
}

// cut is a net whose neurons decide as before, but whose other values read
// spikes that are given: an input NAME.given for each layer of neurons.
func cut(net *ir.Net) *ir.Net {
	out := net.Head()
	became := map[*ir.Value]*ir.Value{}
	for _, v := range net.Values {
		w := *v
		w.Args = make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			w.Args[i] = became[a]
		}
		out.Values = append(out.Values, &w)
		became[v] = &w
		if v.IsNeuron() && v.Type.IsSpike() {
			given := &ir.Value{Name: v.Name + ".given", Op: ir.OpInput, Type: v.Type, Clock: v.Clock, Range: ir.Range{Lo: 0, Hi: 1},
				Attrs: ir.InputAttrs{Per: ir.Step}, Origin: v.Origin}
			out.Values = append(out.Values, given)
			became[v] = given
		}
	}
	return out
}

// teacher runs the net of real numbers and keeps its spikes, step after step.
func teacher(m *interp.Machine, in map[string]*ir.Tensor) (spikes map[string][]int64, outputs map[string][]float64, err error) {
	spikes, outputs = map[string][]int64{}, map[string][]float64{}
	out, err := m.Run(in, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if v.IsNeuron() && v.Type.IsSpike() {
			spikes[v.Name] = append(spikes[v.Name], result.I...)
		}
	})
	for name, y := range out {
		outputs[name] = numbers(y)
	}
	return spikes, outputs, err
}

// runForced holds the outputs of the fixed net within their bounds where every
// layer is fed the spikes of the net of real numbers, whatever the fixed net's
// own neurons do; and counts how those decide. A silent neuron is fed none: where one
// that resets decides otherwise, its membrane is another, and the sample is held no more.
func (n *network) runForced() error {
	net := cut(metrics.Decided(n.fixed))
	real, err := interp.New(metrics.Decided(n.real))
	if err != nil {
		return err
	}
	fixed, err := interp.New(net)
	if err != nil {
		return err
	}
	for i := range n.samples {
		s := &n.samples[i]
		want, outputs, err := teacher(real, n.give(n.real, s))
		if err != nil {
			return err
		}
		in, err := n.taught(net, s, want)
		if err != nil {
			return err
		}
		parted, differed := false, map[string]bool{}
		got, err := fixed.Run(in, func(step int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
			if v.IsNeuron() && v.Type.IsSpike() {
				n.flips(s, step, v.Name, result.I, want[v.Name], differed)
				parted = parted || metrics.IsDecided(v) && !slices.Equal(result.I, want[v.Name][step*len(result.I):][:len(result.I)])
			}
		})
		if err != nil {
			return err
		}
		if parted {
			n.parted++
		} else if err := n.near(outputs, got); err != nil {
			return differ("sample %d: %v", i, err)
		}
	}
	return nil
}

// taught is a sample, and the spikes, as inputs of a cut net.
func (n *network) taught(net *ir.Net, s *sample, spikes map[string][]int64) (map[string]*ir.Tensor, error) {
	in := n.give(n.fixed, s)
	for _, v := range net.All(ir.OpInput) {
		if v.Name == "x" {
			continue
		}
		given := spikes[v.Name[:len(v.Name)-len(".given")]]
		if len(given) != net.SampleType(v).Size() {
			return nil, fmt.Errorf("%s is no neuron of the net of real numbers", v.Name)
		}
		in[v.Name] = &ir.Tensor{Type: net.SampleType(v), I: given}
	}
	return in, nil
}

// flips notes how far from the threshold, as a share of the largest membrane of
// the layer, a membrane was that decided otherwise on integers, for the first time:
// its reset is another from there on.
func (n *network) flips(s *sample, step int, name string, got, all []int64, differed map[string]bool) {
	want := all[step*len(got):][:len(got)]
	for _, f := range n.model.Layers {
		h := s.membranes[key(f.Name, step+n.ahead[f.Name])]
		if f.Name != name || len(h) != len(got) || s.tied || n.fixed.Steps != n.model.Steps {
			continue
		}
		for e := range got {
			if theta, k := threshold(f, e, len(got)), fmt.Sprint(name, e); got[e] != want[e] && !differed[k] {
				differed[k] = true
				n.note("distance from the threshold of a spike that differs, as a share of the largest membrane", math.Abs(h[e]-theta)/n.magnitude(s.recording, name),
					fmt.Sprintf("%s[%d] in step %d: membrane %v, threshold %v", name, e, step, h[e], theta))
			}
		}
	}
}

// near holds outputs within their bounds.
func (n *network) near(want map[string][]float64, got map[string]*ir.Tensor) error {
	for _, b := range n.bounds {
		y, ok := got[b.Fixed]
		if !ok || !b.Output {
			continue
		}
		for e, w := range want[b.Real] {
			at := func(t *ir.Tensor) float64 { return t.At(element(t, y, e)) }
			is := y.At(e)*at(b.Unit) + at(b.Offset)
			if d := math.Abs(is - w); d-1e-9*(math.Abs(w)+at(b.Unit)) > at(b.Most) {
				return fmt.Errorf("output %s[%d] is %v on the spikes of real numbers, wanted %v, off by more than the stated %v", b.Fixed, e, is, w, at(b.Most))
			}
		}
	}
	return nil
}

// element is where a tensor that broadcasts to y has the number of its element e.
func element(t, y *ir.Tensor, e int) int {
	if index := ir.Index(t.Type.Shape, y.Type.Shape); index != nil {
		return index[e]
	}
	return e
}

// note keeps the largest of a kind of measure.
func (n *network) note(kind string, x float64, where string) {
	if x > n.worst[kind] {
		n.worst[kind], n.where[kind] = x, where
	}
}
