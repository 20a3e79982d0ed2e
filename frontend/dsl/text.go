package dsl

import (
	"fmt"
	"strings"
)

// The text of a node on one line, as the formatter writes it.

func (e *Expr) String() string {
	out := e.First.String()
	for _, r := range e.Rest {
		out += " " + r.String()
	}
	for _, s := range e.Stages {
		out += " " + s.String()
	}
	return out
}

func (i *Infix) String() string { return i.Op + " " + i.Right.String() }

func (s *Stage) String() string { return "|> " + s.Call.String() }

func (o *Operand) String() string {
	out := o.Sign + o.Primary.String()
	for _, s := range o.Suffixes {
		out += s.String()
	}
	if o.As != nil {
		out += " as " + o.As.String()
	}
	return out
}

func (l *Label) String() string {
	if l.Ident != nil {
		return *l.Ident
	}
	return *l.Text
}

func (p *Primary) String() string {
	for _, s := range []*string{p.Number, p.Text, p.Bool, p.Name, p.Compare} {
		if s != nil {
			return *s
		}
	}
	if p.List != nil {
		return "[" + joined(p.List.Items) + "]"
	}
	return "(" + p.Paren.String() + ")"
}

func (s *Suffix) String() string {
	switch {
	case s.Call != nil:
		return "(" + joined(s.Call.List) + ")"
	case s.Member != nil:
		return "." + *s.Member
	}
	return "[" + s.Index.String() + "]"
}

func (a *Arg) String() string {
	if a.Name == "" {
		return a.Value.String()
	}
	return a.Name + ": " + a.Value.String()
}

func (p *Param) String() string {
	if p.Default == nil {
		return p.Name
	}
	return p.Name + " = " + p.Default.String()
}

func (t *Type) String() string { return t.Elem + "[" + joined(t.Dims) + "]" }

func (o *Option) String() string { return o.Name + " " + o.Value.String() }

func (r *Rename) String() string {
	if r.Transposed {
		return r.Here + " = " + r.There + " transposed"
	}
	return r.Here + " = " + r.There
}

func joined[T fmt.Stringer](items []T) string {
	parts := make([]string, len(items))
	for i, x := range items {
		parts[i] = x.String()
	}
	return strings.Join(parts, ", ")
}

// head is the text of a statement up to its value or its body, and these.
func (s *Stmt) head() (text string, value *Expr, body *Body) {
	switch {
	case s.Import != nil:
		return "import " + s.Import.Path, nil, nil
	case s.Neuron != nil:
		return fmt.Sprintf("neuron %s(%s)", s.Neuron.Name, joined(s.Neuron.Args)), nil, nil
	case s.Block != nil:
		return s.Block.String(), nil, s.Block.Body
	case s.Input != nil:
		return s.Input.String(), nil, nil
	case s.State != nil:
		text = fmt.Sprintf("state %s: %v", s.State.Name, s.State.Type)
		if s.State.Init == nil {
			return text, nil, nil
		}
		return text + " = ", s.State.Init, nil
	case s.For != nil:
		return fmt.Sprintf("for %s in %v", strings.Join(s.For.Names, ", "), s.For.In), nil, s.For.Body
	case s.Repeat != nil:
		return "repeat " + s.Repeat.Count.String(), nil, s.Repeat.Body
	}
	text, value = s.valued()
	return text, value, nil
}

// valued is the head of a statement that ends in an expression.
func (s *Stmt) valued() (string, *Expr) {
	switch {
	case s.Weights != nil:
		return "weights ", s.Weights.From
	case s.Steps != nil:
		return "steps ", s.Steps.Count
	case s.Output != nil:
		return "output " + s.Output.Name + " = ", s.Output.Value
	case s.Next != nil:
		return "next " + s.Next.Name + " = ", s.Next.Value
	case s.Let != nil:
		return "let " + strings.Join(s.Let.Names, ", ") + " = ", s.Let.Value
	case s.Assign != nil:
		return strings.Join(s.Assign.Names, ", ") + " = ", s.Assign.Value
	}
	return "", s.Value
}

// String is the head of a block or model, without its body.
func (b *Block) String() string {
	if len(b.Params) == 0 {
		return b.Kind + " " + b.Name
	}
	return fmt.Sprintf("%s %s(%s)", b.Kind, b.Name, joined(b.Params))
}

func (i *Input) String() string {
	out := fmt.Sprintf("input %s: %v", i.Name, i.Type)
	for _, o := range i.Options {
		out += " " + o.String()
	}
	return out
}
