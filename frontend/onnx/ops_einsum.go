package onnx

import (
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// einsum sums the products of one operand's or two operands' elements over the
// letters that its result lacks: letters of both operands and the result are
// stacks, and a matrix product sums over those of both operands only.
func einsum(n *node) (*tensor, error) {
	equation := strings.ReplaceAll(n.stringAttr("equation", ""), " ", "")
	terms, out, given := letters(equation)
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	if !given || len(terms) > 2 || len(terms) != len(n.in) || slices.ContainsFunc(append(terms, out), repeats) || strings.Contains(equation, ".") {
		return nil, n.errorf(diag.UnsupportedAttribute, "equation is %q, wanted one or two operands, each letter once in each, and no ellipsis", equation)
	}
	e := &einsumming{n: n, out: out, extents: map[rune]int{}}
	for i, term := range terms {
		if err := e.measure(term, n.in[i]); err != nil {
			return nil, err
		}
	}
	a, err := e.without(labelled{n.in[0], terms[0]}, strings.Join(terms[1:], ""), "a")
	if err == nil && len(terms) == 2 {
		var b labelled
		if b, err = e.without(labelled{n.in[1], terms[1]}, terms[0], "b"); err == nil {
			a, err = e.product(a, b)
		}
	}
	if err != nil {
		return nil, err
	}
	return e.n.emit("", a.elem, ir.OpTranspose, ir.PermAttrs{Perm: a.order(out)}, a.tensor)
}

// labelled is a tensor with a letter for each axis.
type labelled struct {
	*tensor
	axes string
}

// order lists the axes that letters stand for.
func (l labelled) order(axes string) []int {
	perm := []int{}
	for _, r := range axes {
		perm = append(perm, strings.IndexRune(l.axes, r))
	}
	return perm
}

// letters are the operands' and the result's, which without an arrow are those
// that come once, in alphabetical order. Not ok when the result has another one.
func letters(equation string) (terms []string, out string, ok bool) {
	in, out, arrow := strings.Cut(equation, "->")
	terms = strings.Split(in, ",")
	all := strings.Join(terms, "")
	if !arrow {
		once := slices.DeleteFunc([]rune(all), func(r rune) bool { return strings.Count(all, string(r)) > 1 })
		slices.Sort(once)
		out = string(once)
	}
	return terms, out, only(out, all) == out
}

func repeats(term string) bool {
	return strings.ContainsFunc(term, func(r rune) bool { return strings.Count(term, string(r)) > 1 })
}

// only are the letters of a term that are in another, but are those that are not.
func only(term, in string) string { return picked(term, in, true) }
func but(term, in string) string  { return picked(term, in, false) }

func picked(term, in string, is bool) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(in, r) == is {
			return r
		}
		return -1
	}, term)
}

type einsumming struct {
	n       *node
	out     string
	extents map[rune]int
}

// measure notes how long the axes of an operand are.
func (e *einsumming) measure(term string, x *tensor) error {
	if len(term) != x.shape.Rank() {
		return e.n.errorf(diag.ShapeMismatch, "calls the axes of %v %q", x.shape, term)
	}
	for i, r := range term {
		d := x.shape.Dim(i)
		if old, known := e.extents[r]; known && old != d {
			return e.n.errorf(diag.ShapeMismatch, "%c is %d and %d long", r, old, d)
		}
		e.extents[r] = d
	}
	return nil
}

// without sums over the letters that neither the other operand nor the result has.
func (e *einsumming) without(x labelled, other, suffix string) (labelled, error) {
	kept := only(x.axes, other+e.out)
	if kept == x.axes {
		return x, nil
	}
	var axes []int
	for i, r := range x.axes {
		if !strings.ContainsRune(kept, r) {
			axes = append(axes, i)
		}
	}
	y, err := e.n.emit(suffix+".sum", x.elem, ir.OpReduceSum, ir.ReduceAttrs{Axes: axes}, x.tensor)
	return labelled{y, kept}, err
}

// product multiplies stacks of matrices: axes of both operands and the result are
// stacks, axes of both operands only are summed. Without these, elements are multiplied.
func (e *einsumming) product(a, b labelled) (labelled, error) {
	both := only(a.axes, b.axes)
	stack, summed := only(both, e.out), but(both, e.out)
	left, right := but(a.axes, both), but(b.axes, both)
	switch {
	case stack == "" && summed != "" && b.data != nil:
		return e.weighted(a, b, left, summed, right)
	case stack == "" && summed != "" && a.data != nil:
		return e.weighted(b, a, right, summed, left)
	}
	x, err := e.matrices(a, stack, left, summed, "a")
	if err != nil {
		return labelled{}, err
	}
	y, err := e.matrices(b, stack, summed, right, "b")
	if err != nil {
		return labelled{}, err
	}
	op := ir.OpMatmul
	if summed == "" {
		op = ir.OpMul
	}
	z, err := e.n.emit("product", x.elem, op, nil, x, y)
	if err != nil {
		return labelled{}, err
	}
	axes := stack + left + right
	z, err = e.n.reshaped("parts", z, e.dims(axes))
	return labelled{z, axes}, err
}

// weighted is a product with weights, which leaves the other operand's axes apart:
// one of them is the batch.
func (e *einsumming) weighted(x, weights labelled, kept, summed, made string) (labelled, error) {
	y, err := e.n.emit("a.order", x.elem, ir.OpTranspose, ir.PermAttrs{Perm: x.order(kept + summed)}, x.tensor)
	if err != nil {
		return labelled{}, err
	}
	if y, err = e.n.reshaped("a", y, append(e.dims(kept), e.length(summed))); err != nil {
		return labelled{}, err
	}
	w, err := e.matrices(weights, "", summed, made, "b")
	if err != nil {
		return labelled{}, err
	}
	z, err := e.n.emit("product", x.elem, ir.OpMatmul, nil, y, w)
	if err != nil {
		return labelled{}, err
	}
	z, err = e.n.reshaped("parts", z, e.dims(kept+made))
	return labelled{z, kept + made}, err
}

// matrices is an operand as a stack of matrices, rows and columns of so many
// letters each.
func (e *einsumming) matrices(x labelled, stack, rows, cols, suffix string) (*tensor, error) {
	y, err := e.n.emit(suffix+".order", x.elem, ir.OpTranspose, ir.PermAttrs{Perm: x.order(stack + rows + cols)}, x.tensor)
	if err != nil {
		return nil, err
	}
	return e.n.reshaped(suffix, y, append(e.dims(stack), e.length(rows), e.length(cols)))
}

func (e *einsumming) dims(axes string) []int {
	dims := []int{}
	for _, r := range axes {
		dims = append(dims, e.extents[r])
	}
	return dims
}

// length is how many elements axes have together.
func (e *einsumming) length(axes string) int {
	n := 1
	for _, d := range e.dims(axes) {
		n *= d
	}
	return n
}
