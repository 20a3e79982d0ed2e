package rewrite

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// Binding says that a state goes into one time step as an input and comes out as an output. Before the first step
// all its elements are Start.
type Binding struct {
	In, Out string
	Start   float64
}

// String returns the binding as IN=OUT.
func (b Binding) String() string { return b.In + "=" + b.Out }

// Looped reports whether a net is the body of a loop over time steps.
func Looped(n *ir.Net) bool { return n.Steps > 1 || len(n.All(ir.OpDelay)) > 0 }

// ReadoutNames are the ways to read an output over the time steps; the first is the
// usual one. The readout first is the number of the step of the first spike, from 0;
// of a neuron without a spike it is the number of steps.
var ReadoutNames = []string{"sum", "mean", "last", "max", "first"}

// ThresholdNames are the choices of the last level of a word: where the squared error is least, the largest number,
// the number that 99.9 % are below, and local threshold balancing. The first is the usual one.
var ThresholdNames = []string{"mse", "max", "percentile", "balance"}

// ReadoutOf is how an output is to be read over the time steps; empty when it is not said.
func (o *Options) ReadoutOf(out *ir.Value) string { return cmp.Or(o.Readouts[out.Name], o.Readout) }

// AsksReadout reports whether it is said of any output how it is read over the time steps.
func (o *Options) AsksReadout() bool { return o.Readout != "" || len(o.Readouts) > 0 }

// Asked is a readout that was asked for, for messages.
func (o *Options) Asked() string {
	if o.Readout != "" {
		return o.Readout
	}
	for _, name := range ReadoutNames {
		for _, said := range o.Readouts {
			if said == name {
				return name
			}
		}
	}
	return ""
}

// Options are the user's choices that passes read.
type Options struct {
	// Pixels is the normalisation the network was trained with, nil when it is not given.
	Pixels *Pixels
	// InputType is the integer type of the inputs' elements; zero is u8.
	InputType ir.Type
	// Off names passes to leave out; they must be optional.
	Off map[string]bool
	// Of a file of one time step: which inputs become which outputs of the step
	// before, how many steps there are (0 when not said), how outputs are read over
	// them (one of ReadoutNames, the first when empty; Readouts has those of single
	// outputs), and whether the other inputs are new in each step.
	State    []Binding
	Steps    int
	Readout  string
	Readouts map[string]string
	Stream   bool
	// Tell receives diagnostics for the user; nil when nobody listens.
	Tell func(*diag.Diagnostic)
	// PixelBits is the width of the weights that read pixels; 0 is that of the others.
	PixelBits int
	// Weights are the widths in bits of weights, two for −1, 0 and 1; zero is 8 bits. Among the names, first
	// stands for layers that read inputs, and last for those behind which there is no other.
	Weights PerLayer
	// CSDDigits is how many signed powers of two stand for a constant that no
	// weights and no threshold can take; 0 is as many as its readers need.
	CSDDigits int
	// MembraneResiduals moves the additions of residual blocks in front of their neurons.
	MembraneResiduals bool
	// Samples, when not nil, runs a net, as it stands between two passes, on the calibration samples and
	// shows the values that are wanted (every computed one where want is nil): sample by sample in
	// their order, with step −1 for values of clock once and the number of steps for those of clock
	// end. Constants are not shown. Tensors that were shown are the caller's own.
	Samples func(net *ir.Net, want []*ir.Value, see func(sample, step int, v *ir.Value, t *ir.Tensor)) error
	// Rounded, when not nil, is told of every layer whose weights are rounded by calibration. That holds half
	// of the samples back.
	Rounded func(RoundedLayer)
	// Pipelined is the number of time steps in which neurons send activations, each when it fires; 0 sends
	// words of Activations.
	Pipelined int
	// Activations says how many levels above 0 the words of activations have; zero is 255, 8 bits.
	Activations PerLayer
	// Thresholds says how samples choose the last level of a word, one of ThresholdNames; the first when empty. Tables have ends of their own.
	Thresholds string
	// Note, when not nil, is told of every rewrite that is not exact: at which
	// value, and by how much.
	Note func(v *ir.Value, text string)
	// Bound, when not nil, is told of every value that integers stand for: how far
	// it is off at most.
	Bound func(*ir.Bound)

	ManySteps bool // the file has several steps, so a single one that is left has forgotten nothing
}

// RoundedLayer is how the weights of a layer were rounded by calibration.
type RoundedLayer struct {
	Name          string
	Bits, Weights int // the width of weights, and how many there are
	// Steady says that what comes in is the same in all time steps, and so are the errors.
	Steady bool
	// Lost is the variance of the errors in the layer's result, as a share of that of the result itself, on
	// every other sample, by which they were not rounded.
	Lost float64
}

// PerLayer is a number for all layers, and for some by their name.
type PerLayer struct {
	All int
	Of  map[string]int
}

// For returns the number for a layer that has one of the names; the first that is known counts.
func (p PerLayer) For(names ...string) int {
	for _, name := range names {
		if n, ok := p.Of[name]; ok {
			return n
		}
	}
	return p.All
}

// Strays returns, in order, the names that are not among those of layers.
func (p PerLayer) Strays(known map[string]bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Of)), func(name string) bool { return known[name] })
}

// Said reports whether any number is given.
func (p PerLayer) Said() bool { return p.All > 0 || len(p.Of) > 0 }

// Remark tells of a rewrite that is not exact.
func (o *Options) Remark(v *ir.Value, format string, args ...any) {
	if o.Note != nil {
		o.Note(v, fmt.Sprintf(format, args...))
	}
}

// Say tells the user a warning.
func (o *Options) Say(d *diag.Diagnostic) {
	if o.Tell != nil {
		o.Tell(d)
	}
}

// Pixels says that an input number x stands for a pixel p by x = (p·Scale − Mean)/Std;
// lists have one entry, or one per channel (axis 0).
type Pixels struct{ Scale, Mean, Std []float64 }

// Refuse is the error of a pass that cannot go on at a value.
func Refuse(v *ir.Value, code diag.Code, format string, args ...any) *diag.Diagnostic {
	return diag.Errorf(v.Origin, code, "%s %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}
