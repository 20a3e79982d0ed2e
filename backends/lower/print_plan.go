package lower

import (
	"fmt"
	"strings"
)

// Print returns the text of a plan: the memory, then the sweeps in the order in which they
// run, by position. Arrays of the target's own are declared in front. A slot has the positions
// from which to which each of its arrays stays there. Stages of a sweep are joined by "+";
// elements in brackets never reach memory. In each step a group runs its sweeps, then its
// latches; "last" is the end of its last step.
func (p *Plan) Print() string {
	w := &writer{p: p.Program}
	w.line("plan %s target=%s schedule=%s packed=%d bytes=%d {", p.Program.Name, p.Layout.Target, p.Layout.schedule(), p.Layout.Packed, p.Bytes())
	w.line("memory")
	for _, s := range p.Slots {
		for _, u := range s.Uses {
			if p.sweepOf[u.Array] == nil {
				w.line("\t%s", u.Array)
			}
		}
	}
	for i, s := range p.Slots {
		var uses []string
		for _, u := range s.Uses {
			uses = append(uses, u.String())
		}
		w.line("\tslot %d %v[%d] %s", i, s.Elem, s.Size, strings.Join(uses, ", later "))
	}
	p.eachState(func(s *Stage, i int) {
		line := fmt.Sprintf("\tstate %s %v[%d]", s.variable(i), p.States[s][i], s.To.Type.Size())
		if at, kept := p.Kept[s.To]; kept && at == i {
			line += " " + s.To.Name
		}
		w.line("%s", line)
	})
	w.sweeps(p, "once", p.Once)
	for _, g := range p.Groups {
		w.line("step")
		w.sweeps(p, "", g.Sweeps)
		var latches []string
		for _, l := range g.Latches {
			latches = append(latches, l.To.Name+map[bool]string{true: " held"}[p.Held[l]])
		}
		w.line("%s", strings.TrimSuffix(fmt.Sprintf("\tlatches %d %s", g.latch, strings.Join(latches, ", ")), " "))
		w.line("\tlast %d", g.end)
	}
	w.sweeps(p, "end", p.End)
	for _, s := range p.Outputs {
		w.line("\toutput %s", s.To.Name)
	}
	w.line("}")
	return w.String()
}

// eachState calls f with the state variables of all stages.
func (p *Plan) eachState(f func(s *Stage, i int)) {
	for _, s := range p.Program.Stages {
		if s.Each == nil {
			continue
		}
		for i := range s.Each.Program.Vars {
			f(s, i)
		}
	}
}

// variable is the name of a state variable in the text of a plan.
func (s *Stage) variable(i int) string { return s.To.Name + "." + s.Each.Program.Vars[i].Name }

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

// String is the array, the positions in which it has its slot, and the number of its copies.
func (u *Use) String() string {
	s := fmt.Sprintf("%s %s..%s", u.Array.Name, positionName(u.from), positionName(u.to))
	if u.Copies > 0 {
		s += fmt.Sprintf(" of %d steps", u.Copies)
	}
	return s
}

// positionName is the number of a position, start or outputs.
func positionName(at int) string {
	switch at {
	case startPosition:
		return "start"
	case outputsPosition:
		return "outputs"
	}
	return fmt.Sprint(at)
}

func (w *writer) sweeps(p *Plan, head string, sweeps []*Sweep) {
	if head == "end" || len(sweeps) > 0 && head != "" {
		w.line("%s", head)
	}
	for _, s := range sweeps {
		var names []string
		for _, stage := range s.Stages {
			name := stage.To.Name
			if e, passed := p.Passed[stage.To]; passed {
				name = fmt.Sprintf("[%s %v]", name, e)
			}
			names = append(names, name)
		}
		w.line("\t%d %s", s.position, strings.Join(names, " + "))
	}
}

// Bytes returns the memory of the slots, of the state and of latches that are held, without
// padding between them.
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
	for s := range p.Held {
		n += p.Layout.bytes(p.At[s.To].Slot.Elem, s.To.Type.Size())
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
