package goasm

import (
	"fmt"
	"strings"
)

// elem is the type of an argument's elements.
func (s *laneStage) elem(a argument) string {
	if a.spikes {
		return packed.elem()
	}
	return s.form.elem()
}

// length is the number of elements of an argument that is state.
func (s *laneStage) length(a argument) int {
	if a.spikes {
		return padded(s.dst.size) / 64
	}
	return padded(s.dst.size)
}

// owns reports whether an argument is state in a field of its own, and not in the result.
func (s *laneStage) owns(a argument) bool { return a.state && a.field != s.dst.name }

func (s *laneStage) fields(p *printer) {
	if s.places != "" {
		p.f("%s []int32 // of the neurons in C order", s.places)
	}
	for _, a := range s.args {
		if s.owns(a) {
			p.f("%s []%s // %s", a.field, s.elem(a), a.name)
		}
		for _, c := range []*vectorPlan{a.start, a.constant} {
			if c != nil {
				c.declare(p)
			}
		}
	}
}

func (s *laneStage) prepare(p *printer) {
	if s.places != "" {
		p.f("m.%s = int32s(w[%d:%d])", s.places, s.table.from, s.table.to)
	}
	for _, a := range s.args {
		if s.owns(a) {
			p.f("m.%s = make([]%s, %d)", a.field, s.elem(a), s.length(a))
		}
		for _, c := range []*vectorPlan{a.start, a.constant} {
			if c != nil {
				c.prepare(p)
			}
		}
	}
}

func (s *laneStage) reset(p *printer) {
	for _, a := range s.args {
		switch {
		case a.start != nil:
			p.f("copy(m.%s, m.%s)", a.field, a.start.field)
		case a.state:
			p.f("clear(m.%s)", a.field)
		}
	}
}

// body prints the update, block by block where the constants repeat. Neurons that fill
// up the last word of spikes have no say.
func (s *laneStage) body(p *printer) {
	all := padded(s.dst.size)
	if s.block < all {
		p.f("for at := 0; at < %d; at += %d {", all, s.block)
		p.f("%s\n}", s.call(all))
	} else {
		p.f("%s", s.call(all))
	}
	if rest := s.dst.size % 64; s.fires() && rest > 0 {
		p.f("m.%s[%d] &= 1<<%d - 1", s.dst.name, s.dst.words()-1, rest)
	}
}

// call is the call for all neurons, or for those of the block that begins at at.
func (s *laneStage) call(all int) string {
	var args []string
	for i, a := range s.args {
		arg := "m." + a.field
		switch {
		case s.block == all || a.constant != nil:
		case a.spikes:
			arg += "[at>>6:]"
		case i == 0 && all%s.block == 0:
			arg += fmt.Sprintf("[at:at+%d]", s.block)
		case i == 0:
			arg += fmt.Sprintf("[at:min(at+%d, %d)]", s.block, all)
		default:
			arg += "[at:]"
		}
		args = append(args, arg)
	}
	return fmt.Sprintf("m.updates.%s(%s)", s.first.dst.name, strings.Join(args, ", "))
}
