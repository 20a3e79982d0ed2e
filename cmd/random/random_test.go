package main

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"nomul/frontend/onnx/randnet"
	"nomul/ir"
	"nomul/ir/irtest"
)

// Networks drawn from a fixed seed hold at every stage, on engines too.
func TestRandomNetworks(t *testing.T) {
	irtest.Long(t)
	o := &options{count: 800, seed: 1, engines: [3]int{40, 1, 2}, keep: t.TempDir(), workers: 2}
	r, err := survey(context.Background(), o, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unavailable) > 0 && os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
		for _, what := range r.Unavailable {
			if !strings.Contains(what, "onnxruntime") {
				t.Error(what)
			}
		}
	}
	for _, f := range r.Faults {
		t.Errorf("%d: %s\nmake random RANDOM_FLAGS='--plan \"%s\"'\n%s", f.Count, f.Kind, f.Plan, f.Message)
	}
	if r.Verdicts[held] < o.count/4 {
		t.Errorf("only %d of %d networks are compiled: nothing is held against anything", r.Verdicts[held], o.count)
	}
	if len(r.Engines) == 0 && len(r.Unavailable) == 0 {
		t.Error("no engine ran")
	}
}

// A printed plan is read as the same plan, and every simpler one is simpler.
func TestPlans(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p := randnet.Draw(random)
		if q := randnet.Parse(p.String()); q.String() != p.String() {
			t.Fatalf("%s is read as %s", p, q)
		}
		for _, q := range p.Simpler() {
			if q.Size() >= p.Size() {
				t.Fatalf("%s is not simpler than %s", q, p)
			}
		}
	}
}

// Every pair of features that is wished for occurs, or is counted.
func TestPairsOccur(t *testing.T) {
	irtest.Long(t)
	d := newDrawer(3)
	before := d.coverage()
	for range 2000 {
		if _, _, err := d.next(); err != nil {
			t.Fatal(err)
		}
	}
	after := d.coverage()
	if before.Met != 0 || after.Met < 9000 || after.Missing >= before.Missing {
		t.Errorf("pairs were %+v, and are %+v", before, after)
	}
}

// drawn is a network of several layers that is compiled.
func drawn(t *testing.T) *network {
	t.Helper()
	n, o := through(randnet.Parse("seed=5 head=linear; layer 0: neuron=leaky width=4; layer 1: width=4"))
	if o.verdict != held {
		t.Fatal(o)
	}
	return n
}

func negate(t *ir.Tensor) {
	for i := range t.F {
		t.F[i] = -t.F[i]
	}
	for i := range t.I {
		t.I[i] = -t.I[i]
	}
}

// Each oracle finds a fault that is planted where it looks.
func TestPlantedFaultsAreFound(t *testing.T) {
	irtest.Long(t)
	change := func(net *ir.Net, name string, f func(*ir.Tensor)) {
		v := net.Find(name)
		if v == nil {
			t.Fatalf("no %%%s in\n%s", name, ir.Print(net, ""))
		}
		f(v.Const())
	}
	for what, plant := range map[string]func(*network) error{
		"a weight of the spiking net": func(n *network) error {
			change(n.spiking, "fc0.weight", negate)
			return n.runSpiking()
		},
		"a weight on the way to integers": func(n *network) error {
			change(n.exact, "fc0.weight", negate)
			return n.runExact()
		},
		"an integer weight": func(n *network) error {
			change(n.fixed, "fc0.weight", negate)
			return n.runBounds()
		},
		"a row of coarse weights": func(n *network) error {
			change(n.fixed, "fc0.weight", func(w *ir.Tensor) {
				for i := range w.I {
					w.I[i] = w.I[i] / 16 * 16
				}
			})
			return n.runRows()
		},
		"an output": func(n *network) error {
			for _, b := range n.bounds {
				if b.Output {
					b.Offset.F[0]++
				}
			}
			return n.runForced()
		},
	} {
		n := drawn(t)
		if err := plant(n); err == nil || judged("", err).verdict != wrong {
			t.Errorf("%s is changed, and is not found: %v", what, err)
		}
	}
}

// A fault is shrunk to a smaller plan.
func TestShrinking(t *testing.T) {
	irtest.Long(t)
	p := randnet.Parse("seed=7 form=step steps=5 behind=softmax; layer 0: neuron=leaky leak=0.9; layer 1: width=4")
	_, o := through(p)
	if o.verdict != refused {
		t.Fatalf("a softmax in each step is not refused: %v", o)
	}
	if q, _ := shrunk(p, o); q.Size() >= p.Size() {
		t.Errorf("%s stays %s", p, q)
	}
}

// Networks that a draw once found at fault: rows that a neuron reads alone and, past a
// reset, added to others; rows of layers that are added past a mask; a layer that is read in
// one step alone, past a reshape; a first membrane beside a threshold of 0; and numbers that
// differ along other axes than those that they are held against.
func TestFoundNetworks(t *testing.T) {
	irtest.Long(t)
	for plan, wanted := range map[string]verdict{
		"seed=6758170088128849022; layer 0: when=old; layer 1:; layer 2: join=everything delay=0+1":                                                        held,
		"seed=547012391563822816; layer 0: when=old; layer 1: weights=matmul numbers=repeated join=concat delay=0+1":                                       held,
		"seed=4175176856337001698; layer 0: when=old; layer 1: after=far-factor join=weighted when=next":                                                   held,
		"seed=10913233964103792503 input=spikes frames=last-axis; layer 0: numbers=far delay=0+1":                                                          held,
		"seed=13713381533264982686; layer 0: threshold=0 membrane=half":                                                                                    held,
		"seed=1424849540365611354 shape=image; layer 0: weights=matmul; layer 1: weights=matmul before=batch-norm":                                         held,
		"seed=4177905504807326725 head=integrator; layer 0: width=1":                                                                                       held,
		"seed=16020990915511821037 steps=2 head=count+membrane; layer 0: after=concat-negative again=after neuron=current-only; layer 1: neuron=recurrent": held,
		"seed=17078224130043076895 summing=nary; layer 0:; layer 1: before=batch-norm neuron=recurrent leak=0":                                             held,
	} {
		if _, o := through(randnet.Parse(plan)); o.verdict != wanted {
			t.Errorf("%s: %v, wanted %s", plan, o, wanted)
		}
	}
}
