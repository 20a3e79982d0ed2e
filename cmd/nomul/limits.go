package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"nomul/backends"
	"nomul/ir/diag"
)

// limits are how much memory the part has that a model is for.
type limits struct{ flash, ram size }

func (l *limits) register(fs *pflag.FlagSet) {
	fs.Var(&l.flash, "flash", "c: write nothing when weights, tables and the code, by an estimate from above, take more than `SIZE` bytes of flash, such as 512K or 1M (default no limit)")
	fs.Var(&l.ram, "ram", "c: write nothing when a state, inputs, outputs and the stack take more than `SIZE` bytes of RAM, such as 96K (default no limit)")
}

// check refuses limits of a target whose memory is not known before it is built.
func (l limits) check(t backends.Backend) error {
	_, sized := t.(backends.Sized)
	for _, limit := range []struct {
		flag string
		size size
	}{{"flash", l.flash}, {"ram", l.ram}} {
		if limit.size.text != "" && !sized {
			return usageError{fmt.Errorf("--%s is for -t c; how much memory target %s needs is told by its tools", limit.flag, t.Name())}
		}
	}
	return nil
}

// hold refuses a model that needs more.
func (l limits) hold(needs []backends.Need) error {
	var errs diag.List
	for _, m := range []struct {
		flag     string
		name     string
		limit    size
		memories []string
	}{
		{"flash", "flash", l.flash, []string{"flash"}},
		{"ram", "RAM", l.ram, []string{"ram", "stack"}},
	} {
		bytes, uses, parts := 0, []string{}, []backends.Part{}
		for _, n := range needs {
			if slices.Contains(m.memories, n.Memory) {
				use, _, _ := strings.Cut(n.Use, ";")
				bytes += n.Bytes
				uses = append(uses, fmt.Sprintf("%s %d", use, n.Bytes))
				parts = append(parts, n.Parts...)
			}
		}
		if m.limit.text != "" && bytes > m.limit.bytes {
			errs = append(errs, diag.Errorf(diag.Origin{}, diag.TooLarge, "the model takes up to %d bytes of %s (%s), and --%s %s is %d: %d too many",
				bytes, m.name, strings.Join(uses, ", "), m.flag, m.limit.text, m.limit.bytes, bytes-m.limit.bytes).WithHelp("%s", largest(parts)))
		}
	}
	return errs.Err()
}

// mostParts is how many of the largest arrays are named where a model is too large.
const mostParts = 5

// largest names the largest arrays of a memory.
func largest(parts []backends.Part) string {
	slices.SortStableFunc(parts, func(a, b backends.Part) int { return b.Bytes - a.Bytes })
	texts := []string{}
	for _, p := range parts[:min(mostParts, len(parts))] {
		texts = append(texts, fmt.Sprintf("%s %d (%s)", p.Name, p.Bytes, p.Use))
	}
	return "the largest, in bytes: " + strings.Join(texts, ", ")
}

// size is a number of bytes as flags take it: 65536, 64K, 1M.
type size struct {
	text  string
	bytes int
}

func (s *size) String() string { return s.text }

func (s *size) Type() string { return "size" }

func (s *size) Set(text string) error {
	digits, shift := text, 0
	for i, unit := range []string{"K", "M", "G"} {
		if rest, ok := strings.CutSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), unit); ok {
			digits, shift = rest, 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 62)
	if err != nil || n == 0 || n > math.MaxInt>>shift {
		return fmt.Errorf("wanted a number of bytes above 0, such as 65536, 64K or 1M (K is 1024)")
	}
	s.text, s.bytes = text, int(n)<<shift
	return nil
}
