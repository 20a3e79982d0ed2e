package layers

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
)

// RewireResiduals moves the addition of a residual block in front of its
// neuron, when the user asks for it: the words x + S of a block become spikes
// of neurons that x drives too. That is another function than the trained one.
// Where both sides are neurons that fire alike on their inputs, one neuron on
// the sum of the inputs takes their place.
func RewireResiduals(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	if !o.MembraneResiduals {
		return n, nil
	}
	readers, moved := n.Readers(), 0
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpAdd {
			return nil, nil
		}
		branch, other := v.Args[1], v.Args[0]
		if !ownNeuron(branch, readers) {
			branch, other = other, branch
		}
		x := r.Of(other) // spikes, if it is a residual that was moved
		if !ownNeuron(branch, readers) || !x.Type.IsSpike() || branch.Type.Shape != x.Type.Shape {
			return nil, nil
		}
		moved++
		if ownNeuron(other, readers) && firesAlike(branch, other) {
			x = r.Of(other.Args[ir.NeuronX])
		}
		sum, err := r.Add(ir.OpAdd, r.Unique(v.Name+".current"), nil, r.Of(branch.Args[ir.NeuronX]), x)
		if err != nil {
			return nil, err
		}
		args := []*ir.Value{sum}
		for _, a := range branch.Args[ir.NeuronX+1:] {
			args = append(args, r.Of(a))
		}
		o.Remark(v, "the residual of %s and %s is added before the neuron: another function than the trained one", other.Name, branch.Name)
		renamed := *branch
		renamed.Name = v.Name
		return r.CopyWith(&renamed, branch.Attrs, args...)
	})
	if err == nil && moved == 0 {
		o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotExact, Origin: timing.PlaceOf(n),
			Message: "no residual was moved before a neuron: nothing adds the spikes of a neuron, which nothing else reads, to other spikes"})
	}
	return out, err
}

// ownNeuron reports whether a value is a firing neuron that one other value reads.
func ownNeuron(v *ir.Value, readers map[*ir.Value][]*ir.Value) bool {
	return v.Op == ir.OpNeuron && v.Type.IsSpike() && len(readers[v]) == 1
}

// firesAlike reports whether two neurons have the same equation and constants.
func firesAlike(a, b *ir.Value) bool {
	x := a.Args[ir.NeuronX]
	return neuronKey(a.Attrs, x, a.Args[ir.NeuronThreshold:]) == neuronKey(b.Attrs, x, b.Args[ir.NeuronThreshold:])
}
