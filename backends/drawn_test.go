package backends_test

import (
	"context"
	"slices"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/irtest/drawn"
	"nomul/runtime/engine"
)

// taken draws nets from a seed on, without those that a back end refuses, which are few.
func taken(t *testing.T, b backends.Backend, from, n uint64) (nets []*ir.Net) {
	t.Helper()
	for seed := from; seed < from+n; seed++ {
		net := drawn.Net(seed)
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

// Nets drawn at random have the results of the interpreter as Go and C plan them, and are emitted.
func TestDrawnPlans(t *testing.T) {
	for _, b := range []interface {
		backends.Backend
		Plan(*ir.Net) *lower.Plan
	}{goasm.New(), cgen.New()} {
		cases, want := casesOf(t, taken(t, b, 1000, 150), 2)
		for _, c := range cases {
			if len(b.Emit(c.Net, backends.Options{Name: "net"})) == 0 {
				t.Errorf("%s has no files of %s", b.Name(), c.Net.Name)
			}
		}
		got := engine.Each(t.Context(), cases, func(_ context.Context, net *ir.Net) (engine.Engine, error) {
			return engine.NewPlanned(net, b.Plan(net)), nil
		})
		equal(t, "the plan of "+b.Name(), cases, got, want)
	}
}

// work counts the elements that a net computes.
func work(net *ir.Net) (n int) {
	for _, v := range net.Values {
		n += net.Steps * v.Type.Size()
	}
	return n
}

// Nets drawn at random have the results of the interpreter on every back end; small ones in Verilog,
// since simulators are slow.
func TestDrawnNets(t *testing.T) {
	irtest.Long(t)
	ctx := t.Context()
	t.Run("go", func(t *testing.T) {
		cases, want := casesOf(t, taken(t, goasm.New(), 2000, 40), 3)
		agreeInGo(t, cases, want)
	})
	t.Run("c", func(t *testing.T) {
		cases, want := casesOf(t, taken(t, cgen.New(), 3000, 40), 3)
		agreeInC(t, cases, want)
	})
	t.Run("verilog", func(t *testing.T) {
		nets := slices.DeleteFunc(taken(t, verilog.New(), 4000, 100), func(net *ir.Net) bool { return work(net) > 6000 })
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
