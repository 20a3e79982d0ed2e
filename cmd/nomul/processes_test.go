//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nomul/ir/irtest"
	"nomul/runtime/dataset"
)

// slowText is a model that takes long, whatever is done with it.
const slowText = `neuron lif(leak: 0.5, threshold: 1, fires: >=, reset: zero)
model slow {
  steps 4; weights random(seed: 1)
  input x: u8[64, 32, 32] std 1
  output y = x |> conv(256, 3, pad: same) |> lif |> conv(256, 3, pad: same) |> lif |> conv(256, 3, pad: same) |> lif |> flatten |> linear(64) |> sum(time)
}
`

// place is a folder with files to work on, and another for temporary ones.
type place struct{ dir, tmp string }

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{t.TempDir(), t.TempDir()}
	bright := make([]int64, 8*64*32*32) // zeros would cost nothing
	for i := range bright {
		bright[i] = int64(i%255) + 1
	}
	x := dataset.Ints(dataset.Uint8, []int{8, 64, 32, 32}, bright)
	err := errors.Join(spoil(mlpSlice, p.dir), spoilSamples(p.dir),
		os.WriteFile(p.dir+"/slow.snn", []byte(slowText), 0o644),
		os.WriteFile(p.dir+"/long.snn", []byte("model   m { steps 1; weights random(seed: 1); input x: spike[2]\n output y = x |> linear(2) |> sum(time) }"), 0o644),
		dataset.WriteArrays(p.dir+"/x.npz", map[string]*dataset.Array{"x": x}),
		dataset.WriteArrays(p.dir+"/pictures.npz", map[string]*dataset.Array{
			"images": dataset.Ints(dataset.Uint8, []int{2, 2, 3}, make([]int64, 12)), "labels": dataset.Ints(dataset.Uint8, []int{2}, []int64{0, 1})}))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const mlpSlice = "../../testdata/models/mlp-slice/mlp_slice.onnx"

// command is nomul with a command line, in the folder.
func (p place) command(line string) *exec.Cmd {
	c := exec.Command("nomul", strings.Fields(line)...)
	c.Dir, c.Env = p.dir, append(os.Environ(), "TMPDIR="+p.tmp)
	return c
}

