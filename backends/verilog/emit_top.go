package verilog

import (
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"
	"strings"

	"nomul/backends"
	"nomul/ir"
)

// page is the data of the templates of the top module, the bench and the Makefile.
type page struct {
	*plan
	Meanings []string // the lines on inputs and outputs of the first comment
	Samples  int
	Traced   int      // 1 if vectors.hex has spikes and states
	Cycles   []int    // of each sample
	Stored   []stored // the files that the model reads
	Sampled  []stored // those of the bench's own samples
	Orders   []stored // those of the bench, in which neurons lie
}

// stored is a file that a simulation reads, which knows it again by its digest; before a
// synthesis a shell does, by its sum.
type stored struct {
	Name string // of the model
	File string
	Of   string // its place in the model, for messages
	data []byte
}

// known notes files that a simulation reads.
func (g *page) known(files []backends.File, of string) []stored {
	var out []stored
	for _, f := range files {
		out = append(out, stored{g.Name, f.Name, of, f.Data})
	}
	return out
}

// Digest is that of the file without its white space: each character is added, modulo 2, to
// the digest before it rotated by 5 bits.
func (s stored) Digest() (out uint32) {
	for _, c := range s.data {
		if c > ' ' {
			out = bits.RotateLeft32(out, 5) ^ uint32(c)
		}
	}
	return out
}

// Sum is the CRC and the size that POSIX's cksum prints of the file, with a hyphen between. That
// CRC, of the bytes and of their number, takes bits from the highest on; the standard
// library's takes them from the lowest.
func (s stored) Sum() string {
	var length []byte
	for n := len(s.data); n > 0; n >>= 8 {
		length = append(length, byte(n))
	}
	crc, turned := ^uint32(0), make([]byte, 0, 4096)
	for _, bytes := range [][]byte{s.data, length} {
		for part := range slices.Chunk(bytes, cap(turned)) {
			turned = turned[:0]
			for _, b := range part {
				turned = append(turned, bits.Reverse8(b))
			}
			crc = crc32.Update(crc, crc32.IEEETable, turned)
		}
	}
	return fmt.Sprintf("%d-%d", bits.Reverse32(crc), len(s.data))
}

func newPage(p *plan, meanings []string, o backends.Options) page {
	g := page{plan: p, Meanings: meanings, Samples: len(o.Vectors), Traced: 1}
	if o.OutputsOnly {
		g.Traced = 0
	}
	for _, s := range o.Vectors {
		g.Cycles = append(g.Cycles, p.cycles(s))
	}
	return g
}

// element is the Verilog type of an element in the data of its port.
func (p *plan) element(v *ir.Value) string {
	bits := fmt.Sprintf("[%d:0]", bitsOf(v.Range)-1)
	for _, u := range p.units(kindOutput) {
		if u.Array.Name == v.Name {
			return fmt.Sprintf("signed [%d:0]", u.Wide-1)
		}
	}
	if v.Type.Kind == ir.Sint {
		return "signed " + bits
	}
	return bits
}

// InBits and OutBits are the widths of the engine's ports.
func (p *plan) InBits() int {
	n := 1
	for _, u := range p.units(kindInput) {
		n = max(n, u.Bits)
	}
	return n
}

// OutBits is the width that holds every output, signed.
func (p *plan) OutBits() int {
	n := 1
	for _, u := range p.units(kindOutput) {
		n = max(n, u.Array.Range.SignedBits())
	}
	return n
}

// InNames lists the inputs in the order in which they are taken.
func (p *plan) InNames() string {
	once, each := p.portNames(kindInput, ir.Once), p.portNames(kindInput, ir.Step)
	switch {
	case each == "":
		return once
	case once == "":
		return "in each step " + each
	}
	return once + ", then in each step " + each
}

// OutNames lists the outputs.
func (p *plan) OutNames() string { return p.portNames(kindOutput, ir.Once, ir.End) }

// portNames lists ports of some clocks, with their numbers of elements.
func (p *plan) portNames(kind string, clocks ...ir.Clock) string {
	var parts []string
	for _, u := range p.units(kind) {
		if slices.Contains(clocks, u.Clock) {
			parts = append(parts, fmt.Sprintf("%s (%d)", u.ID, u.N))
		}
	}
	return strings.Join(parts, ", ")
}

// Terms are the lines of the latency.
func (g page) Terms() []string {
	var out []string
	for i, q := range g.plan.Passes {
		times := ""
		if q.Part == "step" {
			times = ", in each step"
		}
		switch {
		case i == 0 && q.Part == "step":
			times += ", 1 less in the first"
		case i == 0:
			q.Base--
		}
		out = append(out, fmt.Sprintf("%5d  + %s%s", q.Base, q.Line, times))
	}
	return out
}

// Loops reports whether there are passes to repeat in several steps.
func (p *plan) Loops() bool { return p.Steps > 1 && len(p.part("step")) > 0 }

// UsesFirst reports whether a unit asks for the first step.
func (p *plan) UsesFirst() bool {
	return slices.ContainsFunc(p.Units, func(u *unit) bool { return u.Remembers() })
}

// UsesStep reports whether a unit asks for the number of the step.
func (p *plan) UsesStep() bool {
	return slices.ContainsFunc(p.Units, func(u *unit) bool { return u.Numbers() })
}

// StepDone is the end of a step.
func (p *plan) StepDone() string { return endOf(p.part("step")) }

// AllDone is the end of the sample.
func (p *plan) AllDone() string { return endOf(p.Passes) }

func endOf(passes []pass) string { return passes[len(passes)-1].Done }

// started is a pass with the signal that starts it.
type started struct {
	pass
	After string
}

// Passes with their starts: each after the one before; a step after the last
// one; the end after the last step.
func (g page) Passes() []started {
	all := g.plan.Passes
	var out []started
	for i, q := range all {
		s := started{q, all[(i+len(all)-1)%len(all)].Done}
		if g.Loops() && q.Part != "once" {
			s.After = g.after(i, s.After)
		}
		out = append(out, s)
	}
	return out
}

func (g page) after(i int, before string) string {
	part, last := g.plan.Passes[i].Part, "once"
	if i > 0 {
		last = g.plan.Passes[i-1].Part
	}
	switch {
	case part == "step" && last == "once":
		return fmt.Sprintf("%s | (%s & ~last_step)", before, g.StepDone())
	case part == "end" && last == "step":
		return before + " & last_step"
	}
	return before
}

// units lists those of a kind.
func (p *plan) units(kind string) []*unit {
	var out []*unit
	for _, u := range p.Units {
		if u.Kind == kind {
			out = append(out, u)
		}
	}
	return out
}

// InReady, OutValid and OutData join the ports' modules; they take turns.
func (p *plan) InReady() string { return anyOf("open_", p.units(kindInput)) }

// OutValid tells that one of the outputs sends.
func (p *plan) OutValid() string { return anyOf("valid_", p.units(kindOutput)) }

// OutData is the word on the output port.
func (p *plan) OutData() string {
	outs, b := p.units(kindOutput), ""
	for _, u := range outs[:len(outs)-1] {
		b += fmt.Sprintf("valid_%s ? out_%s : ", u.ID, u.ID)
	}
	return b + "out_" + outs[len(outs)-1].ID
}

func anyOf(prefix string, us []*unit) string {
	var names []string
	for _, u := range us {
		names = append(names, prefix+u.ID)
	}
	return strings.Join(names, " | ")
}
