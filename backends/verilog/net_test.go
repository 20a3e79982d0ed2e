package verilog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/verilog"
	"nomul/ir/irtest"
)

// dag has two inputs, a current read by two neurons, by a sum and by an output,
// sums scanned with a sign, a linear of a linear, and names that Verilog does not allow.
const dag = `net dag fixed steps=3 {
once
	%reg = input : u5[3,11]
	%b/c = input : spike[65]
	%flat = reshape %reg {shape=[33]} : u5[33]
	%w1 = const {seed=1 lo=-3 hi=3} : s3[40,33]
	%w2 = const {seed=2 lo=-30 hi=30} : s6[40,65]
	%w3 = const {seed=3 lo=-7 hi=7} : s4[17,40]
	%w4 = const {seed=4 lo=0 hi=9} : u4[1,17]
	%w5 = const {seed=5 lo=-2 hi=2} : s3[31,40]
	%w6 = const {seed=6 lo=-2 hi=2} : s3[9,17]
	%bias = const {seed=8 lo=-90 hi=90} : s8[9]
	%even = const {fill=5} : u3[40]
	%th = const {seed=9 lo=1 hi=60} : u6[40]
	%two = const {fill=2} : u2[]
	%l1 = linear %flat, %w1 {slots=planes} : s16[40]
	%l2 = linear %b/c, %w2, bias=%even : s16[40]
	%l5 = linear %l2, %w5 {slots=planes} : s32[31]
	%o0 = output %l5 : s32[31]
step
	%a.1 = neuron %l1, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[40]
	%a_1 = neuron %l2, %th, reset=%th {leak=none round=floor compare=gt reset=subtract when=next} : spike[40]
	%n5 = neuron %reg, %two {leak=shift:2 round=floor compare=gt reset=zero when=fire} : spike[3,11]
	%i3 = linear %a.1, %w3 : s16[17]
	%n1 = neuron %i3, %two {leak=decay:1 round=ceil compare=ge reset=zero when=fire} : spike[17]
	%n2 = neuron %i3, %two, reset=%two {leak=none round=floor compare=ge reset=subtract when=fire guard=1} : spike[17]
	%n3 = neuron %n2, %two {leak=none round=floor compare=ge reset=zero when=fire} : spike[17]
	%i4 = linear %a_1, %w3 : s16[17]
	%n4 = neuron %i4, %two {leak=none round=floor compare=ge reset=zero when=fire} : spike[17]
end
	%c1 = sum %i3 : s16[17]
	%c2 = sum %n1 : u2[17]
	%c3 = sum %n3 : u2[17]
	%c4 = sum %l1 : s16[40]
	%y1 = linear %c1, %w6, bias=%bias {slots=planes} : s16[9]
	%y2 = linear %c2, %w4 {slots=planes} : u16[1]
	%o1 = output %y1 : s16[9]
	%o2 = output %c3 : u2[17]
	%o3 = output %y2 : u16[1]
	%o4 = output %c4 : s16[40]
}
`

func TestDAG(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, dag)
	vs := samples(t, net, 3, 6)
	for _, lanes := range []int{16, 64, 2} {
		dir := emit(t, net, lanes, vs)
		passes(t, net, lanes, vs, simulate(t, dir))
		lint(t, dir)
	}
}

// The bench must catch a wrong spike, a wrong membrane, a wrong output and a wrong latency.
func TestBenchCatches(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, dag)
	for what, spoil := range map[string]func(backends.Sample){
		"spike of layer 1 neuron 3":    func(s backends.Sample) { s.Steps[1].Spikes[1][3] ^= 1 },
		"membrane of layer 2 neuron 5": func(s backends.Sample) { s.Steps[2].States[2][5]++ },
		"output 4":                     func(s backends.Sample) { s.Outputs[0][4]-- },
	} {
		vs := samples(t, net, 3, 3)
		spoil(vs[2])
		log := fails(t, emit(t, net, 8, vs))
		if !strings.Contains(log, what+" is ") || strings.Contains(log, "PASS") {
			t.Errorf("%s: not caught\n%s", what, log)
		}
	}
	dir := emit(t, net, 8, samples(t, net, 3, 1))
	edit(t, dir, "tb.v", "expected = 34;", "expected = 35;")
	if log := fails(t, dir); !strings.Contains(log, "clocks, the header's formula gives") {
		t.Errorf("latency: not caught\n%s", log)
	}
}

