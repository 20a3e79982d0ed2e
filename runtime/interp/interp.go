// Package interp is the meaning of the IR: it runs a net, value by value, for
// every step. At the fixed level every other engine must give its integers, bit
// for bit; at the source level it computes float32 in the order of the graph.
//
// Ops that keep nothing from step to step are evaluated by package ir/eval; the
// others here, one row per op. Where an operand of a linear is sparse, only its
// non-zero entries cost anything.
package interp

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// Machine runs one net. It keeps its buffers between runs, so it serves one
// goroutine at a time.
type Machine struct {
	// Checked makes Run fail, with code bad-net, when an integer leaves the
	// range that its value promises, or a membrane the state range: a bug in
	// the analysis of ranges. It is for tests; it costs time.
	Checked bool

	net      *ir.Net
	clocks   [ir.End + 1][]*cell // the values of each clock, in net order
	readouts []func(step int)    // run at the end of each step
	inputs   []*cell
	outputs  map[string]*ir.Tensor
}

// cell is one value at work.
type cell struct {
	value  *ir.Value
	result *ir.Tensor
	// given is an input's data of this run.
	given *ir.Tensor
	// states are a neuron's state variables, in the order of its StateVars and the type of its
	// arithmetic.
	states []*ir.Tensor
	// passing reports whether the result is of no use once it is read.
	passing bool
	// run computes the result in a step; 0 outside the loop. It is nil when
	// there is nothing left to do: constants, and values that depend on them only.
	run func(step int)
}

// Tap sees a value after it is computed. states are the state variables of a
// neuron, in the order of its StateVars, and nil for other ops. step counts from 0; values of clock once are
// shown with step −1, those of clock end with the number of steps. Constants
// and latches are not shown. The tensors are overwritten: a result when its readers
// have run, and all by the next step.
type Tap func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor)

// New prepares a machine for a net that satisfies ir.Verify. Values that depend
// on constants only are computed here, and equal values once. Unknown operators
// are an error with code unsupported-op, which lists all of them.
func New(net *ir.Net) (*Machine, error) {
	if err := unknowns(net); err != nil {
		return nil, err
	}
	m := &Machine{net: net, outputs: map[string]*ir.Tensor{}}
	a := newAssembly(m)
	for _, v := range net.Values {
		c := a.place(v)
		m.clocks[v.Clock] = append(m.clocks[v.Clock], c)
		switch v.Op {
		case ir.OpInput:
			m.inputs = append(m.inputs, c)
		case ir.OpOutput:
			m.outputs[v.Name] = c.result
		}
	}
	a.furnish()
	return m, nil
}

func unknowns(net *ir.Net) error {
	var list diag.List
	for _, v := range net.All(ir.OpUnknown) {
		a := v.Attrs.(ir.UnknownAttrs)
		list.Add(v.Origin, diag.UnsupportedOp, "cannot run %%%s: %s", v.Name, a.Reason)
	}
	return list.Err()
}

// Run computes the outputs, by name, for one sample. An input given once has
// the shape of its value; one given per step has an axis of net.Steps in front.
// Wrong shapes, kinds, values out of the input's range and reals that are not
// finite are errors with code bad-data. The outputs are overwritten by the next
// run. tap may be nil.
func (m *Machine) Run(in map[string]*ir.Tensor, tap Tap) (map[string]*ir.Tensor, error) {
	if err := m.give(in); err != nil {
		return nil, err
	}
	if err := m.sweep(ir.Once, -1, tap); err != nil {
		return nil, err
	}
	for step := range m.net.Steps {
		if err := m.sweep(ir.Step, step, tap); err != nil {
			return nil, err
		}
		for _, read := range m.readouts {
			read(step)
		}
	}
	if err := m.sweep(ir.End, m.net.Steps, tap); err != nil {
		return nil, err
	}
	return m.outputs, nil
}

// sweep computes all values of one clock.
func (m *Machine) sweep(clock ir.Clock, step int, tap Tap) error {
	for _, c := range m.clocks[clock] {
		if c.run != nil {
			c.run(step)
		}
		if m.Checked {
			if err := c.check(); err != nil {
				return err
			}
		}
		if tap != nil && c.value.Op != ir.OpConst && c.value.Op != ir.OpLatch {
			tap(step, c.value, c.result, c.states)
		}
	}
	return nil
}

// check tells a value out of its range.
func (c *cell) check() error {
	if c.value.Op == ir.OpLatch {
		return nil
	}
	if r := c.result.Range(); !c.value.Range.Contains(r) {
		return diag.Errorf(c.value.Origin, diag.BadNet, "%s %%%s: is %v, out of its range %v", c.value.Op, c.value.Name, r, c.value.Range)
	}
	promises := map[string]ir.Range{ir.MembraneVar: c.value.State, ir.CurrentVar: c.value.Current}
	for i, state := range c.states {
		name := c.value.StateVars()[i]
		promise, promised := promises[name]
		if r := state.Range(); promised && !promise.Contains(r) {
			return diag.Errorf(c.value.Origin, diag.BadNet, "%s %%%s: its %s is %v, out of its range %v", c.value.Op, c.value.Name, name, r, promise)
		}
	}
	return nil
}
