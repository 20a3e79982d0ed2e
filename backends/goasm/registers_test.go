package goasm

import (
	"fmt"
	"testing"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/irtest"
)

// everyNeuron has a net for each combination of attributes that is legal, with all constants
// different.
func everyNeuron(t *testing.T, visit func(name string, net *ir.Net)) {
	t.Helper()
	csd := ir.Leak{Kind: ir.LeakCSD, N: 171, K: 8}
	for bits := range 1 << 4 {
		for _, leak := range []ir.Leak{{Kind: ir.LeakNone}, {Kind: ir.LeakAll}, {Kind: ir.LeakShift, K: 2}, {Kind: ir.LeakDecay, K: 2}, csd} {
			for _, current := range []ir.Leak{{}, {Kind: ir.LeakDecay, K: 3}, csd} {
				for _, reset := range []ir.Reset{ir.ResetNone, ir.ResetZero, ir.ResetValue, ir.ResetSubtract} {
					for _, when := range []ir.When{ir.WhenFire, ir.WhenNext, ir.WhenBoth} {
						a := ir.NeuronAttrs{Leak: leak, Current: current, Reset: reset, When: when, Compare: ir.GE, Guard: 1,
							Round: []ir.Round{ir.RoundCeil, ir.RoundZero}[bits&1], Silent: bits&2 != 0, Masks: bits&4 != 0}
						if a.MasksCurrent = bits&8 != 0; current.Kind != 0 {
							a.Order = ir.OrderLate
						}
						if net := netOf(a); net != nil {
							visit(fmt.Sprintf("%+v", a), net)
						}
					}
				}
			}
		}
	}
}

// netOf is a net of one layer, or nil if its attributes do not go together.
func netOf(a ir.NeuronAttrs) *ir.Net {
	const n = 128
	b := ir.NewBuilder("one", ir.Fixed, 3)
	x, err := b.Input("x", ir.SintType(8, ir.ShapeOf(n)), ir.InputAttrs{Per: ir.Step})
	if err != nil {
		return nil
	}
	args := []*ir.Value{x}
	for slot := 1; slot <= ir.NeuronInit; slot++ {
		data := make([]int64, n)
		for i := range data {
			data[i] = int64(slot*i) % 119
		}
		c, err := b.Const(fmt.Sprint("c", slot), ir.Ints(ir.ShapeOf(n), data))
		if err != nil {
			return nil
		}
		args = append(args, c)
	}
	if !a.Fires() {
		args[ir.NeuronThreshold] = nil
	}
	if a.Reset == ir.ResetNone || a.Reset == ir.ResetZero {
		args[ir.NeuronReset] = nil
	}
	v, err := b.Add(ir.OpNeuron, "s", a, args...)
	if err != nil {
		return nil
	}
	if v, err = b.Add(ir.OpLast, "last", nil, v); err != nil {
		return nil
	}
	if _, err := b.Add(ir.OpOutput, "y", nil, v); err != nil {
		return nil
	}
	return b.Net()
}

// Every kind of neuron runs in vectors on both machines, in lanes of 16 and of 32 bits: no
// program takes more registers than there are.
func TestRegistersSuffice(t *testing.T) {
	irtest.Long(t)
	n := 0
	everyNeuron(t, func(name string, net *ir.Net) {
		n++
		s := planOf(net, backends.Options{}).loops[0]
		for _, f := range []form{narrow, full} {
			s.form = f
			for _, m := range []*machine{avx2, neon} {
				if _, ok := m.function(s); !ok {
					t.Errorf("%s: no function of %d bits in %s", name, f.bits(), m.name)
				}
			}
		}
	})
	if n < 500 {
		t.Errorf("only %d kinds of neurons", n)
	}
	t.Logf("%d kinds of neurons", n)
}

// With any number of registers a program is refused, or each instruction finds in its
// registers the operands that the program names.
func TestAllocation(t *testing.T) {
	irtest.Long(t)
	refused, made := 0, 0
	check := func(name string, s *loop) {
		for _, m := range []machine{*avx2, *neon} {
			for m.registers = range 16 {
				l := m.lower(s)
				once, ops, ok := l.allocate()
				if !ok {
					refused++
					continue
				}
				made += len(ops) - len(l.ops)
				followAllocation(t, fmt.Sprint(name, m.name, m.registers), l, once, ops)
			}
		}
	}
	p := newSketchPlan()
	for seed := range 100 {
		check(fmt.Sprint(seed), sketches.Example(seed).layer(p, fmt.Sprint("layer", seed)))
	}
	if refused == 0 || made == 0 {
		t.Errorf("%d programs refused, %d constants made again", refused, made)
	}
}

// followAllocation runs allocated instructions on the names of virtual registers.
func followAllocation(t *testing.T, name string, l *vectors, once, ops []vop) {
	held := make([]int, l.machine.registers)
	constant := func(o vop) bool {
		for _, c := range l.constants {
			if c.name == o.name && c.k == o.k && o.a < 0 && o.b < 0 {
				held[o.d] = c.d
				return true
			}
		}
		return false
	}
	for _, o := range once {
		constant(o)
	}
	next := 0
	for _, o := range ops {
		if next >= len(l.ops) || l.ops[next].name != o.name {
			if !constant(o) {
				t.Fatalf("%s: %s is not of the program", name, o.name)
			}
			continue
		}
		want := l.ops[next]
		for i, r := range []int{o.a, o.b, o.c} {
			if v := []int{want.a, want.b, want.c}[i]; v >= 0 && held[r] != v {
				t.Fatalf("%s: operand %d of %s is %d, wanted %d", name, i, o.name, held[r], v)
			}
		}
		if l.machine.apart[o.name] && (o.d == o.a || o.d == o.b) {
			t.Fatalf("%s: the result of %s is in an operand's register", name, o.name)
		}
		held[o.d] = want.d
		next++
	}
	if next != len(l.ops) {
		t.Fatalf("%s: %d of %d instructions", name, next, len(l.ops))
	}
}