// files are the contents of all files of the folder, and of temporary ones, by name.
func (p place) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, root := range []string{p.dir, p.tmp} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err == nil && path != root {
				name, _ := filepath.Rel(root, path)
				data, _ := os.ReadFile(path)
				all[name] = string(data)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// left names the files that are new, or have other contents.
func left(before, after map[string]string) string {
	var names []string
	for name, data := range after {
		if was, there := before[name]; !there || was != data {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			names = append(names, "-"+name)
		}
	}
	slices.Sort(names)
	return strings.Join(append(names, "none")[:max(1, len(names))], " ")
}

// row prints a row of the table: the command, the event, the exit status, and the files
// left.
func row(t *testing.T, command, event string, status int, files string, more ...any) {
	t.Logf("%-70s %-13s %4d  %s%s", command, event, status, files, fmt.Sprint(more...))
}

const onMean = " --mean .286 --std .353"

// printing are commands that print a result.
var printing = []string{
	"ir model.onnx", "check model.onnx", "check model.onnx --json", "opt spiking.sir -p prune-dead", "passes", "passes --json", "ops", "targets",
	"build model.onnx -t c -o out" + onMean, "eval model.onnx --images pictures.npz" + onMean, "eval model.onnx --images pictures.npz --json" + onMean, "verify model.onnx --targets c --samples 1" + onMean,
	"verify model.onnx --targets c --samples 1 --json" + onMean, "fmt long.snn", "fmt --check long.snn", "new first.snn", "--help", "ir --help",
	"completion bash", "completion zsh", "completion fish", "completion powershell", "--version",
}

// A result that cannot be printed is one message and exit code 1; one that nobody reads on is
// the status of the signal that it would be, without a word.
func TestStandardOutputIsGone(t *testing.T) {
	irtest.Long(t)
	p := newPlace(t)
	if out, err := p.command("ir model.onnx -o spiking.sir").CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	for _, line := range printing {
		for _, event := range []string{"stdout full", "stdout closed"} {
			os.RemoveAll(p.dir + "/out")
			os.Remove(p.dir + "/first.snn")
			before := p.files(t)
			c := p.command(line)
			var said strings.Builder
			c.Stderr = &said
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			want, status := "error: standard output cannot be written: no space left on device\n", 1
			if event == "stdout closed" {
				var reader *os.File
				reader, full, err = os.Pipe()
				reader.Close()
				want, status = "", 141
				if line == "fmt --check long.snn" {
					status = 1 // which is a fault of the text, and told
				}
			}
			if err != nil {
				t.Skip(err)
			}
			c.Stdout = full
			err = c.Run()
			full.Close()
			row(t, line, event, c.ProcessState.ExitCode(), shortened(left(before, p.files(t))))
			silent := want == "" && !strings.Contains(said.String(), "pipe\n")
			if c.ProcessState.ExitCode() != status || !silent && strings.Count(said.String(), want) != 1 {
				t.Errorf("%s, %s: %v, said %q", line, event, err, &said)
			}
		}
	}
}

func shortened(files string) string {
	if words := strings.Fields(files); len(words) > 3 {
		return fmt.Sprintf("%s and %d more", words[0], len(words)-1)
	}
	return files
}

// Signals are heard within a second, wherever a command is, and nothing is left behind.
func TestSignals(t *testing.T) {
	irtest.Long(t)
	p := newPlace(t)
	for link, to := range map[string]string{"large.onnx": mlpFolder + "/mlp_ts26_sjhead_bn.onnx", "images.gz": images, "labels.gz": labels} {
		to, err := filepath.Abs(to)
		if err = errors.Join(err, os.Symlink(to, filepath.Join(p.dir, link))); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"check slow.snn", "ir slow.snn --level fixed -o a.sir", "build slow.snn -t c -o out", "build slow.snn -t verilog -o out",
		"run slow.snn -i x.npz -o o.npz --level spiking", "run slow.snn -i x.npz -o o.npz --engine c", "export slow.snn -o a.snn", "opt slow.snn -p encode-input,fold-pooling,absorb-affine,fold-gain,lower-leak,choose-scales,quantise -o a.sir",
		"eval large.onnx --images images.gz --labels labels.gz" + onMean, "verify slow.snn", "verify model.onnx --targets verilog,c" + onMean, "fmt -",
	} {
		for signal, status := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
			before := p.files(t)
			c := p.command(line)
			stdin, err := c.StdinPipe() // of which nothing comes
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			c.Stderr = &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if strings.HasPrefix(line, "export") { // until it is writing
				time.Sleep(2 * time.Second)
			}
			start := time.Now()
			if err := c.Process.Signal(signal); err != nil {
				t.Errorf("%s ended by itself: %v", line, err)
			}
			c.Wait()
			took := time.Since(start)
			stdin.Close()
			files := left(before, p.files(t))
			row(t, line, signal.String(), c.ProcessState.ExitCode(), files, fmt.Sprintf(", %.2f s", took.Seconds()))
			if c.ProcessState.ExitCode() != status || took > time.Second || !strings.HasSuffix(said.String(), "nomul: interrupted\n") || files != "none" {
				t.Errorf("%s, %v: exit code %d after %v, said %q, left %s", line, signal, c.ProcessState.ExitCode(), took, &said, files)
			}
		}
	}
}

// Killed at any moment, a build that replaces another leaves the old files or the new ones,
// whole, and the user's files beside them; at the latest the next one brings that about.
func TestKilled(t *testing.T) {
	irtest.Long(t)
	p := newPlace(t)
	const build = "build model.onnx -o out --force" + onMean
	states := map[string]string{}
	for _, target := range []string{" -t verilog", " -t c"} {
		if out, err := p.command(build + target).CombinedOutput(); err != nil {
			t.Fatal(string(out))
		}
		if err := os.WriteFile(p.dir+"/out/mine", []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		states[left(nil, below(p.files(t), "out"))] = target
	}
	seen := map[string]int{}
	const rounds = 60
	for i := range rounds {
		target := []string{" -t verilog", " -t c"}[i%2]
		c := p.command(build + target)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 2 * time.Millisecond)
		c.Process.Kill()
		c.Wait()
		again := p.command("build model.onnx -o out -t c" + onMean)
		said, _ := again.CombinedOutput()
		state, whole := states[left(nil, below(p.files(t), "out"))]
		if again.ProcessState.ExitCode() != 1 || !whole {
			t.Fatalf("killed after %d ms: %s, left %s", 2*i, said, left(nil, below(p.files(t), "out")))
		}
		what := "the old files"
		if state == target {
			what = "the new files"
		}
		if strings.Contains(string(said), "a build was cut off here") {
			what = "the old files, brought back by the next build"
		}
		seen[what]++
	}
	for _, what := range sortedKeys(seen) {
		row(t, build, "killed", -1, what, fmt.Sprintf(", %d of %d", seen[what], rounds))
	}
}

// below are the files of a folder.
func below(all map[string]string, folder string) map[string]string {
	out := map[string]string{}
	for name, data := range all {
		if strings.HasPrefix(name, folder+"/") {
			out[name+"="+data] = data
		}
	}
	return out
}
