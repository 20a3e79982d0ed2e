package lower

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// maxInline is the most elements of a constant that the text writes out.
const maxInline = 64

// Print returns the text of a program. Larger constants are named by their digest.
func Print(p *Program) string {
	w := &writer{p: p}
	w.line("program %s steps=%d {", p.Name, p.Steps)
	for _, a := range p.Arrays {
		w.line("%s", a)
	}
	for _, clock := range clocks {
		head := false
		for _, s := range p.Stages {
			if s.Clock != clock {
				continue
			}
			if !head {
				w.line("%v", clock)
				head = true
			}
			w.stage(s)
		}
	}
	w.line("}")
	return w.String()
}

// clocks are the sections of a text.
var clocks = []ir.Clock{ir.Once, ir.Step, ir.End}

// Text returns the lines of one stage, as Print has them.
func (p *Program) Text(s *Stage) string {
	w := &writer{p: p}
	w.stage(s)
	return w.String()
}

type writer struct {
	strings.Builder
	p *Program
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// String prints the declaration of an array.
func (a *Array) String() string {
	s := fmt.Sprintf("array %s : %v range %v", a.Name, a.Type, a.Range)
	switch {
	case a.Given:
		s += fmt.Sprintf(" given=%v", a.Per)
	case !a.Const():
	case len(a.Data.I) > maxInline && !uniform(a.Data.I):
		s += " digest=" + a.Data.Digest()
	case uniform(a.Data.I):
		s += fmt.Sprintf(" fill=%d", a.Data.I[0])
	default:
		s += " data=" + list(a.Data.I)
	}
	return s
}

func uniform(data []int64) bool { return len(data) > 0 && Repeats(data, 1) }

// list prints numbers as [1,2,3].
func list[T int | int64](numbers []T) string {
	return strings.ReplaceAll(fmt.Sprint(numbers), " ", ",")
}

func (w *writer) stage(s *Stage) {
	w.head(s)
	if s.Each != nil {
		for _, line := range s.Each.Program.Lines(s.Ranges(w.p.Steps)) {
			w.line("\t\t%s", line)
		}
	}
}

// String returns the text of a stage without its program, as one line.
func (s *Stage) String() string {
	w := &writer{}
	w.head(s)
	return strings.ReplaceAll(strings.TrimSpace(w.Builder.String()), "\n\t\t", " ")
}

// head prints a stage without its program.
func (w *writer) head(s *Stage) {
	switch {
	case s.Each != nil:
		w.line("\t%s %s", s.Kind(), s.To.Name)
		w.slots(s.Each)
	case s.Fold != nil:
		w.line("\t%s %s %v places=%s taps=%s", s.Kind(), s.To.Name, s.Fold.Monoid, list(s.Fold.Places), list(s.Fold.Taps))
		w.view("x", &s.Fold.X)
		w.view("weight", s.Fold.Weight)
		w.view("start", s.Fold.Start)
	default:
		w.line("\t%s %s%s", s.Kind(), s.To.Name, map[bool]string{true: fmt.Sprintf(" fill=%d", s.Move.Fill)}[s.Move.Fill != 0])
		for _, p := range s.Move.Pieces {
			w.line("\t\tpiece %s to %v from %v", list(p.Dims), p.To, p.From)
		}
	}
}

func (w *writer) view(name string, v *View) {
	if v != nil {
		w.line("\t\t%s %v", name, *v)
	}
}

func (w *writer) slots(e *Each) {
	slots := []int{}
	for slot := range e.Views {
		slots = append(slots, slot)
	}
	slices.Sort(slots)
	for _, slot := range slots {
		w.line("\t\t%d %v", slot, e.Views[slot])
	}
}

// Ranges are those of a stage's program.
func (s *Stage) Ranges(steps int) update.Ranges {
	return s.Each.Program.Ranges(steps, func(slot int) ir.Range { return s.Each.Views[slot].Array.Range })
}

// String prints a view: its array, start, strides and bounds.
func (v View) String() string {
	s := fmt.Sprintf("%s@%d%s", v.Array.Name, v.Start, list(v.Strides))
	for _, w := range v.Within {
		s += fmt.Sprintf(" within %d%s<%d", w.Start, list(w.Strides), w.Extent)
	}
	return s
}
