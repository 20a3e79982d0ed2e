package goasm_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
)

// multiplies matches the mnemonics that multiply or divide, of both machines.
var multiplies = regexp.MustCompile(`^(v?p?i?mul|i?div|v?div|v?pmadd|v?pdp|v?fn?m(add|sub)|[su]?m(ul|add|sub|neg)|[su](mulh|mull|maddl|msubl|div|mlal|mlsl|dot)|f(mul|div|n?madd|n?msub|mla|mls)|ml[as]|sqdmul|sqrdmul)`)

// scan counts the instructions of the functions whose name begins so, and lists
// those that multiply or divide.
func scan(listing, prefix string) (instructions int, found []string) {
	function := ""
	for line := range strings.Lines(listing) {
		if _, name, ok := strings.Cut(line, " <"); ok && strings.HasSuffix(line, ">:\n") {
			function = name
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(function, prefix) {
			continue
		}
		instructions++
		if multiplies.MatchString(fields[1]) {
			found = append(found, function+line)
		}
	}
	return instructions, found
}

// TestNoMultiplication disassembles the runner: model and command must not
// multiply, sums of shifts among them; math/big must be seen to.
func TestNoMultiplication(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	w := emit(t, 1, parse(t, testdata+"mlp.sir"), parse(t, testdata+"conv.sir"), parse(t, testdata+"leaks.sir"))
	for arch, objdump := range map[string]string{"amd64": "objdump", "arm64": "aarch64-linux-gnu-objdump"} {
		for _, name := range w.names {
			t.Run(name+"-"+arch, func(t *testing.T) {
				irtest.Need(t, objdump)
				w.scanRunner(t, name, arch, objdump)
			})
		}
	}
}

// scanRunner builds a model's runner and scans it.
func (w workspace) scanRunner(t *testing.T, name, arch, objdump string) {
	binary := filepath.Join(w.dir, name+"-"+arch)
	w.mustRun(t, []string{"GOARCH=" + arch}, "go", "build", "-o", binary, "./cmd/"+name)
	listing := w.mustRun(t, nil, objdump, "-d", "--no-show-raw-insn", binary)
	for _, prefix := range []string{"nomul.model/" + name + ".", "main."} {
		n, found := scan(listing, prefix)
		if n < 500 {
			t.Errorf("only %d instructions seen in %s", n, prefix)
		}
		for _, f := range found {
			t.Error(f)
		}
		t.Logf("%s: %d instructions, %d multiply or divide", prefix, n, len(found))
	}
	if _, found := scan(listing, "math/big."); len(found) == 0 {
		t.Error("no multiplication seen in math/big: the scan sees nothing")
	}
}

// TestRunner streams the vectors through cmd/run.
func TestRunner(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	w := emit(t, 3, parse(t, testdata+"dag.sir"))
	binary := filepath.Join(w.dir, "run")
	w.mustRun(t, nil, "go", "build", "-o", binary, "./cmd/dag")
	inputs := read(t, filepath.Join(w.dir, "dag/testdata/inputs.bin"))
	want := read(t, filepath.Join(w.dir, "dag/testdata/expected.bin"))

	out, report, err := pipe(inputs, binary, "-trace", "-kernel", "go", "-bench", "10")
	if err != nil || !bytes.Equal(out, want) {
		t.Errorf("the traced stream is not what is expected: %v", err)
	}
	if !strings.Contains(report, "kernel go: ") || !strings.Contains(report, "share") {
		t.Errorf("-bench reported %q", report)
	}
	out, report, err = pipe(inputs[:len(inputs)-1], binary, "-trace")
	if err == nil || !strings.Contains(report, "sample 3: unexpected EOF") || !bytes.Equal(out, want[:2*len(want)/3]) {
		t.Errorf("a cut stream gave %v, %q and %d of %d bytes", err, report, len(out), len(want))
	}
	if _, report, err = pipe(nil, binary, "-kernel", "sse"); err == nil || !strings.Contains(report, `kernel "sse" does not run here`) {
		t.Errorf("an unknown kernel gave %v and %q", err, report)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// pipe runs a command on input and returns its standard output and standard error.
func pipe(in []byte, command ...string) (out []byte, report string, err error) {
	var stdout, stderr bytes.Buffer
	c := exec.Command(command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &stdout, &stderr
	err = c.Run()
	return stdout.Bytes(), stderr.String(), err
}

// TestCheck refuses rows whose offsets do not fit; the other demands of Go are those of
// every target.
func TestCheck(t *testing.T) {
	net, err := ir.Parse("net.sir", "net refused fixed steps=1 {\nonce\n\t%x = input : u8[2,4096]\n\t%w = const {fill=2} : u2[2048,4096]\n\t%a = linear %x, %w {slots=planes} : u21[2,2048]\n\t%y = output %a : u21[2,2048]\n}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	found := goasm.New().Check(net)
	if want := "target go cannot run linear %a: its weights, u2[2048,4096], has 8388608 elements, wanted fewer than 8388607"; !strings.Contains(found.Error(), want) {
		t.Errorf("wanted %q, got:\n%v", want, found)
	}
}
