package ir

import (
	"nomul/ir/diag"
	"nomul/ir/update"
)

// inferReal: the result is real, of x's shape.
func inferReal(in *inference) {
	x := in.v.Args[0]
	if a, ok := in.v.Attrs.(AxisAttrs); ok && !in.axis(a.Axis, x.Type.Shape.Rank()) {
		return
	}
	in.typ = RealType(x.Type.Shape)
}

// inferMap: relu and abs keep integers, everything else gives real numbers.
func inferMap(in *inference) {
	x, a := in.v.Args[0], in.v.Attrs.(MapAttrs)
	if a.Fn < FnRelu || a.Fn > FnElu {
		in.fail(diag.BadAttribute, "fn must be given")
	}
	if a.Alpha != 0 && a.Fn != FnLeakyRelu && a.Fn != FnElu {
		in.fail(diag.BadAttribute, "fn=%v takes no alpha", a.Fn)
	}
	in.typ = RealType(x.Type.Shape)
	r := x.Range
	switch a.Fn {
	case FnRelu:
		in.number(x.Type.Shape, Range{Lo: max(0, r.Lo), Hi: max(0, r.Hi)})
	case FnAbs:
		in.number(x.Type.Shape, Range{Lo: max(0, r.Lo, -update.Capped(r.Hi)), Hi: r.Magnitude()})
	}
}

func inferMin(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	in.number(in.broadcast(a, b), Range{Lo: min(a.Range.Lo, b.Range.Lo), Hi: min(a.Range.Hi, b.Range.Hi)})
}

func inferMax(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	in.number(in.broadcast(a, b), Range{Lo: max(a.Range.Lo, b.Range.Lo), Hi: max(a.Range.Hi, b.Range.Hi)})
}

// inferMod: the remainder is below the divisor, and not above the dividend when
// it has the same sign.
func inferMod(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	m := max(0, b.Range.Magnitude()-1)
	sign := b.Range
	if in.v.Attrs.(ModAttrs).Fmod {
		m, sign = min(m, a.Range.Magnitude()), a.Range
	}
	r := Range{Lo: -m, Hi: m}
	if sign.Lo >= 0 {
		r.Lo = 0
	}
	if sign.Hi <= 0 {
		r.Hi = 0
	}
	in.number(in.broadcast(a, b), r)
}

// inferPow: integers to a negative power truncate to 0, or are 1 or −1.
func inferPow(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	m := powSat(a.Range.Magnitude(), b.Range.Hi)
	r := Range{Lo: 0, Hi: m}
	if a.Range.Lo < 0 {
		r.Lo = -m
	}
	in.number(in.broadcast(a, b), r)
}

// powSat is base^n, at least 1, cut to update.Limit.
func powSat(base, n int64) int64 {
	out := int64(1)
	if base < 2 {
		return out
	}
	for ; n > 0 && out < update.Limit; n-- {
		out = update.Product(out, base)
	}
	return out
}

func inferReduceSame(in *inference) {
	s, _ := in.reduced()
	in.like(in.v.Args[0], s)
}

func inferReduceProd(in *inference) {
	s, n := in.reduced()
	x := in.v.Args[0].Range
	m := powSat(x.Magnitude(), int64(n))
	r := Range{Lo: 0, Hi: m}
	if x.Lo < 0 {
		r.Lo = -m
	}
	in.number(s, r)
}

// inferArg: an index along the axis.
func inferArg(in *inference) {
	x, a := in.v.Args[0], in.v.Attrs.(ArgAttrs)
	rank := x.Type.Shape.Rank()
	if !in.axis(a.Axis, rank) {
		return
	}
	dims := x.Type.Shape.Dims()
	last := int64(dims[a.Axis] - 1)
	rest := append([]int{}, dims[a.Axis+1:]...)
	dims = dims[:a.Axis]
	if a.Keep {
		dims = append(dims, 1)
	}
	in.integer(in.shape(append(dims, rest...)), Range{Lo: 0, Hi: last})
}
