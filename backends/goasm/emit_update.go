package goasm

import (
	"fmt"
	"strings"

	"nomul/backends"
)

// updateFiles prints the functions that compute elements: in plain Go, and in assembly
// where a machine's registers suffice.
func (p *plan) updateFiles() []backends.File {
	if len(p.loops) == 0 {
		return nil
	}
	files := []backends.File{
		{Name: "updates.go", Data: p.plainUpdates()},
		{Name: "updates_other.go", Data: p.noVectors()},
	}
	for _, m := range []*machine{avx2, neon} {
		files = append(files, p.vectorUpdates(m)...)
	}
	return files
}

// plainUpdates prints the functions in plain Go.
func (p *plan) plainUpdates() []byte {
	out := &printer{}
	out.f("package %s\n", p.pkg)
	out.f("// updates are the functions that compute values element by element, called after the first\n// that each is for: a step of a layer of neurons, or sums and the like. Their slices have an\n// element each, filled up to a multiple of 64, or spikes, 64 to a word.")
	out.f("type updates struct {")
	for _, s := range p.loops {
		out.f("%s func(%s)", s.of, s.signature())
	}
	out.f("}\n\n// newUpdates gives the functions of a kernel.\nfunc newUpdates(k *kernel) updates {\nu := updates{")
	for _, s := range p.loops {
		out.f("%s: %s,", s.of, s.function)
	}
	out.f("}\nif k.name != %q {\nu.vectors()\n}\nreturn u\n}", "go")
	for _, s := range p.loops {
		newTwin(out, s).print()
	}
	return []byte(generated + string(out.source()))
}

// noVectors prints that other machines run plain Go.
func (p *plan) noVectors() []byte {
	out := &printer{}
	out.f("//go:build !amd64 && !arm64\n\npackage %s\n\n// vectors leaves plain Go.\nfunc (u *updates) vectors() {}", p.pkg)
	return []byte(generated + string(out.source()))
}

// vectorUpdates prints the functions of a machine, and their declarations.
func (p *plan) vectorUpdates(m *machine) []backends.File {
	declared, code := &printer{}, &printer{}
	var list []*loop
	for _, s := range p.loops {
		if text, ok := m.function(s); ok {
			list = append(list, s)
			code.WriteString("\n" + text)
		}
	}
	declared.f("package %s\n\n// vectors takes %s for all layers that it can run.\nfunc (u *updates) vectors() {", p.pkg, m.name)
	for _, s := range list {
		declared.f("u.%s = %s%s", s.of, s.function, m.name)
	}
	declared.f("}")
	for _, s := range list {
		declared.f("\n//go:noescape\nfunc %s%s(%s)", s.function, m.name, s.signature())
	}
	files := []backends.File{{Name: "updates_" + m.arch + ".go", Data: []byte(generated + string(declared.source()))}}
	if len(list) > 0 {
		files = append(files, backends.File{Name: "updates_" + m.arch + ".s", Data: []byte(generated + m.heading + code.String())})
	}
	return files
}

// signature is the parameters of a layer's function.
func (s *loop) signature() string {
	var out strings.Builder
	for i, a := range s.args {
		out.WriteString(a.name)
		if i == len(s.args)-1 || s.args[i+1].spikes != a.spikes {
			fmt.Fprintf(&out, " []%s", s.elem(a))
		}
		if i < len(s.args)-1 {
			out.WriteString(", ")
		}
	}
	return out.String()
}

// equations are the lines of a layer's program, by value.
func (s *loop) equations() []string {
	return strings.Split(s.program.String(), "\n")[len(s.program.Vars):]
}
