package passes

import (
	"fmt"
	"strings"

	"nomul/ir"
	"nomul/ir/eval"
)

// runCanonicalise writes equal things the same way: one sweep in net order that
// rewrites each value by the table canonicalRules, exactly in IEEE arithmetic,
// and makes equal values one.
func runCanonicalise(n *ir.Net, _ *Options) (*ir.Net, error) {
	out, err := canonical(n, canonicalRules)
	if err != nil {
		return nil, err
	}
	return opposites(out, canonicalRules)
}

func canonical(n *ir.Net, rules []canonicalRule) (*ir.Net, error) {
	c := newRewriter(n)
	c.rules = rules
	for _, v := range n.Values {
		if _, err := c.copy(v); err != nil {
			return nil, err
		}
	}
	return ir.Prune(c.b.Net()), nil
}

// rewriter makes values in canonical form, each once.
type rewriter struct {
	b      *ir.Builder
	level  ir.Level
	steps  int
	rules  []canonicalRule
	became map[*ir.Value]*ir.Value // of the values of the net before
	known  map[string]*ir.Value    // by content
	number map[*ir.Value]int

	decisions map[*ir.Value]*decision // of values of the net
	deep      bool                    // comparisons of a value that is decided are no comparisons of their own
	bits      map[*ir.Value]bool      // delays that hold nothing but 0 and 1
}

func newRewriter(n *ir.Net) *rewriter {
	return &rewriter{
		b: ir.Like(n), level: n.Level, steps: n.Steps, rules: canonicalRules,
		became: map[*ir.Value]*ir.Value{}, known: map[string]*ir.Value{}, number: map[*ir.Value]int{},
		decisions: map[*ir.Value]*decision{}, bits: map[*ir.Value]bool{},
	}
}

// copy makes a value of the net before.
func (c *rewriter) copy(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = c.became[a]
	}
	out, err := c.like(v, args...)
	c.became[v] = out
	return out, err
}

// like makes a value as v is, but on other operands.
func (c *rewriter) like(v *ir.Value, args ...*ir.Value) (*ir.Value, error) {
	on := *v
	on.Args = args
	if !typed(v.Op) && v.Op != ir.OpConst && v.Op != ir.OpUnknown {
		on.Type = ir.Type{}
	}
	return c.make(&on)
}

// as makes what v is rewritten to: it keeps v's name and origin.
func (c *rewriter) as(v *ir.Value, op ir.Op, attrs ir.Attrs, args ...*ir.Value) (*ir.Value, error) {
	return c.make(&ir.Value{Name: v.Name, Op: op, Attrs: attrs, Args: args, Origin: v.Origin})
}

// castTo makes the cast of x to v's type, under v's name.
func (c *rewriter) castTo(v, x *ir.Value) (*ir.Value, error) {
	return c.make(&ir.Value{Name: v.Name, Op: ir.OpCast, Args: []*ir.Value{x}, Type: v.Type, Origin: v.Origin})
}

// constant makes a constant beside v.
func (c *rewriter) constant(name string, data *ir.Tensor, v *ir.Value) (*ir.Value, error) {
	return c.make(&ir.Value{Name: name, Op: ir.OpConst, Attrs: ir.ConstAttrs{Data: data}, Type: data.Type, Origin: v.Origin})
}

// make finds or appends the canonical form of v, which is not in the net.
func (c *rewriter) make(v *ir.Value) (*ir.Value, error) {
	v, err := c.inferred(v)
	if err != nil {
		return nil, err
	}
	if pure(v) || readsOut(v) {
		for _, rule := range c.rules {
			if out, err := rule.apply(c, v); out != nil || err != nil {
				return out, err
			}
		}
	}
	key := c.key(v)
	if old := c.known[key]; old != nil {
		return old, nil
	}
	c.b.At(v.Origin)
	out, err := c.b.AddTyped(v.Op, c.b.Unique(v.Name), v.Attrs, v.Type, v.Args...)
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
func (c *rewriter) inferred(v *ir.Value) (*ir.Value, error) {
	b := ir.NewBuilder("scratch", c.level, c.steps)
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

// pure tells whether a value is determined by its operands and attributes alone.
func pure(v *ir.Value) bool { return eval.Has(v.Op) && v.Op != ir.OpOutput }

// readsOut tells readouts over time, which are determined by their operands too.
func readsOut(v *ir.Value) bool {
	return v.Clock == ir.End && len(v.Args) > 0 && v.Op != ir.OpOutput && (v.Args[0].Clock == ir.Step || v.Args[0].Const() != nil)
}

// key names the content of a value; it is empty when no other value is the same.
func (c *rewriter) key(v *ir.Value) string {
	var b strings.Builder
	switch {
	case v.Op == ir.OpConst:
		return "const " + v.Const().Digest() + v.Type.String()
	case !pure(v) && !readsOut(v):
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
