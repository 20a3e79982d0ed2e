package cgen_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nomul/ir/irtest"
	"nomul/runtime/proof"
)

// unary makes a value of one image by a random op that moves, folds or maps its elements.
func (d *drawn) unary(into *strings.Builder, x image) image {
	out := x
	out.name = d.fresh("u")
	line := func(op string) image {
		fmt.Fprintf(into, "\t%%%s = %s : %s%s\n", out.name, op, out.elem, out.shape())
		return out
	}
	switch d.IntN(12) {
	case 0:
		out.c, out.h, out.w = x.h, x.c, x.w
		return line(fmt.Sprintf("transpose %%%s {perm=[1,0,2]}", x.name))
	case 1:
		out.c, out.h, out.w = x.w, x.c, x.h
		return line(fmt.Sprintf("transpose %%%s {perm=[2,0,1]}", x.name))
	case 2:
		out.h = (x.h + 1) / 2
		return line(fmt.Sprintf("slice %%%s {axis=1 start=%d count=%d step=-2}", x.name, 2*out.h-2, out.h))
	case 3:
		before, after := d.IntN(3), d.IntN(3)
		out.w += before + after
		value := ""
		if x.elem != "spike" && d.IntN(2) == 0 {
			value = ", value=%" + d.noise(-5, 5, "[]")
			out.elem = "s32"
		}
		return line(fmt.Sprintf("pad %%%s%s {before=[0,0,%d] after=[0,0,%d]}", x.name, value, before, after))
	case 4:
		out.c, out.h, out.w = 1, 1, x.w
		out.elem = "s32"
		op := d.pick("reduce-sum", "reduce-max", "reduce-min")
		return line(fmt.Sprintf("%s %%%s {axes=[0,1] keep=true}", op, x.name))
	case 5:
		out.c, out.h, out.w, out.elem = x.c, 1, x.w, "s32"
		return line(fmt.Sprintf("reduce-sum %%%s {axes=[1] keep=true}", x.name))
	case 6:
		out.elem = "s32"
		return line(fmt.Sprintf("neg %%%s", x.name))
	case 7:
		out.elem = "s32"
		return line(fmt.Sprintf("shl %%%s {k=%d}", x.name, d.IntN(4)))
	case 8:
		out.elem = "s32"
		return line(fmt.Sprintf("map %%%s {fn=%s}", x.name, d.pick("relu", "abs")))
	case 9:
		out.elem = "s32"
		factor, shift := d.noise(-300, 300, d.along(x)), 8
		if narrow := x.elem == "spike" || x.elem == "u3" || x.elem == "s8"; narrow && d.IntN(2) == 0 { // too wide for 32 bits on the way
			factor, shift = d.noise(20000, 30000, d.along(x)), 27+d.IntN(8)
			wide := d.fresh("w")
			fmt.Fprintf(into, "\t%%%s = shl %%%s {k=20} : s32%s\n", wide, x.name, x.shape())
			x.name = wide
		}
		return line(fmt.Sprintf("csd %%%s, %%%s {shift=%d round=%s}", x.name, factor, shift, d.pick("floor", "ceil", "zero")))
	case 10:
		out.c, out.h, out.w = 1, x.c*x.h, x.w
		return line(fmt.Sprintf("reshape %%%s {shape=%s}", x.name, out.shape()))
	}
	column := x
	column.h, column.name = 1, d.fresh("o")
	fmt.Fprintf(into, "\t%%%s = slice %%%s {axis=1 start=%d count=1 step=1} : %s%s\n", column.name, x.name, x.h-1, x.elem, column.shape())
	return line(fmt.Sprintf("broadcast %%%s {shape=%s}", column.name, x.shape()))
}

// narrow takes words of any size to 16 bits.
func (d *drawn) narrow(x image) image {
	if x.elem == "spike" {
		return x
	}
	out := x
	out.name, out.elem = d.fresh("h"), "s16"
	fmt.Fprintf(&d.step, "\t%%%s = csd %%%s, %%%s {shift=16 round=floor} : s16%s\n", out.name, x.name, d.noise(1, 1, "[]"), out.shape())
	return out
}