// The bench sees each state variable that is one off, of a layer that has all.
func TestBenchSeesStates(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := irtest.ArchivedNet(t, "../../testdata/run/neuron-adapt-reset.txtar")
	for at, name := range net.Find("m").StateVars() {
		vs := samples(t, net, 3, 1)
		vs[0].Steps[4].States[2][3*at+1]++
		if log := fails(t, emit(t, net, 2, vs)); !strings.Contains(log, "step 4: "+name+" of layer 2 neuron 1 is ") {
			t.Errorf("a wrong %s is not caught\n%s", name, log)
		}
	}
}

// A bench of outputs alone sees a wrong output, and no spike.
func TestBenchOfOutputs(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, dag)
	vs := samples(t, net, 3, 3)
	vs[2].Steps[1].States[2][5]++
	o := backends.Options{Name: "net", Lanes: 8, Vectors: vs, OutputsOnly: true}
	if log := simulate(t, emitOf(t, net, o)); !strings.Contains(log, "PASS: 3 samples") {
		t.Error(log)
	}
	vs[2].Outputs[0][4]--
	if log := fails(t, emitOf(t, net, o)); !strings.Contains(log, "output 4 is ") || strings.Contains(log, "PASS") {
		t.Errorf("a wrong output is not caught\n%s", log)
	}
}

// A bench ends, whatever the engine does: here a pass never starts.
func TestBenchEnds(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, dag)
	for _, broken := range []string{"go_i3", "go_o4"} {
		dir := emit(t, net, 8, samples(t, net, 3, 2))
		model, err := os.ReadFile(filepath.Join(dir, "net.v"))
		if err != nil {
			t.Fatal(err)
		}
		start := regexp.MustCompile("wire " + broken + " = [^;]*;").Find(model)
		edit(t, dir, "net.v", string(start), "wire "+broken+" = 1'b0;")
		if log := fails(t, dir); !strings.Contains(log, "FAIL: sample 0 has not ended") {
			t.Errorf("%s: %s", broken, log)
		}
	}
}

// chain is layers of neurons that read one another: the work that a tile starts takes
// as long as the longest way from it.
const chain = `net chain fixed steps=3 {
once
	%x = input : u4[9]
	%w1 = const {seed=1 lo=-3 hi=5} : s4[21,9]
	%w2 = const {seed=2 lo=-7 hi=7} : s4[5,21]
	%th = const {fill=20} : u5[]
	%one = const {fill=1} : u2[]
	%l1 = linear %x, %w1 {slots=planes} : s16[21]
step
	%s1 = neuron %l1, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[21]
	%s2 = neuron %s1, %one {leak=none round=floor compare=ge reset=zero when=next} : spike[21]
	%s3 = neuron %s2, %one {leak=none round=floor compare=gt reset=zero when=fire} : spike[21]
	%l2 = linear %s2, %w2 : s16[5]
	%l3 = linear %s3, %w2 : s16[5]
	%s4 = neuron %l2, %one {leak=none round=floor compare=ge reset=zero when=fire} : spike[5]
	%s5 = neuron %s4, %one {leak=none round=floor compare=ge reset=zero when=fire} : spike[5]
end
	%c2 = sum %l2 : s16[5]
	%c3 = sum %l3 : s16[5]
	%c5 = sum %s5 : u2[5]
	%o2 = output %c2 : s16[5]
	%o3 = output %c3 : s16[5]
	%o5 = output %c5 : u2[5]
}
`

func TestChainOfNeurons(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, chain)
	vs := samples(t, net, 3, 4)
	for _, lanes := range []int{1, 4, 32} {
		passes(t, net, lanes, vs, simulate(t, emit(t, net, lanes, vs)))
	}
}

func edit(t *testing.T, dir, name, from, to string) {
	t.Helper()
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		t.Fatalf("%s has no %q", name, from)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), from, to)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// With waiting on both sides the values are the same.
func TestStall(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, dag)
	vs := samples(t, net, 5, 4)
	log := simulate(t, emit(t, net, 8, vs), "+stall")
	if !strings.Contains(log, "PASS: 4 samples") {
		t.Error(log)
	}
}

