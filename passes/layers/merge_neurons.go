package layers

import (
	"fmt"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// MergeNeurons is R16: neurons with the same equation, constants and input
// fire alike, so they are one. A neuron of a concat is one neuron per part, if
// another neuron of one of the parts is the same.
func MergeNeurons(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	m := merger{seen: map[string]*ir.Value{}, wanted: map[string]bool{}}
	for _, v := range n.All(ir.OpNeuron) {
		m.wanted[neuronKey(v.Attrs, v.Args[ir.NeuronX], v.Args[ir.NeuronThreshold:])] = true
	}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpNeuron {
			return nil, nil
		}
		if parts, ok := m.parts(v); ok {
			return m.split(r, v, parts)
		}
		return m.one(r, v, v.Name, v.Args[ir.NeuronX], v.Args[ir.NeuronThreshold:])
	})
}

type merger struct {
	seen   map[string]*ir.Value // by key: the replacement of the first such neuron
	wanted map[string]bool      // keys of the net's neurons
}

// neuronKey is the same for neurons that fire alike.
func neuronKey(attrs ir.Attrs, x *ir.Value, constants []*ir.Value) string {
	key := fmt.Sprintf("%s %v", x.Name, attrs)
	for _, c := range constants {
		if c == nil {
			key += " -"
			continue
		}
		key += " " + c.Const().Digest()
	}
	return key
}

// part is a neuron on one operand of a concat.
type part struct {
	x         *ir.Value
	constants []*ir.Value // nil, or scalars, which all parts share
}

// parts takes a neuron of a concat apart, if that makes one of the parts equal
// to another neuron. Constants with axes stay whole, and so does the neuron.
func (m merger) parts(v *ir.Value) ([]part, bool) {
	x := v.Args[ir.NeuronX]
	if x.Op != ir.OpConcat {
		return nil, false
	}
	for _, c := range v.Args[ir.NeuronThreshold:] {
		if c != nil && c.Type.Size() > 1 {
			return nil, false
		}
	}
	var parts []part
	met := false
	for _, operand := range x.Args {
		p := part{operand, v.Args[ir.NeuronThreshold:]}
		met = met || m.wanted[neuronKey(v.Attrs, p.x, p.constants)]
		parts = append(parts, p)
	}
	return parts, met
}

// split is the concat of one neuron per part.
func (m merger) split(r *ir.Rebuilder, v *ir.Value, parts []part) (*ir.Value, error) {
	spikes := make([]*ir.Value, len(parts))
	for i, p := range parts {
		var err error
		if spikes[i], err = m.one(r, v, fmt.Sprintf("%s.%d", v.Name, i), p.x, p.constants); err != nil {
			return nil, err
		}
	}
	return r.Add(ir.OpConcat, r.Unique(v.Name), v.Args[ir.NeuronX].Attrs, spikes...)
}

// one is the neuron like v on x, unless it is there already.
func (m merger) one(r *ir.Rebuilder, v *ir.Value, name string, x *ir.Value, constants []*ir.Value) (*ir.Value, error) {
	key := neuronKey(v.Attrs, x, constants)
	if first := m.seen[key]; first != nil {
		return first, nil
	}
	args := []*ir.Value{r.Of(x)}
	for _, c := range constants {
		args = append(args, r.Of(c))
	}
	out, err := r.Add(ir.OpNeuron, r.Unique(name), v.Attrs, args...)
	m.seen[key] = out
	return out, err
}
