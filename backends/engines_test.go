package backends_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/engine"
	"nomul/runtime/engine/toolchain"
)

// casesOf gives every net noise to run, of all zeros at first where the input has them.
func casesOf(t *testing.T, nets []*ir.Net, samples int) ([]engine.Case, []backends.Vectors) {
	t.Helper()
	var cases []engine.Case
	var want []backends.Vectors
	for _, net := range nets {
		if err := ir.Verify(net); err != nil {
			t.Fatalf("%s: %v", net.Name, err)
		}
		c := engine.Case{Net: net}
		for i, in := range irtest.Inputs(net, 1, samples) {
			var sample [][]int64
			for _, v := range net.All(ir.OpInput) {
				x := slices.Clone(in[v.Name].I)
				if i == 0 && v.Range.Contains(ir.Range{}) {
					clear(x)
				}
				sample = append(sample, x)
			}
			c.Samples = append(c.Samples, sample)
		}
		e, err := engine.Interp(net, 1)
		if err != nil {
			t.Fatalf("%s: %v", net.Name, err)
		}
		v, err := e.Run(t.Context(), c.Samples, true)
		if err != nil {
			t.Fatalf("%s: %v", net.Name, err)
		}
		cases, want = append(cases, c), append(want, v)
	}
	return cases, want
}

// equal demands that every case ran, and gave the vectors of the interpreter.
func equal(t *testing.T, name string, cases []engine.Case, got []engine.Result, want []backends.Vectors) {
	t.Helper()
	for i, r := range got {
		switch {
		case toolchain.IsMissing(r.Err) && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1":
			t.Skip("skipped: ", r.Err)
		case r.Err != nil:
			t.Errorf("%s on %s: %v", cases[i].Net.Name, name, r.Err)
		default:
			if d := engine.Compare(want[i], r.Vectors); !d.None() {
				t.Errorf("%s on %s: %+v", cases[i].Net.Name, name, d)
			}
		}
	}
	if len(got) != len(cases) {
		t.Errorf("%s: %d results for %d nets", name, len(got), len(cases))
	}
}

// agreeInGo demands the vectors of Go, with both kernels in one program.
func agreeInGo(t *testing.T, cases []engine.Case, want []backends.Vectors) {
	kernels := []string{"go", "auto"}
	got, err := engine.GoBatch(t.Context(), cases, goasm.New(), kernels...)
	built(t, err)
	for i, r := range got {
		equal(t, "go-"+kernels[i], cases, r, want)
	}
}

// agreeInC demands the vectors of C, which stops at undefined behaviour, and which clang, whose warnings are
// others, takes as well.
func agreeInC(t *testing.T, cases []engine.Case, want []backends.Vectors) {
	for _, compiler := range [][]string{{"gcc", "-O0", "-fsanitize=undefined", "-fno-sanitize-recover=all"}, {"clang", "-O1"}} {
		got, err := engine.CBatch(t.Context(), cases, cgen.New(), compiler...)
		built(t, err)
		equal(t, compiler[0], cases, got, want)
	}
}

// agree runs nets on the engines of all back ends and demands the vectors of the
// interpreter, bit for bit.
func agree(t *testing.T, nets []*ir.Net, samples int) {
	ctx := t.Context()
	cases, want := casesOf(t, nets, samples)
	t.Run("go", func(t *testing.T) { agreeInGo(t, cases, want) })
	t.Run("c", func(t *testing.T) { agreeInC(t, cases, want) })
	t.Run("verilog", func(t *testing.T) {
		if testing.Short() {
			t.Skip("simulators are built one by one")
		}
		got := engine.Each(ctx, cases, func(ctx context.Context, net *ir.Net) (engine.Engine, error) {
			return engine.Verilog(ctx, net, verilog.New(), backends.Options{Name: "top", Lanes: 2}, "iverilog")
		})
		equal(t, "verilog", cases, got, want)
	})
}

func built(t *testing.T, err error) {
	t.Helper()
	if toolchain.IsMissing(err) && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1" {
		t.Skip("skipped: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDegenerateOperands runs every op of the fixed level with constants, the same
// operand twice, single elements and single steps, on every back end.
func TestDegenerateOperands(t *testing.T) {
	irtest.Long(t)
	var nets []*ir.Net
	for _, op := range ir.AllOps() {
		probe := probes[op]
		if probe == nil {
			if _, last := op.Levels(); last == ir.Fixed && op != ir.OpInput && op != ir.OpConst {
				t.Errorf("no net for %v", op)
			}
			continue
		}
		for i, e := range degenerateExtents {
			net, refused := degenerateNet(op, e, 1+2*i)
			nets = append(nets, net)
			for _, err := range refused {
				t.Errorf("%s: %v", net.Name, err)
			}
		}
	}
	agree(t, nets, 3)
}