// The trace is the engine stream of package backends as text, and so is that of inputs given by name.
func TestTrace(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, dag)
	vs := samples(t, net, 5, 3)
	dir := emit(t, net, 16, vs)
	want := stream(vs)
	simulate(t, dir, "+trace=own.txt")
	simulate(t, dir, "+trace=given.txt", "+inputs=inputs.hex", "+samples=3")
	for _, name := range []string{"own.txt", "given.txt"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s: %d bytes differ from the stream of %d", name, len(got), len(want))
		}
	}
}

// Verilator builds the same bench and agrees.
func TestVerilator(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "verilator")
	net := parse(t, dag)
	vs := samples(t, net, 7, 4)
	dir := emit(t, net, 8, vs)
	mustRun(t, dir, "make", "-s", "verilator", "VERILATOR_FLAGS=-MAKEFLAGS OPT_FAST=-O0 -MAKEFLAGS OPT_SLOW=-O0 -MAKEFLAGS OPT_GLOBAL=-O0")
	log, err := os.ReadFile(filepath.Join(dir, "verilator.log"))
	if err != nil {
		t.Fatal(err)
	}
	passes(t, net, 8, vs, string(log))
	write(t, filepath.Join(dir, last(t, dir, "net_*_weights.hex")), nil)
	if said, err := run(dir, "vl/tb"); err == nil || !strings.Contains(said, "is cut or of another build") {
		t.Errorf("without the content of a memory it ends with %v and says\n%s", err, said)
	}
}

// The header tells each sample's latency, and nothing in the artefact depends on the run.
func TestEmitIsDeterministic(t *testing.T) {
	net := parse(t, dag)
	vs := samples(t, net, 7, 2)
	o := backends.Options{Name: "net", Lanes: 8, Vectors: vs}
	first, second := verilog.New().Emit(net, o), verilog.New().Emit(net, o)
	for i := range first {
		if first[i].Name != second[i].Name || string(first[i].Data) != string(second[i].Data) {
			t.Errorf("%s differs", first[i].Name)
		}
	}
	if line := latencies(net, vs, 8); !strings.Contains(string(first[0].Data), line) {
		t.Errorf("the header lacks %q", line)
	}
	if head := "// Code generated by nomul; DO NOT EDIT.\n"; !strings.HasPrefix(string(first[0].Data), head) {
		t.Error("the generated-code line is missing")
	}
}

// Lanes default to 32 and are rounded down to a power of two.
func TestLanes(t *testing.T) {
	net := parse(t, dag)
	s := samples(t, net, 1, 2)[1]
	for asked, lanes := range map[int]int{0: 32, 1: 1, 12: 8, 64: 64} {
		if got, want := verilog.Cycles(net, s, asked), verilog.Cycles(net, s, lanes); got != want {
			t.Errorf("%d lanes: %d clocks, wanted %d as with %d", asked, got, want, lanes)
		}
	}
	if verilog.Cycles(net, s, 8) <= verilog.Cycles(net, s, 32) {
		t.Error("more lanes are not faster")
	}
}

// The lists of a gather are written in the time that their length takes: 300,000
// elements, of which one at a time would look at all others.
func TestLargeGather(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := parse(t, `net large fixed steps=1 {
once
	%x = input : u8[600,500]
	%t = transpose %x {perm=[1,0]} : u8[500,600]
	%y = output %t : u8[500,600]
}
`)
	for _, f := range verilog.New().Emit(net, backends.Options{Name: "large", Lanes: 8}) {
		if strings.HasSuffix(f.Name, "_list.hex") && strings.Count(string(f.Data), "\n") == 600*500 {
			return
		}
	}
	t.Error("no list of all elements")
}

// A net whose inputs all come in each step begins with one of them, in every step.
func TestOnlyFrames(t *testing.T) {
	t.Parallel()
	irtest.Need(t, "iverilog")
	for _, steps := range []int{1, 3} {
		net := parse(t, fmt.Sprintf(`net frames fixed steps=%d {
once
	%%w = const {seed=1 lo=-3 hi=5} : s4[7,9]
	%%th = const {fill=6} : u5[]
step
	%%x = input {per=step} : spike[9]
	%%z = input {per=step} : u3[7]
	%%l = linear %%x, %%w : s16[7]
	%%a = add %%l, %%z : s16[7]
	%%s = neuron %%a, %%th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[7]
end
	%%c = sum %%s : u8[7]
	%%y = output %%c : u8[7]
}
`, steps))
		vs := samples(t, net, 3, 4)
		passes(t, net, 4, vs, simulate(t, emit(t, net, 4, vs)))
	}
}
