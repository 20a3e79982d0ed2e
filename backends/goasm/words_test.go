package goasm

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/backends/lower/lowertest"
	"nomul/ir"
	"nomul/ir/irtest"
)

// portsOf are the inputs and outputs of a program.
func portsOf(p *lower.Program) (ports backends.Ports, names backends.Names) {
	names = backends.Names{}
	port := func(a *lower.Array) *ir.Value {
		v := &ir.Value{Name: a.Name, Type: a.Type, Range: a.Range}
		names[v] = a.Name
		return v
	}
	for _, a := range p.Arrays {
		if a.Given {
			ports.Inputs = append(ports.Inputs, port(a))
		}
	}
	for _, s := range p.Stages {
		if s.Output {
			ports.Outputs = append(ports.Outputs, port(s.To))
		}
	}
	return ports, names
}

// A program that no net is lowered to, whose layer gives words in each step, is emitted as it
// stands and gives the results of the machine of the lowered level.
func TestWords(t *testing.T) {
	irtest.Long(t)
	program := lowertest.Words(t)
	ports, names := portsOf(program)
	o := backends.Options{Name: "words", Vectors: lowertest.Vectors(program, 50), OutputsOnly: true}
	dir := t.TempDir()
	for _, f := range emit(newPlan(program, ports, names, o), o) {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("go", "test", "./...")
	c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0", "GOPROXY=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
