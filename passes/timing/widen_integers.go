package timing

import (
	"fmt"
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// WidenIntegers makes the integers of every type wide, as those between neurons are,
// which have no type of the file. In the file they wrap where they leave their type; a
// value that may do so is refused. The ranges are those of the steps there are: all are
// still written out, or a state is followed through them. Counts of spikes that go on as
// real numbers are real numbers then (real_counts.go).
func WidenIntegers(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	s := &intervals{declared: o.InputType, asIs: o.Pixels == nil, of: map[*ir.Value]interval{}, states: map[*ir.Value]interval{}}
	states := integerStates(n, o)
	s.follow(n, states, o.Steps)
	w := newRealCounts(s, states)
	var errs diag.List
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		w.r = r
		if d := s.wraps(v); d != nil {
			errs = append(errs, d)
		}
		if len(errs) > 0 {
			return nil, nil
		}
		if out, err := w.value(v); out != nil || err != nil {
			return out, err
		}
		return widened(r, v)
	})
	switch {
	case len(errs) > 0:
		return nil, errs.Err()
	case err != nil || len(w.made) == 0:
		return out, err
	}
	return canonical.Canonical(out, canonical.CanonicalRules)
}

// widened is v where it makes integers others: wide ones.
func widened(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpCast || v.Type.IsReal() || v.Type.IsSpike() || v.Args[0].Type.IsReal() {
		return nil, nil
	}
	x, wide := r.Of(v.Args[0]), ir.SintType(64, v.Type.Shape)
	if x.Type == wide {
		return x, nil
	}
	return r.AddTyped(ir.OpCast, r.Unique(v.Name), nil, wide, x)
}

// integerStates are the states of one time step that are integers. Errors in the user's choice of
// states are reported where they are bound.
func integerStates(n *ir.Net, o *rewrite.Options) []state {
	find := statesFound
	if len(o.State) > 0 {
		find = StatesSaid
	}
	all, err := find(n, o)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(s state) bool { return s.In.Type.IsReal() || s.In.Type.IsSpike() })
}

// wraps refuses a cast whose operand may be outside of the type.
func (s *intervals) wraps(v *ir.Value) *diag.Diagnostic {
	if v.Op != ir.OpCast || v.Type.IsReal() || v.Type.IsSpike() {
		return nil
	}
	x := v.Args[0]
	got, known := s.of[x]
	lo, hi := math.Trunc(got.lo), math.Trunc(got.hi)
	if full := ofRange(v.Type.Full()); !known || lo >= full.lo && hi <= full.hi {
		return nil
	}
	d := diag.Errorf(v.Origin, diag.TooWide, "may wrap: numbers from %s to %s in %s", wholeText(lo), wholeText(hi), fileType(v.Type))
	if x.Op == ir.OpInput && x.Type.Bits > 16 && s.declared.Kind == 0 {
		return d.WithHelp("give --input-type, such as u8, for the integers that there are")
	}
	return d.WithHelp("cast to a wider type before")
}

// wholeText writes a whole number; those near the ends of 64 bits, roughly.
func wholeText(f float64) string {
	if math.Abs(f) >= 1<<62 {
		return fmt.Sprintf("%.1g", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// fileType is the name that files have for an integer type.
func fileType(t ir.Type) string {
	if t.Kind == ir.Uint {
		return fmt.Sprintf("uint%d", t.Bits)
	}
	return fmt.Sprintf("int%d", t.Bits)
}
