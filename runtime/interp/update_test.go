package interp_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/update"
)

// The program of a neuron, on which ranges are proved and which back ends print, equals
// the interpreter's own equation for all attributes; so does the program without leaks.
// Every value is in its range.
func TestUpdateIsTheNeuron(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, []ir.LeakKind{ir.LeakNone, ir.LeakAll, ir.LeakShift, ir.LeakDecay, ir.LeakCSD}, rapid.IntRange(0, 4).Draw(t, "guard"))
		results, membranes := s.run(t)
		v := s.net(t).Find("s")
		p, r := v.Update(len(s.x))
		s.follow(t, v, p, r, results, membranes)
		p, r = p.Expand(r)
		s.follow(t, v, p, r, results, membranes)
	})
}

// follow runs a program beside the interpreter.
func (s sample) follow(t *rapid.T, v *ir.Value, p *update.Program, r update.Ranges, results, membranes []int64) {
	state, values := make([]int64, len(p.Vars)), make([]int64, len(p.Code))
	state[p.Var(ir.MembraneVar)] = s.start
	for step, x := range s.x {
		p.Run(values, int64(step), state, func(slot int) int64 {
			if slot == ir.NeuronX {
				return x
			}
			return v.Args[slot].Const().I[0]
		})
		for i, n := range values {
			if !r.Values[i].Contains(ir.Range{Lo: n, Hi: n}) {
				t.Fatalf("%+v\nstep %d: value %d of\n%s is %d", s, step, i, strings.Join(p.Lines(r), "\n"), n)
			}
		}
		for i := range p.Vars {
			state[i] = values[p.Stored(i)]
			if !r.Vars[i].Contains(ir.Range{Lo: state[i], Hi: state[i]}) {
				t.Fatalf("%+v\nstep %d: %s is %d, out of %v", s, step, p.Vars[i].Name, state[i], r.Vars[i])
			}
		}
		result, membrane := values[p.Result()], state[p.Var(ir.MembraneVar)]
		if result != results[step] || membrane != membranes[step] {
			t.Fatalf("%+v\nstep %d of\n%s: result %d, membrane %d, wanted %d, %d", s, step, p, result, membrane, results[step], membranes[step])
		}
	}
}
