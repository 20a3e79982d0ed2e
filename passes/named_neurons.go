package passes

import (
	"maps"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// named puts the names of what is odd in a net of one step in the place of the
// errors about its parts.
func (s *raising) named(n *ir.Net, err error) error {
	if !diag.IsDiagnostic(err) {
		return err
	}
	errs, signed := ternaryNeurons(n)
	errs = append(errs, adaptiveThresholds(n)...)
	parts := map[string]bool{} // what the errors about the parts begin with
	latches := n.All(ir.OpLatch)
	for _, latch := range latches {
		for v := range coneOf(latch.Args[1]) {
			signed[latch.Args[0]] = signed[latch.Args[0]] || signed[v]
		}
	}
	for v, part := range signed {
		parts[subject(refuse(v, diag.NotANeuron, "").Message)] = part
	}
	maps.Copy(parts, subjects(errs))
	told, fires := map[*ir.Value]bool{}, thresholds(n)
	for _, v := range n.Values {
		m := membraneOf(v)
		if m == nil || m.Op == ir.OpDelay || signed[v] {
			continue
		}
		a := dissect(m, map[*ir.Value]int{m: 1}, s.latched)
		a.fire = v
		if o := a.oddity(); o != nil {
			if !told[m] && len(fires[m]) > 0 {
				errs = append(errs, o.refused(v))
			}
			told[m] = true
			c := a.reached()
			for _, latch := range latches {
				if c[latch.Args[1]] {
					c[latch.Args[0]] = true
				}
			}
			c[v] = true
			for part := range c {
				parts[subject(refuse(part, diag.NotANeuron, "").Message)] = true
			}
		}
	}
	if len(errs) == 0 {
		return err
	}
	for _, d := range diag.Of(err) {
		if !parts[subject(d.Message)] {
			errs = append(errs, d)
		}
	}
	return errs.Err()
}

// subjects are the values that refusals are about.
func subjects(list diag.List) map[string]bool {
	out := map[string]bool{}
	for _, d := range list {
		out[subject(d.Message)] = true
	}
	return out
}

// subject is the value that a refusal is about.
func subject(message string) string {
	name, _, _ := strings.Cut(message, ": ")
	return name
}
