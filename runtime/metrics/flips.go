package metrics

import (
	"fmt"

	"nomul/ir"
	"nomul/runtime/interp"
)

// LayerFlips is how often the neurons of a layer decide otherwise on integers
// than with real numbers.
type LayerFlips struct {
	Name      string  `json:"name"`
	Neurons   int     `json:"neurons"`
	Decisions int64   `json:"decisions"` // neurons times steps times samples
	Flips     int64   `json:"flips"`
	Share     float64 `json:"share"`
}

// Flips compares a fixed net with the net of real numbers it was rounded from,
// layer by layer and teacher-forced: every layer is fed the spikes of the net of
// real numbers, so that a layer's flips are its own. Membranes run free. It
// serves one goroutine; those of the same nets can be merged.
type Flips struct {
	real, fixed *interp.Machine
	layers      []LayerFlips
	index       map[string]int // by name of a layer of the fixed net

	spikes map[string][][]int64   // of the real net, by name and step; words of activations, too
	noise  map[string]*noise      // of layers of weights, where it is asked for
	drives map[string][][]float64 // their results in the real net, by name and step
	own    []content              // values of the fixed net before they were forced
	last   *ir.Value              // the last value of a step of the fixed net
}

// content is a tensor's content.
type content struct {
	in   *ir.Tensor
	data []int64
}

// NewFlips prepares the comparison. Layers are matched by name; one that the
// other net does not have is left out.
func NewFlips(real, fixed *ir.Net) (*Flips, error) {
	f, err := newFlips(real, fixed)
	if err == nil && len(f.layers) == 0 {
		return nil, fmt.Errorf("the nets have no layer of neurons in common")
	}
	return f, err
}

func newFlips(real, fixed *ir.Net) (*Flips, error) {
	f := &Flips{index: map[string]int{}, spikes: map[string][][]int64{}, drives: map[string][][]float64{}}
	var err error
	if f.real, err = interp.New(real); err != nil {
		return nil, err
	}
	if f.fixed, err = interp.New(fixed); err != nil {
		return nil, err
	}
	for _, v := range fixed.Values {
		if v.Clock == ir.Step && v.Op != ir.OpConst && v.Op != ir.OpLatch {
			f.last = v
		}
		like := real.Find(v.Name)
		if !v.IsNeuron() || !v.Type.IsSpike() || like == nil || !like.IsNeuron() {
			continue
		}
		f.index[v.Name] = len(f.layers)
		f.layers = append(f.layers, LayerFlips{Name: v.Name, Neurons: v.Type.Size()})
	}
	return f, nil
}

// Run compares one sample, which both nets take.
func (f *Flips) Run(in map[string]*ir.Tensor) error {
	clear(f.spikes)
	clear(f.drives)
	if _, err := f.real.Run(in, f.record); err != nil {
		return err
	}
	_, err := f.fixed.Run(in, f.force)
	return err
}

// record keeps the spikes that the net of real numbers passes on between layers and steps.
func (f *Flips) record(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
	switch {
	case result.I != nil && (v.IsNeuron() || v.Op == ir.OpDelay || v.Op == ir.OpLevels):
		f.spikes[v.Name] = append(f.spikes[v.Name], append([]int64{}, result.I...))
	case f.noise[v.Name] != nil && result.F != nil:
		f.drives[v.Name] = append(f.drives[v.Name], append([]float64{}, result.F...))
	}
}

// force counts flips and puts the real net's spikes in place of the fixed net's
// until the step is over; the neurons' own spikes come back for their own resets.
func (f *Flips) force(step int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
	if at := max(step, 0); f.noise[v.Name] != nil && v.Clock != ir.End && at < len(f.drives[v.Name]) {
		f.noise[v.Name].add(f.drives[v.Name][at], result)
	}
	if words := f.spikes[v.Name]; v.Op == ir.OpLevels && max(step, 0) < len(words) {
		copy(result.I, words[max(step, 0)])
	}
	if steps := f.spikes[v.Name]; step >= 0 && step < len(steps) && v.Type.IsSpike() {
		if i, ok := f.index[v.Name]; ok {
			f.layers[i].count(result.I, steps[step])
			f.own = append(f.own, content{result, append([]int64{}, result.I...)})
			copy(result.I, steps[step])
		}
		if v.Op == ir.OpDelay {
			copy(result.I, steps[step])
		}
	}
	if v == f.last {
		for _, k := range f.own {
			copy(k.in.I, k.data)
		}
		f.own = f.own[:0]
	}
}

func (l *LayerFlips) count(got, want []int64) {
	l.Decisions += int64(len(got))
	for i := range got {
		if got[i] != want[i] {
			l.Flips++
		}
	}
}

// Merge adds the counts of another comparison of the same nets.
func (f *Flips) Merge(other *Flips) {
	for i := range f.layers {
		f.layers[i].Decisions += other.layers[i].Decisions
		f.layers[i].Flips += other.layers[i].Flips
	}
	for name, n := range f.noise {
		n.merge(other.noise[name])
	}
}

// Layers are the flips so far, in net order.
func (f *Flips) Layers() []LayerFlips {
	out := append([]LayerFlips{}, f.layers...)
	for i := range out {
		if out[i].Decisions > 0 {
			out[i].Share = float64(out[i].Flips) / float64(out[i].Decisions)
		}
	}
	return out
}
