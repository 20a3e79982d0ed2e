package cgen

import (
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
)

// functions prints one function per sweep, latch and output, and the interface that calls them by clock.
func (p *plan) functions() string {
	b := &printer{p: p}
	for _, s := range p.laid.Sweeps() {
		b.sweep(s)
	}
	for _, s := range slices.Concat(p.latches(), p.laid.Outputs) {
		b.sweep(&lower.Sweep{Stages: []*lower.Stage{s}})
	}
	b.start()
	b.step()
	b.finish()
	b.infer()
	return b.String()
}

// sweep prints the function of a sweep, below the text of its stages.
func (b *printer) sweep(sweep *lower.Sweep) {
	b.WriteByte('\n')
	for _, s := range sweep.Stages {
		b.comment(s.String())
	}
	s := sweep.Stages[0]
	b.line("static void %s(@_state *st%s)\n{", b.p.functionOf(s), map[bool]string{true: ", int32_t *given"}[s.Output])
	switch {
	case s.Output:
		b.line("\t(void)st;")
		b.piece(s.Move.Pieces[0], place{"given", elem{32, true, false}, s.To.Type.Size()}, 0, true)
	case s.Each != nil:
		b.each(sweep)
	case s.Fold != nil:
		b.fold(sweep)
	default:
		b.move(s)
	}
	b.line("}")
}

// emitModel prints NAME.c: the kernels in use, and the functions.
func emitModel(p *plan) []byte {
	b := newPrinter(p)
	b.line("#include \"@.h\"\n#include \"@_weights.h\"\n")
	b.text(facts)
	b.line("typedef char @_memory_is_as_planned[sizeof(void *) != 4u || sizeof(@_state) == %du ? 1 : -1];", p.stateBytes())
	if p.levels > 0 {
		b.text(levelType)
	}
	b.kernels(p.body)
	b.WriteString(p.body)
	return b.Bytes()
}

// facts are the demands of NAME.c on the compiler beyond C99, checked when it compiles.
const facts = `/* Two's complement, and an arithmetic right shift of negative numbers. */
typedef char @_is_twos_complement[(int32_t)0xFFFFFFFFu == -1 && (int16_t)0xFFFFu == -1 ? 1 : -1];
typedef char @_shift_is_arithmetic[((int32_t)-5 >> 1) == -3 ? 1 : -1];
`

// levelType is the C type by which the list of rows is read.
const levelType = `
/* A level of a digit: the rows of the inputs whose digit has its value or more. */
typedef struct {
	uint32_t bias; /* see @_bias */
	uint16_t *end; /* of its rows in the list */
} @_level;
`

// calls prints the calls of the functions of stages.
func (b *printer) calls(sweeps []*lower.Sweep) {
	for _, sweep := range sweeps {
		b.call(sweep.Stages[0])
	}
}

func (b *printer) call(s *lower.Stage) { b.line("\t%s(st);", b.p.functionOf(s)) }

// start prints the function that takes a sample.
func (b *printer) start() {
	b.line("\nvoid @_start(@_state *st%s)\n{", b.p.inputParams())
	for _, v := range b.p.ports.Inputs {
		b.line("\tst->%s = %s;", b.p.ident[v.Name], b.p.ident[v.Name])
	}
	for _, s := range b.p.program.Stages {
		if s.Each != nil {
			b.begin(s)
		}
	}
	if b.p.counts() {
		b.line("\tst->step[0] = 0u;")
	}
	b.calls(b.p.laid.Once)
	b.line("}")
}

// begin prints the code that sets state variables to their initial values.
func (b *printer) begin(s *lower.Stage) {
	dims := s.To.Type.Shape.Dims()
	for i, v := range s.Each.Program.Vars {
		at, number, same := b.p.states[s][i], v.Start, true
		from, given := s.Each.Views[v.Init]
		if given {
			number, same = uniform(from.Array)
		}
		b.set(at, number)
		if !same {
			b.piece(lower.Piece{Dims: dims, From: from, To: lower.View{Strides: lower.Strides(dims)}}, at, 0, true)
		}
	}
}

// step prints the function of one time step, and goes on to the inputs of the next.
func (b *printer) step() {
	b.line("\nvoid @_step(@_state *st)\n{")
	before := b.Len()
	for _, g := range b.p.laid.Groups {
		b.calls(g.Sweeps)
		b.latches(g.Latches)
	}
	for _, v := range b.p.ports.Inputs {
		if v.Clock == ir.Step {
			b.advance("st->"+b.p.ident[v.Name], elemOf(v.Type).length(v.Type.Size()))
		}
	}
	if b.p.counts() {
		b.line("\tst->step[0]++;")
	}
	if b.Len() == before {
		b.line("\t(void)st; /* nothing depends on time */")
	}
	b.line("}")
}

// latches prints the calls of latches, and the copies of those that keep the next value of their delay apart.
func (b *printer) latches(all []*lower.Stage) {
	for _, s := range all {
		b.call(s)
	}
	for _, s := range all {
		if held, apart := b.p.held[s.To]; apart {
			to, c := b.p.place[s.To], held.elem.unsigned().c()
			b.line("\t@_copy%d((%s *)%s, (const %s *)%s, %du);", to.elem.bits, c, to.expr, c, held.expr, to.elem.length(to.n))
		}
	}
}

// finish prints the function that gives the outputs.
func (b *printer) finish() {
	b.line("\nvoid @_finish(@_state *st%s)\n{", b.p.outputParams())
	b.lastInputs(-1)
	b.calls(b.p.laid.End)
	b.lastInputs(1)
	for _, s := range b.p.laid.Outputs {
		b.line("\t%s(st, %s);", b.p.functionOf(s), b.p.ident[s.To.Name])
	}
	b.line("}")
}

// lastInputs prints the way of the inputs that are read behind the last step: back to that step, or on.
func (b *printer) lastInputs(way int) {
	for _, a := range b.p.program.Arrays {
		read := slices.ContainsFunc(b.p.laid.End, func(s *lower.Sweep) bool { return s.Reads(a) })
		if a.Given && a.Per == ir.Step && read {
			b.advance("st->"+b.p.ident[a.Name], way*elemOf(a.Type).length(a.Type.Size()))
		}
	}
}

func (b *printer) infer() {
	p := b.p
	b.line("\nvoid @_infer(@_state *st%s%s)\n{\n\tuint32_t left = @@_STEPS;\n", p.inputParams(), p.outputParams())
	b.line("\t@_start(st%s);\n\tdo {\n\t\t@_step(st);\n\t} while (--left != 0u);\n\t@_finish(st%s);\n}", p.list(p.ports.Inputs, ""), p.list(p.ports.Outputs, ""))
}
