package goasm_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// oldest is the Go that emitted packages are for, as a toolchain.
const oldest = "go1.22.12"

// elsewhere is a module of someone else's, whose commands run offline, in an environment
// that env adds to: an empty module cache, or the oldest toolchain.
type elsewhere struct {
	dir string
	env []string
}

func (e elsewhere) run(t *testing.T, stdin []byte, command ...string) string {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	var out, said bytes.Buffer
	c.Dir, c.Stdin, c.Stdout, c.Stderr = e.dir, bytes.NewReader(stdin), &out, &said
	c.Env = append(os.Environ(), append([]string{"GOPROXY=off", "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0"}, e.env...)...)
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(command, " "), err, out.Bytes(), said.Bytes())
	}
	return out.String()
}

// copied puts the package of a workspace into a module of another name.
func copied(t *testing.T, w workspace, name, program string, env ...string) elsewhere {
	t.Helper()
	e := elsewhere{t.TempDir(), env}
	if err := os.CopyFS(filepath.Join(e.dir, "internal", name), os.DirFS(filepath.Join(w.dir, name))); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"go.mod": "module example.com/other\n\ngo 1.22\n", "main.go": program} {
		if err := os.WriteFile(filepath.Join(e.dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

const otherProgram = `package main

import (
	"io"
	"os"

	"example.com/other/internal/dag"
)

func main() {
	sample, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	out, err := dag.New().InferStream(nil, sample, true)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(out)
}
`

// TestCopiedPackage copies a package into another module, without a module cache and
// offline. go vet complains of names that the module's Go does not have yet; where the oldest
// toolchain is installed it builds and tests the package too.
func TestCopiedPackage(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	w := emit(t, 1, parse(t, testdata+"dag.sir"))
	inputs := read(t, filepath.Join(w.dir, "dag/testdata/inputs.bin"))
	want := string(read(t, filepath.Join(w.dir, "dag/testdata/expected.bin")))
	uses := [][]string{{"GOMODCACHE=" + t.TempDir()}}
	if err := exec.Command("env", "GOPROXY=off", "GOTOOLCHAIN="+oldest, "go", "version").Run(); err == nil {
		uses = append(uses, []string{"GOTOOLCHAIN=" + oldest})
	} else {
		t.Logf("%s is not installed: go vet looks at versions", oldest)
	}
	for _, env := range uses {
		e := copied(t, w, "dag", otherProgram, env...)
		t.Log(strings.TrimSpace(e.run(t, nil, "go", "version")))
		e.run(t, nil, "go", "vet", "./...")
		e.run(t, nil, "go", "test", "./...")
		if got := e.run(t, inputs, "go", "run", "."); got != want {
			t.Errorf("%v: the copied package gave other bytes than the interpreter", env)
		}
	}
}

// heavy is a model that consists of weights.
const heavy = `net heavy fixed steps=2 {
once
	%x = input : spike[2048]
	%w = const {seed=1 lo=-127 hi=127} : s8[1024,2048]
	%a = linear %x, %w : s32[1024]
	%t = const {seed=2 lo=1 hi=90000} : s32[1024]
step
	%s = neuron %a, %t {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[1024]
end
	%c = sum %s : u2[1024]
	%y = output %c : u2[1024]
}
`

const heavyProgram = `package main

import (
	"fmt"
	"runtime"

	"example.com/other/internal/heavy"
)

func main() {
	models := []*heavy.Model{heavy.New()}
	var one, many runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&one)
	for range 10 {
		models = append(models, heavy.New())
	}
	runtime.GC()
	runtime.ReadMemStats(&many)
	fmt.Println(one.HeapAlloc, many.HeapAlloc-one.HeapAlloc)
	runtime.KeepAlive(models)
}
`

// TestSharedWeights holds ten more models to a part of the memory of one.
func TestSharedWeights(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net, err := ir.Parse("heavy.sir", heavy, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := copied(t, emit(t, 1, net), "heavy", heavyProgram)
	var first, more int
	if _, err := fmt.Sscan(e.run(t, nil, "go", "run", "."), &first, &more); err != nil {
		t.Fatal(err)
	}
	const weights = 2048 * 1024
	if more > weights/2 {
		t.Errorf("one model takes %d bytes, ten more %d, with weights of %d", first, more, weights)
	}
	t.Logf("one model takes %d bytes, ten more %d", first, more)
}
