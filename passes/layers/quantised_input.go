package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/eval"
	"nomul/passes/rewrite"
)

// inputChains follows the ops from the inputs of a net on that go element by element,
// with constants, as a quantised network rounds its input to the steps that it was
// trained with. On the numbers that pixels stand for, such rounding often changes
// nothing: the result is gain·p + shift for every pixel p.
type inputChains struct {
	readers map[*ir.Value][]*ir.Value
	chains  map[*ir.Value]*chain
}

// chain is the ops from an input to a value: the last of them, and the chain before it.
type chain struct {
	input  *ir.Value
	last   *ir.Value
	before *chain // nil of the input itself
	rounds bool
}

// ops returns all of a chain's, in order.
func (c *chain) ops() []*ir.Value {
	var out []*ir.Value
	for ; c.before != nil; c = c.before {
		out = append(out, c.last)
	}
	slices.Reverse(out)
	return out
}

// follow notes the chain that v ends, and reports whether there is one.
func (c *inputChains) follow(v *ir.Value) bool {
	if v.Op == ir.OpInput {
		c.chains[v] = &chain{input: v}
		return true
	}
	x := c.only(v)
	before := c.chains[x]
	if before == nil || v.Type.Shape != before.input.Type.Shape {
		return false
	}
	out := &chain{before.input, v, before, before.rounds}
	if a, ok := v.Attrs.(ir.MapAttrs); ok {
		out.rounds = out.rounds || a.Fn == ir.FnRound || a.Fn == ir.FnFloor || a.Fn == ir.FnCeil
	}
	c.chains[v] = out
	return true
}

// only is the one operand of v that is not a constant; nil when there is another, or
// v is no op of a chain.
func (c *inputChains) only(v *ir.Value) *ir.Value {
	var x *ir.Value
	for _, a := range v.Args {
		switch {
		case a == nil || a.Const() != nil:
		case x != nil:
			return nil
		default:
			x = a
		}
	}
	if v.Op.Class() != ir.Element || !v.Type.IsReal() {
		return nil
	}
	return x
}

// ends reports whether a chain that rounds has at v a reader that is no part of it.
func (c *inputChains) ends(v *ir.Value) bool {
	chain := c.chains[v]
	return chain != nil && chain.rounds && slices.ContainsFunc(c.readers[v], func(r *ir.Value) bool { return c.only(r) != v || r.Type.Shape != v.Type.Shape })
}

// onPixels is the gain and shift with which a chain's result is gain·p + shift for
// all integers p of its input, which is in of the new net.
func (c *chain) onPixels(in *ir.Value) (gain, shift *ir.Tensor, err error) {
	v, ops, full := c.last, c.ops(), in.Type.Full()
	if in.Type.Bits > 12 {
		return nil, nil, rewrite.Refuse(v, diag.NotExact, "rounds an input of %d bits; only up to 12 are looked at, integer by integer", in.Type.Bits)
	}
	first, last := c.at(ops, in, full.Lo), c.at(ops, in, full.Hi)
	gain, shift = ir.NewTensor(first.Type), ir.NewTensor(first.Type)
	for i := range first.F {
		gain.F[i] = (last.F[i] - first.F[i]) / float64(full.Hi-full.Lo)
		shift.F[i] = first.F[i] - gain.F[i]*float64(full.Lo)
	}
	for p := full.Lo; p <= full.Hi; p++ {
		for i, f := range c.at(ops, in, p).F {
			if line := gain.F[i]*float64(p) + shift.F[i]; math.Abs(f-line) > 1e-5*math.Abs(last.F[i]-first.F[i]) {
				return nil, nil, rewrite.Refuse(v, diag.NotExact, "rounds its input to other steps than the pixels': pixel %d becomes %.6g, where a straight line has %.6g", p, f, line).
					WithHelp("say what pixels are divided by, with --mean, --std and --scale; or quantise the input in steps of a pixel, 1/255 where they are divided by 255")
			}
		}
	}
	return gain, shift, nil
}

// at is the result of the ops where every element of the input is the integer p.
func (c *chain) at(ops []*ir.Value, in *ir.Value, p int64) *ir.Tensor {
	gain, shift := Normalisation(in)
	x := ir.NewTensor(c.input.Type)
	g, s := rewrite.Stretched(gain, x.Type.Shape), rewrite.Stretched(shift, x.Type.Shape)
	for i := range x.F {
		x.F[i] = float64(float32(float64(p)*g[i] + s[i]))
	}
	now := x
	for _, v := range ops {
		args := make([]*ir.Tensor, len(v.Args))
		for i, a := range v.Args {
			switch {
			case a == nil:
			case a.Const() != nil:
				args[i] = a.Const()
			default:
				args[i] = now
			}
		}
		now = ir.NewTensor(v.Type)
		eval.Do(v, args, now)
		eval.RoundFloat32(now)
	}
	return now
}
