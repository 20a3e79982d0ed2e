package dsl

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// runLinear is weight[n,k] · x along an axis, which comes last for it.
func runLinear(c *call) value {
	x, n := c.sig("x"), c.whole("n", 1)
	rank := x.Type.Shape.Rank()
	if rank == 0 {
		c.fail(c.args["x"].node, diag.ShapeMismatch, "linear needs at least one axis, this is %v", x.Type)
		return bad
	}
	axis := c.axis("over", rank)
	name := c.label("linear")
	x = c.swapped(x, axis, rank-1, name+".in")
	if c.bad || x == nil {
		return bad
	}
	k := x.Type.Shape.Dim(rank - 1)
	w := c.given("weight", name, []int{n, k}, spread{2 * math.Sqrt(3/float64(k)), true})
	b := c.bias(name, n, k)
	out := name
	if axis != rank-1 {
		out += ".out"
	}
	y := c.add(ir.OpLinear, out, ir.LinearAttrs{}, x, w, b)
	if y.kind == isBad || axis == rank-1 {
		return y
	}
	return signal(c.swapped(y.sig, axis, rank-1, name))
}

// swapped exchanges two axes.
func (c *call) swapped(x *ir.Value, a, b int, name string) *ir.Value {
	if a == b || c.bad {
		return x
	}
	perm := make([]int, x.Type.Shape.Rank())
	for i := range perm {
		perm[i] = i
	}
	perm[a], perm[b] = b, a
	return c.e.add(c.f, c.at(), ir.OpTranspose, name, ir.PermAttrs{Perm: perm}, x)
}

// given is an operand that the call may give as a constant, else the trained one.
func (c *call) given(operand, layer string, dims []int, s spread) *ir.Value {
	a := c.args[operand]
	if a.kind == isSignal {
		return a.sig
	}
	return c.trained(layer+"."+operand, dims, s)
}

// bias is the bias of n channels with k inputs each: trained, given, or none.
func (c *call) bias(name string, n, k int) *ir.Value {
	a := c.args["bias"]
	switch {
	case a.kind == isTruth && !a.truth:
		return nil
	case a.kind != isTruth && a.kind != isSignal:
		c.bad = true
		c.e.want(c.f, a.node, a.value, isTruth)
		return nil
	}
	return c.given("bias", name, []int{n}, spread{1 / math.Sqrt(float64(k)), false})
}

// runConv is a convolution of x [channels, places…].
func runConv(c *call) value {
	x, n, groups := c.sig("x"), c.whole("n", 1), c.whole("groups", 1)
	rank := x.Type.Shape.Rank() - 1
	if rank < 1 || rank > 3 {
		c.fail(c.args["x"].node, diag.ShapeMismatch, "conv takes [channels, places…] with one to three axes of places, this is %v", x.Type)
		return bad
	}
	kernel, strides, dilations := c.wholes("kernel", rank, 1), c.wholes("stride", rank, 1), c.wholes("dilation", rank, 1)
	pads := c.pads("pad", kernel, dilations)
	channels := x.Type.Shape.Dim(0)
	if channels%groups != 0 || n%groups != 0 {
		c.fail(c.site.node, diag.BadAttribute, "%d groups do not divide %d channels into %d", groups, channels, n)
	}
	if c.bad {
		return bad
	}
	name := c.label("conv")
	fan := channels / groups
	for _, k := range kernel {
		fan *= k
	}
	w := c.given("weight", name, append([]int{n, channels / groups}, kernel...), spread{2 * math.Sqrt(3/float64(fan)), true})
	return c.add(ir.OpConv, name, ir.ConvAttrs{Strides: strides, Pads: pads, Dilations: dilations, Groups: groups}, x, w, c.bias(name, n, fan))
}

