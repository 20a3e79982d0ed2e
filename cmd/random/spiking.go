package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"nomul/frontend/onnx/randnet"
	"nomul/ir"
	"nomul/runtime/interp"
)

// tie leaves a spike to chance where the membrane is so near to the threshold, as a
// share of the largest membrane, that float32 decides by the order of its sums.
const tie = 1e-5

// trace is a run of a rolled net.
type trace struct {
	spikes  map[string][]float64 // by layer and step
	outputs map[string][]float64
}

// traced runs a machine on a sample. Layers that fire the opposite of the file's are told as those.
func (n *network) traced(m *interp.Machine, in map[string]*ir.Tensor) (trace, error) {
	t := trace{map[string][]float64{}, map[string][]float64{}}
	out, err := m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if !v.IsNeuron() || !v.Type.IsSpike() {
			return
		}
		spikes := numbers(result)
		if n.opposite(v) {
			for i, s := range spikes {
				spikes[i] = 1 - s
			}
		}
		t.spikes[key(v.Name, step)] = spikes
	})
	for name, y := range out {
		t.outputs[name] = numbers(y)
	}
	return t, err
}

// opposite reports whether a neuron's threshold has the other sign than in the file: it is reached
// where the file's is not.
func (n *network) opposite(v *ir.Value) bool {
	at := slices.IndexFunc(n.model.Layers, func(f randnet.Fired) bool { return f.Name == v.Name })
	th := v.Arg(ir.NeuronThreshold).Const()
	return v.Op == ir.OpNeuron && at >= 0 && th != nil && th.At(0)*float64(n.model.Layers[at].Thresholds[0]) < 0
}

// runSpiking holds the spiking net against the source.
func (n *network) runSpiking() error { return n.against(n.spiking) }

// runExact holds the last exact net of real numbers against the source.
func (n *network) runExact() error { return n.against(n.exact) }

func (n *network) against(net *ir.Net) error {
	m, err := interp.New(net)
	if err != nil {
		return err
	}
	n.ahead, n.partly = map[string]int{}, partlyRead(net)
	for i := range n.samples {
		s := &n.samples[i]
		got, err := n.traced(m, n.give(net, s))
		if err != nil {
			return err
		}
		if s.tied {
			continue
		}
		if err := n.same(s, net, got); err != nil {
			return differ("sample %d: %v", i, err)
		}
		if s.tied {
			n.ties++
		}
	}
	return nil
}

// partlyRead lists the layers of a rolled net that are read in some steps alone: under a
// mask, or because other steps read another copy of the layer, which has a number behind its name.
func partlyRead(net *ir.Net) map[string]bool {
	moves := map[ir.Op]bool{ir.OpReshape: true, ir.OpTranspose: true, ir.OpSlice: true}
	whole, partly := map[*ir.Value]bool{}, map[string]bool{}
	for _, r := range slices.Backward(net.Values) {
		read := !moves[r.Op] || whole[r]
		if r.Op == ir.OpAnd && slices.ContainsFunc(r.Args, func(m *ir.Value) bool { return m.Type.Shape.Rank() == 0 }) {
			read = false
		}
		for _, a := range r.Args {
			whole[a] = whole[a] || read
		}
	}
	for _, v := range net.Neurons() {
		partly[v.Name] = partly[v.Name] || !whole[v]
		if layer, name, copied := strings.Cut(v.Name, "."); copied && name != "potential" {
			partly[layer] = true
		}
	}
	return partly
}

// errMoved is of a layer that is in other steps than in the file, or read in some alone,
// and differs: in the others its spikes may be any.
var errMoved = errors.New("the layer is moved in time")

// same compares a run of a rolled net with the source. A net of fewer steps than
// the network has, and one with a layer that is moved, is held to its outputs.
func (n *network) same(s *sample, net *ir.Net, got trace) (err error) {
	moved := net.Steps != n.model.Steps
	if !moved {
		s.tied, err = n.sameSpikes(s.recording, got)
	}
	if moved = moved || errors.Is(err, errMoved); moved {
		err = nil
	}
	if err != nil || s.tied || net != n.spiking && n.softened() {
		return err
	}
	if err = n.sameOutputs(s.recording, got.outputs); err != nil && moved && n.nearlyTied(s.recording) {
		s.tied = true
		return nil
	}
	return err
}

// nearlyTied reports whether any membrane is so near to its threshold that chance decides.
func (n *network) nearlyTied(r recording) bool {
	for _, f := range n.model.Layers {
		for t := range n.model.Steps {
			membranes := r.membranes[key(f.Name, t)]
			for e, h := range membranes {
				if math.Abs(h-threshold(f, e, len(membranes))) <= tie*n.magnitude(r, f.Name) {
					return true
				}
			}
		}
	}
	return false
}

