// Package goasm emits a net at the fixed level as a Go module of its own without
// dependencies: a package with the model, its weights, the inner loops in AVX2 and NEON
// assembly and in plain Go (package kernel, copied), neurons and elementwise ops in all three,
// and a test that replays vectors, in a folder that can be copied into any other module; and
// a command that runs a stream of samples.
//
// check.go says what cannot be emitted, plan.go and its neighbours decide on
// layouts, widths and names, emit.go prints. order.go tells how values lie in
// memory, geometry.go how windows lie in an image.
//
// Layers of neurons and elementwise ops are programs (package update), which are printed as
// loops over lanes: twin.go prints plain Go, vector.go makes vector instructions, registers.go
// allocates registers, and avx2.go and neon.go are tables of text. A program that needs more
// registers than a machine has, or more bits than a lane, runs in plain Go.
package goasm

import (
	"embed"

	"nomul/backends"
	"nomul/ir"
)

//go:embed kernel/*.go kernel/*.s kernel/*.h template
var sources embed.FS

type backend struct{}

// New is the back end of the target "go".
func New() backends.Backend { return backend{} }

func (backend) Name() string { return "go" }

func (backend) Doc() string {
	return "a self-contained Go package with AVX2 and NEON assembly, and a plain Go twin"
}

// Emit returns the files of the module. The net must have passed Check.
func (backend) Emit(net *ir.Net, o backends.Options) []backends.File {
	return emit(newPlan(net, o), o)
}
