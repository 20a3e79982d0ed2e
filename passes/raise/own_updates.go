package raise

import (
	"cmp"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/cells"
	"nomul/passes/unsupported"
)

// asLayers is a net of one step with its threshold units as neurons by the equation, or cells.
func asLayers(n *ir.Net) (*ir.Net, error) {
	out, err := ByEquation(n)
	sums := err == nil && sumsSpikes(n)
	if err != nil && !diag.IsDiagnostic(err) || err == nil && NumbersKept(out) == 0 && !joinsSpikes(out) && !boundsMembranes(out) && !sums {
		return out, err
	}
	with, cellsErr := withCells(n, err)
	if err == nil && (cellsErr != nil || !keepsLess(with, out) && !sums) {
		return out, nil
	}
	return with, cellsErr
}

// retimed is a net whose delays have moved to where neurons are seen, if it has neurons then or keeps fewer numbers than out,
// else out with the refusal err.
func retimed(n, out *ir.Net, err error) (*ir.Net, error) {
	moved, failed := cells.Retimed(n)
	switch {
	case failed != nil:
		return nil, failed
	case moved == n:
		return out, err
	}
	if with, refused := asLayers(moved); refused == nil && (err != nil || keepsLess(with, out)) {
		return with, nil
	}
	return out, err
}

// withCells is a net in which layers that are no neurons by the equation are cells. A layer stays
// a neuron where it is one beside cells alone, unless it hands on a sum of its spikes: as neurons that would be
// a membrane for each spike. err is the refusal of the net without cells.
func withCells(n *ir.Net, err error) (*ir.Net, error) {
	layers, failed := cells.Find(n)
	if failed != nil {
		return nil, failed
	}
	modules := modulesOf(n)
	raised := func(are func(*cells.Group) bool) (*ir.Net, error) {
		with, err := layers.With(are, ownNames(modules))
		if err != nil {
			return nil, err
		}
		return byEquation(with, modules)
	}
	all, refused := raised(func(*cells.Group) bool { return true })
	if refused != nil {
		if errs := unsupported.WholeSpikes(n); len(errs) > 0 {
			return nil, errs.Err()
		}
		return nil, withoutProgram(layers, err, refused)
	}
	neurons := map[*cells.Group]bool{}
	for _, g := range layers.Groups {
		if g.Why == nil && !layers.Counts(g) {
			with, refused := raised(func(o *cells.Group) bool { return o != g })
			neurons[g] = refused == nil && !keepsLess(all, with)
		}
	}
	if out, refused := raised(func(g *cells.Group) bool { return !neurons[g] }); refused == nil && !keepsLess(all, out) {
		return out, nil
	}
	return all, nil
}

// sumsSpikes reports whether some layer hands on a sum of several spikes of one membrane.
func sumsSpikes(n *ir.Net) bool {
	layers, err := cells.Find(n)
	return err == nil && slices.ContainsFunc(layers.Groups, layers.Counts)
}

// NumbersKept counts the delays of numbers in a net: state beside that of neurons.
func NumbersKept(n *ir.Net) int {
	kept := 0
	for _, v := range n.All(ir.OpDelay) {
		if v.Type.IsReal() {
			kept++
		}
	}
	return kept
}

// keepsLess reports whether a net has less state than another: delays of numbers, and neurons.
func keepsLess(n, than *ir.Net) bool {
	return cmp.Or(cmp.Compare(NumbersKept(n), NumbersKept(than)), cmp.Compare(len(n.Neurons()), len(than.Neurons()))) < 0
}

// joinsSpikes reports whether spikes of a step are one by logic, which may be those of several thresholds
// on one membrane.
func joinsSpikes(n *ir.Net) bool {
	return slices.ContainsFunc(n.Values, func(v *ir.Value) bool { return v.Clock == ir.Step && (v.Op == ir.OpOr || v.Op == ir.OpAnd) })
}

// boundsMembranes reports whether a bound of a membrane drives a neuron, element by element: as a cell they have one unit,
// in which the bound meets the threshold where it does in real numbers.
func boundsMembranes(n *ir.Net) bool {
	made, bounded := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, v := range n.Values {
		of := func(some map[*ir.Value]bool) bool {
			return v.Op.Class() == ir.Element && slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return some[a] })
		}
		switch {
		case v.IsNeuron() && bounded[v.Args[0]]:
			return true
		case v.IsNeuron():
			made[v] = v.Type.IsReal()
		default:
			made[v] = of(made)
			bounded[v] = of(bounded) || made[v] && (v.Op == ir.OpMin || v.Op == ir.OpMax || v.Op == ir.OpMap)
		}
	}
	return false
}

// withoutProgram is the error of a net of which some layers are neither neurons nor cells: the
// reasons why they are no cells. err is the refusal without cells, left that with them.
func withoutProgram(layers *cells.Layers, err, left error) error {
	var errs diag.List
	told := map[*cells.Group]bool{}
	for _, d := range diag.Of(left) {
		for _, g := range layers.Groups {
			if g.Why != nil && !told[g] && layers.Reaches(g, named(d)) {
				told[g] = true
				errs = append(errs, g.Why)
			}
		}
	}
	switch {
	case len(errs) > 0:
		return errs.Err()
	case err == nil:
		return left
	}
	return err
}

// named is the name of the value that a refusal is about.
func named(d *diag.Diagnostic) string {
	_, name, _ := strings.Cut(Subject(d.Message), "%")
	return name
}

// ownNames returns the names of cells: after the modules that made their spikes, where names tell.
func ownNames(modules map[string]string) cells.Names {
	return func(target *ir.Value, membrane bool) string {
		name := cmp.Or(modules[target.Name], moduleOf(target), target.Name)
		if membrane {
			return membraneName(name)
		}
		return name
	}
}
