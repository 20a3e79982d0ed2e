package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// exporters are the notes of a script of testdata/export beside its files: the versions, and
// the files that an exporter could not write, with its message.
type exporters struct {
	Versions map[string]string
	Failed   map[string]string
}

// exportTable is the block of EXPORTING.md that `make e2e` makes.
var exportTable = regexp.MustCompile(`(?s)<!-- made by make e2e -->\n(.*?)<!-- end -->\n`)

// The table of exports equals a fresh one where `make e2e` has just run the frameworks;
// everywhere it is of the versions that the scripts are run with.
func TestExportingTable(t *testing.T) {
	const file = "../../EXPORTING.md"
	text := read(t, file)
	block := exportTable.FindStringSubmatch(text)
	if block == nil {
		t.Fatalf("%s has no table", file)
	}
	if os.Getenv("NOMUL_E2E") == "" {
		for _, pin := range regexp.MustCompile(`(?m)^(torch|onnx|onnxscript|snntorch|spikingjelly|norse)==(\S+)$`).FindAllStringSubmatch(read(t, "../../testdata/export/requirements.txt"), -1) {
			if !strings.Contains(block[1], " "+pin[2]) {
				t.Errorf("the table of %s is not of %s", file, pin[0])
			}
		}
		return
	}
	fresh := exportedTable(t)
	if fresh == block[1] {
		return
	}
	if !irtest.Update() {
		t.Fatalf("%s shows another table; bless it with make e2e UPDATE=-update:\n%s", file, fresh)
	}
	text = strings.Replace(text, block[0], strings.Replace(block[0], "-->\n"+block[1], "-->\n"+fresh, 1), 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// exportedTable is the table of the folders that scripts have just written.
func exportedTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i, row := range [][2]string{{"snntorch", "snnTorch %s"}, {"spikingjelly", "SpikingJelly %s"},
		{"spikingjelly-0.14", "SpikingJelly %s"}, {"norse", "Norse %s"}, {"torch", "ordinary networks"}} {
		var e exporters
		if err := json.Unmarshal([]byte(read(t, filepath.Join(frameworks(), row[0], "exports.json"))), &e); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			fmt.Fprintf(&b, "Seen with PyTorch %s, ONNX %s and onnxscript %s:\n\n| | TorchScript | dynamo |\n|---|---|---|\n",
				e.Versions["torch"], e.Versions["onnx"], e.Versions["onnxscript"])
		}
		title := row[1]
		if strings.Contains(title, "%s") {
			title = fmt.Sprintf(title, e.Versions[strings.TrimSuffix(row[0], "-0.14")])
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", title, exportCell(t, row[0], &e, ".ts"), exportCell(t, row[0], &e, ".dynamo"))
	}
	return b.String()
}

// exportCell counts the networks that an exporter wrote, and names those that it could not.
func exportCell(t *testing.T, folder string, e *exporters, by string) string {
	t.Helper()
	written, failed := map[string]bool{}, map[string]bool{}
	network := func(file string) string { return file[:strings.Index(file, by)] }
	for _, x := range exported(t) {
		if filepath.Base(x.folder) == folder && strings.Contains(x.File, by) {
			written[network(x.File)] = true
		}
	}
	for file := range e.Failed {
		if strings.Contains(file, by) {
			failed[network(file)] = true
			delete(written, network(file))
		}
	}
	names := sortedKeys(failed)
	switch text := fmt.Sprintf("%d networks", len(written)); {
	case len(written) == 0:
		return fmt.Sprintf("none of %d networks", len(names))
	case len(names) == 0:
		return text
	default:
		return text + "; not " + strings.Join(names, ", ")
	}
}
