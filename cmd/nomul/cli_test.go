package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/irtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nomul": main})
}

// Command lines as people type them: what is printed where, and the exit code.
// Each script runs in an empty folder with $TESTDATA, a small good model.onnx,
// and spoiled copies of it.
func TestCLI(t *testing.T) {
	root, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "../../testdata/cli",
		UpdateScripts: irtest.Update(),
		Setup: func(e *testscript.Env) error {
			e.Setenv("TESTDATA", root)
			for _, name := range []string{"HOME", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
				e.Setenv(name, os.Getenv(name))
			}
			return spoil(root+"/models/mlp-slice/mlp_slice.onnx", e.WorkDir)
		},
	})
}

// spoil writes model.onnx and broken variants of it.
func spoil(file, dir string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	write := func(name string, data []byte) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
	}
	write("model.onnx", data)
	write("truncated.onnx", data[:len(data)/2])
	write("empty.onnx", nil)
	for name, change := range map[string]func(*onnxpb.GraphProto){
		"nan.onnx":         func(g *onnxpb.GraphProto) { putFloat(g.Initializer[0].RawData, float32(math.NaN())) },
		"dtype.onnx":       func(g *onnxpb.GraphProto) { g.Initializer[0].DataType = 8 }, // strings
		"short.onnx":       func(g *onnxpb.GraphProto) { g.Initializer[0].RawData = g.Initializer[0].RawData[:8] },
		"missing.onnx":     func(g *onnxpb.GraphProto) { g.Initializer = g.Initializer[1:] },
		"cyclic.onnx":      func(g *onnxpb.GraphProto) { g.Node[0].Input[0] = g.Node[len(g.Node)-1].Output[0] },
		"unsupported.onnx": func(g *onnxpb.GraphProto) { g.Node[1].OpType, g.Node[2].OpType = "Einsum", "Frobnicate" },
	} {
		var m onnxpb.ModelProto
		if err := proto.Unmarshal(data, &m); err != nil {
			return err
		}
		change(m.Graph)
		spoiled, perr := proto.Marshal(&m)
		if perr != nil {
			return perr
		}
		write(name, spoiled)
	}
	return err
}

func putFloat(raw []byte, f float32) { binary.LittleEndian.PutUint32(raw, math.Float32bits(f)) }
