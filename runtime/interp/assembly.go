package interp

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/eval"
)

// assembly turns values into cells.
type assembly struct {
	m     *Machine
	cells map[*ir.Value]*cell
	// local has each value as the machine evaluates it: values that depend on
	// constants only have become constants.
	local map[*ir.Value]*ir.Value
	// same finds a cell that computes the same; exporters repeat the layers of
	// a static input for each step.
	same map[string]*cell
	// kernels has the preparation of each op on operands of a kind: exporters repeat a
	// layer's weights for each step, and one layout of them is enough.
	kernels map[string]eval.Kernel
	// latched has the value of each delay in the next step.
	latched map[*ir.Tensor]*ir.Tensor
}

// rows sets up the ops that are given or keep something from step to step.
var rows = [...]func(a *assembly, v *ir.Value, args []*ir.Tensor, c *cell){
	ir.OpInput:   (*assembly).input,
	ir.OpNeuron:  (*assembly).neuron,
	ir.OpCell:    (*assembly).cell,
	ir.OpDelay:   (*assembly).delay,
	ir.OpLatch:   (*assembly).latch,
	ir.OpSum:     (*assembly).sum,
	ir.OpLast:    (*assembly).last,
	ir.OpMaxTime: (*assembly).maxTime,
	ir.OpFirst:   (*assembly).first,
}

// Has reports whether the interpreter knows an op.
func Has(op ir.Op) bool { return eval.Has(op) || hasRow(op) || op == ir.OpConst }

func hasRow(op ir.Op) bool { return int(op) < len(rows) && rows[op] != nil }

func newAssembly(m *Machine) *assembly {
	return &assembly{
		m: m, cells: map[*ir.Value]*cell{}, local: map[*ir.Value]*ir.Value{},
		same: map[string]*cell{}, kernels: map[string]eval.Kernel{}, latched: map[*ir.Tensor]*ir.Tensor{},
	}
}

// place sets up the cell of a value whose operands have theirs.
func (a *assembly) place(v *ir.Value) *cell {
	local, args := *v, make([]*ir.Tensor, len(v.Args))
	local.Args = make([]*ir.Value, len(v.Args))
	for i, arg := range v.Args {
		if arg != nil {
			local.Args[i], args[i] = a.local[arg], a.cells[arg].result
		}
	}
	c := &cell{value: v}
	a.cells[v], a.local[v] = c, &local
	switch {
	case v.Op == ir.OpConst:
		a.constant(&local, c)
	case hasRow(v.Op):
		c.result = ir.NewTensor(v.Type)
		rows[v.Op](a, &local, args, c)
	case !a.share(&local, args, c):
		a.stateless(&local, args, c)
	}
	return c
}

// share lets a cell show the result of an earlier one that computes the same.
func (a *assembly) share(v *ir.Value, args []*ir.Tensor, c *cell) bool {
	key := fmt.Sprintf("%d %v %v", v.Op, v.Attrs, v.Type)
	for _, t := range args {
		key += fmt.Sprintf(" %p", t)
	}
	first := a.same[key]
	if first == nil {
		a.same[key] = c
		return false
	}
	c.result = first.result
	*v = *a.local[first.value]
	return true
}

// stateless prepares an op of package eval; on constants it is computed at once.
func (a *assembly) stateless(v *ir.Value, args []*ir.Tensor, c *cell) {
	c.result, c.passing = &ir.Tensor{Type: v.Type}, true // its memory comes from furnish
	kernel, result := a.kernel(v), c.result
	run := func(int) { kernel(args, result) }
	if a.m.net.Level == ir.Source && v.Type.IsReal() {
		run = func(int) {
			kernel(args, result)
			eval.RoundFloat32(result)
		}
	}
	if !constants(v.Args) {
		c.run = run
		return
	}
	*result, c.passing = *ir.NewTensor(v.Type), false
	run(-1)
	v.Op, v.Args, v.Attrs = ir.OpConst, nil, ir.ConstAttrs{Data: result}
}

// kernel prepares a value's op, once for all that have the same constants, and others of
// the same types. Kernels keep nothing between calls that is of use.
func (a *assembly) kernel(v *ir.Value) eval.Kernel {
	key := fmt.Sprintf("%d %v %v", v.Op, v.Attrs, v.Type)
	for _, arg := range v.Args {
		switch {
		case arg == nil:
			key += " -"
		case arg.Const() != nil:
			key += fmt.Sprintf(" %p", arg.Const())
		default:
			key += fmt.Sprintf(" %v", arg.Type)
		}
	}
	if a.kernels[key] == nil {
		a.kernels[key] = eval.Prepare(v)
	}
	return a.kernels[key]
}

func constants(args []*ir.Value) bool {
	for _, arg := range args {
		if arg != nil && arg.Const() == nil {
			return false
		}
	}
	return true
}

// constant shows the data; a copy rounded to float32 at the source level, if that changes it.
func (a *assembly) constant(v *ir.Value, c *cell) {
	c.result = v.Const()
	if a.m.net.Level != ir.Source || !slices.ContainsFunc(c.result.F, func(f float64) bool { return f != float64(float32(f)) }) {
		return
	}
	c.result = ir.Reals(v.Type.Shape, slices.Clone(c.result.F))
	eval.RoundFloat32(c.result)
	v.Attrs = ir.ConstAttrs{Data: c.result}
}

// input shows the data given to Run: all of it, or the part of the step.
func (a *assembly) input(v *ir.Value, _ []*ir.Tensor, c *cell) {
	source := a.m.net.Level == ir.Source
	c.run = func(step int) {
		at := max(step, 0) * v.Type.Size()
		if v.Type.IsReal() {
			copy(c.result.F, c.given.F[at:])
		} else {
			copy(c.result.I, c.given.I[at:])
		}
		if source {
			eval.RoundFloat32(c.result)
		}
	}
}

// delay shows its initial value, then its latch's operand of the last step.
func (a *assembly) delay(v *ir.Value, args []*ir.Tensor, c *cell) {
	taken := ir.NewTensor(v.Type)
	a.latched[c.result] = taken
	c.run = func(step int) {
		from := taken
		if step == 0 {
			from = args[0]
		}
		copy(c.result.F, from.F)
		copy(c.result.I, from.I)
	}
}

// latch takes x. It does not touch the value of its delay, which may be read
// after it in the same step.
func (a *assembly) latch(_ *ir.Value, args []*ir.Tensor, c *cell) {
	taken, x := a.latched[args[0]], args[1]
	c.run = func(int) {
		copy(taken.F, x.F)
		copy(taken.I, x.I)
	}
}
