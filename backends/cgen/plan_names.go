package cgen

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends"
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

// nameArrays gives every array a C identifier, inputs and outputs before those within.
func (p *plan) nameArrays() {
	for _, w := range reserved {
		p.taken[w] = true
	}
	for _, v := range slices.Concat(p.ports.Inputs, p.ports.Outputs) {
		base := cName(p.names[v])
		if p.taken[base] {
			base += "_value"
		}
		p.ident[v.Name] = p.unused(base)
	}
	for _, a := range p.program.Arrays {
		if p.ident[a.Name] == "" {
			p.ident[a.Name] = p.unused(cName(a.Name))
		}
	}
}

// unused takes a name, numbered if it is taken. Names differ even without their case, because
// sizes are told by macros in upper case.
func (p *plan) unused(base string) string {
	name := base
	for i := 2; p.taken[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	p.taken[strings.ToLower(name)] = true
	return name
}

// cName makes a C identifier of a value's name.
func cName(s string) string {
	name := strings.Trim(backends.Letters(s), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "v" + name
	}
	if ofStdint(name) {
		name += "_value"
	}
	return name
}

// ofStdint reports whether a name may be one of the types and macros of stdint.h.
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
func (p *plan) functionOf(s *lower.Stage) string { return p.global(s.To, s.Kind()) }
