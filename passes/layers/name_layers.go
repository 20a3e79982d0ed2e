package layers

import (
	"nomul/ir"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
)

// NameLayers gives layers the names that people know them by, so that every
// exporter's file, every trace and all emitted code say fc1: the path of the
// module in a name such as /block/fc1/Gemm_output_0, else the name of the
// weights, fc1.weight. Names that tell neither stay, and so do those of inputs and outputs.
func NameLayers(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	names := layerNames(n)
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		name, ok := names[v]
		if !ok {
			return nil, nil
		}
		renamed := *v
		renamed.Name = name
		args := r.Operands(v)
		return r.CopyWith(&renamed, v.Attrs, args...)
	})
}

// layerNames are the values to rename, each to a name that no other has.
func layerNames(n *ir.Net) map[*ir.Value]string {
	taken := map[string]bool{}
	for _, v := range n.Values {
		taken[v.Name] = true
	}
	names := map[*ir.Value]string{}
	for _, v := range n.Values {
		name := raise.ModulePath(v)
		if v.Op.Class() == ir.Boundary || name == "" || taken[name] {
			continue
		}
		taken[name] = true
		names[v] = name
	}
	return names
}
