package interp_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

const archives = "../../testdata/run/*.txtar"

// Each archive of testdata/run has the results of a net for its vectors: the
// spikes and stored membranes of each step, then the outputs; or, in a section
// "error", why it cannot run. Every order of the values gives the same.
func TestRun(t *testing.T) {
	for _, path := range irtest.Files(t, archives) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a := irtest.Load(t, path)
			net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
			samples := irtest.Vectors(t, path, net, irtest.Section(t, path, a, "vectors"))
			if len(samples) == 0 {
				t.Fatalf("%s has no vectors", path)
			}
			got, err := transcript(net, samples)
			if irtest.Has(a, "error") && err != nil {
				irtest.Check(t, path, a, "error", err.Error())
				return
			}
			if err != nil || irtest.Has(a, "error") {
				t.Fatalf("got error %v", err)
			}
			irtest.Check(t, path, a, "want", got)
			for seed := range uint64(3) {
				if again, err := transcript(irtest.Shuffle(net, seed), samples); err != nil || again != got {
					t.Errorf("in another order of the values: %v\n%s", err, again)
				}
			}
		})
	}
}

// transcript runs the samples, checking ranges, and returns the results as text.
func transcript(net *ir.Net, samples []map[string]*ir.Tensor) (string, error) {
	m, err := interp.New(net)
	if err != nil {
		return "", err
	}
	m.Checked = true
	var b strings.Builder
	for i, in := range samples {
		fmt.Fprintf(&b, "sample %d\n", i+1)
		steps := map[string][]string{}
		_, err := m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
			if states != nil {
				line := fmt.Sprintf("step %d %%%s spikes %s membranes %s", step, v.Name, elements(result), elements(states[0]))
				for i, state := range states[1:] {
					line += fmt.Sprintf(" %s %s", v.StateVars()[1+i], elements(state))
				}
				steps[v.Name] = append(steps[v.Name], line+"\n")
			}
		})
		if err != nil {
			return "", err
		}
		for step := range net.Steps {
			for _, v := range originalOrder(net.Neurons()) {
				b.WriteString(steps[v.Name][step])
			}
		}
		if err := outputs(&b, net, m, in); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// outputs runs once more, on buffers that are used already and without a tap.
func outputs(b *strings.Builder, net *ir.Net, m *interp.Machine, in map[string]*ir.Tensor) error {
	out, err := m.Run(in, nil)
	if err != nil {
		return err
	}
	for _, v := range originalOrder(net.All(ir.OpOutput)) {
		fmt.Fprintf(b, "%%%s = %s\n", v.Name, elements(out[v.Name]))
	}
	return nil
}

// originalOrder sorts values as they stand in the text, also when the net is shuffled.
func originalOrder(values []*ir.Value) []*ir.Value {
	slices.SortFunc(values, func(a, b *ir.Value) int { return a.Origin.Line - b.Origin.Line })
	return values
}

func elements(t *ir.Tensor) string {
	var parts []string
	for _, f := range t.F {
		parts = append(parts, strconv.FormatFloat(f, 'g', -1, 64))
	}
	for _, n := range t.I {
		parts = append(parts, strconv.FormatInt(n, 10))
	}
	return strings.Join(parts, " ")
}

// Every op has a meaning here, or is the one that stands for having none; and
// an archive of its name that uses it.
func TestEveryOpHasMeaningAndArchive(t *testing.T) {
	for _, op := range ir.AllOps() {
		if interp.Has(op) == (op == ir.OpUnknown) {
			t.Errorf("op %v: interp.Has = %v", op, interp.Has(op))
		}
		found := 0
		for _, path := range irtest.Files(t, archives) {
			name := strings.TrimSuffix(filepath.Base(path), ".txtar")
			if name != op.String() && !strings.HasPrefix(name, op.String()+"-") {
				continue
			}
			a := irtest.Load(t, path)
			if net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir")); len(net.All(op)) > 0 {
				found++
			}
		}
		if found == 0 {
			t.Errorf("op %v: no archive testdata/run/%v.txtar or %v-….txtar uses it", op, op, op)
		}
	}
}
