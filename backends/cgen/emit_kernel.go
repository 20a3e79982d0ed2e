package cgen

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kernel is a static function that layers share. A kernel only calls kernels above it.
type kernel struct{ name, text string }

// kernels prints the kernels that the body calls, and those that these call.
func (b *printer) kernels(body string) {
	all := allKernels()
	var used []string
	for _, k := range slices.Backward(all) {
		if strings.Contains(body, b.p.name+"_"+k.name+"(") {
			text := b.p.fill(k.text)
			body += text
			used = append(used, text)
		}
	}
	for _, text := range slices.Backward(used) {
		b.WriteString("\n" + text)
	}
}

// kernelName finds the name in a definition.
var kernelName = regexp.MustCompile(`(?m)^static .*@_(\w+)\(`)

// allKernels lists the kernels of kernels.c in all their forms: for sums and copies of so many
// BITS, each a WORD; for operands of each KIND, each a TYPE; for a TILE of so many outputs.
func allKernels() []kernel {
	var out []kernel
	known, end := map[string]bool{}, "\n}\n"
	all := strings.TrimSuffix(string(fixedFile("kernels.c").Data), end)
	for _, text := range strings.Split(all, end) {
		for _, bits := range []int{8, 16, 32} {
			for _, e := range append(wordElems, packedSpikes) {
				for shift, words := range []int{4, 2, 1} {
					form := strings.NewReplacer("BITS", fmt.Sprint(bits), "WORD", elem{bits: bits}.c(), "KIND", e.kind(), "TYPE", e.c(),
						"TILE", fmt.Sprint(4*words), "SHIFT", fmt.Sprint(shift)).Replace(unrolled(text+end, words))
					if name := kernelName.FindStringSubmatch(form)[1]; !known[name] {
						known[name] = true
						out = append(out, kernel{name, strings.TrimLeft(form, "\n")})
					}
				}
			}
		}
	}
	return out
}

// unrolled repeats lines with a # behind one another for each word of four outputs, # being the
// number of the word and #0 to #3 those of its outputs.
func unrolled(text string, words int) string {
	var out, block strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		if strings.Contains(line, "#") {
			block.WriteString(line)
			continue
		}
		for i := range words {
			out.WriteString(strings.NewReplacer("#0", fmt.Sprint(4*i), "#1", fmt.Sprint(4*i+1), "#2", fmt.Sprint(4*i+2), "#3", fmt.Sprint(4*i+3), "#", fmt.Sprint(i)).Replace(block.String()))
		}
		block.Reset()
		out.WriteString(line)
	}
	return out.String()
}
