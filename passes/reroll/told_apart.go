package reroll

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// notRepeated is the error of two values that should be the same op of two steps.
func notRepeated(step int, found, wanted *ir.Value) *diag.Diagnostic {
	const text = "time step %d does not repeat the others: %s "
	switch {
	case found.Op != wanted.Op:
		return diag.Errorf(found.Origin, diag.NotUnrolled, "time step %d does not repeat the others: it has %s where the last step has %s",
			step, kindOf(found), kindOf(wanted)).WithHelp(countAsState)
	case found.Type != wanted.Type:
		return diag.Errorf(found.Origin, diag.NotUnrolled, text+"is %s, where %s of the last step is %s", step, canonical.Where(found), found.Type, canonical.Where(wanted), wanted.Type)
	case found.Op == ir.OpSlice && timing.Given(found.Args[0]):
		return diag.Errorf(found.Origin, diag.NotUnrolled, text+"takes other entries of %s than %s, and the steps do not follow one another by that alone",
			step, canonical.Where(found), canonical.Where(found.Args[0]), inLast(found, wanted))
	case fmt.Sprint(found.Attrs) != fmt.Sprint(wanted.Attrs):
		return diag.Errorf(found.Origin, diag.NotUnrolled, text+"has other attributes than %s", step, canonical.Where(found), inLast(found, wanted))
	}
	return diag.Errorf(found.Origin, diag.NotUnrolled, text+"is computed otherwise than %s", step, canonical.Where(found), inLast(found, wanted))
}

// inLast names the value of the last step that one of another is held against; a node that
// computes both is not named again.
func inLast(found, wanted *ir.Value) string {
	if canonical.Where(found) == canonical.Where(wanted) {
		return "in the last step"
	}
	return canonical.Where(wanted) + " of the last step"
}

// standsForTwo is the error of a value of the last step that is, by its readers, two
// values of another step.
func standsForTwo(step int, one, other, wanted *ir.Value) *diag.Diagnostic {
	return diag.Errorf(other.Origin, diag.NotUnrolled, "time step %d does not repeat the others: it has %s as well as %s where the last step has %s for both",
		step, canonical.Where(one), canonical.Where(other), canonical.Where(wanted))
}

// comparesOther is the error of f, a comparison of a membrane in the last step, that
// the membrane of the step before is not in, but in others.
func comparesOther(step int, f, past *ir.Value, others []*ir.Value) *diag.Diagnostic {
	const text = "time step %d does not repeat the others: "
	if len(others) == 0 {
		return diag.Errorf(past.Origin, diag.NotUnrolled, text+"%s is held against no threshold, where %s of the last step is one", step, canonical.Where(past), canonical.Where(f))
	}
	return diag.Errorf(others[0].Origin, diag.NotUnrolled, text+"%s compares with another threshold, or in another way, than %s",
		step, canonical.Where(others[0]), inLast(others[0], f))
}

// overTime is a way to have another threshold in each step.
const overTime = "; if its threshold depends on the time step, that may be state: export one step, in which it is made of a state that starts as 0, as 0.8 + 0.05 * t with t + 1 for the next step, and say --state and --steps"

// countAsState is a way to have steps that a count of them tells apart, which exporters fold to constants.
const countAsState = "where a count of the steps decides, as a clock or the time of a spike, export one step with the count as a state, c = torch.where(c >= 3, 0, c + 1), and say --state, --steps and --readout"

