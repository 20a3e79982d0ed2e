package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nomul/runtime/dataset"
	"nomul/runtime/files"
)

// safetensors is a file of one float32 array.
func safetensors(name string, shape []int, data []float32) []byte {
	header := fmt.Sprintf(`{%q:{"dtype":"F32","shape":[%d,%d],"data_offsets":[0,%d]}}`, name, shape[0], shape[1], 4*len(data))
	out := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	out, err := binary.Append(out, binary.LittleEndian, data)
	if err != nil {
		panic(err)
	}
	return out
}

// Weights come from every kind of file, by name, by pattern, and transposed.
func TestWeightFiles(t *testing.T) {
	dir := t.TempDir()
	w := dataset.Floats(dataset.Float32, []int{2, 3}, []float64{1, 2, 3, 4, 5, 6})
	if err := dataset.WriteArrays(filepath.Join(dir, "w.npz"), map[string]*dataset.Array{"a.fc.weight": w}); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"w.safetensors":        safetensors("old_fc", []int{3, 2}, []float32{1, 4, 2, 5, 3, 6}),
		"a.fc.weight.npy":      npy(t, w),
		"onnx.snn":             []byte(weightsText("../w.onnx", "")),
		"npz.snn":              []byte(weightsText("w.npz", "")),
		"npy.snn":              []byte(weightsText("a.fc.weight.npy", "")),
		"safetensors.snn":      []byte(weightsText("w.safetensors", `{ "a.*.weight" = "old_*" transposed }`)),
		"not-an-array-file.sh": nil,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"npz.snn", "npy.snn", "safetensors.snn"} {
		m, _, err := readSource(filepath.Join(dir, file), nil, folderOf(filepath.Join(dir, file)))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := m.Net.Find("a.fc.weight").Const(); !slices.Equal(got.F, w.F) {
			t.Errorf("%s: the weights are %v", file, got.F)
		}
	}
	if _, _, err := readSource(filepath.Join(dir, "onnx.snn"), nil, folderOf(filepath.Join(dir, "onnx.snn"))); err == nil {
		t.Error("a file that is not there is no error")
	}
	if _, err := folderOf(filepath.Join(dir, "x.snn")).arrays("not-an-array-file.sh"); err == nil {
		t.Error("a shell script holds arrays")
	}
}

// folderOf reads the files that a model names.
func folderOf(model string) beside { return beside{files.FolderOf(model, nil)} }

func weightsText(file, renames string) string {
	return fmt.Sprintf("model m {\n  steps 1\n  weights %q %s\n  input x: real[3]\n  output y = block_a(x) as a\n}\nblock block_a(x) { x |> linear(2, bias: false) as fc }\n", file, renames)
}

// npy is an array as a file of its own.
func npy(t *testing.T, a *dataset.Array) []byte {
	t.Helper()
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", a.Shape[0], a.Shape[1])
	out := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	out = append(out, header...)
	for _, f := range a.F {
		out, _ = binary.Append(out, binary.LittleEndian, float32(f))
	}
	return out
}
