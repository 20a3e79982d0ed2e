package lower

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nomul/ir"
)

// ParsePlan reads a text of Plan.Print, of a program that satisfies Verify. Of the layout the plan
// has all that the text names: the target, the schedule and the words of packed spikes. It is refused
// where an array is not in memory from its writer to its last reader, or shares it with another
// then; whether elements are wide enough is seen when it runs.
func ParsePlan(text string, p *Program) (*Plan, error) {
	r := newPlanReader(p)
	for i, line := range strings.Split(text, "\n") {
		r.number = i + 1
		if err := r.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if !r.closed {
		return nil, errors.New("wanted } at the end")
	}
	return r.plan, r.complete()
}

type planReader struct {
	plan    *Plan
	names   *reader           // the arrays of the program, and of the target
	stages  map[string]*Stage // by the array, but for latches
	latches map[string]*Stage // by the array
	states  []Variable        // whose lines are to come
	section string
	number  int             // of the line
	lines   map[*Array]int  // of their memory
	latched map[*Array]bool // by latches that have had their turn in the group, but for those that are held; nil before it
	next    int             // position
	bytes   int
	closed  bool
}

func newPlanReader(p *Program) *planReader {
	r := &planReader{plan: emptyPlan(p, Layout{}), names: &reader{p: &Program{}, arrays: map[string]*Array{}},
		stages: map[string]*Stage{}, latches: map[string]*Stage{}, lines: map[*Array]int{}}
	for _, a := range p.Arrays {
		r.names.arrays[a.Name] = a
	}
	for _, s := range p.Stages {
		if s.late() {
			r.latches[s.To.Name] = s
		} else {
			r.stages[s.To.Name] = s
		}
	}
	r.plan.eachState(func(s *Stage, i int) { r.states = append(r.states, Variable{s, i}) })
	return r
}

func (r *planReader) line(line string) error {
	words := strings.Fields(line)
	switch nested := strings.HasPrefix(line, "\t"); {
	case len(words) == 0:
		return nil
	case r.closed:
		return errors.New("wanted nothing behind }")
	case r.section == "":
		r.section = "plan"
		return r.head(words)
	case !nested:
		return r.begin(line)
	case r.section == "memory" && words[0] == "array" && len(words) == 6:
		return r.names.array(words)
	case r.section == "memory" && words[0] == "slot" && len(words) >= 5:
		return r.slot(words[1:])
	case r.section == "memory" && words[0] == "state" && len(words) >= 3:
		return r.state(words[1:])
	case r.section == "plan":
		return errors.New("wanted memory")
	case r.section == "memory":
		return errors.New("wanted array, slot or state, below memory")
	case words[0] == "output" && len(words) == 2:
		return r.output(words[1])
	}
	return r.positioned(words, line)
}

// head reads "plan NAME target=NAME schedule=NAME packed=BITS bytes=N {".
func (r *planReader) head(words []string) error {
	l, bad := &r.plan.Layout, errors.New("wanted plan NAME target=NAME schedule=step-major or layer-major packed=BITS bytes=N {")
	if len(words) != 7 || words[0] != "plan" || words[6] != "{" {
		return bad
	}
	if words[1] != r.plan.Program.Name {
		return fmt.Errorf("it is a plan of %s, wanted %s", words[1], r.plan.Program.Name)
	}
	var err, err2 error
	var named bool
	l.Target, named = strings.CutPrefix(words[2], "target=")
	l.LayerMajor = words[3] == "schedule=layer-major"
	l.Packed, err = strconv.Atoi(strings.TrimPrefix(words[4], "packed="))
	r.bytes, err2 = strconv.Atoi(strings.TrimPrefix(words[5], "bytes="))
	if err != nil || err2 != nil || !named || words[3] != "schedule="+l.schedule() || l.Packed < 0 || l.Packed > 64 {
		return bad
	}
	return nil
}

// begin reads the head of a section, or the end.
func (r *planReader) begin(line string) error {
	before := r.section
	r.section = line
	switch {
	case line == "memory" && before == "plan":
		return nil
	case before == "plan":
		return errors.New("wanted memory")
	case before == "memory" && len(r.states) > 0:
		return fmt.Errorf("wanted state %s above", r.states[0].Stage.variable(r.states[0].At))
	case before == "step" && r.group().end == 0:
		return errors.New("wanted latches and last above")
	case line == "once" && before == "memory", line == "end" && before != "end":
		return nil
	case line == "step" && before != "end":
		r.plan.Groups, r.latched = append(r.plan.Groups, &Group{}), nil
		return nil
	case line == "}" && before == "end":
		r.closed = true
		return nil
	}
	return errors.New("wanted memory, once, step, end, }, in this order")
}

func (r *planReader) group() *Group { return r.plan.Groups[len(r.plan.Groups)-1] }

// slot reads "N ELEM[SIZE] USE, later USE".
func (r *planReader) slot(words []string) error {
	s := &Slot{}
	var err error
	if s.Elem, s.Size, err = memoryOf(words[1]); err != nil || words[0] != strconv.Itoa(len(r.plan.Slots)) {
		return fmt.Errorf("wanted slot %d ELEM[SIZE] USE, later USE", len(r.plan.Slots))
	}
	r.plan.Slots = append(r.plan.Slots, s)
	for text := range strings.SplitSeq(strings.Join(words[2:], " "), ", later ") {
		if err := r.use(s, strings.Fields(text)); err != nil {
			return err
		}
	}
	return nil
}

// use reads "ARRAY FROM..TO", and "of N steps" of an array with a copy for each.
func (r *planReader) use(s *Slot, words []string) error {
	if len(words) != 2 && (len(words) != 5 || words[2] != "of" || words[4] != "steps") {
		return errors.New("wanted ARRAY FROM..TO, of N steps behind it")
	}
	u := &Use{Array: r.names.arrays[words[0]], Slot: s}
	from, to, _ := strings.Cut(words[1], "..")
	var err, err2, err3 error
	u.from, err = positionOf(from)
	u.to, err2 = positionOf(to)
	if len(words) == 5 {
		u.Copies, err3 = strconv.Atoi(words[3])
	}
	switch {
	case errors.Join(err, err2, err3) != nil || u.from > u.to || u.Copies < 0 || len(words) == 5 && u.Copies != r.plan.Program.Steps:
		return fmt.Errorf("wanted positions FROM..TO, of %d steps", r.plan.Program.Steps)
	case u.Array == nil || u.Array.Const() || u.Array.Given || r.lines[u.Array] > 0:
		return fmt.Errorf("%s: wanted an array that a stage writes, once", words[0])
	case s.Size/max(1, u.Copies) < u.Array.Type.Size():
		return fmt.Errorf("%s takes more than %d elements", words[0], s.Size)
	case len(s.Uses) > 0 && s.Uses[len(s.Uses)-1].to >= u.from:
		return fmt.Errorf("%s is in the slot until %s", s.Uses[len(s.Uses)-1].Array.Name, positionName(s.Uses[len(s.Uses)-1].to))
	}
	s.Uses, r.lines[u.Array] = append(s.Uses, u), r.number
	if r.stages[u.Array.Name] != nil {
		r.plan.At[u.Array] = u
	}
	return nil
}

// state reads "STAGE.VARIABLE ELEM[SIZE]", and the array that is kept there.
func (r *planReader) state(words []string) error {
	if len(r.states) == 0 {
		return errors.New("wanted no further state")
	}
	s, at := r.states[0].Stage, r.states[0].At
	e, size, err := memoryOf(words[1])
	if err != nil || words[0] != s.variable(at) || size != s.To.Type.Size() || len(words) > 3 {
		return fmt.Errorf("wanted state %s ELEM[%d]", s.variable(at), s.To.Type.Size())
	}
	r.states, r.plan.States[s] = r.states[1:], append(r.plan.States[s], e)
	if len(words) < 3 {
		return nil
	}
	if words[2] != s.To.Name || s.Kept() != at || r.lines[s.To] > 0 {
		return fmt.Errorf("%s: the state variable is not its array", words[2])
	}
	r.plan.Kept[s.To], r.lines[s.To] = at, r.number
	return nil
}

// memoryOf reads ELEM[SIZE].
func memoryOf(text string) (e Elem, size int, err error) {
	elem, number, _ := strings.Cut(text, "[")
	if e, err = elemOf(elem); err != nil {
		return e, 0, err
	}
	size, err = strconv.Atoi(strings.TrimSuffix(number, "]"))
	if err != nil || size < 1 || size > ir.MaxSize || !strings.HasSuffix(number, "]") {
		return e, 0, errors.New("wanted ELEM[SIZE]")
	}
	return e, size, nil
}

// elemOf reads a text of Elem.String.
func elemOf(text string) (Elem, error) {
	for bits := range 65 { // counts of spikes that never come have no bit plane
		for _, e := range []Elem{{bits, false}, {bits, true}} {
			if e.String() == text && e != (Elem{64, false}) && (bits > 1 || !e.Signed) {
				return e, nil
			}
		}
	}
	return Elem{}, errors.New("wanted s16, u8, bit or any")
}

// positionOf reads a text of positionName.
func positionOf(text string) (int, error) {
	for _, at := range []int{startPosition, outputsPosition} {
		if text == positionName(at) {
			return at, nil
		}
	}
	return strconv.Atoi(text)
}

// output reads the next output.
func (r *planReader) output(name string) error {
	all := slices.DeleteFunc(slices.Clone(r.plan.Program.Stages), func(s *Stage) bool { return !s.Output })
	done := len(r.plan.Outputs)
	if r.section != "end" || done == len(all) || all[done].To.Name != name {
		return errors.New("wanted the outputs of the program at the end, in order")
	}
	r.plan.Outputs = append(r.plan.Outputs, all[done])
	return r.readable(all[done])
}
