package goasm

import (
	"fmt"
	"slices"

	"nomul/ir"
)

// callStage computes a value by calls of the kernel package, with tables.
type callStage struct {
	common
	calls   []string
	tables  []tablePlan
	before  []string // what Reset does
	counter string   // a field that counts, if there is one
}

// tablePlan is a list of numbers of 32 bits, or of packed spikes.
type tablePlan struct {
	field  string
	data   section
	packed bool
}

func (t tablePlan) elem() string {
	if t.packed {
		return "uint64"
	}
	return "int32"
}

func (p *plan) call(v *ir.Value, dst *buffer) *callStage {
	return &callStage{common: p.stage(v, dst)}
}

// do adds a statement.
func (s *callStage) do(format string, args ...any) {
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

// onReset adds a statement to Reset.
func (s *callStage) onReset(format string, args ...any) {
	s.before = append(s.before, fmt.Sprintf(format, args...))
}

// table adds a table and gives its field.
func (s *callStage) table(p *plan, name string, data []int) string {
	t := tablePlan{field: p.scope.claim(s.dst.name + name), data: p.table(data)}
	s.tables = append(s.tables, t)
	return t.field
}

// vector adds constants, one for each place of a vector, and gives their field.
func (s *callStage) vector(p *plan, name string, data []int64) string {
	padding := make([]int64, padded(len(data))-len(data))
	return s.table(p, name, ints(append(slices.Clone(data), padding...)))
}

// spikes adds packed spikes and gives their field.
func (s *callStage) spikes(p *plan, name string, data []int64) string {
	words := make([]int, padded(len(data))/32)
	for i, e := range data {
		words[i>>5] |= int(e) << (i & 31)
	}
	field := s.table(p, name, words)
	s.tables[len(s.tables)-1].packed = true
	return field
}

func ints(data []int64) []int {
	out := make([]int, len(data))
	for i, e := range data {
		out[i] = int(e)
	}
	return out
}

func (s *callStage) fields(out *printer) {
	for _, t := range s.tables {
		out.f("%s []%s", t.field, t.elem())
	}
	if s.counter != "" {
		out.f("%s int", s.counter)
	}
}

func (s *callStage) prepare(out *printer) {
	for _, t := range s.tables {
		out.f("m.%s = %ss(w[%d:%d])", t.field, t.elem(), t.data.from, t.data.to)
	}
}

func (s *callStage) reset(out *printer) {
	for _, line := range s.before {
		out.f("%s", line)
	}
}

func (s *callStage) body(out *printer) {
	for _, line := range s.calls {
		out.f("%s", line)
	}
}