// sameSpikes compares spikes in the order in which they come about. The first
// that differs is a tie, or wrong; or the net computes in each step the layer's values of
// a later one of the file, which it may where the file computes constants before, or of an
// earlier one, where no output of the file reads the layer in its last steps.
func (n *network) sameSpikes(want recording, got trace) (tied bool, err error) {
	for {
		f, tied, err := n.sameAhead(want, got)
		switch ahead := n.ahead[f.Name]; {
		case err != nil && ahead >= 0 && n.constant(f.Name, ahead):
			n.ahead[f.Name]++
		case err != nil && ahead <= 0 && n.unread(f, n.model.Steps-1+ahead):
			n.ahead[f.Name]--
		case err != nil && (ahead > 0 || n.partly[f.Name]):
			return tied, errMoved
		default:
			return tied, err
		}
	}
}

// unread reports whether no output of the file reads a layer's spikes of a step.
func (n *network) unread(f randnet.Fired, step int) bool {
	return step >= 0 && !n.live[f.Spikes[step%len(f.Spikes)]]
}

// sameAhead compares spikes with the layers as many steps ahead as is known, and returns
// the layer that is wrong. Values of the file that no output reads may be anything.
func (n *network) sameAhead(want recording, got trace) (f randnet.Fired, tied bool, err error) {
	for t := range n.model.Steps {
		for _, f := range n.model.Layers {
			if t < n.ahead[f.Name] || n.unread(f, t) {
				continue
			}
			have := got.spikes[key(f.Name, t-n.ahead[f.Name])]
			if tied, err := n.sameStep(f, key(f.Name, t), want, have); tied || err != nil {
				return f, tied, err
			}
		}
	}
	return randnet.Fired{}, false, nil
}

// constant reports whether the source computes the same membranes of a layer in a step for
// every sample.
func (n *network) constant(layer string, step int) bool {
	k := key(layer, step)
	for _, s := range n.samples {
		if !slices.Equal(s.membranes[k], n.samples[0].membranes[k]) {
			return false
		}
	}
	return step < n.model.Steps-1
}

func (n *network) sameStep(f randnet.Fired, k string, want recording, have []float64) (tied bool, err error) {
	spikes, membranes := want.spikes[k], want.membranes[k]
	if len(have) != len(spikes) {
		return false, nil // folded away
	}
	for e, w := range spikes {
		if have[e] == w {
			continue
		}
		h, theta := membranes[e], threshold(f, e, len(have))
		if math.Abs(h-theta) <= tie*n.magnitude(want, f.Name) {
			return true, nil
		}
		return false, fmt.Errorf("%s, element %d: spike %v, %v at the source, where the membrane is %v and the threshold %v", k, e, have[e], w, h, theta)
	}
	return false, nil
}

// magnitude is the largest membrane of a layer, at least 1.
func (n *network) magnitude(r recording, layer string) float64 {
	most := 1.0
	for t := range n.model.Steps {
		most = max(most, largest(r.membranes[key(layer, t)]))
	}
	return most
}

// threshold is that of element e of a layer of so many neurons.
func threshold(f randnet.Fired, e, size int) float64 {
	count := len(f.Thresholds)
	return float64(f.Thresholds[e/(size/count)])
}

// sameOutputs compares the results where all spikes agree.
func (n *network) sameOutputs(want recording, got map[string][]float64) error {
	scale := 1.0
	for _, f := range n.model.Layers {
		scale = max(scale, n.magnitude(want, f.Name))
	}
	for name, y := range want.outputs {
		have, ok := got[name]
		if !ok || len(have) != len(y) {
			return fmt.Errorf("output %s has %d elements, %d at the source", name, len(have), len(y))
		}
		for e, w := range y {
			if d := math.Abs(have[e] - w); !(d <= 2*tie*max(scale, largest(y))) {
				return fmt.Errorf("output %s[%d] is %v, %v at the source", name, e, have[e], w)
			}
		}
	}
	return nil
}

// softened reports whether the network has a softmax, which is left out on the way to integers.
func (n *network) softened() bool {
	return slices.ContainsFunc(n.source.Values, func(v *ir.Value) bool { return v.Op == ir.OpSoftmax })
}

// largest is the largest size, at least 1.
func largest(list []float64) float64 {
	most := 1.0
	for _, x := range list {
		most = max(most, math.Abs(x))
	}
	return most
}
