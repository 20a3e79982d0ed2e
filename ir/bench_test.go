package ir_test

import (
	"testing"

	"nomul/ir"
)

// parseFlagship reads the text of the whole network, weights and all.
func parseFlagship(b *testing.B) *ir.Net {
	net, err := ir.Parse("mlp.sir", flagship, nil)
	if err != nil {
		b.Fatal(err)
	}
	return net
}

// BenchmarkParse includes making the noise that stands for 535,000 weights.
func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		parseFlagship(b)
	}
}

// BenchmarkPrint includes the digests of the weights, which print as data from a file.
func BenchmarkPrint(b *testing.B) {
	net := parseFlagship(b)
	for _, v := range net.All(ir.OpConst) {
		v.Attrs = ir.ConstAttrs{Data: v.Const()}
	}
	for b.Loop() {
		ir.Print(net, "mlp.npz")
	}
}

// BenchmarkVerify measures the check of a net that follows every pass.
func BenchmarkVerify(b *testing.B) {
	net := parseFlagship(b)
	for b.Loop() {
		if err := ir.Verify(net); err != nil {
			b.Fatal(err)
		}
	}
}
