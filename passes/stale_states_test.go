package passes

import (
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
)

// leftBehind begins a layer of snnTorch's Leaky where a run has ended: with the membranes
// that are given, over and over, of which those above the threshold were compared.
func leftBehind(c cell, membranes ...float64) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		if past == nil {
			v, r := ir.NewTensor(ir.RealType(x.Type.Shape)), ir.NewTensor(ir.RealType(x.Type.Shape))
			for i := range v.F {
				v.F[i] = membranes[i%len(membranes)]
				if v.F[i] > 0.75 {
					r.F[i] = 1
				}
			}
			past = []*ir.Value{s.tensor(v), s.tensor(r)}
		}
		return c(s, x, past)
	}
}

// A membrane that a run has left above its threshold is reset in time step 0, so that
// no initial membrane explains it. In the first layer the net is taken as it is, with a
// warning; in another one it is refused for that. A net that was reset is not warned of.
func TestStatesThatARunHasLeft(t *testing.T) {
	irtest.Long(t)
	high, low := []float64{1.5, -0.25, 0.5, 2}, []float64{0.5, -0.25, 0.125}
	for _, steps := range []int{3, 5} {
		for _, zero := range []bool{false, true} {
			c := snnLeaky(false, zero)
			for _, test := range []struct {
				membranes []float64
				layer     int
				warned    bool
				refused   string
			}{
				{nil, 0, false, ""}, {low, 0, false, ""}, {low, 1, false, ""},
				{high, 0, !zero, ""}, {high, 1, false, "time step 0 starts from a state of its own: "},
			} {
				if zero && test.refused != "" {
					continue // a reset to 0 leaves 0, which is a membrane
				}
				net := mlp(t, c, steps, "sum", func(layer, _ int) cell {
					if layer == test.layer && test.membranes != nil {
						return leftBehind(c, test.membranes...)
					}
					return nil
				})
				var told []string
				_, err := Lower(net, ir.Spiking, "", &Options{Tell: func(d *diag.Diagnostic) { told = append(told, d.Error()) }}, nil)
				if warned := strings.Contains(strings.Join(told, "\n"), "membranes that do not start from 0"); warned != test.warned {
					t.Errorf("%d steps, to zero %v, %v in layer %d: told %q", steps, zero, test.membranes, test.layer, told)
				}
				switch {
				case (err != nil) != (test.refused != ""):
					t.Errorf("%d steps, to zero %v, %v in layer %d: got %v", steps, zero, test.membranes, test.layer, err)
				case err != nil && (!strings.Contains(err.Error(), test.refused) || !strings.Contains(err.Error(), "reset the network and export it again")):
					t.Errorf("%d steps, %v in layer %d: got %v", steps, test.membranes, test.layer, err)
				}
			}
		}
	}
}

// Numbers for each neuron that every step has are no state that was left: a factor of the input,
// thresholds and leaks.
func TestNumbersOfAllStepsAreNotLeft(t *testing.T) {
	irtest.Long(t)
	net := mlp(t, scaledBy(sjLIF(2, 0), 0.5, 2, -1.5), 4, "sum", func(layer, step int) cell {
		if layer == 1 && step == 1 {
			return scaledBy(sjLIF(4, 0), 0.5, 2, -1.5)
		}
		return nil
	})
	_, err := Lower(net, ir.Spiking, "", &Options{Tell: func(d *diag.Diagnostic) { t.Error(d) }}, nil)
	if err == nil || strings.Contains(err.Error(), "reset the network") {
		t.Errorf("got %v", err)
	}
}
