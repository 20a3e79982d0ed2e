package lower

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// positioned reads a line with a position: "N STAGE + STAGE", "latches N LATCH, LATCH held" or
// "last N".
func (r *planReader) positioned(words []string, line string) error {
	turn, position, step := words[0] == "latches" || words[0] == "last", words[0], r.section == "step"
	if turn && len(words) > 1 {
		position = words[1]
	}
	_, rest, _ := strings.Cut(line, position)
	rest = strings.TrimSpace(rest)
	r.next++
	switch {
	case position != strconv.Itoa(r.next-1):
		return fmt.Errorf("wanted position %d", r.next-1)
	case turn && step && words[0] == "latches" && r.latched == nil:
		return r.turn(rest)
	case turn && step && words[0] == "last" && r.latched != nil && r.group().end == 0 && rest == "":
		r.group().end = r.next - 1
		return nil
	case turn || step && r.latched != nil:
		return errors.New("wanted, in each group, sweeps, then latches, then last")
	}
	s := &Sweep{position: r.next - 1}
	for part := range strings.SplitSeq(rest, " + ") {
		if err := r.stage(s, part); err != nil {
			return err
		}
	}
	r.add(s)
	return nil
}

// add appends a sweep to its section.
func (r *planReader) add(s *Sweep) {
	switch r.section {
	case "once":
		r.plan.Once = append(r.plan.Once, s)
	case "step":
		s.group = r.group()
		s.group.Sweeps = append(s.group.Sweeps, s)
	default:
		r.plan.End = append(r.plan.End, s)
	}
}

// stage reads "NAME" or, of one whose elements are only passed on, "[NAME ELEM]".
func (r *planReader) stage(sweep *Sweep, text string) error {
	name, elem := text, ""
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.Contains(inner, " ") {
		name, elem, _ = strings.Cut(strings.TrimSuffix(inner, "]"), " ")
	}
	s := r.stages[name]
	switch {
	case s == nil || s.Output || r.plan.sweepOf[s.To] != nil:
		return fmt.Errorf("%q: wanted a stage of the program, once", name)
	case s.Clock.String() != r.section:
		return fmt.Errorf("%s runs at %v", name, s.Clock)
	case elem == "" && r.lines[s.To] == 0:
		return fmt.Errorf("%s has no memory", name)
	case elem != "" && r.lines[s.To] > 0:
		return fmt.Errorf("%s is in memory", name)
	}
	if err := r.inSweep(sweep, s); err != nil {
		return err
	}
	sweep.Stages, r.plan.sweepOf[s.To] = append(sweep.Stages, s), sweep
	if elem == "" {
		return nil
	}
	e, err := elemOf(elem)
	r.plan.Passed[s.To], r.lines[s.To] = e, r.number
	return err
}

// inSweep demands that the arrays that a stage reads are there, and that a program behind another stage reads
// the elements of the sweep in place.
func (r *planReader) inSweep(sweep *Sweep, s *Stage) error {
	if len(sweep.Stages) == 0 {
		return r.readable(s)
	}
	made := func(v View) bool { return r.plan.sweepOf[v.Array] == sweep && sweep.makes(s, v) }
	if s.Each == nil || !slices.ContainsFunc(s.Views(), made) || !r.plan.joins(sweep, s) {
		return fmt.Errorf("%s is no program that runs on the elements of %s", s.To.Name, sweep.Stages[0].To.Name)
	}
	return r.readable(s)
}

// readable demands that all that a stage reads is there.
func (r *planReader) readable(s *Stage) error {
	for _, v := range s.Views() {
		if a := v.Array; !a.Const() && !a.Given && r.plan.sweepOf[a] == nil {
			return fmt.Errorf("%s reads %s, which no stage above makes", s.To.Name, a.Name)
		}
	}
	return nil
}

// turn reads the latches of a group. One that is not held writes before those behind it read.
func (r *planReader) turn(text string) error {
	g := r.group()
	g.latch, r.latched = r.next-1, map[*Array]bool{}
	for part := range strings.SplitSeq(text, ", ") {
		name, held, _ := strings.Cut(part, " ")
		s := r.latches[name]
		switch {
		case text == "":
			return nil
		case s == nil || held != "" && held != "held":
			return fmt.Errorf("%s: wanted latches of the program, each once", part)
		}
		delete(r.latches, name)
		if held == "" {
			r.latched[s.To] = true
		} else {
			r.plan.Held[s] = true
		}
		for _, v := range s.Views() {
			if r.latched[v.Array] {
				return fmt.Errorf("latch %s reads %s, which is written before", name, v.Array.Name)
			}
		}
		if err := r.readable(s); err != nil {
			return err
		}
		g.Latches = append(g.Latches, s)
	}
	return nil
}

// complete demands that all of the program is there, that arrays are in memory while they are
// read, and that groups are apart.
func (r *planReader) complete() error {
	for _, s := range r.plan.Program.Stages {
		if !s.late() && !s.Output && r.plan.sweepOf[s.To] == nil || s.late() && r.latches[s.To.Name] != nil || s.Output && !slices.Contains(r.plan.Outputs, s) {
			return fmt.Errorf("%s is missing", s.To.Name)
		}
	}
	if len(r.plan.Groups) > 1 && !r.plan.Layout.LayerMajor {
		return errors.New("a step-major plan has one group")
	}
	if err := r.apart(); err != nil {
		return err
	}
	for _, u := range r.plan.uses(nil) {
		if err := r.alive(u); err != nil {
			return fmt.Errorf("line %d: %w", r.lines[u.Array], err)
		}
	}
	if n := r.plan.Bytes(); n != r.bytes {
		return fmt.Errorf("bytes=%d, but slots, states and held latches take %d", r.bytes, n)
	}
	return nil
}

// apart demands that a delay is read in the group of its latch.
func (r *planReader) apart() error {
	for _, g := range r.plan.Groups {
		for _, l := range g.Latches {
			for _, other := range r.plan.Groups {
				reads := func(s *Stage) bool { return s.readsArray(l.To) }
				if other != g && (slices.ContainsFunc(other.Sweeps, func(s *Sweep) bool { return s.Reads(l.To) }) || slices.ContainsFunc(other.Latches, reads)) {
					return fmt.Errorf("latch %s is in another group than a reader", l.To.Name)
				}
			}
		}
	}
	return nil
}

// alive demands that an array is in memory for as long as a use of it says.
func (r *planReader) alive(wanted *Use) error {
	a := wanted.Array
	has := r.plan.At[a]
	if _, kept := r.plan.Kept[a]; kept && wanted.Copies == 0 {
		return nil
	}
	switch {
	case has == nil:
		return fmt.Errorf("%s is read outside its sweep and group, wanted a slot", a.Name)
	case has.from > wanted.from || has.to < wanted.to || has.Copies != wanted.Copies:
		return fmt.Errorf("wanted %v", wanted)
	}
	return nil
}
