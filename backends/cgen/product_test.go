package cgen_test

import (
	"slices"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// attentions are products with strides that are no powers of two: of spikes, of
// words of every width by spikes, from either side and shared by heads, of
// constants, and of one element each.
const attentions = `net attentions fixed steps=2 {
once
	%q = input : spike[3,12,5]
	%k = input : spike[3,5,12]
	%w8 = input : u8[12,5]
	%w9 = input : s9[3,12,5]
	%w20 = input : s20[12,5]
	%u = input : s6[3,5,7]
	%v = input : u13[5,37]
	%z = input : s28[5,3]
	%n = const {seed=1 lo=-9 hi=9} : s8[12,3]
	%one = const {fill=1} : spike[3,12,5]
	%th = const {seed=2 lo=5 hi=9} : u7[3,12,1]
	%row = input : spike[12,1]
	%zero = const {fill=0} : u4[]
	%col = input : spike[3,1,35]
	%w8k = matmul %w8, %k : u11[3,12,12]
	%w9k = matmul %w9, %k : s16[3,12,12]
	%w20k = matmul %w20, %k : s32[3,12,12]
	%qu = matmul %q, %u : s16[3,12,7]
	%qv = matmul %q, %v : u16[3,12,37]
	%qz = matmul %q, %z : s32[3,12,3]
	%kn = matmul %k, %n : s8[3,5,3]
	%ok = matmul %one, %k : u3[3,12,12]
	%rc = matmul %row, %col : spike[3,12,35]
	%y1 = output %w8k : u11[3,12,12]
	%y2 = output %w9k : s16[3,12,12]
	%y3 = output %w20k : s32[3,12,12]
	%y4 = output %qu : s16[3,12,7]
	%y5 = output %qv : u16[3,12,37]
	%y6 = output %qz : s32[3,12,3]
	%y7 = output %kn : s8[3,5,3]
	%y8 = output %ok : u3[3,12,12]
	%y9 = output %rc : spike[3,12,35]
step
	%x = input {per=step} : u4[3,12,5]
	%s = neuron %x, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[3,12,5]
	%qk = matmul %s, %k : u3[3,12,12]
	%t = transpose %s {perm=[0,2,1]} : spike[3,5,12]
	%qq = matmul %s, %t : u3[3,12,12]
	%mix = matmul %qq, %s : u6[3,12,5]
	%gate = where %s, %x, %zero : u4[3,12,5]
end
	%last = last %qk : u3[3,12,12]
	%sum = sum %mix : u7[3,12,5]
	%gates = sum %gate : u5[3,12,5]
	%ya = output %last : u3[3,12,12]
	%yb = output %sum : u7[3,12,5]
	%yc = output %gates : u5[3,12,5]
}
`

// operand is an input, or a constant, in the shape of a stack of matrices, some
// axes of which it may lack or have once.
func (d *drawn) operand(b *ir.Builder, elem ir.Type, stack []int, rows, cols int) (*ir.Value, error) {
	dims := append(slices.Clone(stack[d.IntN(len(stack)+1):]), rows, cols)
	for i := range len(dims) - 2 {
		if d.IntN(3) == 0 {
			dims[i] = 1
		}
	}
	typ := elem.WithShape(ir.ShapeOf(dims...))
	if d.IntN(5) > 0 {
		return b.Input(d.fresh("x"), typ, ir.InputAttrs{})
	}
	data := ir.NewTensor(typ)
	for i := range data.I {
		r := typ.Full()
		data.I[i] = r.Lo + d.Int64N(r.Hi-r.Lo+1)
	}
	return b.AddTyped(ir.OpConst, d.fresh("c"), ir.ConstAttrs{Data: data}, typ)
}

// products is a net of products of random sizes and elements, each read.
func (d *drawn) products() (*ir.Net, error) {
	b := ir.NewBuilder("products", ir.Fixed, 1)
	elems := []ir.Type{ir.SpikeType(ir.Shape{}), ir.UintType(4, ir.Shape{}), ir.UintType(8, ir.Shape{}), ir.SintType(8, ir.Shape{}), ir.UintType(13, ir.Shape{}), ir.SintType(18, ir.Shape{})}
	for range 12 {
		stack := []int{1 + d.IntN(3), 1 + d.IntN(3)}[d.IntN(3):]
		m, k, n := 1+d.IntN(9), 1+d.IntN(d.pickInt(1, 4, 40)), 1+d.IntN(70)
		sides := []ir.Type{elems[0], elems[d.IntN(len(elems))]}
		if d.IntN(2) == 0 {
			slices.Reverse(sides)
		}
		left, err := d.operand(b, sides[0], stack, m, k)
		if err != nil {
			return nil, err
		}
		right, err := d.operand(b, sides[1], stack, k, n)
		if err != nil {
			return nil, err
		}
		if left.Const() != nil && right.Const() != nil {
			continue
		}
		v, err := b.Add(ir.OpMatmul, d.fresh("p"), nil, left, right)
		if err != nil {
			return nil, err
		}
		if _, err := b.Add(ir.OpOutput, d.fresh("y"), nil, v); err != nil {
			return nil, err
		}
	}
	return b.Net(), nil
}

func (d *drawn) pickInt(options ...int) int { return options[d.IntN(len(options))] }

func TestRandomProducts(t *testing.T) {
	irtest.Long(t)
	for seed := range uint64(4) {
		net, err := newDrawn(200 + seed).products()
		if err != nil {
			t.Fatal(err)
		}
		if agreeOn(t, net, 3); t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, ir.Print(net, ""))
		}
	}
}
