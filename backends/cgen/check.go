package cgen

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// int32s is what the emitted code can hold in one element.
var int32s = ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}

type checker struct{ list diag.List }

func check(net *ir.Net) diag.List {
	c := &checker{}
	if net.Level != ir.Fixed {
		c.list.Add(diag.Origin{}, diag.UnsupportedTarget, "the C back end takes a net at the fixed level, this one is %v", net.Level)
		return c.list
	}
	if len(net.All(ir.OpInput)) == 0 || len(net.All(ir.OpOutput)) == 0 {
		c.list.Add(diag.Origin{}, diag.UnsupportedTarget, "the C back end takes a net with an input and an output")
	}
	for _, v := range net.Values {
		row, ok := rows[v.Op]
		if !ok {
			c.refuse(v, "the C back end has no %v", v.Op)
			continue
		}
		if r := v.Range.Union(v.State).Union(v.Drive); !int32s.Contains(r) {
			c.refuse(v, "its range %v does not fit 32 bits", r)
		}
		if row.check != nil {
			row.check(c, v)
		}
	}
	return c.list
}

func (c *checker) refuse(v *ir.Value, format string, args ...any) {
	d := c.list.Add(v.Origin, diag.UnsupportedTarget, format, args...)
	d.Message = "%" + v.Name + ": " + d.Message
}

func (c *checker) constant(v *ir.Value) {
	if d := v.Const(); d == nil || len(d.I) != v.Type.Size() {
		c.refuse(v, "its data is missing")
	}
}

// weighted demands of a linear or conv what its rows are made of when the code is printed.
func (c *checker) weighted(v *ir.Value) {
	w, bias := v.Arg(1), v.Arg(2)
	if w.Const() == nil || bias != nil && bias.Const() == nil {
		c.refuse(v, "weights and bias must be constants")
		return
	}
	if !ir.SintType(16, ir.Shape{}).Full().Contains(w.Range) {
		c.refuse(v, "weights have at most 16 bits, the range of %%%s is %v", w.Name, w.Range)
	}
}

// conv demands that places of the padded input can be counted in 16 bits.
func (c *checker) conv(v *ir.Value) {
	c.weighted(v)
	if n := product(paddedOf(ir.WindowsOf(v))); n > maxEvents {
		c.refuse(v, "its input has %d places with the padding, wanted at most %d", n, maxEvents)
	}
}
