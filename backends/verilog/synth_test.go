package verilog_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/verilog"
	"nomul/ir/irtest"
)

// small is a net that yosys maps in seconds, with every kind of module.
const small = `net small fixed steps=2 {
once
	%x = input : u3[7]
	%w1 = const {seed=1 lo=-7 hi=7} : s4[9,7]
	%b1 = const {seed=2 lo=-20 hi=20} : s8[9]
	%w2 = const {seed=3 lo=-7 hi=7} : s4[5,9]
	%w3 = const {seed=4 lo=-7 hi=7} : s4[3,5]
	%th = const {fill=9} : u4[]
	%i1 = linear %x, %w1, bias=%b1 {slots=planes} : s16[9]
step
	%s1 = neuron %i1, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[9]
	%i2 = linear %s1, %w2 : s8[5]
	%s2 = neuron %i2, %th, reset=%th {leak=decay:2 round=zero compare=gt reset=subtract when=next guard=2} : spike[5]
end
	%c = sum %s2 : u2[5]
	%l = linear %c, %w3 {slots=planes} : s8[3]
	%y = output %l : s8[3]
}
`

// kinds is a small net of the kinds that small lacks: a convolution, a product of computed
// values, joins, and neurons with leaks by digits, currents, resets of every moment, and none.
const kinds = `net kinds fixed steps=2 {
once
	%x = input : s3[2,2,2]
	%w1 = const {seed=1 lo=-3 hi=3} : s3[2,2,2,2]
	%th = const {fill=3} : u2[]
	%c1 = conv %x, %w1 {strides=[1,1] pads=[0,1,0,1] dilations=[1,1] groups=1 slots=planes} : s8[2,1,3]
step
	%d = input {per=step} : s3[2,1,3]
	%i = add %c1, %d : s8[2,1,3]
	%a = neuron %i, %th {leak=csd:7/8 current=csd:5/8 round=zero compare=ge reset=zero when=next masks=true masks-current=true guard=2} : spike[2,1,3]
	%b = neuron %i, %th, reset=%th {leak=csd:3/4 current=decay:1 order=after round=ceil compare=gt reset=subtract when=both} : spike[2,1,3]
	%c = neuron %i, %th {leak=decay:1 current=csd:3/4 order=late round=floor compare=ge reset=zero when=fire} : spike[2,1,3]
	%s = neuron %i {leak=csd:15/16 round=floor compare=ge reset=none when=fire silent=true} : s32[2,1,3]
	%p = max-pool %s {kernel=[1,2] strides=[1,1] pads=[0,0,0,0] dilations=[1,1]} : s8[2,1,2]
	%ab = and-not %a, %b : spike[2,1,3]
	%cc = reshape %c {shape=[2,3,1]} : spike[2,3,1]
	%m = matmul %s, %cc : s16[2,1,1]
end
	%y1 = first %ab : u2[2,1,3]
	%y2 = sum %c : u2[2,1,3]
	%y3 = last %p : s8[2,1,2]
	%y4 = sum %m : s16[2,1,1]
	%o4 = output %y4 : s16[2,1,1]
	%o1 = output %y1 : u2[2,1,3]
	%o2 = output %y2 : u2[2,1,3]
	%o3 = output %y3 : s8[2,1,2]
}
`

// The Makefile's own targets: the bench, lint, and the proof that no multiplier
// is in the netlist before and after mapping.
func TestMakefile(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	for _, tool := range []string{"make", "iverilog", "verilator", "yosys"} {
		irtest.Need(t, tool)
	}
	for _, text := range []string{small, kinds} {
		net := parse(t, text)
		dir := emit(t, net, 4, samples(t, net, 1, 4))
		mustRun(t, dir, "make", "-s", "test")
		mustRun(t, dir, "make", "-s", "lint")
		mustRun(t, dir, "make", "-s", "synth")
		for file, cell := range map[string]string{"ice40.stat": "SB_LUT4", "ecp5.stat": "LUT4"} {
			stat, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil || !strings.Contains(string(stat), cell) {
				t.Errorf("%s counts no %s: %v\n%s", file, cell, err, stat)
			}
		}
	}
}

// The memories that build tells of are those that yosys finds.
func TestMemoriesAreCounted(t *testing.T) {
	t.Parallel()
	irtest.Need(t, "yosys")
	for _, text := range []string{small, kinds} {
		net := parse(t, text)
		o := backends.Options{Name: "net", Lanes: 4, Vectors: samples(t, net, 1, 4)}
		stat := mustRun(t, emitOf(t, net, o), "yosys", "-p", "read_verilog net.v; hierarchy -top net_top; stat")
		b, sum := verilog.New(), 0
		for _, n := range b.(backends.Counted).Memories(b.Emit(net, o)) {
			bits, err := strconv.Atoi(regexp.MustCompile(`(\d+) bits in`).FindStringSubmatch(n.Use)[1])
			if err != nil || n.Bytes != (bits+7)/8 || bits == 0 {
				t.Errorf("%+v: %v", n, err)
			}
			sum += bits
		}
		found := regexp.MustCompile(`Number of memory bits: +(\d+)`).FindAllStringSubmatch(stat, -1)
		if got := found[len(found)-1][1]; got != strconv.Itoa(sum) { // of the whole design
			t.Errorf("counted %d bits, yosys %s", sum, got)
		}
	}
}

// A multiplication that is put into a lane must fail the proof.
func TestMultiplierIsCaught(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "make")
	irtest.Need(t, "yosys")
	net := parse(t, small)
	dir := emit(t, net, 4, nil)
	edit(t, dir, "net.v", "row + {3'd0, lane}", "row * {3'd0, lane}")
	out, err := run(dir, "make", "-s", "synth")
	if err == nil || !strings.Contains(out, "$mul") {
		t.Errorf("a multiplier passed: %v\n%s", err, out)
	}
}
