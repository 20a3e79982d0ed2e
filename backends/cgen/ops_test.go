package cgen_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// drawn writes random nets: values are made of earlier ones by ops with random
// attributes, and every one of them is read at the end.
type drawn struct {
	*rand.Rand
	once, step, end strings.Builder
	n               int // values so far
}

// image is a value [c,h,w] that can be drawn on.
type image struct {
	name    string
	c, h, w int
	elem    string // spike, or the type of words
}

func (i image) shape() string { return fmt.Sprintf("[%d,%d,%d]", i.c, i.h, i.w) }

func (d *drawn) pick(options ...string) string { return options[d.IntN(len(options))] }

func (d *drawn) fresh(prefix string) string {
	d.n++
	return fmt.Sprintf("%s%d", prefix, d.n)
}

// noise is a constant of numbers in lo..hi.
func (d *drawn) noise(lo, hi int, shape string) string {
	name := d.fresh("k")
	fmt.Fprintf(&d.once, "\t%%%s = const {seed=%d lo=%d hi=%d} : s16%s\n", name, d.IntN(1000), lo, hi, shape)
	return name
}

// conv is a random convolution of x, at most wide; its result is at least 1 by 1.
func (d *drawn) conv(into *strings.Builder, x image) image {
	groups := []int{1, 1, x.c}[d.IntN(3)]
	m := groups * (1 + d.IntN(5))
	kernel := func(extent int) (k, stride, begin, end, dilation int) {
		k, stride, dilation = 1+d.IntN(min(3, extent)), 1+d.IntN(2), 1+d.IntN(2)
		if (k-1)*dilation >= extent {
			dilation = 1
		}
		return k, stride, d.IntN(k), d.IntN(k), dilation
	}
	kh, sh, bh, eh, dh := kernel(x.h)
	kw, sw, bw, ew, dw := kernel(x.w)
	wide := []int{1, 7, 127, 900}[d.IntN(4)]
	weight := d.noise(-wide, wide, fmt.Sprintf("[%d,%d,%d,%d]", m, x.c/groups, kh, kw))
	out := image{d.fresh("c"), m, (x.h+bh+eh-dh*(kh-1)-1)/sh + 1, (x.w+bw+ew-dw*(kw-1)-1)/sw + 1, "s32"}
	bias := ""
	switch d.IntN(3) {
	case 0:
		bias = ", bias=%" + d.noise(-40, 40, fmt.Sprintf("[%d]", m))
	case 1:
		bias = ", bias=%" + d.noise(-40, 40, d.pick(out.shape(), fmt.Sprintf("[%d,1]", out.h)))
	}
	fmt.Fprintf(into, "\t%%%s = conv %%%s, %%%s%s {strides=[%d,%d] pads=[%d,%d,%d,%d] dilations=[%d,%d] groups=%d slots=planes} : s32%s\n",
		out.name, x.name, weight, bias, sh, sw, bh, bw, eh, ew, dh, dw, groups, out.shape())
	return out
}

// pool is a random max-pool or sum-pool.
func (d *drawn) pool(into *strings.Builder, x image) image {
	op, elem := "max-pool", x.elem
	if d.IntN(2) == 0 {
		op, elem = "sum-pool", "s32"
	}
	k := 1 + d.IntN(min(3, x.h, x.w))
	begin, end, stride := d.IntN(k), d.IntN(k), 1+d.IntN(3)
	out := image{d.fresh("p"), x.c, (x.h+begin+end-k)/stride + 1, (x.w+begin+end-k)/stride + 1, elem}
	fmt.Fprintf(into, "\t%%%s = %s %%%s {kernel=[%d,%d] strides=[%d,%d] pads=[%d,%d,%d,%d] dilations=[1,1]} : %s%s\n",
		out.name, op, x.name, k, k, stride, stride, begin, begin, end, end, out.elem, out.shape())
	return out
}

// leak is a random leak.
func (d *drawn) leak() string {
	return d.pick("none", "all", "shift:1", "decay:2", "csd:13/16", "csd:230/256", "csd:50001/65536")
}

// along is a shape that stretches over an image: one, per channel, per place, or its own.
func (d *drawn) along(x image) string {
	return d.pick("[]", fmt.Sprintf("[%d,1,1]", x.c), fmt.Sprintf("[%d,%d]", x.h, x.w), fmt.Sprintf("[%d,1]", x.h), x.shape())
}

// neuron is a random layer of neurons that spike, with whatever there is.
func (d *drawn) neuron(x image) image {
	out := image{d.fresh("s"), x.c, x.h, x.w, "spike"}
	operands := ", %" + d.noise(-3, 60, d.along(x))
	if d.IntN(2) == 0 {
		operands += ", bias=%" + d.noise(-20, 20, d.along(x))
	}
	reset, attrs := d.pick("reset=none when=fire", "reset=zero when=fire", "reset=zero when=next", "reset=zero when=next masks=true",
		"reset=value when=fire", "reset=value when=next", "reset=subtract when=fire", "reset=subtract when=next", "reset=subtract when=both"), ""
	if strings.Contains(reset, "value") || strings.Contains(reset, "subtract") {
		operands += ", reset=%" + d.noise(-9, 50, d.along(x))
	}
	if d.IntN(3) == 0 {
		operands += ", init=%" + d.noise(-70, 70, d.along(x))
	}
	if d.IntN(3) == 0 {
		attrs = fmt.Sprintf(" current=%s order=%s", d.leak(), d.pick("before", "after", "late"))
		if strings.Contains(reset, "masks") {
			attrs += d.pick("", " masks-current=true")
		}
	}
	fmt.Fprintf(&d.step, "\t%%%s = neuron %%%s%s {leak=%s round=%s compare=%s %s guard=%d%s} : spike%s\n", out.name, x.name, operands,
		d.leak(), d.pick("floor", "ceil", "zero"), d.pick("ge", "gt"), reset, d.IntN(5), attrs, out.shape())
	return out
}

