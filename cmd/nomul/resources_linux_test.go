package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"nomul/ir/irtest"
	"nomul/runtime/dataset"
)

// unrolled is a net at source of integrating neurons, each step written out, whose
// counts are summed into eight numbers.
func unrolled(neurons, steps int) string {
	typ := fmt.Sprintf("[1,%d]", neurons)
	var b strings.Builder
	fmt.Fprintf(&b, "net wide source steps=1 {\nonce\n\t%%v0 = input : real%s\n\t%%th = const {fill=100} : real[]\n", typ)
	for t := range steps {
		if t > 0 {
			fmt.Fprintf(&b, "\t%%v%d = add %%d%d, %%v0 : real%s\n", t, t-1, typ)
		}
		fmt.Fprintf(&b, "\t%%b%d = compare %%v%[1]d, %%th {is=ge} : spike%[2]s\n\t%%n%[1]d = cast %%b%[1]d : real%[2]s\n", t, typ)
		fmt.Fprintf(&b, "\t%%r%d = mul %%n%[1]d, %%th : real%[2]s\n\t%%d%[1]d = sub %%v%[1]d, %%r%[1]d : real%[2]s\n", t, typ)
		if t > 0 {
			fmt.Fprintf(&b, "\t%%q%d = add %%%s, %%n%[1]d : real%[3]s\n", t, map[bool]string{true: "n0", false: fmt.Sprint("q", t-1)}[t == 1], typ)
		}
	}
	fmt.Fprintf(&b, "\t%%e = reshape %%q%d {shape=[1,8,%d]} : real[1,8,%[2]d]\n\t%%f = reduce-sum %%e {axes=[2]} : real[1,8]\n\t%%y = output %%f : real[1,8]\n}\n", steps-1, neurons/8)
	return b.String()
}

// longText is a model with many spikes and membranes to compare: 98 million of 200 samples.
const longText = `neuron iaf(leak: none, threshold: 1, fires: >=, reset: subtract)
model long {
  steps 60
  input x: u8[4096] std 1
  output y = x |> iaf |> sum(time)
}
`

// wideText is a model with many spikes and membranes of one sample, 52 MB.
const wideText = `neuron iaf(leak: none, threshold: 1, fires: >=, reset: subtract)
model wide {
  steps 20
  input x: u8[524288] std 1
  output y = x |> iaf |> sum(time)
}
`

// heavyText is a model that consists of weights, 6.3 million.
const heavyText = `neuron lif(leak: 0.5, threshold: 1, fires: >=, reset: zero)
model heavy {
  steps 4; weights random(seed: 1)
  input x: u8[2048] std 1
  output y = x |> linear(2048) |> lif |> linear(1024) |> lif |> linear(10) |> sum(time)
}
`

// classesText is a model with more classes than a table of them holds.
const classesText = `net classes source steps=1 {
once
	%x = input : real[1,8000]
	%y = output %x : real[1,8000]
}
`

// alone says that no other test has made the process large.
const alone = "NOMUL_TEST_ALONE"

// limited runs a command, and demands that it succeeds within a memory and processor time.
func limited(t *testing.T, p place, line string, mb int64, took time.Duration) {
	t.Helper()
	c := p.command(line)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
		return
	}
	held := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	t.Logf("%-60s %5d MB %6.1f s", line, held, cpu.Seconds())
	if held > mb || cpu > took {
		t.Errorf("%s takes %d MB and %v, wanted at most %d MB and %v", line, held, cpu, mb, took)
	}
}

// Memory is that of the values still to be read, not of all values of all steps; and the time
// of nodes in a row grows as their number.
func TestResources(t *testing.T) {
	irtest.Long(t)
	if os.Getenv(alone) == "" { // a process starts with the size of the one that starts it
		c := exec.Command(os.Args[0], "-test.run=^TestResources$", "-test.v")
		c.Env = append(os.Environ(), alone+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	p := newPlace(t)
	x := dataset.Ints(dataset.Uint8, []int{1, 1, 1 << 19}, make([]int64, 1<<19))
	var chain strings.Builder
	chain.WriteString("net chain source steps=1 {\nonce\n\t%n0 = input : real[1,4]\n")
	for i := range 100000 {
		fmt.Fprintf(&chain, "\t%%n%d = neg %%n%d : real[1,4]\n", i+1, i)
	}
	chain.WriteString("\t%y = output %n100000 : real[1,4]\n}\n")
	for name, text := range map[string]string{"wide.sir": unrolled(1<<19, 40), "long.snn": longText, "classes.sir": classesText, "heavy.snn": heavyText, "wide.snn": wideText, "chain.sir": chain.String()} {
		if err := os.WriteFile(p.dir+"/"+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	labels := dataset.Ints(dataset.Uint8, []int{1}, []int64{0})
	if err := dataset.WriteArrays(p.dir+"/images.npz", map[string]*dataset.Array{"images": x, "labels": labels}); err != nil {
		t.Fatal(err)
	}
	many := dataset.Ints(dataset.Uint8, []int{1, 1, 8000}, make([]int64, 8000))
	if err := dataset.WriteArrays(p.dir+"/many.npz", map[string]*dataset.Array{"images": many, "labels": labels}); err != nil {
		t.Fatal(err)
	}
	if err := dataset.WriteArrays(p.dir+"/wide.npz", map[string]*dataset.Array{"v0": x}); err != nil {
		t.Fatal(err)
	}
	limited(t, p, "run wide.sir --level source -i wide.npz -o o.npz", 300, 20*time.Second)                      // 800 MB of values
	limited(t, p, "eval wide.sir --input-type u8 --images images.npz --flips 1 --limit 1", 600, 30*time.Second) // and 300 of spikes and membranes of each net
	limited(t, p, "eval classes.sir --level source --input-type u8 --images many.npz", 200, 10*time.Second)     // of 8000 classes
	limited(t, p, "ir chain.sir", 600, 25*time.Second)
	for _, target := range []string{"go", "c", "verilog"} { // a hundred bytes for a weight
		limited(t, p, "build heavy.snn -o "+target+" -t "+target, 600, 30*time.Second)
	}
	limited(t, p, "verify long.snn --targets c --samples 200", 800, 2*time.Minute) // traces as integers take .8 GB an engine
	limited(t, p, "verify wide.snn --targets c --samples 1", 500, 30*time.Second)  // in the C of a board's program they take 2 GB
}