// binary joins two images of one shape, the second possibly only stretched to it.
func (d *drawn) binary(into *strings.Builder, x, z image) image {
	out := image{d.fresh("b"), x.c, x.h, x.w, "s32"}
	line := func(format string, args ...any) image {
		fmt.Fprintf(into, "\t%%%s = %s : %s%s\n", out.name, fmt.Sprintf(format, args...), out.elem, out.shape())
		return out
	}
	if x.elem == "spike" && z.elem == "spike" && d.IntN(2) == 0 {
		out.elem = "spike"
		return line("%s %%%s, %%%s", d.pick("and", "or", "xor", "and-not", "min", "max"), x.name, z.name)
	}
	if x.elem == "spike" && d.IntN(3) == 0 {
		return line("where %%%s, %%%s, %%%s", x.name, d.noise(-99, 99, d.along(x)), z.name)
	}
	if d.IntN(4) == 0 {
		out.h = x.h + z.h
		if x.elem == z.elem && x.elem == "spike" {
			out.elem = x.elem
		}
		return line("concat %%%s, %%%s {axis=1}", x.name, z.name)
	}
	if d.IntN(4) == 0 {
		return line("%s %%%s, %%%s", d.pick("add", "sub", "min", "max"), x.name, d.noise(-40, 40, d.along(x)))
	}
	return line("%s %%%s, %%%s", d.pick("add", "sub", "min", "max"), x.name, z.name)
}

// tokens is a linear layer over the last axis of an image.
func (d *drawn) tokens(into *strings.Builder, x image) image {
	out := image{d.fresh("l"), x.c, x.h, 1 + d.IntN(20), "s32"}
	weight, bias := d.noise(-60, 60, fmt.Sprintf("[%d,%d]", out.w, x.w)), ""
	if d.IntN(2) == 0 {
		bias = ", bias=%" + d.noise(-40, 40, d.pick(out.shape(), fmt.Sprintf("[%d,1]", out.h), fmt.Sprintf("[%d]", out.w)))
	}
	fmt.Fprintf(into, "\t%%%s = linear %%%s, %%%s%s {slots=planes} : s32%s\n", out.name, x.name, weight, bias, out.shape())
	return out
}

// readouts gives a value to the outputs by every readout there is for it.
func (d *drawn) readouts(x image) {
	d.read(x)
	kinds := map[string]string{"last": x.elem, "max-time": x.elem}
	if x.elem == "spike" {
		kinds["first"] = "u8"
	}
	for kind, elem := range kinds {
		name := d.fresh("q")
		fmt.Fprintf(&d.end, "\t%%%[1]s = %[2]s %%%[3]s : %[4]s%[5]s\n\t%%%[1]s.y = output %%%[1]s : %[4]s%[5]s\n", name, kind, x.name, elem, x.shape())
	}
}

// Ops between layers, on values computed once and on values of each step,
// with values that come back in the next step, also through one another.
func TestRandomJoins(t *testing.T) {
	irtest.Long(t)
	for seed := range uint64(3) {
		d := newDrawn(100 + seed)
		x := d.image()
		x.elem, _, _ = strings.Cut(x.elem, " ")
		e := x
		e.name, e.elem = "e", d.pick("spike", "s8", "u11", "s20")
		fmt.Fprintf(&d.step, "\t%%e = input {per=step} : %s%s\n", e.elem, e.shape())
		zero := d.noise(0, 1, x.shape())
		fmt.Fprintf(&d.step, "\t%%d1 = delay %%%s : spike%s\n\t%%d2 = delay %%%s : spike%s\n", zero, x.shape(), zero, x.shape())
		past := x
		past.name, past.elem = "d2", "spike"
		for range 3 {
			y := d.unary(&d.once, x)
			z := d.binary(&d.step, d.pickImage(e, past), d.pickImage(x, e, past))
			for range 2 {
				z = d.unary(&d.step, z)
			}
			d.read(y)
			z = d.narrow(z)
			d.readouts(d.tokens(&d.step, z))
			d.readouts(d.unary(&d.step, d.neuron(z)))
		}
		s := d.neuron(e)
		fmt.Fprintf(&d.step, "\t%%l2 = latch %%d2, %%d1 : spike%s\n\t%%l1 = latch %%d1, %%%s : spike%s\n", x.shape(), s.name, x.shape())
		text := d.net(1+d.IntN(5), x)
		agree(t, fmt.Sprintf("joins%d.sir", seed), text, 3)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, text)
		}
	}
}

