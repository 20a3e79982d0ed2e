package onnx_test

import (
	"archive/zip"
	"errors"
	"io/fs"
	"runtime"
	"testing"

	"nomul/frontend/onnx"
	"nomul/ir"
)

// most is the memory that a file of a few kilobytes may ask for: the constants
// that files may imply, some times over, and the nodes of loops written out.
const most = 1 << 30

// addCorpus adds what earlier runs found to reach new code.
func addCorpus(f *testing.F) {
	corpus, err := zip.OpenReader("../../testdata/onnx/fuzz-corpus.zip")
	if err != nil {
		f.Fatal(err)
	}
	defer corpus.Close()
	for _, file := range corpus.File {
		data, err := fs.ReadFile(corpus, file.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// FuzzImport starts from the small files of the other tests and
// what earlier runs found: a file is refused
// with a message, or gives a net that verifies. External data is zeros.
func FuzzImport(f *testing.F) {
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
	addCorpus(f)
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
	})
}
