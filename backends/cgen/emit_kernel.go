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
	var bits, kinds [][]string
	for _, n := range []int{8, 16, 32} {
		bits = append(bits, []string{fmt.Sprint(n), "WORD", elem{bits: n}.c()})
	}
	for _, e := range append(wordElems, packedSpikes) {
		kinds = append(kinds, []string{e.kind(), "TYPE", e.c()})
	}
	end := "\n}\n"
	texts := strings.Split(strings.TrimSuffix(string(fixedFile("kernels.c").Data), end), end)
	var out []kernel
	for _, text := range forms(forms(texts, "BITS", bits), "KIND", kinds) {
		for shift, words := range []int{4, 2, 1} {
			if shift > 0 && !strings.Contains(text, "TILE") {
				break
			}
			tile := strings.NewReplacer("TILE", fmt.Sprint(4*words), "SHIFT", fmt.Sprint(shift)).Replace(unrolled(text+end, words))
			name := kernelName.FindStringSubmatch(tile)[1]
			if !slices.ContainsFunc(out, func(k kernel) bool { return k.name == name }) {
				out = append(out, kernel{name, strings.TrimLeft(tile, "\n")})
			}
		}
	}
	return out
}

// forms lists texts with each meaning of a word, those that have it.
func forms(texts []string, word string, meanings [][]string) []string {
	var out []string
	for _, text := range texts {
		if !strings.Contains(text, word) {
			out = append(out, text)
			continue
		}
		for _, m := range meanings {
			out = append(out, strings.NewReplacer(append([]string{word}, m...)...).Replace(text))
		}
	}
	return out
}

// repeated matches lines with a # behind one another.
var repeated = regexp.MustCompile(`(?m)(^.*#.*\n)+`)

// unrolled repeats lines with a # behind one another for each word of four outputs, # being the
// number of the word and #0 to #3 those of its outputs.
func unrolled(text string, words int) string {
	return repeated.ReplaceAllStringFunc(text, func(lines string) string {
		var out strings.Builder
		for i := range words {
			out.WriteString(strings.NewReplacer("#0", fmt.Sprint(4*i), "#1", fmt.Sprint(4*i+1), "#2", fmt.Sprint(4*i+2), "#3", fmt.Sprint(4*i+3), "#", fmt.Sprint(i)).Replace(lines))
		}
		return out.String()
	})
}
