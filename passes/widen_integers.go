package passes

import (
	"fmt"
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// runWidenIntegers makes the integers of every type wide, as those between neurons are,
// which have no type of the file. In the file they wrap where they leave their type; a
// value that may do so is refused. Where all steps are still written out, the ranges are
// those of the steps there are.
func runWidenIntegers(n *ir.Net, o *Options) (*ir.Net, error) {
	s := &intervals{declared: o.InputType, asIs: o.Pixels == nil, of: map[*ir.Value]interval{}}
	var errs diag.List
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		s.see(v)
		if v.Op != ir.OpCast || v.Type.IsReal() || v.Type.IsSpike() {
			return nil, nil
		}
		if d := s.wraps(v); d != nil {
			errs = append(errs, d)
		}
		if v.Args[0].Type.IsReal() || len(errs) > 0 {
			return nil, nil
		}
		x, wide := r.Of(v.Args[0]), ir.SintType(64, v.Type.Shape)
		if x.Type == wide {
			return x, nil
		}
		return r.AddTyped(ir.OpCast, r.Unique(v.Name), nil, wide, x)
	})
	if len(errs) > 0 {
		return nil, errs.Err()
	}
	return out, err
}

// wraps refuses a cast whose operand may be outside of the type.
func (s *intervals) wraps(v *ir.Value) *diag.Diagnostic {
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
