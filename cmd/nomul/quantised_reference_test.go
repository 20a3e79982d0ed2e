package main

import (
	"fmt"
	"math/big"
	"slices"

	"nomul/frontend/onnx/onnxpb"
)

// The reference of quantised files: the graph of the file, in exact rational arithmetic, with the
// multiplications that it has. It shares no code with front end or passes.

// rats is a tensor of exact numbers.
type rats struct {
	shape []int
	v     []*big.Rat
	elem  int32 // of ONNX
}

func newRats(elem int32, shape ...int) *rats {
	return &rats{slices.Clone(shape), make([]*big.Rat, countOf(shape)), elem}
}

func countOf(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func ratOf(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

// exactGraph evaluates a graph.
type exactGraph struct{ at map[string]*rats }

// referenceOf runs the graph of a file on the contents of its inputs; it returns every tensor by name.
func referenceOf(g *onnxpb.GraphProto, in map[string]*rats) map[string]*rats {
	r := &exactGraph{map[string]*rats{}}
	for _, t := range g.Initializer {
		r.at[t.Name] = constantOf(t)
	}
	for name, x := range in {
		r.at[name] = x
	}
	for _, n := range g.Node {
		f := referenceOps[n.OpType]
		if f == nil {
			panic("the reference has no " + n.OpType)
		}
		args := make([]*rats, len(n.Input))
		for i, name := range n.Input {
			if args[i] = r.at[name]; args[i] == nil && name != "" {
				panic("nothing makes " + name)
			}
		}
		r.at[n.Output[0]] = f(&refNode{n}, args)
	}
	return r.at
}

func constantOf(t *onnxpb.TensorProto) *rats {
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int(d)
	}
	out := newRats(t.DataType, shape...)
	for i := range out.v {
		out.v[i] = ratOf(constantAt(t, i))
	}
	return out
}

type refNode struct{ *onnxpb.NodeProto }

func (n *refNode) attr(name string) *onnxpb.AttributeProto {
	for _, a := range n.Attribute {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func (n *refNode) int(name string, absent int64) int {
	if a := n.attr(name); a != nil {
		return int(a.I)
	}
	return int(absent)
}

func (n *refNode) float(name string, absent float32) float32 {
	if a := n.attr(name); a != nil {
		return a.F
	}
	return absent
}

func (n *refNode) ints(name string, absent ...int) []int {
	a := n.attr(name)
	if a == nil {
		return absent
	}
	out := make([]int, len(a.Ints))
	for i, x := range a.Ints {
		out[i] = int(x)
	}
	return out
}

var referenceOps map[string]func(*refNode, []*rats) *rats

// broadcastOf applies f element by element.
func broadcastOf(a, b *rats, elem int32, f func(x, y *big.Rat) *big.Rat) *rats {
	rank := max(len(a.shape), len(b.shape))
	shape := make([]int, rank)
	dim := func(s []int, i int) int {
		if j := i - rank + len(s); j >= 0 {
			return s[j]
		}
		return 1
	}
	for i := range shape {
		shape[i] = max(dim(a.shape, i), dim(b.shape, i))
	}
	out := newRats(elem, shape...)
	for i := range out.v {
		out.v[i] = f(a.v[placeIn(a.shape, shape, i)], b.v[placeIn(b.shape, shape, i)])
	}
	return out
}

// placeIn is the place in a smaller shape of element i of one that it broadcasts to.
func placeIn(small, full []int, i int) int {
	at, stride := 0, 1
	for k := 1; k <= len(full); k++ {
		d := full[len(full)-k]
		if k <= len(small) && small[len(small)-k] > 1 {
			at += i % d * stride
			stride *= small[len(small)-k]
		}
		i /= d
	}
	return at
}

// alongAxis shapes a list so that its entries lie along an axis of a rank.
func alongAxis(list *rats, rank, axis int) *rats {
	if len(list.v) == 1 || len(list.shape) > 1 {
		return list
	}
	shape := slices.Repeat([]int{1}, rank-axis)
	shape[0] = len(list.v)
	return &rats{shape, list.v, list.elem}
}

// floorOf and roundOf are the greatest whole number not above, and the nearest, halves to even.
func floorOf(x *big.Rat) *big.Rat {
	q, m := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	_ = m
	return new(big.Rat).SetInt(q)
}

func roundOf(x *big.Rat) *big.Rat {
	half := big.NewRat(1, 2)
	down := floorOf(new(big.Rat).Add(x, half))
	if new(big.Rat).Sub(down, x).Cmp(half) == 0 && down.Num().Bit(0) == 1 { // exactly between, went up to odd
		down.Sub(down, big.NewRat(1, 1))
	}
	return down
}

func ceilOf(x *big.Rat) *big.Rat {
	return new(big.Rat).Neg(floorOf(new(big.Rat).Neg(x)))
}

func clipOf(x, lo, hi *big.Rat) *big.Rat {
	switch {
	case lo != nil && x.Cmp(lo) < 0:
		return lo
	case hi != nil && x.Cmp(hi) > 0:
		return hi
	}
	return x
}

// typeLimits are the least and the greatest number of an element type.
func typeLimits(elem int32) (lo, hi *big.Rat) {
	width, signed := map[int32]int{2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 21: 4, 22: 4}[elem], elem == 3 || elem == 5 || elem == 6 || elem == 22
	if width == 0 {
		panic(fmt.Sprint("the reference has no integers of element type ", elem))
	}
	if signed {
		return big.NewRat(-1<<(width-1), 1), big.NewRat(1<<(width-1)-1, 1)
	}
	return new(big.Rat), big.NewRat(1<<width-1, 1)
}
