package cgen

import (
	"sort"
	"strings"

	"nomul/ir"
)

// pointerBytes is the size of a pointer on the 32-bit targets that the table is for.
const pointerBytes = 4

// slot is memory that values share when they are not alive at the same time.
type slot struct {
	elem   elem
	n      int
	users  []*ir.Value
	freeAt int // index of the last reader
}

// assignSlots gives values whose elements are nowhere else a slot. Reuse keeps to
// one element type: memory that changes its type is what C's aliasing rules forbid.
func (p *plan) assignSlots() {
	last := p.lastReads()
	for i, v := range p.net.Values {
		if rowOf(v.Op).keeps != slots {
			continue
		}
		e, n := slotSize(v)
		s := p.freeSlot(e, n, i)
		s.n, s.freeAt = max(s.n, n), last[v]
		s.users = append(s.users, v)
	}
}

// slotSize is the element and length of the C array that a value needs. Sums of
// rows are of at least 16 bits, and those of the last place are written in fours.
func slotSize(v *ir.Value) (elem, int) {
	n := v.Type.Size()
	switch v.Op {
	case ir.OpLinear:
		outs := v.Arg(1).Type.Shape.Dim(0)
		return sumElem(v.Range), n - outs + roundUp(outs, 4)
	case ir.OpConv:
		return sumElem(v.Range), n
	}
	e := elemOf(v.Type)
	return e, e.length(n)
}

// freeSlot finds the smallest slot that is free before value i and large
// enough, else the largest free one to grow, else a new one.
func (p *plan) freeSlot(e elem, n, i int) *slot {
	var fits, grows *slot
	for _, s := range p.slots {
		switch {
		case s.elem != e || s.freeAt >= i:
		case s.n >= n && (fits == nil || s.n < fits.n):
			fits = s
		case s.n < n && (grows == nil || s.n > grows.n):
			grows = s
		}
	}
	switch {
	case fits != nil:
		return fits
	case grows != nil:
		return grows
	}
	s := &slot{elem: e}
	p.slots = append(p.slots, s)
	return s
}

// lastReads is the index of the last reader of every value. What is computed
// before the loop and read in it stays to the loop's end; readouts and latches
// run at the end of a step, so what they read stays to there too.
func (p *plan) lastReads() map[*ir.Value]int {
	last := map[*ir.Value]int{}
	loopEnd := 0
	for i, v := range p.net.Values {
		last[v] = i
		if v.Clock == ir.Step {
			loopEnd = i
		}
	}
	for i := len(p.net.Values) - 1; i >= 0; i-- {
		v := p.net.Values[i]
		for _, a := range v.Args {
			if a == nil {
				continue
			}
			at := i
			switch {
			case v.Op == ir.OpOutput:
				at = len(p.net.Values) // finish copies it, whatever its clock
			case rowOf(v.Op).keeps == operands:
				at = last[v]
			}
			if rowOf(v.Op).when != byClock || v.Clock == ir.Step && a.Clock == ir.Once {
				at = max(at, loopEnd)
			}
			last[a] = max(last[a], at)
		}
	}
	return last
}

// sumElem is the element of a linear layer's result: 16 bits where the range proves it.
func sumElem(r ir.Range) elem {
	e := rangeElem(r)
	e.bits = max(e.bits, 16)
	return e
}

func (p *plan) slotOf(v *ir.Value) place {
	for i, s := range p.slots {
		for _, u := range s.users {
			if u == v {
				return place{"st->" + p.slotName(i), s.elem, v.Type.Size()}
			}
		}
	}
	return place{}
}

// slotName is the value's name, or one of its own when there are several.
func (p *plan) slotName(i int) string {
	if s := p.slots[i]; len(s.users) == 1 {
		return p.ident[s.users[0]]
	}
	return sharedName(i)
}

// orderFields completes the state struct and sorts it by alignment, so that it has no holes.
func (p *plan) orderFields() {
	for i, s := range p.slots {
		var names []string
		for _, u := range s.users {
			names = append(names, "%"+u.Name)
		}
		p.fields = append(p.fields, &field{p.slotName(i), s.elem, s.n, strings.Join(names, ", later ")})
	}
	if len(p.net.All(ir.OpFirst)) > 0 {
		p.fields = append(p.fields, &field{"step", elem{32, false, false}, 1, "the number of the step"})
	}
	sort.SliceStable(p.fields, func(i, j int) bool { return p.fields[i].align() > p.fields[j].align() })
}

// align is the field's alignment in bits; pointers come first.
func (f *field) align() int {
	if f.n == 0 {
		return 64
	}
	return f.elem.bits
}

func (f *field) bytes() int {
	if f.n == 0 {
		return pointerBytes
	}
	return f.elem.bytes(f.n)
}

// stateBytes is the size of the state struct on a 32-bit target.
func (p *plan) stateBytes() int {
	total, align := 0, 8
	for _, f := range p.fields {
		total += f.bytes()
		align = max(align, min(f.align(), 32))
	}
	return roundUp(total, align/8)
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
