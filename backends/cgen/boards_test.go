package cgen_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/ir"
	"nomul/ir/irtest"
)

// small has everything a board can get wrong: words, signed words, spikes, wide
// weights, a tile of each size and a delayed reset.
const small = `net small fixed steps=3 {
once
	%x = input : s8[37]
	%w1 = const {seed=1 lo=-127 hi=127} : s8[33,37]
	%b1 = const {seed=2 lo=-500 hi=500} : s16[33]
	%i1 = linear %x, %w1, bias=%b1 {slots=planes} : s32[33]
	%th1 = const {seed=3 lo=2000 hi=9000} : s16[33]
	%w2 = const {seed=4 lo=-700 hi=700} : s16[29,33]
	%th2 = const {fill=600} : s16[]
	%w3 = const {seed=5 lo=-127 hi=127} : s8[10,29]
step
	%s1 = neuron %i1, %th1, reset=%th1 {leak=decay:2 round=zero compare=gt reset=subtract when=next} : spike[33]
	%i2 = linear %s1, %w2 : s16[29]
	%s2 = neuron %i2, %th2 {leak=shift:1 round=ceil compare=ge reset=zero when=fire guard=1} : spike[29]
end
	%c = sum %s2 : u2[29]
	%l = linear %c, %w3 {slots=planes} : s16[10]
	%y = output %l : s16[10]
}
`

type board struct{ name, compiler, emulator string }

// boards are the emitted Makefile's targets and the tools they need.
var boards = []board{
	{"m0", "arm-none-eabi-gcc", "qemu-system-arm"},
	{"m4", "arm-none-eabi-gcc", "qemu-system-arm"},
	{"rv32i", "riscv64-unknown-elf-gcc", "qemu-system-riscv32"},
}

// agrees demands that the program for a board tells all that the interpreter does on
// so many samples, and returns these.
func (b board) agrees(t *testing.T, net *ir.Net, samples int) backends.Vectors {
	t.Helper()
	irtest.Need(t, "make", b.compiler, b.emulator)
	dir, v := emit(t, net, samples)
	_, want := stream(net, v)
	got, said, err := try(dir, nil, "make", "-s", "qemu-"+b.name, "TRACE=1")
	if !bytes.Equal(got, want) {
		t.Errorf("the board tells %d bytes that differ from the %d expected", len(got), len(want))
	}
	if err != nil || !strings.HasSuffix(string(said), "qemu-"+b.name+": ended, no differences\n") {
		t.Errorf("the board ends with %v\n%s", err, said)
	}
	return v
}

func TestBoards(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := irtest.ParseNet(t, "small", small)
	for _, board := range boards {
		t.Run(board.name, func(t *testing.T) {
			v := board.agrees(t, net, 4)
			// The program compares by itself: a wrong expectation must end it with an error.
			v[3].Outputs[0][9]++
			dir := artefact(t, net, v)
			if _, said, err := try(dir, nil, "make", "-s", "qemu-"+board.name); err == nil || !strings.Contains(string(said), "ended with differences") {
				t.Errorf("a wrong output passes on the board: %v\n%s", err, said)
			}
		})
	}
}

// The self test must fail for one wrong spike, membrane or output anywhere, and when there is nothing to test.
func TestSelfTestFails(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc")
	net := irtest.ParseNet(t, "small", small)
	v := vectors(t, net, irtest.Inputs(net, 1, 2))
	for name, spoil := range map[string]func(){
		"spike":    func() { v[1].Steps[2].Spikes[1][28] ^= 1 },
		"membrane": func() { v[0].Steps[1].States[0][32]++ },
		"output":   func() { v[1].Outputs[0][0]-- },
		"nothing":  func() { v = nil },
	} {
		v = vectors(t, net, irtest.Inputs(net, 1, 2))
		spoil()
		dir := artefact(t, net, v)
		_, _, err := try(dir, nil, build(t, dir, "test", "gcc", "-O0"))
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Errorf("%s: the self test ends with %v, wanted exit code 1", name, err)
		}
	}
}

