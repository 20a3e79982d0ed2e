package cgen

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// elements prints an op that computes each element of those of its operands.
func (b *printer) elements(v *ir.Value) {
	program, _ := v.Update(b.p.net.Steps)
	b.function(v)
	b.each(v, program)
}

// each prints the loop of a program over the elements of a value, or over words of 32 spikes.
func (b *printer) each(v *ir.Value, program *update.Program) {
	p := b.program(v, program)
	to := b.p.place[v]
	if b.inWords(v, program) {
		p.words()
		to.elem.packed = false
	}
	p.declare()
	y := b.writes(to, p.w.ordered())
	b.indices(p.w)
	b.WriteByte('\n')
	b.cleared(y)
	p.give = func(number string) { b.write(y, number) }
	b.loops(p.w, p.print)
	b.line("}")
}

// inWords reports whether a program of spikes can work on 32 at a time: all operands have the result's shape.
func (b *printer) inWords(v *ir.Value, p *update.Program) bool {
	for _, i := range p.Code {
		if i.Kind != update.Operand && i.Kind != update.Param && i.Kind != update.Result && !i.Bit() {
			return false
		}
	}
	return !anyUniform(v.Args) && !slices.ContainsFunc(v.Args, func(x *ir.Value) bool { return x.Type.Size() != v.Type.Size() })
}

func anyUniform(values []*ir.Value) bool {
	return slices.ContainsFunc(values, func(v *ir.Value) bool {
		_, ok := uniform(v)
		return ok
	})
}

// scaled prints a csd.
func (b *printer) scaled(v *ir.Value) {
	b.function(v)
	c, a := b.p.csds[v], v.Attrs.(ir.CSDAttrs)
	w := newWalk(v.Type.Shape.Dims())
	x := b.operand(w, "x", v.Arg(0))
	digits := c.digits.name
	if c.starts != nil {
		at := w.stretched(v.Arg(1).Type.Shape)
		b.line("\tconst %s *starts = %s;", c.starts.elem.c(), c.starts.name)
		digits += fmt.Sprintf(" + starts[%s]", at.name)
	}
	y := b.writes(b.p.place[v], w.ordered())
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() { b.write(y, c.product(x.read(), digits, a.Shift, a.Round)) })
	b.line("}")
}

// product is the C expression of (x · n) >> k for the digits of n.
func (c csd) product(x, digits string, k int, r ir.Round) string {
	if !c.wide {
		sum := fmt.Sprintf("@_times(%s, %s)", x, digits)
		if k == 0 {
			return sum
		}
		return fmt.Sprintf("@_asr_%v(%s, %d)", r, sum, k)
	}
	most := fmt.Sprintf("%du", uint64(1)<<k-1)
	if k > 32 {
		most += "LL"
	}
	up, down := "0u", "0u" // what is added to a sum that is not negative, and to one that is
	switch r {
	case ir.RoundCeil:
		up, down = most, most
	case ir.RoundZero:
		down = most
	}
	return fmt.Sprintf("@_times_wide(%s, %s, %d, %s, %s)", x, digits, k, up, down)
}
