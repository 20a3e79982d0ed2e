package integers

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// integer is an op on integers, which stays; a product is a choice by spikes, or
// with constants a sum of shifted copies.
func (q *quantiser) integer(v *ir.Value) (*ir.Value, error) {
	switch _, to := v.Op.Levels(); {
	case v.Op == ir.OpLinear || v.Op == ir.OpConv:
		x := q.r.Of(v.Args[0])
		return q.r.CopyWith(v, slotted(v.Attrs, x), x, q.r.Of(v.Args[1]), q.r.Of(v.Args[2]))
	case to == ir.Fixed:
		return nil, nil
	}
	for i, by := range v.Args {
		switch x := q.r.Of(v.Args[len(v.Args)-1-i]); {
		case v.Op != ir.OpMul:
		case by.Const() != nil:
			return q.r.Add(ir.OpCSD, q.r.Unique(v.Name), ir.CSDAttrs{Round: ir.RoundFloor}, x, q.r.Of(by))
		case by.Type.IsSpike() && q.r.Of(by).Type.IsSpike():
			return layers.Gate{Spikes: q.r.Of(by)}.Of(q.r, v, x)
		}
	}
	return nil, rewrite.Refuse(v, diag.NotExact, "computes with integers what no engine has without multiplications")
}

// product adds numbers as spikes choose: how many is not known, so that the offset
// of each comes before.
func (q *quantiser) product(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		if q.offsets[a] != nil {
			q.options.Remark(v, "the biases of %s are rounded to its whole units, for spikes choose what is added", a.Name)
		}
		x, err := q.settled(a)
		if err != nil {
			return nil, err
		}
		got, err := q.unified(v, i, x)
		if err != nil {
			return nil, err
		}
		args[i] = got.value
		q.coarsened(a, got)
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), nil, args...)
}
