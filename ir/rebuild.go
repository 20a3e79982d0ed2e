package ir

import (
	"fmt"
	"slices"
)

// Rebuilder is the builder of a pass's result, which also maps each value of the
// old net to its new value.
type Rebuilder struct {
	*Builder
	became map[*Value]*Value
	err    error // the first failure to copy a constant
}

// Of returns the new value of an old one; nil when it is nil, or not reached yet. A
// constant that no pass replaced is copied when it is first asked for, so that
// a replacement can take the name of one that nothing needs any more.
func (r *Rebuilder) Of(old *Value) *Value {
	if v := r.became[old]; v != nil || old == nil || old.Op != OpConst {
		return v
	}
	v, err := r.CopyWith(old, old.Attrs)
	if err != nil && r.err == nil {
		r.err = err
	}
	r.became[old] = v
	return v
}

// Operands returns the new values of an old value's operands.
func (r *Rebuilder) Operands(old *Value) []*Value {
	args := make([]*Value, len(old.Args))
	for i, a := range old.Args {
		args[i] = r.Of(a)
	}
	return args
}

// Copy appends the old value as it is, on the new values of its operands.
func (r *Rebuilder) Copy(old *Value) (*Value, error) {
	args := make([]*Value, len(old.Args))
	for i, a := range old.Args {
		if a == nil {
			continue
		}
		if args[i] = r.Of(a); args[i] == nil {
			return nil, fmt.Errorf("%s %%%s reads %%%s, which the pass removed", old.Op, old.Name, a.Name)
		}
	}
	return r.CopyWith(old, old.Attrs, args...)
}

// CopyWith appends the old value with other attributes or operands, keeping its
// name, origin, scale and figures. The type is inferred anew unless the op cannot know it.
func (r *Rebuilder) CopyWith(old *Value, attrs Attrs, args ...*Value) (*Value, error) {
	v := &Value{Name: r.Unique(old.Name), Op: old.Op, Args: pad(old.Op, args), Attrs: attrs,
		Range: old.Range, Scale: old.Scale, Measured: old.Measured, Origin: old.Origin}
	if old.Op.Typed() {
		v.Type = old.Type
	}
	return r.put(v)
}

// Rebuild makes a new net of another level (or the same). For each value of the
// old net, in order, f returns its replacement: nil for a copy. Values that
// nothing reads any more are left out, so a pass names only the changes. The
// old net stays as it is.
func Rebuild(old *Net, level Level, f func(*Rebuilder, *Value) (*Value, error)) (*Net, error) {
	r := &Rebuilder{Builder: Like(old), became: map[*Value]*Value{}}
	r.net.Level = level
	for _, v := range old.Values {
		r.At(v.Origin)
		replaced, err := f(r, v)
		if err == nil && replaced == nil && v.Op != OpConst {
			replaced, err = r.Copy(v)
		}
		if err == nil {
			err = r.err
		}
		if err != nil {
			return nil, err
		}
		r.became[v] = replaced
	}
	return Prune(r.Net()), nil
}

// Prune is the net without the values that no output, and no latch of a delay
// that is needed, depends on. Inputs stay.
func Prune(n *Net) *Net { return n.Cone(append(n.All(OpOutput), n.All(OpInput)...)...) }

// Cone is the net of the values that some depend on, in this step or through those before.
func (n *Net) Cone(of ...*Value) *Net {
	out, needed := n.Head(), n.Needed(of...)
	for _, v := range n.Values {
		if needed[v] {
			out.Values = append(out.Values, v)
		}
	}
	return out
}

// Needed has the values that some depend on, these among them, in this step or through those before.
func (n *Net) Needed(by ...*Value) map[*Value]bool {
	latches := map[*Value]*Value{} // by delay
	for _, v := range n.All(OpLatch) {
		latches[v.Args[0]] = v
	}
	needed, todo := map[*Value]bool{}, slices.Clone(by)
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if v == nil || needed[v] {
			continue
		}
		needed[v] = true
		todo = append(append(todo, v.Args...), latches[v])
	}
	return needed
}
