package goasm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// machine is an instruction set for vectors, as a table.
type machine struct {
	name, arch string
	bytes      int // of a vector
	registers  int
	pointers   []string // registers for arguments
	// weighs is set where spikes are summed up from lanes that hold their places.
	weighs bool
	// table has the text of each instruction, or two, of lanes of 16 and 32 bits. {a}, {b} and
	// {c} are the numbers of registers, {d} that of the result, {k} a number, {p} a pointer.
	table map[string][]string
	// letters are the replacements that differ with the lanes' bits.
	letters map[int][]string
	// apart are instructions whose result must not be in the register of an operand.
	apart map[string]bool
	// choose is the text of a choice, where it depends on the registers.
	choose func(o vop) string
	// heading begins the file. begin reads an argument, first the number of neurons; skip
	// goes on to the next spikes, and end to the next neurons.
	heading, begin, first, skip, end string
}

// lanes is the number of neurons in a vector.
func (m *machine) lanes(f form) int { return m.bytes / (f.bits() >> 3) }

// vectors is the number of vectors in a round: those that fill a byte of spikes.
func (m *machine) vectors(f form) int { return max(1, 8/m.lanes(f)) }

// function prints the function of a layer, if it does not take more than the machine has.
func (m *machine) function(s *loop) (string, bool) {
	if s.wide || s.form == packed || len(s.args) > len(m.pointers) {
		return "", false
	}
	l := m.lower(s)
	once, ops, ok := l.allocate()
	if !ok {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-%d\n", s.function, m.name, s.signature(), s.function, m.name, 24*len(s.args))
	for i, a := range s.args {
		m.line(&b, m.begin, "{name}", a.name, "{at}", strconv.Itoa(24*i), "{p}", m.pointers[i])
	}
	m.line(&b, m.first, "{name}", s.args[s.lead()].name, "{at}", strconv.Itoa(24*s.lead()+8))
	for _, o := range once {
		m.instruction(&b, s.form, o)
	}
	b.WriteString("\nloop:\n")
	for _, o := range ops {
		m.instruction(&b, s.form, o)
	}
	m.round(&b, s)
	return b.String(), true
}

// round prints the advance of pointers and counter to the next neurons.
func (m *machine) round(b *strings.Builder, s *loop) {
	neurons := m.lanes(s.form) * m.vectors(s.form)
	for i, a := range s.args {
		if a.spikes {
			m.line(b, m.skip, "{p}", m.pointers[i], "{k}", strconv.Itoa(neurons/8))
		}
	}
	m.line(b, m.end, "{k}", strconv.Itoa(neurons))
}

// instruction prints an instruction, with the equation that it is the first of.
func (m *machine) instruction(b *strings.Builder, f form, o vop) {
	text := m.text(f, o)
	post := []string{"{post}", "", "{by}", ""}
	if o.next {
		post = []string{"{post}", ".P", "{by}", strconv.Itoa(m.bytes)}
	}
	if o.comment != "" {
		first, rest, several := strings.Cut(text, "; ")
		text = first + " // " + o.comment
		if several {
			text += "; " + rest
		}
	}
	m.line(b, text, slices.Concat(m.letters[f.bits()], post, []string{
		"{a}", strconv.Itoa(o.a), "{b}", strconv.Itoa(o.b), "{c}", strconv.Itoa(o.c), "{d}", strconv.Itoa(o.d),
		"{k}", strconv.FormatInt(o.k, 10), "{half}", fmt.Sprintf("%#x", uint64(0x0000000200000001)<<(o.k<<2&63)), "{p}", m.pointers[o.arg]})...)
}

// text is the table's entry of an instruction.
func (m *machine) text(f form, o vop) string {
	texts := m.table[o.name]
	switch {
	case texts == nil:
		return m.choose(o)
	case f == narrow:
		return texts[0]
	}
	return texts[len(texts)-1]
}

func (m *machine) line(b *strings.Builder, text string, letters ...string) {
	text = strings.NewReplacer(letters...).Replace(text)
	for line := range strings.SplitSeq(text, "; ") {
		b.WriteString("\t" + line + "\n")
	}
}
