package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"

	"nomul/ir"
	"nomul/ir/irtest"
)

// trap is a way in which files of frameworks mislead, and the results that they must give.
type trap struct {
	name string
	// files are exports of one network, framework/file. They must be exact, without
	// a warning, and give one net.
	files []string
	// with holds for the first file; it tells that the trap is there.
	with func(*onnxpb.ModelProto) bool
	// change makes another file of the first, which must give the same net.
	change func(*onnxpb.ModelProto)
	then   func(*onnxpb.ModelProto) bool // holds for the changed file
	// says are files that must be refused or warned of, and a part of the text.
	says map[string]string
	flag []string // further flags of those
}

const lif = "snntorch/leaky-subtract"

// traps are in the order of the list of known traps.
func traps() []trap {
	return []trap{
		{name: "1 equal constants are merged and names lie", files: []string{lif + ".ts17.onnx", lif + ".ts17-plain.onnx"},
			with: reads("lif2.graded_spikes_factor", "lif1.threshold")},
		{name: "2 the state of a single step is a constant", says: map[string]string{
			"snntorch/trap-baked.ts17.onnx":       `forgets its state.*all its steps in one graph.*or export one step with its state as inputs and outputs, and say --steps`,
			"snntorch/trap-baked.dynamo-opt.onnx": `forgets its state`, "spikingjelly/trap-baked.ts17.onnx": `forgets its state`}},
		{name: "3 step 0 is partly folded", files: []string{lif + ".ts17.onnx", lif + ".ts17-plain.onnx"}, with: count("Greater", 14)},
		{name: "4 the first layer is shared by all steps, or repeated", files: []string{lif + ".ts17.onnx", lif + ".dynamo.onnx"}, with: count("Gemm", 5)},
		{name: "5 the reset compares once more, or not", files: []string{lif + ".ts17.onnx"}, with: count("Greater", 14), change: merge, then: count("Greater", 8)},
		{name: "6 functions, big constants and domains of dynamo", files: []string{lif + ".dynamo-opt.onnx", lif + ".ts17.onnx"},
			with: func(m *onnxpb.ModelProto) bool { return m.IrVersion == 10 && count("Clip", 0)(m) }, change: localDomain, then: count("Mul", 0)},
		{name: "7 batch-norm behind a reshape", files: []string{"spikingjelly/conv-multi.ts17.onnx"}, with: count("BatchNormalization", 1)},
		{name: "8 shapes are computed", files: []string{"spikingjelly-0.14/conv-multi.ts17.onnx"}, with: count("Shape", 14)},
		{name: "8 an open batch", files: []string{"snntorch/leaky-conv.ts17-batch.onnx", "snntorch/leaky-conv.snippet.onnx"}, with: open},
		{name: "9 the mean over time", files: []string{"norse/li-mean.ts17.onnx"}, with: count("ReduceMean", 1)},
		{name: "9 the greatest of time", files: []string{"norse/li-max.ts17.onnx"}, with: count("ReduceMax", 1)},
		{name: "9 the membrane as output", files: []string{"snntorch/leaky-membrane.ts17.onnx"}, with: count("Greater", 7)},
		{name: "9 all steps as output", says: map[string]string{"snntorch/leaky-records.ts17.onnx": `how it is read over them is not said.*help: say --readout sum`}},
		{name: "10 one tensor for two states", says: map[string]string{"snntorch/trap-alias.dynamo-opt-step.onnx": `warning: graph input "mem1" is read by nothing`},
			flag: []string{"--state", "mem2=mem2_out", "--steps", "4"}},
		{name: "11 a neuron is an operator of its author's", says: map[string]string{
			"torch/trap-custom-op.ts17.onnx": `operators of this domain are not known \(8 nodes\).*help: if it is a neuron, say which with --neurons FILE`}},
		{name: "12 what does nothing", files: []string{lif + ".ts17.onnx"}, with: count("Dropout", 0), change: harmless, then: count("Dropout", 5)},
		{name: "13 recurrence one to one", files: []string{"snntorch/rleaky-one-to-one.ts17.onnx"}, with: count("Greater", 14)},
		{name: "13 graded spikes", files: []string{"snntorch/leaky-graded.ts17.onnx"}, with: count("Greater", 14)},
		{name: "13 inhibition and quantised states", says: map[string]string{
			"snntorch/trap-inhibition.ts17.onnx": `only the strongest fires \(snnTorch's inhibition=True\)`, "snntorch/trap-state-quant.ts17.onnx": `snnTorch's state_quant`}},
	}
}

