package canonical

import (
	"fmt"
	"strings"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/rewrite"
)

// Canonicalise writes equal things the same way: one sweep in net order that
// rewrites each value by the table canonicalRules, exactly in IEEE arithmetic,
// and makes equal values one.
func Canonicalise(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	out, err := Canonical(n, CanonicalRules)
	if err != nil {
		return nil, err
	}
	return Opposites(out, CanonicalRules)
}

// Canonical returns the net rewritten by rules, each value once, in net order.
func Canonical(n *ir.Net, rules []CanonicalRule) (*ir.Net, error) {
	c := NewRewriter(n)
	c.Rules = rules
	return c.Sweep(n, func(*ir.Value) (*ir.Value, error) { return nil, nil })
}

// Sweep returns the net with its values rewritten in net order: by write, or, where that returns
// nil, as they are on their new operands.
func (c *Rewriter) Sweep(n *ir.Net, write func(v *ir.Value) (*ir.Value, error)) (*ir.Net, error) {
	for _, v := range n.Values {
		out, err := write(v)
		if out == nil && err == nil {
			out, err = c.Copy(v)
		}
		if err != nil {
			return nil, err
		}
		c.Became[v] = out
	}
	return ir.Prune(c.Builder.Net()), nil
}

// Rewriter makes values in canonical form, each once.
type Rewriter struct {
	Builder *ir.Builder
	Level   ir.Level
	steps   int
	Rules   []CanonicalRule
	Became  map[*ir.Value]*ir.Value // of the values of the net before
	known   map[string]*ir.Value    // by content
	number  map[*ir.Value]int

	decisions map[*ir.Value]*decision // of values of the net
	Deep      bool                    // comparisons of a value that is decided are no comparisons of their own
	Bits      map[*ir.Value]bool      // delays that hold nothing but 0 and 1
}

// NewRewriter returns a rewriter of a net, without rules yet.
func NewRewriter(n *ir.Net) *Rewriter {
	return &Rewriter{
		Builder: ir.Like(n), Level: n.Level, steps: n.Steps, Rules: CanonicalRules,
		Became: map[*ir.Value]*ir.Value{}, known: map[string]*ir.Value{}, number: map[*ir.Value]int{},
		decisions: map[*ir.Value]*decision{}, Bits: map[*ir.Value]bool{},
	}
}

// Copy makes a value of the net before.
func (c *Rewriter) Copy(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = c.Became[a]
	}
	out, err := c.Like(v, args...)
	c.Became[v] = out
	return out, err
}

// Like makes a value as v is, but on other operands.
func (c *Rewriter) Like(v *ir.Value, args ...*ir.Value) (*ir.Value, error) {
	on := *v
	on.Args = args
	if !v.Op.Typed() {
		on.Type = ir.Type{}
	}
	return c.Make(&on)
}

// As makes the replacement of v, with v's name and origin.
func (c *Rewriter) As(v *ir.Value, op ir.Op, attrs ir.Attrs, args ...*ir.Value) (*ir.Value, error) {
	return c.Make(&ir.Value{Name: v.Name, Op: op, Attrs: attrs, Args: args, Origin: v.Origin})
}

// Output makes the replacement of an output. Integers keep its scale, and real numbers, such as
// their mean, are multiplied by it.
func (c *Rewriter) Output(v *ir.Value, attrs ir.Attrs, x *ir.Value) (*ir.Value, error) {
	scale := v.Scale
	if scale != nil && x.Type.IsReal() {
		by, err := c.Constant(v.Name+".scale", scale.Data, v)
		if err == nil {
			x, err = c.Make(&ir.Value{Name: v.Name + ".scaled", Op: ir.OpMul, Args: []*ir.Value{x, by}, Origin: v.Origin})
		}
		if err != nil {
			return nil, err
		}
		scale = nil
	}
	return c.Make(&ir.Value{Name: v.Name, Op: ir.OpOutput, Attrs: attrs, Args: []*ir.Value{x}, Scale: scale, Origin: v.Origin})
}

// CastTo makes the cast of x to v's type, under v's name.
func (c *Rewriter) CastTo(v, x *ir.Value) (*ir.Value, error) {
	return c.Make(&ir.Value{Name: v.Name, Op: ir.OpCast, Args: []*ir.Value{x}, Type: v.Type, Origin: v.Origin})
}

// Constant makes a constant beside v.
func (c *Rewriter) Constant(name string, data *ir.Tensor, v *ir.Value) (*ir.Value, error) {
	return c.Make(&ir.Value{Name: name, Op: ir.OpConst, Attrs: ir.ConstAttrs{Data: data}, Type: data.Type, Origin: v.Origin})
}

// Make finds or appends the canonical form of v, which is not in the net.
func (c *Rewriter) Make(v *ir.Value) (*ir.Value, error) {
	v, err := c.inferred(v)
	if err != nil {
		return nil, err
	}
	if Pure(v) || readsOut(v) {
		for _, rule := range c.Rules {
			if out, err := rule.Apply(c, v); out != nil || err != nil {
				return out, err
			}
		}
	}
	key := c.key(v)
	if old := c.known[key]; old != nil {
		return old, nil
	}
	c.Builder.At(v.Origin)
	out, err := c.Builder.AddTyped(v.Op, c.Builder.Unique(v.Name), v.Attrs, v.Type, v.Args...)
	if err != nil {
		return nil, err
	}
	out.Range, out.Scale = v.Range, v.Scale
	c.number[out] = len(c.number)
	if key != "" {
		c.known[key] = out
	}
	return out, nil
}

// inferred is v with its type, clock and range, in no net.
func (c *Rewriter) inferred(v *ir.Value) (*ir.Value, error) {
	b := ir.NewBuilder("scratch", c.Level, c.steps)
	b.At(v.Origin)
	out, err := b.AddTyped(v.Op, v.Name, v.Attrs, v.Type, v.Args...)
	if err != nil {
		return nil, err
	}
	if v.Op == ir.OpInput {
		out.Range = v.Range
	}
	out.Scale = v.Scale
	return out, nil
}

// Pure reports whether a value is determined by its operands and attributes alone.
func Pure(v *ir.Value) bool { return eval.Has(v.Op) && v.Op != ir.OpOutput }

// readsOut tells readouts over time, which are determined by their operands too.
func readsOut(v *ir.Value) bool {
	return v.Clock == ir.End && len(v.Args) > 0 && v.Op != ir.OpOutput && (v.Args[0].Clock == ir.Step || v.Args[0].Const() != nil)
}

// key names the content of a value; it is empty when no other value is the same.
func (c *Rewriter) key(v *ir.Value) string {
	var b strings.Builder
	switch {
	case v.Op == ir.OpConst:
		return "const " + v.Const().Digest() + v.Type.String()
	case !Pure(v) && !readsOut(v):
		return ""
	}
	fmt.Fprintf(&b, "%v %v %v", v.Op, v.Attrs, v.Type)
	for _, a := range v.Args {
		if a == nil {
			b.WriteString(" -")
			continue
		}
		fmt.Fprintf(&b, " %d", c.number[a])
	}
	return b.String()
}
