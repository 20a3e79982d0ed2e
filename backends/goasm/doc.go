// Package goasm emits a net at the fixed level as a Go module of its own without
// dependencies: a package with the model, its weights, the inner loops in AVX2 and NEON
// assembly and in plain Go (package kernel, copied), neurons and elementwise ops in all three,
// and a test that replays vectors, in a folder that can be copied into any other module; and
// a command that runs a stream of samples.
//
// The net is lowered (package lower), and laid out by a plan of it: plan.go goes through its sweeps,
// slots.go gives arrays the memory that it has for them, memory.go and order.go tell how arrays lie
// in memory and who takes them in another form,
// each.go, fold.go and move.go with their neighbours choose the code of a stage by its
// operands. emit.go prints.
//
// The programs of elements (package update) are printed as loops over lanes, or over words
// where all is bits: lanes.go plans one, bits.go tells bits from numbers, twin.go prints plain
// Go, vector.go makes vector instructions, registers.go allocates registers, and avx2.go and
// neon.go are tables of text. A program that needs more registers than a machine has, or more
// bits than a lane, runs in plain Go.
package goasm

import (
	"embed"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

//go:embed kernel/*.go kernel/*.s kernel/*.h template
var sources embed.FS

// Backend emits Go.
type Backend struct{}

// New is the Go back end.
func New() Backend { return Backend{} }

// Name is the target's name.
func (Backend) Name() string { return "go" }

// Doc is the target in one sentence.
func (Backend) Doc() string {
	return "a self-contained Go package with AVX2 and NEON assembly, and a plain Go twin"
}

// Plan is the order in which the package runs the stages of a net, and where its arrays are. The
// net must have passed Check.
func (Backend) Plan(net *ir.Net) *lower.Plan { return planOf(net, backends.Options{}).laid }

// Emit returns the files of the module. The net must have passed Check.
func (Backend) Emit(net *ir.Net, o backends.Options) []backends.File {
	return emit(planOf(net, o), o)
}

func planOf(net *ir.Net, o backends.Options) *plan {
	names := backends.PortNames(net)
	p := newPlan(lower.Of(net), backends.PortsOf(net), names, o)
	p.meanings = backends.Meanings(net, names, func(v *ir.Value) string { return p.ports[v.Name].goType() })
	return p
}
