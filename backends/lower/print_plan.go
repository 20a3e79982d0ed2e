package lower

import (
	"fmt"
	"strings"
)

// Print returns the text of a plan: the memory, then the sweeps in the order in which they
// run. Stages of a sweep are joined by "+"; elements in brackets never reach memory.
func (p *Plan) Print() string {
	w := &writer{p: p.Program}
	w.line("plan %s target=%s schedule=%s bytes=%d {", p.Program.Name, p.Layout.Target, p.Layout.schedule(), p.Bytes())
	w.line("memory")
	for i, s := range p.Slots {
		w.line("\tslot %d %v[%d] %s", i, s.Elem, s.Size, p.users(s))
	}
	for _, s := range p.Program.Stages {
		for i, e := range p.States[s] {
			line := fmt.Sprintf("\tstate %s.%s %v[%d]", s.To.Name, s.Each.Program.Vars[i].Name, e, s.To.Type.Size())
			if at, kept := p.Kept[s.To]; kept && at == i {
				line += " " + s.To.Name
			}
			w.line("%s", line)
		}
	}
	p.sweeps(w, "once", p.Once)
	for _, g := range p.Groups {
		p.sweeps(w, "step", g.Sweeps)
		for _, l := range g.Latches {
			w.line("\tlatch %s", l.To.Name)
		}
	}
	p.sweeps(w, "end", p.End)
	for _, s := range p.Outputs {
		w.line("\toutput %s", s.To.Name)
	}
	w.line("}")
	return w.String()
}

func (l Layout) schedule() string {
	if l.LayerMajor {
		return "layer-major"
	}
	return "step-major"
}

// String is s16, u8, bit or any of an integer that nothing bounds.
func (e Elem) String() string {
	switch {
	case e.Bits == 1:
		return "bit"
	case e.Bits == 64:
		return "any"
	case e.Signed:
		return fmt.Sprintf("s%d", e.Bits)
	}
	return fmt.Sprintf("u%d", e.Bits)
}

// users are the arrays of a slot, with the copies of those that have one for each step.
func (p *Plan) users(s *Slot) string {
	var names []string
	for _, a := range s.Users {
		name := a.Name
		if n := p.Copies[a]; n > 0 {
			name += fmt.Sprintf(" of %d steps", n)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", later ")
}

func (p *Plan) sweeps(w *writer, head string, sweeps []*Sweep) {
	if len(sweeps) > 0 || head != "once" {
		w.line("%s", head)
	}
	for _, s := range sweeps {
		var names []string
		for _, stage := range s.Stages {
			name := stage.To.Name
			if _, kept := p.Kept[stage.To]; !kept && p.At[stage.To] == nil {
				name = "[" + name + "]"
			}
			names = append(names, name)
		}
		w.line("\t%s", strings.Join(names, " + "))
	}
}

// Bytes returns the memory of the slots and of the state, without padding between them.
func (p *Plan) Bytes() int {
	n := 0
	for _, s := range p.Slots {
		n += p.Layout.bytes(s.Elem, s.Size)
	}
	for s, elems := range p.States {
		for _, e := range elems {
			n += p.Layout.bytes(e, s.To.Type.Size())
		}
	}
	return n
}

// bytes of so many elements; packed spikes fill words.
func (l Layout) bytes(e Elem, n int) int {
	if e.Bits == 1 && l.Packed > 0 {
		return (n + l.Packed - 1) / l.Packed * l.Packed / 8
	}
	return n * e.Bits / 8
}
