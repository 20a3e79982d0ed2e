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
// BITS, each a WORD; for operands of each KIND, each a TYPE; for weights PACKED in so many STORED bits;
// for a TILE of so many outputs.
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
	for _, text := range forms(forms(forms(texts, "PACKED", packings), "BITS", bits), "KIND", kinds) {
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

// packings are the ways in which four weights are taken from the words of a row, each plus 128 then.
var packings = [][]string{
	{"rows", "STORED", "8", "APART", "SHIFT", "FOUR", "row[#]"},
	{"nibbles", "STORED", "4", "APART", "(SHIFT + 1)", "FOUR", "((row[#half] >> #low) & 0x0F0F0F0Fu) + 0x78787878u"},
	{"crumbs", "STORED", "2", "APART", "(SHIFT + 2)", "FOUR", "((row[#quarter] >> #even) & 0x03030303u) + 0x7E7E7E7Eu"},
}

// packed is the kernel for rows whose weights are stored in so many bits.
var packed = map[int]string{8: "rows", 4: "nibbles", 2: "crumbs"}

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
// number of the word and #0 to #3 those of its outputs. Where the weights are packed, those of a word
// are in word #half, from bit #low of each byte on, or in word #quarter from bit #even on.
func unrolled(text string, words int) string {
	return repeated.ReplaceAllStringFunc(text, func(lines string) string {
		var out strings.Builder
		for i := range words {
			out.WriteString(strings.NewReplacer("#half", fmt.Sprint(i/2), "#low", fmt.Sprint(i%2*4), "#quarter", fmt.Sprint(i/4), "#even", fmt.Sprint(i%4*2),
				"#0", fmt.Sprint(4*i), "#1", fmt.Sprint(4*i+1), "#2", fmt.Sprint(4*i+2), "#3", fmt.Sprint(4*i+3), "#", fmt.Sprint(i)).Replace(lines))
		}
		return out.String()
	})
}
