package metrics

import (
	"fmt"
	"math"

	"nomul/ir"
	"nomul/runtime/interp"
)

// Bounds holds the values of a fixed net against its stated bounds: the net runs
// beside the one of real numbers that it was rounded from (as it stands before
// choose-scales), on the same inputs, and every value is compared up to the first
// spike that differs, be it one by which a silent neuron decides. It serves one goroutine.
type Bounds struct {
	// Worst is the largest measured share of a stated bound, by the bound's
	// largest cause; of values that are stated to be exact, there is none.
	Worst map[ir.Cause]float64
	// Compared counts the elements, and Parted the samples in which a spike differed.
	Compared, Parted int64

	real, fixed *interp.Machine
	bounds      map[string][]*ir.Bound // by the name in the fixed net
	absent      map[string]bool        // neurons of the real net that the fixed net has not
	results     map[moment][]float64   // of the real net
	parted      bool
	err         error
}

// moment is a value of the real net in a step; or its membrane.
type moment struct {
	name     string
	step     int
	membrane bool
}

// NewBounds prepares the comparison.
func NewBounds(real, fixed *ir.Net, bounds []*ir.Bound) (*Bounds, error) {
	b := &Bounds{Worst: map[ir.Cause]float64{}, bounds: map[string][]*ir.Bound{}, absent: map[string]bool{}}
	real, fixed = Decided(real), Decided(fixed)
	var err error
	if b.real, err = interp.New(real); err != nil {
		return nil, err
	}
	if b.fixed, err = interp.New(fixed); err != nil {
		return nil, err
	}
	for _, bound := range bounds {
		b.bounds[bound.Fixed] = append(b.bounds[bound.Fixed], bound)
	}
	for _, v := range real.Neurons() {
		if like := fixed.Find(v.Name); v.Type.IsSpike() && (like == nil || !like.IsNeuron()) {
			b.absent[v.Name] = true
		}
	}
	return b, nil
}

// Run compares one sample. A bound that is exceeded is an error that names the
// value, its step and its element.
func (b *Bounds) Run(in map[string]*ir.Tensor) error {
	b.results, b.parted, b.err = map[moment][]float64{}, false, nil
	if _, err := b.real.Run(in, b.record); err != nil {
		return err
	}
	if _, err := b.fixed.Run(in, b.compare); err != nil {
		return err
	}
	if b.parted {
		b.Parted++
	}
	return b.err
}

func (b *Bounds) record(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
	b.results[moment{v.Name, step, false}] = contents(result)
	if states != nil {
		b.results[moment{v.Name, step, true}] = contents(states[0])
	}
}

func contents(t *ir.Tensor) []float64 {
	out := make([]float64, t.Type.Size())
	for i := range out {
		out[i] = t.At(i)
	}
	return out
}

func (b *Bounds) compare(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
	b.part(step, v, result)
	if b.parted || b.err != nil {
		return
	}
	for _, bound := range b.bounds[v.Name] {
		got := result
		if bound.Membrane {
			got = states[0]
		}
		if want := b.results[moment{bound.Real, step, bound.Membrane}]; want != nil && got != nil {
			b.err = b.hold(bound, step, contents(got), want, v.Type.Shape)
		}
	}
}

// part finds a spike that differs, here or in a neuron that the fixed net lacks.
func (b *Bounds) part(step int, v *ir.Value, result *ir.Tensor) {
	for name := range b.absent {
		for _, spike := range b.results[moment{name, step, false}] {
			b.parted = b.parted || spike != 0
		}
	}
	if !v.IsNeuron() || !v.Type.IsSpike() {
		return
	}
	for i, spike := range b.results[moment{v.Name, step, false}] {
		b.parted = b.parted || spike != result.At(i)
	}
}

// hold compares the elements of a value, whose numbers are as exact as float64.
func (b *Bounds) hold(bound *ir.Bound, step int, got, want []float64, shape ir.Shape) error {
	unit, offset, most := spread(bound.Unit, shape), spread(bound.Offset, shape), spread(bound.Most, shape)
	cause := bound.Cause()
	for i, n := range got {
		is := n*unit(i) + offset(i)
		off := math.Abs(is - want[i])
		if off -= 1e-9 * (math.Abs(is) + math.Abs(want[i]) + unit(i)); off > most(i) {
			return fmt.Errorf("%s, step %d, element %d: %v stands for %v, off by more than the stated %v (%v)", bound.Real, step, i, is, want[i], most(i), cause)
		}
		b.Compared++
		if most(i) > 0 {
			b.Worst[cause] = max(b.Worst[cause], off/most(i))
		}
	}
	return nil
}

// spread is a tensor's number at an element of a shape that it broadcasts to.
func spread(t *ir.Tensor, shape ir.Shape) func(i int) float64 {
	index := ir.Index(t.Type.Shape, shape)
	return func(i int) float64 {
		if index != nil {
			i = index[i]
		}
		return t.F[i]
	}
}