// Every trap is met exactly, or by name.
func TestTraps(t *testing.T) {
	irtest.Long(t)
	seen := map[string]bool{}
	for _, c := range traps() {
		number, _, _ := strings.Cut(c.name, " ")
		seen[number] = true
		t.Run(c.name, func(t *testing.T) {
			c.exact(t)
			for file, want := range c.says {
				c.told(t, file, want)
			}
		})
	}
	if len(seen) != 13 {
		t.Errorf("%d traps, wanted 13", len(seen))
	}
}

func (c *trap) exact(t *testing.T) {
	nets := map[string]*ir.Net{}
	for i, file := range c.files {
		e := exportOf(t, file)
		if i == 0 {
			m := decoded(t, e.path())
			if !c.with(m) {
				t.Errorf("%s does not hold the trap", file)
			}
			if c.change != nil {
				other := changed(t, e, m, c.change)
				if !c.then(m) {
					t.Errorf("%s does not hold the trap when changed", file)
				}
				other.mustEqual(t, nets)
			}
		}
		e.mustEqual(t, nets)
	}
	if len(nets) > 1 {
		t.Errorf("the files are of %d networks, wanted one", len(nets))
	}
}

// mustEqual demands the framework's results, at the source level and spike for spike,
// no messages, and the net of the other files.
func (e *export) mustEqual(t *testing.T, nets map[string]*ir.Net) {
	t.Helper()
	dir := t.TempDir()
	sourceEquals(t, e)
	if code, text := e.attempt(t, dir); code != 0 || text != "" {
		t.Fatalf("%s: exit %d: %s", e.File, code, text)
	}
	spikesEqual(t, e, dir)
	oneNet(t, e, &exception{kind: "exact"}, nets)
}

// told demands a refusal or a warning.
func (c *trap) told(t *testing.T, file, want string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(append([]string{"ir", exportOf(t, file).path(), "--level", "spiking"}, c.flag...), &stdout, &stderr)
	text := stderr.String()
	if code > 1 || code == 0 && !strings.Contains(text, "warning") || !regexp.MustCompile("(?s)"+want).MatchString(text) {
		t.Errorf("%s: exit %d, wanted to be told %q:\n%s", file, code, want, text)
	}
}

// The operators of an author's own are exact with the mapping, at both levels.
func TestTrapsMapped(t *testing.T) {
	e := exportOf(t, "torch/trap-custom-op.ts17.onnx")
	want, dir := arrays(t, filepath.Join(e.folder, e.Arrays)), t.TempDir()
	for _, level := range []string{"source", "spiking"} {
		args := []string{"run", e.path(), "-i", e.input(t, dir), "-o", dir + "/out.npz", "--level", level,
			"--trace", dir + "/trace.npz", "--neurons", "../../testdata/onnx/neurons/custom.json"}
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Fatalf("%s: exit %d: %s", level, code, stderr.String())
		}
		within(t, level+" level", part(whole(arrays(t, dir+"/out.npz")["y"]), 0), part(whole(want["y"]), 0), 1e-5)
	}
	traces := arrays(t, dir+"/trace.npz")
	for i, name := range []string{"LIF", "LIF_1"} {
		within(t, "spikes of "+name, part(whole(traces[name]), 0), part(whole(want[fmt.Sprintf("spk%d", i+1)]), 0), 0)
	}
}

// A softmax at the end is left out of the integers, which is told.
func TestTrapsSoftmax(t *testing.T) {
	for _, op := range []string{"Softmax", "LogSoftmax"} {
		e := exportOf(t, lif+".ts17.onnx")
		e = changed(t, e, decoded(t, e.path()), func(m *onnxpb.ModelProto) {
			for _, pb := range m.Graph.Node {
				if pb.Output[0] == "y" {
					pb.Output[0] = "count"
				}
			}
			m.Graph.Node = append(m.Graph.Node, &onnxpb.NodeProto{OpType: op, Input: []string{"count"}, Output: []string{"y"}})
		})
		const told = "warning: the softmax at the end is left out: outputs are logits, in the same order, not probabilities"
		for level, says := range map[string]bool{"source": false, "spiking": false, "fixed": true} {
			var stdout, stderr bytes.Buffer
			code := run([]string{"ir", e.path(), "--level", level, "--input-type", "u8"}, &stdout, &stderr)
			if code != 0 || strings.Contains(stderr.String(), told) != says {
				t.Errorf("%s, %s level: exit %d, told %v, wanted %v:\n%s", op, level, code, !says, says, stderr.String())
			}
		}
	}
}

func exportOf(t *testing.T, title string) *export {
	t.Helper()
	for _, e := range exported(t) {
		if e.title() == title {
			return e
		}
	}
	t.Fatalf("there is no %s", title)
	return nil
}

