package raise

import (
	"maps"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// named puts the names of reasons in a net of one step in the place of the errors about its parts.
func (s *raising) named(n *ir.Net, err error) error {
	if !diag.IsDiagnostic(err) {
		return err
	}
	errs, signed := unsupported.TernaryNeurons(n)
	errs = append(errs, unsupported.AdaptiveThresholds(n)...)
	parts := map[string]bool{} // prefixes of the errors about the parts
	latches := n.All(ir.OpLatch)
	for _, latch := range latches {
		for v := range canonical.ConeOf(latch.Args[1]) {
			signed[latch.Args[0]] = signed[latch.Args[0]] || signed[v]
		}
	}
	for v, part := range signed {
		parts[Subject(rewrite.Refuse(v, diag.NotANeuron, "").Message)] = part
	}
	maps.Copy(parts, Subjects(errs))
	told, fires := map[*ir.Value]bool{}, unsupported.Thresholds(n)
	for _, v := range n.Values {
		m := canonical.MembraneOf(v)
		if m == nil || m.Op == ir.OpDelay || signed[v] {
			continue
		}
		a := unsupported.Dissect(m, map[*ir.Value]int{m: 1}, s.latched)
		a.Fire = v
		if o := a.Reason(); o != nil {
			if !told[m] && len(fires[m]) > 0 {
				errs = append(errs, o.Refused(v))
			}
			told[m] = true
			c := a.Reached()
			for _, latch := range latches {
				if c[latch.Args[1]] {
					c[latch.Args[0]] = true
				}
			}
			c[v] = true
			for part := range c {
				parts[Subject(rewrite.Refuse(part, diag.NotANeuron, "").Message)] = true
			}
		}
	}
	if len(errs) == 0 {
		return err
	}
	for _, d := range diag.Of(err) {
		if !parts[Subject(d.Message)] {
			errs = append(errs, d)
		}
	}
	return errs.Err()
}

// Subjects are the values that refusals are about.
func Subjects(list diag.List) map[string]bool {
	out := map[string]bool{}
	for _, d := range list {
		out[Subject(d.Message)] = true
	}
	return out
}

// Subject is the value that a refusal is about.
func Subject(message string) string {
	name, _, _ := strings.Cut(message, ": ")
	return name
}
