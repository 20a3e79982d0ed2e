package layers

import (
	"slices"

	"nomul/ir"
	"nomul/ir/eval"
)

// A matrix that layers become may have matrixWeights weights, and finding it may take
// matrixWork elements to compute.
const (
	matrixWeights = 1 << 22
	matrixWork    = 1 << 26
)

// between are the ops that may stand between two layers which become one: each is
// linear in its first operand, up to a constant.
var between = map[ir.Op]bool{
	ir.OpReshape: true, ir.OpTranspose: true, ir.OpSlice: true, ir.OpConcat: true, ir.OpBroadcast: true, ir.OpPad: true,
	ir.OpAdd: true, ir.OpSub: true, ir.OpMul: true, ir.OpDiv: true, ir.OpNeg: true, ir.OpSumPool: true, ir.OpReduceSum: true,
	ir.OpLinear: true, ir.OpConv: true,
}

// composeMatrix makes outer, the ops under it, and the weighted layers there one
// linear layer on the integers below, when one value alone is below and the matrix is
// small. Its columns are the results of the ops for one element, less their bias.
func composeMatrix(r *ir.Rebuilder, outer Weighted, x *ir.Value) (*ir.Value, error) {
	below, ops := linearPart(x)
	work := outer.Type.Size()
	for _, v := range ops {
		work += v.Type.Size()
	}
	if below == nil || below.Type.Size() > min(matrixWork/work, matrixWeights/outer.Type.Size()) {
		return nil, nil
	}
	if !slices.ContainsFunc(ops, func(v *ir.Value) bool { _, ok := AsWeighted(v); return ok }) {
		return nil, nil // the layer reads integers, moved
	}
	top := *outer.Value
	top.Args = slices.Clone(outer.Args)
	top.Args[0] = x
	p := &probe{below: below, ops: append(ops, &top), at: map[*ir.Value]*ir.Tensor{}}
	probes, outputs := below.Type.Size(), outer.Type.Size()
	bias := p.run(-1)
	w := ir.NewTensor(ir.RealType(ir.ShapeOf(outputs, probes)))
	for i := range probes {
		for k, f := range p.run(i).F {
			w.F[k*probes+i] = f - bias.F[k]
		}
	}
	return matrixLayer(r, outer, below, w, bias)
}

// matrixLayer appends a matrix on all elements of a value, in outer's place.
func matrixLayer(r *ir.Rebuilder, outer Weighted, below *ir.Value, w, bias *ir.Tensor) (*ir.Value, error) {
	name := r.Unique(outer.Name)
	flat, err := r.Add(ir.OpReshape, r.Unique(name+".operand"), ir.ShapeAttrs{Shape: []int{below.Type.Size()}}, below)
	if err != nil {
		return nil, err
	}
	wv, err := r.Const(r.Unique(name+".weight"), w)
	if err != nil {
		return nil, err
	}
	var bv *ir.Value
	if AnyNonZero(bias.F) {
		if bv, err = r.Const(r.Unique(name+".bias"), ir.Reals(ir.ShapeOf(len(bias.F)), bias.F)); err != nil {
			return nil, err
		}
	}
	y, err := r.Add(ir.OpLinear, r.Unique(name+".all"), ir.LinearAttrs{}, flat, wv, bv)
	if err != nil || y.Type.Shape == outer.Type.Shape {
		return y, err
	}
	return r.Add(ir.OpReshape, name, ir.ShapeAttrs{Shape: outer.Type.Shape.Dims()}, y)
}

// linearPart is the one value of integers that x is computed from by ops that are
// linear, and these ops, operands first; below is nil when there is no such value.
func linearPart(x *ir.Value) (below *ir.Value, ops []*ir.Value) {
	seen, sound := map[*ir.Value]bool{}, true
	var visit func(v *ir.Value)
	visit = func(v *ir.Value) {
		switch {
		case v == nil || v.Const() != nil || seen[v]:
			return
		case !v.Type.IsReal():
			sound = sound && (below == nil || below == v)
			below = v
			return
		}
		seen[v] = true
		sound = sound && between[v.Op] && !multiplies(v)
		if !sound {
			return
		}
		for _, a := range v.Args {
			visit(a)
		}
		ops = append(ops, v)
	}
	visit(x)
	if !sound {
		return nil, nil
	}
	return below, ops
}

// multiplies tells an op that is linear in its first operand only while the others
// are constants, and they are not.
func multiplies(v *ir.Value) bool {
	switch v.Op {
	case ir.OpMul:
		return v.Args[0].Const() == nil && v.Args[1].Const() == nil
	case ir.OpDiv:
		return v.Args[1].Const() == nil
	case ir.OpLinear, ir.OpConv:
		_, ok := AsWeighted(v)
		return !ok
	}
	return false
}

// probe runs ops on one element of a value.
type probe struct {
	below *ir.Value
	ops   []*ir.Value
	at    map[*ir.Value]*ir.Tensor
}

// run returns the last op's result where element i of the value is 1 and the others
// are 0; −1 is none.
func (p *probe) run(i int) *ir.Tensor {
	unit := ir.NewTensor(p.below.Type)
	if i >= 0 {
		unit.I[i] = 1
	}
	p.at[p.below] = unit
	var out *ir.Tensor
	for _, v := range p.ops {
		args := make([]*ir.Tensor, len(v.Args))
		for k, a := range v.Args {
			if a == nil {
				continue
			}
			if args[k] = a.Const(); args[k] == nil {
				args[k] = p.at[a]
			}
		}
		out = ir.NewTensor(v.Type)
		eval.Do(v, args, out)
		p.at[v] = out
	}
	return out
}

// MeetsLayer returns the first weighted layer or function of numbers on the way of a
// real value from its integers, past ops that move, add up or scale; nil where there is none.
func MeetsLayer(v *ir.Value) *ir.Value {
	if v == nil || !v.Type.IsReal() || v.Const() != nil {
		return nil
	}
	if _, ok := AsWeighted(v); ok || v.Op == ir.OpMap {
		return v
	}
	if v.Op == ir.OpNeuron {
		return nil
	}
	for _, a := range v.Args {
		if met := MeetsLayer(a); met != nil {
			return met
		}
	}
	return nil
}
