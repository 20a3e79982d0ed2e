package passes

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// runEncodeInput makes real inputs integers. With the normalisation
// x = (p·A − M)/S, linear layers that read the input become layers of the pixel
// p: W' = W·A/S and b' = b − W·M/S per column (R11).
func runEncodeInput(n *ir.Net, o *Options) (*ir.Net, error) {
	e := &encoder{o: o, cols: map[*ir.Value]affine{}}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op == ir.OpInput && v.Type.IsReal() {
			return e.input(r, v)
		}
		for i, a := range v.Args {
			if col, ok := e.cols[a]; ok {
				return e.reader(r, v, i, col)
			}
		}
		return nil, nil
	})
}

// affine is what a pixel stands for, per element in C order: x = p·gain − shift.
type affine struct{ gain, shift []float64 }

type encoder struct {
	o    *Options
	cols map[*ir.Value]affine // old values that now carry pixels
}

func (e *encoder) input(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	elem := e.o.InputType
	switch {
	case e.o.Pixels == nil && elem.Kind == 0:
		return nil, refuse(v, diag.NeedsPixels, "the network takes real numbers, and it is not said how pixels become them").
			WithHelp("give --mean M --std S (and --scale A if it is not 1/255) for x = (p·A − M)/S, or --input-type if the numbers are integers as they are")
	case elem.Kind == 0:
		elem = ir.UintType(8, ir.Shape{})
	}
	attrs := v.Attrs.(ir.InputAttrs)
	e.cols[v] = affine{}
	if p := e.o.Pixels; p != nil {
		attrs.Scale, attrs.Mean, attrs.Std = p.Scale, p.Mean, p.Std
	}
	in, err := r.Input(v.Name, elem.WithShape(v.Type.Shape), attrs)
	if err == nil {
		e.cols[v] = pixelColumns(in)
	}
	return in, err
}

// pixelColumns spreads an input's normalisation, kept per channel, over its elements.
func pixelColumns(in *ir.Value) affine {
	a, size := in.Attrs.(ir.InputAttrs), in.Type.Size()
	at := func(list []float64, i int, none float64) float64 {
		switch len(list) {
		case 0:
			return none
		case 1:
			return list[0]
		}
		return list[i/(size/len(list))]
	}
	out := affine{make([]float64, size), make([]float64, size)}
	for i := range size {
		std := at(a.Std, i, 1)
		out.gain[i] = at(a.Scale, i, 1) / std
		out.shift[i] = at(a.Mean, i, 0) / std
	}
	return out
}

// reader rewrites what reads pixels in slot i.
func (e *encoder) reader(r *ir.Rebuilder, v *ir.Value, i int, col affine) (*ir.Value, error) {
	switch {
	case v.Op == ir.OpReshape:
		e.cols[v] = col
		return nil, nil
	case v.Op == ir.OpLinear && i == 0 && realConst(v.Args[1]) && v.Type.Shape.Rank() == 1:
		return pixelLinear(r, v, col)
	}
	return nil, refuse(v, diag.NotExact, "reads the input before a linear layer, so the input cannot be taken as pixels").
		WithHelp("if the input holds integers as they are, say --input-type instead of --mean and --std")
}

func pixelLinear(r *ir.Rebuilder, v *ir.Value, col affine) (*ir.Value, error) {
	w := v.Args[1].Const()
	k := w.Type.Shape.Dim(1)
	weights, bias := make([]float64, len(w.F)), make([]float64, w.Type.Shape.Dim(0))
	for i := range bias {
		if v.Args[2] != nil {
			bias[i] = v.Args[2].Const().F[i]
		}
		for j := range k {
			weights[i*k+j] = float64(w.F[i*k+j] * col.gain[j])
			bias[i] -= float64(w.F[i*k+j] * col.shift[j])
		}
	}
	return newLinear(r, v, v.Name, r.Of(v.Args[0]), weights, bias)
}
