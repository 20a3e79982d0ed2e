package goasm

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// sketchRunner runs the functions of sketches, in plain Go and in vectors, on a stream of
// numbers: the initial value of each argument, and then for each step the input and the
// expected state and result.
const sketchRunner = `package main

import (
	"encoding/binary"
	"fmt"
	"os"
)

const neurons = NEURONS

type kernel struct{ name string }

func bit(fires bool) uint64 {
	if fires {
		return 1
	}
	return 0
}

type stream struct{ data []byte }

func (s *stream) numbers() []int64 {
	out := make([]int64, neurons)
	for i := range out {
		out[i] = int64(binary.LittleEndian.Uint64(s.data))
		s.data = s.data[8:]
	}
	return out
}

func lanes[T int16 | int32](s *stream) []T {
	out := make([]T, neurons)
	for i, n := range s.numbers() {
		out[i] = T(n)
	}
	return out
}

func spikes(s *stream) []uint64 {
	out := make([]uint64, neurons/64)
	for i, n := range s.numbers() {
		out[i/64] |= uint64(n) << (i % 64)
	}
	return out
}

func same[T int16 | int32 | uint64](name, kernel string, step int, got, want []T) {
	for i := range want {
		if got[i] != want[i] {
			fmt.Println(name, kernel, "step", step, "element", i, "is", got[i], "wanted", want[i])
			return
		}
	}
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"go", "vectors"} {
		s, u := &stream{data}, newUpdates(&kernel{name})
CALLS		fmt.Println("compared", name, len(s.data))
	}
}
`

// first has the value of each argument before the first step.
func (s sketch) first(p *plan, l *loop) []int64 {
	var out []int64
	for _, a := range l.args {
		at := slices.IndexFunc(p.buffers, func(b *buffer) bool { return b.name == a.field })
		for n := range sketchNeurons {
			number := int64(0)
			switch c := (*section)(nil); {
			case a.name == "membrane":
				number = s.data[3][n]
			case at < 0:
			default:
				if c = p.buffers[at].constant; c == nil {
					break
				}
				if l.form == narrow {
					number = int64(int16(binary.LittleEndian.Uint16(p.blob[c.from+2*n:])))
				} else {
					number = int64(int32(binary.LittleEndian.Uint32(p.blob[c.from+4*n:])))
				}
			}
			out = append(out, number)
		}
	}
	return out
}

// run has, for each step, the input, the state and the result by the program itself.
func (s sketch) run(l *loop) []int64 {
	var out []int64
	state := make([][]int64, sketchNeurons)
	for n := range state {
		for _, v := range s.program.Vars {
			state[n] = append(state[n], 0)
			if v.Init >= 0 {
				state[n][len(state[n])-1] = s.data[v.Init][n]
			}
		}
	}
	results, values := make([]int64, sketchNeurons), make([]int64, len(s.program.Code))
	for step := range sketchSteps {
		now := func(slot, n int) int64 {
			if slot == 0 || slot == 4 {
				n += step * sketchNeurons
			}
			return s.data[slot][n]
		}
		for n := range sketchNeurons {
			s.program.Run(values, int64(step), state[n], func(slot int) int64 { return now(slot, n) })
			results[n] = values[s.program.Result()]
			for i := range state[n] {
				state[n][i] = values[s.program.Stored(i)]
			}
		}
		out = append(out, s.expected(l, step, now, state, results)...)
	}
	return out
}

// expected has the inputs and results of a step, argument by argument.
func (s sketch) expected(l *loop, step int, now func(slot, n int) int64, state [][]int64, results []int64) []int64 {
	var in, out []int64
	for _, a := range l.args {
		for n := range sketchNeurons {
			switch v := s.program.Var(a.name); {
			case a.name == "x":
				in = append(in, now(0, n))
			case a.name == "x4":
				in = append(in, now(4, n))
			case a.name == "step":
				out = append(out, int64(step+1))
			case v >= 0:
				out = append(out, state[n][v])
			case a.written:
				out = append(out, results[n])
			}
		}
	}
	return append(in, out...)
}

