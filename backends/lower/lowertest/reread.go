package lowertest

import (
	"reflect"
	"testing"

	"nomul/backends/lower"
	"nomul/ir"
)

// Reread returns a plan as its text and that of its program say, and demands that the text is all
// of the plan: only the limits that it was planned by are not read back.
func Reread(t testing.TB, p *lower.Plan) *lower.Plan {
	t.Helper()
	text := p.Print()
	again, err := lower.ParsePlan(text, p.Program)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	of := *p
	of.Layout = lower.Layout{Target: p.Layout.Target, Packed: p.Layout.Packed, LayerMajor: p.Layout.LayerMajor}
	if !reflect.DeepEqual(&of, again) {
		t.Fatalf("another plan is read back: %s\n%s", text, again.Print())
	}
	data := map[string]*ir.Tensor{}
	for _, a := range p.Program.Arrays {
		data[a.Name] = a.Data
	}
	program, err := lower.Parse(lower.Print(p.Program), func(name string) *ir.Tensor { return data[name] })
	if err != nil {
		t.Fatal(err)
	}
	if lower.Print(program) != lower.Print(p.Program) {
		t.Fatalf("another program is read back: %s\n%s", lower.Print(p.Program), lower.Print(program))
	}
	again, err = lower.ParsePlan(text, program)
	if err != nil {
		t.Fatal(err)
	}
	return again
}
