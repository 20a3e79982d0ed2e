package goasm

// neon is NEON: R1 counts neurons that are left, pointers go on by themselves.
var neon = &machine{
	name: "NEON", arch: "arm64", bytes: 16, registers: 32,
	pointers: []string{"R0", "R2", "R3", "R4", "R5", "R6", "R7", "R9", "R10"},
	weighs:   true,
	letters:  map[int][]string{16: {"{t}", "H8", "{m}", "8H"}, 32: {"{t}", "S4", "{m}", "4S"}},
	table: map[string][]string{
		"load":    {"VLD1{post} {by}({p}), [V{d}.B16]"},
		"store":   {"VST1{post} [V{a}.B16], {by}({p})"},
		"number":  {"MOVD ${k}, R8; VDUP R8, V{d}.{t}"},
		"zero":    {"VEOR V{d}.B16, V{d}.B16, V{d}.B16"},
		"ones":    {"MOVD $-1, R8; VDUP R8, V{d}.{t}"},
		"add":     {"VADD V{b}.{t}, V{a}.{t}, V{d}.{t}"},
		"sub":     {"VSUB V{b}.{t}, V{a}.{t}, V{d}.{t}"},
		"shl":     {"VSHL ${k}, V{a}.{t}, V{d}.{t}"},
		"shr":     {"SSHR{m}({k}, {a}, {d})"},
		"above":   {"CMGT{m}({b}, {a}, {d})"},
		"and":     {"VAND V{b}.B16, V{a}.B16, V{d}.B16"},
		"or":      {"VORR V{b}.B16, V{a}.B16, V{d}.B16"},
		"xor":     {"VEOR V{b}.B16, V{a}.B16, V{d}.B16"},
		"and-not": {"BIC({b}, {a}, {d})"},
		"min":     {"SMIN{m}({b}, {a}, {d})"},
		"max":     {"SMAX{m}({b}, {a}, {d})"},
		"places": {"MOVD $0x0008000400020001, R8; VMOV R8, V{d}.D[0]; LSL $4, R8, R8; VMOV R8, V{d}.D[1]",
			"MOVD ${half}, R8; VMOV R8, V{d}.D[0]; LSL $2, R8, R8; VMOV R8, V{d}.D[1]"},

		"load-bits":  {"MOVBU ({p}), R8; VDUP R8, V{d}.{t}"},
		"test":       {"VCMTST V{b}.{t}, V{a}.{t}, V{d}.{t}"},
		"store-bits": {"VADDV V{a}.{t}, V{d}; VMOV V{d}.B[0], R8; MOVB R8, ({p})"},
	},
	choose: insert,
	heading: `#include "textflag.h"
#include "simd_arm64.h"
`,
	begin: "MOVD {name}_base+{at}(FP), {p}",
	first: "MOVD {name}_len+{at}(FP), R1",
	skip:  "ADD ${k}, {p}",
	end:   "SUBS ${k}, R1, R1; BNE loop; RET",
}

// insert is the instruction that chooses between a and b: by which of the three operands the
// result replaces.
func insert(o vop) string {
	switch o.d {
	case o.b:
		return "VBIT V{c}.B16, V{a}.B16, V{d}.B16"
	case o.a:
		return "VBIF V{c}.B16, V{b}.B16, V{d}.B16"
	case o.c:
		return "VBSL V{b}.B16, V{a}.B16, V{d}.B16"
	}
	return "VMOV V{b}.B16, V{d}.B16; VBIT V{c}.B16, V{a}.B16, V{d}.B16"
}
