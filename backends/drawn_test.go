package backends_test

import (
	"context"
	"slices"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/backends/lower/lowertest"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/irtest/drawn"
	"nomul/runtime/engine"
)

// taken draws nets from a seed on, without those that a back end refuses, which are few.
func taken(t *testing.T, b backends.Backend, draw func(uint64) *ir.Net, from, n uint64) (nets []*ir.Net) {
	t.Helper()
	for seed := from; seed < from+n; seed++ {
		net := draw(seed)
		if found := b.Check(net); found.Err() != nil {
			t.Logf("%s refuses %s: %s", b.Name(), net.Name, found[0].Message)
			continue
		}
		nets = append(nets, net)
	}
	if uint64(len(nets)) < n-n/4 {
		t.Errorf("%s takes %d nets of %d", b.Name(), len(nets), n)
	}
	return nets
}

// planning are the back ends whose code follows a plan.
func planning() []planner { return []planner{goasm.New(), cgen.New()} }

type planner interface {
	backends.Backend
	Plan(*ir.Net) *lower.Plan
}

// samePlanned demands the results of the interpreter of the plans of a back end, as their texts say.
func samePlanned(t *testing.T, b planner, cases []engine.Case, want []backends.Vectors) {
	t.Helper()
	got := engine.Each(t.Context(), cases, func(_ context.Context, net *ir.Net) (engine.Engine, error) {
		return engine.NewPlanned(net, lowertest.Reread(t, b.Plan(net))), nil
	})
	equal(t, "the plan of "+b.Name(), cases, got, want)
}

// Nets of archives have the results of the interpreter as Go and C plan them.
func TestArchivedPlans(t *testing.T) {
	for _, b := range planning() {
		var nets []*ir.Net
		for _, path := range irtest.Files(t, "../testdata/run/*.txtar") {
			if net := irtest.ArchivedNet(t, path); b.Check(net).Err() == nil {
				nets = append(nets, net)
			}
		}
		if len(nets) < 40 {
			t.Errorf("%s takes %d nets", b.Name(), len(nets))
		}
		cases, want := casesOf(t, nets, 2)
		samePlanned(t, b, cases, want)
	}
}

// Nets drawn at random have the results of the interpreter as Go and C plan them, and are emitted.
func TestDrawnPlans(t *testing.T) {
	for _, b := range planning() {
		nets := slices.Concat(taken(t, b, drawn.Net, 1000, 150), taken(t, b, drawn.Cells, 1000, 50), taken(t, b, words, 1000, 50))
		cases, want := casesOf(t, nets, 2)
		for _, c := range cases {
			if len(b.Emit(c.Net, backends.Options{Name: "net"})) == 0 {
				t.Errorf("%s has no files of %s", b.Name(), c.Net.Name)
			}
		}
		samePlanned(t, b, cases, want)
	}
}

// work counts the elements that a net computes.
func work(net *ir.Net) (n int) {
	for _, v := range net.Values {
		n += net.Steps * v.Type.Size()
	}
	return n
}

// Nets drawn at random have the results of the interpreter on every back end, and so have nets of cells.
func TestDrawnNets(t *testing.T) { drawnNets(t, drawn.Net) }

func TestDrawnCells(t *testing.T) { drawnNets(t, drawn.Cells) }

// Layers of weights that read words, and neurons that send them, have the results of the interpreter on every back end.
func TestDrawnWords(t *testing.T) { drawnNets(t, words) }

func words(seed uint64) *ir.Net {
	net, _ := drawn.Words(seed)
	return net
}

// drawnNets runs nets on every back end; small ones in Verilog, since simulators are slow.
func drawnNets(t *testing.T, draw func(uint64) *ir.Net) {
	irtest.Long(t)
	ctx := t.Context()
	t.Run("go", func(t *testing.T) {
		cases, want := casesOf(t, taken(t, goasm.New(), draw, 2000, 40), 3)
		agreeInGo(t, cases, want)
	})
	t.Run("c", func(t *testing.T) {
		cases, want := casesOf(t, taken(t, cgen.New(), draw, 3000, 40), 3)
		agreeInC(t, cases, want)
	})
	t.Run("verilog", func(t *testing.T) {
		nets := slices.DeleteFunc(taken(t, verilog.New(), draw, 4000, 100), func(net *ir.Net) bool { return work(net) > 6000 })
		if len(nets) < 12 {
			t.Fatalf("%d nets are small enough to simulate", len(nets))
		}
		cases, want := casesOf(t, nets[:12], 2)
		got := engine.Each(ctx, cases, func(ctx context.Context, net *ir.Net) (engine.Engine, error) {
			return engine.Verilog(ctx, net, verilog.New(), backends.Options{Name: "top", Lanes: 1 + len(net.Values)%4}, "iverilog")
		})
		equal(t, "verilog", cases, got, want)
	})
}
