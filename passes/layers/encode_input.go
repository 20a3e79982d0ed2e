package layers

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
)

// EncodeInput makes real inputs integers, with their normalisation x = (p·A − M)/S
// written behind them as x = p·(A/S) − M/S. A chain of ops that rounds them, as in
// quantised networks, is replaced by its factor and its shift.
func EncodeInput(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	c := &inputChains{readers: n.Readers(), chains: map[*ir.Value]*chain{}}
	integers := map[*ir.Value]*ir.Value{}
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		switch {
		case v.Op == ir.OpInput && !v.Type.IsReal():
			return narrowed(r, v, o)
		case c.follow(v) && c.ends(v):
			in := integers[c.chains[v].input]
			gain, shift, err := c.chains[v].onPixels(in)
			if err != nil {
				return nil, err
			}
			return scaleAndShift(r, v.Name, in, Compact(gain), Compact(shift))
		case v.Op != ir.OpInput:
			return nil, nil
		}
		in, err := integerInput(r, v, o)
		integers[v] = in
		switch {
		case err != nil:
			return nil, err
		case o.Pixels == nil && keepsReals(n): // which take real numbers still
			return raise.WithConst(r, ir.OpMul, v.Name+".real", in, rewrite.Scalar(1))
		case o.Pixels == nil:
			return in, nil
		}
		gain, shift := Normalisation(in)
		return scaleAndShift(r, v.Name+".real", in, gain, shift)
	})
	if err != nil {
		return nil, err
	}
	return ir.Prune(out), nil
}

// keepsReals reports whether a net keeps real numbers from step to step outside of
// neurons, or joins them: the type of one is that of another then.
func keepsReals(n *ir.Net) bool {
	return slices.ContainsFunc(slices.Concat(n.All(ir.OpDelay), n.All(ir.OpConcat), n.All(ir.OpWhere)), func(v *ir.Value) bool { return v.Type.IsReal() })
}

// narrowed is an input of integers in the type that the user says; without one, a
// type of more than 16 bits says too little of how large they are.
func narrowed(r *ir.Rebuilder, v *ir.Value, o *rewrite.Options) (*ir.Value, error) {
	elem := o.InputType
	switch {
	case elem.Kind == 0 && v.Type.Bits > 16:
		return nil, rewrite.Refuse(v, diag.NeedsPixels, "the network takes integers of %d bits, and it is not said how large they are", v.Type.Bits).
			WithHelp("give --input-type, such as u8, for the integers that there are")
	case elem.Kind == 0 || elem == v.Type.WithShape(ir.Shape{}):
		return nil, nil
	case !v.Type.Full().Contains(elem.Full()):
		return nil, rewrite.Refuse(v, diag.TypeMismatch, "the network takes %v, which does not hold what --input-type says", v.Type)
	}
	return r.Input(v.Name, elem.WithShape(v.Type.Shape), v.Attrs.(ir.InputAttrs))
}

func integerInput(r *ir.Rebuilder, v *ir.Value, o *rewrite.Options) (*ir.Value, error) {
	elem := o.InputType
	switch {
	case o.Pixels == nil && elem.Kind == 0:
		return nil, rewrite.Refuse(v, diag.NeedsPixels, "the network takes real numbers, and it is not said how pixels become them").
			WithHelp("give --mean M --std S (and --scale A if it is not 1/255) for x = (p·A − M)/S, or --input-type if the numbers are integers as they are")
	case elem.Kind == 0:
		elem = ir.UintType(8, ir.Shape{})
	}
	attrs := v.Attrs.(ir.InputAttrs)
	if p := o.Pixels; p != nil {
		attrs.Scale, attrs.Mean, attrs.Std = p.Scale, p.Mean, p.Std
		if d := oneForEach(v, attrs.Channels()); d != nil {
			return nil, d
		}
	}
	return r.Input(v.Name, elem.WithShape(v.Type.Shape), attrs)
}

// oneForEach refuses a normalisation for other channels than the input has.
func oneForEach(v *ir.Value, channels int) error {
	if channels <= 1 || ir.ChannelAxis(v.Type.Shape.Dims(), channels) >= 0 {
		return nil
	}
	return rewrite.Refuse(v, diag.ShapeMismatch, "is %v, but the normalisation is of %d channels, its first or last axis", v.Type, channels)
}

// Normalisation is the affine function from a pixel of an input to its real number, x = p·gain +
// shift, one number for all or one per channel.
func Normalisation(in *ir.Value) (gain, shift *ir.Tensor) {
	a := in.Attrs.(ir.InputAttrs)
	channels, dims := a.Channels(), Ones(in.Type.Shape.Rank()).Dims()
	if channels > 1 {
		dims[ir.ChannelAxis(in.Type.Shape.Dims(), channels)] = channels
	}
	s := ir.ShapeOf(dims...)
	gain, shift = ir.NewTensor(ir.RealType(s)), ir.NewTensor(ir.RealType(s))
	for i := range channels {
		std := ofChannel(a.Std, i, 1)
		gain.F[i] = ofChannel(a.Scale, i, 1) / std
		shift.F[i] = -ofChannel(a.Mean, i, 0) / std
	}
	return gain, shift
}

// ofChannel is element i of a list that has one for all, one for each, or none.
func ofChannel(list []float64, i int, none float64) float64 {
	switch len(list) {
	case 0:
		return none
	case 1:
		return list[0]
	}
	return list[i]
}

// scaleAndShift appends x·gain + shift.
func scaleAndShift(r *ir.Rebuilder, name string, x *ir.Value, gain, shift *ir.Tensor) (*ir.Value, error) {
	g, err := r.Const(r.Unique(name+".gain"), gain)
	if err != nil {
		return nil, err
	}
	out, err := r.Add(ir.OpMul, r.Unique(name+".scaled"), nil, x, g)
	if err != nil || !AnyNonZero(shift.F) {
		return out, err
	}
	c, err := r.Const(r.Unique(name+".shift"), shift)
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpAdd, r.Unique(name), nil, out, c)
}

// ZeroPixels is the pixel that stands for 0, per element, where x is an input
// with a normalisation, at most moved; else nil. Padding is no pixel.
func ZeroPixels(x *ir.Value) *ir.Tensor {
	if x.Op == ir.OpInput {
		if a := x.Attrs.(ir.InputAttrs); a.Mean == nil && a.Std == nil && a.Scale == nil {
			return nil
		}
		gain, shift := Normalisation(x)
		return SpreadTo(Divide(Times(shift, Constant(-1, shift.Type.Shape)), gain), x.Type.Shape)
	}
	if !MovesOnly(x.Op) {
		return nil
	}
	zero := ZeroPixels(x.Args[0])
	if zero == nil {
		return nil
	}
	moved, err := rewrite.Compute(x.Op, x.Attrs, zero)
	if err != nil {
		return nil
	}
	return moved
}
