package raise

import (
	"strings"

	"nomul/ir"
)

// ModulePath is the module that a value comes from, with dots for slashes; empty
// when its names do not tell.
func ModulePath(v *ir.Value) string {
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
