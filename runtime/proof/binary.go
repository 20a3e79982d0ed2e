// Package proof shows on finished artefacts, object code and netlists, that
// nothing in them multiplies or divides. A proof that saw no instruction, or no
// cell, is a failure; and every kind of proof has a control, an artefact with a
// multiplication in it that the proof must refuse (see Controls).
package proof

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"nomul/runtime/engine/toolchain"
)

// Proof is the result of a scan. It holds when something was scanned and
// nothing forbidden found.
type Proof struct {
	Target string `json:"target"`
	// Tool is the disassembler or synthesis tool with its version.
	Tool string `json:"tool"`
	// Scanned counts instructions, or cells of a netlist.
	Scanned int `json:"scanned"`
	// Forbidden lists multiplications and divisions, with their places; never nil.
	Forbidden []string `json:"forbidden"`
}

// Holds reports whether the proof succeeded.
func (p Proof) Holds() bool { return p.Scanned > 0 && len(p.Forbidden) == 0 }

// Object names code to be scanned.
type Object struct {
	// Target is the name for the report, such as go-amd64 or c-m0.
	Target string
	// Path of an ELF file: an executable, or an object file before linking.
	Path string
	// Objdump is the tool, with the prefix of a cross toolchain: arm-none-eabi-objdump.
	Objdump string
	// Package is the import path of a Go package: only its functions are
	// scanned, for the Go runtime divides. Empty scans every executable section.
	Package string
	// Functions must be in the file: without them the scan would be of
	// something else. May be empty.
	Functions []string
}

// span is an address range of code that belongs to one function or section.
type span struct {
	name   string
	lo, hi uint64
}

// Binary disassembles the object with binutils and looks at every instruction
// of it. It is an error when there is none, when the file is for a machine
// whose instructions are not known here, or when the tool is missing.
func Binary(ctx context.Context, o Object) (Proof, error) {
	version, err := toolchain.Version(ctx, o.Objdump, "--version")
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Target: o.Target, Tool: version, Forbidden: []string{}}
	f, err := elf.Open(o.Path)
	if err != nil {
		return p, fmt.Errorf("%s: %w", o.Path, err)
	}
	defer f.Close()
	m, known := machines[f.Machine]
	if !known {
		return p, fmt.Errorf("%s: no list of multiplications for %s", o.Path, f.Machine)
	}
	s := &scan{machine: m, found: map[string]int{}, read: map[string]bool{}}
	if err := s.object(ctx, o, f); err != nil {
		return p, err
	}
	if err := o.complete(f, s.read); err != nil {
		return p, err
	}
	p.Scanned = s.count
	p.Forbidden = append(p.Forbidden, s.list()...)
	if o.Package == "" {
		p.Forbidden = append(p.Forbidden, helpers(f)...)
	}
	if p.Scanned == 0 {
		return p, fmt.Errorf("%s: not one instruction seen", o.Path)
	}
	return p, nil
}

// complete demands the functions that must be there, and that something was read
// of each, be it under another name of the same place.
func (o Object) complete(f *elf.File, read map[string]bool) error {
	if len(o.Functions) == 0 {
		return nil
	}
	symbols, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("%s: %w", o.Path, err)
	}
	there, seen := map[string]place{}, map[place]bool{}
	for _, s := range symbols {
		at := place{s.Section, s.Value}
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size > 0 {
			there[s.Name] = at
		}
		seen[at] = seen[at] || read[s.Name]
	}
	for _, name := range o.Functions {
		at, ok := there[name]
		switch {
		case !ok:
			return fmt.Errorf("%s: no function %s", o.Path, name)
		case !seen[at]:
			return fmt.Errorf("%s: not one instruction of function %s seen", o.Path, name)
		}
	}
	return nil
}

// place is where a symbol points to.
type place struct {
	section elf.SectionIndex
	value   uint64
}

// scan gathers the instructions of an object.
type scan struct {
	machine machine
	count   int
	found   map[string]int // "mnemonic in function" → times
	read    map[string]bool
}

