package cgen

import (
	"fmt"

	"nomul/ir"
)

// emitModel prints model.c: the kernels in use, one function per layer, and the
// interface that calls them by clock.
func emitModel(p *plan) []byte {
	body := &printer{p: p}
	for _, v := range p.net.Values {
		switch v.Op {
		case ir.OpLinear:
			body.linear(v)
		case ir.OpNeuron:
			body.neuron(v)
		case ir.OpSum:
			body.sum(v)
		}
	}
	body.start()
	body.step()
	body.finish()
	body.infer()
	b := newPrinter(p)
	b.line("#include \"model.h\"\n#include \"weights.h\"\n")
	b.text(facts)
	b.line("typedef char @_memory_is_as_planned[sizeof(void *) != 4u || sizeof(@_state) == %du ? 1 : -1];", p.stateBytes())
	if len(p.linears) > 0 {
		b.text(levelType)
	}
	b.kernels(body.String())
	b.WriteString(body.String())
	return b.bytes()
}

// facts are what model.c asks of the compiler beyond C99, checked when it compiles.
const facts = `/* Two's complement, and an arithmetic right shift of negative numbers. */
typedef char @_is_twos_complement[(int32_t)0xFFFFFFFFu == -1 && (int16_t)0xFFFFu == -1 ? 1 : -1];
typedef char @_shift_is_arithmetic[((int32_t)-5 >> 1) == -3 ? 1 : -1];
`

// levelType is what the list of rows is read by.
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

// calls prints a call of the function of every value of an op and clock.
func (b *printer) calls(clock ir.Clock) {
	for _, v := range b.p.net.Values {
		if v.Clock == clock && (v.Op == ir.OpLinear || v.Op == ir.OpNeuron) {
			b.line("\t%s(st);", b.p.functionOf(v))
		}
	}
}

func (b *printer) linear(v *ir.Value) {
	l := b.p.linears[v]
	b.function(v)
	b.line("\t@_level levels[%d];", l.levels())
	b.line("\t%s *y = (%s *)%s;\n", l.y.elem.unsigned().c(), l.y.elem.unsigned().c(), l.y.expr)
	b.startSums(l)
	for i, d := range l.digits {
		for _, s := range l.segments {
			b.rowList(l, d, s)
			b.rowSums(l, d, s)
		}
		if i+1 < len(l.digits) {
			b.shiftSums(l, i)
		}
	}
	b.line("}")
}

// unsigned is the element with the same bits that wraps without overflow.
func (e elem) unsigned() elem {
	e.signed = false
	return e
}

// startSums sets every sum to where it starts. With several digits that is 0,
// and the start values come in with the last shift.
func (b *printer) startSums(l *linear) {
	n := roundUp(l.y.n, 4)
	if l.start != nil && len(l.digits) == 1 {
		b.line("\t@_copy%d(y, %s, %du);", l.y.elem.bits, l.start.name, n)
		return
	}
	b.line("\t@_fill%d(y, %du, %du);", l.y.elem.bits, l.startAll, n)
}

func (b *printer) shiftSums(l *linear, i int) {
	n := roundUp(l.y.n, 4)
	by := l.digits[i].shift - l.digits[i+1].shift
	if i+2 < len(l.digits) {
		b.line("\t@_shift%d(y, %du, %du);", l.y.elem.bits, by, n)
		return
	}
	b.line("\t@_shift_add%d(y, %du, %s, %du);", l.y.elem.bits, by, l.start.name, n)
}

// rowList prints the call that lists the rows of a segment.
func (b *printer) rowList(l *linear, d digit, s segment) {
	if l.x.elem.packed {
		b.line("\t@_list_spikes(levels, st->row_list, %s, %du);", offset(l.x.expr, s.first/32), (s.rows+31)/32)
		return
	}
	b.line("\t@_sort_%s(levels, st->row_list, %s, %du, %du, %du, %du);", l.x.elem.suffix(), offset(l.x.expr, s.first), s.rows,
		uint32(-l.low), d.shift, 1<<l.digitBits-1)
}

// rowSums prints the calls that add the listed rows to every tile.
func (b *printer) rowSums(l *linear, d digit, s segment) {
	for _, t := range l.tiles {
		kernel := fmt.Sprintf("rows%d", t.outputs)
		if l.wide {
			kernel = "wide"
		}
		each := l.perRow(t.outputs)
		b.line("\t@_%s_%d(%s, %du, %s, %du, st->row_list, levels, %du);", kernel, l.y.elem.bits, offset("y", t.column), t.count,
			offset(l.weights.name, t.at+s.first*each), each*l.rows, d.levels)
	}
}

// offset is a C expression for the address of element i.
func offset(expr string, i int) string {
	if i == 0 {
		return expr
	}
	return fmt.Sprintf("%s + %d", expr, i)
}

// sum adds a value to its running sum over the steps.
func (b *printer) sum(v *ir.Value) {
	x, y := b.p.place[v.Arg(0)], b.p.place[v]
	b.function(v)
	b.line("\tconst %s *x = %s;\n\t%s *y = %s;\n\tuint32_t left = %du;\n", x.elem.c(), x.expr, y.elem.c(), y.expr, y.n)
	if x.elem.packed && !y.elem.packed {
		b.text(`	do {
		uint32_t bits = *x++, lane = 1u;
		do {
`)
		b.line("\t\t\t*y = (%s)(*y + (%s)(bits & 1u));", y.elem.c(), y.elem.c())
		b.text(`			y++;
			bits >>= 1;
			lane <<= 1;
			left--;
		} while (lane != 0u && left != 0u);
	} while (left != 0u);
}
`)
		return
	}
	if y.elem.packed {
		b.line("\tleft = %du;", y.elem.length(y.n))
	}
	b.line("\tdo {\n\t\t*y = (%s)((uint32_t)*y + (uint32_t)*x++);\n\t\ty++;\n\t} while (--left != 0u);\n}", y.elem.c())
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
	for _, v := range b.p.net.All(ir.OpSum) {
		b.clear(b.p.place[v], param{given: true})
	}
	b.calls(ir.Once)
	b.line("}")
}

// startNeuron sets membranes to their initial value and takes back the spikes,
// which a reset in the next step would act on.
func (b *printer) startNeuron(n *neuron) {
	b.clear(n.membrane, n.start)
	if n.attrs.When == ir.WhenNext {
		b.clear(n.spikes, param{})
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

// step prints the function of one time step; sums come last, when what they read is there.
func (b *printer) step() {
	b.line("\nvoid @_step(@_state *st)\n{")
	b.calls(ir.Step)
	for _, v := range b.p.net.All(ir.OpSum) {
		b.line("\t%s(st);", b.p.functionOf(v))
	}
	if len(b.p.net.All(ir.OpNeuron))+len(b.p.net.All(ir.OpSum)) == 0 {
		b.line("\t(void)st; /* nothing depends on time */")
	}
	b.line("}")
}

// finish prints the function that gives the outputs.
func (b *printer) finish() {
	b.line("\nvoid @_finish(@_state *st%s)\n{", b.p.outputParams())
	b.calls(ir.End)
	for _, v := range b.p.ports.Outputs {
		at := b.p.place[v]
		b.line("\t@_give_%s(%s, %s, %du); /* %%%s */", at.kind(), b.p.ident[v], at.expr, at.n, v.Name)
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
	b.line("\t@_start(st%s);\n\tdo {\n\t\t@_step(st);\n\t} while (--left != 0u);\n\t@_finish(st%s);\n}", p.names(p.ports.Inputs, ""), p.names(p.ports.Outputs, ""))
}
