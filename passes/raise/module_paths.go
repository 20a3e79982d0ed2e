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

// moduleOf is the module that made a spike. One that decides within a neuron whether it fires, as in SpikingJelly,
// is not the layer.
func moduleOf(v *ir.Value) string {
	return strings.TrimSuffix(ModulePath(v), ".surrogate_function")
}

// modulesOf are the modules that made the spikes of a net, by their names: of a spike and its numbers, of those of the
// next step where another layer has that module, else of the spike all the same.
func modulesOf(n *ir.Net) map[string]string {
	named, taken, latched := map[string]string{}, map[string]bool{}, n.Latched()
	name := func(kept, shared bool) {
		for _, v := range n.Values {
			spike := uncast(v)
			if stored := latched[spike]; kept && stored != nil {
				spike = uncast(stored)
			}
			if path := moduleOf(v); path != "" && spike.Type.IsSpike() && spike.Op != ir.OpDelay && named[spike.Name] == "" && (shared || !taken[path]) {
				named[spike.Name], taken[path] = path, true
			}
		}
	}
	name(false, false)
	name(true, false)
	name(false, true)
	return named
}

// uncast is a value without casts.
func uncast(v *ir.Value) *ir.Value {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	return v
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
