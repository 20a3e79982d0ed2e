package goasm

// avx2 is AVX2: AX is the place within all arguments, CX counts neurons that are left.
var avx2 = &machine{
	name: "AVX2", arch: "amd64", bytes: 32, registers: 16,
	pointers: []string{"R8", "R9", "R10", "R11", "R12", "R13", "BX", "DX", "DI"},
	letters:  map[int][]string{16: {"{w}", "W"}, 32: {"{w}", "D"}},
	apart:    map[string]bool{"test": true},
	table: map[string][]string{
		"load":    {"VMOVDQU ({p})(AX*1), Y{d}"},
		"store":   {"VMOVDQU Y{a}, ({p})(AX*1)"},
		"number":  {"MOVL ${k}, SI; VMOVD SI, X{d}; VPBROADCAST{w} X{d}, Y{d}"},
		"zero":    {"VPXOR Y{d}, Y{d}, Y{d}"},
		"ones":    {"VPCMPEQD Y{d}, Y{d}, Y{d}"},
		"add":     {"VPADD{w} Y{b}, Y{a}, Y{d}"},
		"sub":     {"VPSUB{w} Y{b}, Y{a}, Y{d}"},
		"shl":     {"VPSLL{w} ${k}, Y{a}, Y{d}"},
		"shr":     {"VPSRA{w} ${k}, Y{a}, Y{d}"},
		"above":   {"VPCMPGT{w} Y{b}, Y{a}, Y{d}"},
		"and":     {"VPAND Y{b}, Y{a}, Y{d}"},
		"or":      {"VPOR Y{b}, Y{a}, Y{d}"},
		"xor":     {"VPXOR Y{b}, Y{a}, Y{d}"},
		"and-not": {"VPANDN Y{a}, Y{b}, Y{d}"},
		"select":  {"VPBLENDVB Y{c}, Y{a}, Y{b}, Y{d}"},
		"min":     {"VPMINS{w} Y{b}, Y{a}, Y{d}"},
		"max":     {"VPMAXS{w} Y{b}, Y{a}, Y{d}"},
		"places":  {"VMOVDQU places16<>(SB), Y{d}", "VMOVDQU places32<>(SB), Y{d}"},

		"load-bits": {"VPBROADCASTW ({p}), Y{d}", "VPBROADCASTB ({p}), Y{d}"},
		"test":      {"VPAND Y{b}, Y{a}, Y{d}; VPCMPEQ{w} Y{b}, Y{d}, Y{d}"},
		"store-bits": {"VPACKSSWB Y{a}, Y{a}, Y{d}; VPERMQ $8, Y{d}, Y{d}; VPMOVMSKB X{d}, SI; MOVW SI, ({p})",
			"VMOVMSKPS Y{a}, SI; MOVB SI, ({p})"},
	},
	heading: `#include "textflag.h"

// Bits of lanes of 16 bits.
DATA places16<>+0(SB)/8, $0x0008000400020001
DATA places16<>+8(SB)/8, $0x0080004000200010
DATA places16<>+16(SB)/8, $0x0800040002000100
DATA places16<>+24(SB)/8, $0x8000400020001000
GLOBL places16<>(SB), RODATA|NOPTR, $32

// Bits of lanes of 32 bits.
DATA places32<>+0(SB)/8, $0x0000000200000001
DATA places32<>+8(SB)/8, $0x0000000800000004
DATA places32<>+16(SB)/8, $0x0000002000000010
DATA places32<>+24(SB)/8, $0x0000008000000040
GLOBL places32<>(SB), RODATA|NOPTR, $32
`,
	begin: "MOVQ {name}_base+{at}(FP), {p}",
	first: "MOVQ {name}_len+{at}(FP), CX; XORL AX, AX",
	skip:  "ADDQ ${k}, {p}",
	end:   "ADDQ $32, AX; SUBQ ${k}, CX; JNE loop; VZEROUPPER; RET",
}
