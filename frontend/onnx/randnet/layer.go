package randnet

import (
	"fmt"
	"slices"
	"strings"
)

// current returns the input of the neurons of the layer at hand.
func (b *builder) current(in tensor, mayDelay bool) tensor {
	in = b.joined(in)
	var late []tensor
	if mayDelay {
		in, late = b.delayed(in)
	}
	in = b.moved(b.level("before"), "before", in)
	if b.is("again", "before") {
		in = b.moved(b.level("before"), "before", in)
	}
	c := b.weighted("", in)
	for i, t := range late {
		if other := b.weighted(fmt.Sprintf("late%d", i), b.moved(b.level("before"), "before", t)); slices.Equal(other.dims, c.dims) {
			c = b.elementwise("Add", c, other)
		}
	}
	c = b.moved(b.level("after"), "after", c)
	if b.is("again", "after") {
		c = b.moved(b.level("after"), "after", c)
	}
	b.is("again", "nothing")
	return b.skipped(c)
}

// older returns the input of the layer before; ok is false for the first.
func (b *builder) older() (tensor, bool) {
	if b.layer == 0 {
		return tensor{}, false
	}
	return b.spikes[b.layer-1], true
}

// joined is the input of a layer, joined with that of the layer before.
func (b *builder) joined(in tensor) tensor {
	old, ok := b.older()
	same := ok && slices.Equal(old.dims, in.dims)
	spikes := same && (b.layer > 1 || b.elem == "spike" && !b.is("frames", "difference"))
	kind := b.level("join")
	switch {
	case ok && kind == "concat":
		in = b.concat(1, b.flat(in), b.flat(old))
	case ok && kind == "everything":
		in = b.everything()
	case same && kind == "add":
		in = b.elementwise("Add", in, old)
	case same && kind == "subtract":
		in = b.elementwise("Sub", in, old)
	case spikes && kind == "and":
		in = b.elementwise("Mul", in, old)
	case spikes && kind == "or":
		in = b.elementwise("Sub", b.elementwise("Add", in, old), b.elementwise("Mul", in, old))
	default:
		if kind != "weighted" && kind != "current" {
			kind = "none"
		}
	}
	b.used["join="+kind] = kind != "weighted" && kind != "current"
	return in
}

// everything is the input and the spikes of all layers so far in one row, with constants
// between them.
func (b *builder) everything() tensor {
	row := []tensor{b.spread("between", 2)}
	row[0] = b.unsqueeze(row[0], 0)
	for _, s := range b.spikes {
		row = append(row, b.flat(s))
	}
	return b.concat(1, row...)
}

// skipped adds the input of the layer before to a current.
func (b *builder) skipped(c tensor) tensor {
	old, ok := b.older()
	switch kind := b.level("join"); {
	case ok && kind == "weighted":
		w := b.weights("skip", old.size(), c.size(), old.size(), c.size())
		z := b.node("MatMul", []int{1, c.size()}, []tensor{b.flat(old), w})
		c = b.elementwise("Add", b.reshape(z, c.dims), c)
	case ok && kind == "current" && slices.Equal(old.dims, c.dims):
		c = b.elementwise("Add", c, old)
	default:
		b.used["join=none"] = b.used["join=none"] || kind == "weighted" || kind == "current"
		return c
	}
	b.used["join="+b.level("join")] = true
	return c
}

// delayed is the input of earlier steps: the one to read, and those to read too.
func (b *builder) delayed(in tensor) (tensor, []tensor) {
	kind := b.get("delay")
	if kind == "0" {
		return in, nil
	}
	line := []tensor{in}
	for d := range int(kind[len(kind)-1] - '0') {
		name := fmt.Sprintf("line%d_%d", b.layer, d)
		old, _ := b.old(name, in.dims, false)
		b.keep(name, line[d])
		line = append(line, old)
	}
	if strings.HasPrefix(kind, "0+") {
		return in, line[len(line)-1:]
	}
	return line[len(line)-1], nil
}

