package verilog_test

import "testing"

// Products of computed values: either side stretched over a batch, words with a
// sign on the left and on the right, a layer with itself, and a product that is scanned.
const products = `net products fixed steps=3 {
once
	%x = input : s5[3,6]
	%th = const {fill=2} : u2[]
step
	%k = input {per=step} : spike[2,6,4]
	%q = input {per=step} : spike[4,4]
	%a = matmul %x, %k : s8[2,3,4]
	%s = neuron %q, %th, reset=%th {leak=none round=floor compare=ge reset=subtract when=next} : spike[4,4]
	%t = neuron %q, %th, reset=%th {leak=shift:1 round=floor compare=ge reset=subtract when=fire} : spike[4,4]
	%ss = matmul %q, %q : u3[4,4]
	%tt = transpose %t {perm=[1,0]} : spike[4,4]
	%b = matmul %k, %ss : u6[2,6,4]
	%a0 = slice %a {axis=1 start=0 count=2 step=1} : s8[2,2,4]
	%a2 = reshape %a0 {shape=[4,4]} : s8[4,4]
	%m = matmul %tt, %a2 : s10[4,4]
	%n = neuron %b, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2,6,4]
end
	%c = sum %m : s16[4,4]
	%d = sum %n : u2[2,6,4]
	%e = sum %s : u2[4,4]
	%o1 = output %c : s16[4,4]
	%o2 = output %d : u2[2,6,4]
	%o3 = output %e : u2[4,4]
}
`

func TestMatmul(t *testing.T) {
	need(t, "iverilog")
	t.Parallel()
	net := parse(t, products)
	vs := samples(t, net, 5, 4)
	for _, lanes := range []int{1, 2, 32} {
		dir := emit(t, net, lanes, vs)
		passes(t, net, lanes, vs, simulate(t, dir))
		lint(t, dir)
	}
}
