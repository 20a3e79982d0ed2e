package goasm

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends"
	"nomul/ir"
)

// model prints the model's type, its life cycle and one method for each value.
func (p *plan) model() []byte {
	out := &printer{}
	p.packageDoc(out)
	p.modelType(out)
	p.constructor(out)
	p.lifecycle(out)
	for _, c := range clocks {
		for _, s := range p.stages[c.clock] {
			out.f("\n// %s", strings.ReplaceAll(s.text, "\n", "\n// "))
			out.f("func (m *Model) %s() {\n%s\n}", s.method, strings.Join(s.calls, "\n"))
		}
	}
	return []byte(generated + string(out.source()))
}

func (p *plan) packageDoc(out *printer) {
	out.f("// Package %s runs %s in integers, without a multiplication.", p.pkg, backends.Kind(p.program.Steps))
	out.f("//\n//\tm := %s.New()", p.pkg)
	out.f("//\t%s := m.Infer(%s)", names(p.outputs, ""), names(p.inputs, "&"))
	out.f("//\n// The folder is the whole package: it needs nothing but Go 1.22, and can be copied into any module.")
	out.f("//\n// Inputs and outputs:\n//")
	table := true
	for _, line := range p.meanings {
		table = table && line != ""
		indent := "   - "
		if table {
			indent = "\t"
		}
		if line == "" {
			indent = ""
		}
		out.f("//%s%s", indent, line)
	}
	out.f("//\n// Infer is Reset, Load, Steps times Step, and Finish, in this order: values share memory. A Model is for one goroutine at a time; any")
	out.f("// number of models may run at the same time, and all of them read the same weights.")
	out.f("package %s\n\nimport (\n_ \"embed\"\n\"sync\"\n)\n", p.pkg)
}

// names joins the names of buffers, each with a prefix.
func names(buffers []*buffer, prefix string) string {
	var out []string
	for _, b := range buffers {
		out = append(out, prefix+b.name)
	}
	return strings.Join(out, ", ")
}

func (p *plan) modelType(out *printer) {
	out.f("// Steps is the number of time steps of one inference.\nconst Steps = %d\n", p.program.Steps)
	out.f("//go:embed weights.bin\nvar weightsBin string\n")
	p.loaders(out)
	out.f("// Model is the network with its state. It serves one goroutine at a time. Any number of\n// models may run side by side: all read the same weights.")
	out.f("type Model struct {\nengine")
	if len(p.loops) > 0 {
		out.f("updates updates")
	}
	if p.counting {
		out.f("tallies []tally // nil until it counts")
	}
	for _, b := range p.buffers {
		b.comment(out)
		out.f("%s %s", b.name, b.goType())
		if b.copies > 0 {
			out.f("%s [Steps]%s", b.everyStep(), b.goType())
		}
	}
	out.f("}\n")
}

// loaders prints the functions that make the constants of all models, once.
func (p *plan) loaders(out *printer) {
	out.f("// loadWeights gives the weights, thresholds and lists of all models. They are only read.")
	out.f("var loadWeights = sync.OnceValue(func() []byte { return arena(weightsBin) })\n")
	if len(p.tables) == 0 {
		return
	}
	out.f("// loadTables gives the multiples of weights that convolutions of words add, and constants that repeat.")
	out.f("var loadTables = sync.OnceValue(func() [][]byte {\nw := loadWeights()\nreturn [][]byte{")
	for _, s := range p.tables {
		out.f("%s,", s)
	}
	out.f("}\n})\n")
}

// comment begins the buffer of an array, which constants and state follow.
func (b *buffer) comment(out *printer) {
	if b.text != "" {
		out.f("\n// %s", b.text)
	}
}

