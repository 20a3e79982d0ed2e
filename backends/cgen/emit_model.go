package cgen

import (
	"bytes"

	"nomul/ir"
)

// emitModel prints NAME.c: the kernels in use, one function per layer, and the
// interface that calls them by clock.
func emitModel(p *plan) []byte {
	body := &printer{p: p}
	for _, v := range p.net.Values {
		if run := rowOf(v.Op).run; run != nil {
			run(body, v)
		}
	}
	body.start()
	body.step()
	body.finish()
	body.infer()
	b := newPrinter(p)
	b.line("#include \"@.h\"\n#include \"@_weights.h\"\n")
	b.text(facts)
	b.line("typedef char @_memory_is_as_planned[sizeof(void *) != 4u || sizeof(@_state) == %du ? 1 : -1];", p.stateBytes())
	if len(p.linears)+len(p.convs) > 0 {
		b.text(levelType)
	}
	b.kernels(body.String())
	b.WriteString(body.String())
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

// function opens the function of a value, below the value's line in the IR.
func (b *printer) function(v *ir.Value) {
	b.WriteByte('\n')
	b.comment(v.String())
	b.line("static void %s(@_state *st)\n{", b.p.functionOf(v))
}

// calls prints a call of the function of every value of a clock, at its moment.
func (b *printer) calls(clock ir.Clock, when when) {
	for _, v := range b.p.net.Values {
		row := rowOf(v.Op)
		_, apart := b.p.held[v]
		if shows := row.run != nil && (row.keeps != state || row.when != byClock || apart); shows && row.when == when && v.Clock == clock {
			b.line("\t%s(st);", b.p.functionOf(v))
		}
	}
}

// latches prints the calls of the latches. Those that read a delay keep its next value
// apart, and come before the others, which change the values of delays.
func (b *printer) latches(apart bool) {
	for _, v := range b.p.net.All(ir.OpLatch) {
		if _, held := b.p.held[v.Arg(0)]; held == apart {
			b.line("\t%s(st);", b.p.functionOf(v))
		}
	}
}

// unsigned is the element with the same bits that wraps without overflow.
func (e elem) unsigned() elem {
	e.signed = false
	return e
}

// start prints the function that takes a sample.
func (b *printer) start() {
	b.line("\nvoid @_start(@_state *st%s)\n{", b.p.inputParams())
	for _, v := range b.p.ports.Inputs {
		b.line("\tst->%s = %s;", b.p.ident[v], b.p.ident[v])
	}
	for _, v := range b.p.net.All(ir.OpNeuron) {
		b.startNeuron(b.p.neurons[v])
	}
	for _, v := range b.p.net.Values {
		if row := rowOf(v.Op); row.when == readout {
			b.clear(b.p.place[v], b.p.beginning(v))
		}
	}
	if len(b.p.net.All(ir.OpFirst)) > 0 {
		b.line("\tst->step[0] = 0u;")
	}
	b.calls(ir.Once, byClock)
	for _, v := range b.p.net.All(ir.OpDelay) {
		b.line("\t%s(st);", b.p.initial(v))
	}
	b.line("}")
}

// startNeuron sets state variables to their initial values, and takes back the spikes
// that a reset would act on.
func (b *printer) startNeuron(n *neuron) {
	for i, v := range n.program.Vars {
		b.clear(n.vars[i], n.params[int64(v.Init)])
	}
}

// clear prints the call that sets a place to a parameter's values.
func (b *printer) clear(at place, to param) {
	e := at.elem.unsigned()
	if to.array != nil {
		b.line("\t@_init%d_%s((%s *)%s, %s, %du);", e.bits, to.array.elem.suffix(), e.c(), at.expr, to.array.name, at.elem.length(at.n))
		return
	}
	b.line("\t@_fill%d((%s *)%s, %du, %du);", e.bits, e.c(), at.expr, to.value&(1<<e.bits-1), at.elem.length(at.n))
}

// step prints the function of one time step; readouts come behind everything
// that they read, latches and the inputs of the next step behind them.
func (b *printer) step() {
	b.line("\nvoid @_step(@_state *st)\n{")
	before := b.Len()
	b.calls(ir.Step, byClock)
	b.calls(ir.End, readout)
	b.latches(true)
	b.latches(false)
	for _, v := range b.p.ports.Inputs {
		if v.Clock == ir.Step {
			b.advance("st->"+b.p.ident[v], elemOf(v.Type).length(v.Type.Size()))
		}
	}
	if len(b.p.net.All(ir.OpFirst)) > 0 {
		b.line("\tst->step[0]++;")
	}
	if b.Len() == before {
		b.line("\t(void)st; /* nothing depends on time */")
	}
	b.line("}")
}

// finish prints the function that gives the outputs.
func (b *printer) finish() {
	b.line("\nvoid @_finish(@_state *st%s)\n{", b.p.outputParams())
	before := b.Len()
	b.calls(ir.End, byClock)
	for _, v := range b.p.ports.Outputs {
		at := b.p.place[v]
		b.line("\t@_give_%s(%s, %s, %du); /* %%%s */", at.kind(), b.p.ident[v], at.expr, at.n, v.Name)
	}
	if text := b.Bytes()[before:]; !bytes.Contains(text, []byte("(st)")) && !bytes.Contains(text, []byte("st->")) && !bytes.Contains(text, []byte("(st,")) {
		b.line("\t(void)st; /* all outputs are constants */")
	}
	b.line("}")
}

// kind names the kernels that read a place element by element.
func (at place) kind() string {
	if at.elem.packed {
		return "spikes"
	}
	return at.elem.suffix()
}

func (b *printer) infer() {
	p := b.p
	b.line("\nvoid @_infer(@_state *st%s%s)\n{\n\tuint32_t left = @@_STEPS;\n", p.inputParams(), p.outputParams())
	b.line("\t@_start(st%s);\n\tdo {\n\t\t@_step(st);\n\t} while (--left != 0u);\n\t@_finish(st%s);\n}", p.list(p.ports.Inputs, ""), p.list(p.ports.Outputs, ""))
}
