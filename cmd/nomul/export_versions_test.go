package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
)

// TestVersionsOfFiles holds the versions of PyTorch that EXPORTING.md gives for the files of frameworks against those that
// the files name.
func TestVersionsOfFiles(t *testing.T) {
	text, err := os.ReadFile("../../EXPORTING.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`files of these frameworks\s+in the tree are of PyTorch ([\d. and]+\d):`).FindSubmatch(text)
	if said == nil {
		t.Fatal("EXPORTING.md does not say of which versions the files are")
	}
	var found []string
	err = filepath.WalkDir("../../testdata/onnx/frameworks", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".onnx" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var model onnxpb.ModelProto
		if err := proto.Unmarshal(data, &model); err != nil {
			return err
		}
		if version := minor(model.ProducerVersion); model.ProducerName == "pytorch" && !slices.Contains(found, version) {
			found = append(found, version)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	if got := strings.Join(found, " and "); got != string(said[1]) {
		t.Errorf("the files are of %s; EXPORTING.md says %s", got, said[1])
	}
}

// minor is a version without its last number, as 2.6 of 2.6.0+cu124.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}
