package engine

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

const fixtures = "../../testdata/engine/"

func load(t *testing.T, name string) *ir.Net {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	if err != nil {
		t.Fatal(err)
	}
	net, err := ir.Parse(name, string(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(net); err != nil {
		t.Fatal(err)
	}
	return net
}

// noise makes samples within the inputs' ranges; the first is all zeros.
func noise(net *ir.Net, n int) [][][]int64 {
	rng := rand.New(rand.NewPCG(7, 7))
	out := make([][][]int64, n)
	for i := range out {
		for _, v := range net.All(ir.OpInput) {
			x := make([]int64, v.Type.Size())
			for j := range x {
				if i > 0 {
					x[j] = v.Range.Lo + rng.Int64N(v.Range.Hi-v.Range.Lo+1)
				}
			}
			out[i] = append(out[i], x)
		}
	}
	return out
}

func reference(t *testing.T, net *ir.Net, samples [][][]int64) backends.Vectors {
	t.Helper()
	e, err := Interp(net, 2)
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.Run(context.Background(), samples, true)
	if err != nil {
		t.Fatal(err)
	}
	fired := 0
	for _, s := range want {
		for _, step := range s.Steps {
			for _, layer := range step.Spikes {
				for _, spike := range layer {
					fired += int(spike)
				}
			}
		}
	}
	if fired == 0 {
		t.Fatal("no neuron fires: nothing would be tested")
	}
	return want
}

// made is how each engine is made for a test, with the back end it takes.
type made struct {
	name    string
	backend func() backends.Backend
	open    func(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options) (Engine, error)
}

func c() backends.Backend { return cgen.New() }

func golang() backends.Backend { return goasm.New() }

func goEngine(kernel, arch string) func(context.Context, *ir.Net, backends.Backend, backends.Options) (Engine, error) {
	return func(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options) (Engine, error) {
		return Go(ctx, net, b, GoOptions{Options: o, Kernel: kernel, Arch: arch})
	}
}

func cEngine(compiler string) func(context.Context, *ir.Net, backends.Backend, backends.Options) (Engine, error) {
	return func(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options) (Engine, error) {
		return C(ctx, net, b, o, compiler)
	}
}

func boardEngine(i int) func(context.Context, *ir.Net, backends.Backend, backends.Options) (Engine, error) {
	return func(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options) (Engine, error) {
		return NewBoard(ctx, net, b, o, Targets()[i])
	}
}

func simEngine(simulator string) func(context.Context, *ir.Net, backends.Backend, backends.Options) (Engine, error) {
	return func(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options) (Engine, error) {
		return Verilog(ctx, net, b, o, simulator)
	}
}

func engines() []made {
	return []made{
		{"go-auto", golang, goEngine("auto", "")},
		{"go-go", golang, goEngine("go", "")},
		{"go-arm64-neon", golang, goEngine("neon", "arm64")},
		{"c-gcc", c, cEngine("gcc")},
		{"c-clang", c, cEngine("clang")},
		{"c-m0", c, boardEngine(0)},
		{"c-m4", c, boardEngine(1)},
		{"c-rv32i", c, boardEngine(2)},
		{"verilog-iverilog", verilog.New, simEngine("iverilog")},
		{"verilog-verilator", verilog.New, simEngine("verilator")},
	}
}

// openFor opens an engine, or skips the test when tools are missing and not required.
func (m made) openFor(t *testing.T, net *ir.Net, b backends.Backend) Engine {
	t.Helper()
	e, err := m.open(context.Background(), net, b, backends.Options{Name: "demo", Lanes: 8})
	if toolchain.IsMissing(err) && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1" {
		t.Skip("skipped: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEnginesAgreeWithTheInterpreter(t *testing.T) {
	irtest.Long(t)
	for _, name := range []string{"odd.sir", "next.sir"} {
		net := load(t, name)
		samples := noise(net, 4)
		want := reference(t, net, samples)
		for _, m := range engines() {
			if name == "next.sir" && m.name == "verilog-verilator" {
				continue // it builds for ten seconds; once is enough, for iverilog runs the same bench
			}
			t.Run(net.Name+"/"+m.name, func(t *testing.T) {
				e := m.openFor(t, net, m.backend())
				if e.Name() != m.name {
					t.Errorf("the engine is called %s", e.Name())
				}
				got, err := e.Run(context.Background(), samples, true)
				if err != nil {
					t.Fatal(err)
				}
				if d := Compare(want, got); !d.None() {
					t.Errorf("%+v", d)
				}
				checkCost(t, e, net, want)
			})
		}
	}
}

// checkCost demands a count from engines that count, and that the hardware's is
// the one the back end computes.
func checkCost(t *testing.T, e Engine, net *ir.Net, want backends.Vectors) {
	t.Helper()
	counted, ok := e.(Counted)
	if !ok {
		return
	}
	cost := counted.Cost()
	switch e.(type) {
	case *Board:
		sum := 0.0
		for _, f := range cost.Functions {
			sum += f.Instructions
		}
		if cost.Instructions < 1000 || sum != cost.Instructions || len(cost.Functions) < 3 {
			t.Errorf("cost %+v", cost)
		}
	case *Simulation:
		cycles := 0
		for _, s := range want {
			cycles += verilog.Cycles(net, s, 8)
		}
		if cost.Cycles != float64(cycles)/float64(len(want)) {
			t.Errorf("measured %v clocks a sample, computed %d for all", cost.Cycles, cycles)
		}
	}
}

func TestWithoutTrace(t *testing.T) {
	irtest.Long(t)
	net := load(t, "odd.sir")
	samples := noise(net, 2)
	want := reference(t, net, samples)
	want = want.WithoutSteps()
	for _, name := range []string{"go-go", "c-gcc", "c-m0", "verilog-iverilog"} {
		t.Run(name, func(t *testing.T) {
			m := engineNamed(t, name)
			got, err := m.openFor(t, net, m.backend()).Run(context.Background(), samples, false)
			if err != nil {
				t.Fatal(err)
			}
			if d := Compare(want, got); !d.None() {
				t.Errorf("%+v", d)
			}
		})
	}
}

// sabotage is a back end with a fault in one emitted file.
type sabotage struct {
	backends.Backend
	file  string
	fault func([]byte) []byte
}

func (s sabotage) Emit(net *ir.Net, o backends.Options) []backends.File {
	files := s.Backend.Emit(net, o)
	for i, f := range files {
		if f.Name == s.file {
			files[i].Data = s.fault(f.Data)
		}
	}
	return files
}

// replace is a fault in source text. Where the text is absent it is none, and
// the test that wants it caught fails.
func replace(old, new string) func([]byte) []byte {
	return func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(old), []byte(new)) }
}

// flip changes a bit of the first byte that is neither padding nor the zero of
// weights with an offset.
func flip(data []byte) []byte {
	out := append([]byte(nil), data...)
	for i, b := range out {
		if b != 0 && b != 128 && b != 255 {
			out[i] ^= 16
			break
		}
	}
	return out
}

// digit changes the first digit of a file of hexadecimal numbers.
func digit(data []byte) []byte {
	out := append([]byte(nil), data...)
	out[0] ^= 1
	return out
}

func TestWrongKernelIsCaught(t *testing.T) {
	irtest.Long(t)
	for _, f := range []struct {
		engine, net string
		sabotage
	}{
		{"go-auto", "odd.sir", sabotage{file: "demo/weights.bin", fault: flip}},
		{"go-go", "odd.sir", sabotage{file: "demo/updates.go", fault: replace(":= t1 << 4", ":= t1<<4 + 1")}},
		{"c-gcc", "edge.sir", sabotage{file: "demo.c", fault: replace("h >= threshold[", "h > threshold[")}},
		{"c-rv32i", "odd.sir", sabotage{file: "demo.c", fault: replace("h >= threshold[", "h < threshold[")}},
		{"verilog-iverilog", "odd.sir", sabotage{file: "demo_1_weights.hex", fault: digit}},
	} {
		t.Run(f.engine+"/"+f.file, func(t *testing.T) {
			net := load(t, f.net)
			samples := noise(net, 4)
			if f.net == "edge.sir" {
				samples = [][][]int64{{{4, 3, 0}}} // the first neuron meets its threshold exactly
			}
			want := reference(t, net, samples)
			m := engineNamed(t, f.engine)
			// the model would know its memories again, and end before it is compared
			f.Backend = sabotage{m.backend(), "demo.v", replace("(digest !== ", "(0 && digest !== ")}
			got, err := m.openFor(t, net, f.sabotage).Run(context.Background(), samples, true)
			if err != nil {
				t.Fatal(err)
			}
			d := Compare(want, got)
			if d.None() || d.First == "" {
				t.Error("the fault was not caught")
			}
			t.Logf("%+v", d)
		})
	}
}

func engineNamed(t *testing.T, name string) made {
	t.Helper()
	for _, m := range engines() {
		if m.name == name {
			return m
		}
	}
	t.Fatalf("no engine %s", name)
	return made{}
}

func TestCompare(t *testing.T) {
	net := load(t, "next.sir")
	samples := noise(net, 3)
	want := reference(t, net, samples)
	if d := Compare(want, reference(t, net, samples)); !d.None() || d.First != "" {
		t.Errorf("equal runs differ: %+v", d)
	}
	for _, c := range []struct {
		name  string
		spoil func(v backends.Vectors) backends.Vectors
		want  Mismatches
	}{
		{"spike", func(v backends.Vectors) backends.Vectors { v[1].Steps[2].Spikes[0][3] ^= 1; return v }, Mismatches{Spikes: 1}},
		{"membrane", func(v backends.Vectors) backends.Vectors { v[2].Steps[0].States[0][0]++; return v }, Mismatches{States: 1}},
		{"output", func(v backends.Vectors) backends.Vectors { v[0].Outputs[0][4]--; return v }, Mismatches{Outputs: 1}},
		{"short", func(v backends.Vectors) backends.Vectors { v[0].Steps = v[0].Steps[:2]; return v }, Mismatches{Spikes: 1, States: 1}},
		{"layer", func(v backends.Vectors) backends.Vectors { v[0].Steps[1].Spikes = nil; return v }, Mismatches{Spikes: 1}},
		{"size", func(v backends.Vectors) backends.Vectors { v[0].Outputs[0] = v[0].Outputs[0][:2]; return v }, Mismatches{Outputs: 1}},
	} {
		d := Compare(want, c.spoil(reference(t, net, samples)))
		if d.First == "" {
			t.Errorf("%s: no first mismatch", c.name)
		}
		d.First = ""
		if d != c.want {
			t.Errorf("%s: %+v, wanted %+v", c.name, d, c.want)
		}
	}
	if d := Compare(want, want[:2]); d.Outputs == 0 || d.Spikes == 0 {
		t.Errorf("a missing sample gave %+v", d)
	}
}

func TestSamplesThatDoNotFit(t *testing.T) {
	net := load(t, "odd.sir")
	e, err := Interp(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, samples := range map[string][][][]int64{
		"inputs":   {{}},
		"elements": {{make([]int64, 24)}},
		"range":    {{append(make([]int64, 24), 256)}},
	} {
		_, err := e.Run(context.Background(), samples, false)
		var d *diag.Diagnostic
		if !errors.As(err, &d) || d.Code != diag.BadData || !strings.Contains(d.Message, "sample 0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStreamOfTheWrongLength(t *testing.T) {
	s := newStream(load(t, "odd.sir"))
	samples := noise(s.net, 2)
	for _, n := range []int{0, 2*s.size(true) - 1, 2*s.size(true) + 1, 2 * s.size(false)} {
		if _, err := s.decode(bytes.NewReader(make([]byte, n)), samples, true); err == nil {
			t.Errorf("%d bytes were taken for two samples", n)
		}
	}
}

func TestMissingToolsAndForeignMachines(t *testing.T) {
	net := load(t, "next.sir")
	ctx := context.Background()
	if _, err := C(ctx, net, c(), backends.Options{Name: "demo"}, "no-such-cc"); !toolchain.IsMissing(err) {
		t.Errorf("got %v", err)
	}
	if _, err := Go(ctx, net, goasm.New(), GoOptions{Options: backends.Options{Name: "demo"}, Arch: "mips"}); !toolchain.IsMissing(err) {
		t.Errorf("got %v", err)
	}
	if _, err := Verilog(ctx, net, verilog.New(), backends.Options{}, "abacus"); err == nil || toolchain.IsMissing(err) {
		t.Errorf("got %v", err)
	}
}

func TestRefusedNet(t *testing.T) {
	net := load(t, "next.sir")
	net.Level = ir.Spiking
	_, err := C(context.Background(), net, c(), backends.Options{Name: "demo"}, "gcc")
	var list diag.List
	if !toolchain.IsMissing(err) && !errors.As(err, &list) {
		t.Errorf("a net that is not fixed gave %v", err)
	}
}