func (p *plan) constructor(out *printer) {
	out.f("func newModel(k *kernel) *Model {")
	out.f("m := &Model{engine: newEngine(k, needs%s)}", strings.ReplaceAll(fmt.Sprintf("%+v", p.needs), " ", ", "))
	if len(p.loops) > 0 {
		out.f("m.updates = newUpdates(k)")
	}
	if len(p.sections) > 0 {
		out.f("w := loadWeights()")
	}
	if len(p.tables) > 0 {
		out.f("loaded := loadTables()")
	}
	p.memories(out)
	for _, b := range p.buffers {
		b.comment(out)
		if b.form != array {
			out.f("m.%s = %s", b.name, b.makes())
		}
		if b.copies > 0 {
			out.f("cut(m.%s[:], %s, %d, %d)", b.everyStep(), b.memory, b.length(), b.units(b.room()))
		}
	}
	out.f("m.Reset()\nreturn m\n}\n")
}

// lifecycle prints Reset, Load, Step, Finish and Infer.
func (p *plan) lifecycle(out *printer) {
	out.f("// Reset sets membranes and sums to their values before the first step.")
	out.f("func (m *Model) Reset() {")
	for _, c := range clocks {
		for _, s := range p.stages[c.clock] {
			for _, line := range s.before {
				out.f("%s", line)
			}
		}
	}
	out.f("}\n")

	out.f("// Load takes the input and computes the layers that do not change from step to step.")
	out.f("func (m *Model) Load(%s) {", p.parameters())
	for _, b := range p.inputs {
		out.f("m.%s = *%s", b.name, b.name)
	}
	p.calls(out, ir.Once)
	p.steps(out)
	out.f("// Finish returns the outputs after the last step. They are overwritten by the next inference.\nfunc (m *Model) Finish() (%s) {", p.results())
	for _, s := range p.stages[ir.End] {
		out.f("m.%s()", s.method)
	}
	out.f("return %s\n}\n", names(p.outputs, "&m."))

	out.f("// Infer runs one sample, as Reset, Load, %d times Step, and Finish do. The result is\n// overwritten by the next inference.", p.program.Steps)
	out.f("func (m *Model) Infer(%s) (%s) {", p.parameters(), p.results())
	out.f("m.Reset()\nm.Load(%s)\nm.runSteps()\nreturn m.Finish()\n}", names(p.inputs, ""))
}

// steps prints Step, which runs groups of layers one after another, and runSteps, which runs each
// for all time steps, so that its weights are read from afar once.
func (p *plan) steps(out *printer) {
	groups := make([]printer, len(p.laid.Groups))
	for _, s := range p.stages[ir.Step] {
		groups[s.group].f("m.%s()", s.method)
	}
	out.f("// Step runs one time step.\nfunc (m *Model) Step() {")
	for i := range groups {
		out.f("m.%s()", group(i))
	}
	out.f("}\n\n// runSteps does as Steps times Step, but runs each group of layers for all time steps before the next.\nfunc (m *Model) runSteps() {")
	for i := range groups {
		var handed printer
		for _, b := range p.buffers {
			if b.copies > 0 && slices.Contains(b.groups, i) {
				handed.f("m.%s = m.%s[t]", b.name, b.everyStep())
			}
		}
		step := "t := range"
		if handed.Len() == 0 {
			step = "range"
		}
		out.f("for %s Steps {\n%sm.%s()\n}", step, &handed, group(i))
	}
	out.f("}\n")
	for i := range groups {
		out.f("func (m *Model) %s() {\n%s}\n", group(i), &groups[i])
	}
}

// group is the name of the method of a group of layers.
func group(i int) string { return fmt.Sprint("group", i) }

// everyStep is the field of the buffer's copies for all time steps.
func (b *buffer) everyStep() string { return b.name + "EveryStep" }

// calls prints the calls of one clock and closes the function.
func (p *plan) calls(out *printer, c ir.Clock) {
	for _, s := range p.stages[c] {
		out.f("m.%s()", s.method)
	}
	out.f("}\n")
}

func (p *plan) parameters() string { return typed(p.inputs) }

func (p *plan) results() string { return typed(p.outputs) }

// typed lists buffers as pointers to arrays.
func typed(buffers []*buffer) string {
	var out []string
	for _, b := range buffers {
		out = append(out, fmt.Sprintf("%s *%s", b.name, b.goType()))
	}
	return strings.Join(out, ", ")
}
