// Package lowertest has programs that no net is lowered to, for the tests of back ends, and
// their results by the machine of the lowered level.
package lowertest

import (
	"math/rand"
	"os"
	"testing"

	"nomul/backends"
	"nomul/backends/lower"
)

// Words returns a program with a layer that is no neuron: its results are words, in each step,
// which are operands of a sum.
func Words(t testing.TB) *lower.Program {
	t.Helper()
	text, err := os.ReadFile("../../testdata/lower/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	p, err := lower.Parse(string(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Vectors are the results of a program on n inputs: the lowest numbers, the largest, and random
// ones. They have no traces.
func Vectors(p *lower.Program, n int) (out backends.Vectors) {
	m, r := lower.NewMachine(lower.NewPlan(p, lower.Plain)), rand.New(rand.NewSource(1))
	for sample := range n {
		s, in := backends.Sample{Steps: make([]backends.StepTrace, p.Steps)}, map[string][]int64{}
		for _, a := range p.Arrays {
			if !a.Given {
				continue
			}
			data := make([]int64, a.Type.Size())
			for i := range data {
				switch sample {
				case 0:
					data[i] = a.Range.Lo
				case 1:
					data[i] = a.Range.Hi
				default:
					data[i] = a.Range.Lo + r.Int63n(a.Range.Hi-a.Range.Lo+1)
				}
			}
			in[a.Name], s.Inputs = data, append(s.Inputs, data)
		}
		y := m.Run(in, nil)
		for _, stage := range p.Stages {
			if stage.Output {
				s.Outputs = append(s.Outputs, append([]int64(nil), y[stage.To.Name]...))
			}
		}
		out = append(out, s)
	}
	return out
}