func decoded(t *testing.T, file string) *onnxpb.ModelProto {
	t.Helper()
	var m onnxpb.ModelProto
	if err := proto.Unmarshal([]byte(read(t, file)), &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

// changed is a changed copy of an export, in a folder of its own.
func changed(t *testing.T, e *export, m *onnxpb.ModelProto, change func(*onnxpb.ModelProto)) *export {
	t.Helper()
	change(m)
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "changed.onnx")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs(e.folder)
	if err != nil {
		t.Fatal(err)
	}
	other := *e
	if other.File, err = filepath.Rel(folder, file); err != nil {
		t.Fatal(err)
	}
	return &other
}

// count tells how many nodes are of an operator.
func count(op string, want int) func(*onnxpb.ModelProto) bool {
	return func(m *onnxpb.ModelProto) bool {
		n := 0
		for _, pb := range m.Graph.Node {
			if pb.OpType == op {
				n++
			}
		}
		return n == want
	}
}

// reads reports whether a tensor is another one by a wrong name.
func reads(name, from string) func(*onnxpb.ModelProto) bool {
	return func(m *onnxpb.ModelProto) bool {
		return slices.ContainsFunc(m.Graph.Node, func(pb *onnxpb.NodeProto) bool {
			return pb.OpType == "Identity" && pb.Output[0] == name && pb.Input[0] == from
		})
	}
}

// open reports whether the batch is.
func open(m *onnxpb.ModelProto) bool {
	return m.Graph.Input[0].Type.GetTensorType().Shape.Dim[0].GetDimParam() != ""
}

// merge makes one node of those that compute the same.
func merge(m *onnxpb.ModelProto) {
	first, same := map[string]string{}, map[string]string{}
	var kept []*onnxpb.NodeProto
	for _, pb := range m.Graph.Node {
		for i, name := range pb.Input {
			if other := same[name]; other != "" {
				pb.Input[i] = other
			}
		}
		key := fmt.Sprint(pb.OpType, pb.Input, pb.Attribute)
		if other := first[key]; other != "" {
			same[pb.Output[0]] = other
			continue
		}
		first[key] = pb.Output[0]
		kept = append(kept, pb)
	}
	m.Graph.Node = kept
}

// localDomain makes initializers Constant nodes, and every Mul the call of a
// function in a domain of the file's own.
func localDomain(m *onnxpb.ModelProto) {
	var nodes []*onnxpb.NodeProto
	for _, c := range m.Graph.Initializer {
		value := &onnxpb.AttributeProto{Name: "value", Type: onnxpb.AttributeProto_TENSOR, T: c}
		nodes = append(nodes, &onnxpb.NodeProto{OpType: "Constant", Output: []string{c.Name}, Attribute: []*onnxpb.AttributeProto{value}})
	}
	for _, pb := range m.Graph.Node {
		if pb.OpType == "Mul" {
			pb.OpType, pb.Domain = "product", "pkg.local"
		}
	}
	m.Graph.Node, m.Graph.Initializer = append(nodes, m.Graph.Node...), nil
	body := &onnxpb.NodeProto{OpType: "Mul", Input: []string{"a", "b"}, Output: []string{"r"}}
	m.Functions = append(m.Functions, &onnxpb.FunctionProto{Domain: "pkg.local", Name: "product", Input: body.Input, Output: body.Output,
		Node: []*onnxpb.NodeProto{body}, OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: 18}}})
	m.OpsetImport = append(m.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: "pkg.local", Version: 1}, &onnxpb.OperatorSetIdProto{Domain: "pkg.unused", Version: 1})
}

// harmless puts Dropout, Identity and Cast, which change nothing, behind every layer.
func harmless(m *onnxpb.ModelProto) {
	var nodes []*onnxpb.NodeProto
	for _, pb := range m.Graph.Node {
		nodes = append(nodes, pb)
		if pb.OpType != "Gemm" {
			continue
		}
		y := pb.Output[0]
		pb.Output[0] = y + ".raw"
		to := &onnxpb.AttributeProto{Name: "to", Type: onnxpb.AttributeProto_INT, I: 1}
		nodes = append(nodes,
			&onnxpb.NodeProto{OpType: "Dropout", Input: []string{y + ".raw"}, Output: []string{y + ".kept"}},
			&onnxpb.NodeProto{OpType: "Identity", Input: []string{y + ".kept"}, Output: []string{y + ".same"}},
			&onnxpb.NodeProto{OpType: "Cast", Input: []string{y + ".same"}, Output: []string{y}, Attribute: []*onnxpb.AttributeProto{to}})
	}
	m.Graph.Node = nodes
}
