package cgen

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nomul/backends"
	"nomul/backends/lower/lowertest"
	"nomul/ir/irtest"
)

// A program that no net has, with words at each step as operands of a sum, is emitted as
// its text says: the artefact's own test holds it against the machine of the lowered level.
func TestHandWrittenProgram(t *testing.T) {
	irtest.Need(t, "make", "gcc")
	program := lowertest.Words(t)
	// Only its ports count: their names, types and places.
	net := irtest.ParseNet(t, "ports", "net ports fixed steps=4 {\nonce\n%x = input : u4[2]\n%y = output %x : u4[2]\n}\n")
	v := lowertest.Vectors(program, 8)
	run := func() ([]byte, error) {
		dir := t.TempDir()
		for _, f := range planOf(program, net, "model").emit(backends.Options{Name: "model", Vectors: v}) {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("make", "-s", "test")
		c.Dir = dir
		return c.CombinedOutput()
	}
	if said, err := run(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	v[2].Outputs[0][1]++
	if said, err := run(); err == nil {
		t.Errorf("a wrong output passes\n%s", said)
	}
}
