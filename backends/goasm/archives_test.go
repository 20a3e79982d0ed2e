package goasm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/irtest/drawn"
)

// replayProgram is a program that replays the vectors of many models with every kernel.
const replayProgram = `package main

import (
	"bytes"
	"fmt"
	"os"
%s)

type model interface {
	InferStream(out, in []byte, trace bool) ([]byte, error)
}

func replay(name, kernel string, m model, err error, size int) {
	if err != nil {
		fmt.Println(name, err)
		return
	}
	in, _ := os.ReadFile(name + "/testdata/inputs.bin")
	want, _ := os.ReadFile(name + "/testdata/expected.bin")
	n := 0
	for ; len(in) >= size && len(in) > 0; n++ {
		got, err := m.InferStream(nil, in[:size], true)
		if err != nil {
			fmt.Println(name, kernel, err)
			return
		}
		whole, err := m.InferStream(nil, in[:size], false)
		if err != nil || !bytes.HasSuffix(got, whole) {
			fmt.Println(name, kernel, "sample", n, "has other outputs as a whole", err)
			return
		}
		in = in[size:]
		if len(got) > len(want) || !bytes.Equal(got, want[:len(got)]) {
			fmt.Println(name, kernel, "sample", n, "differs:", first(got, want))
			return
		}
		want = want[len(got):]
	}
	if len(in)+len(want) > 0 || n == 0 {
		fmt.Println(name, kernel, "results are left")
	}
	fmt.Println("replayed", kernel)
}

// first says where results part.
func first(got, want []byte) string {
	for i := range got {
		if i >= len(want) || got[i] != want[i] {
			return fmt.Sprintf("byte %%d of %%d", i, len(got))
		}
	}
	return "nowhere"
}

func main() {
%s}
`

// allInOne builds one program for all models of a workspace and runs it.
func (w workspace) allInOne(t *testing.T, kernels []string, way way) string {
	t.Helper()
	imports, calls := "", ""
	for _, name := range w.names {
		imports += fmt.Sprintf("\t%q\n", "nomul.model/"+name)
		for _, k := range kernels {
			calls += fmt.Sprintf("\t{\n\t\tm, err := %[1]s.NewKernel(%[2]q)\n\t\treplay(%[1]q, %[2]q, m, err, %[1]s.InputBytes)\n\t}\n", name, k)
		}
	}
	dir := filepath.Join(w.dir, "replayall")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(fmt.Sprintf(replayProgram, imports, calls)), 0o644); err != nil {
		t.Fatal(err)
	}
	w.mustRun(t, []string{"GOARCH=" + way.arch}, "go", "build", "-o", "replay-"+way.arch, "./replayall")
	return w.mustRun(t, way.env, append(append([]string{}, way.under...), "./replay-"+way.arch)...)
}

// TestArchives replays the nets of testdata/run. Refusals are told.
func TestArchives(t *testing.T) {
	irtest.Long(t)
	var nets []*ir.Net
	for _, path := range irtest.Files(t, "../../testdata/run/*.txtar") {
		net := irtest.ArchivedNet(t, path)
		if net.Level != ir.Fixed {
			continue
		}
		if found := goasm.New().Check(net); found.Err() != nil {
			t.Logf("%s is refused: %s", filepath.Base(path), found[0].Message)
			continue
		}
		net.Name = "a_" + strings.NewReplacer("-", "_", ".txtar", "").Replace(filepath.Base(path))
		nets = append(nets, net)
	}
	emit(t, 6, nets...).replayAll(t, ways(t)[0], "avx2", "go")
}

// TestOps replays nets drawn at random, which mix all ops, with every kernel.
func TestOps(t *testing.T) {
	irtest.Long(t)
	var nets []*ir.Net
	for seed := range uint64(16) {
		nets = append(nets, drawn.Net(seed))
	}
	w := emit(t, 4, nets...)
	w.replayAll(t, ways(t)[0], "avx2", "go")
	w.replayAll(t, ways(t)[3], "neon", "go")
}

// replayAll replays all models in one program, with these kernels.
func (w workspace) replayAll(t *testing.T, way way, kernels ...string) {
	out := w.allInOne(t, kernels, way)
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "replayed") {
			t.Error(line)
		}
	}
	if got := strings.Count(out, "replayed"); got != len(kernels)*len(w.names) {
		t.Errorf("%d replays, wanted %d", got, len(kernels)*len(w.names))
	}
}
