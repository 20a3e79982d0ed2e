// Package cgen emits freestanding C99 for microcontrollers and any other C compiler.
//
// The artefact is NAME.h, NAME.c and NAME_weights.c, which need no libc, no
// allocation, no floating point, and neither multiply nor divide, not even for
// addresses; and around them a self test, a stream runner and a board program
// for Cortex-M and RV32I, with a Makefile.
//
// The code follows the plan of a net's lowered program (package lower), with a function for
// each sweep. The kernels that they share are in files/kernels.c.
//
// # How sums of weights run
//
// A layer y[n] = Σ_k w[n,k]·x[k] + b[n] is a sum of weight rows, one row per
// input k. It runs in two moves: list the inputs that count, then add their rows.
//
//   - Spikes: the list holds the inputs that fired.
//   - Words: the bits of x are cut into digits (see digitBits). Per digit the
//     inputs are sorted by digit value, highest first. Rows are added once, and
//     after each value the running sum R is added to y, because
//     Σ_v v·R_v = Σ_{d≥1} Σ_{v≥d} R_v. Between digits y is shifted left.
//     An 8-bit pixel costs at most two row additions; bit planes cost one per set bit.
//
// Spikes are words of one digit with the one value 1, so one kernel serves both.
//
// Rows are stored in tiles of 16, 8 or 4 outputs, so that the sums of a tile
// stay in registers while the whole list passes by. Four int8 weights are one
// 32-bit word, each byte biased by 128. Two sums are kept per word, modulo 2^32:
//
//	all += w;  odd += (w >> 8) & 0x00FF00FF;  even = all − (odd << 8)
//
// Less the bias (n·128 per byte, by shifts), odd is S1 + 2^16·S3 and even is
// S0 + 2^16·S2, exactly, as long as each signed sum S fits 16 bits. That is
// proved from the weights: the plan cuts the rows into segments in which no
// subset of a column's weights can leave 16 bits. Most layers are one segment.
// Wider weights (up to 16 bits) take plain 32-bit sums. Weights of at most 4 bits, or of −2..1, are
// stored as nibbles or as two bits, 8 or 16 in a word, where that saves more flash than another kernel
// takes; the kernel makes words of four bytes of them.
//
// # How an image runs
//
// Where windows see the elements, or the channels of a place stand apart, the rows of
// the elements in its window are listed for every place of the output, a row being a
// channel at a tap, and added as above; the sums then go to the places of their channels.
// Spikes are sorted by place first, once, so that a window's list is those of its taps,
// one after another, and costs nothing where nothing fired. Words are collected window
// by window and sorted by digits. Padding is places where nothing ever fires, or zeros
// around the words.
//
// # How programs run
//
// A program runs in the function that makes its operand: behind the sums of a place, the
// result of a window, or another program of the element. Only arrays that something else reads
// are in memory. Spikes gather in a word where elements come in C order, and are set one by one
// where the outputs of a place stand apart; the sums of an only place are an array anyway.
//
// # How a product of two arrays runs
//
// One side is spikes. Of spikes on the right, b[k][n], a row is listed once, and
// a[m][k], a word or a spike, is added where the list says, for every m: work is
// done for coincidences only. Of spikes on the left, rows of words are added.
//
// # How everything else runs
//
// As loops over elements, with an index for each way in which memory is gone
// through, which goes on by additions. Operands of sums and products that no kernel
// can go through are copied first, by a stage of their own.
//
// C compilers make multiplications of shifts: of (n << 7) + (n << 23), and of
// a − (b << 8). And they make them of the additions that keep an index in nested
// loops. There one number goes through a volatile variable.
package cgen

import (
	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// Backend is the C back end; use New.
type Backend struct{}

var _ backends.Sized = Backend{}

// New is the C back end.
func New() Backend { return Backend{} }

// Name is the target's name.
func (Backend) Name() string { return "c" }

// Doc is the target in one sentence.
func (Backend) Doc() string {
	return "freestanding C99 for microcontrollers: no libc, no malloc, no multiplication, weights in flash"
}

// Plan is that of the emitted code: which stages run in which order, and where their elements
// are. The net must pass Check.
func (Backend) Plan(net *ir.Net) *lower.Plan { return newPlan(net, "model").laid }

// weightsLimit is the size at which a file with weights ends.
const weightsLimit = 64 << 20

// Emit returns the files of the artefact. The net must pass Check.
func (Backend) Emit(net *ir.Net, o backends.Options) []backends.File {
	return newPlan(net, o.Name).emit(o)
}

// emit prints the files.
func (p *plan) emit(o backends.Options) []backends.File {
	files := []backends.File{
		{Name: p.name + ".h", Data: emitHeader(p)},
		{Name: p.name + ".c", Data: emitModel(p)},
		{Name: p.name + "_weights.h", Data: emitDeclarations(p)},
		{Name: "ports.h", Data: emitPorts(p)},
		{Name: "stream.h", Data: emitStream(p)},
		{Name: "vectors.h", Data: emitVectors(p, o)},
		namedFile(p, "host.c"),
		namedFile(p, "test.c"),
		namedFile(p, "board.c"),
		fixedFile("start.S"),
		fixedFile("cm.ld"),
		fixedFile("rv.ld"),
		makefile(p),
	}
	files = append(files, emitWeights(p, weightsLimit)...)
	if len(o.Vectors) > 0 {
		files = append(files, backends.File{Name: "example.h", Data: emitExample(p, o.Vectors.Example())},
			backends.File{Name: "main.c", Data: emitMain(p)})
	}
	return files
}

// Needs adds up the memory of a 32-bit target that the emitted model takes.
func (Backend) Needs(net *ir.Net) []backends.Need { return newPlan(net, "model").needs() }

// Memory lists the contents of flash, RAM and stack of a 32-bit target that the
// emitted model has. The net must pass Check.
func Memory(net *ir.Net) []Row { return newPlan(net, "model").memory() }