// The self test sees each state variable that is one off, of a layer that has all.
func TestSelfTestSeesStates(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc")
	net := irtest.ArchivedNet(t, "../../testdata/run/neuron-adapt-reset.txtar")
	for at, name := range net.Find("m").StateVars() {
		v := vectors(t, net, irtest.Inputs(net, 1, 1))
		v[0].Steps[4].States[2][3*at+1]++
		dir := artefact(t, net, v)
		if out, said, err := try(dir, nil, build(t, dir, "test", "gcc", "-O0")); err == nil || !strings.Contains(string(out)+string(said), name+" of %m, neuron 1") {
			t.Errorf("a wrong %s passes: %v\n%s%s", name, err, out, said)
		}
	}
}

// A self test of outputs alone sees a wrong output, and no spike.
func TestSelfTestOfOutputs(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc")
	net := irtest.ParseNet(t, "small", small)
	v := vectors(t, net, irtest.Inputs(net, 1, 2))
	v[1].Steps[2].Spikes[1][28] ^= 1
	for _, wrong := range []int64{0, 1} {
		v[1].Outputs[0][0] += wrong
		dir := artefactOf(t, net, backends.Options{Name: "model", Vectors: v, OutputsOnly: true})
		if _, said, err := try(dir, nil, build(t, dir, "test", "gcc", "-O0")); (err != nil) != (wrong == 1) {
			t.Errorf("with %d wrong outputs: %v\n%s", wrong, err, said)
		}
	}
}

func TestRunnerRefusesHalfASample(t *testing.T) {
	irtest.Need(t, "gcc")
	net := irtest.ParseNet(t, "small", small)
	dir, v := emit(t, net, 1)
	in, _ := stream(net, v)
	_, said, err := try(dir, in[1:], build(t, dir, "host", "gcc", "-O0"))
	if err == nil || !strings.Contains(string(said), "within a sample of 37 bytes") {
		t.Errorf("got %v, %q", err, said)
	}
}

// The stack of the table must cover the deepest chain of calls.
func TestStackIsAsPlanned(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	for _, c := range [][]string{
		{"arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb"},
		{"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"},
		{"riscv64-unknown-elf-gcc", "-march=rv32i", "-mabi=ilp32"},
	} {
		irtest.Need(t, c[0])
		for _, text := range []string{small, flagship, windows} {
			net := irtest.ParseNet(t, "net", text)
			dir, _ := emit(t, net, 1)
			args := append(c[1:len(c):len(c)], "-std=c99", "-O2", "-ffreestanding", "-fno-inline-functions-called-once", "-fcallgraph-info=su", "-c", "model.c")
			run(t, dir, nil, c[0], args...)
			planned := 0
			for _, row := range cgen.Memory(net) {
				if row.Region == "stack" {
					planned += row.Bytes
				}
			}
			if got := deepest(t, dir); got == 0 || got > planned {
				t.Errorf("%v %s: %d bytes of stack, planned %d", c, net.Name, got, planned)
			}
		}
	}
}

var (
	node = regexp.MustCompile(`node: \{ title: "([^"]*)" label: "[^"]*\\n(\d+) bytes \(static\)`)
	edge = regexp.MustCompile(`edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"`)
)

// deepest is the stack of the deepest chain in the compiler's graph of calls.
func deepest(t *testing.T, dir string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "model.ci"))
	if err != nil {
		t.Fatal(err)
	}
	frame, calls := map[string]int{}, map[string][]string{}
	for _, m := range node.FindAllStringSubmatch(string(data), -1) {
		frame[m[1]], err = strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range edge.FindAllStringSubmatch(string(data), -1) {
		calls[m[1]] = append(calls[m[1]], m[2])
	}
	var from func(string) int
	from = func(f string) int {
		below := 0
		for _, called := range calls[f] {
			below = max(below, from(called))
		}
		return frame[f] + below
	}
	most := 0
	for f := range frame {
		most = max(most, from(f))
	}
	return most
}

// Places are counted in 16 bits; the other demands of C are those of every target.
func TestCheckCountsPlaces(t *testing.T) {
	net := irtest.ParseNet(t, "refused", "net refused fixed steps=2 {\nonce\n%x = input : spike[1,65535]\n%w = const {fill=1} : s8[1,1,2]\n%c = conv %x, %w {strides=[1] pads=[0,1] dilations=[1] groups=1} : u2[1,65535]\n%y = output %c : u2[1,65535]\n}\n")
	err := cgen.New().Check(net).Err()
	if want := "target c cannot run conv %c: its input has 65536 places"; err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "unsupported-target") {
		t.Errorf("got %v, wanted %q", err, want)
	}
}