// calls prints the code that runs a layer's function and compares.
func (s *loop) calls() string {
	var names, first, before, after []string
	for i, a := range s.args {
		name, read := fmt.Sprintf("a%d", i), "lanes["+s.form.elem()+"](s)"
		if a.spikes {
			read = "spikes(s)"
		}
		names, first = append(names, name), append(first, read)
		switch {
		case !a.written && !a.constant:
			before = append(before, fmt.Sprintf("copy(%s, %s)", name, read))
		case a.written:
			after = append(after, fmt.Sprintf("same(%q, name, step, %s, %s)", s.of, name, read))
		}
	}
	list := strings.Join(names, ", ")
	return fmt.Sprintf("{\n%s := %s\nfor step := range %d {\n%s\n}\n}\n", list, strings.Join(first, ", "), sketchSteps,
		strings.Join(slices.Concat(before, []string{fmt.Sprintf("u.%s(%s)", s.first.of, list)}, after), "\n"))
}

// Random programs of all instructions give the interpreter's results in plain Go, AVX2 and NEON.
func TestPrograms(t *testing.T) {
	irtest.Long(t)
	p := newSketchPlan()
	var calls strings.Builder
	var data []byte
	vectors, narrows, wides, layers := 0, 0, 0, 0
	for seed := range 150 {
		s := sketches.Example(seed)
		l := s.layer(p, fmt.Sprint("layer", seed))
		if !strings.Contains(l.signature(), "x") {
			continue // no instruction takes the input
		}
		layers++
		calls.WriteString(l.calls())
		for _, n := range append(s.first(p, l), s.run(l)...) {
			data = binary.LittleEndian.AppendUint64(data, uint64(n))
		}
		if _, ok := avx2.function(l); ok {
			vectors++
		}
		if l.form == narrow {
			narrows++
		}
		if l.wide {
			wides++
		}
	}
	t.Logf("%d programs, %d in vectors, %d of 16 bits, %d in 64 bits", layers, vectors, narrows, wides)
	if min(vectors, narrows, wides) < 5 {
		t.Error("too few of some kind")
	}
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range p.updateFiles() {
		write(f.Name, f.Data)
	}
	write("go.mod", []byte("module sketches\n\ngo 1.22\n"))
	write("main.go", []byte(strings.NewReplacer("NEURONS", fmt.Sprint(sketchNeurons), "CALLS", calls.String()).Replace(sketchRunner)))
	write("simd_arm64.h", []byte(read("kernel/simd_arm64.h")))
	write("data", data)
	for arch, under := range map[string][]string{"amd64": nil, "arm64": {"qemu-aarch64", "-cpu", "max"}} {
		t.Run(arch, func(t *testing.T) {
			run := buildSketches(t, dir, arch, under)
			if out := run("data"); out != "compared go 0\ncompared vectors 0\n" {
				t.Error(out)
			}
			write("wrong", append(append(data[:len(data)-8:len(data)-8], data[len(data)-8]^1), data[len(data)-7:]...))
			if out := run("wrong"); strings.Count(out, "wanted") != 2 {
				t.Errorf("a wrong number was not seen twice:\n%s", out)
			}
		})
	}
}

// buildSketches builds the program, and returns the function that runs it on a file.
func buildSketches(t *testing.T, dir, arch string, under []string) func(file string) string {
	if len(under) > 0 {
		if _, err := exec.LookPath(under[0]); err != nil {
			t.Skip(err)
		}
	}
	run := func(command ...string) string {
		c := exec.Command(command[0], command[1:]...)
		c.Dir, c.Env = dir, append(os.Environ(), "GOARCH="+arch, "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
		return string(out)
	}
	run("go", "vet", "-bools=false", ".")
	run("go", "build", "-o", arch, ".")
	return func(file string) string { return run(append(under[:len(under):len(under)], "./"+arch, file)...) }
}
