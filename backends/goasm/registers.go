package goasm

import "slices"

// allocate gives the registers of a machine to the virtual ones of a program, in one scan
// from its first instruction to its last: a register is free again behind the last
// instruction that takes it. As many constants as fit are kept in registers, the others
// are made where they are taken. It reports whether the registers suffice.
func (l *vectors) allocate() (once, ops []vop, ok bool) {
	for kept := min(len(l.constants), l.machine.registers); kept >= 0; kept-- {
		a := newAllocation(l, kept)
		if a.run() {
			return a.once, a.ops, true
		}
	}
	return nil, nil, false
}

// allocation is one try with so many constants in registers.
type allocation struct {
	*vectors
	once, ops []vop
	at        []int // by virtual register, the one of the machine, or −1
	last      []int // by virtual register, the last instruction that takes it
	used      []bool
	made      []int // constants that the instruction takes and that are not kept
}

func newAllocation(l *vectors, kept int) *allocation {
	a := &allocation{vectors: l, at: slices.Repeat([]int{-1}, l.registers), last: make([]int, l.registers), used: make([]bool, l.machine.registers)}
	for n, o := range l.ops {
		for _, r := range o.takes() {
			a.last[r] = n
		}
	}
	for _, c := range l.constants[:kept] {
		a.last[c.d] = len(l.ops)
		a.take(&c)
		a.once = append(a.once, c)
	}
	return a
}

// take gives an instruction's result a register, and reports whether one was free.
func (a *allocation) take(o *vop) bool {
	r := slices.Index(a.used, false)
	if r < 0 {
		return false
	}
	a.used[r], a.at[o.d], o.d = true, r, r
	return true
}

func (a *allocation) run() bool {
	for n, o := range a.vectors.ops {
		if !a.operands(o) {
			return false
		}
		d, takes := o.d, o.takes()
		o.a, o.b, o.c = a.register(o.a), a.register(o.b), a.register(o.c)
		apart := a.machine.apart[o.name]
		if !apart {
			a.release(n, takes)
		}
		if !a.take(&o) {
			return false
		}
		if apart {
			a.release(n, takes)
		}
		if a.last[d] == 0 {
			a.used[o.d] = false
		}
		a.ops = append(a.ops, o)
	}
	return true
}

func (a *allocation) register(r int) int {
	if r < 0 {
		return r
	}
	return a.at[r]
}

// operands makes the constants that an instruction takes and that have no register.
func (a *allocation) operands(o vop) bool {
	a.made = a.made[:0]
	for _, r := range o.takes() {
		if a.at[r] >= 0 {
			continue
		}
		c := a.constants[slices.IndexFunc(a.constants, func(c vop) bool { return c.d == r })]
		if !a.take(&c) {
			return false
		}
		a.made = append(a.made, r)
		a.ops = append(a.ops, c)
	}
	return true
}

// release frees the registers that an instruction is the last to take.
func (a *allocation) release(n int, takes []int) {
	for _, r := range takes {
		switch {
		case slices.Contains(a.made, r):
			a.used[a.at[r]], a.at[r] = false, -1
			a.made = slices.DeleteFunc(a.made, func(m int) bool { return m == r })
		case a.at[r] >= 0 && a.last[r] == n:
			a.used[a.at[r]] = false
		}
	}
}
