package main

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"

	"nomul/frontend/onnx/onnxpb"
)

// constantAt is element i of an initializer.
func constantAt(t *onnxpb.TensorProto, i int) float64 {
	raw := t.RawData
	switch t.DataType {
	case 1:
		if len(raw) > 0 {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		}
		return float64(t.FloatData[i])
	case 6:
		if len(raw) > 0 {
			return float64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	case 7:
		if len(raw) > 0 {
			return float64(int64(binary.LittleEndian.Uint64(raw[8*i:])))
		}
		return float64(t.Int64Data[i])
	case 2:
		if len(raw) > 0 {
			return float64(raw[i])
		}
	case 3:
		if len(raw) > 0 {
			return float64(int8(raw[i]))
		}
	case 21, 22:
		b := byte(0)
		if len(raw) > 0 {
			b = raw[i/2]
		} else {
			b = byte(t.Int32Data[i/2])
		}
		if b = b >> (i % 2 * 4) & 15; t.DataType == 22 && b > 7 {
			return float64(b) - 16
		}
		return float64(b)
	}
	return float64(t.Int32Data[i])
}

func addOf(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) }
func subOf(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }
func mulOf(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }
func divOf(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(x, y) }

func eachOf(x *rats, elem int32, f func(*big.Rat) *big.Rat) *rats {
	out := newRats(elem, x.shape...)
	for i, r := range x.v {
		out.v[i] = f(r)
	}
	return out
}

func pairwise(f func(x, y *big.Rat) *big.Rat) func(*refNode, []*rats) *rats {
	return func(_ *refNode, a []*rats) *rats { return broadcastOf(a[0], a[1], a[0].elem, f) }
}

// quantised is saturate(round(x/s) + z).
func quantised(x, s, z *rats) *rats {
	elem := int32(2)
	y := broadcastOf(x, s, 1, divOf)
	y = eachOf(y, 1, roundOf)
	if z != nil {
		elem = z.elem
		y = broadcastOf(y, z, 1, addOf)
	}
	lo, hi := typeLimits(elem)
	return eachOf(y, elem, func(r *big.Rat) *big.Rat { return clipOf(r, lo, hi) })
}

// real is (x − z)·s.
func realOf(x, s, z *rats) *rats {
	if z != nil {
		x = broadcastOf(x, z, 1, subOf)
	}
	return broadcastOf(x, s, 1, mulOf)
}

func perAxis(n *refNode, a []*rats) (s, z *rats) {
	axis := n.int("axis", 1)
	if axis < 0 {
		axis += len(a[0].shape)
	}
	s = alongAxis(a[1], len(a[0].shape), axis)
	if len(a) > 2 && a[2] != nil {
		z = alongAxis(a[2], len(a[0].shape), axis)
	}
	return s, z
}

func centredOf(x, z *rats, axis int) *rats {
	if z == nil {
		return x
	}
	return broadcastOf(x, alongAxis(z, len(x.shape), axis), 1, subOf)
}

// refWindow is where the windows of two spatial axes lie.
type refWindow struct{ kernel, strides, dilations, pads []int }

func (n *refNode) window(kernel []int) refWindow {
	return refWindow{n.ints("kernel_shape", kernel...), n.ints("strides", 1, 1), n.ints("dilations", 1, 1), n.ints("pads", 0, 0, 0, 0)}
}

func (w refWindow) out(size, axis int) int {
	return (size+w.pads[axis]+w.pads[axis+2]-w.dilations[axis]*(w.kernel[axis]-1)-1)/w.strides[axis] + 1
}

// taps calls f with the places in the window at an output; inside tells those in the padding.
func (w refWindow) taps(x *rats, row, col int, f func(kr, kc, r, c int, inside bool)) {
	for kr := range w.kernel[0] {
		for kc := range w.kernel[1] {
			r, c := row*w.strides[0]+kr*w.dilations[0]-w.pads[0], col*w.strides[1]+kc*w.dilations[1]-w.pads[1]
			f(kr, kc, r, c, r >= 0 && c >= 0 && r < x.shape[2] && c < x.shape[3])
		}
	}
}

func (w refWindow) each(x *rats, channels int, f func(channel, row, col int) *big.Rat) *rats {
	out := newRats(1, 1, channels, w.out(x.shape[2], 0), w.out(x.shape[3], 1))
	i := 0
	for ch := range channels {
		for row := range out.shape[2] {
			for col := range out.shape[3] {
				out.v[i] = f(ch, row, col)
				i++
			}
		}
	}
	return out
}

func pixel(x *rats, ch, r, c int) *big.Rat { return x.v[(ch*x.shape[2]+r)*x.shape[3]+c] }

func convOf(n *refNode, x, k, b *rats) *rats {
	w, groups := n.window(k.shape[2:]), n.int("group", 1)
	perGroup, inner := k.shape[0]/groups, k.shape[1]
	return w.each(x, k.shape[0], func(ch, row, col int) *big.Rat {
		sum := new(big.Rat)
		if b != nil {
			sum.Set(b.v[ch])
		}
		w.taps(x, row, col, func(kr, kc, r, c int, inside bool) {
			for i := range inner {
				if inside {
					weight := k.v[((ch*inner+i)*w.kernel[0]+kr)*w.kernel[1]+kc]
					sum.Add(sum, mulOf(pixel(x, ch/perGroup*inner+i, r, c), weight))
				}
			}
		})
		return sum
	})
}

