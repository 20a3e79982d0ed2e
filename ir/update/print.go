package update

import (
	"fmt"
	"strings"
)

// String prints a program, one instruction a line, with the ranges of its values if any.
func (p *Program) String() string { return p.Text(Ranges{}) }

// Text prints a program with the ranges of its values.
func (p *Program) Text(r Ranges) string {
	var b strings.Builder
	names := p.Names()
	for i, v := range p.Vars {
		fmt.Fprintf(&b, "state %s", v.Name)
		if v.Bit {
			b.WriteString(" bit")
		}
		if v.Init >= 0 {
			fmt.Fprintf(&b, " = operand %d", v.Init)
		} else if v.Start != 0 {
			fmt.Fprintf(&b, " = %d", v.Start)
		}
		if r.Vars != nil {
			fmt.Fprintf(&b, " : %v", r.Vars[i])
		}
		b.WriteByte('\n')
	}
	for v, i := range p.Code {
		switch i.Kind {
		case Store:
			fmt.Fprintf(&b, "store %s = %s\n", p.Vars[i.At].Name, names[i.A])
			continue
		case Result:
			fmt.Fprintf(&b, "result %s\n", names[i.A])
			continue
		}
		fmt.Fprintf(&b, "%s = %s", names[v], p.expression(i, names))
		if r.Values != nil {
			fmt.Fprintf(&b, " : %v", r.Values[v])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// expression prints the right side of an instruction.
func (p *Program) expression(i Instr, names []string) string {
	words := []string{i.Kind.String()}
	for _, v := range i.Values() {
		words = append(words, names[v])
	}
	switch i.Kind {
	case Load:
		words = append(words, p.Vars[i.At].Name)
	case Operand, Param, Const, Shl, Shr:
		words = append(words, fmt.Sprint(i.At))
	case Leak:
		words = append(words, i.Decay.String())
	}
	return strings.Join(words, " ")
}

// String prints a decay as factor/2^shift, with what is added before the shift.
func (d Decay) String() string {
	s := fmt.Sprintf("%d/2^%d", d.Factor(), d.Shift)
	if d.Up != 0 {
		s += fmt.Sprintf(" up %d", d.Up)
	}
	if d.UpNegative != 0 {
		s += fmt.Sprintf(" up-negative %d", d.UpNegative)
	}
	if d.Rest {
		s += " rest"
	}
	return s
}

// Names returns a name for each value, unlike any other: its own, numbered where another
// value has it, or t and a number.
func (p *Program) Names() []string {
	taken := map[string]bool{}
	names := make([]string, len(p.Code))
	for v, i := range p.Code {
		if name := i.Name; name != "" {
			for n := 2; taken[name]; n++ {
				name = fmt.Sprintf("%s%d", i.Name, n)
			}
			names[v], taken[name] = name, true
		}
	}
	n := 0
	for v := range p.Code {
		for names[v] == "" {
			n++
			if name := fmt.Sprintf("t%d", n); !taken[name] {
				names[v] = name
			}
		}
	}
	return names
}
