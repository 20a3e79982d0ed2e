package onnx_test

import (
	"testing"

	"nomul/frontend/onnx"
	"nomul/ir"
)

// FuzzImport starts from the small files of the other tests: a file is refused
// with a message, or gives a net that verifies.
func FuzzImport(f *testing.F) {
	for _, family := range operatorCases() {
		for _, c := range family.cases {
			f.Add(c.model.bytes(f))
		}
	}
	for _, cases := range [][]badCase{badGraphs(), badConstants(), badInputs(), badNodes()} {
		for _, c := range cases {
			f.Add(c.model.bytes(f))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		net, list := onnx.Import("fuzz.onnx", data, onnx.Options{})
		if (net == nil) != (list.Err() != nil) {
			t.Fatalf("got a net: %v, with messages\n%v", net != nil, list)
		}
		if net == nil {
			return
		}
		if err := ir.Verify(net); err != nil {
			t.Fatal(err)
		}
	})
}
