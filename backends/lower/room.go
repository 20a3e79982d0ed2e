package lower

import "nomul/ir"

// furnish gives every array its elements. Arrays that only stages of the same time step read
// share memory with others that are written when they have been read.
func (m *Machine) furnish() {
	last := m.p.lastReads()
	free := map[int][][]int64{} // by size
	for i, s := range m.p.Stages {
		if _, passing := last[s.To]; passing {
			m.data[s.To] = taken(free, s.To.Type.Size())
		}
		for a, at := range last {
			if at == i && m.data[a] != nil {
				free[len(m.data[a])] = append(free[len(m.data[a])], m.data[a])
			}
		}
	}
	for _, a := range m.p.Arrays {
		switch {
		case a.Const():
			m.data[a] = a.Data.I
		case m.data[a] == nil:
			m.data[a] = make([]int64, a.Type.Size())
		}
	}
}

// Bytes returns the most memory that a machine needs beside the constants.
func (p *Program) Bytes() int {
	n := 0
	for _, a := range p.Arrays {
		if !a.Const() {
			n += a.Type.Size()
		}
	}
	for _, s := range p.Stages {
		if s.Each != nil {
			n += len(s.Each.Program.Vars) * s.To.Type.Size()
		}
	}
	return 8 * n
}

// taken returns memory of a size, that of an array which was read if there is any.
func taken(free map[int][][]int64, size int) []int64 {
	if n := len(free[size]); n > 0 {
		data := free[size][n-1]
		free[size] = free[size][:n-1]
		return data
	}
	return make([]int64, size)
}

// lastReads returns the stage that is the last to read an array, for those that one stage
// writes and others read in the same time step, and nothing outside.
func (p *Program) lastReads() map[*Array]int {
	last, kept := map[*Array]int{}, map[*Array]bool{}
	for i, s := range p.Stages {
		inside := s.Clock == ir.Step && !s.late()
		if _, twice := last[s.To]; twice || !inside {
			kept[s.To] = true
		}
		last[s.To] = max(last[s.To], i)
		for _, v := range s.Views() {
			if _, written := last[v.Array]; !written || !inside {
				kept[v.Array] = true
			}
			last[v.Array] = i
		}
	}
	for a := range kept {
		delete(last, a)
	}
	return last
}

// Views returns those that a stage reads through.
func (s *Stage) Views() []View {
	var out []View
	switch {
	case s.Each != nil:
		for _, v := range s.Each.Views {
			out = append(out, v)
		}
	case s.Fold != nil:
		out = append(out, s.Fold.X)
		for _, v := range []*View{s.Fold.Weight, s.Fold.Start} {
			if v != nil {
				out = append(out, *v)
			}
		}
	default:
		for _, p := range s.Move.Pieces {
			out = append(out, p.From)
		}
	}
	return out
}
