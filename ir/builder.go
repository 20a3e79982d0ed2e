package ir

import (
	"fmt"
	"strconv"

	"nomul/ir/diag"
)

// Builder makes a net value by value, inferring type, clock and range of each.
type Builder struct {
	net    *Net
	byName map[string]*Value
	origin diag.Origin
}

// NewBuilder starts an empty net.
func NewBuilder(name string, level Level, steps int) *Builder {
	return &Builder{net: &Net{Name: name, Level: level, Steps: steps}, byName: map[string]*Value{}}
}

// At sets the origin of the values added from now on.
func (b *Builder) At(o diag.Origin) { b.origin = o }

// Add appends a value. args are the op's operands in slot order; trailing
// optional ones may be left out, absent ones in between are nil.
func (b *Builder) Add(op Op, name string, attrs Attrs, args ...*Value) (*Value, error) {
	return b.AddTyped(op, name, attrs, Type{}, args...)
}

// AddTyped is Add with a type written: needed for input, unknown and cast, and
// to make an integer wider than inferred.
func (b *Builder) AddTyped(op Op, name string, attrs Attrs, t Type, args ...*Value) (*Value, error) {
	return b.put(&Value{Name: name, Op: op, Args: pad(op, args), Attrs: attrs, Type: t, Origin: b.origin})
}

// Input appends an input of a type.
func (b *Builder) Input(name string, t Type, attrs InputAttrs) (*Value, error) {
	return b.AddTyped(OpInput, name, attrs, t)
}

// Const appends a constant.
func (b *Builder) Const(name string, data *Tensor) (*Value, error) {
	return b.AddTyped(OpConst, name, ConstAttrs{Data: data}, data.Type)
}

// Unique is the name itself, or with a number behind it when it is taken.
func (b *Builder) Unique(name string) string {
	unique := name
	for i := 1; b.byName[unique] != nil; i++ {
		unique = name + "." + strconv.Itoa(i)
	}
	return unique
}

// Named is the value of that name, or nil.
func (b *Builder) Named(name string) *Value { return b.byName[name] }

// Like starts an empty net with a head like that of another.
func Like(n *Net) *Builder { return &Builder{net: n.Head(), byName: map[string]*Value{}} }

// Net is the finished net: its values stably ordered by clock.
func (b *Builder) Net() *Net {
	if b.net.Order == nil {
		b.net.Order = b.net.outputs()
	}
	b.net.Values = ByClock(b.net.Values)
	return b.net
}

// put infers and appends v. A written integer type may be wider than the inferred one.
func (b *Builder) put(v *Value) (*Value, error) {
	switch {
	case !validName(v.Name):
		return nil, diag.Errorf(v.Origin, diag.BadNet, "%q is not a name", v.Name)
	case b.byName[v.Name] != nil:
		return nil, diag.Errorf(v.Origin, diag.BadNet, "%%%s is defined twice", v.Name)
	}
	if err := b.settle(v); err != nil {
		return nil, err
	}
	b.net.Values = append(b.net.Values, v)
	b.byName[v.Name] = v
	return v, nil
}

func (b *Builder) settle(v *Value) error {
	if v.Op == OpOutput && v.Attrs == nil {
		v.Attrs = OutputAttrs{}
	}
	if d := checkAttrs(v); d != nil {
		return d
	}
	in, d := infer(v, b.net.Level, b.net.Steps)
	if d != nil {
		return d
	}
	clock, d := clockOf(v)
	if d != nil {
		return d
	}
	if v.Type.Kind == 0 {
		v.Type = in.typ
	}
	if d := checkWritten(v, in); d != nil {
		return d
	}
	v.Clock, v.Range, v.State, v.Current = clock, in.rng, in.state, in.current
	return nil
}

// checkAttrs demands the attribute struct of the op's row.
func checkAttrs(v *Value) *diag.Diagnostic {
	want := ops[v.Op].attrs
	if fmt.Sprintf("%T", v.Attrs) != fmt.Sprintf("%T", want) {
		return diag.Errorf(v.Origin, diag.BadNet, "%s %%%s: attributes are %T, wanted %T", v.Op, v.Name, v.Attrs, want)
	}
	return nil
}

// checkWritten demands that the type on the value has the inferred shape and
// holds the inferred range.
func checkWritten(v *Value, in *inference) *diag.Diagnostic {
	switch {
	case v.Type.Shape != in.typ.Shape:
		return diag.Errorf(v.Origin, diag.ShapeMismatch, "%s %%%s: is written as %v, but its shape is %v", v.Op, v.Name, v.Type, in.typ.Shape)
	case v.Type.IsReal() != in.typ.IsReal():
		return diag.Errorf(v.Origin, diag.TypeMismatch, "%s %%%s: is written as %v, but is %v", v.Op, v.Name, v.Type, in.typ)
	case !v.Type.IsReal() && !v.Type.Full().Contains(in.rng):
		return diag.Errorf(v.Origin, diag.TypeMismatch, "%s %%%s: is written as %v, which does not hold %v", v.Op, v.Name, v.Type, in.rng)
	}
	return nil
}

// pad fills the absent trailing operands with nil.
func pad(op Op, args []*Value) []*Value {
	slots := ops[op].operands
	if len(slots) == 1 && slots[0].Variadic {
		return args
	}
	for len(args) < len(slots) {
		args = append(args, nil)
	}
	return args
}

// validName reports whether a string can name a value in the text form.
func validName(s string) bool {
	for i := range len(s) {
		if !nameByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func nameByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c == '_' || c == '.' || c == '/' || c == ':' || c == '-'
}

// CleanName replaces bytes that no name can contain by '_'.
func CleanName(s string) string {
	out := []byte(s)
	for i, c := range out {
		if !nameByte(c) {
			out[i] = '_'
		}
	}
	if len(out) == 0 {
		return "_"
	}
	return string(out)
}
