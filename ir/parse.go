package ir

import (
	"slices"
	"strconv"
	"strings"

	"nomul/ir/diag"
)

// Loader gets an array of an .npz file that a text refers to.
type Loader func(file, key string) (*Tensor, error)

// MaxSteps bounds the time steps of a net.
const MaxSteps = 1 << 20

// Parse reads a net in the text form and infers types and ranges that it
// omits. load may be nil when nothing refers to a file. All errors are told
// at once, up to the first line that others depend on.
func Parse(file, text string, load Loader) (*Net, error) {
	p := &parser{file: file, load: load}
	for i, line := range strings.Split(text, "\n") {
		s := &scanner{file: file, text: strings.TrimRight(line, "\r"), line: i + 1}
		if s.atEnd() {
			continue
		}
		p.parseLine(s)
		if s.err != nil {
			return nil, append(p.errs, s.err).Err()
		}
	}
	return p.finish()
}

type parser struct {
	file    string
	load    Loader
	b       *Builder
	section Clock
	open    bool // a section has begun
	closed  bool
	errs    diag.List
}

func (p *parser) finish() (*Net, error) {
	if !p.closed && p.errs == nil {
		p.errs.Add(diag.Origin{File: p.file}, diag.Syntax, `the net does not end with "}"`)
	}
	if p.closed {
		p.checkOrder()
	}
	if err := p.errs.Err(); err != nil {
		return nil, err
	}
	return p.b.Net(), nil
}

// checkOrder holds the list of outputs to those that there are.
func (p *parser) checkOrder() {
	if listed := p.b.net.Order; listed != nil {
		want, got := p.b.net.outputs(), slices.Clone(listed)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			p.errs.Add(diag.Origin{File: p.file, Line: 1, Col: 1}, diag.BadNet, "order lists %v, wanted the outputs %v", listed, want)
		}
	}
}

func (p *parser) parseLine(s *scanner) {
	switch {
	case p.b == nil:
		p.header(s)
	case p.closed:
		s.fail(diag.Syntax, "text behind the end of the net")
	case s.accept("}"):
		p.closed = true
	case s.peek("%"):
		p.value(s)
	default:
		p.sectionHead(s)
	}
	if !s.atEnd() {
		s.fail(diag.Syntax, "unexpected %s", s.found())
	}
}

// header reads: net NAME LEVEL steps=T order=[NAME,…] {
func (p *parser) header(s *scanner) {
	if word := s.ident(`"net"`); word != "net" {
		s.pos = 0
		s.fail(diag.Syntax, `wanted "net NAME LEVEL steps=T {", found %q`, word)
	}
	name := s.name()
	s.skip()
	at := s.pos
	level, err := ParseLevel(s.ident("a level"))
	if err != nil {
		s.failAt(at, diag.UnknownName, err)
	}
	s.expect("steps=")
	steps := s.integer()
	if steps < 1 || steps > MaxSteps {
		s.fail(diag.BadAttribute, "steps must be 1 to %d, got %d", MaxSteps, steps)
	}
	p.b = NewBuilder(name, level, int(steps))
	if s.accept("order=") {
		p.b.net.Order = s.names()
	}
	s.expect("{")
}

func (p *parser) sectionHead(s *scanner) {
	var c Clock
	if err := c.UnmarshalText([]byte(s.ident("a value or a section"))); err != nil {
		s.failAt(0, diag.Syntax, err)
		return
	}
	if p.open && c <= p.section {
		s.failAt(0, diag.Syntax, errSection)
	}
	p.section, p.open = c, true
}

type parseError string

func (e parseError) Error() string { return string(e) }

const errSection = parseError("sections come once each, in the order once, step, end")

// value reads: %name = op operands {attrs} : type range … state … scale …
func (p *parser) value(s *scanner) {
	v := &Value{Origin: s.origin()}
	s.expect("%")
	v.Name = s.name()
	s.expect("=")
	s.skip()
	at := s.pos
	word := s.ident("an op")
	op, ok := OpNamed(word)
	if !ok {
		s.failAt(at, diag.UnknownName, parseError("there is no op "+strconv.Quote(word)))
		return
	}
	v.Op = op
	p.operands(s, v)
	fields := s.attrList()
	s.expect(":")
	v.Type = s.parseType()
	want := p.suffix(s, v)
	if s.err == nil {
		p.attrs(s, v, fields)
	}
	if s.err == nil {
		p.settle(s, v, want)
	}
}

