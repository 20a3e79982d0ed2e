package cgen

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir/irtest"
)

// A program that no net has, with words at each step as operands of a sum, is emitted as
// its text says: the artefact's own test holds it against the machine of the lowered level.
func TestHandWrittenProgram(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("needs gcc")
	}
	text, err := os.ReadFile("../../testdata/lower/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	program, err := lower.Parse(string(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Only its ports count: their names, types and places.
	net := irtest.ParseNet(t, "ports", "net ports fixed steps=4 {\nonce\n%x = input : u4[2]\n%y = output %x : u4[2]\n}\n")
	var v backends.Vectors
	machine := lower.NewMachine(lower.NewPlan(program, lower.Plain))
	for _, x := range [][]int64{{0, 0}, {15, 15}, {3, 1}, {0, 9}, {7, 2}} {
		y := machine.Run(map[string][]int64{"x": x}, nil)["y"]
		v = append(v, backends.Sample{Inputs: [][]int64{x}, Steps: make([]backends.StepTrace, 4), Outputs: [][]int64{append([]int64(nil), y...)}})
	}
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
