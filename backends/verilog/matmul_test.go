package verilog_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir/irtest"
	_ "nomul/ir/irtest/seed"
)

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
	irtest.Long(t)
	irtest.Need(t, "iverilog")
	t.Parallel()
	net := parse(t, products)
	vs := samples(t, net, 5, 4)
	for _, lanes := range []int{1, 2, 32} {
		dir := emit(t, net, lanes, vs)
		passes(t, net, lanes, vs, simulate(t, dir))
		lint(t, dir)
	}
}

// Random products: sizes, batches that either side is stretched over, words with
// or without a sign on one side, and lanes.
func TestRandomMatmul(t *testing.T) {
	irtest.Long(t)
	irtest.Need(t, "iverilog")
	t.Parallel()
	texts := rapid.Custom(drawProduct)
	for seed := range 12 {
		text := texts.Example(seed)
		net := parse(t, text)
		lanes := 1 << (seed % 6)
		vs := samples(t, net, uint64(seed), 3)
		passes(t, net, lanes, vs, simulate(t, emit(t, net, lanes, vs)))
		if t.Failed() {
			t.Fatalf("seed %d, lanes %d\n%s", seed, lanes, text)
		}
	}
}

func drawProduct(r *rapid.T) string {
	size := func(name string) int { return rapid.SampledFrom([]int{1, 2, 3, 5, 8, 12, 33}).Draw(r, name) }
	m, k, n := size("m"), size("k"), size("n")
	left, right, outer := "", "", ""
	switch rapid.SampledFrom([]string{"none", "left", "right", "both"}).Draw(r, "batch") {
	case "left":
		left, outer = "3,", "3,"
	case "right":
		right, outer = "3,", "3,"
	case "both":
		left, right, outer = "2,1,", "3,", "2,3,"
	}
	words := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"u", "s"}).Draw(r, "sign"), rapid.IntRange(2, 9).Draw(r, "bits"))
	a, b := words, "spike"
	if rapid.Bool().Draw(r, "words right") {
		a, b = b, a
	}
	return fmt.Sprintf(`net r fixed steps=2 {
once
	%%a = input : %s[%s%d,%d]
step
	%%b = input {per=step} : %s[%s%d,%d]
	%%p = matmul %%a, %%b : s24[%s%d,%d]
end
	%%c = sum %%p : s24[%[9]s%[10]d,%[11]d]
	%%y = output %%c : s24[%[9]s%[10]d,%[11]d]
}
`, a, left, m, k, b, right, k, n, outer, m, n)
}
