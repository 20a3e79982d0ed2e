// Package backends has the interface of back ends: each takes a net at the fixed
// level and returns the files of a directory that builds and tests itself.
package backends

import (
	"encoding/binary"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// Backend emits one kind of artefact. Check lists everything in the net that
// Emit cannot do; on a net that Check passes, Emit does not fail.
type Backend interface {
	Name() string // as given to -t
	Doc() string  // one sentence
	Check(net *ir.Net) diag.List
	Emit(net *ir.Net, o Options) []File
}

// Sized is a back end that knows how much memory of a target its artefact needs.
type Sized interface {
	Backend
	// Needs lists it, of a net that Check passes.
	Needs(net *ir.Net) []Need
}

// Counted is a back end that counts the memories of its artefacts.
type Counted interface {
	Backend
	// Memories lists those of the files that Emit returned.
	Memories(artefact []File) []Need
}

// Need is the number of bytes of a kind of memory, and their use: a few words, and behind a
// semicolon more.
type Need struct {
	Memory string
	Bytes  int
	Use    string
	Parts  []Part // arrays that it consists of, if they are known
}

// Part is an array in a memory: its name in the artefact and its contents.
type Part struct {
	Name  string
	Bytes int
	Use   string
}

// Options are the user's choices for an artefact.
type Options struct {
	// Name of the model: a lower-case identifier, with which files and symbols begin.
	Name string
	// Lanes is the number of parallel accumulators in hardware, a power of two; 0 is the default.
	Lanes int
	// Vectors are emitted beside the model as its own test.
	Vectors Vectors
	// OutputsOnly leaves spikes and states out of that test: of large networks they
	// are far larger than the model.
	OutputsOnly bool
	// Counting has the artefact count the elements that weights read and neurons give, if the
	// back end can; evaluations ask for it.
	Counting bool
}

// File is one file of an artefact; Name may hold slashes.
type File struct {
	Name string
	Data []byte
}

// Tells reports whether the outputs of a sample say anything: they are not all alike, or one alone
// is not 0.
func (s Sample) Tells() bool {
	for _, out := range s.Outputs {
		for _, x := range out {
			if x != out[0] || len(out) == 1 && x != 0 {
				return true
			}
		}
	}
	return false
}

// Example is the first of some samples that tells something, or else the first.
func (vs Vectors) Example() Sample {
	return vs[max(0, slices.IndexFunc(vs, Sample.Tells))]
}

// Vectors are samples with everything a correct engine computes for them.
type Vectors []Sample

// WithoutSteps returns the samples without their spikes and states.
func (vs Vectors) WithoutSteps() Vectors {
	out := slices.Clone(vs)
	for i := range out {
		out[i].Steps = nil
	}
	return out
}

// Sample is one run of a net. Slices follow the order of Ports.
type Sample struct {
	Inputs  [][]int64 // per input: its elements in C order
	Steps   []StepTrace
	Outputs [][]int64 // per output: its elements in C order
}

// StepTrace is the state of every neuron layer after one step.
type StepTrace struct {
	Spikes [][]uint8 // per neuron layer: 0 or 1 per neuron
	// States are, per neuron layer, its state variables one after another, the membrane first
	// (see ir.Value.StateVars), each with an integer per neuron.
	States [][]int32
}

// Add appends the state of the next neuron layer.
func (t *StepTrace) Add(spikes []int64, states ...[]int64) {
	t.Spikes = append(t.Spikes, Elements[uint8](spikes))
	t.States = append(t.States, Elements[int32](slices.Concat(states...)))
}

// Ports lists the inputs, layers and outputs of an engine, each in net order.
type Ports struct {
	Inputs  []*ir.Value
	Neurons []*ir.Value
	Outputs []*ir.Value
}

// PortsOf lists the ports of a net.
//
// Engines exchange samples in one stream format. Into an engine go, for each
// sample, the inputs' elements in C order, each in Width(type) bytes,
// little-endian. Out come, for each sample: when tracing, for each step and
// each neuron layer its spikes, one byte each, then its state variables, the
// membranes first, four bytes each; and then the outputs' elements, four bytes each, little-endian.
func PortsOf(net *ir.Net) Ports {
	return Ports{net.All(ir.OpInput), net.Neurons(), net.All(ir.OpOutput)}
}

// TraceBytes returns the bytes that an engine writes for one sample of so many steps when
// tracing.
func (p Ports) TraceBytes(steps int) int {
	n := 0
	for _, v := range p.Neurons {
		n += steps * (v.Type.Size() + 4*StateSize(v))
	}
	return n + p.OutputBytes()
}

// StateSize is the number of integers that the state variables of a neuron layer have.
func StateSize(v *ir.Value) int {
	return len(v.StateVars()) * v.Type.Size()
}

// OutputBytes returns the bytes that an engine writes for one sample when not tracing.
func (p Ports) OutputBytes() int {
	n := 0
	for _, v := range p.Outputs {
		n += 4 * v.Type.Size()
	}
	return n
}

// Width is the bytes an element of an integer type takes in memory: 1, 2, 4 or 8.
func Width(t ir.Type) int {
	switch {
	case t.Bits <= 8:
		return 1
	case t.Bits <= 16:
		return 2
	case t.Bits <= 32:
		return 4
	}
	return 8
}

// AppendIntegers appends numbers of so many bytes, little-endian.
func AppendIntegers[T integer](b []byte, data []T, bytes int) []byte {
	b = slices.Grow(b, bytes*len(data)+8)
	for _, x := range data {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))[:len(b)+bytes]
	}
	return b
}

// integer is a type that traces and emitted files have elements of.
type integer interface {
	~uint8 | ~int32 | ~int64
}

// Elements returns integers as elements of another type, which they must fit.
func Elements[To, From integer](from []From) []To {
	out := make([]To, len(from))
	for i, x := range from {
		out[i] = To(x)
	}
	return out
}
