package interp

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// give takes the inputs of one run, or lists everything wrong with them.
func (m *Machine) give(in map[string]*ir.Tensor) error {
	var wrong diag.List
	for _, c := range m.inputs {
		c.given = in[c.value.Name]
		if what := m.unfit(c.value, c.given); what != "" {
			wrong.Add(c.value.Origin, diag.BadData, "input %%%s %s", c.value.Name, what)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if !slices.ContainsFunc(m.inputs, func(c *cell) bool { return c.value.Name == name }) {
			wrong.Add(diag.Origin{}, diag.BadData, "the net has no input %%%s", name)
		}
	}
	return wrong.Err()
}

// unfit returns the reason why an input's data does not fit; empty if it fits.
func (m *Machine) unfit(v *ir.Value, t *ir.Tensor) string {
	if t == nil {
		return "is missing"
	}
	want := m.net.SampleType(v)
	switch {
	case t.Type.Shape != want.Shape || len(t.F)+len(t.I) != want.Size():
		return fmt.Sprintf("is %v with %d elements, wanted %v", t.Type, len(t.F)+len(t.I), want)
	case t.Type.IsReal() != want.IsReal():
		return fmt.Sprintf("is %v, wanted %v", t.Type, want)
	}
	for i, f := range t.F {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprintf("element %d is %v", i, f)
		}
	}
	for i, n := range t.I {
		if n < v.Range.Lo || n > v.Range.Hi {
			return fmt.Sprintf("element %d is %d, out of its range %v", i, n, v.Range)
		}
	}
	return ""
}
