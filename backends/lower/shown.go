package lower

import (
	"slices"

	"nomul/ir"
)

// keepShown lets stages behind the time steps read delays as the last step showed them: its
// latches have set the arrays to the values of a further step. Each such delay is copied in
// every step.
func (p *Program) keepShown() {
	shown := map[*Array]*Array{}
	for _, s := range p.Stages {
		if s.late() {
			shown[s.To] = nil
		}
	}
	var copies []*Stage
	for _, s := range p.Stages {
		if s.Clock != ir.End {
			continue
		}
		s.reads(func(v *View) {
			a, delay := shown[v.Array]
			if !delay {
				return
			}
			if a == nil {
				a = &Array{Name: p.unused(v.Array.Name + ".shown"), Type: v.Array.Type, Range: v.Array.Range}
				x := whole(v.Array)
				shown[v.Array], p.Arrays = a, append(p.Arrays, a)
				copies = append(copies, &Stage{Clock: ir.Step, To: a, Move: &Move{Pieces: []Piece{copying(x, whole(a))}}})
			}
			v.Array = a
		})
	}
	end := slices.IndexFunc(p.Stages, func(s *Stage) bool { return s.Clock == ir.End })
	p.Stages = slices.Insert(p.Stages, max(end, 0), copies...)
}

// unused returns a name that no array has.
func (p *Program) unused(name string) string {
	for slices.ContainsFunc(p.Arrays, func(a *Array) bool { return a.Name == name }) {
		name += "."
	}
	return name
}
