package lower

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// Parse reads a text of Print. Constants that the text names by their digest come from
// load, by the name of their array.
func Parse(text string, load func(name string) *ir.Tensor) (*Program, error) {
	r := &reader{p: &Program{}, load: load, arrays: map[string]*Array{}}
	for i, line := range strings.Split(text, "\n") {
		if err := r.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return r.p, Verify(r.p)
}

type reader struct {
	p       *Program
	load    func(name string) *ir.Tensor
	arrays  map[string]*Array
	clock   ir.Clock
	clocked bool
	stage   *Stage   // whose lines are read
	lines   []string // of its program
}

// line reads one line: its depth says whether it belongs to a stage.
func (r *reader) line(line string) error {
	words := strings.Fields(line)
	switch depth := len(line) - len(strings.TrimLeft(line, "\t")); {
	case len(words) == 0:
		return nil
	case line == "}":
		return r.end()
	case depth == 0:
		return errors.Join(r.end(), r.top(words))
	case depth == 1:
		return errors.Join(r.end(), r.begin(words))
	case r.stage == nil:
		return errors.New("wanted a stage above")
	case r.stage.Each != nil:
		return r.each(strings.TrimSpace(line), words)
	case r.stage.Fold != nil:
		return r.fold(words)
	}
	return r.piece(words)
}

// top reads the head, an array, or a clock.
func (r *reader) top(words []string) error {
	switch {
	case words[0] == "program" && len(words) == 4:
		steps, err := strconv.Atoi(strings.TrimPrefix(words[2], "steps="))
		if err != nil || steps < 1 || steps > 1<<20 {
			return errors.New("wanted program NAME steps=N {")
		}
		r.p.Name, r.p.Steps = words[1], steps
		return nil
	case words[0] == "array" && len(words) >= 6:
		return r.array(words)
	}
	for _, clock := range clocks {
		if words[0] == clock.String() && len(words) == 1 {
			r.clock, r.clocked = clock, true
			return nil
		}
	}
	return fmt.Errorf("%s: wanted program, array, once, step or end", words[0])
}

// array reads "array NAME : TYPE range LO..HI" and the source of its elements.
func (r *reader) array(words []string) error {
	elem, dims, _ := strings.Cut(words[3], "[")
	t, ok := ir.ParseElem(elem)
	sizes, err := numbers("[" + dims)
	if !ok || t.IsReal() || err != nil || words[2] != ":" || words[4] != "range" || r.arrays[words[1]] != nil {
		return errors.New("wanted array NAME : TYPE range LO..HI, each name once")
	}
	shape, err := ir.NewShape(ints(sizes))
	if err != nil {
		return err
	}
	a := &Array{Name: words[1], Type: t.WithShape(shape)}
	lo, hi, _ := strings.Cut(words[5], "..")
	var err2 error
	a.Range.Lo, err = strconv.ParseInt(lo, 10, 64)
	a.Range.Hi, err2 = strconv.ParseInt(hi, 10, 64)
	if err != nil || err2 != nil {
		return fmt.Errorf("%s: wanted LO..HI", words[5])
	}
	r.arrays[a.Name], r.p.Arrays = a, append(r.p.Arrays, a)
	return r.contents(a, words[6:])
}

// contents reads where the elements of an array come from, if not from a stage.
func (r *reader) contents(a *Array, words []string) error {
	if len(words) == 0 {
		return nil
	}
	kind, value, _ := strings.Cut(words[0], "=")
	switch kind {
	case "given":
		a.Given, a.Per = true, ir.Once
		if value == ir.Step.String() {
			a.Per = ir.Step
		}
		return nil
	case "fill":
		n, err := strconv.ParseInt(value, 10, 64)
		a.Data = ir.NewTensor(a.Type)
		for i := range a.Data.I {
			a.Data.I[i] = n
		}
		return err
	case "data":
		data, err := numbers(value)
		if err != nil || len(data) != a.Type.Size() {
			return fmt.Errorf("wanted %d numbers", a.Type.Size())
		}
		a.Data = ir.NewTensor(a.Type)
		copy(a.Data.I, data)
		return nil
	case "digest":
		if a.Data = r.load(a.Name); a.Data == nil || a.Data.Digest() != value {
			return fmt.Errorf("no data for array %s with the digest %s", a.Name, value)
		}
		return nil
	}
	return fmt.Errorf("%s: wanted given, fill, data or digest", kind)
}

// begin reads the head of a stage.
func (r *reader) begin(words []string) error {
	if !r.clocked || len(words) < 2 || r.arrays[words[1]] == nil {
		return errors.New("wanted a stage and its array, below once, step or end")
	}
	s := &Stage{Clock: r.clock, To: r.arrays[words[1]]}
	switch words[0] {
	case "each":
		s.Each = &Each{Views: map[int]View{}}
	case "fold":
		s.Fold = &Fold{}
		if err := s.Fold.head(words[2:]); err != nil {
			return err
		}
	case "move", "output", "latch":
		s.Move, s.Output = &Move{Late: words[0] == "latch"}, words[0] == "output"
		if len(words) > 2 {
			n, err := strconv.ParseInt(strings.TrimPrefix(words[2], "fill="), 10, 64)
			if err != nil {
				return err
			}
			s.Move.Fill = n
		}
	default:
		return fmt.Errorf("%s: wanted each, fold, move, latch or output", words[0])
	}
	r.stage, r.lines = s, nil
	r.p.Stages = append(r.p.Stages, s)
	return nil
}

// head reads "MONOID places=[…] taps=[…]".
func (f *Fold) head(words []string) error {
	if len(words) == 3 {
		for m, name := range monoidNames {
			if name == words[0] {
				f.Monoid = m
			}
		}
		places, err := numbers(strings.TrimPrefix(words[1], "places="))
		taps, err2 := numbers(strings.TrimPrefix(words[2], "taps="))
		f.Places, f.Taps = ints(places), ints(taps)
		if f.Monoid != 0 && err == nil && err2 == nil {
			return nil
		}
	}
	return errors.New("wanted sum, max or min, places=[…] taps=[…]")
}

// end completes the stage that was read.
func (r *reader) end() error {
	if r.stage == nil || r.stage.Each == nil || r.stage.Each.Program != nil {
		return nil
	}
	p, err := update.Parse(r.lines)
	r.stage.Each.Program = p
	return err
}

func (r *reader) each(line string, words []string) error {
	slot, err := strconv.Atoi(words[0])
	if err != nil || len(words) < 2 {
		r.lines = append(r.lines, line)
		return nil
	}
	r.stage.Each.Views[slot], err = r.view(words[1:])
	return err
}

func (r *reader) fold(words []string) error {
	v, err := r.view(words[1:])
	switch words[0] {
	case "x":
		r.stage.Fold.X = v
	case "weight":
		r.stage.Fold.Weight = &v
	case "start":
		r.stage.Fold.Start = &v
	default:
		return fmt.Errorf("%s: wanted x, weight or start", words[0])
	}
	return err
}

// piece reads "piece DIMS to VIEW from VIEW".
func (r *reader) piece(words []string) error {
	if len(words) != 6 || words[0] != "piece" || words[2] != "to" || words[4] != "from" {
		return errors.New("wanted piece [DIMS] to VIEW from VIEW")
	}
	dims, err := numbers(words[1])
	to, err2 := r.view(words[3:4])
	from, err3 := r.view(words[5:])
	r.stage.Move.Pieces = append(r.stage.Move.Pieces, Piece{ints(dims), from, to})
	return errors.Join(err, err2, err3)
}

// view reads "ARRAY@START[STRIDES]" and "within START[STRIDES]<EXTENT" behind it.
func (r *reader) view(words []string) (v View, err error) {
	bad := errors.New("wanted ARRAY@START[STRIDES], then within START[STRIDES]<EXTENT")
	if len(words) == 0 {
		return v, bad
	}
	at := strings.LastIndex(words[0], "@")
	if at < 0 || r.arrays[words[0][:at]] == nil {
		return v, bad
	}
	v.Array = r.arrays[words[0][:at]]
	if v.Start, v.Strides, err = affine(words[0][at+1:]); err != nil {
		return v, bad
	}
	for words = words[1:]; len(words) > 0; words = words[2:] {
		if len(words) < 2 || words[0] != "within" {
			return v, bad
		}
		text, extent, _ := strings.Cut(words[1], "<")
		var w Within
		w.Start, w.Strides, err = affine(text)
		n, err2 := strconv.Atoi(extent)
		if err != nil || err2 != nil {
			return v, bad
		}
		w.Extent = n
		v.Within = append(v.Within, w)
	}
	return v, nil
}

// affine reads "START[STRIDES]".
func affine(text string) (start int, strides []int, err error) {
	number, rest, _ := strings.Cut(text, "[")
	if start, err = strconv.Atoi(number); err != nil {
		return 0, nil, err
	}
	list, err := numbers("[" + rest)
	return start, ints(list), err
}

// numbers reads [1,2,3].
func numbers(text string) ([]int64, error) {
	inner, ok := strings.CutPrefix(text, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	if !ok || !ok2 {
		return nil, fmt.Errorf("%s: wanted [N,N,…]", text)
	}
	var out []int64
	for word := range strings.SplitSeq(inner, ",") {
		if inner == "" {
			break
		}
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func ints(numbers []int64) []int {
	out := make([]int, len(numbers))
	for i, n := range numbers {
		out[i] = int(n)
	}
	return out
}