func (p *parser) operands(s *scanner, v *Value) {
	slots := ops[v.Op].operands
	variadic := len(slots) == 1 && slots[0].Variadic
	if !variadic {
		v.Args = make([]*Value, len(slots))
	}
	for i := 0; s.err == nil && !s.peek("{") && !s.peek(":"); i++ {
		if i > 0 {
			s.expect(",")
		}
		s.skip()
		at := s.pos
		slot := i
		if !s.peek("%") {
			slot = slotNamed(slots, s.ident("an operand"))
			s.expect("=")
		}
		s.expect("%")
		arg := p.operand(s)
		switch {
		case s.err != nil:
		case variadic:
			v.Args = append(v.Args, arg)
		case slot < 0 || slot >= len(slots) || v.Args[slot] != nil:
			s.failAt(at, diag.BadNet, parseError(v.Op.String()+" has no such operand, or has it twice"))
		default:
			v.Args[slot] = arg
		}
	}
}

func slotNamed(slots []Operand, name string) int {
	for i, s := range slots {
		if s.Name == name {
			return i
		}
	}
	return -1
}

func (p *parser) operand(s *scanner) *Value {
	at := s.pos - 1 // of the %
	name := s.name()
	v := p.b.Named(name)
	if v == nil && s.err == nil {
		s.failAt(at, diag.UnknownName, parseError("%"+name+" is not defined above"))
	}
	return v
}

// written are the ranges that a line may say: they must contain the inferred ones.
type written struct{ rng, state, current *Range }

// suffix reads the fields after the type.
func (p *parser) suffix(s *scanner, v *Value) (w written) {
	for !s.atEnd() {
		switch word := s.ident("range, state, current, scale or measured"); word {
		case "range":
			r := s.parseRange()
			w.rng, v.Range = &r, r
		case "state":
			r := s.parseRange()
			w.state = &r
		case "current":
			r := s.parseRange()
			w.current = &r
		case "scale":
			v.Scale = p.scale(s)
		case "measured":
			v.Measured = p.measured(s)
		default:
			s.fail(diag.Syntax, "wanted range, state, current, scale or measured, found %q", word)
		}
	}
	return w
}

func (p *parser) scale(s *scanner) *Scale {
	s.skip()
	at := s.pos
	text := s.word("a scale", func(c byte) bool { return nameByte(c) || c == '^' || c == '+' })
	if exp, ok := strings.CutPrefix(text, "2^"); ok {
		if e, err := strconv.Atoi(exp); err == nil && e >= -1022 && e <= 1023 {
			return UniformScale(pow2(e))
		}
		s.failAt(at, diag.Syntax, parseError(strconv.Quote(text)+" is not a power of two"))
		return nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return UniformScale(f)
	}
	shape := s.parseShape()
	data := p.constant(s, RealType(shape), s.attrList())
	return &Scale{Name: text, Data: data.Data}
}

func pow2(e int) float64 {
	f := 1.0
	for ; e > 0; e-- {
		f *= 2
	}
	for ; e < 0; e++ {
		f /= 2
	}
	return f
}

// settle adds the value to the net and compares the text with the inferred fields.
func (p *parser) settle(s *scanner, v *Value, w written) {
	if _, err := p.b.put(v); err != nil {
		d, ok := err.(*diag.Diagnostic)
		if !ok {
			s.fail(diag.BadNet, "%v", err)
			return
		}
		d.Source = s.text
		s.err = d
		return
	}
	at := int(v.Origin.Col) - 1
	if !p.open || v.Clock != p.section {
		s.failAt(at, diag.BadNet, parseError("%"+v.Name+" belongs under "+v.Clock.String()))
	}
	for _, c := range []struct {
		what     string
		said     *Range
		inferred Range
	}{{"range", w.rng, v.Range}, {"state", w.state, v.State}, {"current", w.current, v.Current}} {
		if c.said != nil && !c.said.Contains(c.inferred) {
			s.failAt(at, diag.BadNet, parseError(c.what+" "+c.said.String()+" does not contain the inferred "+c.inferred.String()))
		}
	}
}
