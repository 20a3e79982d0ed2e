package cgen

import (
	"fmt"
	"slices"

	"nomul/ir"
)

// formulas are what ops compute of single elements, in numbers that may wrap on the way.
var formulas = map[ir.Op]func(v *ir.Value, x []string) string{
	ir.OpAdd: func(_ *ir.Value, x []string) string { return "(uint32_t)" + x[0] + " + (uint32_t)" + x[1] },
	ir.OpSub: func(_ *ir.Value, x []string) string { return "(uint32_t)" + x[0] + " - (uint32_t)" + x[1] },
	ir.OpMin: func(_ *ir.Value, x []string) string { return x[0] + " < " + x[1] + " ? " + x[0] + " : " + x[1] },
	ir.OpMax: func(_ *ir.Value, x []string) string { return x[0] + " > " + x[1] + " ? " + x[0] + " : " + x[1] },
	ir.OpNeg: func(_ *ir.Value, x []string) string { return "0u - (uint32_t)" + x[0] },
	ir.OpShl: shifted,
	ir.OpMap: function,
	ir.OpWhere: func(_ *ir.Value, x []string) string { // of 0 or 1 times a number gcc makes a product
		return "@_hide((uint32_t)" + x[0] + ") != 0u ? " + x[1] + " : " + x[2]
	},
}

// shifted is x · 2^k; beyond 31 bits only 0 fits a result of 32 bits.
func shifted(v *ir.Value, x []string) string {
	if k := v.Attrs.(ir.ShlAttrs).K; k < 32 {
		return fmt.Sprintf("(uint32_t)%s << %d", x[0], k)
	}
	return "0"
}

// function is relu or abs; other functions have no integers for results.
func function(v *ir.Value, x []string) string {
	otherwise := "0"
	if v.Attrs.(ir.MapAttrs).Fn == ir.FnAbs {
		otherwise = "-" + x[0]
	}
	return x[0] + " > 0 ? " + x[0] + " : " + otherwise
}

// elements prints an op that computes each element of those of its operands.
func (b *printer) elements(v *ir.Value) {
	b.function(v)
	w := newWalk(v.Type.Shape.Dims())
	var args []operand
	for i, a := range v.Args {
		args = append(args, b.operand(w, v.Op.Operands()[i].Name, a))
	}
	y := b.writes(b.p.place[v], w.ordered())
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() {
		var x []string
		for i, a := range args {
			name := "of_" + v.Op.Operands()[i].Name
			b.line("\tconst int32_t %s = %s;", name, a.read())
			x = append(x, name)
		}
		b.write(y, formulas[v.Op](v, x))
	})
	b.line("}")
}

// bitwise are the ops on 32 spikes at a time, and on one.
var bitwise = map[ir.Op]string{ir.OpAnd: "%s & %s", ir.OpOr: "%s | %s", ir.OpXor: "%s ^ %s", ir.OpAndNot: "%s & ~%s",
	ir.OpMatmul: "%s & %s"}

// logic prints an op on spikes, in whole words when both operands have the result's shape.
func (b *printer) logic(v *ir.Value) {
	b.function(v)
	shape := v.Type.Shape
	w := newWalk(shape.Dims())
	if v.Arg(0).Type.Shape == shape && v.Arg(1).Type.Shape == shape && !anyUniform(v.Args) {
		w = newWalk([]int{b.p.place[v].elem.length(v.Type.Size())})
		i := w.ordered().name
		b.line("\tconst uint32_t *a = %s;\n\tconst uint32_t *b = %s;\n\tuint32_t *y = %s;", b.p.place[v.Arg(0)].expr, b.p.place[v.Arg(1)].expr, b.p.place[v].expr)
		b.indices(w)
		b.WriteByte('\n')
		b.loops(w, func() { b.line("\ty[%s] = %s;", i, fmt.Sprintf(bitwise[v.Op], "a["+i+"]", "b["+i+"]")) })
		b.line("}")
		return
	}
	x, z := b.operand(w, "a", v.Arg(0)), b.operand(w, "b", v.Arg(1))
	y := b.writes(b.p.place[v], w.ordered())
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() { b.write(y, fmt.Sprintf(bitwise[v.Op], x.read(), z.read())) })
	b.line("}")
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
