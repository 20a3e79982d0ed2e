package passes

import (
	"strings"

	"nomul/ir"
)

// runNameLayers gives layers the names that people know them by, so that every
// exporter's file, every trace and all emitted code say fc1: the path of the
// module in a name such as /block/fc1/Gemm_output_0, else the name of the
// weights, fc1.weight. Names that tell neither stay.
func runNameLayers(n *ir.Net, _ *Options) (*ir.Net, error) {
	names := layerNames(n)
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		name, ok := names[v]
		if !ok {
			return nil, nil
		}
		renamed := *v
		renamed.Name = name
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = r.Of(a)
		}
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
		name := modulePath(v)
		if v.Op == ir.OpConst || name == "" || taken[name] {
			continue
		}
		taken[name] = true
		names[v] = name
	}
	return names
}

// modulePath is the module that a value comes from, with dots for slashes; empty
// when its names do not tell.
func modulePath(v *ir.Value) string {
	if path, ok := strings.CutPrefix(v.Name, "/"); ok {
		if end := strings.LastIndex(path, "/"); end > 0 {
			return dotted(path[:end])
		}
	}
	if v.Op == ir.OpLinear || v.Op == ir.OpConv || v.Op == ir.OpBatchNorm {
		if path, ok := strings.CutSuffix(constName(v.Args[1]), ".weight"); ok {
			return path
		}
	}
	return ""
}

// dotted is a path with dots for slashes. A part that begins with the one before,
// as of a sequence, features/features.1, stands for both.
func dotted(path string) string {
	parts := strings.Split(path, "/")
	kept := parts[:0]
	for i, p := range parts {
		if i+1 < len(parts) && strings.HasPrefix(parts[i+1], p+".") {
			continue
		}
		kept = append(kept, p)
	}
	return strings.Join(kept, ".")
}

func constName(v *ir.Value) string {
	if v == nil || v.Op != ir.OpConst {
		return ""
	}
	return v.Name
}
