package update

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the lines that Program.Lines prints; ranges are passed over, for they follow
// from the program.
func Parse(lines []string) (*Program, error) {
	r := &reader{values: map[string]Value{}}
	for _, line := range lines {
		line, _, _ = strings.Cut(line, " : ")
		if err := r.line(strings.Fields(line)); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	return &r.p, r.complete()
}

type reader struct {
	p      Program
	values map[string]Value
}

func (r *reader) line(words []string) error {
	switch {
	case len(words) >= 2 && words[0] == "state":
		return r.state(words[1:])
	case len(words) == 4 && words[0] == "store" && words[2] == "=":
		return r.store(words[1], words[3])
	case len(words) == 2 && words[0] == "result":
		return r.instr("", Result, words[1:])
	case len(words) == 3 && words[0] == "holds":
		return r.holds(words[1], words[2])
	case len(words) >= 3 && words[1] == "=":
		for k := Load; k < kinds; k++ {
			if infos[k].name == words[2] && k != Store && k != Result {
				return r.instr(words[0], k, words[3:])
			}
		}
		return fmt.Errorf("there is no instruction %s", words[2])
	}
	return errors.New("wanted state, NAME = INSTRUCTION, store, holds or result")
}

func (r *reader) state(words []string) error {
	v := Var{Name: words[0], Init: -1}
	if r.p.Var(v.Name) >= 0 {
		return errors.New("the state variable is there already")
	}
	for _, w := range words[1:] {
		name, number, _ := strings.Cut(w, "=")
		n, err := strconv.ParseInt(number, 10, 64)
		switch {
		case w == "bit":
			v.Bit = true
		case w == "traced":
			v.Traced = true
		case err == nil && name == "init" && n >= 0 && n < maxSlots:
			v.Init = int(n)
		case err == nil && name == "start":
			v.Start = n
		default:
			return fmt.Errorf("%s: wanted bit, traced, init=SLOT or start=NUMBER", w)
		}
	}
	r.p.Vars = append(r.p.Vars, v)
	return nil
}

// maxSlots bounds the operands of a program, maxShift a shift.
const (
	maxSlots = 1 << 12
	maxShift = 62
)

func (r *reader) store(variable, value string) error {
	at := r.p.Var(variable)
	if at < 0 {
		return fmt.Errorf("there is no state variable %s", variable)
	}
	if r.p.find(Store, at) >= 0 {
		return fmt.Errorf("%s is stored twice", variable)
	}
	v, ok := r.values[value]
	if !ok {
		return fmt.Errorf("there is no value %s above", value)
	}
	r.p.Code = append(r.p.Code, Instr{Kind: Store, A: v, At: int64(at)})
	return nil
}

func (r *reader) holds(variable, value string) error {
	at := r.p.Var(variable)
	v, ok := r.values[value]
	if at < 0 || !ok {
		return errors.New("wanted a state variable and a value above")
	}
	r.p.Vars[at].Versions = append(r.p.Vars[at].Versions, v)
	return nil
}

// instr reads an instruction: its values, and its number or decay.
func (r *reader) instr(name string, k Kind, words []string) error {
	i := Instr{Kind: k, Name: name}
	if _, taken := r.values[name]; taken {
		return fmt.Errorf("the value %s is there already", name)
	}
	if strings.HasPrefix(name, "t") && strings.Trim(name[1:], "0123456789") == "" {
		i.Name = "" // a name that was given for want of another
	}
	values := i.places()
	if len(words) < len(values) {
		return fmt.Errorf("%v takes %d values", k, len(values))
	}
	for at, v := range values {
		known, ok := r.values[words[at]]
		if !ok {
			return fmt.Errorf("there is no value %s above", words[at])
		}
		*v = known
	}
	if err := r.rest(&i, words[len(values):]); err != nil {
		return err
	}
	r.p.Code = append(r.p.Code, i)
	if name != "" {
		r.values[name] = Value(len(r.p.Code) - 1)
	}
	return nil
}

// rest reads the number, state variable or decay behind an instruction's values.
func (r *reader) rest(i *Instr, words []string) (err error) {
	switch i.Kind {
	case Leak, Scale:
		i.Decay, err = parseDecay(words)
		if err == nil && i.Kind == Leak && len(i.Decay.Digits) == 0 {
			return errors.New("a leak leaves a part above 0")
		}
		return err
	case Lookup:
		if len(words) != 1 {
			return errors.New("wanted the entries of a table")
		}
		i.Table, err = parseTable(words[0])
		return err
	case Load:
		if len(words) == 1 {
			i.At = int64(r.p.Var(words[0]))
		}
		if len(words) != 1 || i.At < 0 {
			return errors.New("wanted a state variable")
		}
		return nil
	case Operand, Param, Const, Shl, Shr:
		if len(words) != 1 {
			return errors.New("wanted a number")
		}
		i.At, err = strconv.ParseInt(words[0], 10, 64)
		slot, shift := i.Kind == Operand || i.Kind == Param, i.Kind == Shl || i.Kind == Shr
		if err == nil && (slot && (i.At < 0 || i.At >= maxSlots) || shift && (i.At < 0 || i.At > maxShift)) {
			return errors.New("the number is out of bounds")
		}
		return err
	}
	if len(words) > 0 {
		return fmt.Errorf("%s: wanted nothing more", words[0])
	}
	return nil
}

// parseDecay reads the text of Decay.String.
func parseDecay(words []string) (Decay, error) {
	var d Decay
	bad := errors.New("wanted N/2^K, then up N, up-negative N or rest")
	if len(words) == 0 {
		return d, bad
	}
	factor, shift, _ := strings.Cut(words[0], "/2^")
	n, err := strconv.ParseInt(factor, 10, 64)
	k, err2 := strconv.Atoi(shift)
	if err != nil || err2 != nil || k < 0 || k > maxShift || n < 0 || n > 1<<k {
		return d, bad
	}
	d.Shift, d.Digits = k, CSD(n)
	for words = words[1:]; len(words) > 0; {
		if words[0] == "rest" {
			d.Rest, words = true, words[1:]
			continue
		}
		to := map[string]*int64{"up": &d.Up, "up-negative": &d.UpNegative}[words[0]]
		if to == nil || len(words) < 2 {
			return d, bad
		}
		if *to, err = strconv.ParseInt(words[1], 10, 64); err != nil || *to < 0 || *to >= 1<<k {
			return d, bad
		}
		words = words[2:]
	}
	return d, nil
}

// complete demands a result, and that every state variable is stored.
func (r *reader) complete() error {
	results := 0
	for _, i := range r.p.Code {
		if i.Kind == Result {
			results++
		}
	}
	if results != 1 {
		return fmt.Errorf("a program has one result, this one %d", results)
	}
	for at, v := range r.p.Vars {
		if r.p.find(Store, at) < 0 {
			return fmt.Errorf("state variable %s is never stored", v.Name)
		}
		if v.Bit && !slices.ContainsFunc(r.p.Code, func(i Instr) bool { return i.Kind == Store && i.At == int64(at) && r.p.IsBit(i.A) }) {
			return fmt.Errorf("state variable %s is a bit, but stores a number", v.Name)
		}
	}
	return nil
}
