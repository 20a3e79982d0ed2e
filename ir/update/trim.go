package update

// trimmed returns a program without its dead instructions, and without the state variables
// that are neither traced nor loaded by a live instruction; and the ranges of those that are left, if
// ranges are given.
func (p *Program) trimmed(r Ranges) (*Program, Ranges) {
	live, kept := p.live()
	out, left := &Program{}, Ranges{}
	vars, values := make([]int64, len(p.Vars)), make([]Value, len(p.Code))
	for i, v := range p.Vars {
		if kept[i] {
			vars[i] = int64(len(out.Vars))
			out.Vars = append(out.Vars, v)
			left.Vars = appendAt(left.Vars, r.Vars, i)
		}
	}
	for i, instr := range p.Code {
		if !live[i] {
			continue
		}
		if instr.Kind == Load || instr.Kind == Store {
			instr.At = vars[instr.At]
		}
		instr.A, instr.B, instr.C = values[instr.A], values[instr.B], values[instr.C]
		values[i] = Value(len(out.Code))
		out.Code = append(out.Code, instr)
		left.Values = appendAt(left.Values, r.Values, i)
	}
	for i := range out.Vars {
		versions := out.Vars[i].Versions
		out.Vars[i].Versions = nil
		for _, v := range versions {
			if live[v] {
				out.Vars[i].Versions = append(out.Vars[i].Versions, values[v])
			}
		}
	}
	return out, left
}

// appendAt appends one of some ranges, if there are any.
func appendAt(to, from []Range, i int) []Range {
	if from == nil {
		return nil
	}
	return append(to, from[i])
}

// live reports for each instruction whether the result or a kept state variable depends on
// it. A variable is kept from its first live load on, which makes the value it stores live, too.
func (p *Program) live() (live, kept []bool) {
	live, kept = make([]bool, len(p.Code)), make([]bool, len(p.Vars))
	var reach func(v Value)
	keep := func(variable int) {
		if !kept[variable] {
			kept[variable] = true
			store := p.find(Store, variable)
			live[store] = true
			reach(p.Code[store].A)
		}
	}
	reach = func(v Value) {
		if live[v] {
			return
		}
		live[v] = true
		i := p.Code[v]
		for _, a := range i.Values() {
			reach(a)
		}
		if i.Kind == Load {
			keep(int(i.At))
		}
	}
	for v, i := range p.Code {
		if i.Kind == Result {
			reach(Value(v))
		}
	}
	for v, variable := range p.Vars {
		if variable.Traced {
			keep(v)
		}
	}
	return live, kept
}