// pads are begins, then ends: from one number, one per axis, all of them, or same.
func (c *call) pads(name string, kernel, dilations []int) []int {
	a := c.args[name]
	n := len(kernel)
	out := make([]int, 2*n)
	switch {
	case a.kind == isWord && a.text == "same":
		for i, k := range kernel {
			if k%2 == 0 {
				c.fail(a.node, diag.BadAttribute, "pad: same needs odd kernels, this is %d", k)
			}
			out[i], out[n+i] = (k-1)/2*dilations[i], (k-1)/2*dilations[i]
		}
		return out
	case a.kind == isList && len(a.list) == 2*n:
		return c.wholes(name, 2*n, 0)
	}
	for i, p := range c.wholes(name, n, 0) {
		out[i], out[n+i] = p, p
	}
	return out
}

// runBatchNorm normalises along an axis. Over tokens, the places of an image are
// one axis: it is reshaped to [channels, tokens] for it, and back.
func runBatchNorm(c *call) value {
	x := c.sig("x")
	shape := x.Type.Shape
	name := c.label("bn")
	attrs := ir.BatchNormAttrs{Eps: float32s(c.args["eps"].num)}
	tokens := c.args["over"].kind == isWord && c.args["over"].text == "tokens"
	out := name
	if tokens {
		if shape.Rank() < 2 {
			c.fail(c.args["x"].node, diag.ShapeMismatch, "there are no tokens in %v; wanted [channels, places…]", x.Type)
			return bad
		}
		attrs.Axis, out = 1, name+".norm"
		x = c.e.add(c.f, c.at(), ir.OpReshape, name+".tokens", ir.ShapeAttrs{Shape: []int{shape.Dim(0), shape.Size() / shape.Dim(0)}}, x)
	} else {
		attrs.Axis = c.axis("over", shape.Rank())
	}
	if c.bad || x == nil {
		return bad
	}
	y := c.add(ir.OpBatchNorm, out, attrs, c.normOperands(name, x, x.Type.Shape.Dim(attrs.Axis))...)
	if y.kind == isBad || !tokens {
		return y
	}
	return c.add(ir.OpReshape, name, ir.ShapeAttrs{Shape: shape.Dims()}, y.sig)
}

func (c *call) normOperands(name string, x *ir.Value, n int) []*ir.Value {
	args := []*ir.Value{x}
	for _, part := range []struct {
		suffix string
		s      spread
	}{{"weight", spread{1, false}}, {"bias", spread{0.5, false}}, {"running_mean", spread{0.1, false}}, {"running_var", spread{1, false}}} {
		args = append(args, c.trained(name+"."+part.suffix, []int{n}, part.s))
	}
	return args
}

func runMaxPool(c *call) value { return runPool(c, ir.OpMaxPool, "max_pool") }
func runSumPool(c *call) value { return runPool(c, ir.OpSumPool, "sum_pool") }
func runAvgPool(c *call) value { return runPool(c, ir.OpAvgPool, "avg_pool") }

// runPool pools over the axes behind the channels; the stride is the kernel
// unless it is given.
func runPool(c *call, op ir.Op, name string) value {
	rank := c.sig("x").Type.Shape.Rank() - 1
	if rank < 1 || rank > 3 {
		c.fail(c.args["x"].node, diag.ShapeMismatch, "%s takes [channels, places…] with one to three axes of places, this is %v", name, c.sig("x").Type)
		return bad
	}
	kernel, dilations := c.wholes("kernel", rank, 1), c.wholes("dilation", rank, 1)
	strides := kernel
	if c.args["stride"].kind != isNothing {
		strides = c.wholes("stride", rank, 1)
	}
	pool := ir.PoolAttrs{Kernel: kernel, Strides: strides, Pads: c.pads("pad", kernel, dilations), Dilations: dilations}
	var attrs ir.Attrs = pool
	if op == ir.OpAvgPool {
		attrs = ir.AvgPoolAttrs{Kernel: pool.Kernel, Strides: pool.Strides, Pads: pool.Pads, Dilations: pool.Dilations,
			CountPad: c.args["count_pad"].truth}
	}
	return c.add(op, c.label(name), attrs, c.sig("x"))
}