// weighted is the weighted layer.
func (b *builder) weighted(what string, in tensor) tensor {
	n := b.width()
	kind := b.level("weights")
	image, tokens := len(in.dims) == 4, len(in.dims) == 3
	switch {
	case kind == "none":
		b.used["weights=none"] = true
		return in
	case image && (kind == "conv" || kind == "groups" || kind == "strided"):
		b.used["weights="+kind] = true
		return b.conv(what, kind, in, n)
	case tokens && kind == "left":
		b.used["weights=left"] = true
		w := b.weights(what, n, in.dims[1], n, in.dims[1])
		return b.node("MatMul", []int{1, n, in.dims[2]}, []tensor{w, in})
	case kind == "integer" && b.counts8(in):
		b.used["weights=integer"] = true
		return b.integerMatmul(what, in, n)
	case kind == "matmul":
		b.used["weights=matmul"] = true
		return b.matmul(what, in, n)
	case kind == "einsum" && b.opset >= 12:
		b.used["weights=einsum"] = true
		return b.einsum(what, in, n)
	case kind == "two":
		b.used["weights=two"] = true
		mid := b.flat(in)
		w := b.weights(what+"inner", 3, mid.dims[1], 3, mid.dims[1])
		in = b.node("Gemm", []int{1, 3}, []tensor{mid, w}, integer("transB", 1))
	default:
		b.used["weights=gemm"] = true
	}
	row := b.flat(in)
	args := []tensor{row, b.weights(what, n, row.dims[1], n, row.dims[1])}
	if t, ok := b.bias(n, n); ok && what == "" {
		args = append(args, t)
	}
	return b.node("Gemm", []int{1, n}, args, integer("transB", 1))
}

func (b *builder) width() int {
	n := 0
	fmt.Sscan(b.get("width"), &n)
	return n
}

func (b *builder) matmul(what string, in tensor, n int) tensor {
	k := in.dims[len(in.dims)-1]
	dims := slices.Clone(in.dims)
	dims[len(dims)-1] = n
	c := b.node("MatMul", dims, []tensor{in, b.weights(what, k, n, k, n)})
	if t, ok := b.bias(n, n); ok && what == "" {
		c = b.elementwise("Add", c, t)
	}
	return c
}

func (b *builder) einsum(what string, in tensor, n int) tensor {
	k := in.dims[len(in.dims)-1]
	dims := slices.Clone(in.dims)
	dims[len(dims)-1] = n
	axes := "bcd"[:len(dims)-1]
	return b.node("Einsum", dims, []tensor{in, b.weights(what, n, k, n, k)}, word("equation", fmt.Sprintf("%sk,ok->%so", axes, axes)))
}

// conv is a convolution of 3 × 3 that keeps the extent, or one with a stride, or
// one of 2 × 2 per channel.
func (b *builder) conv(what, kind string, in tensor, n int) tensor {
	c, h, w := in.dims[1], in.dims[2], in.dims[3]
	kernel, pads, stride, groups := 3, 1, 1, 1
	switch kind {
	case "groups":
		groups, n = c, c
		kernel, pads = 1+2*b.random(fmt.Sprint("kernel", b.layer)).IntN(2), 0
		if kernel > min(h, w) {
			kernel = 1
		}
	case "strided":
		stride = 2
	}
	out := func(d int) int { return (d+2*pads-kernel)/stride + 1 }
	args := []tensor{in, b.weights(what, n, c/groups*kernel*kernel, n, c/groups, kernel, kernel)}
	if t, ok := b.bias(n, n); ok && what == "" {
		args = append(args, t)
	}
	return b.node("Conv", []int{1, n, out(h), out(w)}, args, integers("kernel_shape", kernel, kernel),
		integers("pads", pads, pads, pads, pads), integers("strides", stride, stride), integer("group", groups))
}
