package update

// Uses returns how many instructions take each value.
func (p *Program) Uses() []int {
	uses := make([]int, len(p.Code))
	for _, i := range p.Code {
		for _, v := range i.Values() {
			uses[v]++
		}
	}
	return uses
}

// Slots returns the operands that the program reads: those of its instructions, and the
// initial values of its state.
func (p *Program) Slots() []int {
	var out []int
	for _, i := range p.Code {
		if i.Kind == Operand || i.Kind == Param {
			out = append(out, int(i.At))
		}
	}
	for _, v := range p.Vars {
		if v.Init >= 0 {
			out = append(out, v.Init)
		}
	}
	return out
}

// IsBit reports whether a value is a bit: by its kind, or because it loads a variable that
// is one or chooses between bits.
func (p *Program) IsBit(v Value) bool {
	i := p.Code[v]
	switch i.Kind {
	case Load:
		return p.Vars[i.At].Bit
	case Store, Result:
		return p.IsBit(i.A)
	case Select:
		return p.IsBit(i.A) && p.IsBit(i.B)
	}
	return i.Bit()
}

// Steps reports whether the program asks for the number of the step.
func (p *Program) Steps() bool { return p.find(Step, 0) >= 0 }
