package verilog

import (
	"fmt"
	"regexp"
	"strconv"

	"nomul/backends"
)

var (
	declared = regexp.MustCompile(`(?m)^ *reg (?:signed )?\[(\d+):0\] (\w+) \[0:(\d+)\];`)
	loaded   = regexp.MustCompile(`\$readmemh\([^;]*, (\w+)\);`)
	module   = regexp.MustCompile(`(?m)^module `)
)

// Memories counts the memories of the emitted model: those with a file, which nothing writes, and
// the others. Each module is there once. How they and the logic are mapped to a part is known
// to its tools alone.
func (backend) Memories(artefact []backends.File) []backends.Need {
	rom := store{need: backends.Need{Memory: "rom"}, use: "weights, thresholds and lists, from *.hex"}
	ram := store{need: backends.Need{Memory: "ram"}, use: "membranes, spikes and sums"}
	for _, text := range module.Split(string(artefact[0].Data), -1)[1:] {
		files := map[string]bool{}
		for _, m := range loaded.FindAllStringSubmatch(text, -1) {
			files[m[1]] = true
		}
		for _, m := range declared.FindAllStringSubmatch(text, -1) {
			if files[m[2]] {
				rom.add(m[1], m[3])
			} else {
				ram.add(m[1], m[3])
			}
		}
	}
	return []backends.Need{rom.total(), ram.total()}
}

// store adds up memories of a kind.
type store struct {
	need         backends.Need
	use          string
	bits, number int
	widest       int
}

// add counts a memory by the numbers of its highest bit and of its last word.
func (s *store) add(high, last string) {
	width, _ := strconv.Atoi(high)
	words, _ := strconv.Atoi(last)
	s.bits += (width + 1) * (words + 1)
	s.widest = max(s.widest, width+1)
	s.number++
}

func (s *store) total() backends.Need {
	s.need.Bytes = (s.bits + 7) / 8
	s.need.Use = fmt.Sprintf("%s: %d bits in %d memories, words of %d bits at most", s.use, s.bits, s.number, s.widest)
	return s.need
}