// ThresholdsDiffer reports whether a layer's membranes are compared once in each of the last two steps,
// alike but for a threshold that no step before has: then the steps differ, whatever the neuron is.
func ThresholdsDiffer(n *ir.Net, layers []timing.History) bool {
	fires := canonical.Comparisons(n)
	return slices.ContainsFunc(layers, func(h timing.History) bool {
		last := len(h.Membranes) - 1
		f, g := fires[h.Membranes[last]], fires[h.Membranes[last-1]]
		if len(f) != 1 || len(g) != 1 || f[0].Attrs != g[0].Attrs {
			return false
		}
		a, b := canonical.ComparingOf(f[0]), canonical.ComparingOf(g[0])
		if a.Membrane == nil || b.Membrane == nil || a.Mirrored != b.Mirrored || canonical.Near(a.Threshold, b.Threshold) {
			return false
		}
		under := map[*ir.Value]bool{}
		for queue := []*ir.Value{h.Membranes[last]}; len(queue) > 0; queue = queue[1:] {
			if v := queue[0]; v != nil && !under[v] {
				under[v], queue = true, append(queue, v.Args...)
			}
		}
		return !slices.ContainsFunc(n.Values, func(v *ir.Value) bool { return under[v] && v.Op == ir.OpCompare && canonical.ComparedAlike(f[0], v) })
	})
}

// readsOther is the error of two values that are alike but for operand i.
func readsOther(step int, found, wanted *ir.Value, i int) *diag.Diagnostic {
	a, b := found.Args[i], wanted.Args[i]
	if a != nil && b != nil && a.Const() != nil && b.Const() != nil && a.Type == b.Type {
		return diag.Errorf(found.Origin, diag.NotUnrolled, "%s has another constant in time step %d than %s; a step that repeats has the same in all of them, which a leak, a threshold, a layer or a normalisation of each step's own has not",
			canonical.Where(found), step, inLast(found, wanted)).WithHelp(countAsState)
	}
	return diag.Errorf(found.Origin, diag.NotUnrolled, "time step %d does not repeat the others: %s of %s is %s, where %s of the last step reads %s",
		step, slotName(found.Op, i), canonical.Where(found), kindOf(a), canonical.Where(wanted), kindOf(b))
}

// otherThan says that a value of step 0 is not that of the body.
func otherThan(found, v *ir.Value) string {
	if canonical.Where(found) == canonical.Where(v) {
		return canonical.Where(found) + " does not compute there as in the others"
	}
	return fmt.Sprintf("%s is not what %s computes", canonical.Where(found), canonical.Where(v))
}

// apart names the nearest value, on the way to the body value v, that in step 0 differs
// from the body with its state at zero; it returns nothing when that cannot be made.
func (f *firstStep) apart(u *unrolled, v *ir.Value) string {
	made, err := f.fold(u, v)
	if err != nil {
		return ""
	}
	found, wanted := nearestApart(f.c.Became[u.at[0][v]], made)
	if kindOf(found) == kindOf(wanted) {
		return ""
	}
	return fmt.Sprintf("; there it has %s, where a state of zeros leaves %s", kindOf(found), kindOf(wanted))
}

// nearestApart follows two values that differ down to where they are not alike: as long
// as they are the same op, and one operand alone differs.
func nearestApart(v, w *ir.Value) (a, b *ir.Value) {
	for v != nil && w != nil && canonical.SameForm(v, w) {
		at, differing := 0, 0
		for i := range v.Args {
			if v.Args[i] != w.Args[i] {
				at, differing = i, differing+1
			}
		}
		if differing != 1 {
			break
		}
		v, w = v.Args[at], w.Args[at]
	}
	return v, w
}

// kindOf names a value for those who wrote the network: its operator, and its number when
// it is a constant of one.
func kindOf(v *ir.Value) string {
	switch number, same := canonical.UniformOf(v); {
	case v == nil:
		return "nothing"
	case same:
		return fmt.Sprintf("the constant %.6g", number+0) // 0 for -0
	case v.Const() != nil:
		return "a constant"
	case v.Op == ir.OpInput:
		return "input " + v.Name
	}
	return fmt.Sprintf("%s (%s)", canonical.Where(v), operatorOf(v))
}

// operatorOf is the operator that made a value, as the file calls it.
func operatorOf(v *ir.Value) string {
	if v.Origin.Op != "" {
		return v.Origin.Op
	}
	return v.Op.String()
}

func slotName(op ir.Op, i int) string {
	if slots := op.Operands(); i < len(slots) && !slots[i].Variadic {
		return "operand " + slots[i].Name
	}
	return "an operand"
}
