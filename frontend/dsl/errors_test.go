package dsl

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
)

// marker matches the message expected for a line, a pattern in quotes at its end.
var marker = regexp.MustCompile(`\s*### ("(?:[^"\\]|\\.)*")\s*$`)

// wanted is a message that a line must have; empty when anything else's error may hide it.
type wanted struct {
	file  string
	line  int
	match *regexp.Regexp
}

// marked takes the markers off a text.
func marked(t *testing.T, name, text string) (string, []wanted) {
	t.Helper()
	var out []wanted
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		m := marker.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		pattern, err := strconv.Unquote(line[m[2]:m[3]])
		if err != nil {
			t.Fatalf("%s:%d: %v", name, i+1, err)
		}
		lines[i] = line[:m[0]]
		if pattern != "" {
			out = append(out, wanted{name, i + 1, regexp.MustCompile(pattern)})
		}
	}
	return strings.Join(lines, "\n"), out
}

// archiveOptions read other texts and weights from an archive: a line of weights
// is a name, a shape, and the number that fills it.
func archiveOptions(a *txtar.Archive, plain map[string]string) *Options {
	section := func(path string) (string, error) {
		if text, ok := plain[path]; ok {
			return text, nil
		}
		for _, f := range a.Files {
			if f.Name == path {
				return string(f.Data), nil
			}
		}
		return "", fmt.Errorf("there is no such file")
	}
	arrays := func(path string) (map[string]*ir.Tensor, error) {
		text, err := section(path)
		if err != nil {
			return nil, err
		}
		out := map[string]*ir.Tensor{}
		for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
			words := strings.Fields(line)
			out[words[0]] = filledTensor(words[1:])
		}
		return out, nil
	}
	return &Options{Text: section, Arrays: arrays, MaxNumbers: 1 << 20}
}

func filledTensor(words []string) *ir.Tensor {
	var dims []int
	for _, d := range strings.Split(strings.Trim(words[0], "[]"), ",") {
		n, _ := strconv.Atoi(d)
		dims = append(dims, n)
	}
	t := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	if len(words) > 1 {
		x, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			x = math.NaN()
		}
		for i := range t.F {
			t.F[i] = x
		}
	}
	return t
}

// Each archive of testdata/errors is named after a code. Its texts give the
// errors that their lines are marked with, no others, and one of that code.
func TestErrors(t *testing.T) {
	irtest.Long(t)
	for _, path := range irtest.Files(t, "../../testdata/errors/*.txtar") {
		a := irtest.Load(t, path)
		code := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".txtar")
		t.Run(code, func(t *testing.T) { checkErrors(t, a, diag.Code(code)) })
	}
}

func checkErrors(t *testing.T, a *txtar.Archive, code diag.Code) {
	plain := map[string]string{}
	var wants []wanted
	for _, f := range a.Files {
		if !strings.HasSuffix(f.Name, ".snn") {
			continue
		}
		text, w := marked(t, f.Name, string(f.Data))
		plain[f.Name] = text
		wants = append(wants, w...)
	}
	var got diag.List
	imported := map[string]bool{}
	for _, f := range a.Files {
		if text, ok := plain[f.Name]; ok && !imported[f.Name] {
			_, errs := Compile(f.Name, text, archiveOptions(a, plain))
			for _, d := range errs {
				imported[d.Origin.File] = true
			}
			got = append(got, errs...)
		}
	}
	for _, f := range a.Files {
		if strings.HasSuffix(f.Name, ".sir") {
			text, w := marked(t, f.Name, string(f.Data))
			wants = append(wants, w...)
			got = append(got, netErrors(t, f.Name, text)...)
		}
	}
	matchErrors(t, got, wants)
	if !slices.ContainsFunc(got, func(d *diag.Diagnostic) bool { return d.Code == code }) {
		t.Errorf("no error is of code %s", code)
	}
}

// netErrors are those of a text of the intermediate representation.
func netErrors(t *testing.T, name, text string) diag.List {
	t.Helper()
	net, err := ir.Parse(name, text, nil)
	if err == nil {
		err = ir.Verify(net)
	}
	var list diag.List
	var one *diag.Diagnostic
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return diag.List{one}
	}
	return nil
}

func matchErrors(t *testing.T, got diag.List, wants []wanted) {
	told := make([]bool, len(got))
	for _, w := range wants {
		found := false
		for i, d := range got {
			if d.Origin.File == w.file && d.Origin.Line == w.line && w.match.MatchString(oneLine(d)) {
				told[i], found = true, true
			}
		}
		if !found {
			t.Errorf("%s:%d: no error matches %v", w.file, w.line, w.match)
		}
	}
	for i, d := range got {
		if !told[i] {
			t.Errorf("not expected: %v", d)
		}
	}
}

// oneLine is a message with its notes and its help.
func oneLine(d *diag.Diagnostic) string {
	return strings.Join(append([]string{d.Message}, append(d.Notes, d.Help)...), " ")
}
