package metrics

import (
	"strings"
	"testing"

	"nomul/ir"
)

// silentNet is a silent neuron that is reset; it counts up by 1.
func silentNet(t *testing.T, level, threshold, start, when, membrane string) *ir.Net {
	return parse(t, strings.NewReplacer("LEVEL", level, "THRESHOLD", threshold, "START", start, "WHEN", when, "MEMBRANE", membrane).Replace(`net t LEVEL steps=4 {
once
	%x = input : u4[1]
	%th = const THRESHOLD
	%init = const START
step
	%v = neuron %x, %th, init=%init {leak=none round=floor compare=ge reset=zero when=WHEN silent=true} : MEMBRANE[1]
end
	%l = last %v : MEMBRANE[1]
	%y = output %l : MEMBRANE[1]
}
`))
}

// Bounds on a membrane that is given out hold up to the step in which it is reset on one
// side alone, though no spike is given; before, they are held.
func TestBoundsOfSilentNeurons(t *testing.T) {

	bound := &ir.Bound{Real: "v", Fixed: "v", Unit: number(1), Offset: number(0), Most: number(0.5), Parts: map[ir.Cause]float64{ir.OfReset: 0.5}}
	for _, when := range []string{"fire", "next"} {
		real := silentNet(t, "spiking", "{fill=3.5} : real[]", "{fill=0} : real[]", when, "real")
		for _, c := range []struct {
			threshold, start string
			parted, compared int64
			err              string
		}{
			{"{fill=4} : u4[] range 4..4", "{fill=0} : u2[] range 0..0", 0, 4, ""},
			{"{fill=3} : u4[] range 3..3", "{fill=0} : u2[] range 0..0", 1, 2, ""},
			{"{fill=4} : u4[] range 4..4", "{fill=1} : u2[] range 1..1", 1, 0, "v, step 0, element 0: 2 stands for 1"},
		} {
			b, err := NewBounds(real, silentNet(t, "fixed", c.threshold, c.start, when, "s8"), []*ir.Bound{bound})
			if err != nil {
				t.Fatal(err)
			}
			err = b.Run(map[string]*ir.Tensor{"x": {Type: ir.UintType(4, ir.ShapeOf(1)), I: []int64{1}}})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("when=%s, threshold %s, start %s: %v, wanted %q", when, c.threshold, c.start, err, c.err)
			}
			if b.Parted != c.parted || b.Compared != c.compared {
				t.Errorf("when=%s, threshold %s, start %s: %d samples parted, %d elements compared", when, c.threshold, c.start, b.Parted, b.Compared)
			}
		}
	}
}

func number(x float64) *ir.Tensor { return &ir.Tensor{Type: ir.RealType(ir.Shape{}), F: []float64{x}} }