// read gives a value to the outputs: by a readout when it changes with the steps.
func (d *drawn) read(x image) {
	name := d.fresh("r")
	fmt.Fprintf(&d.end, "\t%%%s = sum %%%s : s32%s\n\t%%%s.y = output %%%s : s32%s\n", name, x.name, x.shape(), name, name, x.shape())
}

func (d *drawn) net(steps int, x image) string {
	return fmt.Sprintf("net drawn fixed steps=%d {\nonce\n\t%%%s = input : %s%s\n%sstep\n%send\n%s}\n", steps, x.name, x.elem, x.shape(), &d.once, &d.step, &d.end)
}

func newDrawn(seed uint64) *drawn { return &drawn{Rand: rand.New(rand.NewPCG(seed, 9))} }

// image draws an input.
func (d *drawn) image() image {
	return image{"x", 1 + d.IntN(5), 1 + d.IntN(9), 1 + d.IntN(9), d.pick("spike", "u8", "s8", "u3", "s5 range -9..-2", "u6 range 3..40")}
}

// Convolutions, pools and neurons of all kinds, in chains.
func TestRandomImages(t *testing.T) {
	irtest.Long(t)
	for seed := range uint64(3) {
		d := newDrawn(seed)
		x := d.image()
		x.elem, _, _ = strings.Cut(x.elem, " ")
		for range 4 {
			y := d.conv(&d.once, x)
			if d.IntN(2) == 0 {
				y = d.pool(&d.once, y)
			}
			for range 3 {
				y = d.neuron(y)
				d.read(y)
				y = d.conv(&d.step, y)
				if d.IntN(2) == 0 {
					y = d.pool(&d.step, y)
				}
			}
			d.read(y)
		}
		agree(t, fmt.Sprintf("images%d.sir", seed), d.net(2+d.IntN(4), x), 3)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, d.net(4, x))
		}
	}
}

// Channels whose rows cannot be added in one go, or not be listed together;
// windows over one and three axes; images that stand one behind the other.
const windows = `net windows fixed steps=2 {
once
	%p = input : spike[300,2,3]
	%q = input : spike[301,15,15]
	%u = input : u4[300,2,2]
	%v = input : spike[3,2,4,5]
	%t = input : s6[2,4,13]
	%d = input : spike[2,3,4,3]
	%l = input : spike[3,2,1100]
	%up = const {fill=127} : s8[5,300,1,2]
	%down = const {fill=-128} : s8[5,300,1,2]
	%noise = const {seed=1 lo=-127 hi=127} : s8[6,301,2,2]
	%wide = const {seed=2 lo=-30000 hi=30000} : s16[3,300,2,2]
	%two = const {seed=3 lo=-9 hi=9} : s8[4,1,3,3]
	%one = const {seed=4 lo=-99 hi=99} : s8[6,2,3]
	%three = const {seed=5 lo=-99 hi=99} : s8[3,2,2,2,2]
	%long = const {fill=127} : s8[5,1100]
	%map = const {seed=6 lo=-99 hi=99} : s8[3,1,5]
	%th = const {fill=30} : u5[]
	%c1 = conv %p, %up {strides=[1,1] pads=[0,1,0,0] dilations=[1,1] groups=1} : s32[5,2,3]
	%c2 = conv %p, %down {strides=[1,1] pads=[0,0,0,1] dilations=[1,1] groups=1} : s32[5,2,3]
	%c3 = conv %q, %noise {strides=[2,1] pads=[1,0,0,1] dilations=[1,3] groups=1} : s32[6,8,13]
	%c4 = conv %u, %wide {strides=[1,1] pads=[1,0,0,0] dilations=[1,1] groups=1 slots=planes} : s32[3,2,1]
	%c5 = conv %v, %two {strides=[1,1] pads=[1,1,1,1] dilations=[1,1] groups=2} : s16[3,4,4,5]
	%c6 = conv %t, %one {strides=[2] pads=[0,3] dilations=[2] groups=2 slots=planes} : s16[2,6,6]
	%c7 = conv %d, %three {strides=[1,1,1] pads=[1,0,0,0,0,1] dilations=[1,1,1] groups=1} : s16[3,3,3,3]
	%c8 = linear %l, %long, bias=%map : s32[3,2,5]
	%y1 = output %c1 : s32[5,2,3]
	%y2 = output %c2 : s32[5,2,3]
	%y3 = output %c3 : s32[6,8,13]
	%y4 = output %c4 : s32[3,2,1]
	%y5 = output %c5 : s16[3,4,4,5]
	%y6 = output %c6 : s16[2,6,6]
	%y7 = output %c7 : s16[3,3,3,3]
	%y8 = output %c8 : s32[3,2,5]
step
	%s = neuron %c5, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[3,4,4,5]
end
	%c = sum %s : u2[3,4,4,5]
	%y = output %c : u2[3,4,4,5]
}
`

func TestWindows(t *testing.T) {
	irtest.Long(t)
	net := irtest.ParseNet(t, "windows", windows)
	irtest.Need(t, "gcc")
	dir := artefact(t, net, vectors(t, net, extremes(net)))
	run(t, dir, nil, build(t, dir, "test", sanitized...))
}