// spreadOf is a transposed convolution: each element of x is added to the outputs of its window.
func spreadOf(n *refNode, x, k, b *rats) *rats {
	w, groups, more := n.window(k.shape[2:]), n.int("group", 1), n.ints("output_padding", 0, 0)
	size := func(i int) int {
		return (x.shape[2+i]-1)*w.strides[i] + w.dilations[i]*(w.kernel[i]-1) + 1 + more[i] - w.pads[i] - w.pads[i+2]
	}
	outs, inner := k.shape[1], k.shape[0]/groups
	out := newRats(1, 1, outs*groups, size(0), size(1))
	for i := range out.v {
		out.v[i] = new(big.Rat)
		if b != nil {
			out.v[i].Set(b.v[i/(out.shape[2]*out.shape[3])])
		}
	}
	for i, element := range x.v {
		from, row, col := i/(x.shape[2]*x.shape[3]), i/x.shape[3]%x.shape[2], i%x.shape[3]
		for j := range outs * w.kernel[0] * w.kernel[1] {
			o, kr, kc := j/(w.kernel[0]*w.kernel[1]), j/w.kernel[1]%w.kernel[0], j%w.kernel[1]
			r, c := row*w.strides[0]+kr*w.dilations[0]-w.pads[0], col*w.strides[1]+kc*w.dilations[1]-w.pads[1]
			if r >= 0 && c >= 0 && r < out.shape[2] && c < out.shape[3] {
				to := pixel(out, from/inner*outs+o, r, c)
				to.Add(to, mulOf(element, k.v[from*outs*w.kernel[0]*w.kernel[1]+j]))
			}
		}
	}
	return out
}

func averageOf(n *refNode, x *rats) *rats {
	w, all := n.window(nil), n.int("count_include_pad", 0) != 0
	return w.each(x, x.shape[1], func(ch, row, col int) *big.Rat {
		sum, count := new(big.Rat), int64(0)
		w.taps(x, row, col, func(_, _, r, c int, inside bool) {
			if inside {
				sum.Add(sum, pixel(x, ch, r, c))
			}
			if inside || all {
				count++
			}
		})
		return sum.Quo(sum, big.NewRat(count, 1))
	})
}

func maxPoolOf(n *refNode, a []*rats) *rats {
	x, w := a[0], n.window(nil)
	out := w.each(x, x.shape[1], func(ch, row, col int) *big.Rat {
		var best *big.Rat
		w.taps(x, row, col, func(_, _, r, c int, inside bool) {
			if inside && (best == nil || pixel(x, ch, r, c).Cmp(best) > 0) {
				best = pixel(x, ch, r, c)
			}
		})
		return best
	})
	out.elem = x.elem
	return out
}

func globalOf(x *rats) *rats {
	out, size := newRats(1, 1, x.shape[1], 1, 1), countOf(x.shape[2:])
	for ch := range out.v {
		out.v[ch] = new(big.Rat)
		for _, r := range x.v[ch*size : (ch+1)*size] {
			out.v[ch].Add(out.v[ch], r)
		}
		out.v[ch].Quo(out.v[ch], big.NewRat(int64(size), 1))
	}
	return out
}

func matmulOf(a, b *rats) *rats {
	out, inner := newRats(1, a.shape[0], b.shape[1]), a.shape[1]
	for i := range out.v {
		out.v[i] = new(big.Rat)
		for k := range inner {
			out.v[i].Add(out.v[i], mulOf(a.v[i/b.shape[1]*inner+k], b.v[k*b.shape[1]+i%b.shape[1]]))
		}
	}
	return out
}

func transposedOf(x *rats, yes bool) *rats {
	if !yes {
		return x
	}
	out := newRats(x.elem, x.shape[1], x.shape[0])
	for i := range out.v {
		out.v[i] = x.v[i%x.shape[0]*x.shape[1]+i/x.shape[0]]
	}
	return out
}

// permutedOf has axis perm[i] of x as its axis i.
func permutedOf(x *rats, perm []int) *rats {
	shape := make([]int, len(perm))
	for i, axis := range perm {
		shape[i] = x.shape[axis]
	}
	out := newRats(x.elem, shape...)
	for i := range out.v {
		from, rest := 0, i
		for k := len(perm) - 1; k >= 0; k-- {
			from += rest % shape[k] * countOf(x.shape[perm[k]+1:])
			rest /= shape[k]
		}
		out.v[i] = x.v[from]
	}
	return out
}

func concatOf(axis int, parts []*rats) *rats {
	shape := slices.Clone(parts[0].shape)
	shape[axis] = 0
	for _, p := range parts {
		shape[axis] += p.shape[axis]
	}
	out := newRats(parts[0].elem, shape...)
	out.v = out.v[:0]
	for outer := range countOf(shape[:axis]) {
		for _, p := range parts {
			inner := countOf(p.shape[axis:])
			out.v = append(out.v, p.v[outer*inner:(outer+1)*inner]...)
		}
	}
	return out
}

func padOf(x, pads, value *rats) *rats {
	at := func(i int) int { return int(pads.v[i].Num().Int64()) }
	shape := slices.Clone(x.shape)
	for i := range shape {
		shape[i] += at(i) + at(i+len(shape))
	}
	out := newRats(x.elem, shape...)
	for i := range out.v {
		out.v[i] = value.v[0]
		place, stride, inside, rest := 0, 1, true, i
		for k := len(shape) - 1; k >= 0; k-- {
			p := rest%shape[k] - at(k)
			inside = inside && p >= 0 && p < x.shape[k]
			place, stride, rest = place+p*stride, stride*x.shape[k], rest/shape[k]
		}
		if inside {
			out.v[i] = x.v[place]
		}
	}
	return out
}
