package proof

import (
	"debug/elf"
	"regexp"
	"strings"
)

// machine describes an instruction set to the scan of its code.
type machine struct {
	name string
	// forbidden matches the mnemonics that multiply or divide, in binutils' spelling.
	forbidden *regexp.Regexp
	// undecoded matches objdump's output for bytes that it cannot decode:
	// they might be anything, so they are refused like a multiplication.
	undecoded *regexp.Regexp
	// padding matches lines that are no code: a linker's filler of gaps.
	padding *regexp.Regexp
	// prefixes are words that stand before the mnemonic proper.
	prefixes map[string]bool
	// flags are given to objdump.
	flags []string
}

// The tables name whole families, also those that no compiler emits from
// integer code: a proof that knows only today's compiler proves little.
//
// In gaps stand zeros; x86's and Arm's tools show them in ways that are counted
// as harmless instructions.
var machines = map[elf.Machine]machine{
	elf.EM_X86_64: {
		name: "x86-64",
		forbidden: regexp.MustCompile(`^(` + strings.Join([]string{
			`i?mul`, `mulx`, `i?div`, `aam`, `aad`, // integer
			`fi?mulp?`, `fi?divr?p?`, `fprem1?`, `fsqrt`, `fscale`, // x87
			`v?(mul|div|rcp|rcp14|rcp28|rsqrt|rsqrt14|rsqrt28|sqrt|scalef)[sp][sdh]`, // SSE, AVX floats
			`v?pmul\w*`, `v?pmadd\w*`, `v?pclmul\w*`, `v?gf2p8mulb`, // packed integers
			`vfn?m\w+`, `vfc(madd|mul)c\w+`, `dpp[sd]`, `vdp\w+`, `vpdp\w+`, `vp4dp\w+`, `v4f\w+`, `t(dp|cmm)\w+`, // fused, dot products
			`pf(mul|rcp\w*|rsq\w*)`, `vpmac\w+`, `vpmadcs\w+`,
		}, "|") + `)$`),
		undecoded: regexp.MustCompile(`^\(bad\)$`),
		prefixes: map[string]bool{"lock": true, "rep": true, "repz": true, "repnz": true, "repe": true, "repne": true,
			"data16": true, "addr32": true, "bnd": true, "notrack": true, "cs": true, "ds": true, "es": true, "fs": true, "gs": true, "ss": true},
		flags: []string{"-M", "intel"},
	},
	elf.EM_AARCH64: {
		name: "aarch64",
		forbidden: regexp.MustCompile(`^(` + strings.Join([]string{
			`mul`, `madd`, `msub`, `mneg`, `mla`, `mls`, `mad`, `msb`, `[su]div\w*`,
			`[su]mull[bt2]?`, `[su]m(add|sub|neg)l`, `[su]mulh`, `[su]ml[as]l[bt2]?`,
			`sq(r)?d(mul|ml)\w*`, `pmul\w*`, `(us|su|s|u|bf|f)dot`, `\w*mmla`, `cdot`, `cmla`, `sqrdcmlah`,
			`f\w*mul\w*`, `fn?m(add|sub|la|ls)\w*`, `fn?mad`, `fn?msb`, `fcmla`, `fdivr?`,
			`f(recp|rsqrt)\w*`, `fsqrt`, `fscale`, `ur(ecpe|sqrte)`, `bfml\w*`, `bfmul`,
		}, "|") + `)$`),
		undecoded: regexp.MustCompile(`^\.inst$`),
	},
	elf.EM_ARM: {
		name: "arm",
		// A condition, s or a width may follow the mnemonic.
		forbidden: regexp.MustCompile(`^(` + strings.Join([]string{
			`mul`, `ml[as]`, `[su]div`, `smul`, `umul`, `smla`, `umla`, `smls`, `smm[ul]`, `smu[as]d`, `umaal`,
			`vn?mul`, `vn?ml[as]`, `vq\w*dml`, `vq\w*dmul`, `vfn?m[as]`, `vdiv`, `vsqrt`, `vrecp`, `vrsqrt`,
			`v(us|su|s|u)?dot`, `v\w*mmla`, `vcmul`, `vcmla`, `vrml`,
		}, "|") + `)`),
		undecoded: regexp.MustCompile(`^<UNDEFINED>$`),
	},
	elf.EM_RISCV: {
		name: "riscv",
		forbidden: regexp.MustCompile(`^((c\.)?(mul|div|rem)\w*|f(n)?m(ul|add|sub)\..*|f(div|sqrt)\..*|` +
			`v\w*(mul|mac|madd|msub|nmsac|div|rem|sqrt|rec7)\w*\..*|clmul\w*)$`),
		undecoded: regexp.MustCompile(`^\.(insn|[0-9]?byte|2byte|4byte|short|word|half|long)$`),
		padding:   regexp.MustCompile(`^\.[24]byte\s+0x0$`),
	},
}

// helper matches the compiler's run-time routines that multiply or divide in
// software: linked in, they hide a multiplication behind a call.
var helper = regexp.MustCompile(`^__((gnu_|riscv_|u)?(mul|div|mod[sdt]i)|aeabi_[a-z]*(mul|div))\w*$`)

// mnemonic is the operation of one line of disassembly, without prefixes.
func (m machine) mnemonic(text string) string {
	words := strings.Fields(text)
	for len(words) > 1 && m.prefixed(words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

func (m machine) prefixed(word string) bool {
	return m.prefixes[word] || m.prefixes != nil && (strings.HasPrefix(word, "rex") || word[0] == '{')
}
