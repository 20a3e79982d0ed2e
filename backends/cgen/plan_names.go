package cgen

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends/lower"
)

// reserved are names that a value must not take: the keywords of C up to C23, those
// of C++, which may include the header, names that compilers predefine, and others of
// the emitted text.
var reserved = strings.Fields(`auto break case char const continue default do double else enum extern float for goto if
	inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void
	volatile while alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
	and and_eq bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield compl concept const_cast
	consteval constinit decltype delete dynamic_cast explicit export friend import module mutable namespace new noexcept
	not not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template this throw
	try typeid typename using virtual wchar_t xor xor_eq
	asm main linux unix i386 arm st left in step outputs row_list row_bits place_ends place_spikes sums16 sums32
	window_u8 window_s8 window_u16 window_s16 window_s32 padded_u8 padded_s8 padded_u16 padded_s16 padded_s32`)

// owned returns the ends of names for the memory of an array: its elements, the next ones of
// a delay, and the state variables of its stage.
func (p *plan) owned() []string {
	ends := []string{"", "_next"}
	for _, s := range p.program.Stages {
		if s.Each == nil {
			continue
		}
		for _, v := range s.Each.Program.Vars {
			if end := endOf(v.Name); !slices.Contains(ends, end) {
				ends = append(ends, end)
			}
		}
	}
	return ends
}

// nameArrays gives every array a C identifier, inputs and outputs before those within. They
// differ even without their case, because sizes are told by macros in upper case, and none is
// another's with one of the ends behind it that name its memory.
func (p *plan) nameArrays() {
	taken, owned := map[string]bool{}, p.owned()
	for _, w := range reserved {
		taken[w] = true
	}
	for i := range p.laid.Slots {
		taken[sharedName(i)] = true
	}
	for _, v := range slices.Concat(p.ports.Inputs, p.ports.Outputs) {
		base := cName(p.names[v])
		if taken[base] {
			base += "_value"
		}
		p.ident[v.Name] = unused(base, taken, owned)
	}
	for _, a := range p.program.Arrays {
		if p.ident[a.Name] == "" {
			p.ident[a.Name] = unused(cName(a.Name), taken, owned)
		}
	}
}

// unused is the name, numbered if it is taken with one of the ends behind it, and takes it.
func unused(base string, taken map[string]bool, owned []string) string {
	name := base
	clashes := func(end string) bool { return taken[strings.ToLower(name)+end] }
	for i := 2; slices.ContainsFunc(owned, clashes); i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	for _, end := range owned {
		taken[strings.ToLower(name)+end] = true
	}
	return name
}

// cName makes a C identifier of a value's name.
func cName(s string) string {
	out := []byte(s)
	for i, c := range out {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			out[i] = '_'
		}
	}
	name := strings.Trim(string(out), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "v" + name
	}
	if ofStdint(name) {
		name += "_value"
	}
	return name
}

// ofStdint tells whether a name may be one of the types and macros of stdint.h.
func ofStdint(name string) bool {
	for _, end := range []string{"_t", "_MAX", "_MIN", "_C", "_WIDTH"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// global is the name of a function or table that belongs to an array. Such names
// are unique because the last word, its purpose, has no underscore in it.
func (p *plan) global(a *lower.Array, what string) string {
	return p.name + "_" + p.ident[a.Name] + "_" + what
}

// functionOf is the name of the function that runs a stage.
func (p *plan) functionOf(s *lower.Stage) string {
	kind := "move"
	switch {
	case s.Output:
		kind = "output"
	case s.Each != nil:
		kind = "each"
	case s.Fold != nil:
		kind = "fold"
	case s.Move.Late:
		kind = "latch"
	}
	return p.global(s.To, kind)
}

// sharedName is the field of a slot that several arrays share.
func sharedName(slot int) string { return fmt.Sprintf("shared_%d", slot) }
