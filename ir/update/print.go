package update

import (
	"fmt"
	"strings"
)

// String prints a program, one state variable or instruction a line.
func (p *Program) String() string { return strings.Join(p.Lines(Ranges{}), "\n") + "\n" }

// Lines prints a program, with the ranges of its values unless they are empty.
func (p *Program) Lines(r Ranges) []string {
	var lines []string
	names := p.Names()
	for i, v := range p.Vars {
		lines = append(lines, "state "+v.String()+ranged(r.Vars, i))
	}
	for v, i := range p.Code {
		switch i.Kind {
		case Store:
			lines = append(lines, fmt.Sprintf("store %s = %s", p.Vars[i.At].Name, names[i.A]))
		case Result:
			lines = append(lines, "result "+names[i.A])
		default:
			lines = append(lines, names[v]+" = "+p.expression(i, names)+ranged(r.Values, v))
		}
	}
	for _, v := range p.Vars {
		for _, at := range v.Versions {
			lines = append(lines, fmt.Sprintf("holds %s %s", v.Name, names[at]))
		}
	}
	return lines
}

func ranged(r []Range, i int) string {
	if r == nil {
		return ""
	}
	return " : " + r[i].String()
}

// String prints a state variable: its name, whether it is a bit and traced, and its initial value unless 0.
func (v Var) String() string {
	s := v.Name
	if v.Bit {
		s += " bit"
	}
	if v.Traced {
		s += " traced"
	}
	switch {
	case v.Init >= 0:
		s += fmt.Sprintf(" init=%d", v.Init)
	case v.Start != 0:
		s += fmt.Sprintf(" start=%d", v.Start)
	}
	return s
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
	case Lookup:
		words = append(words, tableText(i.Table))
	case Leak, Scale:
		words = append(words, i.Decay.String())
	}
	return strings.Join(words, " ")
}

// String prints a decay as factor/2^shift, with its rounding addends.
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
