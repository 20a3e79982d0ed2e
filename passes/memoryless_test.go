package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
)

// forgetful is a cell of a leak of 0, that is reset in either way.
func forgetful(soft bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := x
		if past != nil {
			h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0)), x)
		}
		f := s.spike(ir.GT, h, s.num(0.25))
		if soft {
			return f, []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, f, s.num(0.25)))}
		}
		return f, []*ir.Value{s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), h)}
	}
}

// lowered is the spiking net of one that is written out, which computes the same.
func lowered(t *testing.T, n *ir.Net) (*ir.Net, error) {
	t.Helper()
	low, err := Lower(n, ir.Spiking, "", &Options{}, nil)
	if err == nil {
		same(t, "all", n, low)
	}
	return low, err
}

// Steps without memory that read the same are one, however many the file has; a file of
// one step is refused even so, for it may have forgotten its state.
func TestStepsWithoutMemory(t *testing.T) {
	for _, soft := range []bool{false, true} {
		for _, readout := range []string{"sum", "mean", "stack", "count"} {
			for _, steps := range []int{1, 2, 3, 5} {
				what := fmt.Sprintf("soft %v, %s of %d steps", soft, readout, steps)
				low, err := lowered(t, mlp(t, forgetful(soft), steps, readout, nil))
				switch {
				case steps == 1:
					if err == nil || !strings.Contains(err.Error(), "a single step forgets its state") {
						t.Errorf("%s: got %v", what, err)
					}
				case err != nil:
					t.Errorf("%s: %v", what, err)
				case low.Steps != 1 || len(low.All(ir.OpNeuron)) != 2:
					t.Errorf("%s: %d steps of %d layers", what, low.Steps, len(low.All(ir.OpNeuron)))
				}
			}
		}
	}
}

// synaptic is a cell with a current.
func synaptic(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	i, h := x, x
	if past != nil {
		i = s.op(ir.OpAdd, s.op(ir.OpMul, past[1], s.num(0.5)), x)
		h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.75)), i)
	}
	f := s.spike(ir.GT, h, s.num(0.5))
	return f, []*ir.Value{s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), h), i}
}

// Two steps do not show the state of a neuron with a current, so each is a layer; from three steps
// on they are one.
func TestTwoStepsAsWritten(t *testing.T) {
	for steps, layers := range map[int]int{2: 4, 3: 2, 5: 2} {
		low, err := lowered(t, mlp(t, synaptic, steps, "sum", nil))
		if err != nil {
			t.Errorf("%d steps: %v", steps, err)
		} else if n := len(low.All(ir.OpNeuron)); n != layers {
			t.Errorf("%d steps: %d layers, wanted %d", steps, n, layers)
		}
	}
}

// late is two layers, of which the second reads the spikes of the first of two steps before, too.
func late(t *testing.T, steps int) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	var first, second, out, spikes []*ir.Value
	for step := range steps {
		f, left := sjIF14(true)(s, s.dense(1, 6, x), first)
		first, spikes = left, append(spikes, f)
		drive := s.dense(2, 6, f)
		if step < 2 {
			drive = s.op(ir.OpAdd, drive, s.dense(5, 6, s.like(f, 0)))
		} else {
			drive = s.op(ir.OpAdd, drive, s.dense(5, 6, spikes[step-2]))
		}
		f, second = sjIF14(false)(s, drive, second)
		out = append(out, f)
	}
	return s.output(readoutOf(s, "sum", out))
}

// Of three steps only the last one shows a delay of two steps: it is the step, and the others come out of it
// again.
func TestThreeStepsOfADelay(t *testing.T) {
	for steps, layers := range map[int]int{3: 2, 4: 2, 6: 2} {
		low, err := lowered(t, late(t, steps))
		if err != nil {
			t.Errorf("%d steps: %v", steps, err)
		} else if n := len(low.All(ir.OpNeuron)); n != layers {
			t.Errorf("%d steps: %d layers, wanted %d", steps, n, layers)
		}
	}
}

// A stack of steps that are taken as they are written is read as the user says.
func TestStackAsWritten(t *testing.T) {
	for readout, read := range map[string]func(s *sketch, stack, last *ir.Value) *ir.Value{
		"sum":   reduced(ir.OpReduceSum),
		"mean":  reduced(ir.OpReduceMean),
		"max":   reduced(ir.OpReduceMax),
		"last":  func(_ *sketch, _, last *ir.Value) *ir.Value { return last },
		"first": nil,
	} {
		low, err := Lower(twoStacked(t, nil), ir.Spiking, "", &Options{Readout: readout}, nil)
		switch {
		case read == nil:
			wantCode(t, readout, err, diag.NotUnrolled)
		case err != nil:
			t.Errorf("%s: %v", readout, err)
		default:
			same(t, readout, twoStacked(t, read), low)
		}
	}
}

func reduced(op ir.Op) func(s *sketch, stack, last *ir.Value) *ir.Value {
	return func(s *sketch, stack, _ *ir.Value) *ir.Value {
		return s.typed(op, ir.ReduceAttrs{Axes: []int{0}}, ir.Type{}, stack)
	}
}

// twoStacked is a net whose output is the stack of two steps' spikes, or a value computed from it.
func twoStacked(t *testing.T, read func(s *sketch, stack, last *ir.Value) *ir.Value) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	var past, parts []*ir.Value
	var last *ir.Value
	for range 2 {
		last, past = synaptic(s, s.dense(1, 6, x), past)
		parts = append(parts, s.typed(ir.OpReshape, ir.ShapeAttrs{Shape: []int{1, 1, 6}}, ir.Type{}, last))
	}
	out := s.typed(ir.OpConcat, ir.AxisAttrs{}, ir.Type{}, parts...)
	if read != nil {
		out = read(s, out, last)
	}
	return s.output(out)
}
