package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"nomul/runtime/dataset"
)

// unrolled is a net at source of integrating neurons, each step written out, whose
// counts are summed.
func unrolled(neurons, steps int) string {
	typ := fmt.Sprintf("real[1,%d]", neurons)
	var b strings.Builder
	fmt.Fprintf(&b, "net long source steps=1 {\nonce\n\t%%x = input : %s\n\t%%th = const {fill=100} : real[]\n\t%%v0 = neg %%x : %s\n\t%%n0 = neg %%x : %[2]s\n", typ, typ)
	for t := range steps {
		fmt.Fprintf(&b, "\t%%h%d = add %%v%[1]d, %%x : %[2]s\n\t%%b%[1]d = compare %%h%[1]d, %%th {is=ge} : spike%[3]s\n\t%%s%[1]d = cast %%b%[1]d : %[2]s\n\t%%r%[1]d = mul %%s%[1]d, %%th : %[2]s\n", t, typ, typ[4:])
		fmt.Fprintf(&b, "\t%%v%d = sub %%h%d, %%r%[2]d : %[3]s\n\t%%n%[1]d = add %%n%[2]d, %%s%[2]d : %[3]s\n", t+1, t, typ)
	}
	fmt.Fprintf(&b, "\t%%total = reduce-sum %%n%d {axes=[1] keep=true} : real[1,1]\n\t%%y = output %%total : real[1,1]\n}\n", steps)
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

// Memory is that of what is still read, not of all values of all steps; and the time of
// nodes in a row grows as their number.
func TestResources(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	p := newPlace(t)
	x := dataset.Ints(dataset.Uint8, []int{1, 1 << 19}, make([]int64, 1<<19))
	var chain strings.Builder
	chain.WriteString("net chain source steps=1 {\nonce\n\t%n0 = input : real[1,4]\n")
	for i := range 100000 {
		fmt.Fprintf(&chain, "\t%%n%d = neg %%n%d : real[1,4]\n", i+1, i)
	}
	chain.WriteString("\t%y = output %n100000 : real[1,4]\n}\n")
	for name, text := range map[string]string{"wide.sir": unrolled(1<<19, 40), "long.snn": longText, "chain.sir": chain.String()} {
		if err := os.WriteFile(p.dir+"/"+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := dataset.WriteArrays(p.dir+"/wide.npz", map[string]*dataset.Array{"x": x}); err != nil {
		t.Fatal(err)
	}
	limited(t, p, "run wide.sir --level source -i wide.npz -o o.npz", 300, 20*time.Second) // 960 MB of values
	limited(t, p, "ir chain.sir", 600, 25*time.Second)
	limited(t, p, "verify long.snn --targets c --samples 200", 800, 2*time.Minute) // traces as integers take .8 GB an engine
}
