package verilog_test

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// variant is a net of one neuron on signed drives, which differ from step to
// step, in odd sizes.
func variant(steps, n, k int, attrs, params string) string {
	result, readout := fmt.Sprintf("spike[%d]", n), []string{"sum", "first", "last"}[steps%3]
	if strings.Contains(attrs, "silent") {
		result, readout = fmt.Sprintf("s32[%d]", n), "last"
	}
	return fmt.Sprintf(`net v fixed steps=%d {
once
	%%x = input : s3[%d]
	%%w = const {seed=7 lo=-5 hi=5} : s4[%d,%d] range -5..5
	%%i = linear %%x, %%w {slots=planes} : s16[%d]
	%%th = const {seed=11 lo=-4 hi=30} : s8[%d] range -4..30
	%%one = const {fill=9} : u4[]
	%%b = const {seed=13 lo=-6 hi=6} : s8[%d] range -6..6
	%%r = const {seed=17 lo=1 hi=25} : u8[%d] range 1..25
	%%v0 = const {seed=19 lo=-9 hi=9} : s8[%d] range -9..9
step
	%%d = input {per=step} : s5[%d]
	%%z = add %%i, %%d : s16[%d]
	%%s = neuron %%z, %s {%s} : %s
end
	%%c = %s %%s : s32[%d]
	%%y = output %%c : s32[%d]
}
`, steps, k, n, k, n, n, n, n, n, n, n, params, attrs, result, readout, n, n)
}

// Every neuron variant on negative and positive currents, with ties, at odd sizes and several lanes.
func TestNeuronVariants(t *testing.T) {
	irtest.Long(t)
	irtest.Need(t, "iverilog")
	t.Parallel()
	spikes, negative := 0, 0
	for i, c := range []struct{ attrs, params string }{
		{"leak=none round=floor compare=ge reset=zero when=fire", "%th"},
		{"leak=shift:1 round=floor compare=ge reset=zero when=fire", "%one"},
		{"leak=shift:2 round=ceil compare=gt reset=subtract when=fire", "%th, bias=%b, reset=%r"},
		{"leak=shift:1 round=zero compare=ge reset=value when=fire guard=2", "%th, bias=%b, reset=%b"},
		{"leak=shift:31 round=ceil compare=ge reset=none when=fire", "%th, init=%v0"},
		{"leak=decay:3 round=floor compare=ge reset=zero when=fire guard=4", "%th, init=%v0"},
		{"leak=decay:1 round=ceil compare=gt reset=none when=fire", "%one, bias=%one"},
		{"leak=decay:2 round=zero compare=ge reset=subtract when=fire", "%one, reset=%one, init=%v0"},
		{"leak=all round=floor compare=ge reset=zero when=fire", "%th, bias=%b"},
		{"leak=all round=floor compare=gt reset=subtract when=next", "%th, reset=%r"},
		{"leak=all round=floor compare=ge reset=value when=next", "%th, reset=%r"},
		{"leak=none round=floor compare=gt reset=subtract when=next", "%one, reset=%one"},
		{"leak=shift:1 round=ceil compare=gt reset=subtract when=next guard=1", "%th, reset=%r, bias=%b"},
		{"leak=shift:1 round=zero compare=ge reset=zero when=next", "%one, init=%b"},
		{"leak=decay:4 round=floor compare=gt reset=value when=next", "%one, bias=%b, reset=%v0"},
		{"leak=shift:3 round=floor compare=ge reset=none when=next", "%th"},
		{"leak=csd:7/8 round=floor compare=ge reset=zero when=fire guard=3", "%th, bias=%b"},
		{"leak=csd:233/256 round=ceil compare=gt reset=subtract when=next", "%one, reset=%r"},
		{"leak=csd:5/16 round=zero compare=ge reset=value when=fire", "%th, reset=%b, init=%v0"},
		{"leak=shift:1 current=csd:3/4 round=floor compare=gt reset=zero when=fire guard=2", "%th"},
		{"leak=csd:15/16 current=shift:1 round=zero compare=ge reset=subtract when=next order=after", "%th, reset=%one"},
		{"leak=decay:2 current=decay:1 round=ceil compare=ge reset=zero when=fire order=late", "%one, bias=%b"},
		{"leak=all current=none round=floor compare=gt reset=subtract when=next order=after", "%one, reset=%r"},
		{"leak=none current=all round=floor compare=ge reset=zero when=fire order=late", "%th"},
		{"leak=none current=all round=floor compare=ge reset=value when=next order=after", "%th, reset=%b"},
		{"leak=csd:7/8 round=floor compare=ge reset=zero when=next masks=true", "%one, bias=%b, init=%v0"},
		{"leak=all round=floor compare=ge reset=zero when=next masks=true", "%th"},
		{"leak=shift:2 current=csd:5/8 round=zero compare=gt reset=zero when=next masks=true masks-current=true order=after", "%th"},
		{"leak=shift:2 current=decay:2 round=floor compare=gt reset=zero when=next masks=true masks-current=true guard=1", "%one"},
		{"leak=shift:2 current=decay:2 round=ceil compare=ge reset=zero when=next masks=true masks-current=true order=late", "%one, bias=%b"},
		{"leak=csd:3/4 round=zero compare=gt reset=subtract when=both guard=2", "%th, reset=%r, init=%v0"},
		{"leak=none round=floor compare=ge reset=subtract when=both", "%one, reset=%one, bias=%b, init=%b"},
		{"leak=all current=shift:1 round=floor compare=ge reset=subtract when=both", "%th, reset=%b, init=%one"},
		{"leak=shift:1 round=floor compare=ge reset=none when=fire silent=true", "bias=%b, init=%v0"},
		{"leak=csd:25/32 current=csd:9/16 round=ceil compare=ge reset=none when=fire silent=true guard=1 order=after", "bias=%one"},
	} {
		t.Run(fmt.Sprintf("%d", i), func(t *testing.T) {
			steps := []int{9, 1, 4}[i%3]
			n := []int{1, 7, 33, 20}[i%4]
			k := []int{31, 1, 65}[i%3]
			lanes := []int{8, 32, 1, 4, 2}[i%5]
			net := parse(t, variant(steps, n, k, c.attrs, c.params))
			vs := samples(t, net, uint64(i), 6)
			dir := emit(t, net, lanes, vs)
			passes(t, net, lanes, vs, simulate(t, dir))
			lint(t, dir)
			for _, s := range vs {
				for _, step := range s.Steps {
					spikes += count(step.Spikes[0], func(x uint8) bool { return x == 1 })
					negative += count(step.States[0], func(x int32) bool { return x < 0 })
				}
			}
		})
	}
	if spikes == 0 || negative == 0 {
		t.Errorf("the vectors hold %d spikes and %d negative membranes: they show nothing", spikes, negative)
	}
}

func count[T any](xs []T, is func(T) bool) int {
	n := 0
	for _, x := range xs {
		if is(x) {
			n++
		}
	}
	return n
}