func (d *drawn) pickImage(of ...image) image { return of[d.IntN(len(of))] }

// tokens48 has strides that are no powers of two in every order of axes, and
// windows; a compiler that knows them all multiplies.
const tokens48 = `net tokens fixed steps=2 {
once
	%w = const {seed=1 lo=-9 hi=9} : s8[6,8,3,3]
	%th = const {seed=2 lo=5 hi=90} : u7[48,1,1]
	%f = const {seed=3 lo=1 hi=90} : u7[1,8,12]
step
	%x = input {per=step} : s16[48,8,12]
	%s = neuron %x, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[48,8,12]
	%a = transpose %s {perm=[1,0,2]} : spike[8,48,12]
	%b = transpose %a {perm=[2,0,1]} : spike[12,8,48]
	%c = conv %a, %w {strides=[3,1] pads=[1,1,1,1] dilations=[1,1] groups=1} : s16[6,16,12]
	%d = max-pool %c {kernel=[3,3] strides=[3,3] pads=[1,1,1,1] dilations=[1,1]} : s16[6,6,4]
	%e = csd %x, %f {shift=3 round=floor} : s32[48,8,12]
	%g = transpose %e {perm=[1,2,0]} : s32[8,12,48]
	%h = reduce-sum %g {axes=[1]} : s32[8,48]
	%i = reduce-max %x {axes=[0,2]} : s16[8]
	%j = slice %g {axis=2 start=45 count=16 step=-3} : s32[8,12,16]
	%k = pad %j {before=[1,0,3] after=[0,2,0]} : s32[9,14,19]
end
	%yb = last %b : spike[12,8,48]
	%yd = last %d : s16[6,6,4]
	%yh = last %h : s32[8,48]
	%yi = last %i : s16[8]
	%yk = last %k : s32[9,14,19]
	%zb = output %yb : spike[12,8,48]
	%zd = output %yd : s16[6,6,4]
	%zh = output %yh : s32[8,48]
	%zi = output %yi : s16[8]
	%zk = output %yk : s32[9,14,19]
}
`

func TestNoCompilerMultiplies(t *testing.T) {
	irtest.Long(t)
	for _, c := range [][]string{
		{"objdump", "gcc", "-O1"},
		{"objdump", "gcc", "-O2"},
		{"objdump", "gcc", "-O3"},
		{"objdump", "clang", "-O2"},
		{"arm-none-eabi-objdump", "arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O2", "-ffreestanding"},
		{"arm-none-eabi-objdump", "arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-O2", "-ffreestanding"},
		{"riscv64-unknown-elf-objdump", "riscv64-unknown-elf-gcc", "-march=rv32im", "-mabi=ilp32", "-O2", "-ffreestanding"},
	} {
		irtest.Need(t, c[0], c[1])
		for _, text := range []string{tokens48, windows, attentions, mapped(bordered)} {
			dir, _ := emit(t, irtest.ParseNet(t, "net", text), 1)
			run(t, dir, nil, c[1], append(c[2:len(c):len(c)], "-std=c99", "-c", "model.c")...)
			p, err := proof.Binary(t.Context(), proof.Object{Target: c[1], Path: filepath.Join(dir, "model.o"), Objdump: c[0]})
			if err != nil || !p.Holds() {
				t.Errorf("%v: %v, %d instructions, %v", c, err, p.Scanned, p.Forbidden)
			}
		}
	}
	agree(t, "tokens.sir", tokens48, 2)
	agree(t, "attentions.sir", attentions, 2)
	agree(t, "mapped.sir", mapped(bordered), 2)
}