func (s *scan) object(ctx context.Context, o Object, f *elf.File) error {
	args := append([]string{o.Objdump, "-d", "-w", "--no-show-raw-insn"}, s.machine.flags...)
	if o.Package == "" {
		return s.dump(ctx, append(args, o.Path), nil)
	}
	functions, err := packageFunctions(f, o.Package)
	if err != nil {
		return err
	}
	if len(functions) == 0 {
		return fmt.Errorf("%s: no function of package %s", o.Path, o.Package)
	}
	for _, c := range clusters(functions) {
		bounds := []string{
			"--start-address=0x" + strconv.FormatUint(c.lo, 16),
			"--stop-address=0x" + strconv.FormatUint(c.hi, 16),
		}
		if err := s.dump(ctx, append(append(args[:len(args):len(args)], bounds...), o.Path), functions); err != nil {
			return err
		}
	}
	return nil
}

// packageFunctions lists the functions of a Go package, its methods, closures
// and assembly, by address.
func packageFunctions(f *elf.File, pkg string) ([]span, error) {
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("no symbol table: %w", err)
	}
	var out []span
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size > 0 && strings.HasPrefix(s.Name, pkg+".") {
			out = append(out, span{s.Name, s.Value, s.Value + s.Size})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].lo < out[j].lo })
	return out, nil
}

// clusters joins functions that lie next to each other, to disassemble them in
// one run of the tool.
func clusters(functions []span) []span {
	const padding = 64
	var out []span
	for _, f := range functions {
		if n := len(out); n > 0 && f.lo <= out[n-1].hi+padding {
			out[n-1].hi = max(out[n-1].hi, f.hi)
			continue
		}
		out = append(out, f)
	}
	return out
}

// dump runs the disassembler and reads its lines. With functions given, only
// instructions within them count.
func (s *scan) dump(ctx context.Context, args []string, functions []span) error {
	text, _, err := toolchain.Run(ctx, toolchain.Command{Args: args})
	if err != nil {
		return err
	}
	where := ""
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if name, ok := heading(line); ok {
			where = name
			continue
		}
		address, code, ok := instruction(line)
		if !ok {
			continue
		}
		if functions != nil {
			i := sort.Search(len(functions), func(i int) bool { return functions[i].hi > address })
			if i == len(functions) || address < functions[i].lo {
				continue
			}
			where = functions[i].name
		}
		s.line(code, where)
	}
	return lines.Err()
}

// heading reads a line like "00000100 <model_step>:".
func heading(line string) (string, bool) {
	_, rest, ok := strings.Cut(line, " <")
	if !ok || line[0] == ' ' || !strings.HasSuffix(rest, ">:") {
		return "", false
	}
	return strings.TrimSuffix(rest, ">:"), true
}

// instruction reads a line like "  104:\tmov r0, r1".
func instruction(line string) (address uint64, code string, ok bool) {
	head, code, ok := strings.Cut(line, ":\t")
	if !ok {
		return 0, "", false
	}
	address, err := strconv.ParseUint(strings.TrimSpace(head), 16, 64)
	return address, code, err == nil
}

func (s *scan) line(code, where string) {
	if s.machine.padding != nil && s.machine.padding.MatchString(code) {
		return
	}
	op := s.machine.mnemonic(code)
	refused := s.machine.forbidden.MatchString(op) || s.machine.undecoded.MatchString(op)
	if !refused && strings.HasPrefix(op, ".") {
		return // a constant that the compiler put between the code
	}
	s.count++
	s.read[where] = true
	if refused {
		s.found[op+" in "+where]++
	}
}

func (s *scan) list() []string {
	var out []string
	for what, n := range s.found {
		if n > 1 {
			what += fmt.Sprintf(" (%d times)", n)
		}
		out = append(out, what)
	}
	sort.Strings(out)
	return out
}

// helpers returns the multiplying run-time routines that a file links or asks for,
// also of a library that is loaded with it. A stripped file still names the routines
// it asks for; the linked ones were scanned.
func helpers(f *elf.File) []string {
	symbols, _ := f.Symbols() // none is no fault
	loaded, _ := f.DynamicSymbols()
	found := map[string]bool{}
	for _, s := range append(symbols, loaded...) {
		if helper.MatchString(s.Name) {
			found["call of "+s.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
