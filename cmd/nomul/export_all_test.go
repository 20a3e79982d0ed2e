package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/files"
)

// Files of frameworks, with neurons of every kind, are exported as source texts
// that compile to the same networks. Files that nomul refuses are passed over.
func TestExportsOfFrameworks(t *testing.T) {
	irtest.Long(t)
	done := 0
	walk := func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".onnx") {
			return err
		}
		net := spikingIfAny(file)
		if net == nil {
			return nil
		}
		done++
		text := filepath.Join(t.TempDir(), "model.snn")
		if err := writtenSource(t, net, text); err != nil {
			t.Errorf("%s: %v", file, err)
			return nil
		}
		again, _, err := readSource(text, nil, folderOf(text))
		if err != nil {
			t.Errorf("%s:\n%v\nin what was exported:\n%s", file, err, read(t, text))
			return nil
		}
		for _, in := range net.All(ir.OpInput) { // a text takes the frames themselves
			a := in.Attrs.(ir.InputAttrs)
			a.Of, a.Axis, a.First, a.Every = nil, 0, 0, 0
			in.Attrs = a
		}
		sameNet(t, file+" and its export", net, again.Net)
		return nil
	}
	if err := filepath.WalkDir("../../testdata/onnx/frameworks", walk); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d networks", done)
	if done < 100 {
		t.Errorf("only %d networks were exported", done)
	}
}

// writtenSource writes a net as a source text.
func writtenSource(t *testing.T, net *ir.Net, file string) error {
	outputs, err := sourceOutputs(net, file, nil)
	if err != nil {
		return err
	}
	return files.Write(t.Context(), outputs...)
}

// spikingIfAny lowers a file, as it stands or as one step of a loop; nil if neither is possible.
func spikingIfAny(file string) *ir.Net {
	for _, o := range []*passes.Options{{}, {Steps: 4, Readout: "sum"}} {
		m, list, err := readModel(file, reading{})
		if err != nil || list.Err() != nil {
			return nil
		}
		if net, err := passes.Lower(m.net, ir.Spiking, "", o, nil); err == nil {
			return net
		}
	}
	return nil
}
