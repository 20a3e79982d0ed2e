// Package engine runs fixed nets: by the interpreter, and by the code that the
// back ends emit, which it builds and starts. All engines take and give the
// same samples, so that they can be compared bit for bit.
//
// One engine is one build. For many nets at once, as random tests have them,
// GoBatch and CBatch put hundreds into one program, and Each is for the boards and
// simulators, which take one net at a time. A net that is refused, does not
// compile or ends the program has an error of its own in the results, and the
// others are run all the same.
package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/diag"
)

// Engine runs a net.
type Engine interface {
	// Name tells engines apart: interp, go-avx2, c-m0, verilog-iverilog, …
	Name() string
	// Run computes samples; each is a list of inputs, an input the list of its
	// elements in C order. The result has Steps only when trace is set.
	// Samples that do not fit the net are an error of code bad-data.
	Run(ctx context.Context, samples [][][]int64, trace bool) (backends.Vectors, error)
	// Close removes the engine's build.
	Close() error
}

// Cost is the cost of a run per sample; figures that the engine cannot tell are 0.
type Cost struct {
	Instructions float64 `json:"instructions,omitempty"` // of the model's own functions
	Cycles       float64 `json:"cycles,omitempty"`       // of the clock, in hardware
	// Functions divides the instructions, by the functions' names.
	Functions []Function `json:"functions,omitempty"`
}

// Function is the share of one function in the instructions per sample.
type Function struct {
	Name         string  `json:"name"`
	Instructions float64 `json:"instructions"`
}

// Add includes the cost of further samples, when so many are counted already.
func (c *Cost) Add(counted int, more Cost, samples int) {
	all := float64(counted + samples)
	mean := func(to *float64, x float64) { *to += (x - *to) * float64(samples) / all }
	mean(&c.Instructions, more.Instructions)
	mean(&c.Cycles, more.Cycles)
}

// Counted is an engine that counts; Cost is that of the last run.
type Counted interface {
	Engine
	Cost() Cost
}

// Reordering is an engine that may run layers in another order when nobody looks at the steps.
type Reordering interface {
	Engine
	// Reorders reports whether it does.
	Reorders() bool
}

// runLimit ends tools that hang; no honest run takes as long.
const runLimit = 2 * time.Hour

// Samples are the inputs of vectors.
func Samples(vectors backends.Vectors) [][][]int64 {
	out := make([][][]int64, len(vectors))
	for i, s := range vectors {
		out[i] = s.Inputs
	}
	return out
}

// fit refuses samples that do not fit the net's inputs: in the number of inputs
// or elements, or by an element out of the input's range.
func fit(net *ir.Net, samples [][][]int64) error {
	inputs := net.All(ir.OpInput)
	for i, s := range samples {
		if len(s) != len(inputs) {
			return misfit("sample %d has %d inputs, the model %d", i, len(s), len(inputs))
		}
		for j, v := range inputs {
			if want := net.SampleType(v).Size(); len(s[j]) != want {
				return misfit("sample %d: input %s has %d elements, wanted %d", i, v.Name, len(s[j]), want)
			}
			for k, x := range s[j] {
				if x < v.Range.Lo || x > v.Range.Hi {
					return misfit("sample %d: element %d of input %s is %d, outside %v", i, k, v.Name, x, v.Range)
				}
			}
		}
	}
	return nil
}

func misfit(format string, args ...any) error {
	return diag.Errorf(diag.Origin{}, diag.BadData, format, args...)
}

// Mismatches counts the elements that two runs differ in.
type Mismatches struct {
	Spikes  int `json:"spike_mismatches"`
	States  int `json:"state_mismatches"`
	Outputs int `json:"output_mismatches"`
	// First says in words where the first one is.
	First string `json:"first,omitempty"`
}

// None reports whether the runs are equal.
func (m Mismatches) None() bool { return m.Spikes+m.States+m.Outputs == 0 }

// Compare holds two runs of the same samples against each other, element by
// element. A missing sample, step, layer or element counts as one that differs.
func Compare(want, got backends.Vectors) Mismatches {
	var m Mismatches
	m.Add(0, want, got)
	return m
}

// Add compares the runs of further samples, the first of which has a number.
func (m *Mismatches) Add(first int, want, got backends.Vectors) {
	for i := range max(len(want), len(got)) {
		var w, g backends.Sample
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		m.sample(fmt.Sprintf("sample %d", first+i), w, g)
		if i >= len(want) || i >= len(got) {
			m.note(&m.Outputs, 1, "sample %d is there only once", first+i)
		}
	}
}

func (m *Mismatches) sample(at string, want, got backends.Sample) {
	for t := range max(len(want.Steps), len(got.Steps)) {
		var w, g backends.StepTrace
		if t < len(want.Steps) {
			w = want.Steps[t]
		}
		if t < len(got.Steps) {
			g = got.Steps[t]
		}
		step := fmt.Sprintf("%s, step %d", at, t)
		lists(m, &m.Spikes, step+", spikes of neuron layer", w.Spikes, g.Spikes)
		lists(m, &m.States, step+", states of neuron layer", w.States, g.States)
	}
	lists(m, &m.Outputs, at+", output", want.Outputs, got.Outputs)
}

func lists[T comparable](m *Mismatches, count *int, at string, want, got [][]T) {
	for i := range max(len(want), len(got)) {
		if i < len(want) && i < len(got) && slices.Equal(want[i], got[i]) {
			continue
		}
		if i >= len(want) || i >= len(got) || len(want[i]) != len(got[i]) {
			m.note(count, 1, "%s %d: not the same number of elements", at, i)
			continue
		}
		for j, w := range want[i] {
			if w != got[i][j] {
				m.note(count, 1, "%s %d, element %d: is %v, wanted %v", at, i, j, got[i][j], w)
			}
		}
	}
}

func (m *Mismatches) note(count *int, n int, format string, args ...any) {
	*count += n
	if m.First == "" {
		m.First = fmt.Sprintf(format, args...)
	}
}
