package onnx_test

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/irtest"
)

// most is the memory that a file of a few kilobytes may ask for: the constants
// that files may imply, some times over, and the nodes of loops written out.
const most = 1 << 30

// FuzzImport starts from the small files of the other tests and the finds of earlier
// runs: a file is refused with a message, or gives a net that verifies and has all
// its outputs. External data is zeros.
func FuzzImport(f *testing.F) {
	irtest.Long(f)
	for _, family := range operatorCases() {
		for _, c := range family.cases {
			f.Add(c.model.bytes(f))
		}
	}
	for _, cases := range [][]badCase{badGraphs(), badConstants(), badInputs(), badNodes(), badFunctions()} {
		for _, c := range cases {
			f.Add(c.model.bytes(f))
		}
	}
	for _, c := range overTime() {
		f.Add(c.model.bytes(f))
	}
	irtest.AddCorpus(f, "../../testdata/onnx/fuzz-corpus.zip")
	zeros := func(_ string, offset, length int64) ([]byte, error) {
		if offset+length > 1<<16 {
			return nil, errors.New("is too short")
		}
		return make([]byte, length), nil
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		net, list := onnx.Import("fuzz.onnx", data, onnx.Options{Load: zeros})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > most {
			t.Fatalf("a file of %d bytes takes %d bytes of memory", len(data), used)
		}
		if (net == nil) != (list.Err() != nil) {
			t.Fatalf("got a net: %v, with messages\n%v", net != nil, list)
		}
		if net == nil {
			return
		}
		if err := ir.Verify(net); err != nil {
			t.Fatal(err)
		}
		if got, want := len(net.All(ir.OpOutput)), outputsOf(t, data); got != want {
			t.Fatalf("%d outputs of %d are left", got, want)
		}
	})
}

// outputsOf counts the outputs of a file, each once.
func outputsOf(t *testing.T, data []byte) int {
	var m onnxpb.ModelProto
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, o := range m.Graph.Output {
		names[o.Name] = true
	}
	return len(names)
}

// FuzzNeurons: a mapping is refused with messages, or each file is refused with one
// or gives a net that verifies.
func FuzzNeurons(f *testing.F) {
	entries := []string{
		`"kind": "leaky", "beta": 0.5, "threshold": 1, "reset": "subtract", "compare": "gt"`,
		`"kind": "lif", "tau": 4, "attributes": {"threshold": "theta"}, "reset": "zero", "when": "next", "compare": "ge"`,
		`"kind": "if", "threshold": -1, "ignore": ["theta", "slope"], "reset": "none", "compare": "gt"`,
		`"kind": "leaky", "attributes": {"threshold": "theta", "beta": "slope"}, "reset": "zero", "compare": "gt"`,
	}
	call := x(13, 1, 2).in("v", tFloat, 1, 2).node("N x,v -> y,w", attrFloat("theta", 1), attrFloat("slope", .5)).of("mine", "").out("y", "w")
	few := x(13, 1, 2).node("N x -> y").of("mine", "").out("y")
	for _, entry := range entries {
		for _, m := range []*model{call, few} {
			f.Add(`[{"op": "mine::N", "inputs": ["x", "mem"], "outputs": ["spike", "mem"], `+entry+`}]`, m.bytes(f))
		}
	}
	f.Add(`[{"op": "mine::N", "inputs": ["mem", "x", "beta", "threshold"], "outputs": ["mem", "spike"], "kind": "leaky", "reset": "zero", "compare": "ge"}]`,
		x(13, 1, 2).floats("b", []int64{2}, 0.5, 0.25).floats("th", nil, 1).node("N x,x,b,th -> y").of("mine", "").out("y").bytes(f))
	custom, err := os.ReadFile("../../testdata/onnx/neurons/custom.json")
	if err != nil {
		f.Fatal(err)
	}
	file, err := os.ReadFile("../../testdata/onnx/frameworks/torch/trap-custom-op.ts17.onnx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(custom), file)
	f.Fuzz(func(t *testing.T, mapping string, data []byte) {
		neurons, err := onnx.ReadNeurons("map.json", []byte(mapping))
		if err != nil {
			return
		}
		net, list := onnx.Import("fuzz.onnx", data, onnx.Options{Neurons: neurons})
		if (net == nil) != (list.Err() != nil) {
			t.Fatalf("got a net: %v, with messages\n%v", net != nil, list)
		}
		if net != nil && ir.Verify(net) != nil {
			t.Fatal(ir.Verify(net))
		}
	})
}
