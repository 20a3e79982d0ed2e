package proof

import (
	"context"
	"os"
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

// Emitted artefacts hold no multiplication in the code that is run.
func TestEmittedCode(t *testing.T) {
	irtest.Long(t)
	ctx := context.Background()
	o := backends.Options{Name: "demo", Lanes: 8}
	for _, name := range []string{"odd", "attention"} { // which multiplies values with each other
		net := emittedNet(t, name)
		t.Run(name, func(t *testing.T) {
			emittedSoftware(ctx, t, net, o)
			t.Run("verilog", func(t *testing.T) {
				e, err := engine.Verilog(ctx, net, verilog.New(), o, "iverilog")
				opened(t, err, e)
				p, err := Netlist(ctx, Hardware{Target: "verilog", Dir: e.Dir(), Files: []string{o.Name + ".v"}, Top: e.Top()})
				holds(t, p, err)
			})
		})
	}
}

func emittedSoftware(ctx context.Context, t *testing.T, net *ir.Net, o backends.Options) {
	t.Run("go-amd64", func(t *testing.T) { proveGo(ctx, t, net, o, "amd64", "auto", "objdump") })
	t.Run("go-arm64", func(t *testing.T) { proveGo(ctx, t, net, o, "arm64", "neon", "aarch64-linux-gnu-objdump") })
	for _, compiler := range []string{"gcc", "clang"} {
		t.Run("c-"+compiler, func(t *testing.T) {
			e, err := engine.C(ctx, net, cgen.New(), o, compiler)
			opened(t, err, e)
			p, err := Binary(ctx, Object{Path: e.Binary(), Objdump: "objdump", Functions: []string{"demo_start", "demo_step", "demo_finish"}})
			holds(t, p, err)
		})
	}
	for _, target := range engine.Targets() {
		t.Run("c-"+target.Name, func(t *testing.T) {
			e, err := engine.NewBoard(ctx, net, cgen.New(), o, target)
			opened(t, err, e)
			p, err := Binary(ctx, Object{Path: e.Binary(), Objdump: target.Objdump, Functions: []string{"demo_start", "demo_step", "demo_finish"}})
			holds(t, p, err)
		})
	}
}

func emittedNet(t *testing.T, name string) *ir.Net {
	t.Helper()
	text, err := os.ReadFile("../../testdata/engine/" + name + ".sir")
	if err != nil {
		t.Fatal(err)
	}
	net, err := ir.Parse(name+".sir", string(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func proveGo(ctx context.Context, t *testing.T, net *ir.Net, o backends.Options, arch, kernel, objdump string) {
	e, err := engine.Go(ctx, net, goasm.New(), engine.GoOptions{Options: o, Kernel: kernel, Arch: arch})
	opened(t, err, e)
	p, err := Binary(ctx, Object{Path: e.Binary(), Objdump: objdump, Package: e.Module()})
	holds(t, p, err)
}

// opened skips or fails the test when the engine could not be built.
func opened(t *testing.T, err error, e interface{ Close() error }) {
	t.Helper()
	if toolchain.IsMissing(err) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// leastScanned is fewer than the instructions or cells of any real model: below
// it the compiler has left the model out.
const leastScanned = 300

func holds(t *testing.T, p Proof, err error) {
	t.Helper()
	if toolchain.IsMissing(err) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	if !p.Holds() || p.Scanned < leastScanned {
		t.Errorf("scanned %d, found %q", p.Scanned, p.Forbidden)
	}
}
