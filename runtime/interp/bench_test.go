package interp_test

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

// fixedMLP is a net of the size of a real one at the fixed level, with noise for weights.
const fixedMLP = `net mlp fixed steps=4 {
once
	%x = input : u8[784]
	%w1 = const {seed=1 lo=-127 hi=127} : s8[512,784]
	%b1 = const {seed=2 lo=-1000 hi=1000} : s16[512]
	%i1 = linear %x, %w1, bias=%b1 {slots=planes} : s32[512]
	%th1 = const {fill=200000} : u18[]
	%w2 = const {seed=4 lo=-127 hi=127} : s8[256,512]
	%th2 = const {fill=16000} : u14[]
	%nb2 = const {seed=5 lo=-100 hi=100} : s8[256]
	%w3 = const {seed=6 lo=-127 hi=127} : s8[10,256]
	%b3 = const {data=[1,-2,3,4,5,6,7,8,9,10]} : s8[10]
step
	%s1 = neuron %i1, %th1 {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[512]
	%i2 = linear %s1, %w2 : s32[256]
	%s2 = neuron %i2, %th2, bias=%nb2 {leak=shift:1 round=floor compare=ge reset=zero when=fire guard=4} : spike[256]
end
	%c = sum %s2 : u3[256]
	%l = linear %c, %w3, bias=%b3 {slots=planes} : s32[10]
	%y = output %l : s32[10] scale 2^-12
}
`

// sourceMLP is the same net as an exporter writes it: one copy of everything for each step.
func sourceMLP() string {
	var b strings.Builder
	b.WriteString(`net mlp source steps=1 {
once
	%x = input : real[784]
	%w1 = const {seed=1 lo=-0.1 hi=0.1} : real[512,784]
	%w2 = const {seed=2 lo=-0.1 hi=0.1} : real[256,512]
	%w3 = const {seed=3 lo=-0.1 hi=0.1} : real[10,256]
	%g1 = const {fill=1.5} : real[512]
	%g2 = const {fill=1.5} : real[256]
	%v1 = const {fill=0} : real[512]
	%v2 = const {fill=0} : real[256]
	%total = const {fill=0} : real[10]
	%one = const {fill=1} : real[]
	%two = const {fill=2} : real[]
`)
	v1, v2, total := "v1", "v2", "total"
	for t := range 4 {
		layer := func(l int, x, v string, n int) (spikes, membrane string) {
			fmt.Fprintf(&b, `	%%i%[1]d.%[2]d = linear %%%[3]s, %%w%[1]d : real[%[5]d]
	%%n%[1]d.%[2]d = batch-norm %%i%[1]d.%[2]d, %%g%[1]d, %%g%[1]d, %%g%[1]d, %%g%[1]d {axis=0 eps=1e-05} : real[%[5]d]
	%%d%[1]d.%[2]d = sub %%n%[1]d.%[2]d, %%%[4]s : real[%[5]d]
	%%q%[1]d.%[2]d = div %%d%[1]d.%[2]d, %%two : real[%[5]d]
	%%h%[1]d.%[2]d = add %%%[4]s, %%q%[1]d.%[2]d : real[%[5]d]
	%%b%[1]d.%[2]d = compare %%h%[1]d.%[2]d, %%one {is=ge} : spike[%[5]d]
	%%s%[1]d.%[2]d = cast %%b%[1]d.%[2]d : real[%[5]d]
	%%k%[1]d.%[2]d = sub %%one, %%s%[1]d.%[2]d : real[%[5]d]
	%%v%[1]d.%[2]d = mul %%k%[1]d.%[2]d, %%h%[1]d.%[2]d : real[%[5]d]
`, l, t, x, v, n)
			return fmt.Sprintf("s%d.%d", l, t), fmt.Sprintf("v%d.%d", l, t)
		}
		var s string
		s, v1 = layer(1, "x", v1, 512)
		s, v2 = layer(2, s, v2, 256)
		fmt.Fprintf(&b, "\t%%o.%[1]d = linear %%%[2]s, %%w3 : real[10]\n\t%%t.%[1]d = add %%%[3]s, %%o.%[1]d : real[10]\n", t, s, total)
		total = fmt.Sprintf("t.%d", t)
	}
	fmt.Fprintf(&b, "\t%%y = output %%%s : real[10]\n}\n", total)
	return b.String()
}

func BenchmarkFixed(b *testing.B)  { benchmark(b, fixedMLP) }
func BenchmarkSource(b *testing.B) { benchmark(b, sourceMLP()) }

func benchmark(b *testing.B, text string) {
	net := irtest.ParseNet(b, b.Name(), text)
	m, err := interp.New(net)
	if err != nil {
		b.Fatal(err)
	}
	in := irtest.Inputs(net, 1, 8)
	fired, seen := 0, 0
	count := func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if v.Type.IsSpike() {
			for _, s := range result.I {
				fired, seen = fired+int(s), seen+1
			}
		}
	}
	if _, err := m.Run(in[0], count); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		if _, err := m.Run(in[i%len(in)], nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(fired)/float64(seen), "spikes/neuron")
}
