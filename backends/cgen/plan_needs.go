package cgen

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"nomul/backends"
)

// Row is one line of the memory table.
type Row struct {
	Region string // flash, ram or stack
	Name   string // C name
	Bytes  int
	Use    string // its contents
}

// stackBytes bounds the stack of the deepest call chain of the model
// beside the levels of a layer; a test holds both against a compiler's figures.
const stackBytes = 384

// levelBytes is the size of a level.
const levelBytes = 8

// wordBytes is the alignment of arrays on the 32-bit targets that the table is for.
const wordBytes = 4

// The code of a Cortex-M0, at most, of parts of NAME.c by gcc -O2, which takes more than -Os:
// of a statement, an argument, a constant that no instruction holds, and a loop or branch. The
// compiler's figures of the tests' models of more than 1 KB are 59 to 90 % of the sum. Other
// Cortex-M's differ little.
const (
	statementBytes = 5
	argumentBytes  = 3
	constantBytes  = 22
	branchBytes    = 36
)

// shortConstant is the largest constant of an instruction.
const shortConstant = 255

var (
	commentText  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	constantText = regexp.MustCompile(`\b(\d+)u?\b`)
	branchText   = regexp.MustCompile(`\b(?:for|while|if)\b`)
)

// memory lists the tables, the state and the stack.
func (p *plan) memory() []Row {
	var out []Row
	for _, a := range p.arrays {
		what, _, _ := strings.Cut(a.comment, " :")
		out = append(out, Row{"flash", a.name, roundUp(a.elem.bytes(len(a.data)), wordBytes), what})
	}
	for _, f := range p.fields {
		out = append(out, Row{"ram", f.name, f.bytes(), f.comment})
	}
	return append(out, Row{"stack", "", stackBytes + levelBytes*p.levels, "deepest call, at most"})
}

// needs adds up the memory of the model on a 32-bit target.
func (p *plan) needs() []backends.Need {
	of, parts := map[string]int{}, map[string][]backends.Part{}
	for _, r := range p.memory() {
		of[r.Region] += r.Bytes
		parts[r.Region] = append(parts[r.Region], backends.Part{Name: r.Name, Bytes: r.Bytes, Use: r.Use})
	}
	return []backends.Need{
		{Memory: "flash", Bytes: of["flash"], Use: "weights and tables", Parts: parts["flash"]},
		{Memory: "flash", Bytes: codeBytes(emitModel(p)), Use: "code at most; an estimate of gcc -O2 or -Os for Cortex-M, RV32I takes up to half as much again (make size)"},
		{Memory: "ram", Bytes: p.stateBytes(), Use: "a state", Parts: parts["ram"]},
		{Memory: "ram", Bytes: p.portBytes(), Use: "inputs and outputs; arrays of the program, not the model's"},
		{Memory: "stack", Bytes: of["stack"], Use: "stack at most; of the deepest call"},
	}
}

// codeBytes estimates the code of NAME.c from above.
func codeBytes(text []byte) int {
	code := commentText.ReplaceAll(text, nil)
	wide := 0
	for _, m := range constantText.FindAllSubmatch(code, -1) {
		if n, err := strconv.ParseUint(string(m[1]), 10, 64); err == nil && n > shortConstant {
			wide++
		}
	}
	return statementBytes*bytes.Count(code, []byte(";")) + argumentBytes*bytes.Count(code, []byte(",")) +
		constantBytes*wide + branchBytes*len(branchText.FindAll(code, -1))
}

// portBytes is the size of the arrays that functions of the model are given.
func (p *plan) portBytes() int {
	n := 0
	for _, v := range p.ports.Inputs {
		e := elemOf(v.Type)
		n += roundUp(e.bytes(p.steps(v)*e.length(v.Type.Size())), wordBytes)
	}
	for _, v := range p.ports.Outputs {
		n += 4 * v.Type.Size()
	}
	return n
}

// sums adds up needs by memory.
func sums(needs []backends.Need) map[string]int {
	out := map[string]int{}
	for _, n := range needs {
		out[n.Memory] += n.Bytes
	}
	return out
}
