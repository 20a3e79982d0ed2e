package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

const tutorial = "../../TUTORIAL.md"

// session is a fenced block of commands, which begin with $, and of their outputs. Above it a comment
// may say of it <!-- needs TOOL… -->, without which it is not run, <!-- compilers TOOL… --> where numbers
// are theirs, or <!-- long: REASON -->.
var session = regexp.MustCompile("(?m)^(?:<!-- (needs|compilers|long):? ([^\n]*) -->\n)?```console\n((?s:.*?))^```$")

// command is one of a block, with the output that is shown of it.
type command struct {
	line, output string
	// numbers tells that these are not the same with all compilers.
	numbers bool
}

// Every command of the tutorial is run, in one shell, and prints the shown output, but for how long
// things took. Only what is marked as long is not: the training, of which make e2e runs an epoch.
func TestTutorial(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	text := read(t, tutorial)
	var commands []command
	for _, m := range session.FindAllStringSubmatch(text, -1) {
		if m[1] != "long" && installed(t, strings.Fields(m[2])) {
			commands = append(commands, commandsOf(t, m[3], m[1] == "compilers")...)
		}
	}
	dir := t.TempDir()
	linkCheckout(t, dir)
	outputs := runShell(t, dir, commands)
	text = read(t, tutorial) // the table may be of now
	fresh := text
	for i, c := range commands {
		if c.steady(outputs[i]) == c.steady(c.output) {
			continue
		}
		if !irtest.Update() {
			t.Errorf("TUTORIAL.md shows another output of\n$ %s\n; bless it with -update. Got:\n%s", c.line, outputs[i])
		}
		fresh = strings.Replace(fresh, "$ "+c.line+"\n"+c.output, "$ "+c.line+"\n"+outputs[i], 1)
	}
	if irtest.Update() && fresh != text {
		if err := os.WriteFile(tutorial, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// endMark is the line behind the output of a command, before its exit code.
const endMark = "=== ended with "

// linkCheckout makes a folder look like a checkout, but that what is written there stays there.
func linkCheckout(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if slices.Contains([]string{"bin", "out", ".git", ".cache"}, e.Name()) {
			continue
		}
		if err := os.Symlink(filepath.Join(root, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// installed reports whether there are the tools of a block, which make test demands.
func installed(t *testing.T, tools []string) bool {
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
				t.Fatalf("%s is not installed", tool)
			}
			t.Logf("without %s not all commands are run", tool)
			return false
		}
	}
	return true
}

// commandsOf are the commands of a block. One goes on behind a backslash, or up to a line END.
func commandsOf(t *testing.T, block string, numbers bool) []command {
	t.Helper()
	var out []command
	goesOn := func(string) bool { return false }
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		text, begins := strings.CutPrefix(line, "$ ")
		last := len(out) - 1
		switch {
		case last >= 0 && goesOn(line):
			out[last].line += "\n" + line
		case begins:
			out = append(out, command{line: text, numbers: numbers})
			goesOn = continued(text)
		case last < 0:
			t.Fatalf("a block begins with an output: %s", line)
		default:
			out[last].output += line + "\n"
		}
	}
	return out
}

// continued tells of the lines behind the first one of a command, in order, whether they are its own.
func continued(first string) func(line string) bool {
	more, until := strings.HasSuffix(first, "\\"), ""
	if strings.HasSuffix(first, "<<'END'") {
		more, until = true, "END"
	}
	return func(line string) bool {
		own := more
		if until != "" {
			more = more && line != until
		} else {
			more = more && strings.HasSuffix(line, "\\")
		}
		return own
	}
}

// runShell runs commands in one shell and returns the output of each, of which all must succeed.
func runShell(t *testing.T, dir string, commands []command) []string {
	t.Helper()
	var script strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&script, "%s\nprintf '%s%%d\\n' $?\n", c.line, endMark)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	shell.Dir = dir
	text, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var outputs []string
	for rest := string(text); rest != ""; {
		output, behind, _ := strings.Cut(rest, endMark)
		code, behind, _ := strings.Cut(behind, "\n")
		if code != "0" {
			t.Fatalf("$ %s\nended with %s:\n%s", commands[len(outputs)].line, code, output)
		}
		outputs, rest = append(outputs, output), behind
	}
	if len(outputs) != len(commands) {
		t.Fatalf("%d of %d commands were run", len(outputs), len(commands))
	}
	return outputs
}

// steady is an output without how long things took, without the numbers and versions of compilers,
// and without how both break its lines.
func (c command) steady(output string) string {
	output = took.ReplaceAllString(output, "$1")
	if c.numbers {
		output = number.ReplaceAllString(output, "0")
	}
	return strings.Join(strings.Fields(output), " ")
}

var (
	took   = regexp.MustCompile(`\b\d+(?:\.\d+)? (µs|ms|s)\b`)
	number = regexp.MustCompile(`\(GNU Binutils[^)]*\)|\([\d.+b-]*\)|\d+(\.\d+)*`)
)

// The tutorial's training gives a network that is taken, also behind one epoch; make e2e names its folder.
func TestTrained(t *testing.T) {
	dir := os.Getenv("NOMUL_TRAINED")
	if dir == "" {
		t.Skip("make e2e trains a network")
	}
	text := nomul(t, "eval", dir+"/model.onnx", "--images", dir+"/deeppcb64/test", "--limit", "700", "--negative", "background",
		"--mean", "0", "--std", "1", "--calibrate", dir+"/deeppcb64/train", "--compare", "all", "--json")
	var r evaluation
	fromJSON(t, text, &r)
	if r.Samples != 700 || r.Accuracy < .7 || *r.Agreement < .98 || r.Classes[4] != "pin-hole" {
		t.Errorf("accuracy %v, agreement %v on %d pictures of %v", r.Accuracy, *r.Agreement, r.Samples, r.Classes)
	}
}

var all = flag.Bool("all", false, "measure the tutorial's table on all test pictures")

// figures is the tutorial's table.
var figures = regexp.MustCompile(`<!-- figures -->\n(?:\|.*\n)*`)

// The table of precisions is that of all test pictures; make accuracy measures it. Of them 8 bits lose .3 % at
// most, and 4 bits .5 %.
func TestTutorialFigures(t *testing.T) {
	if !*all {
		t.Skip("make accuracy measures the table")
	}
	dir := t.TempDir()
	pictures := exec.CommandContext(t.Context(), "tar", "xzf", "../../testdata/data/deeppcb64/pictures.tar.gz", "-C", dir)
	if out, err := pictures.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const model = "../../testdata/models/deeppcb-cnn/deeppcb_cnn.onnx"
	table := "| words | weights | right | as trained | missed defects | false alarms | flash |\n|---|---|---|---|---|---|---|\n"
	trained := 0.0
	for _, bits := range [][2]string{{}, {"8", "8"}, {"4", "8"}, {"4", "4"}, {"3", "4"}} {
		args := []string{model, "--mean", "0", "--std", "1", "--json"}
		how, flash := []string{"--level", "source"}, ""
		if bits[0] != "" {
			args = append(args, "--calibrate", dir+"/deeppcb64/train", "--activations", bits[0], "--weights", bits[1])
			how = []string{"--engine", "go"}
			var b built
			fromJSON(t, nomul(t, append([]string{"build", "-t", "c", "-o", filepath.Join(dir, bits[0]+bits[1])}, args...)...), &b)
			flash = fmt.Sprintf("%.1f KB", float64(b.Memory[0].Bytes)/1000)
		}
		var r evaluation
		fromJSON(t, nomul(t, slices.Concat([]string{"eval", "--images", dir + "/deeppcb64/test", "--negative", "background", "--compare", "all"}, how, args)...), &r)
		same := ""
		if r.Agreement != nil {
			same = fmt.Sprintf("%.2f %%", 100**r.Agreement)
		} else {
			bits, trained = [2]string{"real numbers", "real numbers"}, r.Accuracy
		}
		table += fmt.Sprintf("| %s | %s | %.2f %% | %s | %d of %d | %d of %d | %s |\n", bits[0], bits[1], 100*r.Accuracy, same,
			r.Alarms.Missed, r.Alarms.Positives, r.Alarms.FalseAlarms, r.Alarms.Negatives, flash)
		if most, bounded := map[string]float64{"8": .003, "4": .005}[bits[0]]; r.Samples != 5040 || bounded && r.Accuracy < trained-most {
			t.Errorf("%v: accuracy %v on %d pictures, %v in real numbers", bits, r.Accuracy, r.Samples, trained)
		}
	}
	text := read(t, tutorial)
	fresh := figures.ReplaceAllLiteralString(text, "<!-- figures -->\n"+table)
	if fresh != text && !irtest.Update() {
		t.Errorf("TUTORIAL.md shows other figures than\n%s", table)
	} else if err := os.WriteFile(tutorial, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fromJSON(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}
